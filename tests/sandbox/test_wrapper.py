"""A program's reward on environments that are not text2reward's own."""

from __future__ import annotations

import gymnasium
import numpy as np
import psutil
import pytest

import text2reward
from text2reward.envs import gym_field, gym_task, obs
from text2reward.envs.registry import get_task
from text2reward.errors import UserError

PUSH = """import torch
def compute_reward(state, action, prev):
    go = torch.linalg.norm(state.object.pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.object.pos - prev.goal.pos, dim=-1)
    effort = (action**2).sum(dim=-1)
    return {"go": 1 - torch.tanh(5 * go), "progress": 10 * (before - go), "effort": -0.01 * effort}
"""
FIELDS = {"object.pos": slice(17, 20), "goal.pos": lambda env, obs, info: env.unwrapped.get_body_com("goal")}


@pytest.fixture
def pusher():
    env = gymnasium.make("Pusher-v5")
    yield env
    env.close()


@pytest.mark.parametrize("locked", [True, False])
def test_every_step_has_the_programs_reward(pusher, locked):
    env = text2reward.wrap(pusher, PUSH, fields=FIELDS, locked=locked)
    before, _ = env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(3):
        action = rng.uniform(-3, 3, 7).astype(np.float32)
        after, reward, _, _, info = env.step(action)
        near, far = (float(np.linalg.norm(seen[17:20] - seen[20:23])) for seen in (after, before))
        applied = np.clip(action, -2, 2)
        expected = {
            "go": 1 - np.tanh(5 * near),
            "progress": 10 * (far - near),
            "effort": -0.01 * float((applied**2).sum()),
        }
        assert info["reward_terms"] == pytest.approx(expected, abs=1e-5)
        assert reward == pytest.approx(sum(expected.values()), abs=1e-5)
        assert info["original_reward"] == pytest.approx(info["reward_dist"] + info["reward_ctrl"] + info["reward_near"])
        before = after
    env.close()


EUREKA = """import torch
from torch import Tensor
def compute_reward(object_pos: Tensor, prev_object_pos: Tensor, goal_pos: Tensor, dt: float, far: float):
    speed = (torch.norm(prev_object_pos - goal_pos, dim=-1) - torch.norm(object_pos - goal_pos, dim=-1)) / dt
    return speed - far, {"speed": speed}
"""
TEXT2REWARD = """import numpy as np
def compute_dense_reward(self, action):
    return self.dt * np.linalg.norm(self.object.position - self.goal_position) + self.far
"""


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize("program", [EUREKA, TEXT2REWARD], ids=["eureka", "text2reward"])
def test_programs_in_other_styles_are_taken_with_the_environments_constants(pusher, program, locked):
    env = text2reward.wrap(pusher, program, fields=FIELDS, constants={"far": 2.0}, locked=locked)
    before, _ = env.reset(seed=3)
    after, reward, _, _, info = env.step(np.full(7, 0.5, np.float32))
    near, far = (float(np.linalg.norm(seen[17:20] - seen[20:23])) for seen in (after, before))
    dt = pusher.unwrapped.dt
    assert reward == pytest.approx((far - near) / dt - 2 if program is EUREKA else dt * near + 2, abs=1e-4)
    assert sum(info["reward_terms"].values()) == pytest.approx(reward)
    env.close()


def test_a_known_tasks_obs_and_the_environments_own_duration(monkeypatch):
    """A step of the package's environment is a simulator step, however long the task's control step is."""
    program = """import numpy as np
def compute_dense_reward(self, action, obs):
    return float(np.abs(obs[:3] - self.robot.ee_position).sum()) + self.dt
"""
    import metaworld  # noqa: F401 - registers it

    env = gymnasium.make("Meta-World/MT1", env_name="push-v3", disable_env_checker=True)
    wrapped = text2reward.wrap(env, program, task="metaworld/push-v3", locked=False)
    wrapped.reset(seed=0)
    reward = wrapped.step(np.zeros(4, np.float32))[1]
    assert reward == pytest.approx(env.unwrapped.dt, abs=1e-6)
    wrapped.close()


def test_a_constant_that_nobody_gave_is_named(pusher):
    with pytest.raises(UserError, match="far is no field"):
        text2reward.wrap(pusher, EUREKA, fields=FIELDS)
    with pytest.raises(UserError, match="Constants go with fields"):
        text2reward.wrap(pusher, PUSH, task="mujoco/Hopper-v5", constants={"far": 2.0})


def test_it_runs_in_a_process_of_its_own_that_ends_with_the_environment(pusher):
    env = text2reward.wrap(pusher, PUSH, fields=FIELDS)
    env.reset(seed=0)
    env.step(np.zeros(7, np.float32))
    pid = env._process._child.pid
    assert psutil.pid_exists(pid)
    env.close()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_in_this_process_nothing_is_started(pusher, monkeypatch):
    monkeypatch.setattr("text2reward.sandbox.wrapper.RewardServer", None)
    env = text2reward.wrap(pusher, PUSH, fields=FIELDS, locked=False)
    env.reset(seed=0)
    assert set(env.step(np.zeros(7, np.float32))[4]["reward_terms"]) == {"go", "progress", "effort"}


