"""The environments that an export makes are those that policies are judged in, step for step."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest
from alone import run_alone

from text2reward.envs.registry import get_task
from text2reward.envs.transitions import exploring_policy
from text2reward.exporting.own_module import carry
from text2reward.exporting.worlds import carried_world

MANISKILL = pytest.mark.skipif(find_spec("mani_skill") is None, reason="needs mani-skill")

OWN = """import own_body
from text2reward.envs import gym_field, gym_task, info, obs

BODY = "body.xml"
TASKS = (
    gym_task(
        id="mine/reach",
        instruction="Reach.",
        make=own_body.make,
        fields=[
            gym_field("robot.angles", obs[0:2], "1", "cosines"),
            gym_field("goal.place", obs[4:6], "m", "the goal"),
            gym_field("robot.cost", info["effort"], "1", "effort"),
            gym_field("robot.near", lambda env, obs, info: own_body.near(obs), "1", "near", dtype="bool"),
        ],
        actions=["one", "two"],
        observation_size=10,
        horizon=20,
        dt=0.02,
        solved=lambda env, obs, info: own_body.near(obs),
        success="near",
        robot="an arm",
        scene="a plane",
    ),
)
"""
BODY = """import gymnasium
import numpy as np


class Effort(gymnasium.Wrapper):
    def reset(self, **options):
        obs, info = self.env.reset(**options)
        self.steps = 0
        return obs, {**info, "effort": 0.0}

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        terminated = self.steps == 15  # before its horizon
        return obs, reward, terminated, truncated, {**info, "effort": float((action**2).sum())}


def make(mode):
    return Effort(gymnasium.make("Reacher-v5", render_mode=mode, max_episode_steps=-1))


def near(obs):
    return bool(np.linalg.norm(obs[8:10]) < 0.15)
"""

PLAY = """
import numpy as np, world
given = np.load(sys.argv[2])
env = world.make()
out = {name: [] for name in ("observation", "state", "success", "truncated")}
names = [field["name"] for field in world.TASK["fields"]]
def note(observation, info, truncated=False):
    out["observation"].append(observation.copy())
    out["state"].append(np.concatenate([np.ravel(info["fields"][name]) for name in names]).astype(np.float32))
    out["success"].append(info["success"])
    out["truncated"].append(truncated)
for seed, actions in zip(given["seeds"], given["actions"]):
    note(*env.reset(seed=int(seed)))
    for action in actions:
        observation, _, _, truncated, info = env.step(action)
        note(observation, info, truncated)
