"""Films that lie in the record, and pairs of them by chance."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from text2reward.errors import RenderError
from text2reward.record.candidate import Candidate
from text2reward.record.feedback import Feedback, PairVote, standing
from text2reward.record.reader import Run
from text2reward.web.serve.ports import Ready


@dataclass(frozen=True)
class Film:
    """A film and its strip."""

    video: Path
    strip: Path


@dataclass(frozen=True)
class RecordedFilms:
    """The films that a run's folder holds."""

    run: Run

    def ready(self) -> dict[str, Mapping[int, Film]]:
        """See :class:`text2reward.web.serve.ports.Films`."""
        films = {candidate.id: dict(self._of(candidate)) for candidate in self.run.candidates.values()}
        return {name: found for name, found in films.items() if found}

    def make(self, candidates: Iterable[Candidate]) -> None:
        """Nothing is drawn here."""
        if any(candidate.id not in self.ready() for candidate in candidates):
            raise RenderError("Nothing draws films here.")

    def _of(self, candidate: Candidate) -> Iterable[tuple[int, Film]]:
        if candidate.training is not None:
            for strip in (self.run.folder / candidate.training.folder / "rating").glob("*.json"):
                video = strip.with_suffix(".mp4")
                if video.is_file() and strip.stem.isdecimal():
                    yield int(strip.stem), Film(video, strip)


@dataclass(frozen=True)
class Pair:
    """Two candidates side by side."""

    left: str
    right: str
    seed: int
    repeats: str = ""


def next_pair(run: Run, said: list[Feedback], rater: str, ready: Ready) -> Pair | None:
    """A pair that the rater judged least often, its order by chance."""
    mine = [each.said for each in standing(said) if each.rater == rater and isinstance(each.said, PairVote)]
    judged = [(frozenset((vote.left, vote.right)), vote.seed) for vote in mine]
    there = [
        (pair, seed)
        for pair in combinations(ready, 2)
        for seed in sorted(ready[pair[0]].keys() & ready[pair[1]].keys())
    ]
    if not there:
        return None
    pair, seed = min(there, key=lambda each: (judged.count((frozenset(each[0]), each[1])), random.random()))
    left, right = random.sample(pair, 2)
    return Pair(left, right, seed)
