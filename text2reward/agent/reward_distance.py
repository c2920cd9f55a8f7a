"""How alike two rewards are, whatever shaping and scale they have.

EPIC (Gleave et al., ICLR 2021): rewards are canonicalised, which takes out potential-based shaping, and compared by
Pearson's correlation. It says whether two programs order behaviour alike, and nothing about how fast they are learned,
so it is no fitness.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from text2reward.envs.transitions import Transitions
from text2reward.training.trajectories import Trajectories

SAMPLES = 256
"""Transitions on which two rewards are compared."""

RIDGE = 1e-6
SHAPING = 1e-3
"""How far a term may be from potential-based, as a share of its range."""

OTHERS = 48
"""Actions and successors that stand for all others in the expectations."""

Reward = Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]
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


def starc(one: np.ndarray, other: np.ndarray) -> float:
    """STARC distance (Skalse et al., ICLR 2024) of two least shaped rewards: 0 for equivalent ones, 1 for opposites."""
    sizes = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    units = [values / size if size > 1e-9 else values for values, size in zip((one, other), sizes, strict=True)]
    return float(np.linalg.norm(units[0] - units[1])) / 2


def least_shaped(reward: Reward, store: Trajectories, gamma: float) -> np.ndarray:
    """The smallest reward ``(N * T,)`` of stored steps that differs from this one by shaping alone.

    The potential is fitted by least squares on the states, their squares and products.
    """
    total = np.asarray(np.sum([*store.terms(reward).values()], axis=0, dtype=np.float64)).reshape(-1)
    features = _features(store.state)  # (N, T + 1, F)
    shaping = (features[:, :-1] - gamma * features[:, 1:]).reshape(len(total), -1)
    gram = shaping.T @ shaping + RIDGE * len(total) * np.eye(shaping.shape[1])
    return np.asarray(total - shaping @ np.linalg.solve(gram, shaping.T @ total))


def _features(state: np.ndarray) -> np.ndarray:
    flat = state.reshape(-1, state.shape[-1]).astype(np.float64)
    spread = flat.std(axis=0)
    moving = spread > 1e-6
    scaled = (state[..., moving] - flat.mean(axis=0)[moving]) / spread[moving]
    pairs = np.triu_indices(scaled.shape[-1])
    products = scaled[..., pairs[0]] * scaled[..., pairs[1]]
    return np.concatenate([np.ones((*state.shape[:-1], 1)), scaled, products], axis=-1)


def potential_based(reward: Reward, bank: Transitions, gamma: float) -> tuple[str, ...]:
    """The terms that are potential-based shaping: gamma x phi(after) - phi(before), with ``gamma`` or 1.

    A term F is, when it ignores the action, when what it pays from s to s' is what it pays from anywhere to s' plus
    what it pays from s to anywhere, and when the two parts are one potential.
    """
    rng = np.random.default_rng(0)
    some = bank.rows(rng.permutation(len(bank))[:SAMPLES])
    base = np.repeat(some.state[:1], len(some), axis=0)
    still = np.zeros_like(some.action)
    direct, acting = reward(some.prev, still, some.state), reward(some.prev, some.action, some.state)
    arriving, leaving = reward(base, still, some.state), reward(some.prev, still, base)
    nothing, from_here = reward(base, still, base), reward(some.state, still, base)
    found = []
    for name, values in direct.items():
        scale = max(float(np.ptp(values)), float(np.ptp(arriving[name])), 1e-6)
        apart = np.abs(values - (arriving[name] + leaving[name] - nothing[name]))
        own = np.abs(acting[name] - values)
        potentials = [arriving[name] + factor * from_here[name] for factor in (gamma, 1.0)]
        one_potential = min(float(np.ptp(each)) for each in potentials)
        if float(np.ptp(values)) > 1e-6 and max(float(apart.max()), float(own.max()), one_potential) < SHAPING * scale:
            found.append(name)
    return tuple(found)


def rank_correlation(returns: np.ndarray, success: np.ndarray) -> float | None:
    """Spearman's correlation of returns ``(N,)`` with how well episodes went, ``(N, T)``: sooner solved is better."""
    solved_at = np.where(success.any(axis=1), success.argmax(axis=1), success.shape[1])
    if np.ptp(solved_at) == 0 or np.ptp(returns) == 0:
        return None
    return float(spearmanr(returns, -solved_at).statistic)


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
