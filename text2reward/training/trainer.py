"""Training one policy with one reward, in segments, each of which can be resumed from its start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.logger import configure

from text2reward.envs.task import Task
from text2reward.record.atomic import write_text
from text2reward.record.curves import CurvePoint, to_csv
from text2reward.record.leftovers import clear_parts
from text2reward.record.writer import CURVES
from text2reward.training.checkpoint import Checkpoint, Contender, Progress
from text2reward.training.evaluate import Episode, Judge, prove, rate_at_end, success_rate
from text2reward.training.learner import Learner
from text2reward.training.outcome import Kept, Outcome, StopReason
from text2reward.training.policy import Policy
from text2reward.training.ppo_learner import PPOLearner
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout_curve import RolloutResult
from text2reward.training.sac_learner import SACLearner
from text2reward.training.seeds import episode_seeds, integers, stream
from text2reward.training.settings import Algo, TrainSettings
from text2reward.training.statistics import trials_to_prove
from text2reward.training.trajectories import FILE, disturb, joined

_PEAK_NOT_BEFORE = 0.1
"""Share of the budget before which no policy counts as the peak: early returns are luck."""

_LIKELY_SOLVED = 0.05
"""Training episodes, which explore, may succeed this much less often than the target before it is worth judging."""

_BETWEEN_ATTEMPTS = 3
"""Rollouts between two attempts to prove the target; an attempt that fails costs ten to twenty episodes."""

Told = Callable[[CurvePoint], None]

LEARNERS: Mapping[Algo, type[Learner[Any]]] = {"ppo": PPOLearner, "sac": SACLearner}
"""The algorithms by name."""


class Trainer:
    """One training.

    Args:
        task: what is trained.
        reward: where rewards come from.
        settings: how long, with which algorithm, and its hyperparameters.
        seed: of the run; the select episodes come from it.
        path: which training of the run this is, as numbers; its own randomness comes from it.
        folder: where policy, curves, logs and checkpoint go.
        told: called with each new point of the learning curves.
    """

    def __init__(
        self,
        task: Task,
        reward: RewardSource,
        settings: TrainSettings,
        seed: int,
        path: tuple[int, ...],
        folder: Path,
        told: Told = lambda point: None,
    ) -> None:
        self._task, self._settings, self._seed, self._path = task, settings, seed, path
        self._folder, self._told = folder, told
        self._learner = LEARNERS[settings.algo](task, reward, settings, self._after_rollout)
        self._checkpoint = Checkpoint(folder / "checkpoint")
        self._progress = Progress()
        self._began = time.monotonic()
        self._judge: Judge | None = None
        rollout = settings.learner.steps_per_rollout * settings.learner.n_envs * task.action_repeat
        self._rollouts = settings.rollouts(rollout)
        self._segment = settings.between_checkpoints(self._rollouts)
        self._give_up = None if settings.give_up_after is None else -(-settings.give_up_after // rollout)
        self._pause = None if settings.pause_after is None else round(settings.pause_after / rollout)

    def run(self) -> Outcome:
        """Train to the end, from the last checkpoint where there is one.

        Raises:
            RewardFault: the reward program failed; what was learned so far stays on disk.
        """
        self._start()
        learner = self._learner
        try:
            end = self._rollouts if self._pause is None else min(self._pause, self._rollouts)
            while self._progress.rollouts < end:
                self._train_segment()
                self._write_checkpoint()
                self._write_curves()
                if self._late and self._progress.rollouts < end:
                    break
            outcome = self._compared(self._reason(end))
        except _Proved as proved:
            outcome = self._outcome("target", "last", proved.episodes)
        except _GaveUp:
            outcome = self._compared("gave-up")
        policy = learner.policy()
        policy.save(self._folder)
        self._write_curves()
        self._write_trajectories(policy, outcome)
        if self._judge is not None:
            self._judge.close()
        learner.close()
        return replace(outcome, wall_s=self._wall_s())

    def _write_checkpoint(self) -> None:
        self._progress.wall_s = self._wall_s()
        self._checkpoint.write(self._learner.state(), self._progress)

    def _wall_s(self) -> float:
        return round(time.monotonic() - self._began, 3)

    @property
    def _late(self) -> bool:
        deadline = self._settings.deadline
        return deadline is not None and time.monotonic() > deadline

    def _reason(self, end: int) -> StopReason:
        """Why the last segment was the last."""
        if self._progress.rollouts < end:
            return "hours"
        return "steps" if end == self._rollouts else "heat"

    def _start(self) -> None:
        self._began = time.monotonic()
        clear_parts(self._folder)
        torch.set_num_threads(1)
        torch.distributions.Distribution.set_default_validate_args(False)  # costs a tenth of an update
        found = self._checkpoint.read() if self._checkpoint.exists() else None
        if found is not None:
            state, self._progress = found
            self._learner.resume(state, self._progress.last_returns)
            self._began -= self._progress.wall_s
        else:
            self._learner.begin(integers(stream(self._seed, "train", *self._path), 1)[0])
        self._learner.log_to(configure(str(self._folder / "tensorboard"), ["tensorboard"]))

    def _train_segment(self) -> None:
        """Rollouts up to the next checkpoint, all randomness drawn from the segment's number."""
        progress = self._progress
        seeds = stream(self._seed, "train", *self._path, progress.segments)
        self._learner.learn(min(self._segment, self._rollouts - progress.rollouts), seeds)
        progress.segments += 1
        progress.last_returns = self._learner.last_returns

    def _after_rollout(self, result: RolloutResult) -> None:
        """Keep the curve and the peak, and stop where the settings say so; the policy has not been updated yet."""
        if self._task.by_person:
            result = replace(result, point=replace(result.point, success=None))
        progress = self._progress
        progress.rollouts += 1
        progress.curve.append(result.point)
        early = progress.rollouts < _PEAK_NOT_BEFORE * self._rollouts
        if not early and result.peak_return is not None and result.peak_return > progress.peak_return:
            progress.peak_return = result.peak_return
            progress.peak_sim_steps = result.point.sim_steps
            progress.peak = self._learner.snapshot()
        self._told(result.point)
        self._try_to_prove()
        if self._give_up is not None and self._give_up <= progress.rollouts < self._rollouts:
            raise _GaveUp

    def _try_to_prove(self) -> None:
        """Judge the policy when the exploring one succeeds so often that it is likely to pass.

        Raises:
            _Proved: the select episodes prove that the target is passed.
        """
        settings, progress = self._settings, self._progress
        recent = [point.success for point in progress.curve[-2:] if point.success is not None]
        waited = progress.rollouts - progress.last_attempt >= _BETWEEN_ATTEMPTS
        if not self._stops_at_target or len(recent) < 2 or not waited:
            return
        if np.mean(recent) < settings.target - _LIKELY_SOLVED:
            return
        progress.last_attempt = progress.rollouts
        episodes = self._proof()
        if success_rate(episodes).low > settings.target:
            raise _Proved(episodes)

    @property
    def _stops_at_target(self) -> bool:
        return self._settings.stop_at_target and self._settings.target < 1

    def _proof(self, known: Sequence[Episode] = ()) -> list[Episode]:
        """Episodes until the present policy has passed the target or cannot pass it any more."""
        settings = self._settings
        least = settings.select_episodes
        seeds = episode_seeds(self._seed, "select", max(least, trials_to_prove(settings.target, failures=2)))
        return prove(self._the_judge(), self._learner.policy(), seeds, settings.target, least, known)

    def _compared(self, reason: StopReason) -> Outcome:
        """The policy that the settings keep, left in the learner, and judged on to a proof where one is in reach.

        In a tie an earlier heat's policy is better than the peak, and that better than the last.
        """
        learner, progress = self._learner, self._progress
        seeds = episode_seeds(self._seed, "select", self._settings.select_episodes)
        newest = Contender("last", progress.curve[-1].sim_steps, learner.snapshot())
        best: Contender | None = None
        episodes: list[Episode] = []
        for contender in self._contenders(newest):
            learner.restore(contender.policy)
            judged = self._the_judge()(learner.policy(), seeds)
            if best is None or success_rate(judged).k > success_rate(episodes).k:
                best, episodes = contender, judged
        assert best is not None
        if reason == "heat":
            learner.restore(newest.policy)
            progress.kept = best
            self._write_checkpoint()
        learner.restore(best.policy)
        if self._stops_at_target:
            episodes = self._proof(episodes)
            reason = "target" if success_rate(episodes).low > self._settings.target else reason
        return self._outcome(reason, best.kept, episodes, best.sim_steps)

    def _contenders(self, newest: Contender) -> list[Contender]:
        """The policies among which the settings choose, the one that wins ties first."""
        progress, keep = self._progress, self._settings.keep
        if progress.peak is None or keep == "last" or progress.peak_sim_steps == newest.sim_steps:
            peak = []
        else:
            peak = [Contender("peak", progress.peak_sim_steps, progress.peak)]
        if keep == "peak":
            return peak or [newest]
        earlier = [progress.kept] if progress.kept is not None and keep == "better" else []
        return [*earlier, *peak, newest]

    def _outcome(
        self, reason: StopReason, kept: Kept, episodes: Sequence[Episode], kept_sim_steps: int | None = None
    ) -> Outcome:
        sim_steps = self._progress.curve[-1].sim_steps
        return Outcome(
            reason=reason,
            kept=kept,
            sim_steps=sim_steps,
            kept_sim_steps=sim_steps if kept_sim_steps is None else kept_sim_steps,
            select=success_rate(episodes),
            select_at_end=rate_at_end(episodes),
            episodes=tuple(episodes),
        )

    def _the_judge(self) -> Judge:
        if self._judge is None:
            self._judge = Judge(self._task)
        return self._judge

    def _write_trajectories(self, policy: Policy, outcome: Outcome) -> None:
        disturbed = disturb(self._task, policy, self._seed, self._path)
        seen = joined([*(episode.trajectory for episode in outcome.episodes), disturbed])
        assert seen is not None
        seen.save(self._folder / FILE)

    def _write_curves(self) -> None:
        write_text(self._folder / CURVES, to_csv(self._progress.curve))


class _Proved(Exception):
    """The policy passed the target on these episodes; leaves the learner as it was judged."""

    def __init__(self, episodes: list[Episode]) -> None:
        super().__init__()
        self.episodes = episodes


class _GaveUp(Exception):
    """The settings' patience is used up."""
