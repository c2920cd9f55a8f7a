"""The MuJoCo locomotion tasks as data."""

from __future__ import annotations

from functools import partial
from typing import Any

from text2reward.envs.judged import Happened
from text2reward.envs.mujoco.behaviours import Flips, LiesDown, MovesForward, WavesLeg
from text2reward.envs.mujoco.robots import ANT, CHEETAH, HOPPER, HUMANOID, WALKER, Robot
from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Reads, Task

SCENE = "Level ground at z = 0 without end. Axes: x forward, y to the left, z up; the body starts near x = y = 0."

PPO = {"n_steps": 64, "batch_size": 512, "learning_rate": 3e-4, "gamma": 0.99}
SAC = {"learning_rate": 3e-4, "gamma": 0.99, "net_arch": (256, 256)}
"""A step is followed by its consequences for seconds here, not for tenths of seconds; see ``docs/worlds.md``."""

STEPS = 1_000_000
"""Simulator steps of a training: more than the other worlds' tasks need, at several times their speed."""

_MODULES = ("text2reward.envs.mujoco.simulators",)


def _training(robot: Robot, task: Task, num_envs: int) -> Simulator:
    from text2reward.envs.mujoco.simulators import training

    return training(robot, task, num_envs)


def _reference(robot: Robot, task: Task, num_envs: int) -> Simulator:
    from text2reward.envs.mujoco.simulators import reference

    return reference(robot, task, num_envs)


def _reads(robot: Robot) -> Reads:
    from text2reward.envs.mujoco.simulators import reads

    return reads(robot)


def _tasks(
    robot: Robot, seconds: float, action_repeat: int, behaviours: dict[str, tuple[str, Happened]], **more: Any
) -> tuple[Task, ...]:
    """One task for each behaviour of a robot; the one without a name is the robot's first.

    Args:
        robot: the body.
        seconds: how long an episode lasts.
        action_repeat: simulator steps in a control step.
        behaviours: name -> sentence and judge.
        more: what else differs from other tasks.
    """
    dt = robot.simulator_dt * action_repeat
    return tuple(
        Task(
            id="-".join(filter(None, [f"mujoco/{robot.id}", name])),
            instruction=sentence,
            fields=robot.fields,
            action=robot.action,
            observation_size=robot.observation_size,
            horizon=round(seconds / dt),
            dt=dt,
            action_repeat=action_repeat,
            success=str(judge),
            robot=robot.doc,
            scene=SCENE,
            training=partial(_training, robot),
            reference=partial(_reference, robot),
            modules=_MODULES,
            twin="envpool",
            judge=judge,
            ppo=PPO,
            sac=SAC,
            steps=STEPS,
            world=robot,
            reads=partial(_reads, robot),
            **more,
        )
        for name, (sentence, judge) in behaviours.items()
    )


FORWARD = "Move forward."

TASKS = (
    *_tasks(
        HOPPER,
        seconds=4.0,
        action_repeat=4,
        behaviours={
            "": (FORWARD, MovesForward(distance_m=3.0, lowest_m=0.7)),
            "front-flip": ("Do a front flip.", Flips(1)),
            "back-flip": ("Do a back flip.", Flips(-1)),
        },
    ),
    *_tasks(
        ANT,
        seconds=5.0,
        action_repeat=1,
        behaviours={
            "": (FORWARD, MovesForward(distance_m=4.0, lowest_m=0.2)),
            "lie-down": ("Lie down.", LiesDown()),
            "wave-leg": ("Wave a leg.", WavesLeg(("front_left", "front_right", "back_left", "back_right"))),
        },
    ),
    *_tasks(CHEETAH, seconds=5.0, action_repeat=1, behaviours={"": (FORWARD, MovesForward(5.0, lowest_m=0.2))}),
    *_tasks(WALKER, seconds=4.0, action_repeat=4, behaviours={"": (FORWARD, MovesForward(3.0, lowest_m=0.8))}),
    *_tasks(HUMANOID, seconds=4.0, action_repeat=2, behaviours={"": (FORWARD, MovesForward(2.0, lowest_m=1.0))}),
)
