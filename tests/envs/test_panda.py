from __future__ import annotations

import mujoco
import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.lint import lint_task
from text2reward.envs.panda import TASKS
from text2reward.envs.panda.scene import load_scene
from text2reward.envs.panda.tasks import SUCCESS_WITHIN_M
from text2reward.envs.transitions import random_policy

CUBE, CABINET = (get_task(f"panda/{name}") for name in ("PickCube", "OpenCabinet"))
SCENE = {CUBE.id: "mjx_single_cube.xml", CABINET.id: "mjx_cabinet.xml"}
TURNED = ("cube.quat", "cube.ang_vel")
THING = {CUBE.id: "box", CABINET.id: "handle"}


def quaternion(matrix: np.ndarray) -> np.ndarray:
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, matrix)
    return quat * np.sign(quat[0])


class Twin:
    """The scene of a task in MuJoCo's Python package, started from an observation of EnvPool."""

    def __init__(self, task, observation: np.ndarray) -> None:
        self.model = load_scene(SCENE[task.id])
        if task is CABINET:  # as Playground's PandaOpenCabinet does
            self.model.geom("hand_capsule").conaffinity = 3
        self.data = mujoco.MjData(self.model)
        self.thing = THING[task.id]
        self.show(observation)
        self.data.ctrl[:] = observation[-8:] + self.data.qpos[:8]

    def show(self, observation: np.ndarray) -> None:
        nq = self.model.nq
        self.data.qpos[:] = observation[:nq]
        self.data.qvel[:] = observation[nq : nq + self.model.nv]
        mujoco.mj_forward(self.model, self.data)

    def step_back(self) -> None:
        """To the start of the last substep: a step leaves places as they were then."""
        mujoco.mj_integratePos(self.model, self.data.qpos, self.data.qvel, -self.model.opt.timestep)
        mujoco.mj_forward(self.model, self.data)

    def step(self, action: np.ndarray) -> None:
        low, high = self.model.actuator_ctrlrange.T
        self.data.ctrl[:] = np.clip(self.data.ctrl + 0.04 * action, low, high)
        mujoco.mj_step(self.model, self.data, 4)

    def joints(self) -> dict[str, np.ndarray]:
        """Fields that follow from joint positions and velocities."""
        data, velocity = self.data, np.zeros(6)
        body = self.model.body(self.thing).id
        mujoco.mj_objectVelocity(self.model, data, mujoco.mjtObj.mjOBJ_BODY, body, velocity, 0)
        named = {
            "robot.gripper_width": sum(data.joint(f"finger_joint{i}").qpos[0] for i in (1, 2)),
            "robot.gripper_width_rate": sum(data.joint(f"finger_joint{i}").qvel[0] for i in (1, 2)),
            "robot.joint_pos": np.array([data.joint(f"joint{i}").qpos[0] for i in range(1, 8)]),
            "robot.joint_vel": np.array([data.joint(f"joint{i}").qvel[0] for i in range(1, 8)]),
        }
        if self.thing == "handle":
            return named | {"handle.vel_x": velocity[3]}
        quat = quaternion(data.body("box").xmat)
        return named | {"cube.quat": quat, "cube.vel": velocity[3:], "cube.ang_vel": velocity[:3]}

    def places(self) -> dict[str, np.ndarray]:
        """Fields that follow from places."""
        name = "cube" if self.thing == "box" else self.thing
        return {
            "robot.ee_pos": self.data.site("gripper").xpos.copy(),
            "robot.ee_quat": quaternion(self.data.site("gripper").xmat),
            f"{name}.pos": self.data.body(self.thing).xpos.copy(),
        }


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_fields_are_what_mujoco_says(task):
    simulator = task.make_training(8)
    start = simulator.reset(list(range(8)))
    act = random_policy(task, 8, np.random.default_rng(0))
    twin = Twin(task, start.observation[0].astype(np.float64))
    for _ in range(40):
        moved = simulator.step(act(start.observation))
        start = moved.reached
        named = task.layout.unpack(start.state)
        for i in range(8):
            twin.show(start.observation[i].astype(np.float64))
            expected = twin.joints()
            twin.step_back()
            expected |= twin.places()
            assert set(named) == {*expected, "goal.pos"}
            for name, value in expected.items():
                np.testing.assert_allclose(named[name][i], value, rtol=1e-3, atol=1e-3, err_msg=name)
        apart = np.linalg.norm(start.state[:, 23:26] - named["robot.ee_pos"], axis=1)
        np.testing.assert_allclose(moved.native_parts["reward_gripper_box"], 1 - np.tanh(5 * apart), atol=1e-4)
    simulator.close()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_envpool_steps_the_scene_as_mujoco_does(task):
    task = task.with_action_repeat(1)
    simulator = task.make_training(1)
    start = simulator.reset([3])
    twin = Twin(task, start.observation[0].astype(np.float64))
    rng = np.random.default_rng(0)
    action = np.zeros((1, 8))
    for _ in range(task.horizon - 1):
        action = np.clip(0.9 * action + 0.3 * rng.normal(size=(1, 8)), -1, 1).astype(np.float32)
        seen = simulator.step(action).reached
        twin.step(action[0])
        here, there = seen.state[0, :3], twin.places()["robot.ee_pos"]
        assert np.abs(here - there).max() < 0.01
    simulator.close()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_success_is_the_thing_at_the_goal(task):
    thing = next(name for name in ("cube.pos", "handle.pos") if name in task.layout.names)
    spec = task.training.__self__
    scales = np.linspace(0.001, 0.1, 50)[:, None] * SUCCESS_WITHIN_M * 10
    observed = np.random.default_rng(0).normal(size=(50, task.observation_size)) * scales
    fields = task.layout.unpack(spec.read(observed).state)
    near = np.linalg.norm(fields[thing] - fields["goal.pos"], axis=1) < SUCCESS_WITHIN_M
    assert 5 < near.sum() < 45
    assert (spec.solved(observed) == near).all()


def test_it_is_drawn_as_it_stands():
    simulator = CABINET.make_training(2)
    simulator.reset([1, 2])
    before = simulator.render()
    assert np.abs(simulator.render().astype(int) - before).max() <= 1
    for _ in range(3):
        simulator.step(np.ones((2, 8), dtype=np.float32))
    after = simulator.render()
    assert before.shape == after.shape == (320, 320, 3)
    assert (before != after).mean() > 0.01
    simulator.close()


def test_fields_vary_as_declared():
    assert lint_task(CABINET) == []


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_field_is_what_it_says(task):
    findings = lint_task(task, seed=1)
    never = "is declared to vary by 'step' but varies by 'never' under random actions"  # they may not turn the cube
    assert all(finding.message.startswith(never) for finding in findings)
    assert {(finding.level, finding.subject) for finding in findings} <= {("warning", name) for name in TURNED}
