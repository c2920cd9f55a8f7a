"""Filming a candidate that the run itself did not film."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.record.candidate import Candidate
from text2reward.record.reader import Run
from text2reward.training.seeds import episode_seeds

EPISODES = 3


def film_candidate(run: Run, candidate: Candidate) -> list[Path]:
    """Film the first select episodes of a candidate's policy; those that are there already are kept.

    Raises:
        RenderError: nothing can be drawn here.
    """
    assert candidate.policy_path is not None
    folder = candidate.policy_path.parent
    config = recorded(run)
    seeds = episode_seeds(config.seed, "select", EPISODES)
    wanted = {seed: folder / "video" / f"select-{index}.mp4" for index, seed in enumerate(seeds, 1)}
    missing = {seed: path for seed, path in wanted.items() if not path.is_file()}
    if missing:
        workers_of(config, judge_of(config)).film(folder, missing)
    return list(wanted.values())
