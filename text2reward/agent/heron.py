"""Preference without code: factors in their order of importance judge pairs of episodes; a reward is fitted to that.

The idea is HERON's (Bukharin et al., 2023): people find it easier to order what matters than to weigh it. An episode is
better than another when the first factor in which they differ by more than a margin says so. A reward that is linear in
simple functions of the factors is fitted to such pairs (Bradley-Terry, no weight negative) and written down as a
program. It knows nothing but the ordering: a baseline for whoever writes programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from text2reward.agent.brief import Brief, Draft
from text2reward.agent.composer.world import Body, understand
from text2reward.envs.field import StateLayout
from text2reward.envs.task import Task
from text2reward.errors import UnknownNameError, UserError
from text2reward.record.finding import Finding
from text2reward.training.seeds import stream
from text2reward.training.trajectories import Trajectories

PAIRS = 4_000
MARGIN = 0.25
"""Two episodes differ in a factor when they are this share of its spread over all episodes apart."""

STEPS = 400
LEAST_WEIGHT = 0.01
MOST = 4.0
"""What all weights add up to."""

SCALES = (5.0, 20.0)
_WORDS = ("near", "far", "high", "low", "small")
_FACTOR = re.compile(r"\s*([a-z]+)\s*\(\s*([\w.]+)\s*(?:,\s*([\w.]+)\s*)?\)\s*")
_AXES = {"x": 0, "y": 1, "z": 2}


class Episodes(Protocol):
    """Where stored episodes come from."""

    def before(self, number: int) -> Trajectories | None:
        """All episodes from before a round."""
        ...


@dataclass(frozen=True)
class Factor:
    """Something that is good: ``near(a, b)``, ``far(a, b)``, ``high(x)``, ``low(x)`` or ``small(action)``."""

    word: str
    one: str
    other: str = ""

    def __str__(self) -> str:
        return f"{self.word}({self.one}{f', {self.other}' if self.other else ''})"


def parse_factors(text: str, layout: StateLayout) -> list[Factor]:
    """The factors in ``near(handle.pos, goal.pos) > small(action)``, the most important first.

    Raises:
        UserError: it cannot be read, or compares what cannot be compared.
        UnknownNameError: a word or a field is unknown.
    """
    factors = []
    for part in text.split(">"):
        match = _FACTOR.fullmatch(part)
        if match is None:
            raise UserError(
                f"The factor {part.strip()!r} cannot be read.",
                "For example: near(handle.pos, goal.pos) > near(robot.ee_pos, handle.pos) > small(action).",
            )
        factor = Factor(match[1], match[2], match[3] or "")
        _check(factor, layout)
        factors.append(factor)
    return factors


def _check(factor: Factor, layout: StateLayout) -> None:
    if factor.word not in _WORDS:
        raise UnknownNameError("factor", factor.word, _WORDS)
    shapes = {field.name: field.shape for field in layout.fields}
    if factor.word in ("near", "far"):
        for name in (factor.one, factor.other):
            if name not in shapes:
                raise UnknownNameError(f"field in {factor}:", name, shapes)
        if shapes[factor.one] != (3,) or shapes[factor.other] != (3,):
            raise UserError(f"{factor} compares what are no two places.", "Name two fields of shape (3,).")
    elif factor.word == "small":
        if factor.one != "action":
            raise UserError(f"{factor} is not known.", "Only small(action) is.")
    else:
        name, axis = _axis(factor.one)
        if name not in shapes:
            raise UnknownNameError(f"field in {factor}:", name, shapes)
        if shapes[name] != (() if axis is None else (3,)):
            raise UserError(f"{factor} is no number.", f"For example: {factor.word}({name}.z) for a place.")


def default_factors(task: Task, instruction: str) -> list[Factor]:
    """What the composer understands of the task, and little effort.

    The thing at the goal and the hand at the thing; or a body that stays up and is fast.

    Raises:
        UserError: fields and sentence do not say what to do.
    """
    world = understand(task.fields, instruction, task.action.size)
    if isinstance(world, Body):
        speed = Factor("high" if world.way > 0 else "low", f"{world.velocity}.x")
        return [Factor("high", f"{world.up}.z"), speed, Factor("small", "action")]
    if world.thing is None:
        return [Factor("near", world.hand, world.goal), Factor("small", "action")]
    return [Factor("near", world.thing, world.goal), Factor("near", world.hand, world.thing), Factor("small", "action")]


def factors_for(task: Task, instruction: str, given: str | None) -> list[Factor]:
    """The factors that a flag gives, or the sentence, or the task."""
    if given is not None:
        return parse_factors(given, task.layout)
    if ">" in instruction:
        return parse_factors(instruction, task.layout)
    return default_factors(task, instruction)


class Heron:
    """Writes down rewards that are fitted to the ordering of factors.

    Args:
        factors: the most important first.
        episodes: what is compared.
    """

    name = "heron"

    def __init__(self, factors: Sequence[Factor], episodes: Episodes) -> None:
        self._factors, self._episodes = factors, episodes

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`: each draft is fitted to pairs of its own."""
        store = self._episodes.before(brief.round)
        if store is None:
            return
        ordering = " > ".join(map(str, self._factors))
        for index in range(count):
            rng = np.random.default_rng(stream(brief.seed, "compose", brief.round, index))
            weights, pairs, agree = fit(self._factors, store, brief.task.layout, rng)
            note = f"fitted to {pairs:,} pairs of episodes ({agree:.0%} in order) by {ordering}"
            yield Draft(write(self._factors, weights, ordering), brief.best, note)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """What is fitted cannot be talked to."""
        return None


