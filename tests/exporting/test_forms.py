"""The three forms compute what the reward process computes."""

from __future__ import annotations

import json
import sys

import gymnasium
import numpy as np
import pytest
import torch
from alone import module, run_alone
from recorded import PROGRAM, finished_run

from text2reward.envs.registry import get_task
from text2reward.envs.transitions import exploring_policy, record
from text2reward.exporting.write import export
from text2reward.record.terms import ABOUT_REST

TASK = "metaworld/drawer-close-v3"
ROWS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    to = tmp_path_factory.mktemp("exports") / "forms"
    export(finished_run(tmp_path_factory.mktemp("runs"), TASK), to)
    return to


@pytest.fixture(scope="module")
def expected(rewards):
    """Transitions of three control steps of six environments, ``(3, 6, ...)``, and the terms of each."""
    task = get_task(TASK)
    simulator = task.make_reference(ROWS)
    steps = record(simulator, exploring_policy(task, ROWS, np.random.default_rng(0)), 3, range(ROWS)).transitions
    simulator.close()
    process = rewards.process(task.layout, task.action.size, 64)
    process.load(PROGRAM)
    terms = process(steps.prev, steps.action, steps.state)
    process.close()
    shaped = {name: getattr(steps, name).reshape(3, ROWS, -1) for name in ("prev", "action", "state")}
    return task, shaped, {name: value.reshape(3, ROWS) for name, value in terms.items()}


def tensors(task, packed: np.ndarray) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value.copy()) for name, value in task.layout.unpack(packed).items()}


def test_the_wrapper_on_a_real_environment(folder, rewards):
    """Meta-World as the package's own Gymnasium registration makes it, by a function of the fields."""
    task = get_task(TASK)
    read = task.reads()

    def fields(env, observation, info):
        return {name: value[0] for name, value in task.layout.unpack(read(env, observation, info)[None]).items()}

    import metaworld  # noqa: F401 - registers it

    bare = gymnasium.make("Meta-World/MT1", env_name="drawer-close-v3", disable_env_checker=True)
    env = module(folder / "reward_wrapper.py").RewardWrapper(bare, fields)
    process = rewards.process(task.layout, task.action.size, 64)
    process.load(PROGRAM)
    observation, info = env.reset(seed=1)
    before = read(env, observation, info)
    rng = np.random.default_rng(0)
    for _ in range(4):
        action = rng.uniform(-1.5, 1.5, 4).astype(np.float32)
        observation, reward, _, _, info = env.step(action)
        after = read(env, observation, info)
        terms = process(before[None], np.clip(action, -1, 1)[None], after[None])
        assert info["reward_terms"] == pytest.approx({name: value[0] for name, value in terms.items()}, abs=1e-6)
        assert reward == pytest.approx(sum(value[0] for value in terms.values()), abs=1e-6)
        assert info["original_reward"] != reward
        before = after
    process.close()
    env.close()


def test_the_wrapper_says_which_field_is_missing(folder):
    form = module(folder / "reward_wrapper.py")
    env = form.RewardWrapper(gymnasium.make("Reacher-v5"), lambda env, observation, info: {"robot.ee_po": observation})
    with pytest.raises(KeyError, match=r"robot.ee_pos is missing; did you mean it by robot.ee_po\?"):
        env.reset()
    env = form.RewardWrapper(
        gymnasium.make("Reacher-v5"), lambda env, observation, info: {"robot.ee_pos": observation[:2]}
    )
    with pytest.raises(ValueError, match=r"robot.ee_pos has shape \(1, 2\), not \(B, 3\)"):
        env.reset()


