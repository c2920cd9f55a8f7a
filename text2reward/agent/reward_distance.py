"""How alike two rewards are, and what shaping does to them. How fast they are learned is another matter: no fitness.

EPIC (Gleave et al., ICLR 2021) canonicalises, which takes out potential-based shaping, and correlates. STARC (Skalse et
al., ICLR 2024) takes the smallest of all rewards that differ by shaping, brings it to unit length, and subtracts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import spearmanr

from text2reward.envs.transitions import Transitions
from text2reward.training.trajectories import Trajectories

SAMPLES = 256
"""Transitions on which two rewards are compared."""

FITTED = 4_000
"""Stored steps that a potential is fitted to."""

MOST_NUMBERS = 24
"""Numbers of a state that it may depend on."""

RIDGE = 1e-6
SHAPING = 1e-3
"""How far a term may be from potential-based, as a share of its range."""

OTHERS = 48
"""Actions and successors that stand for all others in the expectations."""

Reward = Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""Maps (prev, action, state), ``(B, ...)`` each, to named terms ``(B,)``."""


def canonical(reward: Reward, bank: Transitions, gamma: float) -> np.ndarray:
    """The canonically shaped reward ``(SAMPLES,)`` of transitions of ``bank``, up to a constant; for :func:`epic`."""
    rng = np.random.default_rng(0)
    chosen, others = bank.sample(SAMPLES, rng), bank.sample(OTHERS, rng)

    def total(prev: np.ndarray, action: np.ndarray, state: np.ndarray) -> np.ndarray:
        return np.asarray(np.sum([*reward(prev, action, state).values()], axis=0, dtype=np.float64))

    def expected(states: np.ndarray) -> np.ndarray:
        """The mean over actions and successors of the reward of leaving each of ``states``, ``(len(states),)``."""
        count, many = len(states), len(others)
        actions, successors = (np.tile(each, (count, 1)) for each in (others.action, others.state))
        rewards = total(np.repeat(states, many, axis=0), actions, successors)
        return np.asarray(rewards.reshape(count, many).mean(axis=1))

    plain = total(chosen.prev, chosen.action, chosen.state)
    return np.asarray(plain + gamma * expected(chosen.state) - expected(chosen.prev))


def epic(one: np.ndarray, other: np.ndarray) -> float:
    """EPIC distance of two canonically shaped rewards: 0 for those that order behaviour alike, 1 for opposite ones."""
    return unlikeness(one, other)


def starc(one: np.ndarray, other: np.ndarray) -> float:
    """STARC distance (Skalse et al., ICLR 2024) of two least shaped rewards: 0 for equivalent ones, 1 for opposites."""
    sizes = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    units = [values / size if size > 1e-9 else values for values, size in zip((one, other), sizes, strict=True)]
    return float(np.linalg.norm(units[0] - units[1])) / 2


def least_shaped(reward: Reward, store: Trajectories, gamma: float) -> np.ndarray:
    """The smallest reward ``(FITTED,)`` of stored steps that differs from this one by shaping alone.

    The potential is fitted by least squares on the states, their squares and products.
    """
    total = np.asarray(np.sum([*store.terms(reward).values()], axis=0, dtype=np.float64)).reshape(-1)
    some = np.random.default_rng(0).permutation(len(total))[:FITTED]  # all of them would take gigabytes
    total = total[some]
    before, after = (states.reshape(-1, states.shape[-1])[some] for states in (store.state[:, :-1], store.state[:, 1:]))
    features = _features(np.stack([before, after]))  # (2, FITTED, F)
    shaping = features[0] - gamma * features[1]
    gram = shaping.T @ shaping + RIDGE * len(total) * np.eye(shaping.shape[1])
    return np.asarray(total - shaping @ np.linalg.solve(gram, shaping.T @ total))


def _features(state: np.ndarray) -> np.ndarray:
    flat = state.reshape(-1, state.shape[-1]).astype(np.float64)
    spread = flat.std(axis=0)
    moving = np.flatnonzero(spread > 1e-6)[:MOST_NUMBERS]
    scaled = (state[..., moving] - flat.mean(axis=0)[moving]) / spread[moving]
    pairs = np.triu_indices(scaled.shape[-1])
    products = scaled[..., pairs[0]] * scaled[..., pairs[1]]
    return np.concatenate([np.ones((*state.shape[:-1], 1)), scaled, products], axis=-1)


def potential_based(reward: Reward, bank: Transitions, gamma: float) -> tuple[str, ...]:
    """The terms that are potential-based shaping: gamma x phi(after) - phi(before), with ``gamma`` or 1.

    A term F is, when it ignores the action, when what it pays from s to s' is what it pays from anywhere to s' plus
    what it pays from s to anywhere, and when the two parts are one potential.
    """
    some = bank.sample(SAMPLES, np.random.default_rng(0))
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


def unlikeness(one: np.ndarray, other: np.ndarray) -> float:
    """How unlike two rewards are on the same transitions, whatever their scale and shift: from 0 to 1."""
    spread = float(one.std() * other.std())
    if spread < 1e-12:
        return 0.0 if one.std() == other.std() else 1.0
    correlation = float(((one - one.mean()) * (other - other.mean())).mean()) / spread
    return float(np.sqrt(max(0.0, (1 - correlation) / 2)))
