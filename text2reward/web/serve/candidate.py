"""The page of one candidate: what it is, what became of it, and what a person wants of it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from text2reward.record.feedback import Comment, Edit, standing
from text2reward.record.reader import Run
from text2reward.record.taking_back import heard_after
from text2reward.record.words import counted
from text2reward.web.cards import card, chart
from text2reward.web.page import environment, script_json
from text2reward.web.serve.asking import Body, Broken, tags, text
from text2reward.web.serve.desk import Desk
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.overview import source
from text2reward.web.serve.ports import Ports


class CandidatePages:
    """Shows candidates, and takes comments and edits.

    Methods that take a request's JSON raise ValueError with words for the person where it cannot be taken, and
    RecordError where the disk is full.

    Args:
        follower: reads the run.
        desk: writes.
        ports: films and the check of programs.
    """

    def __init__(self, follower: Follower, desk: Desk, ports: Ports) -> None:
        self._follower, self._desk, self._ports = follower, desk, ports

    def page(self, name: str) -> str:
        """A candidate's page.

        Raises:
            UnknownNameError: there is no such candidate.
        """
        run = self._follower.run()
        candidate = run.candidate(name)
        films = self._ports.films(run).ready().get(name, {})
        return (
            environment()
            .get_template("candidate.html.jinja")
            .render(
                run=run,
                card=card(run, candidate, source(run)),
                target=run.target,
                films=[{"seed": seed, "place": f"/film/{name}/{seed}"} for seed in sorted(films)],
                said=[each for each in standing(self._follower.said())[::-1] if _about(each.said) == name],
                heard=heard_after(run),
                charts=Markup(script_json(chart(candidate))),
            )
        )

    def comment(self, body: Body) -> dict[str, Any]:
        """Takes words about a candidate, or about the run where ``candidate`` is empty."""
        about, words = text(body, "candidate", ""), text(body, "text").strip()
        if about:
            _known(self._follower.run(), about)
        if not words:
            raise ValueError("There is nothing in the comment.")
        said = Comment(words, about, tags(body))
        return {"thanks": self._desk.write(text(body, "rater"), text(body, "nonce", ""), said).id}

    def check(self, body: Body) -> dict[str, Any]:
        """What the static check finds in a program, by line; the program is read and not run."""
        return {"findings": self._findings(text(body, "program"))}

    def edit(self, body: Body) -> dict[str, Any]:
        """Takes a program that was made out of a candidate's; the loop puts it through all checks.

        Raises:
            Broken: the static check finds errors; nothing is kept.
        """
        parent, program = text(body, "parent"), text(body, "program").replace("\r\n", "\n")
        old = _known(self._follower.run(), parent).program
        if not program.strip():
            raise ValueError("There is no program.")
        if old is not None and program.rstrip() == old.rstrip():
            raise ValueError(f"This is {parent}'s program, unchanged.")
        findings = self._findings(program)
        if errors := sum(each["level"] == "error" for each in findings):
            raise Broken(
                f"Not saved: the check finds {counted(errors, 'error')}. Mend the program, then save it.", findings
            )
        said = Edit(parent, program, text(body, "text", "").strip())
        written = self._desk.write(text(body, "rater"), text(body, "nonce", ""), said)
        return {"thanks": written.id, "findings": findings}

    def _findings(self, program: str) -> list[dict[str, Any]]:
        found = self._ports.check(self._follower.run(), program)
        return [{**each.to_json(), "text": each.text} for each in found]


def _known(run: Run, name: str) -> Any:
    if name not in run.candidates:
        raise ValueError("There is no such candidate in this run.")
    return run.candidates[name]


def _about(said: object) -> str:
    if isinstance(said, Comment):
        return said.candidate
    return said.parent if isinstance(said, Edit) else ""
