"""Cheap evidence before dear training: does a reward rank stored successes above stored failures?

CARD's trajectory preference evaluation, with the published rule and with an interval that says how sure it is. States
are scored again by the program; nothing is replayed. Labels are the simulator's, and people's where they judged films.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from text2reward.agent.method import Screening
from text2reward.agent.people.labels import JudgedPairs
from text2reward.record.events import PairsInOrder, Ruling
from text2reward.record.wilson import wilson

LEAST_PAIRS = 8
"""Pairs below which people's votes hold no program back. Pairs share policies, so they say less than their number."""

RESAMPLES = 1_000
_BOUNDS = (2.5, 97.5)


@dataclass(frozen=True)
class Evidence:
    """How well a reward ranks stored trajectories.

    Args:
        successes, failures: how many were stored.
        above: share of the successes whose return is above that of the best failure (the published measure).
        in_order: share of all pairs of a success and a failure in which the success earns more; ties count half.
        low, high: 95% bootstrap interval of ``in_order``.
        wrong: pairs in which the failure earns more; ties count half, rounded down.
        worst_success, best_failure: their places in the store; None without any.
    """

    successes: int
    failures: int
    above: float
    in_order: float
    low: float
    high: float
    wrong: int
    worst_success: int | None
    best_failure: int | None


def weigh(returns: np.ndarray, solved: np.ndarray, rng: np.random.Generator) -> Evidence:
    """What returns ``(N,)`` say about outcomes ``(N,)``."""
    won, lost = np.flatnonzero(solved), np.flatnonzero(~solved)
    if not len(won) or not len(lost):
        return Evidence(len(won), len(lost), float("nan"), float("nan"), 0.0, 1.0, 0, None, None)
    order = _in_order(returns[won], returns[lost])  # (S, F)
    shares = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        some = order[rng.integers(0, len(won), len(won))]
        shares[i] = some[:, rng.integers(0, len(lost), len(lost))].mean()
    low, high = np.percentile(shares, _BOUNDS)
    return Evidence(
        successes=len(won),
        failures=len(lost),
        above=float((returns[won] > returns[lost].max()).mean()),
        in_order=float(order.mean()),
        low=float(low),
        high=float(high),
        wrong=int((1 - order).sum()),
        worst_success=int(won[np.argmin(returns[won])]),
        best_failure=int(lost[np.argmax(returns[lost])]),
    )


def verdict(evidence: Evidence, rule: Screening) -> Ruling:
    """What a method's rule makes of the evidence."""
    if min(evidence.successes, evidence.failures) < rule.least:
        return "not enough evidence"
    if rule.order == "published":
        return "pass" if evidence.above >= rule.threshold else "fail"
    if evidence.low >= rule.threshold:
        return "pass"
    return "fail" if evidence.high < rule.threshold else "not enough evidence"


def weigh_people(returns: np.ndarray, judged: JudgedPairs) -> PairsInOrder:
    """What returns ``(N,)`` of the judged episodes say about people's preferences."""
    better, worse, weight = returns[judged.better], returns[judged.worse], judged.weight
    share = float(weight @ _above(better, worse) / weight.sum()) if len(weight) else 0.0
    low, high = wilson(share, float(weight.sum()))
    return PairsInOrder(
        k=int((better > worse).sum()),
        n=len(weight),
        value=round(share, 4),
        low=round(low, 4),
        high=round(high, 4),
        missing=judged.missing,
        against_success=judged.against_success,
    )


def against_people(pairs: PairsInOrder, judged: JudgedPairs) -> bool:
    """Whether a reward surely orders people's pairs wrongly: more often than chance would."""
    return float(judged.weight.sum()) >= LEAST_PAIRS and pairs.high < 0.5


def people_feedback(pairs: PairsInOrder, judged: JudgedPairs, terms: Mapping[str, np.ndarray]) -> str:
    """What a coder is told of a program that orders people's pairs wrongly: how many, and the worst term by term."""
    returns = returns_of(terms)
    worst = int(np.argmin(returns[judged.better] - returns[judged.worse]))
    better, worse = judged.better[worst], judged.worse[worst]
    lines = [
        f"Of {pairs.n} pairs of filmed episodes that people judged, {pairs.k} are in the order that they prefer: the "
        "one that they like better earns more.",
        "What each term adds up to in the preferred episode of the pair furthest in the wrong order, and in the other:",
        *(f"- {name}: {v[better].sum():.3g}, and {v[worse].sum():.3g}" for name, v in terms.items()),
    ]
    return "\n".join(lines)


def returns_of(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """The return ``(N,)`` of every episode, from its terms ``(N, T)``."""
    total: np.ndarray = np.sum([values.sum(axis=1, dtype=np.float64) for values in terms.values()], axis=0)
    return total


def preference_feedback(evidence: Evidence, terms: Mapping[str, np.ndarray]) -> str:
    """What a coder is told of a program that ranks episodes wrongly: how many, and the worst case term by term."""
    worst, best = evidence.worst_success, evidence.best_failure
    assert worst is not None
    assert best is not None
    lines = [
        f"Of {evidence.successes * evidence.failures:,} pairs of a solved and an unsolved episode, "
        f"{evidence.wrong:,} are in the wrong order: the unsolved one earns more.",
        f"Only {evidence.above:.0%} of the {evidence.successes} solved episodes earn more than the best of the "
        f"{evidence.failures} unsolved ones.",
        "What each term adds up to in the worst solved episode, and in the best unsolved one:",
        *(f"- {name}: {v[worst].sum():.3g}, and {v[best].sum():.3g}" for name, v in terms.items()),
    ]
    return "\n".join(lines)


def _in_order(won: np.ndarray, lost: np.ndarray) -> np.ndarray:
    return _above(won[:, None], lost[None, :])


def _above(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    above: np.ndarray = (one > other) + 0.5 * (one == other)
    return above