def judge(values: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Who is better: 1 the first, -1 the second, 0 neither.

    Args:
        values: ``(N, F)``: each episode's factors, the most important first.
        one, other: ``(P,)`` episodes to compare.
    """
    margins = MARGIN * values.std(axis=0)
    apart = values[one] - values[other]  # (P, F)
    decides = np.abs(apart) > np.maximum(margins, 1e-9)
    first = decides.argmax(axis=1)
    signs = np.sign(apart[np.arange(len(one)), first])
    return np.asarray(np.where(decides.any(axis=1), signs, 0.0))


def fit(
    factors: Sequence[Factor], store: Trajectories, layout: StateLayout, rng: np.random.Generator
) -> tuple[np.ndarray, int, float]:
    """Weights of all features, how many pairs they were fitted to, and the share of them in order."""
    values = np.stack([_value(factor, store, layout).mean(axis=1) for factor in factors], axis=1)
    features = np.concatenate([_features(factor, store, layout) for factor in factors], axis=2).mean(axis=1)  # (N, K)
    one, other = rng.integers(0, len(store), (2, PAIRS))
    said = judge(values, one, other)
    known = said != 0
    if not known.any():
        return np.full(features.shape[1], MOST / features.shape[1]), 0, 0.0
    spread = np.maximum(features.std(axis=0), 1e-6)
    apart = (features[one[known]] - features[other[known]]) / spread * said[known, None]
    weights = np.zeros(features.shape[1])
    for _ in range(STEPS):
        wrong = 1 / (1 + np.exp(np.clip(apart @ weights, -30, 30)))
        weights = np.maximum(0.0, weights + 0.5 * ((wrong[:, None] * apart).mean(axis=0) - 1e-3 * weights))
    agree = float((apart @ weights > 0).mean())
    weights = weights / spread
    return MOST * weights / max(float(weights.sum()), 1e-9), int(known.sum()), agree


def write(factors: Sequence[Factor], weights: np.ndarray, ordering: str) -> str:
    """The fitted reward as a program."""
    lines = [f'"""Fitted to the ordering {ordering}."""', "", "import torch", "", ""]
    lines += ["def compute_reward(state, action, prev):"]
    terms = []
    rest = list(weights)
    for number, factor in enumerate(factors, 1):
        own = [rest.pop(0) for _ in range(_count(factor))]
        quantity, forms = _forms(factor)
        parts = [f"{weight:.4g} * {form}" for weight, form in zip(own, forms, strict=True) if weight >= LEAST_WEIGHT]
        if parts:
            lines += [f"    x = {quantity}  # {factor}", f"    term_{number} = {' + '.join(parts)}"]
            terms.append(f'"{factor.word}_{number}": term_{number}')
    if not terms:
        lines += ["    x = -(action**2).mean(dim=-1)"]
        terms.append('"small": x')
    lines.append(f"    return {{{', '.join(terms)}}}")
    return "\n".join(lines) + "\n"


def _forms(factor: Factor) -> tuple[str, list[str]]:
    """The factor's quantity as code, and its features of ``x``."""
    if factor.word in ("near", "far"):
        quantity = f"torch.linalg.norm(state.{factor.one} - state.{factor.other}, dim=-1)"
        if factor.word == "far":
            return quantity, ["x"]
        return quantity, ["(-x)", *(f"(1 - torch.tanh({scale:g} * x))" for scale in SCALES)]
    if factor.word == "small":
        return "(action**2).mean(dim=-1)", ["(-x)"]
    name, axis = _axis(factor.one)
    quantity = f"state.{name}" if axis is None else f"state.{name}[:, {axis}]"
    return quantity, ["x" if factor.word == "high" else "(-x)"]


def _count(factor: Factor) -> int:
    return len(_forms(factor)[1])


def _features(factor: Factor, store: Trajectories, layout: StateLayout) -> np.ndarray:
    """What :func:`_forms` writes down, at every stored step: ``(N, T, K)``."""
    value = _value(factor, store, layout)
    if factor.word == "near":
        return np.stack([value, *(1 - np.tanh(scale * -value) for scale in SCALES)], axis=2)
    return np.asarray(value[:, :, None])


def _value(factor: Factor, store: Trajectories, layout: StateLayout) -> np.ndarray:
    """How good the factor is at every stored step, ``(N, T)``: more is better."""
    state = store.state[:, 1:]
    if factor.word in ("near", "far"):
        apart = np.linalg.norm(
            state[..., layout.columns(factor.one)] - state[..., layout.columns(factor.other)], axis=2
        )
        return np.asarray(-apart if factor.word == "near" else apart)
    if factor.word == "small":
        return np.asarray(-(store.action**2).mean(axis=2))
    name, axis = _axis(factor.one)
    number: np.ndarray = state[..., layout.columns(name)][..., axis or 0]
    return number if factor.word == "high" else -number


def _axis(name: str) -> tuple[str, int | None]:
    """A field, and which of its numbers is meant: ``puck.pos.z`` is ("puck.pos", 2)."""
    field, _, last = name.rpartition(".")
    return (field, _AXES[last]) if last in _AXES and "." in field else (name, None)
