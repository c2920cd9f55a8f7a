"""What a trained policy did instead of the task, as named findings: each computed from the record, each one sentence.

Every finding is a warning: the program may be trained with, but this is why it does not do what it should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from text2reward.agent.composer.world import roles
from text2reward.agent.feedback import moments
from text2reward.envs.field import StateLayout
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Success
from text2reward.record.finding import Finding
from text2reward.training.trajectories import Trajectories, joined

NEVER_MOVED = 1e-6
LITTLE_MOVED = 0.05
"""A term whose mean changed by less than this share of its spread was not learned."""

SATURATED_BAND, SATURATED_SHARE = 0.05, 0.8
DOMINANT = 0.9
DRIFT = 5.0
STILL_M = 0.02
WAY_OVER_EXTENT = 6.0
UNTOUCHED_M, UNTOUCHED_SHARE = 0.005, 0.95
RISE, FLAT = 0.25, 0.05
FALL = 0.3
WORSE = 0.2
MOST = 0.5
"""Share of the unsolved episodes that have to show something for it to be said."""


@dataclass(frozen=True)
class Case:
    """Everything that is known of one training.

    Args:
        layout: the task's fields.
        instruction: the sentence.
        gamma: the learner's discount.
        target: success rate that counts as solved.
        success: on the select episodes.
        curve: the learning curves.
        own: episodes of the trained policy, judged and disturbed.
        terms: each term at every step of ``own``, ``(N, T)``.
        others, other_terms: episodes of other policies, and the terms of this program there.
        parent: id of the candidate it was derived from, its success, and what its program pays a step in ``own``.
        known: whether what ``own`` says of success is so; where a person judged, it may not be.
    """

    layout: StateLayout
    instruction: str
    gamma: float
    target: float
    success: Success
    curve: Sequence[CurvePoint]
    own: Trajectories
    terms: Mapping[str, np.ndarray]
    others: Trajectories | None = None
    other_terms: Mapping[str, np.ndarray] | None = None
    parent: tuple[str, Success, float] | None = None
    known: bool = True

    @property
    def judged(self) -> np.ndarray:
        """Which of ``own`` were judged, ``(N,)``."""
        return np.array([source == "judged" for source in self.own.source])

    @property
    def failed(self) -> np.ndarray:
        """Which judged episodes were not solved, ``(N,)``."""
        return np.asarray(self.judged & ~self.own.solved & self.known)

    @property
    def reward(self) -> np.ndarray:
        """The reward at every step, ``(N, T)``."""
        return np.asarray(np.sum([*self.terms.values()], axis=0))

    @property
    def solved_enough(self) -> bool:
        """Whether the target is reached on the select episodes."""
        return self.success.value >= self.target


def diagnose(case: Case) -> list[Finding]:
    """All findings about one training, those about single terms first."""
    checks = (
        _dead,
        _saturated,
        _dominant,
        _drift,
        _flooding,
        _hovering,
        _oscillating,
        _past_the_goal,
        _reward_without_success,
        _unstable,
        _little_exploration,
        _regressed,
    )
    return [Finding(name, message, level="warning") for check in checks for name, message in check(case)]


Said = Iterator[tuple[str, str]]


def _dead(case: Case) -> Said:
    rows = moments(case.curve)
    if len(rows) < 3:
        return
    for name in case.terms:
        values = [row.terms[name] for row in rows if name in row.terms]
        spread = max((row.spread[name] for row in rows if name in row.spread), default=0.0)
        if not values:
            continue
        if spread < NEVER_MOVED:
            yield (
                "dead-term",
                f"term {name} was {values[-1]:.3g} at every step of the training; it teaches nothing as it is",
            )
        elif not case.solved_enough and np.ptp(values) < LITTLE_MOVED * spread:
            yield (
                "flat-term",
                f"term {name} stayed at about {values[-1]:.3g} a step; the policy did not learn to change it",
            )


def _saturated(case: Case) -> Said:
    if case.solved_enough or not case.failed.any():
        return
    for name, values in case.terms.items():
        low, high = float(values.min()), float(values.max())
        if high - low < NEVER_MOVED or high <= 0:  # a price that is hardly paid teaches by that
            continue
        share = float((values[case.failed] > high - SATURATED_BAND * (high - low)).mean())
        if share >= SATURATED_SHARE:
            yield (
                "saturated-term",
                f"term {name} is at its largest value, {high:.3g}, in {share:.0%} of the steps of unsolved episodes; "
                "it has nothing left to teach there",
            )


def _dominant(case: Case) -> Said:
    if len(case.terms) < 2 or case.solved_enough:
        return
    sizes = {name: float(np.abs(values[case.judged]).mean()) for name, values in case.terms.items()}
    total = sum(sizes.values())
    name = max(sizes, key=lambda each: sizes[each])
    if total > 1e-3 and sizes[name] > DOMINANT * total:
        yield (
            "dominant-term",
            f"term {name} makes up {sizes[name] / total:.0%} of what is paid; the others hardly count",
        )


def _drift(case: Case) -> Said:
    if case.parent is None:
        return
    parent, _, before = case.parent
    now = float(np.abs(case.reward).mean())
    if min(now, before) <= 0:
        return
    if max(now / before, before / now) > DRIFT:
        yield (
            "scale-drift",
            f"a step pays {now:.3g} on average, {now / before:.3g} times what {parent} pays for it; keep the scale",
        )


def _flooding(case: Case) -> Said:
    """Dwelling pays more than finishing, discounted as the learner does."""
    if case.solved_enough:
        return
    store, terms = case.own, dict(case.terms)
    if case.others is not None and case.other_terms is not None and not case.own.solved.any():
        solved = np.flatnonzero(case.others.solved)
        if len(solved):
            store = joined([case.own, case.others.rows(solved)]) or store
            terms = {name: np.concatenate([values, case.other_terms[name][solved]]) for name, values in terms.items()}
    if store.solved.all() or not store.solved.any():
        return
    discount = case.gamma ** np.arange(store.success.shape[1])
    returns = {name: (values * discount).sum(axis=1) for name, values in terms.items()}
    total = np.sum([*returns.values()], axis=0)
    lost, won = np.flatnonzero(~store.solved), np.flatnonzero(store.solved)
    best = int(lost[np.argmax(total[lost])])
    typical = float(np.median(total[won]))
    if total[best] > typical + 1e-6:
        gains = {name: float(values[best] - np.median(values[won])) for name, values in returns.items()}
        name = max(gains, key=lambda each: gains[each])
        yield (
            "flooding",
            f"the best unsolved episode earns {total[best]:.3g} (discounted by {case.gamma:g}), a typical solved one "
            f"only {typical:.3g}; the difference comes mostly from {name}: pay less for waiting there, or more for "
            "finishing",
        )


def _hovering(case: Case) -> Said:
    lost = np.flatnonzero(case.failed)
    if case.solved_enough or not len(lost):
        return
    half = case.own.success.shape[1] // 2
    places = [case.own.state[lost][:, half:, columns] for _, columns in _places(case.layout)]
    if not places:
        return
    still = np.max([np.ptp(place, axis=1).max(axis=1) for place in places], axis=0) < STILL_M  # (F,)
    paid = (
        {name: float(values[lost[still], half:].mean()) for name, values in case.terms.items()} if still.any() else {}
    )
    if still.mean() >= MOST and sum(paid.values()) > 0:
        name = max(paid, key=lambda each: paid[each])
        yield (
            "hovering",
            f"in {int(still.sum())} of {len(lost)} unsolved episodes nothing moves by more than {STILL_M:g} m in the "
            f"second half, and standing there pays {sum(paid.values()):.3g} a step, mostly by {name}",
        )


def _oscillating(case: Case) -> Said:
    lost = np.flatnonzero(case.failed)
    if case.solved_enough or not len(lost):
        return
    half = case.own.success.shape[1] // 2
    for name, columns in _places(case.layout):
        path = case.own.state[lost][:, half:, columns]  # (F, T/2 + 1, 3)
        way = np.linalg.norm(np.diff(path, axis=1), axis=2).sum(axis=1)
        extent = np.linalg.norm(np.ptp(path, axis=1), axis=1)
        back_and_forth = (extent > STILL_M) & (way > WAY_OVER_EXTENT * extent)
        if back_and_forth.mean() >= MOST:
            paid = {term: float(values[lost[back_and_forth], half:].mean()) for term, values in case.terms.items()}
            term = max(paid, key=lambda each: paid[each])
            yield (
                "oscillating",
                f"in {int(back_and_forth.sum())} of {len(lost)} unsolved episodes {name} goes back and forth "
                f"({np.median(way[back_and_forth]):.2g} m of way within {np.median(extent[back_and_forth]):.2g} m), "
                f"while {term} pays {paid[term]:.3g} a step",
            )
            return


def _past_the_goal(case: Case) -> Said:
    success = case.own.success
    reached = np.cumsum(success, axis=1) > 0
    past = reached & ~success
    episodes = past.any(axis=1)
    if past.sum() < 10 or not episodes.any():
        return
    at, beyond = float(case.reward[success].mean()), float(case.reward[past].mean())
    if beyond > at + 0.01 * abs(at):
        yield (
            "pays-past-goal",
            f"{int(episodes.sum())} episodes leave the solved state again, and are paid {beyond:.3g} a step beyond it, "
            f"more than the {at:.3g} at it",
        )


def _reward_without_success(case: Case) -> Said:
    rows = [row for row in moments(case.curve) if row.own_return is not None and row.success is not None]
    if case.solved_enough or len(rows) < 4:
        return
    returns = np.array([row.own_return for row in rows], dtype=np.float64)
    success = np.array([row.success for row in rows], dtype=np.float64)
    whole = np.ptp(returns)
    for i in range(len(rows) - 2):
        if returns[-1] - returns[i] > RISE * whole > 0 and success[i:].max() - success[i] < FLAT:
            yield (
                "reward-without-success",
                f"from {rows[i].sim_steps // 1000}k steps on the return rises from {returns[i]:.3g} to "
                f"{returns[-1]:.3g} while success stays at {success[i]:.2f}: from there on this reward pays for "
                "something else",
            )
            return


def _unstable(case: Case) -> Said:
    rows = [row for row in moments(case.curve) if row.success is not None]
    if len(rows) < 3:
        return
    success = [row.success or 0.0 for row in rows]
    best = int(np.argmax(success))
    if success[best] - success[-1] > FALL:
        yield (
            "unstable",
            f"success fell from {success[best]:.2f} at {rows[best].sim_steps // 1000}k steps to {success[-1]:.2f} at "
            "the end",
        )


def _little_exploration(case: Case) -> Said:
    world = roles(case.layout.fields, case.instruction)
    if case.solved_enough or world is None or world.thing is None:
        return
    place = case.own.state[:, :, case.layout.columns(world.thing)]
    moved = np.linalg.norm(place - place[:, :1], axis=2).max(axis=1) > UNTOUCHED_M
    if moved.mean() <= 1 - UNTOUCHED_SHARE:
        yield (
            "little-exploration",
            f"{world.thing} moved in only {int(moved.sum())} of {len(moved)} episodes, disturbed ones included; the "
            "policy hardly touches it, so nothing that depends on its movement can be learned",
        )


def _regressed(case: Case) -> Said:
    if case.parent is None:
        return
    parent, before, _ = case.parent
    now = case.success
    if before.value - now.value >= WORSE or now.high < before.low:
        yield "regressed", f"solves {now.k} of {now.n} episodes, its parent {parent} {before.k} of {before.n}"


def _places(layout: StateLayout) -> list[tuple[str, slice]]:
    """Positions that move within an episode, and their columns."""
    places = [field for field in layout.fields if field.is_place and field.varies == "step"]
    return [(field.name, layout.columns(field.name)) for field in places]
