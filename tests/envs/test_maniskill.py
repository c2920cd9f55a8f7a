"""ManiSkill's tasks on ManiSkill itself."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.lint import lint_task
from text2reward.envs.maniskill import TASKS
from text2reward.errors import RenderError, UserError

INSTALLED = importlib.util.find_spec("mani_skill") is not None
pytestmark = pytest.mark.skipif(
    not INSTALLED,
    reason='ManiSkill is not installed: pip install --constraint constraints.txt --editable ".[maniskill]"',
)
if INSTALLED:
    import text2reward.envs.maniskill.package  # noqa: F401 - imports ManiSkill without its warnings

ON_A_TABLE = [task for task in TASKS if not task.training.__self__.models]  # the others need object models
PUSH = get_task("maniskill/PushCube-v1")
PICK = get_task("maniskill/PickCube-v1")
STILL = np.zeros((1, 8), np.float32)
THINGS = ("l_shape_tool", "charger", "peg", "cubeA", "cube", "obj", "ball")
"""What the hand may hold, by its name in ManiSkill's environments; the first that there is."""

MAX_ANGLE = {"maniskill/PullCubeTool-v1": 20, "maniskill/PegInsertionSide-v1": 20}
CLOSE = np.array([[0, 0, 0, 0, 0, 0, 0, -1]], np.float32)


def env_of(simulator, i=0):
    return simulator.batch.instances[i].env


def put(actor, position, quaternion=(1, 0, 0, 0)):
    from mani_skill.utils.structs.pose import Pose

    actor.set_pose(Pose.create_from_pq(list(position), list(quaternion)))


def state_of(simulator, snapshot):
    return simulator.task.layout.unpack(snapshot.state)


def wander(simulator, seeds, steps, seed=0):
    """Everything seen in an episode of smooth random actions that bend the arm down."""
    rng = np.random.default_rng(seed)
    seen = [simulator.reset(seeds)]
    drift = np.zeros((len(seeds), simulator.task.action.size))
    for _ in range(steps):
        drift = np.clip(0.8 * drift + 0.5 * rng.normal(size=drift.shape), -1, 1)
        drift[:, 1] = np.abs(drift[:, 1])
        seen.append(simulator.step(drift.astype(np.float32)).reached)
    return np.stack([np.concatenate([each.observation, each.state], axis=1) for each in seen])


@pytest.mark.parametrize("task", ON_A_TABLE, ids=lambda task: task.id)
def test_the_declaration_is_what_maniskill_does(task):
    from mani_skill.utils.registration import REGISTERED_ENVS

    simulator = task.make_training(1)
    start = simulator.reset([3])
    moved = simulator.step(np.zeros((1, task.action.size), np.float32))
    env = env_of(simulator)
    assert task.horizon == REGISTERED_ENVS[task.training.__self__.uid].max_episode_steps
    assert task.dt == env.control_timestep
    assert env.single_action_space.shape == (task.action.size,)
    assert (env.single_action_space.low.min(), env.single_action_space.high.max()) == (-1, 1)
    for seen in (start, moved.reached):
        assert seen.observation.shape == (1, task.observation_size)
        assert seen.state.shape == (1, task.layout.size)
        assert seen.observation.dtype == seen.state.dtype == np.float32
    assert moved.start is moved.reached
    assert (moved.success.dtype, moved.native_reward.dtype) == (np.bool_, np.float32)
    simulator.close()


def test_fields_are_what_they_say():
    assert [finding for finding in lint_task(PUSH) if finding.level == "error"] == []


@pytest.mark.long
@pytest.mark.parametrize("task", ON_A_TABLE, ids=lambda task: task.id)
def test_every_field_is_what_it_says(task):
    assert [finding for finding in lint_task(task, seed=1) if finding.level == "error"] == []


