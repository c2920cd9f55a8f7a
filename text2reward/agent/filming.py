"""Filming episodes to look at: a candidate that the run itself did not film, or what a person shall judge."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.record.candidate import Candidate
from text2reward.record.reader import Run
from text2reward.training.seeds import episode_seeds
from text2reward.training.workers import Workers

EPISODES = 3
"""How many films are made to look at."""


def film_episodes(workers: Workers, folder: Path, kind: str, seed: int) -> list[Path]:
    """Films of the first ``select`` or ``held-out`` episodes; those that are there already are kept.

    Args:
        workers: who films.
        folder: the policy's.
        kind: which episodes.
        seed: the run's.

    Raises:
        RenderError: nothing can be drawn here.
    """
    seeds = episode_seeds(seed, kind, EPISODES)
    films = [folder / "video" / f"{kind}-{number}.mp4" for number in range(1, EPISODES + 1)]
    missing = {seed: film for seed, film in zip(seeds, films, strict=True) if not film.is_file()}
    if missing:
        workers.film(folder, missing)
    return films


def film_candidate(run: Run, candidate: Candidate) -> list[Path]:
    """Films of the first select episodes of a candidate's policy.

    Raises:
        RenderError: nothing can be drawn here.
    """
    assert candidate.policy_path is not None
    config = recorded(run)
    return film_episodes(workers_of(config, judge_of(config)), candidate.policy_path.parent, "select", config.seed)
