"""How a Meta-World task is declared.

The tasks themselves are data: :mod:`~text2reward.envs.metaworld.fixtures` and
:mod:`~text2reward.envs.metaworld.loose_objects`. What each observation slot holds was read in the ``metaworld``
package, file by file (``envs/sawyer_*_v3.py``: ``_get_pos_objects``, ``_get_quat_objects``, ``reset_model``,
``evaluate_state``). Slots that a task leaves at zero, quaternions of bodies that cannot turn and quaternions of balls,
which look the same from all sides, are no fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from text2reward.envs.field import Field, Varies
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Action, Reads, ScriptedPolicy, Task

SIMULATOR_DT_S = 0.0125
"""One simulator step: 5 MuJoCo steps of 2.5 ms (``SawyerXYZEnv.frame_skip``)."""

ACTION_REPEAT = 3
HORIZON = 50
"""Control steps; 150 simulator steps. Tasks that take the package's scripted expert longer than 120 have their own."""

ROBOT = (
    "A Sawyer arm with a parallel gripper, fixed to the table, moved by the position of its hand. "
    "The hand keeps its orientation: the gripper points down and its fingers open along y."
)
AXES = "Axes: x to the right, y away from the robot's base, z up; z = 0 is about the height of the table. "

ACTION = Action(
    low=-1.0,
    high=1.0,
    entries=(
        "moves the hand's target along x, 0.01 m per simulator step at 1",
        "moves the hand's target along y, 0.01 m per simulator step at 1",
        "moves the hand's target along z, 0.01 m per simulator step at 1",
        "gripper effort: 1 closes, -1 opens",
    ),
)

QuatOrder = Literal["wxyz", "xyzw"]


@dataclass(frozen=True)
class Object:
    """One object of the observation.

    Args:
        group: the field group it is named by.
        doc: what its position is.
        quat_doc: what its orientation is; empty where it is no field.
        quat_order: how the package writes the quaternion into the observation.
    """

    group: str
    doc: str
    quat_doc: str = ""
    quat_order: QuatOrder = "wxyz"


_REFERENCE = "text2reward.envs.metaworld.reference_simulator"
_MODULES = ("text2reward.envs.envpool_simulator", _REFERENCE)

OBSERVATION_SIZE = 39
HAND, OPENNESS, GOAL = range(3), range(3, 4), range(36, 39)
OBJECTS = (4, 11)
"""Where the first and the second object begin: position, then quaternion."""


def _columns(objects: Sequence[Object]) -> tuple[int, ...]:
    """Observation columns of the packed state, in the order of :func:`_fields`; quaternions become wxyz."""
    columns = [*HAND, *OPENNESS]
    for start, obj in zip(OBJECTS, objects, strict=False):
        columns += range(start, start + 3)
        if obj.quat_doc:
            quat = range(start + 3, start + 7)
            columns += quat if obj.quat_order == "wxyz" else (quat[-1], *quat[:-1])
    return (*columns, *GOAL)


def _fields(objects: Sequence[Object], goal_doc: str, goal_varies: Varies) -> tuple[Field, ...]:
    fields = [
        Field("robot.ee_pos", (3,), "m", "the hand; the point between the fingertips lies 0.045 m below it"),
        Field("robot.gripper_openness", (), "1", "gap between the fingers, 0 closed to 1 wide open (0.1 m)"),
    ]
    for obj in objects:
        fields.append(Field(f"{obj.group}.pos", (3,), "m", obj.doc))
        if obj.quat_doc:
            fields.append(Field(f"{obj.group}.quat", (4,), "1", f"{obj.quat_doc}, wxyz"))
    fields.append(Field("goal.pos", (3,), "m", goal_doc, goal_varies))
    return tuple(fields)


@dataclass(frozen=True)
class MetaWorldTask:
    """What differs from task to task.

    Args:
        name: the package's name, for example ``window-close-v3``.
        columns: observation columns that make the packed state.
    """

    name: str
    columns: tuple[int, ...]

    @property
    def envpool_id(self) -> str:
        """EnvPool's id, for example ``MetaWorld/WindowClose-v3``."""
        words, version = self.name.rsplit("-", 1)
        return f"MetaWorld/{''.join(word.capitalize() for word in words.split('-'))}-{version}"

    def training(self, task: Task, num_envs: int) -> Simulator:
        """EnvPool's twin of the task."""
        from text2reward.envs.envpool_simulator import EnvPoolSimulator, Pool

        pool = Pool(self.envpool_id, self.read, "success", {"partially_observable": False})
        return EnvPoolSimulator(task, pool, num_envs)

    def read(self, observation: np.ndarray) -> Snapshot:
        """Observation and packed state of the simulator's ``(N, 39)`` observations."""
        observation = observation.astype(np.float32)
        return Snapshot(observation, observation[:, list(self.columns)])

    def reads(self) -> Reads:
        """See :attr:`Task.reads`."""

        def state(env: Any, observation: Any, info: Mapping[str, Any]) -> np.ndarray:
            packed: np.ndarray = self.read(np.asarray(observation)[None]).state[0]
            return packed

        return state

    def reference(self, task: Task, num_envs: int) -> Simulator:
        """The task in the ``metaworld`` package."""
        from text2reward.envs.metaworld.reference_simulator import ReferenceSimulator

        return ReferenceSimulator(task, self, num_envs)

    def expert(self, task: Task) -> ScriptedPolicy:
        """The package's scripted policy."""
        from metaworld.policies import ENV_POLICY_MAP

        make: Any = ENV_POLICY_MAP[self.name]
        policy = make()

        def act(observation: np.ndarray) -> np.ndarray:
            action = policy.get_action(observation.astype(np.float64))
            clipped: np.ndarray = np.clip(action, task.action.low, task.action.high).astype(np.float32)
            return clipped

        return act


def declare(
    name: str,
    instruction: str,
    scene: str,
    objects: Sequence[Object],
    goal_doc: str,
    success: str,
    goal_varies: Varies = "reset",
    horizon: int = HORIZON,
    twin: bool = True,
) -> Task:
    """The task from what is its own.

    Args:
        name: the package's name, for example ``window-close-v3``.
        objects: what the observation holds, at most two, in its order.
        goal_doc: what the goal position means for this task.
        goal_varies: whether the goal differs between episodes.
        twin: whether EnvPool's twin can be trained in; where it is wrong, policies train in the package.
        instruction, scene, success, horizon: as in :class:`Task`.
    """
    spec = MetaWorldTask(name, _columns(objects))
    return Task(
        id=f"metaworld/{name}",
        instruction=instruction,
        fields=_fields(objects, goal_doc, goal_varies),
        action=ACTION,
        observation_size=OBSERVATION_SIZE,
        horizon=horizon,
        dt=SIMULATOR_DT_S * ACTION_REPEAT,
        success=success,
        robot=ROBOT,
        scene=AXES + scene,
        training=spec.training if twin else spec.reference,
        reference=spec.reference if twin else None,
        expert=spec.expert,
        action_repeat=ACTION_REPEAT,
        modules=_MODULES if twin else (_REFERENCE,),
        twin="envpool" if twin else "",
        world=spec,
        reads=spec.reads,
        observed=spec.columns,
    )