@pytest.mark.parametrize("task", ON_A_TABLE, ids=lambda task: task.id)
def test_observation_reward_and_success_are_maniskills_own(task):
    """Whatever is asked once a step only here; one of the bodies is put into the hand on the way."""
    from text2reward.envs.maniskill import package
    from text2reward.envs.maniskill.unseen import unseen

    how = task.training.__self__
    simulator = task.make_training(1)
    bare = package.make(how.uid, 1, "cpu", how.control)
    with unseen():
        observation, _ = bare.reset(seed=7, options={"reconfigure": True})
    assert np.array_equal(simulator.reset([7]).observation, observation.numpy())
    rng = np.random.default_rng(0)
    thing = next(name for name in THINGS if hasattr(bare, name))
    felt = 0
    for step in range(24):
        if step == 8:
            for env in (env_of(simulator), bare):
                put(getattr(env, thing), env.agent.tcp.pose.p[0].tolist(), env.agent.tcp.pose.q[0].tolist())
        action = (CLOSE if step >= 8 else rng.uniform(-1, 1, (1, task.action.size))).astype(np.float32)
        moved = simulator.step(action)
        observation, reward, _, _, info = bare.step(action)
        assert np.array_equal(moved.reached.observation, observation.numpy())
        assert moved.native_reward[0] == reward[0]
        assert moved.success[0] == info["success"][0]
        for name in task.layout.names:
            if name.startswith("robot.is_grasping"):
                held = bool(state_of(simulator, moved.reached)[name][0])
                angle = MAX_ANGLE.get(task.id, 85)
                assert held == bool(bare.agent.is_grasping(getattr(bare, thing), max_angle=angle)[0])
                felt += held
    assert felt or task is not PICK
    simulator.close()
    bare.close()


def test_the_cube_at_the_goal_is_a_success():
    simulator = PUSH.make_training(1)
    simulator.reset([7])
    assert not simulator.step(STILL).success[0]
    env = env_of(simulator)
    put(env.obj, (*env.goal_region.pose.p[0, :2].tolist(), 0.02))
    assert simulator.step(STILL).success[0]
    simulator.close()


def test_success_does_not_end_an_episode():
    simulator = PUSH.make_training(2)
    simulator.reset([1, 2])
    env = env_of(simulator)
    put(env.obj, (*env.goal_region.pose.p[0, :2].tolist(), 0.02))
    moves = [simulator.step(np.zeros((2, 8), np.float32)) for _ in range(PUSH.horizon)]
    assert all(move.success.tolist() == [True, False] for move in moves)
    assert [move.truncated.all() for move in moves] == [False] * (PUSH.horizon - 1) + [True]
    goals = [state_of(simulator, seen)["goal.pos"] for seen in (moves[-1].reached, moves[-1].start)]
    assert (np.abs(goals[0] - goals[1]).max(axis=1) > 1e-3).all()
    assert not simulator.step(np.zeros((2, 8), np.float32)).success.any()
    simulator.close()


@pytest.mark.parametrize("name", ["StackCube-v1", "PullCubeTool-v1", "PegInsertionSide-v1"])
def test_the_same_seeds_give_the_same_episodes_whatever_was_played_before(name):
    """These three leave traces of earlier contacts where the scene is not built anew."""
    simulator = get_task(f"maniskill/{name}").make_training(2)
    first = wander(simulator, [4, 5], 40)
    wander(simulator, [6, 7], 30, seed=1)
    assert np.array_equal(wander(simulator, [4, 5], 40), first)
    assert not np.array_equal(first[:, 0], first[:, 1])
    other = get_task(f"maniskill/{name}").make_training(1)
    assert not np.array_equal(wander(other, [5], 0)[:, 0], first[:1, 0])
    assert np.array_equal(wander(other, [5], 0)[:, 0], first[:1, 1])
    for each in (simulator, other):
        each.close()


def test_later_episodes_follow_from_the_seed_alone():
    def goals(simulator):
        simulator.reset([8, 9])
        still = np.zeros((2, 8), np.float32)
        return [state_of(simulator, simulator.step(still).start)["goal.pos"] for _ in range(2 * PUSH.horizon)]

    simulator = PUSH.make_training(2)
    first = goals(simulator)
    np.random.seed(0)  # ManiSkill draws from the global generators where it is not given a seed
    assert np.array_equal(goals(simulator), first)
    assert len({tuple(goal[0]) for goal in first}) == 3
    simulator.close()


