"""The critic without a model: rules that read a program's behaviour against the sentence and the world.

Each rule asks the program about states made for it: the thing at the goal and beyond it, everything far away, a robot
that does nothing. What they find are reasons to write the program anew, told to its author like any finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from text2reward.envs.field import Field, StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.record.finding import Finding

ROWS = 128
DWARFS = 20.0
"""How many times larger than all other terms together one may be."""

ALIVE = 0.25
"""A term that pays this share of its most where everything is far away pays for being there."""

FAR = 30.0
BEYOND = (0.25, 0.5, 1.0)
"""How far past the goal the thing is tried, as shares of the way to it."""

PAST = 0.02
IDLE_SHARE = 0.5
_MOVES = 1e-6

Reward = Callable[[np.ndarray, np.ndarray, np.ndarray], Mapping[str, np.ndarray]]
Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Scene:
    """What a program is judged against.

    Args:
        reward: the program: (prev, action, state) to named terms.
        layout: the task's fields.
        instruction: the sentence.
        bank: transitions of random behaviour.
    """

    reward: Reward
    layout: StateLayout
    instruction: str
    bank: Transitions

    def __call__(self, transitions: Transitions) -> Values:
        """The terms there, ``(B,)`` each."""
        return self.reward(transitions.prev, transitions.action, transitions.state)


def criticise(scene: Scene) -> list[Finding]:
    """Every reason to write the program anew."""
    rng = np.random.default_rng(0)
    some = scene.bank.rows(np.sort(rng.permutation(len(scene.bank))[:ROWS]))
    scene = replace(scene, bank=some)
    terms = scene(some)
    places = _extremes(scene, terms)
    rules = (_goal_ignored(scene), _dwarfing(places), _alive(places), _past_the_goal(scene), _idle(scene, terms))
    return [Finding(name, message, level="warning") for rule in rules for name, message in rule]


Said = Iterator[tuple[str, str]]


def _goal_ignored(scene: Scene) -> Said:
    """A goal, or a thing that the sentence names, on which nothing that is paid depends."""
    words = set(re.findall(r"[a-z]+", scene.instruction.lower()))
    groups: dict[str, list[Field]] = {}
    for field in scene.layout.fields:
        groups.setdefault(field.name.split(".")[0], []).append(field)
    for group, fields in groups.items():
        named = any(part in words or f"{part}s" in words for part in group.split("_"))
        wanted = group == "goal" or (named and any(field.varies == "step" for field in fields))
        if wanted and not any(_depends(scene, field) for field in fields):
            what = "where the task ends" if group == "goal" else "which the sentence names"
            names = ", ".join(f"state.{field.name}" for field in fields)
            yield "goal-ignored", f"no term depends on {names}, {what}; add a term that does"


def _depends(scene: Scene, field: Field) -> bool:
    """Whether any term changes when the field is changed, under random behaviour or with the thing at the goal."""
    roles = _roles(scene.layout)
    places = [scene.bank] if roles is None else [scene.bank, _put(scene, *roles, 0.0)]
    columns = scene.layout.columns(field.name)

    def changed(array: np.ndarray) -> np.ndarray:
        other = array.copy()
        rolled = np.roll(array[:, columns], 1, axis=0)
        other[:, columns] = 1 - rolled if field.dtype == "bool" else rolled + 0.05
        return other

    for place in places:
        terms = scene(place)
        again = scene(replace(place, prev=changed(place.prev), state=changed(place.state)))
        if any(np.abs(again[name] - values).max() > _MOVES for name, values in terms.items()):
            return True
    return False


def _dwarfing(places: Mapping[str, Values]) -> Said:
    """A bonus or a penalty beside which nothing else counts."""
    within = [values for place, values in places.items() if place != "far"]  # out there, distances dwarf everything
    largest = {name: max(float(np.abs(values[name]).max()) for values in within) for name in within[0]}
    if len(largest) < 2:
        return
    name = max(largest, key=lambda each: largest[each])
    rest = sum(size for other, size in largest.items() if other != name)
    if largest[name] > DWARFS * max(rest, 1e-3):
        yield (
            "dwarfing-term",
            f"term {name} reaches {largest[name]:.3g}, all other terms together {rest:.3g}; nobody learns from the "
            "others then. Bring them to one scale",
        )


def _alive(places: Mapping[str, Values]) -> Said:
    """Payment for being anywhere at all."""
    for name, far in places["far"].items():
        most = max(float(values[name].max()) for values in places.values())
        least = float(far.min())
        if least > _MOVES and least > ALIVE * most and float(np.median(far)) > ALIVE * most:
            yield (
                "alive-bonus",
                f"term {name} pays {least:.3g} or more wherever everything is, even far away; it pays for being alive. "
                "Subtract that, or let it fall to 0 with the distance",
            )


def _past_the_goal(scene: Scene) -> Said:
    """More for going beyond the goal than for being at it."""
    roles = _roles(scene.layout)
    if roles is None:
        return
    thing, goal = roles
    at = _put(scene, thing, goal, 0.0)
    here = _total(scene(at))
    for share in BEYOND:
        past = _total(scene(_put(scene, thing, goal, share)))
        gain = past - here
        scale = max(float(np.abs(here).mean()), 1e-3)
        if np.median(gain) > PAST * scale:
            yield (
                "pays-past-goal",
                f"with {thing.name} at the goal a step pays {np.median(here):.3g}, and {np.median(past):.3g} when it "
                f"is moved on by {share:.0%} of the way; measure how far it is from the goal, not how far it has come",
            )
            return


def _idle(scene: Scene, terms: Values) -> Said:
    """A term that is largest when the robot does nothing, and large beside the rest."""
    bank = scene.bank
    still = scene(replace(bank, state=bank.prev, action=np.zeros_like(bank.action)))
    ranges = {name: float(np.ptp(np.concatenate([values, still[name]]))) for name, values in terms.items()}
    for name, values in terms.items():
        if ranges[name] < _MOVES:
            continue
        never_less = (still[name] >= values - _MOVES).all()
        same_everywhere = float(np.ptp(still[name])) < _MOVES
        rest = sum(ranges.values()) - ranges[name]
        if never_less and same_everywhere and ranges[name] > IDLE_SHARE * rest:
            yield (
                "idle-is-best",
                f"term {name} is largest when the robot does nothing, and weighs as much as the rest; make it a tenth "
                "of what progress pays, or drop it",
            )


def _extremes(scene: Scene, terms: Values) -> dict[str, Values]:
    """The terms on the bank, with the thing at the goal and the hand at the thing, and far from everything."""
    places: dict[str, Values] = {"bank": terms}
    roles = _roles(scene.layout)
    if roles is not None:
        places["goal"] = scene(_put(scene, *roles, 0.0))
    rng = np.random.default_rng(1)
    moved = []
    shift = {f.name: FAR * rng.normal(size=(len(scene.bank), f.size)) for f in scene.layout.fields}
    for array in (scene.bank.prev, scene.bank.state):
        far = array.copy()
        for field in scene.layout.fields:
            if field.unit == "m":
                far[:, scene.layout.columns(field.name)] += shift[field.name]
        moved.append(far.astype(np.float32))
    places["far"] = scene(replace(scene.bank, prev=moved[0], state=moved[1]))
    return places


def _put(scene: Scene, thing: Field, goal: Field, past: float) -> Transitions:
    """The thing at rest at the goal, or ``past`` of its way beyond; the hand is as far from it as it was."""
    layout = scene.layout
    state = scene.bank.state.copy()
    here, there = state[:, layout.columns(thing.name)].copy(), state[:, layout.columns(goal.name)]
    target = there + past * (there - here)
    for field in layout.fields:
        if field.shape == (3,) and field.unit == "m" and field.varies == "step" and _goes_along(field, thing):
            state[:, layout.columns(field.name)] += target - here
    return replace(scene.bank, prev=state, state=state, action=np.zeros_like(scene.bank.action))


def _goes_along(field: Field, thing: Field) -> bool:
    return field.name == thing.name or field.name.startswith("robot.")


def _roles(layout: StateLayout) -> tuple[Field, Field] | None:
    """What has to be moved, the robot's hand where there is nothing else, and its goal; None without either."""
    places = [field for field in layout.fields if field.shape == (3,) and field.unit == "m"]
    goal = next((field for field in places if field.name.startswith("goal.")), None)
    moving = [field for field in places if field.varies == "step"]
    things = [field for field in moving if not field.name.startswith("robot.")] or moving
    return (things[0], goal) if goal is not None and things else None


def _total(terms: Values) -> np.ndarray:
    return np.asarray(np.sum([*terms.values()], axis=0))
