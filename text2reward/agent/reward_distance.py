"""How alike two rewards are, whatever shaping and scale they have.

EPIC (Gleave et al., ICLR 2021): rewards are canonicalised, which takes out potential-based shaping, and compared by
Pearson's correlation. It says whether two programs order behaviour alike, and nothing about how fast they are learned,
so it is no fitness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from text2reward.envs.transitions import Transitions

SAMPLES = 256
"""Transitions on which two rewards are compared."""

OTHERS = 48
"""Actions and successors that stand for all others in the expectations."""

Reward = Callable[[np.ndarray, np.ndarray, np.ndarray], Mapping[str, np.ndarray]]
"""Maps (prev, action, state), ``(B, ...)`` each, to named terms ``(B,)``."""


@dataclass(frozen=True)
class Fingerprint:
    """A reward's values on the same transitions as every other's.

    Args:
        plain: as they are, ``(SAMPLES,)``.
        canonical: canonically shaped, ``(SAMPLES,)``.
    """

    plain: np.ndarray
    canonical: np.ndarray


def fingerprint(reward: Reward, bank: Transitions, gamma: float) -> Fingerprint:
    """What a reward pays for some transitions of ``bank``."""
    rng = np.random.default_rng(0)
    chosen = bank.rows(rng.permutation(len(bank))[:SAMPLES])
    others = bank.rows(rng.permutation(len(bank))[:OTHERS])

    def total(prev: np.ndarray, action: np.ndarray, state: np.ndarray) -> np.ndarray:
        return np.asarray(np.sum([*reward(prev, action, state).values()], axis=0, dtype=np.float64))

    def expected(states: np.ndarray) -> np.ndarray:
        """The mean over actions and successors of the reward of leaving each of ``states``, ``(len(states),)``."""
        count, many = len(states), len(others)
        rewards = total(
            np.repeat(states, many, axis=0), np.tile(others.action, (count, 1)), np.tile(others.state, (count, 1))
        )
        return np.asarray(rewards.reshape(count, many).mean(axis=1))

    plain = total(chosen.prev, chosen.action, chosen.state)
    everywhere = expected(others.prev).mean()
    shaped = plain + gamma * expected(chosen.state) - expected(chosen.prev) - gamma * everywhere
    return Fingerprint(plain, np.asarray(shaped))


def epic(one: Fingerprint, other: Fingerprint) -> float:
    """EPIC distance: 0 for rewards that order behaviour alike, 1 for opposite ones."""
    return _pearson(one.canonical, other.canonical)


def unlikeness(one: Fingerprint, other: Fingerprint) -> float:
    """The EPIC distance, or that of the plain rewards where it is larger.

    Rewards that differ in their shaping alone are learned at different speeds: only scale and shift make no difference.
    """
    return max(epic(one, other), _pearson(one.plain, other.plain))


def _pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Square root of half of one minus the correlation."""
    spread = float(one.std() * other.std())
    if spread < 1e-12:
        return 0.0 if one.std() == other.std() else 1.0
    correlation = float(((one - one.mean()) * (other - other.mean())).mean()) / spread
    return float(np.sqrt(max(0.0, (1 - correlation) / 2)))
