"""Films that people rate: the same few episodes of every candidate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.record.candidate import Candidate
from text2reward.record.reader import Run
from text2reward.training.seeds import episode_seeds
from text2reward.training.workers import Workers

EPISODES = 3


@dataclass(frozen=True)
class Film:
    """A film, and what is drawn under it."""

    video: Path
    strip: Path


class RatingFilms:
    """The films of one run.

    Args:
        run: as far as it is recorded.
        workers: who films; made when they are needed, unless given.
    """

    def __init__(self, run: Run, workers: Workers | None = None) -> None:
        self._run, self._workers = run, workers
        self.seeds: tuple[int, ...] = tuple(episode_seeds(int(run.config["seed"]), "select", EPISODES))

    def ready(self) -> dict[str, dict[int, Film]]:
        """The films on disk: candidate id -> seed -> film."""
        films = {
            name: {seed: film for seed in self.seeds if (film := _film(each, seed)).video.is_file()}
            for name, each in self._run.candidates.items()
            if each.policy_path is not None
        }
        return {name: found for name, found in films.items() if found}

    def make(self, candidates: Iterable[Candidate] | None = None) -> tuple[str, ...]:
        """Film what is missing.

        Raises:
            RenderError: nothing can be drawn here.
        """
        for each in self._run.candidates.values() if candidates is None else candidates:
            if each.policy_path is not None:
                missing = {s: film.video for s in self.seeds if not (film := _film(each, s)).video.is_file()}
                if missing:
                    self._the_workers().film(each.policy_path.parent, missing)
        return ()

    def _the_workers(self) -> Workers:
        if self._workers is None:
            config = recorded(self._run)
            self._workers = workers_of(config, judge_of(config))
        return self._workers


def rating_films(run: Run, workers: Workers | None = None) -> RatingFilms:
    """The films of ``run``."""
    return RatingFilms(run, workers)


def _film(candidate: Candidate, seed: int) -> Film:
    assert candidate.policy_path is not None
    folder = candidate.policy_path.parent / "rating"
    return Film(folder / f"{seed}.mp4", folder / f"{seed}.json")
