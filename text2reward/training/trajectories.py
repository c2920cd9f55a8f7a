"""Whole episodes as states and actions, labelled by the simulator: what rewards are tried on again later."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task
from text2reward.envs.transitions import BatchPolicy, Transitions, random_policy
from text2reward.record.atomic import written
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.seeds import integers, stream

FILE = "trajectories.npz"

WANDERINGS = 64
"""Episodes of random walks that are stored before anything was trained."""

DISTURBED = 32
"""Episodes of every trained policy that are stored with more and more noise in its actions."""

Source = str
"""Where an episode comes from: ``random``, ``judged`` or ``disturbed``."""


@dataclass(frozen=True)
class Trajectories:
    """N episodes of T control steps of one task.

    Args:
        state: ``(N, T + 1, D)`` float32, packed states; row 0 is the start.
        action: ``(N, T, A)`` float32, as applied.
        success: ``(N, T)`` bool: whether the simulator counted the task as solved at that step.
        source: where each episode comes from.
    """

    state: np.ndarray
    action: np.ndarray
    success: np.ndarray
    source: tuple[Source, ...]

    def __len__(self) -> int:
        return len(self.action)

    @property
    def solved(self) -> np.ndarray:
        """``(N,)`` bool: solved at some step."""
        return np.asarray(self.success.any(axis=1))

    def rows(self, index: np.ndarray | Sequence[int]) -> Trajectories:
        """The episodes at ``index``."""
        index = np.asarray(index, dtype=np.int64)
        source = tuple(self.source[i] for i in index)
        return Trajectories(self.state[index], self.action[index], self.success[index], source)

    def transitions(self) -> Transitions:
        """All steps of all episodes, one after the other."""
        count, steps, size = self.action.shape
        flat = count * steps
        return Transitions(
            prev=self.state[:, :-1].reshape(flat, -1),
            action=self.action.reshape(flat, size),
            state=self.state[:, 1:].reshape(flat, -1),
            success=self.success.reshape(flat),
            native_reward=np.zeros(flat, dtype=np.float32),
        )

    def terms(
        self, reward: Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """Each term of a reward at every step, ``(N, T)``; ``reward`` maps (prev, action, state) to named ``(B,)``."""
        flat = self.transitions()
        terms = reward(flat.prev, flat.action, flat.state)
        return {name: values.reshape(self.success.shape) for name, values in terms.items()}

    def save(self, path: Path) -> None:
        """Write a NumPy archive, whole or not at all."""
        source = np.array(self.source, dtype="U16")
        with written(path, path.with_name(f"part-{path.name}")) as part:
            np.savez_compressed(part, state=self.state, action=self.action, success=self.success, source=source)


def load_trajectories(path: Path) -> Trajectories | None:
    """What :meth:`Trajectories.save` wrote; None where there is no whole file."""
    try:
        with path.open("rb") as file, np.load(file) as archive:
            source = tuple(str(word) for word in archive["source"])
            return Trajectories(archive["state"], archive["action"], archive["success"], source)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def joined(parts: Iterable[Trajectories | None]) -> Trajectories | None:
    """All episodes of all parts; None where there are none."""
    known = [part for part in parts if part is not None and len(part)]
    if not known:
        return None
    return Trajectories(
        np.concatenate([part.state for part in known]),
        np.concatenate([part.action for part in known]),
        np.concatenate([part.success for part in known]),
        tuple(word for part in known for word in part.source),
    )


def roll_out(
    task: Task, simulator: Simulator, policy: BatchPolicy, seeds: Sequence[int], source: Source
) -> Trajectories:
    """One episode in every environment of ``simulator``."""
    start = simulator.reset(seeds)
    states, actions, successes = [start.state], [], []
    for _ in range(task.horizon):
        action = policy(start.observation).astype(np.float32)
        moved = simulator.step(action)
        states.append(moved.reached.state)
        actions.append(action)
        successes.append(moved.success)
        start = moved.start
    # time-major (T, N, ...) -> episode-major (N, T, ...)
    state, action, success = (np.stack(values, axis=1) for values in (states, actions, successes))
    return Trajectories(state, action, success, (source,) * len(seeds))


def wander(task: Task, seed: int, episodes: int = WANDERINGS) -> Trajectories:
    """Episodes of random walks: what is known of a task before anything was trained."""
    sequence = stream(seed, "wander")
    simulator = CheckedSimulator.made(lambda: task.make_training(episodes))
    policy = random_policy(task, episodes, np.random.default_rng(sequence))
    found = roll_out(task, simulator, policy, integers(sequence, episodes), "random")
    simulator.close()
    return found


def disturb(task: Task, policy: BatchPolicy, seed: int, path: Sequence[int]) -> Trajectories:
    """Episodes of a trained policy, from none to as much noise in its actions as random walks have."""
    sequence = stream(seed, "disturb", *path)
    rng = np.random.default_rng(sequence)
    low, high = task.action.low, task.action.high
    share = np.linspace(0, 1, DISTURBED)[:, None]
    drift = np.zeros((DISTURBED, task.action.size))

    def act(observation: np.ndarray) -> np.ndarray:
        nonlocal drift
        drift = 0.9 * drift + 0.5 * rng.normal(size=drift.shape) * (high - low) / 2
        mixed: np.ndarray = np.clip((1 - share) * policy(observation) + share * drift, low, high)
        return mixed

    simulator = CheckedSimulator.made(lambda: task.make_training(DISTURBED))
    found = roll_out(task, simulator, act, integers(sequence, DISTURBED), "disturbed")
    simulator.close()
    return found