def test_the_wrapper_says_what_it_expected_of_an_environment_that_it_does_not_fit(folder, monkeypatch):
    form = module(folder / "reward_wrapper.py")
    monkeypatch.syspath_prepend(str(folder))
    own = module(folder / "world.py").fields
    for beside in ("control_step", "judge_of"):
        sys.modules.pop(beside)
    other = gymnasium.make("Reacher-v5")
    with pytest.raises(ValueError, match=r'tells no fields in its info\["fields"\].* returns robot\.ee_pos'):
        form.RewardWrapper(other).reset()
    with pytest.raises(ValueError, match=r"observations are Box\(.*\(10,\).*IndexError.*own environment.* 39 numbers"):
        form.RewardWrapper(other, own).reset()
    with pytest.raises(ValueError, match=r"cannot be read from .* It returns robot\.ee_pos"):
        form.RewardWrapper(other, lambda env, observation, info: None).reset()
    with pytest.raises(TypeError, match="not SyncVectorEnv; wrap each one"):
        form.RewardWrapper(gymnasium.make_vec("Reacher-v5", 2, vectorization_mode="sync"))
    zeros = {name: np.zeros(shape) for name, (shape, _) in form.FIELDS.items()}
    env = form.RewardWrapper(other, lambda env, observation, info: zeros)
    env.reset()
    env._program = lambda state, action, prev: {"grip": action[:, 3]}
    with pytest.raises(ValueError, match=r"reward.py fails .* IndexError.* of 4 numbers; those here are Box\(.*\(2,\)"):
        env.step(np.zeros(2, np.float32))
    other.close()


def test_the_maniskill_form(folder, expected):
    """On an environment that behaves as ManiSkill's do: batched, reward asked for within the step, partial resets."""
    task, steps, terms = expected
    form = module(folder / "maniskill_reward.py")

    class Base:
        device = torch.device("cpu")

        def reset(self, seed=None, options=None):
            self.now = (options or {}).get("now", steps["prev"][0])
            return "observation", {}

    class Env(form.TextReward, Base):
        def reward_fields(self):
            return tensors(task, self.now)

    env = Env()
    assert env.reset(seed=1) == ("observation", {})
    total = sum(terms.values())
    for step in range(3):
        env.now = steps["state"][step]
        reward = env.compute_dense_reward(obs=None, action=torch.from_numpy(steps["action"][step]), info={})
        np.testing.assert_allclose(reward, total[step], atol=1e-5)
    env.reset()
    env.now = steps["state"][0]
    normalised = env.compute_normalized_dense_reward(obs=None, action=torch.from_numpy(steps["action"][0]), info={})
    np.testing.assert_allclose(normalised, total[0] / form.TYPICAL_REWARD, atol=1e-5)
    assert pytest.approx(0.8 * 3) == form.TYPICAL_REWARD  # the largest of the recorded rollouts' means
    mixed = env.now.copy()
    mixed[:2] = steps["prev"][0][:2]  # two of the environments start anew
    env.reset(options={"now": mixed})
    env.now = np.concatenate([steps["state"][0][:2], steps["state"][1][2:]])
    action = np.concatenate([steps["action"][0][:2], steps["action"][1][2:]])
    reward = env.compute_dense_reward(obs=None, action=torch.from_numpy(action), info={})
    np.testing.assert_allclose(reward, np.concatenate([total[0][:2], total[1][2:]]), atol=1e-5)


def test_the_manager_form(folder, expected, monkeypatch):
    """One function per term, the program run once a step, and no step from an episode's end to the next start."""
    task, steps, terms = expected
    form = module(folder / "manager_terms.py")
    asked = []

    class Env:
        device = "cpu"
        common_step_counter = 0
        episode_length_buf = torch.zeros(ROWS, dtype=torch.long)

        class action_manager:  # noqa: N801 - an object with one attribute
            action = None

    def fields(env):
        asked.append(env.common_step_counter)
        return tensors(task, env.now)

    monkeypatch.setattr(form, "fields", fields)
    assert form.WEIGHTS == {"reach": 1.0, "class": 1.0, "fields": 1.0}
    assert {name: function.__name__ for name, function in form.FUNCTIONS.items()} == {
        "reach": "reach",
        "class": "class_term",
        "fields": "fields_term",
    }
    env = Env()
    for step in range(3):
        env.now, env.action_manager.action = steps["state"][step], torch.from_numpy(steps["action"][step])
        env.common_step_counter += 1
        env.episode_length_buf = env.episode_length_buf + 1
        if step == 2:
            env.episode_length_buf[0] = 1  # was reset after the step before
        found = {name: function(env).numpy() for name, function in form.FUNCTIONS.items()}
        if step:  # the start is not seen
            rows = slice(1 if step == 2 else 0, None)
            for name, value in found.items():
                np.testing.assert_allclose(value[rows], terms[name][step][rows], atol=1e-5, err_msg=name)
    assert found["fields"][0] == 0.0  # it has not moved, though the state is another
    assert asked == [1, 2, 3]