def test_staggered_clocks_end_episodes_at_different_times():
    simulator = PUSH.make_training(4)
    simulator.reset([1, 2, 3, 4], np.random.default_rng(0))
    moves = [simulator.step(np.zeros((4, 8), np.float32)) for _ in range(PUSH.horizon)]
    ended = np.stack([move.truncated for move in moves])
    assert (ended.sum(axis=0) == 1).all()
    assert len(set(ended.argmax(axis=0))) > 1
    goal = PUSH.layout.columns("goal.pos")
    for move in moves:
        changed = np.abs(move.start.state - move.reached.state)[:, goal].max(axis=1) > 0
        assert np.array_equal(changed, move.truncated)
    simulator.close()


def test_an_action_repeats_and_success_counts_at_any_of_its_steps():
    task = PUSH.with_action_repeat(5)
    simulator = task.make_training(1)
    simulator.reset([1])
    env = env_of(simulator)
    put(env.obj, (*env.goal_region.pose.p[0, :2].tolist(), 0.02))
    env.obj.set_linear_velocity(np.array([0.0, 1.5, 0.0]))  # it slides on, out of the goal region
    moved = simulator.step(STILL)
    assert moved.success[0]
    assert not bool(env.evaluate()["success"][0])
    assert (task.horizon, task.dt) == (10, 0.25)
    simulator.close()


def test_places_are_metres_in_the_world_and_quaternions_wxyz():
    simulator = PICK.make_training(1)
    simulator.reset([1])
    env = env_of(simulator)
    put(env.cube, (0.05, -0.08, 0.02), (np.cos(0.3), 0, 0, np.sin(0.3)))  # turned by 0.6 rad about z
    seen = state_of(simulator, simulator.step(CLOSE).reached)
    assert np.allclose(seen["cube.pos"], [[0.05, -0.08, 0.02]], atol=1e-3)
    assert np.allclose(seen["cube.quat"], [[np.cos(0.3), 0, 0, np.sin(0.3)]], atol=1e-3)
    tips = [link.pose.p.numpy() for link in (env.agent.finger1pad_link, env.agent.finger2pad_link)]
    assert np.allclose(seen["robot.ee_pos"], (tips[0] + tips[1]) / 2, atol=0.005)
    assert np.allclose(seen["robot.gripper_width"], np.linalg.norm(tips[0] - tips[1]), atol=0.002)
    assert np.allclose(seen["goal.pos"], env.goal_site.pose.p.numpy())
    w, x, y, z = seen["robot.ee_quat"][0]
    pointing = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)]
    assert np.allclose(pointing, [0, 0, -1], atol=0.2)  # out of the fingers, down
    simulator.close()


def test_the_charger_is_held_where_maniskill_says():
    simulator = get_task("maniskill/PlugCharger-v1").make_training(1)
    simulator.reset([1])
    env = env_of(simulator)
    put(env.charger, (0.0, 0.1, 0.3), np.array([1, 2, 3, 4]) / np.sqrt(30))
    seen = state_of(simulator, simulator.step(STILL).reached)
    assert np.allclose(seen["charger.base_pos"], env.charger_base_pose.p.numpy(), atol=1e-5)
    assert np.allclose(np.linalg.norm(seen["charger.base_pos"] - seen["charger.pos"]), env._base_size[0], atol=1e-5)
    simulator.close()


def test_minus_one_closes_the_gripper_and_a_grasp_is_felt():
    simulator = PICK.make_training(1)
    start = simulator.reset([1])
    env = env_of(simulator)
    hand = state_of(simulator, start)["robot.ee_pos"][0]
    put(env.cube, hand, env.agent.tcp.pose.q[0].tolist())
    seen = [state_of(simulator, start)]
    for _ in range(8):
        put(env.cube, hand, env.agent.tcp.pose.q[0].tolist()) if not seen[-1]["robot.is_grasping_cube"][0] else None
        seen.append(state_of(simulator, simulator.step(CLOSE).reached))
    assert not seen[0]["robot.is_grasping_cube"][0]
    assert seen[-1]["robot.is_grasping_cube"][0]
    assert seen[0]["robot.gripper_width"][0] == pytest.approx(0.08, abs=0.001)
    assert seen[-1]["robot.gripper_width"][0] == pytest.approx(0.04, abs=0.004)  # the cube's width
    simulator.close()