np.savez(sys.argv[3], **out)
"""


@pytest.mark.parametrize(
    "name",
    [
        "metaworld/window-close-v3",
        "mujoco/Hopper-v5",
        "fetch/Reach",
        "own",
        pytest.param("maniskill/PushCube-v1", marks=MANISKILL),
        pytest.param("maniskill/LiftCube", marks=MANISKILL),
        pytest.param("mujoco/Ant-v5-wave-leg", marks=pytest.mark.long),
        pytest.param("fetch/PickAndPlace", marks=pytest.mark.long),
        pytest.param("metaworld/hammer-v3", marks=pytest.mark.long),
        pytest.param("metaworld/push-wall-v3", marks=pytest.mark.long),
        pytest.param("mujoco/Humanoid-v5", marks=pytest.mark.long),
        pytest.param("mujoco/HalfCheetah-v5", marks=pytest.mark.long),
        pytest.param("fetch/Slide", marks=pytest.mark.long),
    ],
)
def test_the_carried_environment_is_the_judges(name, tmp_path, monkeypatch):
    """Same seeds and actions give the same observations, fields and successes, without text2reward."""
    asked = name
    if name == "own":
        (tmp_path / "own_task_x.py").write_text(f"{OWN}\n\nclass Arms:\n    TASKS = TASKS\n")
        (tmp_path / "own_body.py").write_text(BODY)
        (tmp_path / "body.xml").write_text("<mujoco/>")
        monkeypatch.syspath_prepend(str(tmp_path))
        asked = "own_task_x:Arms.TASKS"
    task = get_task(asked)
    there = played(task)
    folder = tmp_path / "export"
    world = carried_world(task, asked, None)
    assert world.why == ""
    for path, text in world.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    fields = [{"name": f.name, "shape": list(f.shape), "dtype": f.dtype} for f in task.fields]
    action = {"low": task.action.low, "high": task.action.high, "entries": list(task.action.entries)}
    told = {
        "fields": fields,
        "action": action,
        "judge": world.judge,
        "world": world.data,
        **{key: getattr(task, key) for key in ("horizon", "action_repeat", "observation_size")},
    }
    (folder / "task.json").write_text(json.dumps(told))
    np.savez(tmp_path / "given.npz", seeds=SEEDS, actions=there["action"])
    done = run_alone(folder, PLAY, str(tmp_path / "given.npz"), str(tmp_path / "found.npz"))
    assert done.returncode == 0, done.stderr
    here = np.load(tmp_path / "found.npz")
    for what in ("observation", "state", "success"):
        np.testing.assert_array_equal(here[what], there[what], err_msg=what)
    assert here["truncated"].sum() == len(SEEDS)
    if name in ("metaworld/window-close-v3", "fetch/Reach", "own"):
        assert 0 < there["success"].sum() < there["success"].size
    if name == "own":
        assert (folder / "task/body.xml").read_text() == "<mujoco/>"


SEEDS = (5, 77)


def played(task) -> dict[str, np.ndarray]:
    """Whole episodes in the simulator that judges, the start of each first."""
    simulator = task.make_reference(1)
    actions, out = [], {"observation": [], "state": [], "success": []}
    for seed in SEEDS:
        guided = exploring_policy(task, 2, np.random.default_rng(seed))  # the second of both follows an expert
        start = simulator.reset([seed])
        rows = [(start.observation[0], start.state[0], False)]
        actions.append([])
        for _ in range(task.horizon):
            action = guided(np.repeat(start.observation, 2, axis=0))[1]
            moved = simulator.step(action[None])
            actions[-1].append(action)
            rows.append((moved.reached.observation[0], moved.reached.state[0], bool(moved.success[0])))
            start = moved.start
        for key, values in zip(out, zip(*rows, strict=True), strict=True):
            out[key] += values
    simulator.close()
    return {"action": np.array(actions), **{key: np.array(values) for key, values in out.items()}}


def test_what_cannot_be_carried_is_said(tmp_path, monkeypatch):
    world = carried_world(get_task("panda/PickCube"), "panda/PickCube", None)
    assert "is stepped by text2reward, which is not carried along" in world.why
    assert "text2reward eval policy --env panda/PickCube" in world.why
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "deep_task_x.py").write_text("from text2reward.envs.rotation import to_world\n" + OWN)
    (tmp_path / "own_body.py").write_text(BODY)
    world = carried_world(get_task("deep_task_x:TASKS"), "deep_task_x:TASKS", None)
    assert "deep_task_x.py, line 1: imports more of text2reward than is carried along" in world.why
    (tmp_path / "world").mkdir()
    for path, text in world.files.items():
        (tmp_path / "world" / path).write_text(text)
    (tmp_path / "world/task.json").write_text(json.dumps({"fields": [{"name": "a.b"}], "world": world.data}))
    done = run_alone(tmp_path / "world", "import world; print(world.WHY); world.fields(None, None, {})")
    assert "imports more of text2reward" in done.stdout
    assert "NotImplementedError: world.fields() has to return a.b" in done.stderr


def test_modules_that_gymnasium_imports_by_their_names_come_along(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "named_here.py").write_text(
        'import gymnasium\nNAMES = ["gymnasium_robotics:FetchReach-v4", "registers_arms:Arm-v0", "note:that"]\n'
    )
    (tmp_path / "registers_arms.py").write_text(
        'import gymnasium\ngymnasium.register("Arm-v0", entry_point="arm_of_mine:Arm")\n'
    )
    (tmp_path / "arm_of_mine.py").write_text("class Arm: ...\n")
    carried = carry("named_here", "mine/named")
    assert sorted(carried.files) == ["arm_of_mine.py", "named_here.py", "registers_arms.py"]
    assert carried.packages == ("gymnasium", "gymnasium-robotics")
