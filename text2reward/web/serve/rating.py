"""The queue of films to rate: what is shown next, and what becomes of the answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, cast, get_args

from text2reward.record.feedback import DONE, BestWorst, Choice, Comment, Feedback, PairVote, check
from text2reward.record.reader import Run
from text2reward.record.taking_back import in_words, last_of
from text2reward.web.serve.asking import Body, number, seconds, tags, text
from text2reward.web.serve.desk import KINDS, Desk, Mode, Showing
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.grid import next_grid
from text2reward.web.serve.ports import Ports, Ready
from text2reward.web.serve.progress import progress, unjudged
from text2reward.web.serve.waiting import once_done


class Rating:
    """Answers the requests of the rating page. Each method takes a request's JSON and returns the answer's.

    All raise ValueError with words for the rater where the request cannot be taken, and RecordError where the disk is
    full or the record broken.

    Args:
        follower: reads the run.
        desk: keeps what is shown.
        ports: films, and who says which pair comes next.
    """

    def __init__(self, follower: Follower, desk: Desk, ports: Ports) -> None:
        self._follower, self._desk, self._ports = follower, desk, ports
        self._chance = random.Random()

    def next(self, body: Body) -> dict[str, Any]:
        """The films that the rater sees next, in the ``mode`` pair or grid; ``films`` is empty where there are none.

        ``no_undo`` says why the last answer cannot be taken back, ``left`` is how many pairs the rater has not judged,
        ``unjudged`` how many of the ``policies`` nobody has.
        """
        rater, mode = text(body, "rater"), _mode(body)
        run, said = self._follower.run(), self._follower.said()
        ready = self._ports.films(run).ready()
        shown = self._desk.open_for(rater, mode) or self._choose(rater, mode, run, said, ready)
        return {
            "id": shown.id if shown else "",
            "films": _places(shown) if shown else [],
            "repeated": bool(shown and shown.repeats),
            "over": run.finished is not None,
            "no_undo": _why_no_undo(run, said, rater, mode),
            "policies": sum(bool(films) for films in ready.values()),
            "unjudged": unjudged(said, ready),
            "left": self._ports.left(run, said, rater, ready) if mode == "pair" else None,
            "progress": progress(said, rater),
        }

    def vote(self, body: Body) -> dict[str, Any]:
        """The answer to a pair."""
        choice = text(body, "choice")
        if choice not in get_args(Choice):
            raise ValueError(f"choice must be one of {', '.join(get_args(Choice))}.")

        def said(shown: Showing) -> PairVote:
            _expect(shown, "pair")
            left, right = shown.candidates
            words, took = text(body, "text", ""), seconds(body)
            return PairVote(left, right, shown.seed, cast(Choice, choice), words, tags(body), shown.repeats, took)

        return self._answered(body, self._desk.answer(*_who(body), said))

    def rank(self, body: Body) -> dict[str, Any]:
        """The best and the worst of a grid, by their places counted from 0."""
        best, worst = number(body, "best"), number(body, "worst")

        def said(shown: Showing) -> BestWorst:
            _expect(shown, "grid")
            names = shown.candidates
            if not (0 <= best < len(names) and 0 <= worst < len(names)):
                raise ValueError(f"best and worst are places from 0 to {len(names) - 1}.")
            return BestWorst(names, shown.seed, names[best], names[worst], text(body, "text", ""), tags(body))

        return self._answered(body, self._desk.answer(*_who(body), said))

    def undo(self, body: Body) -> dict[str, Any]:
        """Takes back what the rater said under the id ``of``, or their last answer of the ``mode``.

        The films of an answer are before the rater again. ``undone`` says what was taken back; ``words`` and ``tags``
        are those that came with it.
        """
        rater, of, mode = text(body, "rater"), text(body, "of", ""), _mode(body, "pair")
        old = self._desk.undo(rater, of, text(body, "nonce", ""), mode)
        self._show_again(old)
        words, labels = getattr(old.said, "text", ""), list(getattr(old.said, "tags", ()))
        return {**self._answered(body, old), "undone": in_words(old.said), "words": words, "tags": labels}

    def done(self, body: Body) -> dict[str, Any]:
        """The rater has seen enough of this round; ``then`` says what the run does."""
        rater, nonce = text(body, "rater"), text(body, "nonce", "")
        written = self._desk.write(rater, nonce, Comment("", tags=(DONE,)))
        then = once_done(self._follower.run(), self._follower.said(), self._ports)
        return {**self._answered(body, written), "then": then}

    def progress(self, rater: str) -> dict[str, Any]:
        """How far the rater has come."""
        return progress(self._follower.said(), rater)

    def _answered(self, body: Body, feedback: Feedback) -> dict[str, Any]:
        return {"thanks": feedback.id, "progress": self.progress(text(body, "rater"))}

    def _show_again(self, old: Feedback) -> None:
        """The films of an answer that was taken back, where they are there and the same rater may answer."""
        mode: Mode
        names: tuple[str, ...]
        if isinstance(old.said, PairVote):
            mode, names, repeats = "pair", (old.said.left, old.said.right), old.said.repeats
        elif isinstance(old.said, BestWorst):
            mode, names, repeats = "grid", old.said.shown, ""
        else:
            return
        seed, ready = old.said.seed, self._ports.films(self._follower.run()).ready()
        if all(seed in ready.get(name, {}) for name in names):
            films = tuple(ready[name][seed] for name in names)
            self._desk.show_again(Showing(mode, old.rater, names, films, seed, repeats))

    def _choose(self, rater: str, mode: Mode, run: Run, said: list[Feedback], ready: Ready) -> Showing | None:
        check(Comment(""), rater)
        if mode == "grid":
            grid = next_grid(said, ready, self._chance)
            if grid is None:
                return None
            (names, seed), repeats = grid, ""
        else:
            pair = self._ports.next_pair(run, said, rater, ready)
            if pair is None:
                return None
            names, seed, repeats = (pair.left, pair.right), pair.seed, pair.repeats
        films = tuple(ready[name][seed] for name in names)
        return self._desk.show(Showing(mode, rater, names, films, seed, repeats))


def _why_no_undo(run: Run, said: list[Feedback], rater: str, mode: Mode) -> str:
    try:
        last_of(run, said, rater, (KINDS[mode],))
    except ValueError as error:
        return str(error)
    return ""


def _mode(body: Body, default: Mode | None = None) -> Mode:
    mode = text(body, "mode", default)
    if mode not in get_args(Mode):
        raise ValueError("mode must be pair or grid.")
    return cast(Mode, mode)


def _who(body: Body) -> tuple[str, str, str]:
    return text(body, "rater"), text(body, "id"), text(body, "nonce", "")


def _expect(shown: Showing, mode: Mode) -> None:
    if shown.mode != mode:
        raise ValueError("These films were shown for another question.")


def _places(shown: Showing) -> Sequence[dict[str, str]]:
    """Where the page finds the films; the addresses do not tell whose they are."""
    places = [f"/shown/{shown.id}/{i}" for i in range(len(shown.films))]
    return [{"video": f"{place}.mp4", "strip": f"{place}.json"} for place in places]
