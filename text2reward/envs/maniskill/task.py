"""What a ManiSkill task is, besides what every task is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from text2reward.envs.maniskill import needs
from text2reward.envs.maniskill.blocks import PANDA, Block, columns
from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Action, Device, Reads, Task

if TYPE_CHECKING:
    import numpy as np

DT_S = 0.05
"""One control step: 5 PhysX steps of 10 ms (``SimConfig``: 100 Hz, controlled at 20 Hz)."""

_ARM = tuple(
    f"joint {i} of the arm, counted from the {{}}: at 1 its target is 0.1 rad ahead of where it is" for i in range(1, 8)
)
_GRIPPER = "gripper: 1 opens the fingers, -1 closes them"

PANDA_ACTION = Action(-1.0, 1.0, (*(entry.format("base") for entry in _ARM), _GRIPPER), closing=-1.0)
FETCH_ACTION = Action(
    -1.0,
    1.0,
    (
        *(entry.format("shoulder") for entry in _ARM),
        _GRIPPER,
        "head, pan: at 1 its target is 0.1 rad ahead",
        "head, tilt: at 1 its target is 0.1 rad ahead",
        "torso: at 1 its target is 0.1 m above where it is",
        "base: drives forward at 1 m/s",
        "base: turns left at 3.14 rad/s",
    ),
)

PANDA_ROBOT = (
    "A Panda arm with seven joints and a gripper of two parallel fingers, fixed to the table. It starts with its hand "
    "above the table, the gripper open and pointing down. Actions move its joints."
)
FETCH_ROBOT = (
    "A Fetch robot: a wheeled base that drives forward and turns, a torso that lifts, and an arm with seven joints "
    "and a gripper of two parallel fingers. Actions move its joints and drive its base."
)
TABLE_AXES = (
    "Axes: x away from the robot's base, which is at (-0.615, 0, 0), y to the left, z up; z = 0 is the table's top. "
)


@dataclass(frozen=True)
class ManiSkillTask:
    """How a task lives in ManiSkill.

    Args:
        uid: the id it is registered by.
        blocks: where its fields come from, in packing order.
        control: ManiSkill's name of what actions do.
        models: kinds of object models it needs, see :func:`.needs.check`.
    """

    uid: str
    blocks: Sequence[Block]
    control: str = "pd_joint_delta_pos"
    models: tuple[str, ...] = ()

    def needs(self, device: Device) -> None:
        """See :attr:`Task.needs`."""
        needs.check(self.uid, self.models, device)

    def reads(self) -> Reads:
        """See :attr:`Task.reads`; of an environment that is alone in its instance."""

        def state(env: Any, observation: Any, info: Mapping[str, Any]) -> np.ndarray:
            packed: np.ndarray = columns(self.blocks, env.unwrapped)[0].cpu().numpy()
            return packed

        return state

    def simulator(self, task: Task, num_envs: int) -> Simulator:
        """Environments on the CPU, one after the other."""
        from text2reward.envs.maniskill.simulator import ManiSkillSimulator

        return ManiSkillSimulator(task, self, num_envs, "cpu")

    def gpu_simulator(self, task: Task, num_envs: int) -> Simulator:
        """Environments on a GPU, all at once."""
        from text2reward.envs.maniskill.simulator import ManiSkillSimulator

        return ManiSkillSimulator(task, self, num_envs, "cuda")


CUBE = {"cube_half_size": 0.02}
"""The same in all of ManiSkill's tasks with a cube."""


def declare(
    name: str,
    instruction: str,
    scene: str,
    blocks: Sequence[Block],
    success: str,
    *,
    observation_size: int,
    horizon: int = 50,
    axes: str = TABLE_AXES,
    uid: str = "",
    models: tuple[str, ...] = (),
    robot: Block = PANDA,
) -> Task:
    """A task of ManiSkill.

    Args:
        name: as it is called there, and here after ``maniskill/``.
        instruction, scene, success, observation_size, horizon: see :class:`Task`; the robot's fields come first.
        blocks: where the other fields come from.
        axes: where things are, said before the scene.
        uid: the id in ManiSkill where it is another one.
        models: see :class:`ManiSkillTask`.
        robot: the robot's fields.
    """
    how = ManiSkillTask(uid or name, (robot, *blocks), models=models)
    panda = robot is PANDA
    fields = tuple(field for block in how.blocks for field in block.fields)
    return Task(
        id=f"maniskill/{name}",
        instruction=instruction,
        fields=fields,
        action=PANDA_ACTION if panda else FETCH_ACTION,
        observation_size=observation_size,
        horizon=horizon,
        dt=DT_S,
        success=success,
        robot=PANDA_ROBOT if panda else FETCH_ROBOT,
        scene=axes + scene,
        training=how.simulator,
        modules=("text2reward.envs.maniskill.simulator",),
        cuda=how.gpu_simulator,
        needs=how.needs,
        drawn="vulkan",
        constants={
            "gripper_width_open": 0.08 if panda else 0.1,
            **(CUBE if any(field.name.startswith("cube") for field in fields) else {}),
        },
        world=how,
        reads=how.reads,
    )
