"""The overview: a run's page in parts, each sent again only when something was added to the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from text2reward.record.events import (
    Asked,
    AwaitsPeople,
    Drafted,
    Event,
    Heat,
    HeldOut,
    Opined,
    RoundFinished,
    Trained,
    Video,
)
from text2reward.record.feedback import BestWorst, Comment, Edit, Feedback, PairVote, standing
from text2reward.record.reader import Run
from text2reward.record.taking_back import heard_after
from text2reward.record.verdict import verdict
from text2reward.web.cards import card, cards, chart, shown
from text2reward.web.opinions import opinions
from text2reward.web.page import environment
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.ports import Ports
from text2reward.web.serve.waiting import awaited, round_awaited


class Overview:
    """Shows a run.

    Args:
        follower: reads it.
        ports: who knows whom the run waits for.
    """

    def __init__(self, follower: Follower, ports: Ports) -> None:
        self._follower, self._ports = follower, ports

    def page(self) -> str:
        """The page, empty but for what never changes; its script asks for the rest."""
        run = self._follower.run()
        return environment().get_template("overview.html.jinja").render(run=run)

    def news(self, have: str) -> dict[str, Any]:
        """What the page shows: ``version`` alone where it is the one the page has.

        ``parts`` are HTML by name, in order; ``charts`` curves by candidate; ``over`` says that the run has ended.
        """
        version = self._follower.version()
        if version == have:
            return {"version": version}
        run, said = self._follower.run(), standing(self._follower.said())
        parts = _parts(run, said, round_awaited(run), awaited(run, said, self._ports))
        return {
            "version": version,
            "over": run.finished is not None,
            "status": run.status,
            "parts": [{"name": name, "html": html} for name, html in parts],
            "charts": {each.id: chart(each) for each in run.candidates.values()},
        }

    def exchange(self, name: str) -> str:
        """What was asked and answered for a candidate, as HTML.

        Raises:
            UnknownNameError: there is no such candidate.
        """
        run = self._follower.run()
        return _render("exchange.html.jinja", card=card(run, run.candidate(name), source(run)))


def source(run: Run) -> Any:
    """Where a page finds a video that the run made; see :func:`text2reward.web.cards.cards`."""

    def address(video: Video) -> str:
        if not run.path_of(video.path).is_file():
            return ""
        owner = next(each for each in run.candidates.values() if video in each.videos)
        return f"/video/{owner.id}/{owner.videos.index(video)}.mp4"

    return address


def _parts(run: Run, said: list[Feedback], over: str, waits: str) -> Iterator[tuple[str, str]]:
    known = list(cards(run, source(run)))
    best = [shown(video, source(run)) for video in run.best.videos if video.label != "first"] if run.best else []
    yield "head", _render("head.html.jinja", run=run, verdict=verdict(run), doing=_doing(run), over=over, waits=waits)
    yield "films", _render("chosen.html.jinja", run=run, videos=best)
    yield "table", _render("rounds.html.jinja", run=run, cards=known, target=run.target, said=_counts(said))
    for each in known:
        yield each["candidate"].id, _render("candidate_part.html.jinja", card=each)
    seen = opinions(run)
    if seen:
        yield "opinions", _render("opinions.html.jinja", opinions=seen)
    yield "said", _render("said.html.jinja", said=said[::-1], heard=heard_after(run))


def _render(template: str, **values: Any) -> str:
    return environment().get_template(template).render(**values)


def _counts(said: list[Feedback]) -> dict[str, int]:
    """How often each candidate was judged or spoken of, the most often first."""
    counts: dict[str, int] = {}
    for each in said:
        about: tuple[str, ...] = ()
        if isinstance(each.said, PairVote) and each.said.choice != "skip":
            about = (each.said.left, each.said.right)
        elif isinstance(each.said, BestWorst):
            about = each.said.shown
        elif isinstance(each.said, Comment):
            about = (each.said.candidate,) if each.said.candidate else ()
        elif isinstance(each.said, Edit):
            about = (each.said.parent,)
        for candidate in about:
            counts[candidate] = counts.get(candidate, 0) + 1
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _doing(run: Run) -> str:
    """The last thing that happened, in words."""
    if run.finished is not None or run.status == "interrupted" or not run.entries:
        return ""
    last = run.entries[-1]
    return f"{_words(last.event)}, {last.time[11:19]} UTC"


def _words(event: Event) -> str:
    match event:
        case Heat():
            return f"Round {event.round}: training {', '.join(event.candidates)}"
        case Drafted():
            return f"Round {event.round}: {event.candidate} is written"
        case Trained():
            return f"{event.candidate} has trained {event.sim_steps:,} steps"
        case RoundFinished():
            return f"Round {event.round} is over"
        case HeldOut():
            return f"{event.candidate} was judged on held-out episodes"
        case AwaitsPeople():
            return f"Waiting for people: {event.about}"
        case Opined():
            return f"{event.model} gave its opinion"
        case Asked():
            return f"{event.model} answered"
        case _:
            candidate = getattr(event, "candidate", "")
            return f"{candidate}: {event.kind}" if candidate else event.kind.replace("-", " ").capitalize()
