from __future__ import annotations

import dataclasses

import gymnasium
import mujoco
import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.lint import lint_task
from text2reward.envs.mujoco import TASKS
from text2reward.envs.mujoco.pose import Pose
from text2reward.envs.mujoco.robots import ANT, CHEETAH, HOPPER, HUMANOID, WALKER
from text2reward.envs.mujoco.simulators import reference, training
from text2reward.envs.transitions import random_policy

LEGS = ("front_left", "front_right", "back_left", "back_right")
ROBOTS = (HOPPER, ANT, CHEETAH, WALKER, HUMANOID)
each_robot = pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)


def task_of(robot, action_repeat=1):
    """The robot's first task without its judge."""
    return dataclasses.replace(get_task(f"mujoco/{robot.id}").with_action_repeat(action_repeat), judge=None)


def gym_env(robot):
    return gymnasium.make(robot.id, max_episode_steps=-1).unwrapped


def test_the_tasks_are_there_with_their_sentences():
    assert {task.id.removeprefix("mujoco/"): task.instruction for task in TASKS} == {
        "Hopper-v5": "Move forward.",
        "Hopper-v5-front-flip": "Do a front flip.",
        "Hopper-v5-back-flip": "Do a back flip.",
        "Ant-v5": "Move forward.",
        "Ant-v5-lie-down": "Lie down.",
        "Ant-v5-wave-leg": "Wave a leg.",
        "HalfCheetah-v5": "Move forward.",
        "Walker2d-v5": "Move forward.",
        "Humanoid-v5": "Move forward.",
    }


@each_robot
def test_the_declaration_is_what_the_model_says(robot):
    model = gym_env(robot).model
    count = len(robot.joints)
    assert robot.sizes == (model.nq, model.nv)
    assert [model.joint(i).name for i in range(model.njnt)][-count:] == [j.mjcf or j.name for j in robot.joints]
    named = {j.mjcf or j.name: j.name for j in robot.joints}
    driven = [named[model.joint(model.actuator_trnid[i, 0]).name] for i in range(model.nu)]
    assert list(robot.motors) == list(zip(driven, model.actuator_gear[:, 0], strict=True))
    assert np.allclose(model.actuator_ctrlrange, [robot.action.low, robot.action.high])
    assert gym_env(robot).dt == pytest.approx(robot.simulator_dt)


@each_robot
def test_fields_are_what_mujoco_computes(robot):
    model = gym_env(robot).model
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    for _ in range(5):
        data.qpos[:] = model.qpos0 + rng.normal(size=model.nq)
        data.qvel[:] = rng.normal(size=model.nv)
        mujoco.mj_normalizeQuat(model, data.qpos)
        mujoco.mj_forward(model, data)
        state = task_of(robot).layout.unpack(Pose(robot).states(data.qpos[None], data.qvel[None]))
        torso, speed = data.body("torso"), np.zeros(6)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, torso.id, speed, 0)
        expected = {
            "torso.pos": torso.xpos,
            "torso.quat": torso.xquat,
            "torso.up": torso.xmat.reshape(3, 3)[:, 2],
            "torso.ang_vel": speed[:3],
            "torso.lin_vel": speed[3:],
        }
        for joint in robot.joints:
            expected[f"{joint.name}.angle"] = data.joint(joint.mjcf or joint.name).qpos[0]
            expected[f"{joint.name}.vel"] = data.joint(joint.mjcf or joint.name).qvel[0]
        for name, value in expected.items():
            assert np.allclose(state[name][0], value, atol=1e-4), name
        if robot.planar:
            pitch = state["torso.pitch"][0]
            assert np.allclose(expected["torso.up"], [np.sin(pitch), 0, np.cos(pitch)], atol=1e-4)


LOWEST = {"Hopper": 0.06, "Walker2d": 0.06, "Ant": 0.08, "Humanoid": 0.075}
"""Heights that the documentation gives for feet that stand."""


