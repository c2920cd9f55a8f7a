from __future__ import annotations

import copy
from typing import cast

import mujoco
import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.fetch import TASKS
from text2reward.envs.fetch.parity import TOLERANCE, begin
from text2reward.envs.gymnasium_simulator import GymnasiumSimulator
from text2reward.envs.lint import lint_task
from text2reward.envs.parity import SAME_OUTCOME, compare
from text2reward.envs.transitions import random_policy

PICK = get_task("fetch/PickAndPlace")
EXPERTS = [task for task in TASKS if task.expert]


def velocity(env, site: str) -> tuple[np.ndarray, np.ndarray]:
    """Linear and angular velocity along the world's axes, by MuJoCo's own account."""
    now = copy.copy(env.data)
    mujoco.mj_forward(env.model, now)  # a step leaves the velocities of its last substep's start
    both = np.zeros(6)
    mujoco.mj_objectVelocity(env.model, now, mujoco.mjtObj.mjOBJ_SITE, env.model.site(site).id, both, 0)
    return both[3:], both[:3]


def test_fields_are_what_mujoco_says():
    simulator = cast(GymnasiumSimulator, PICK.make_reference(1))
    simulator.reset([1])
    env = simulator.envs[0].unwrapped
    block = env.data.joint("object0:joint")
    block.qvel[:3] = [0.5, -0.3, 3.0]  # toss it
    act = random_policy(PICK, 1, np.random.default_rng(0))
    turned = 0.0
    for _ in range(15):
        block.qvel[3:] = [12.0, -9.0, 16.0]  # keep it turning
        seen = simulator.step(act(np.zeros((1, 28)))).reached
        field = {name: values[0] for name, values in PICK.layout.unpack(seen.state).items()}
        grip_vel, _ = velocity(env, "robot0:grip")
        block_vel, block_ang_vel = velocity(env, "object0")
        fingers = [env.data.joint(f"robot0:{side}_gripper_finger_joint") for side in "lr"]
        quat = env.data.body("object0").xquat
        turned = max(turned, 1 - abs(quat[0]))
        expected = {
            "robot.ee_pos": env.data.site("robot0:grip").xpos,
            "robot.ee_vel": grip_vel,
            "robot.gripper_width": sum(finger.qpos[0] for finger in fingers),
            "robot.gripper_width_rate": sum(finger.qvel[0] for finger in fingers),
            "block.pos": env.data.site("object0").xpos,
            "block.quat": quat * np.sign(quat[0]),
            "block.vel": block_vel,
            "block.ang_vel": block_ang_vel,
            "goal.pos": env.goal,
        }
        assert set(field) == set(expected)
        for name, value in expected.items():
            # The package takes velocities along axes that are a substep old.
            rtol, atol = (0.02, 0.02) if "vel" in name else (1e-3, 1e-4)
            np.testing.assert_allclose(field[name], value, rtol=rtol, atol=atol, err_msg=name)
    assert turned > 0.3
    simulator.close()


def test_the_reference_is_drawn():
    simulator = get_task("fetch/Reach").make_reference(1)
    simulator.reset([1])
    before = simulator.render()
    for _ in range(3):
        simulator.step(np.ones((1, 4), dtype=np.float32))
    after = simulator.render()
    assert before.shape == after.shape == (320, 320, 3)
    assert (before != after).mean() > 0.005
    simulator.close()


def check_parity(task, actions, episodes: int) -> None:
    parity = compare(task, begin, actions, episodes, seed=1)
    assert parity.start < 0.005
    assert parity.typical <= TOLERANCE[actions]
    assert parity.agree >= SAME_OUTCOME * episodes
    assert actions == "random" or min(parity.success) >= SAME_OUTCOME * episodes


def test_envpool_follows_the_package():
    check_parity(PICK, "expert", 4)
    check_parity(get_task("fetch/Slide"), "random", 4)


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_envpool_follows_the_package_under_random_actions(task):
    check_parity(task, "random", 16)


@pytest.mark.long
@pytest.mark.parametrize("task", EXPERTS, ids=lambda task: task.id)
def test_experts_solve_their_tasks_in_both_simulators(task):
    check_parity(task, "expert", 16)


def test_fields_vary_as_declared():
    assert lint_task(get_task("fetch/Reach")) == []


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_field_is_what_it_says(task):
    assert lint_task(task, seed=1) == []
