"""The Meta-World tasks as data.

What each observation slot holds was read in the ``metaworld`` package, file by file
(``envs/sawyer_*_v3.py``: ``_get_pos_objects``, ``_get_quat_objects``, ``reset_model``, ``evaluate_state``).
Slots that a task leaves at zero, and quaternions of bodies that cannot turn, are no fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from text2reward.envs.field import Field, Varies
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Action, ScriptedPolicy, Task

SIMULATOR_DT_S = 0.0125
"""One simulator step: 5 MuJoCo steps of 2.5 ms (``SawyerXYZEnv.frame_skip``)."""

ACTION_REPEAT = 3
HORIZON = 50
"""Control steps; 150 simulator steps. The package's scripted experts need 35 to 104."""

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
class _Object:
    """The first object of the observation.

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


_MODULES = (
    "text2reward.envs.envpool_simulator",
    "text2reward.envs.metaworld.reference_simulator",
)

OBSERVATION_SIZE = 39
HAND, OPENNESS, OBJECT, QUATERNION, GOAL = (
    range(3),
    range(3, 4),
    range(4, 7),
    range(7, 11),
    range(36, 39),
)


def _columns(obj: _Object) -> tuple[int, ...]:
    """Observation columns of the packed state, in the order of :func:`_fields`; quaternions become wxyz."""
    quat = tuple(QUATERNION) if obj.quat_order == "wxyz" else (10, 7, 8, 9)
    return (*HAND, *OPENNESS, *OBJECT, *(quat if obj.quat_doc else ()), *GOAL)


def _fields(obj: _Object, goal_doc: str, goal_varies: Varies) -> tuple[Field, ...]:
    fields = [
        Field("robot.ee_pos", (3,), "m", "the hand; the point between the fingertips lies 0.045 m below it"),
        Field("robot.gripper_openness", (), "1", "gap between the fingers, 0 closed to 1 wide open (0.1 m)"),
        Field(f"{obj.group}.pos", (3,), "m", obj.doc),
    ]
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


def _task(
    name: str,
    instruction: str,
    scene: str,
    obj: _Object,
    goal_doc: str,
    success: str,
    goal_varies: Varies = "reset",
) -> Task:
    spec = MetaWorldTask(name, _columns(obj))
    return Task(
        id=f"metaworld/{name}",
        instruction=instruction,
        fields=_fields(obj, goal_doc, goal_varies),
        action=ACTION,
        observation_size=OBSERVATION_SIZE,
        horizon=HORIZON,
        dt=SIMULATOR_DT_S * ACTION_REPEAT,
        success=success,
        robot=ROBOT,
        scene=AXES + scene,
        training=spec.training,
        reference=spec.reference,
        expert=spec.expert,
        action_repeat=ACTION_REPEAT,
        modules=_MODULES,
    )


TASKS: Sequence[Task] = (
    _task(
        "drawer-open-v3",
        "Open a drawer by its handle.",
        "A closed drawer in a cabinet at the far side; it slides out towards the robot (-y). "
        "The cabinet's place along x differs between episodes.",
        _Object("handle", "the drawer's handle"),
        "where the handle is when the drawer is open",
        "The handle is within 0.03 m of the goal.",
    ),
    _task(
        "drawer-close-v3",
        "Close a drawer by its handle.",
        "A drawer that stands 0.15 m open in a cabinet at the far side; it slides in away from the robot (+y). "
        "The cabinet's place along x differs between episodes.",
        _Object("handle", "a point 0.05 m above the middle of the drawer's handle"),
        "where the handle is when the drawer is closed, 0.05 m below the point that handle.pos gives",
        "handle.pos is within 0.055 m of the goal.",
    ),
    _task(
        "window-open-v3",
        "Push and open a sliding window by its handle.",
        "A closed window whose frame stands along x at the far side; its handle points to the robot and slides to +x. "
        "The frame's place along x and y differs between episodes.",
        _Object("handle", "the window's handle, the left face that is pushed to open"),
        "its x is where the handle's x belongs; its y lies 0.095 m behind the handle, in the frame",
        "The handle's x is within 0.05 m of the goal's x.",
    ),
    _task(
        "window-close-v3",
        "Push and close a sliding window by its handle.",
        "An open window whose frame stands along x at the far side; its handle points to the robot and slides to -x. "
        "The frame's place along y differs between episodes.",
        _Object("handle", "the window's handle, the right face that is pushed to close"),
        "its x is where the handle's x belongs; its y lies 0.095 m behind the handle, in the frame",
        "The handle's x is within 0.05 m of the goal's x.",
    ),
    _task(
        "button-press-v3",
        "Press a button in y coordination.",
        "A box at the far side with a button that faces the robot and is pressed away from it (+y). "
        "The box's place along x and y differs between episodes.",
        _Object("button", "the button's front"),
        "where the button's front is when it is pressed in",
        "The button's y is within 0.02 m of the goal's y.",
    ),
    _task(
        "door-close-v3",
        "Close a door with a revolving joint by pushing door's handle.",
        "A cabinet door that stands wide open, its hinge at the cabinet and its handle at the outer edge; "
        "it swings shut to +x and +y. The cabinet's place along x and y differs between episodes.",
        _Object("handle", "the door's handle", "orientation of the door's handle, which turns with the door", "xyzw"),
        "where the handle is when the door is closed",
        "The handle is within 0.08 m of the goal.",
    ),
    _task(
        "door-unlock-v3",
        "Unlock the door by rotating the lock counter-clockwise.",
        "A door with a lever-like lock that faces the robot and turns about y; to unlock, its free end swings to +x. "
        "The door's place along x and y differs between episodes.",
        _Object("lock", "the free end of the lock's lever"),
        "its x is where the free end's x belongs when the lock is open; its y and z mean nothing",
        "The x of the lock's free end is within 0.02 m of the goal's x.",
    ),
    _task(
        "sweep-into-v3",
        "Sweep a puck from the initial position into a hole.",
        "A puck, a block with sides of 0.04 m, on a raised table top at z = 0.05 with a hole at the far side. "
        "The puck's place along x and y differs between episodes.",
        _Object("puck", "the puck's centre"),
        "the middle of the hole",
        "The puck is within 0.05 m of the hole's middle, measured along x and y.",
        goal_varies="never",
    ),
    _task(
        "handle-press-v3",
        "Press a handle down.",
        "A box at the far side with a handle that sticks out towards the robot and is pressed down (-z). "
        "The box's place along x and y differs between episodes.",
        _Object("handle", "the end of the handle"),
        "where the end of the handle is when it is pressed down",
        "The handle's z is within 0.02 m of the goal's z.",
    ),
    _task(
        "handle-press-side-v3",
        "Press a handle down sideways.",
        "A box on the left with a handle that sticks out to the right (+x) and is pressed down (-z). "
        "The box's place along x and y differs between episodes.",
        _Object("handle", "the end of the handle"),
        "where the end of the handle is when it is pressed down",
        "The handle's z is within 0.02 m of the goal's z.",
    ),
    _task(
        "reach-v3",
        "Move the gripper to the goal position.",
        "A goal position in the air and a puck on the table that plays no part. Both places differ between episodes.",
        _Object("puck", "the puck's centre; the puck plays no part", "orientation of the puck", "xyzw"),
        "where the point between the fingertips shall be",
        "The point between the fingertips is within 0.05 m of the goal.",
    ),
    _task(
        "pick-place-v3",
        "Pick up the puck and place it at the goal position.",
        "A puck of 0.02 m radius on the table and a goal position in the air. Both places differ between episodes.",
        _Object("puck", "the puck's centre", "orientation of the puck", "xyzw"),
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
    ),
    _task(
        "button-press-topdown-v3",
        "Press a button from the top.",
        "A box on the table with a button on its top that is pressed down (-z). "
        "The box's place along x and y differs between episodes.",
        _Object("button", "the button's top"),
        "where the button's top is when it is pressed in",
        "The button's z is within 0.024 m of the goal's z.",
    ),
    _task(
        "push-v3",
        "Push the puck to the goal position.",
        "A puck of 0.02 m radius on the table and a goal position on the table, farther away from the robot. "
        "Both places differ between episodes.",
        _Object("puck", "the puck's centre", "orientation of the puck", "xyzw"),
        "where the puck's centre shall be",
        "The puck is within 0.05 m of the goal.",
    ),
    _task(
        "plate-slide-v3",
        "Slide a plate into a cabinet.",
        "A flat, round plate, 0.1 m across, and behind it, away from the robot (+y), an open cabinet on the table. "
        "The cabinet's place along x and y differs between episodes.",
        _Object("plate", "the plate's centre"),
        "the middle of the cabinet, where the plate's centre shall be",
        "The plate is within 0.07 m of the goal.",
    ),
    _task(
        "faucet-open-v3",
        "Rotate the faucet counter-clockwise.",
        "A faucet whose lever stands out towards the robot (-y) and turns about z; seen from above, counter-clockwise "
        "swings its free end to +x. The faucet's place along x and y differs between episodes.",
        _Object("lever", "a point 0.01 m below the free end of the faucet's lever"),
        "close to where the free end is when the faucet is open",
        "The point 0.04 m to the left (-x) of lever.pos and 0.03 m above it is within 0.07 m of the goal.",
    ),
)