@pytest.mark.parametrize("robot", [HOPPER, WALKER, ANT, HUMANOID], ids=lambda robot: robot.name)
def test_feet_that_stand_are_as_high_as_documented(robot):
    task = task_of(robot)
    simulator = reference(robot, task, 1)
    simulator.reset([0])
    still = np.zeros((1, task.action.size), dtype=np.float32)
    heights = []
    for _ in range(round(0.5 / robot.simulator_dt)):
        state = task.layout.unpack(simulator.step(still).reached.state)
        heights.append(min(state[f"{foot.name}.pos"][0, 2] for foot in robot.feet))
    simulator.close()
    assert np.median(heights[len(heights) // 2 :]) == pytest.approx(LOWEST[robot.name], abs=0.02)


def test_a_positive_pitch_leans_forward():
    state = task_of(HOPPER).layout.unpack(Pose(HOPPER).states(np.array([[0, 1.25, 0.3, 0, 0, 0.0]]), np.zeros((1, 6))))
    assert state["torso.up"][0, 0] > 0.2


@each_robot
def test_the_policy_observes_what_gymnasium_gives_by_default(robot):
    env = gym_env(robot)  # made with its own defaults
    task = task_of(robot)
    ours = reference(robot, task, 1)
    start = ours.reset([7])
    expected, _ = env.reset(seed=7)
    rng = np.random.default_rng(0)
    for _ in range(5):
        assert np.array_equal(start.observation[0], expected.astype(np.float32))
        action = rng.uniform(task.action.low, task.action.high, (1, task.action.size)).astype(np.float32)
        start = ours.step(action).reached
        expected, *_ = env.step(action[0])
    assert start.observation.shape == (1, task.observation_size)
    ours.close()


STEPS = 25
APART_M = {"Hopper": 0.1, "Walker2d": 1e-3, "HalfCheetah": 1e-3, "Ant": 1.5, "Humanoid": 0.1}
"""How far the torsos may be apart after 25 simulator steps of random walks, median over episodes.

EnvPool is built against MuJoCo 3.6, ``metaworld`` pins 3.3.0. Bodies whose geoms have no contact margin move alike;
the others part at the first contact, and the ant's tumbling is chaotic.
"""


@each_robot
def test_envpool_follows_gymnasium(robot):
    task, episodes = task_of(robot), 8
    twin, ours = training(robot, task, episodes), reference(robot, task, episodes)
    twin.reset(list(range(episodes)))
    ours.reset(list(range(episodes)))
    raw, _ = twin._pool.reset()
    here, there = twin._how.read(raw), _started(robot, ours, raw)
    assert np.abs(here.state - there.state).max() < 1e-5
    assert np.abs(here.observation - there.observation).max() < 1e-4
    policy = random_policy(task, episodes, np.random.default_rng(1))
    apart = []
    for step in range(STEPS):
        action = policy(here.observation)
        one, other = twin.step(action), ours.step(action)
        here = one.start
        apart.append(np.linalg.norm(one.reached.state[:, :3] - other.reached.state[:, :3], axis=1))
        if step == 0:
            assert np.abs(one.reached.state - other.reached.state).max() < 1e-4
            assert np.abs(one.reached.observation - other.reached.observation).max() < 1e-3
            assert one.native_reward == pytest.approx(other.native_reward, abs=1e-4)
    assert np.median(apart[-1]) < APART_M[robot.name]
    assert apart[0].max() < 1e-5
    twin.close()
    ours.close()


def _started(robot, ours, raw):
    """The reference put where EnvPool's observations say that its episodes start."""
    positions, velocities = robot.sizes
    for i, env in enumerate(ours.envs):
        bare = env.unwrapped
        bare.set_state(raw[i, :positions], raw[i, positions : positions + velocities])
        ours._seen[i] = ours._how.look(env, bare._get_obs(), {})
    return ours._stacked()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_same_seeds_give_the_same_episodes_and_time_alone_ends_them(task):
    for make in (task.make_training, task.make_reference):
        simulator = make(2)
        first = simulator.reset([5, 6])
        assert np.array_equal(simulator.reset([5, 6]).state, first.state)
        assert not np.array_equal(first.state[0], first.state[1])
        policy = random_policy(task, 2, np.random.default_rng(0))
        ends = [simulator.step(policy(first.observation)).truncated for _ in range(task.horizon + 1)]
        assert np.flatnonzero(np.any(ends, axis=1)).tolist() == [task.horizon - 1]
        simulator.close()


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
def test_fields_are_what_they_say_and_carry_no_judgement(robot):
    assert [str(finding) for finding in lint_task(get_task(f"mujoco/{robot.id}"))] == []


def _nothing(task, rng):
    return lambda observation: np.zeros((len(observation), task.action.size), dtype=np.float32)


def _jitter(task, rng):
    size = task.action.size
    return lambda observation: rng.uniform(task.action.low, task.action.high, (len(observation), size))


def _wander(task, rng):
    return random_policy(task, 16, rng)


@pytest.mark.parametrize(
    "make",
    [_nothing, pytest.param(_jitter, marks=pytest.mark.long), pytest.param(_wander, marks=pytest.mark.long)],
    ids=["nothing", "jitter", "random walks"],
)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_standing_still_falling_over_and_flailing_are_no_behaviour(task, make):
    simulator = task.make_training(16)
    start = simulator.reset(list(range(16)))
    policy = make(task, np.random.default_rng(0))
    happened = 0
    for _ in range(2 * task.horizon):
        moved = simulator.step(policy(start.observation).astype(np.float32))
        happened += moved.success.sum()
        start = moved.start
    simulator.close()
    assert happened <= (1 if make is _wander else 0)  # of 32; full torques throw a hopper over now and then


def test_an_ant_that_collapses_on_its_feet_does_not_lie_down():
    """With no torque its legs fold out flat and hold the torso 0.13 m off the ground."""
    task = get_task("mujoco/Ant-v5-lie-down")
    simulator = task.make_reference(1)
    simulator.reset([0])
    still = np.zeros((1, 8), dtype=np.float32)
    last = [simulator.step(still) for _ in range(task.horizon)][-1]
    state = task.layout.unpack(last.reached.state)
    assert 0.3 < state["torso.pos"][0, 2] < 0.45
    assert state["torso.up"][0, 2] > 0.9
    assert not last.success[0]
    simulator.close()


def outcome(task, act, qpos=(), qvel=()):
    """What the judge says of an episode in the reference that begins with some of ``qpos`` and ``qvel`` put in."""
    simulator = task.make_reference(1)
    start = simulator.reset([0])
    env = simulator._simulator.envs[0].unwrapped
    positions, velocities = env.data.qpos.copy(), env.data.qvel.copy()
    for values, changes in ((positions, qpos), (velocities, qvel)):
        for index, value in changes:
            values[index] = value
    env.set_state(positions, velocities)
    said = []
    for step in range(task.horizon):
        moved = simulator.step(act(step * task.dt, task.layout.unpack(start.state)))
        said.append(bool(moved.success[0]))
        start = moved.start
    simulator.close()
    assert not any(said[:-1])
    return said[-1]


def limp(task):
    return lambda time, state: np.zeros((1, task.action.size), dtype=np.float32)


def test_an_ant_that_is_put_on_its_back_lies_down():
    task = get_task("mujoco/Ant-v5-lie-down")
    assert outcome(task, limp(task), qpos=[(2, 0.4), (3, 0.0), (4, 1.0)])


@pytest.mark.parametrize(("way", "name"), [(1, "front"), (-1, "back")])
def test_a_hopper_that_is_thrown_turns_over_in_the_air(way, name):
    task, other = (
        get_task(f"mujoco/Hopper-v5-{each}-flip") for each in (name, {"front": "back", "back": "front"}[name])
    )
    spin = [(2, 11.0 * way)]
    assert outcome(task, limp(task), qpos=[(1, 4.0)], qvel=spin)
    assert not outcome(other, limp(other), qpos=[(1, 4.0)], qvel=spin)
    assert not outcome(task, limp(task), qpos=[(1, 1.3)], qvel=spin)  # it hits the ground on the way


def hold_up_and_swing(period_s, raised=True):
    """Stand on three legs and swing the front right one: springs and dampers pull each joint to where it shall be."""

    def act(time, state):
        up = np.clip((time - 1) / 0.5, 0, 1)
        wanted = {f"{leg}_ankle": 1.2 if leg.startswith("front") else -1.2 for leg in LEGS}
        wanted |= dict.fromkeys([f"{leg}_hip" for leg in LEGS], 0.0)
        wanted |= {"front_left_hip": -0.5, "back_right_hip": 0.5}  # lean on the legs beside it
        wanted["front_right_ankle"] -= 0.7 * up * raised
        wanted["front_right_hip"] = 0.45 * up * np.sin(2 * np.pi * time / period_s)
        torques = [2 * (wanted[j] - state[f"{j}.angle"]) - 0.2 * state[f"{j}.vel"] for j, _ in ANT.motors]
        return np.clip(np.stack(torques, axis=1), -1, 1).astype(np.float32)

    return act


@pytest.mark.parametrize(
    ("act", "happened"),
    [(hold_up_and_swing(0.8), True), (hold_up_and_swing(3.0), False), (hold_up_and_swing(0.8, raised=False), False)],
    ids=["waves", "too slowly", "on the ground"],
)
def test_an_ant_that_swings_a_raised_leg_waves(act, happened):
    assert outcome(get_task("mujoco/Ant-v5-wave-leg"), act) is happened


def test_a_picture_shows_the_body():
    task = get_task("mujoco/Hopper-v5")
    simulator = task.make_reference(1)
    simulator.reset([0])
    picture = simulator.render()
    simulator.close()
    assert picture.shape == (320, 320, 3)
    assert picture.std() > 10