EUREKA = """import torch


@torch.jit.script
def compute_reward(ee_pos: torch.Tensor, handle_pos: torch.Tensor, prev_robot_ee_pos: torch.Tensor, dt: float):
    reach = torch.exp(-torch.norm(ee_pos - handle_pos, dim=-1))
    speed = torch.norm(ee_pos - prev_robot_ee_pos, dim=-1) / dt
    return reach + 0.1 * speed, {"reach": reach}
"""
TEXT2REWARD = """import numpy as np
from scipy.spatial.distance import euclidean


def compute_dense_reward(self, action, obs):
    reach = np.exp(-euclidean(self.robot.ee_position, obs[4:7]))
    return reach - 0.1 * np.sum(action**2) + (1 if self.obj1.velocity[1] > 0 else 0), {"reach": reach}
"""
SHARED = "totals.py packed.py program_error.py"
BESIDE = {
    "run_eureka.py": f"run_eureka.py tensor_names.py isaac.py {SHARED}",
    "run_text2reward.py": f"run_text2reward.py published.py pose.py tensor_names.py {SHARED}",
}


@pytest.mark.parametrize(("program", "style"), [(EUREKA, "eureka"), (TEXT2REWARD, "text2reward")])
def test_a_program_in_another_style_pays_the_same_from_its_export_alone(program, style, expected, rewards, tmp_path):
    task, steps, _ = expected
    run = finished_run(tmp_path / "runs", TASK, program=program, terms={"reach": 0.5, "rest": 0.1})
    written = {path.name for path in export(run, tmp_path / "export")}
    assert set(BESIDE[f"run_{style}.py"].split()) <= written
    assert not written & set(" ".join(each for name, each in BESIDE.items() if style not in name).split()) - set(
        BESIDE[f"run_{style}.py"].split()
    )
    assert ("scipy" in (tmp_path / "export/requirements.txt").read_text()) == (style == "text2reward")
    name = {"eureka": "Eureka", "text2reward": "Text2Reward"}[style]
    card = (tmp_path / "export/README.md").read_text()
    assert f"in the style of {name}" in card
    assert f"\n\n{ABOUT_REST}\n\n" in card
    process = rewards.process(task.layout, task.action.size, 64, dialect=style)
    process.load(program)
    arrays = {name: values.reshape(3 * ROWS, -1) for name, values in steps.items()}
    terms = process(arrays["prev"], arrays["action"], arrays["state"])
    process.close()
    np.savez(tmp_path / "steps.npz", **arrays)
    alone = run_alone(
        tmp_path / "export",
        "import json, math, numpy, torch, manager_terms as form\n"
        "steps = numpy.load(sys.argv[2])\n"
        "def named(packed):\n"
        "    start, found = 0, {}\n"
        "    for name, (shape, _) in form.FIELDS.items():\n"
        "        size = math.prod(shape)\n"
        "        found[name] = torch.from_numpy(packed[:, start : start + size].reshape(-1, *shape))\n"
        "        start += size\n"
        "    return form.as_tensors(found)\n"
        "program = form.read_program(form.Path(sys.argv[1]) / 'reward.py')\n"
        "terms = form.compute_terms(program, named(steps['state']), steps['action'], named(steps['prev']))\n"
        "print(json.dumps({name: term.tolist() for name, term in terms.items()}))",
        str(tmp_path / "steps.npz"),
    )
    assert alone.returncode == 0, alone.stderr
    assert {name: pytest.approx(value.tolist(), abs=1e-5) for name, value in terms.items()} == json.loads(alone.stdout)


def test_the_manager_form_says_what_is_to_be_completed(folder):
    with pytest.raises(NotImplementedError, match=r"has to return robot\.ee_pos, robot\.gripper_openness"):
        module(folder / "manager_terms.py").fields(None)
