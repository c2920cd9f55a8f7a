"""The Fetch tasks as data. How the fields are read from the observation is in :mod:`.slots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from text2reward.envs.fetch.slots import DT_S, observed, packed
from text2reward.envs.field import Field
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Action, Reads, ScriptedPolicy, Task

HORIZON = 50
"""As registered by the package."""

ROBOT = (
    "A Fetch arm with a parallel gripper, moved by the position of its gripper. "
    "The gripper keeps its orientation: it points down and its fingers open along y."
)
AXES = "Axes: x away from the robot's base, y to its left, z up; z = 0 is the floor, "

_MODULES = ("text2reward.envs.envpool_simulator", "text2reward.envs.rotation", "text2reward.envs.fetch.reference")

_EE = (
    Field("robot.ee_pos", (3,), "m", "the point between the fingertips"),
    Field("robot.ee_vel", (3,), "m/s", "its velocity"),
)
_GRIPPER = (
    Field("robot.gripper_width", (), "m", "gap between the fingers, 0 closed to 0.1 wide open"),
    Field("robot.gripper_width_rate", (), "m/s", "how fast the gap grows"),
)


def _moving(thing: str) -> tuple[Field, ...]:
    return (
        Field(f"{thing}.pos", (3,), "m", f"the {thing}'s centre"),
        Field(f"{thing}.quat", (4,), "1", f"orientation of the {thing}, wxyz"),
        Field(f"{thing}.vel", (3,), "m/s", f"velocity of the {thing}'s centre"),
        Field(f"{thing}.ang_vel", (3,), "rad/s", f"angular velocity of the {thing}, about the world's axes"),
    )


def _action(gripper: str) -> Action:
    return Action(
        low=-1.0,
        high=1.0,
        entries=(
            "moves the gripper along x; at 1, at about 0.8 m/s",
            "moves the gripper along y; at 1, at about 0.8 m/s",
            "moves the gripper along z; at 1, at about 0.8 m/s",
            gripper,
        ),
        closing=-1.0,
    )


@dataclass(frozen=True)
class FetchTask:
    """What differs from task to task.

    Args:
        name: as in the package's ids, for example ``PickAndPlace``.
        thing: what has to move; empty where it is the gripper itself.
        grips: whether the gripper can be moved; where not, the package holds it shut.
        script: a scripted policy that solves the task, by its name in :mod:`.experts`.
        options: in what EnvPool's twin has to differ from its own settings to be like the package.
    """

    name: str
    thing: str = ""
    grips: bool = False
    script: str = ""
    options: Mapping[str, Any] | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """In the order in which :meth:`read` packs them."""
        goal = Field("goal.pos", (3,), "m", f"where {self._moved} shall be", "reset")
        return (*_EE, *(_GRIPPER if self.grips else ()), *(_moving(self.thing) if self.thing else ()), goal)

    @property
    def _moved(self) -> str:
        return f"the {self.thing}'s centre" if self.thing else "the point between the fingertips"

    @property
    def observation_size(self) -> int:
        """The package's observation and the goal."""
        return 28 if self.thing else 13

    def read(self, seen: Mapping[str, np.ndarray]) -> Snapshot:
        """Observation and packed state of the package's observations, ``(N, 10)`` or ``(N, 25)``, and its goals."""
        slots, goal = seen["observation"], seen["desired_goal"]
        return Snapshot(observed(slots, goal), packed(slots, goal, bool(self.thing), self.grips))

    def reads(self) -> Reads:
        """See :attr:`Task.reads`."""

        def state(env: Any, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
            packed: np.ndarray = self.read({name: value[None] for name, value in observation.items()}).state[0]
            return packed

        return state

    def training(self, task: Task, num_envs: int) -> Simulator:
        """EnvPool's twin of the task."""
        from text2reward.envs.envpool_simulator import EnvPoolSimulator, Pool

        pool = Pool(f"Fetch{self.name}Dense-v4", self.read, "is_success", self.options or {})
        return EnvPoolSimulator(task, pool, num_envs)

    def reference(self, task: Task, num_envs: int) -> Simulator:
        """The task in the ``gymnasium-robotics`` package."""
        from text2reward.envs.fetch.reference import gym
        from text2reward.envs.gymnasium_simulator import GymnasiumSimulator

        return GymnasiumSimulator(task, gym(self), num_envs)

    def expert(self, task: Task) -> ScriptedPolicy:
        """A scripted policy that solves the task."""
        from text2reward.envs.fetch import experts

        script: ScriptedPolicy = getattr(experts, self.script)
        return script


def _task(spec: FetchTask, instruction: str, scene: str) -> Task:
    gripper = "gripper: 1 opens, -1 closes" if spec.grips else "does nothing: the gripper is held shut"
    success = f"{spec._moved[0].upper()}{spec._moved[1:]} is within 0.05 m of the goal."
    return Task(
        id=f"fetch/{spec.name}",
        instruction=instruction,
        fields=spec.fields,
        action=_action(gripper),
        observation_size=spec.observation_size,
        horizon=HORIZON,
        dt=DT_S,
        success=success,
        robot=ROBOT,
        scene=AXES + scene,
        training=spec.training,
        reference=spec.reference,
        expert=spec.expert if spec.script else None,
        modules=_MODULES,
        twin="envpool",
        constants={"gripper_width_open": 0.1},
        world=spec,
        reads=spec.reads,
    )


_TABLE = "the table's top is at z = 0.4. "

TASKS: Sequence[Task] = (
    _task(
        FetchTask("Reach", script="reach"),
        "Move the gripper to the goal position.",
        _TABLE + "A goal position in the air, within 0.15 m of the gripper's start along each axis.",
    ),
    _task(
        FetchTask("Push", "block", script="push"),
        "Push the block to the goal position.",
        _TABLE + "A block with sides of 0.05 m on the table and a goal position on the table. Both places differ "
        "between episodes and can be reached by the gripper.",
    ),
    _task(
        FetchTask("PickAndPlace", "block", grips=True, script="pick_and_place"),
        "Pick up the block and place it at the goal position.",
        _TABLE + "A block with sides of 0.05 m on the table and a goal position, on the table in half of the episodes "
        "and up to 0.45 m above it in the others. Both places differ between episodes.",
    ),
    _task(
        FetchTask("Slide", "puck", options={"initial_slide0": 0.05}),
        "Hit the puck so that it slides to the goal position.",
        _TABLE + "A flat, round puck, 0.05 m across and 0.04 m high, on a long, slippery table, and a goal position on "
        "the table, mostly farther away (+x) than the gripper can reach. Both places differ between episodes.",
    ),
)
