"""What the programs pay on the same steps, and how alike their rewards are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from text2reward.agent.comparison.result import Matrix, Term
from text2reward.agent.comparison.subject import Subject
from text2reward.agent.reward_distance import canonical, epic, rank_correlation
from text2reward.agent.rewarding import rewarding
from text2reward.agent.screening import returns_of
from text2reward.agent.store import episodes_of
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions
from text2reward.record.curves import CurvePoint
from text2reward.record.finding import Finding
from text2reward.sandbox import SandboxMode
from text2reward.sandbox.bank_check import BANK_ROWS, check_program
from text2reward.sandbox.reward_process import RewardFault
from text2reward.sandbox.reward_server import RewardServer
from text2reward.training.trajectories import FILE, Trajectories
from text2reward.training.workers import Workers

SEED = 0
"""Of the random behaviour, where no episodes are stored."""

NOISE = 1e-4
"""Share of a reward's spread below which what canonical shaping leaves is rounding."""


@dataclass(frozen=True)
class Steps:
    """The steps on which all are compared.

    Args:
        transitions: all of them.
        episodes: the whole episodes they are from; none for random behaviour.
        told: what they are, in words.
    """

    transitions: Transitions
    episodes: tuple[Trajectories, ...]
    told: str


@dataclass(frozen=True)
class Paid:
    """What one program pays.

    Args:
        terms: each at every step, ``(B,)``.
        by_episode: each at every step of every episode, ``(N, T)``, one for each of the stores.
        shaped: its canonically shaped reward; None where the program fails on states made for the purpose, or nothing
            is left of it.
        nothing_left: whether that is so: the reward is constant or potential-based shaping only.
    """

    terms: Mapping[str, np.ndarray]
    by_episode: tuple[Mapping[str, np.ndarray], ...]
    shaped: np.ndarray | None
    nothing_left: bool = False

    @cached_property
    def returns(self) -> np.ndarray:
        """The return of every stored episode, ``(N,)``."""
        return np.concatenate([returns_of(terms) for terms in self.by_episode]) if self.by_episode else np.zeros(0)


def steps_for(subjects: Sequence[Subject], task: Task, env: str, sandbox: SandboxMode) -> Steps:
    """The stored episodes of all sides; random behaviour, made anew, where none has any that fit the task.

    Raises:
        UserError: there are none, and the task's simulators cannot be had.
    """
    stores: dict[str, tuple[str, Trajectories]] = {}
    for subject in subjects:
        candidate = subject.candidate
        if candidate is None or candidate.training is None:
            continue
        found = episodes_of(candidate)
        if found is not None and len(found) and _fits(found, task):
            stores.setdefault(str(candidate.file_of(candidate.training, FILE)), (subject.letter, found))
    if not stores:
        with tempfile.TemporaryDirectory() as folder:
            bank = Workers(task, env, sandbox).bank(Path(folder) / "bank.npz", BANK_ROWS, SEED)
        return Steps(bank, (), f"{len(bank):,} steps of random behaviour, seed {SEED}")
    kept = tuple(episodes for _, episodes in stores.values())
    parts = [episodes.transitions() for episodes in kept]
    joined = Transitions(*(np.concatenate([getattr(p, name) for p in parts]) for name in _NAMES))
    *others, last = (letter for letter, _ in stores.values())
    letters = f"{', '.join(others)} and {last}" if others else last
    count = sum(map(len, kept))
    return Steps(joined, kept, f"{len(joined):,} steps of {count} stored episodes, of the policies of {letters}")


_NAMES = ("prev", "action", "state", "success", "native_reward")


def _fits(found: Trajectories, task: Task) -> bool:
    """Whether the arrays are of the task as it is declared today."""
    many, long = found.success.shape if found.success.ndim == 2 else (0, 0)
    return found.state.shape == (many, long + 1, task.layout.size) and found.action.shape == (
        many,
        long,
        task.action.size,
    )


def pay(program: str, task: Task, steps: Steps, gamma: float, rewards: RewardServer) -> Paid | tuple[Finding, ...]:
    """What a program pays, or what its checks found. It runs in the locked process."""
    some = steps.transitions.sample(BANK_ROWS, np.random.default_rng(SEED))
    errors = [each for each in check_program(program, task.layout, rewards, some) if each.level == "error"]
    if errors:
        return tuple(errors)
    try:
        with rewarding(rewards, task.layout, task.action.size, program) as reward:
            flat = steps.transitions
            terms = reward(flat.prev, flat.action, flat.state)
            by_episode = tuple(episodes.terms(reward) for episodes in steps.episodes)
            try:
                shaped = canonical(reward, flat, gamma)
            except RewardFault:  # on pairs of states that no episode has
                return Paid(terms, by_episode, None)
            total = np.sum([*terms.values()], axis=0, dtype=np.float64)
            nothing_left = bool(shaped.std() <= NOISE * total.std())
            return Paid(terms, by_episode, None if nothing_left else shaped, nothing_left)
    except RewardFault as fault:
        return (fault.finding,)


def terms_of(paid: Paid, curve: Sequence[CurvePoint]) -> tuple[Term, ...]:
    """Each term's size, share and course."""
    sizes = {name: float(np.abs(values, dtype=np.float64).mean()) for name, values in paid.terms.items()}
    whole = sum(sizes.values())
    ends = (curve[0].terms, curve[-1].terms) if curve else ({}, {})
    return tuple(
        Term(
            name=name,
            mean=float(values.mean(dtype=np.float64)),
            spread=float(values.std(dtype=np.float64)),
            share=sizes[name] / whole if whole else 0.0,
            first=ends[0].get(name),
            last=ends[1].get(name),
        )
        for name, values in paid.terms.items()
    )


def ranks(paid: Paid, steps: Steps) -> float | None:
    """Spearman's correlation of the returns with how well stored episodes went; None where all went alike."""
    success = [episodes.success for episodes in steps.episodes]
    if not success or len({each.shape[1] for each in success}) > 1:
        return None
    return _rounded(rank_correlation(paid.returns, np.concatenate(success)))


def distances(paid: Sequence[Paid | None]) -> Matrix:
    """EPIC distances of all to all."""

    def apart(one: Paid | None, other: Paid | None) -> float | None:
        if one is None or other is None or one.shaped is None or other.shaped is None:
            return None
        return _rounded(epic(one.shaped, other.shaped))

    return tuple(tuple(apart(one, other) for other in paid) for one in paid)


def correlations(paid: Sequence[Paid | None]) -> Matrix:
    """Spearman's correlations of the returns of all to all."""

    def alike(one: Paid | None, other: Paid | None) -> float | None:
        if one is None or other is None or len(one.returns) < 2:
            return None
        if np.ptp(one.returns) == 0 or np.ptp(other.returns) == 0:
            return None
        return _rounded(float(spearmanr(one.returns, other.returns).statistic))

    return tuple(tuple(alike(one, other) for other in paid) for one in paid)


def _rounded(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, 4)