@pytest.mark.parametrize(
    ("task", "make"),
    [
        ("mujoco/Hopper-v5", lambda: gymnasium.make("Hopper-v5")),
        ("metaworld/drawer-close-v3", lambda: metaworld("drawer-close-v3")),
    ],
)
def test_a_known_task_reads_its_fields_from_the_packages_own_environment(task, make):
    env = text2reward.wrap(make(), program_over(task), task=task)
    env.reset(seed=0)
    action = env.action_space.sample()
    observation, reward, _, _, info = env.step(action)
    known = get_task(task)
    packed = known.reads()(env.env, observation, info)[None]
    first = known.layout.unpack(packed)[known.fields[0].name]
    assert info["reward_terms"]["size"] == pytest.approx(float(first.sum()), abs=1e-5)
    assert reward == info["reward_terms"]["size"]
    env.close()


def metaworld(name: str) -> gymnasium.Env:
    import metaworld  # noqa: F401 - registers it

    return gymnasium.make("Meta-World/MT1", env_name=name, disable_env_checker=True)


def program_over(task: str) -> str:
    field = get_task(task).fields[0].name
    return f"def compute_reward(state, action, prev):\n    return {{'size': state.{field}.sum(dim=-1)}}\n"


def test_a_declared_tasks_actions_lie_between_minus_one_and_one(pusher):
    """The program was written for actions in that range, whatever the environment's is."""
    task = gym_task(
        id="mine/pusher",
        instruction="Push.",
        make=lambda mode: gymnasium.make("Pusher-v5"),
        fields=[gym_field("robot.angles", obs[0:7], "rad", "joints")],
        actions=["torque"] * 7,
        observation_size=23,
        horizon=100,
        dt=0.05,
        solved=obs[0],
        success="never",
        robot="an arm",
        scene="a table",
    )
    source = "def compute_reward(state, action, prev):\n    return {'first': action[:, 0]}\n"
    env = text2reward.wrap(pusher, source, task=task)
    env.reset(seed=0)
    assert env.step(np.full(7, 2.0, np.float32))[1] == pytest.approx(1.0)
    assert env.step(np.full(7, -1.0, np.float32))[1] == pytest.approx(-0.5)
    env.close()


def refused(env, program, **options) -> str:
    with pytest.raises(UserError) as caught:
        text2reward.wrap(env, program, **options).reset(seed=0)
    return str(caught.value)


def test_bad_input_says_what_to_do(pusher, tmp_path):
    near = {"objct.pos": slice(17, 20), "goal.pos": slice(20, 23)}
    assert "state.object.pos does not exist; did you mean state.objct.pos?" in refused(pusher, PUSH, fields=near)
    more = refused(pusher, PUSH, fields={**FIELDS, "objct.pos": slice(17, 20)})
    assert "does not read objct.pos. Did you mean object.pos? Leave it out or mend its name; the program reads" in more
    default = EUREKA.replace("far: float", "far: float = 1.0, goal_vel: float = 0.0")
    slip = refused(pusher, default, fields={**FIELDS, "goal.vle": lambda env, obs, info: 0.0})
    assert "does not read goal.vle" in slip
    table = {**FIELDS, "table.pos": slice(0, 3)}
    assert "does not read table.pos" in refused(pusher, TEXT2REWARD, fields=table, constants={"far": 2.0})
    long = refused(pusher, PUSH, fields={**FIELDS, "object.pos": slice(17, 40)})
    assert "object.pos: obs is an array of shape (23,), so there is no obs[17:40]" in long
    raises = {**FIELDS, "object.pos": lambda env, obs, info: info["where"]}
    assert "object.pos cannot be read: KeyError: 'where'" in refused(pusher, PUSH, fields=raises)
    assert "no number" in refused(pusher, PUSH, fields={**FIELDS, "object.pos": lambda env, obs, info: "left"})
    assert "The source of goal.pos is 'goal'" in refused(pusher, PUSH, fields={**FIELDS, "goal.pos": "goal"})
    assert "'Goal' is not group.leaf" in refused(pusher, PUSH, fields={"Goal": slice(0, 3)})
    assert "No fields were named" in refused(pusher, PUSH, fields={})
    assert "Nothing says what the fields are" in refused(pusher, PUSH)
    assert "Both fields and a task" in refused(pusher, PUSH, fields=FIELDS, task="mujoco/Hopper-v5")
    assert "Did you mean mujoco/Hopper-v5?" in refused(pusher, PUSH, task="mujoco/Hoper-v5")
    hand = program_over("metaworld/drawer-close-v3")
    gone = gymnasium.make("Reacher-v5")
    assert "does not have the fields of metaworld/drawer-close-v3" in refused(
        gone, hand, task="metaworld/drawer-close-v3"
    )
    assert "Cannot read" in refused(pusher, tmp_path / "none.py", fields=FIELDS)
    assert "cannot be int" in refused(pusher, 3, fields=FIELDS)
    assert "numpy" in refused(pusher, "import numpy as np\n" + PUSH, fields=FIELDS)
    assert "not a vector" in refused(gymnasium.make_vec("Pusher-v5", 2), PUSH, fields=FIELDS)


def test_a_program_that_fails_is_told_with_its_line(pusher):
    source = PUSH.replace("torch.tanh(5 * go)", "torch.log(go - go)")
    env = text2reward.wrap(pusher, source, fields=FIELDS)
    env.reset(seed=0)
    with pytest.raises(UserError, match=r"The reward program failed: .*term go is inf"):
        env.step(np.zeros(7, np.float32))
    env.close()