def test_joint_fields_are_the_arms():
    simulator = PICK.make_training(1)
    before = state_of(simulator, simulator.reset([1]))
    only_the_third = np.eye(8, dtype=np.float32)[[2]]
    after = state_of(simulator, simulator.step(only_the_third).reached)
    turned = (after["robot.joint_pos"] - before["robot.joint_pos"])[0]
    assert turned.argmax() == 2
    assert 0.03 < turned[2] < 0.11
    assert after["robot.joint_vel"][0].argmax() == 2
    simulator.close()


def test_a_lifted_cube_is_maniskill_2s_success():
    task = get_task("maniskill/LiftCube")
    simulator = task.make_training(1)
    start = state_of(simulator, simulator.reset([2]))
    assert np.allclose(start["goal.pos"] - start["cube.pos"], [[0, 0, 0.2]])
    env = env_of(simulator)
    heights = []
    for height in (0.215, 0.225):
        put(env.cube, (0.1, 0.1, height))
        evaluated = env.evaluate()
        heights.append((bool(evaluated["success"][0]), bool(evaluated["is_robot_static"][0])))
    assert heights == [(False, True), (True, True)]
    reward = env.compute_dense_reward(None, None, env.evaluate())
    assert reward.tolist() == [2.25]
    simulator.close()


def test_sizes_differ_between_episodes_of_the_peg():
    task = get_task("maniskill/PegInsertionSide-v1")
    simulator = task.make_training(3)
    seen = state_of(simulator, simulator.reset([1, 2, 3]))
    assert len(set(seen["peg.half_length"])) == 3
    assert np.allclose(seen["hole.half_width"] - seen["peg.half_width"], 0.003)
    along = np.linalg.norm(seen["peg.head_pos"] - seen["peg.pos"], axis=1)
    assert np.allclose(along, seen["peg.half_length"], atol=1e-5)
    simulator.close()


def test_pictures_need_vulkan_and_nothing_else_does():
    simulator = PUSH.make_reference(1)
    simulator.reset([1])
    picture, said = None, ""
    try:
        picture = simulator.render()
    except RenderError as error:
        said = str(error)
    if picture is None:
        assert "Vulkan" in said
        assert "\n" not in said
    else:
        assert (picture.shape, picture.dtype) == ((320, 320, 3), np.uint8)
        assert picture.std() > 5
        for _ in range(10):
            simulator.step(np.array([[1, 1, 0, 0, 0, 0, 0, -1]], np.float32))
        assert np.abs(simulator.render().astype(int) - picture).max() > 50
    assert simulator.step(STILL).native_reward.shape == (1,)
    simulator.close()


def test_environments_on_a_gpu_are_not_drawn():
    simulator = PUSH.make_training(1)
    simulator.device = "cuda"
    with pytest.raises(RenderError, match="reference"):
        simulator.render()
    simulator.close()


def test_no_thread_runs_after_the_imports_so_that_trainers_can_be_forked():
    code = (
        "import importlib, os; [importlib.import_module(m) for m in "
        f"{[*PUSH.modules, 'text2reward.training.warm_up']}]; print(len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
    assert done.stdout.split()[-1:] == ["1"], done.stderr


def test_a_gpu_that_is_not_there_is_said(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"^PyTorch finds no NVIDIA GPU for --device cuda\. Install"):
        PUSH.with_device("cuda").make_training(4)


def test_a_missing_gpu_library_is_said_with_the_command_that_fetches_it(monkeypatch, tmp_path):
    import sapien.physx
    import torch

    from text2reward.envs.maniskill import needs

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(UserError) as caught:
        needs.check_gpu(tmp_path)
    library = tmp_path / ".sapien" / "physx" / sapien.physx.version() / "libPhysXGpu_64.so"
    assert str(caught.value) == (
        f"PhysX's GPU library is not at {library}. "
        'Download it: python -c "import sapien.physx; sapien.physx.enable_gpu()"'
    )
    library.parent.mkdir(parents=True)
    library.touch()
    needs.check_gpu(tmp_path)


@pytest.mark.long
def test_a_training_runs_from_the_command_line_to_a_report(tmp_path):
    words = (
        f"train --reward expert --env {PUSH.id} --steps 3000 --held-out 4 --jobs 1 --runs-dir {tmp_path} --display none"
    )
    done = subprocess.run(
        [sys.executable, "-m", "text2reward", *words.split(), "--display", "none"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode in (0, 1), done.stderr
    (run,) = tmp_path.iterdir()
    assert (run / "report.html").is_file()
