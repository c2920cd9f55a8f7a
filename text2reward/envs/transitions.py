"""Flat arrays of transitions, and how to collect a varied bank of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task

BatchPolicy = Callable[[np.ndarray], np.ndarray]
"""Maps ``(N, O)`` observations to ``(N, A)`` actions."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """B transitions; row i of every array belongs to transition i.

    Args:
        prev, state: ``(B, D)`` float32, packed states before and after.
        action: ``(B, A)`` float32, as applied.
        success: ``(B,)`` bool.
        native_reward: ``(B,)`` float32, for the oracle and the linter only.
    """

    prev: np.ndarray
    action: np.ndarray
    state: np.ndarray
    success: np.ndarray
    native_reward: np.ndarray

    def __len__(self) -> int:
        return len(self.state)

    def rows(self, index: np.ndarray | slice) -> Transitions:
        """The transitions at ``index``."""
        return Transitions(*(getattr(self, field.name)[index] for field in fields(self)))

    def sample(self, count: int, rng: np.random.Generator) -> Transitions:
        """At most ``count`` of the transitions, each once, in any order."""
        return self.rows(rng.permutation(len(self))[:count])


@dataclass(frozen=True, slots=True)
class Recording:
    """What a simulator did, step by step: arrays of shape ``(T, N, ...)``.

    Args:
        transitions: flat view of all steps, step-major.
        shown: ``(T*N, O)`` float32, what the policy was shown before each transition.
        observation: the same after each transition, before any reset.
        fresh: ``(T, N)`` bool, true where a new episode started after the step.
        native_parts: name -> ``(T, N)``, the simulator's own judgements.
        stopped: ``(T, N)`` bool, true where an environment has ended its episode and stands still, or None.
    """

    transitions: Transitions
    shown: np.ndarray
    observation: np.ndarray
    fresh: np.ndarray
    native_parts: Mapping[str, np.ndarray]
    stopped: np.ndarray | None = None

    @property
    def initial(self) -> np.ndarray:
        """``(N, D)`` states right after the reset."""
        return self.transitions.prev[: self.fresh.shape[1]]

    @property
    def begins(self) -> np.ndarray:
        """``(T*N,)`` bool, true for the first transition of each episode."""
        first = np.ones_like(self.fresh)
        first[1:] = self.fresh[:-1]
        return first.reshape(-1)


def record(simulator: Simulator, policy: BatchPolicy, steps: int, seeds: Sequence[int]) -> Recording:
    """Step ``simulator`` for ``steps`` control steps from a fresh reset."""
    start = simulator.reset(seeds)
    columns: list[tuple[np.ndarray, ...]] = []
    shown, observations, fresh, parts, stopped = [], [], [], [], []
    for _ in range(steps):
        action = policy(start.observation).astype(np.float32)
        moved = simulator.step(action)
        columns.append((start.state, action, moved.reached.state, moved.success, moved.native_reward))
        shown.append(start.observation)
        observations.append(moved.reached.observation)
        fresh.append(moved.truncated)
        parts.append(moved.native_parts)
        if moved.stopped is not None:
            stopped.append(moved.stopped)
        start = moved.start
    flat = (np.concatenate(column) for column in zip(*columns, strict=True))  # T x (N, ...) -> (T*N, ...)
    native_parts = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    return Recording(
        Transitions(*flat),
        np.concatenate(shown),
        np.concatenate(observations),
        np.stack(fresh),
        native_parts,
        np.stack(stopped) if stopped else None,
    )


def exploring_policy(task: Task, num_envs: int, rng: np.random.Generator) -> BatchPolicy:
    """A policy that gets about: random walks in the first half of the environments.

    The second half follows the task's scripted expert where there is one, from undisturbed to much disturbed.
    """
    low, high = task.action.low, task.action.high
    expert = task.expert(task) if task.expert else None
    guided = np.arange(num_envs // 2, num_envs) if expert else np.arange(0)
    disturbance = np.linspace(0.0, 0.3, len(guided))
    drift = rng.uniform(low, high, (num_envs, task.action.size))

    def act(observation: np.ndarray) -> np.ndarray:
        nonlocal drift
        drift = 0.9 * drift + 0.5 * rng.normal(size=drift.shape) * (high - low) / 2
        action = np.clip(drift, low, high)
        if expert is not None:
            for i, size in zip(guided, disturbance, strict=True):
                noise = size * rng.normal(size=task.action.size)
                action[i] = np.clip(expert(observation[i]) + noise, low, high)
        return action.astype(np.float32)

    return act


def random_policy(task: Task, num_envs: int, rng: np.random.Generator) -> BatchPolicy:
    """Random walks only: what is known of a task without anybody's solution."""
    return exploring_policy(dataclasses.replace(task, expert=None), num_envs, rng)


def save_transitions(path: Path, transitions: Transitions) -> None:
    """Write ``transitions`` as a NumPy archive."""
    np.savez_compressed(path, **{field.name: getattr(transitions, field.name) for field in fields(transitions)})


def load_transitions(path: Path) -> Transitions:
    """Read what :func:`save_transitions` wrote."""
    with np.load(path) as archive:
        return Transitions(**{field.name: archive[field.name] for field in fields(Transitions)})
