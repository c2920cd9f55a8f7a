"""The critic without a model: rules that read a program's behaviour against the sentence and the world.

Each rule asks the program about states made for it: the thing at the goal and beyond it, everything far away, a robot
that does nothing. What they find are reasons to write the program anew, told to its author like any finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from text2reward.agent.composer.world import roles
from text2reward.envs.field import Field, StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.record.finding import Finding
from text2reward.sandbox import probes

ROWS = 128
DWARFS = 20.0
"""How many times larger than all other terms together one may be."""

ALIVE = 0.25
"""A term that pays this share of its most where everything is far away pays for being there."""

FAR = 30.0
AS_IT_WAS, AT_THE_GOAL, BOTH_AT_THE_GOAL, FAR_AWAY = "bank", "goal", "both at the goal", "far away"
"""Names of made-up states."""

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
    places = {name: (where, scene(where)) for name, where in _places(scene).items()}
    rules = (
        _goal_ignored(scene, places),
        _dwarfing(scene, places),
        _alive(places),
        _past_the_goal(scene, places),
        _idle(scene, places),
    )
    return [Finding(name, message, level="warning") for rule in rules for name, message in rule]


Said = Iterator[tuple[str, str]]
Places = Mapping[str, tuple[Transitions, Values]]
"""Made-up states by name, and the terms there."""


def _goal_ignored(scene: Scene, places: Places) -> Said:
    """A goal, or a thing that the sentence names, on which nothing that is paid depends."""
    words = set(re.findall(r"[a-z]+", scene.instruction.lower()))
    groups: dict[str, list[Field]] = {}
    for field in scene.layout.fields:
        groups.setdefault(field.name.split(".")[0], []).append(field)
    for group, fields in groups.items():
        named = any(part in words or f"{part}s" in words for part in group.split("_"))
        wanted = group == "goal" or (named and any(field.varies == "step" for field in fields))
        if wanted and not any(_depends(scene, field, places) for field in fields):
            what = "where the task ends" if group == "goal" else "which the sentence names"
            names = ", ".join(f"state.{field.name}" for field in fields)
            yield "goal-ignored", f"no term depends on {names}, {what}; add a term that does"


def _depends(scene: Scene, field: Field, places: Places) -> bool:
    """Whether any term changes anywhere when the field is changed."""
    columns = scene.layout.columns(field.name)

    def changed(array: np.ndarray) -> np.ndarray:
        other = array.copy()
        rolled = np.roll(array[:, columns], 1, axis=0)
        other[:, columns] = 1 - rolled if field.dtype == "bool" else rolled + 0.05
        return other

    for where, terms in places.values():
        again = scene(replace(where, prev=changed(where.prev), state=changed(where.state)))
        if any(np.abs(again[name] - values).max() > _MOVES for name, values in terms.items()):
            return True
    return False


def _dwarfing(scene: Scene, places: Places) -> Said:
    """A bonus or a penalty beside which nothing else counts; a small price on actions is no competitor."""
    within = [terms for name, (_, terms) in places.items() if name != FAR_AWAY]  # out there, distances dwarf everything
    largest = {name: max(float(np.abs(terms[name]).max()) for terms in within) for name in within[0]}
    states = _that_read_the_state(scene, places)
    competing = {name: size for name, size in largest.items() if name in states}
    if len(competing) < 2:
        return
    name = max(competing, key=lambda each: competing[each])
    rest = sum(size for other, size in competing.items() if other != name)
    if largest[name] > DWARFS * max(rest, 1e-3):
        yield (
            "dwarfing-term",
            f"term {name} reaches {largest[name]:.3g}, all other terms together {rest:.3g}; nobody learns from the "
            "others then. Bring them to one scale",
        )


def _that_read_the_state(scene: Scene, places: Places) -> set[str]:
    """The terms that depend on anything but the action."""
    bank, terms = places[AS_IT_WAS]
    others = [scene(replace(bank, prev=np.roll(bank.prev, 1, axis=0), state=np.roll(bank.state, 1, axis=0)))]
    if BOTH_AT_THE_GOAL in places:
        others.append(scene(replace(places[BOTH_AT_THE_GOAL][0], action=bank.action)))
    return {name for name in terms for other in others if np.abs(terms[name] - other[name]).max() > _MOVES}


def _alive(places: Places) -> Said:
    """Payment for being anywhere at all."""
    for name, far in places[FAR_AWAY][1].items():
        most = max(float(terms[name].max()) for _, terms in places.values())
        least = float(far.min())
        if least > _MOVES and least > ALIVE * most:
            yield (
                "alive-bonus",
                f"term {name} pays {least:.3g} or more wherever everything is, even far away; it pays for being alive. "
                "Subtract that, or let it fall to 0 with the distance",
            )


def _past_the_goal(scene: Scene, places: Places) -> Said:
    """More for going beyond the goal than for being at it."""
    world = roles(scene.layout.fields, scene.instruction)
    if world is None:
        return
    here = _total(places[AT_THE_GOAL][1])
    for share in BEYOND:
        beyond = _put(scene, share)
        assert beyond is not None
        past = _total(scene(beyond))
        scale = max(float(np.abs(here).mean()), 1e-3)
        if np.median(past - here) > PAST * scale:
            yield (
                "pays-past-goal",
                f"with {world.thing or world.hand} at the goal a step pays {np.median(here):.3g}, and "
                f"{np.median(past):.3g} when it is moved on by {share:.0%} of the way; measure how far it is from the "
                "goal, not how far it has come",
            )
            return


def _idle(scene: Scene, places: Places) -> Said:
    """A term that is largest when the robot does nothing, and large beside the rest."""
    bank, terms = places[AS_IT_WAS]
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
                f"term {name} is largest when the robot does nothing, and weighs at least half as much as the rest; "
                "make it a tenth of what progress pays, or drop it",
            )


def _places(scene: Scene) -> dict[str, Transitions]:
    """States to try a program on: as they were, at the goal with the hand there or not, and far from everything."""
    places = {AS_IT_WAS: scene.bank}
    made = ((AT_THE_GOAL, 0.0, True), ("hand at the thing", -1.0, False), (BOTH_AT_THE_GOAL, 0.0, False))
    for name, past, along in made:
        where = _put(scene, past, hand_along=along)
        if where is not None:
            places[name] = where
            if not along:
                for word, value in (("open", 1.0), ("closed", 0.0)):
                    places[f"{name}, {word}"] = _with_numbers(scene, where, value)
    rng = np.random.default_rng(1)
    mixed = probes.mixed(scene.bank, scene.layout)
    shift = {f.name: FAR * rng.normal(size=(len(mixed), f.size)) for f in scene.layout.fields}

    def far(array: np.ndarray) -> np.ndarray:
        moved = array.copy()
        for field in scene.layout.fields:
            if field.unit == "m":
                moved[:, scene.layout.columns(field.name)] += shift[field.name]
        return moved.astype(np.float32)

    places[FAR_AWAY] = replace(mixed, prev=far(mixed.prev), state=far(mixed.state))
    return places


def _put(scene: Scene, past: float, hand_along: bool = True) -> Transitions | None:
    """The thing at rest at the goal, ``past`` of its way beyond it, or with -1 where it began; None without roles.

    Args:
        scene: the world.
        past: as a share of the thing's way to the goal.
        hand_along: the hand is as far from the thing as it was, instead of at the thing.
    """
    world = roles(scene.layout.fields, scene.instruction)
    if world is None:
        return None
    layout = scene.layout
    state = scene.bank.state.copy()
    moved, goal, hand = (layout.columns(name) for name in (world.thing or world.hand, world.goal, world.hand))
    here, there = state[:, moved].copy(), state[:, goal]
    target = there + past * (there - here)
    shift = target - here
    if not hand_along:
        shift = target - state[:, hand]
    state[:, moved] = target
    arm = [field for field in layout.fields if field.name.startswith("robot.") and field.is_place]
    for field in arm if world.thing is not None else []:
        if field.varies == "step":
            state[:, layout.columns(field.name)] += shift
    return replace(scene.bank, prev=state, state=state, action=np.zeros_like(scene.bank.action))


def _with_numbers(scene: Scene, where: Transitions, value: float) -> Transitions:
    """The same with the robot's own numbers, such as how open the gripper is, all at ``value``."""
    state = where.state.copy()
    for field in scene.layout.fields:
        if field.name.startswith("robot.") and not field.shape and field.unit == "1":
            state[:, scene.layout.columns(field.name)] = value
    return replace(where, prev=state, state=state)


def _total(terms: Values) -> np.ndarray:
    return np.asarray(np.sum([*terms.values()], axis=0))
