"""Judging a policy: episodes in the reference simulator, scored by the simulator's own success."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from text2reward.envs.task import Task
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.statistics import Rate, can_still_pass
from text2reward.training.trajectories import Trajectories, roll_out

CHUNK = 10
"""Episodes between two looks at whether a proof is still possible."""

Act = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Episode:
    """One judged episode.

    Args:
        seed: what it started from.
        success_once: solved at some step before the time was up (the headline, as in the papers).
        success_at_end: solved at the last step.
        solved_at: control step of the first success, counted from 1; None when there was none.
        trajectory: what happened; not part of the plain data.
    """

    seed: int
    success_once: bool
    success_at_end: bool
    solved_at: int | None
    trajectory: Trajectories | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The episode as plain data."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "trajectory"}


class Judge:
    """Runs episodes of one task in its reference simulator.

    Args:
        task: the task, with the action repeat the policy was trained with.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._simulator = CheckedSimulator.made(lambda: task.make_reference(task.judge_envs))

    def __call__(self, act: Act, seeds: Sequence[int]) -> list[Episode]:
        """One episode per seed, in order."""
        size = self._simulator.num_envs
        episodes: list[Episode] = []
        for start in range(0, len(seeds), size):
            batch = list(seeds[start : start + size])
            episodes += self._batch(act, batch + batch[:1] * (size - len(batch)))[: len(batch)]
        return episodes

    def close(self) -> None:
        """Close the simulator."""
        self._simulator.close()

    def _batch(self, act: Act, seeds: list[int]) -> list[Episode]:
        seen = roll_out(self._task, self._simulator, act, seeds, "judged")
        return [_episode(seed, seen.rows([i])) for i, seed in enumerate(seeds)]


def _episode(seed: int, seen: Trajectories) -> Episode:
    success = seen.success[0]
    solved_at = int(np.argmax(success)) + 1 if success.any() else None
    return Episode(seed, solved_at is not None, bool(success[-1]), solved_at, seen)


def success_rate(episodes: Sequence[Episode]) -> Rate:
    """Share of episodes solved at some step."""
    return Rate(sum(episode.success_once for episode in episodes), len(episodes))


def rate_at_end(episodes: Sequence[Episode]) -> Rate:
    """Share of episodes solved at the last step."""
    return Rate(sum(episode.success_at_end for episode in episodes), len(episodes))


def prove(
    judge: Judge, act: Act, seeds: Sequence[int], target: float, at_least: int = 0, known: Sequence[Episode] = ()
) -> list[Episode]:
    """Run episodes until the Wilson lower bound passes ``target``, or cannot any more within ``seeds``.

    A proof comes with ``at_least`` so many episodes, because candidates are compared on the first ones. Those in
    ``known`` were run on the first seeds already.
    """
    episodes, rate = list(known), success_rate(known)
    while len(episodes) < len(seeds) and can_still_pass(rate.k, rate.n, len(seeds), target):
        if rate.low > target and rate.n >= at_least:
            break
        episodes += judge(act, seeds[len(episodes) : len(episodes) + CHUNK])
        rate = success_rate(episodes)
    return episodes
