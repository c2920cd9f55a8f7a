"""A module of one's own, from the command line: written, checked, shown; and packages that bring tasks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import imageio_ffmpeg
import mujoco
import numpy as np
import pytest

from text2reward.cli import main
from text2reward.envs import get_task
from text2reward.envs.gym.guess import guess
from text2reward.envs.gym.model import Motion
from text2reward.envs.lint import lint_task
from text2reward.sandbox.bank_check import BANK_ROWS
from text2reward.training.workers import Workers


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test in a folder of its own, with nothing of it left behind in this interpreter."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (tmp_path / f"{name}.py").exists():
            del sys.modules[name]


def ask(capsys, *words: str) -> tuple[int, str, str]:
    code = main(words)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return code, said.out, said.err


def test_a_written_module_loads_and_says_what_is_missing(capsys):
    code, out, _ = ask(capsys, "envs", "new", "pusher_of_mine", "--gym", "Pusher-v5")
    assert (code, out) == (
        0,
        "Wrote pusher_of_mine.py. Finish the 5 lines that say TODO, then: text2reward envs check pusher_of_mine:TASK\n",
    )
    task = get_task("pusher_of_mine:TASK")
    assert (task.observation_size, task.horizon, task.dt, task.action.size) == (23, 100, 0.05, 7)
    assert [(field.name, field.shape, field.unit) for field in task.fields] == [
        ("robot.joint_angles", (7,), "rad"),
        ("robot.joint_velocities", (7,), "rad/s"),
        ("tips_arm.pos", (3,), "m"),
        ("object.pos", (3,), "m"),
        ("goal.pos", (3,), "m"),
    ]
    code, out, _ = ask(capsys, "envs", "check", "pusher_of_mine:TASK")
    assert code == 1
    assert "error: solved (training): is None" in out
    assert out.count("is not written yet: TODO") == 4
    assert out.endswith("mine/pusher_of_mine: 1 to mend, and 4 warnings\n")
    assert (
        "note: mine/pusher_of_mine: --model composer cannot be used: The composer finds no position of the hand" in out
    )


def test_a_finished_module_passes(capsys):
    ask(capsys, "envs", "new", "pusher_of_mine", "--gym", "Pusher-v5")
    text = (
        Path("pusher_of_mine.py")
        .read_text()
        .replace("TODO: ", "")
        .replace("solved=None,  # TODO", "solved=lambda env, obs, info: abs(obs[17:20] - obs[20:23]).max() < 0.1,")
        .replace('"where the body goal is"', '"where the body goal is", "never"')
        .replace('"tips_arm.pos"', '"robot.ee_pos"')
    )
    Path("pusher_of_mine.py").write_text(text)
    assert ask(capsys, "envs", "check", "pusher_of_mine:TASK")[:2] == (
        0,
        "mine/pusher_of_mine: 5 fields are what they say\n",
    )


def test_without_an_environment_the_module_loads_all_the_same(capsys):
    assert ask(capsys, "envs", "new", "arm_of_mine.py")[0] == 0
    assert get_task("arm_of_mine:TASK").id == "mine/arm_of_mine"
    code, out, _ = ask(capsys, "envs", "check", "arm_of_mine:TASK")
    assert code == 1
    assert "Gymnasium knows no such environment" in out


BAD_NAMES = {
    "a file that is there": ("taken", "taken.py exists and is kept as it is."),
    "no identifier": ("my-task", "'my-task' is no name for a Python module."),
    "a keyword": ("class", "'class' is no name for a Python module."),
    "too long a name": ("a" * 300, "File name too long."),
    "a package's name": ("gymnasium", "A module gymnasium is installed already; it would hide yours."),
}


@pytest.mark.parametrize(("name", "said"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_name_that_cannot_be_used_is_refused(name, said, capsys, folder):
    Path("taken.py").write_text("mine")
    code, _, err = ask(capsys, "envs", "new", name)
    assert code == 2
    assert said in err
    assert Path("taken.py").read_text() == "mine"
    assert sorted(folder.iterdir()) == [folder / "taken.py"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Pushr-v5", "Did you mean Pusher-v5?"),
        ("of_nobody:Arm-v0", 'The package of_nobody is not installed. Run: pip install "of_nobody".'),
        ("Zyxwvut-v9", "If a package or module registers it, install it and name both, as in module:Id-v0."),
        ("CartPole-v1", "The environment takes Discrete(2); only a continuous Box can be trained here."),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(name, said, capsys, folder):
    code, _, err = ask(capsys, "envs", "new", "task_of_mine", "--gym", name)
    assert code == 2
    assert said in err
    assert not list(folder.iterdir())


def test_what_was_seen_of_a_field_is_noted():
    notes = {field.name: field.note for field in guess("Pusher-v5").fields}
    assert notes["goal.pos"] == "never changed in 3 short episodes"
    assert notes["object.pos"] == "stood still within 3 short episodes"
    assert not notes["tips_arm.pos"]
    assert "goal.slide_positions" in {field.name for field in guess("Reacher-v5").fields}
    assert not guess("Reacher-v5").dt_guessed
    assert guess("MountainCarContinuous-v0").dt_guessed


def test_what_a_model_does_not_explain_is_left_to_the_person():
    fields = {str(field.source): field.name for field in guess("Hopper-v5").fields}
    assert fields == {
        "obs[0]": "robot.slide_positions",
        "obs[1:5]": "robot.joint_angles",
        "obs[5:7]": "robot.slide_velocities",
        "obs[7:11]": "robot.joint_velocities",
    }
    pendulum = guess("Pendulum-v1")
    assert [str(field.source) for field in pendulum.fields] == ["obs[0]", "obs[1]", "obs[2]"]
    assert all("TODO" in field.doc for field in pendulum.fields)
    assert pendulum.actions == ("TODO: what it does; -1 is -2 in the environment, 1 is 2",)
    assert (pendulum.horizon, pendulum.dt) == (200, 0.05)


DICT_ENVIRONMENT = """
import gymnasium
from gymnasium.spaces import Box, Dict

class Reach(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    action_space = Box(-1, 1, (2,))
    observation_space = Dict(observation=Box(-9, 9, (5,)), desired_goal=Box(-9, 9, (3,)), reach=Box(-9, 9, ()),
                             eye=Box(0, 255, (9, 9), "uint8"))

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {"is_success": False}

gymnasium.register("Reach-v0", Reach)
"""


def test_a_dict_gives_a_field_for_each_entry(capsys):
    Path("dict_environment.py").write_text(DICT_ENVIRONMENT)
    sys.path.append(".")
    code, *_ = ask(capsys, "envs", "new", "dict_task", "--gym", "dict_environment:Reach-v0")
    assert code == 0
    task = get_task("dict_task:TASK")
    assert [(field.name, field.shape) for field in task.fields] == [
        ("observation.value", (5,)),
        ("goal.pos", (3,)),
        ("reach.value", ()),
    ]
    assert (task.observation_size, task.dt) == (9, 0.1)
    assert 'solved=info["is_success"],' in Path("dict_task.py").read_text()
    code, out, _ = ask(capsys, "envs", "check", "dict_task:TASK")
    assert "resetting with the same seeds gives different states" in out


SAMPLING = """
import gymnasium
from gymnasium.spaces import *

class Sampling(gymnasium.Env):
    action_space = Box(-1, 1, (2,))

    def __init__(self, space=None):
        if space is not None:
            self.observation_space = space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}
"""
ODD_ENVIRONMENTS = (
    SAMPLING
    + """
class Odd(Sampling):
    observation_space = Dict({'a "b"': Box(-9, 9, (3,)), "class": Box(-9, 9, (3,))})

    def dt(self):
        return 0.1

class Endless(Odd):
    action_space = Box(-float("inf"), float("inf"), (2,))

class Bare(Odd):
    metadata = None

gymnasium.register("Odd-v0", Odd)
gymnasium.register("Bare-v0", lambda **how: Bare())
gymnasium.register("Endless-v0", Endless)
"""
)


def test_a_module_of_ones_own_may_register_an_odd_environment(capsys):
    Path("odd_environments.py").write_text(ODD_ENVIRONMENTS)
    assert ask(capsys, "envs", "new", "odd_task", "--gym", "odd_environments:Odd-v0")[0] == 0
    assert 'make=lambda mode: gymnasium.make("odd_environments:Odd-v0"),' in Path("odd_task.py").read_text()
    assert [field.name for field in get_task("odd_task:TASK").fields] == ["a_b.pos", "part_class.pos"]
    out = ask(capsys, "envs", "check", "odd_task:TASK")[1]
    assert "error: solved (training): is None" in out
    assert "1 to mend" in out
    code, _, err = ask(capsys, "envs", "new", "endless_task", "--gym", "odd_environments:Endless-v0")
    assert code == 2
    assert "The environment takes actions of any size (-inf to inf). Give its action_space bounds" in err


SPACES = (
    SAMPLING
    + """
def row(size):
    return Box(-9, 9, (size,))

def register(name, space):
    gymnasium.register(f"{name}-v0", Sampling, kwargs={"space": space})

register("Keys", Dict(pos=row(3), target=row(3), vel=row(3)))
register("Value", Dict(value=row(2), speed=row(1)))
register("Sides", Dict(left=Dict(pos=row(3), hook=Dict(pos=row(2))), right=Dict(pos=row(3), all=row(9))))
register("Clash", Dict(a=Dict(b=row(2)), b=Dict(c=row(2)), c_2=row(3)))
register("Goals", Dict(desired_goal=Dict(lid=row(2)), achieved_goal=Dict(lid=row(2)), more=Dict(desired_goal=row(3))))
register("Long", Dict(desired_goal=row(15), achieved_goal=row(15)))
register("Uneven", Tuple((row(3), row(9), Discrete(3), Box(0, 255, (4, 4), "uint8"))))
register("Inner", Dict(hands=Tuple((row(3), row(2)))))
register("Text", Text(9))
register("Mission", Dict(mission=Text(9), place=row(2)))
register("Graph", Graph(row(2), None))
register("Sequence", Sequence(row(2)))
"""
)
NAMED = {
    "Keys": ["robot.pos", "target.pos", "vel.pos"],
    "Value": ["speed.value", "robot.value"],
    "Sides": ["left_hook.pos", "left.pos", "right.pos", "right_all.part_0_8"],
    "Clash": ["a.b_2", "b.c", "c_2.pos"],
    "Goals": ["achieved_goal.lid", "goal.lid", "more_goal.pos"],
    "Long": ["achieved_goal.part_0_14", "goal.part_0_14"],
    "Uneven": ["part_0.pos", "part_1.part_0_8", "part_2.value"],
    "Inner": ["hands.part_0", "hands.part_1"],
}


@pytest.mark.parametrize(("name", "fields"), NAMED.items(), ids=NAMED)
def test_fields_are_named_by_the_keys_that_lead_to_them_and_pass_the_check(name, fields, capsys):
    Path("told_spaces.py").write_text(SPACES)
    assert ask(capsys, "envs", "new", f"told_{name}", "--gym", f"told_spaces:{name}-v0")[0] == 0
    assert sorted(get_task(f"told_{name}:TASK").layout.names) == sorted(fields)
    out = ask(capsys, "envs", "check", f"told_{name}:TASK")[1]
    assert [line.split(":")[1] for line in out.splitlines() if line.startswith("error")] == [" solved (training)"]


@pytest.mark.parametrize("name", ["Text", "Mission", "Graph", "Sequence"])
def test_an_observation_that_is_no_row_of_numbers_is_refused(name, capsys, folder):
    Path("told_spaces.py").write_text(SPACES)
    code, _, err = ask(capsys, "envs", "new", "told_task", "--gym", f"told_spaces:{name}-v0")
    assert code == 2
    assert f"The environment's observation has {name if name != 'Mission' else 'Text'}(" in err
    assert "which cannot be made a row of numbers. Wrap the environment to give a Box or Dict without it." in err
    assert not Path("told_task.py").exists()


def test_the_goals_of_gymnasium_robotics_are_named_so():
    names = {name: [field.name for field in guess(name).fields] for name in ("FrankaKitchen-v1", "HandReach-v3")}
    assert {"achieved_goal.kettle", "goal.kettle"} <= set(names["FrankaKitchen-v1"])
    assert names["HandReach-v3"] == [
        "achieved_goal.part_0_14",
        "goal.part_0_14",
        "robot.joint_angles",
        "robot.joint_velocities",
        "observation.part_48_62",
    ]


def test_an_environment_without_metadata_is_looked_into(capsys):
    Path("odd_environments.py").write_text(ODD_ENVIRONMENTS)
    assert ask(capsys, "envs", "new", "bare_task", "--gym", "odd_environments:Bare-v0")[0] == 0


def test_gymnasium_robotics_needs_no_module_and_nothing_else_is_said():
    words = ["envs", "new", "maze_task", "--gym", "PointMaze_UMaze-v3"]
    done = subprocess.run([sys.executable, "-m", "text2reward", *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    text = Path("maze_task.py").read_text()
    assert 'gymnasium.make("gymnasium_robotics:PointMaze_UMaze-v3", render_mode=mode)' in text


def told_alone(*words: str) -> str:
    """What a process says that has not registered anything yet."""
    done = subprocess.run([sys.executable, "-m", "text2reward", *words], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_an_environment_of_gymnasium_robotics_is_named_with_its_module():
    Path("hand_task.py").write_text(FAILING.replace("Fails()", "gymnasium.make('HandReach-v3')"))
    said = told_alone("envs", "check", "hand_task:TASK")
    assert "no such environment: HandReach-v3. Did you mean gymnasium_robotics:HandReach-v3?" in said


def test_a_version_that_has_moved_names_the_newest():
    said = told_alone("envs", "new", "ant_task", "--gym", "Ant-v3")
    assert "Ant-v3 cannot be made: The mujoco v2 and v3 based environments have been moved" in said
    assert said.endswith("Did you mean Ant-v5?\n")


def test_warnings_of_gymnasium_are_left_out(capsys, recwarn):
    assert ask(capsys, "envs", "new", "hopper_task", "--gym", "Hopper")[0] == 0  # it warns that a version is missing
    ask(capsys, "envs", "check", "hopper_task:TASK")
    assert not recwarn.list


def test_joints_are_matched_once_and_in_order():
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody>"
        + "".join(f'<body><joint name="{n}" type="slide"/><geom size="1"/></body>' for n in ("left", "right"))
        + "</worldbody></mujoco>"
    )
    data = mujoco.MjData(model)
    motion, seen = Motion(), []
    for step in range(4):
        data.qpos[:] = 1e-6 * step, 2e-6 * step
        motion.note(SimpleNamespace(model=model, data=data))
        seen.append([data.qpos[1] * 3, data.qpos[0], data.qpos[1], data.qpos[0]])
    found = [motion.match(np.array(seen), at) for at in (0, 1, 3)]
    assert found[0] is None
    assert (found[1].size, found[1].doc) == (2, "slide positions of left, right")
    assert found[2] is None


BROKEN = {
    "no such module": ("", "nowhere_at_all:TASK", "there is no module 'nowhere_at_all'"),
    "no such attribute": ("", "broken_task:TASK", "Module 'broken_task' has no attribute 'TASK'"),
    "a missing package": (
        "\nimport cv2_of_nobody",
        "broken_task:TASK",
        'broken_task.py:2: The package cv2_of_nobody is not installed. Run: pip install "cv2_of_nobody"',
    ),
    "a syntax error": ("TASK = (", "broken_task:TASK", "SyntaxError: '(' was never closed (broken_task.py:1)"),
    "an end": (
        "import sys\nsys.exit(3)",
        "broken_task:TASK",
        "SystemExit: 3 (broken_task.py:2). Leave out what ends the program, or put it below if __name__",
    ),
    "an error": ("\n\n1 / 0", "broken_task:TASK", "ZeroDivisionError: division by zero (broken_task.py:3)"),
    "a bad declaration": (
        "from text2reward.envs import gym_field, obs\ngym_field('place', obs[0], 'm', 'x')",
        "broken_task:TASK",
        "broken_task.py:2: Field name 'place' is not group.leaf",
    ),
    "an incomplete declaration": (
        "from text2reward.envs import gym_task\ngym_task(id='mine/x')",
        "broken_task:TASK",
        "TypeError: gym_task() missing 11 required keyword-only arguments",
    ),
}


@pytest.mark.parametrize("name", ["some_task", "some_task.py"])
def test_a_module_without_its_attribute_says_how_it_is_named(name, capsys):
    Path("some_task.py").write_text("")
    code, _, err = ask(capsys, "envs", "check", name)
    assert code == 2
    assert f"{name!r} is a module, no task. Name the task in it, for example some_task:TASK." in err


@pytest.mark.parametrize(("text", "place", "said"), BROKEN.values(), ids=BROKEN)
def test_a_module_that_cannot_be_used_is_told_in_one_line(text, place, said, capsys):
    Path("broken_task.py").write_text(text)
    for words in (["envs", "check", place], ["run", "--env", place]):
        code, _, err = ask(capsys, *words)
        assert code == 2
        assert said in err
        assert err.count("\n") == 1


FAILING = """
import gymnasium
from text2reward.envs import gym_field, gym_task, obs

class Fails(gymnasium.Env):
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    observation_space = gymnasium.spaces.Box(-1, 1, (1,))

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return self.observation_space.low, {}

    def step(self, action):
        self.steps += 1
        if self.steps == 3:
            raise ValueError("the wheel came off")
        return self.observation_space.sample(), 0.0, False, False, {}

TASK = gym_task(
    id="mine/fails", instruction="Fail.", make=lambda mode: Fails(), fields=[gym_field("a.b", obs[0], "m", "x")],
    actions=["drives"], observation_size=1, horizon=9, dt=0.1, solved=lambda env, obs, info: False,
    success="Never.", robot="A cart.", scene="Nothing.",
)
"""


def test_an_environment_that_fails_in_a_run_is_told_with_its_line(capsys):
    Path("failing_task.py").write_text(FAILING)
    code, _, err = ask(capsys, "run", "--env", "failing_task:TASK", "--model", "expert", "--display", "none")
    assert code == 2
    assert "in step 3: ValueError: the wheel came off (failing_task.py:16)" in err


IGNORES_SEEDS = FAILING.replace("space.low", "space.sample()")
DRIVEN = "import threading\n" + FAILING.replace("        self.steps = 0\n", "").replace(
    "    def reset",
    """    def __init__(self):
        self.steps, self.done = 9, threading.Event()
        threading.Thread(target=self.done.wait, name="driver").start()

    def close(self):
        self.done.set()

    def reset""",
)


def test_threads_of_an_environment_that_go_on_are_told_and_do_not_keep_the_check():
    Path("driven.py").write_text(DRIVEN)
    Path("driven_on.py").write_text(DRIVEN.replace("self.done.set()", "pass"))
    ends, goes_on = (told_alone("envs", "check", f"{name}:TASK") for name in ("driven", "driven_on"))
    assert "\nmine/fails: 1 to mend\n" in ends
    assert "thread" not in ends
    said = r"warning: mine/fails \(training\): is closed, and \d+ threads of it go on \(driver\), so that a program"
    assert re.search(said, goes_on)
    assert "\nmine/fails: 1 to mend, and 1 warning\n" in goes_on


CARRIES = """
import gymnasium
import numpy as np
from text2reward.envs import gym_field, gym_task, info, obs

class Drives(gymnasium.Env):
    action_space = gymnasium.spaces.Box(-1, 1, (2,))
    observation_space = gymnasium.spaces.Box(-9, 9, (4,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.goal = self.np_random.uniform(-1, 1, (2, 2))
        return self.tell()

    def tell(self):
        self.near = float(np.linalg.norm(self.goal - self.place)) < 0.5
        return np.concatenate([self.place, self.goal]).astype(np.float32), {"near": self.near}

    def step(self, action):
        self.place = np.clip(self.place + 0.1 * action, -4, 4)
        observation, told = self.tell()
        return observation, -float(np.linalg.norm(self.goal - self.place)), False, False, told

TASK = gym_task(
    id="mine/drives", instruction="Go to the goal.", make=lambda mode: Drives(), solved=info["near"],
    fields=[
        gym_field("robot.place", obs[0:2], "m", "where it is"),
        gym_field("goal.place", obs[2:4], "m", "where it shall be", varies="reset"),
        gym_field("robot.other", lambda env, obs, info: SOURCE, "1", "something"),
    ],
    actions=["drives", "sideways"], observation_size=4, horizon=20, dt=0.1,
    success="Within 0.5 m.", robot="A cart.", scene="A goal.",
)
"""
REWARD = "2 - 3 * np.linalg.norm(obs[2:4] - obs[0:2])"

UNUSABLE = {
    "a field that goes as the reward": (
        "carries_reward",
        CARRIES.replace("SOURCE", REWARD),
        "text2reward: mine/drives: robot.other: carries the simulator's reward; a reward must not see it. Drop it.",
    ),
    "a field that says what is not solved": (
        "carries_success",
        CARRIES.replace("SOURCE", "1.0 - env.unwrapped.near"),
        "text2reward: mine/drives: robot.other: carries the simulator's success; a reward must not see it. Drop it.",
    ),
    "a success that always holds": (
        "always",
        CARRIES.replace("SOURCE", "obs[0] * obs[1]").replace('info["near"]', "lambda env, obs, info: True"),
        "text2reward: mine/drives: success: every episode is solved at its first step, whatever is done.",
    ),
    "seeds that are ignored": (
        "ignores_seeds",
        IGNORES_SEEDS,
        "text2reward: mine/fails: reset: resetting with the same seeds gives different states (a.b, the observation).",
    ),
    "texts nobody has written": (
        "unwritten",
        IGNORES_SEEDS.replace("drives", "TODO: what it does").replace("A cart.", "TODO: the robot"),
        "text2reward: mine/fails is not finished; TODO stands in: robot, action 0. Write what is meant; `text",
    ),
}


@pytest.mark.parametrize(("module", "text", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_run_refuses_what_the_linter_would_find_before_it_costs_anything(module, text, said, capsys):
    Path(f"{module}.py").write_text(text)
    code, _, err = ask(capsys, "run", "--env", f"{module}:TASK", "--model", "expert", "--display", "none")
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_run_takes_the_same_task_without_such_a_field():
    Path("sound.py").write_text(CARRIES.replace("SOURCE", "obs[0] * obs[1]"))
    task = get_task("sound:TASK")
    assert [str(found) for found in lint_task(task)] == []
    assert len(Workers(task, "sound:TASK").bank(Path("bank.npz"), BANK_ROWS, 0)) == BANK_ROWS


def test_brackets_in_words_are_shown_as_they_are(capsys):
    Path("squared.py").write_text(
        "import dataclasses\nimport toy\nhand, goal = toy.TASK.fields\n"
        "fields = (dataclasses.replace(hand, doc='hand [base] [/m]'), goal)\n"
        "TASK = dataclasses.replace(toy.TASK, id='mine/squared', instruction='Go [/there].', fields=fields)\n"
    )
    code, out, _ = ask(capsys, "envs", "show", "squared:TASK")
    assert code == 0
    assert "hand [base] [/m]" in out.partition("Success")[0]


def test_the_first_state_is_drawn_into_a_file(capsys, folder):
    code, out, _ = ask(capsys, "envs", "show", "toy:TASK", "--picture", "toy.png")
    assert code == 0
    assert "toy/reach: Move the hand to the goal." in out
    assert "An episode has 20 steps of 0.05 s: 1 s." in out
    assert "Fields of `state` and `prev`" in out
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(folder / "toy.png")]
    raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    picture = np.frombuffer(raw, np.uint8).reshape(64, 64, 3)
    assert (picture == (200, 0, 0)).all(axis=2).sum() == 16  # the hand


@pytest.mark.parametrize(
    ("path", "said"),
    [("toy.jpg", "toy.jpg does not end in .png."), ("nowhere/toy.png", "There is no folder nowhere.")],
)
def test_a_picture_needs_a_place(path, said, capsys):
    code, _, err = ask(capsys, "envs", "show", "toy:TASK", "--picture", path)
    assert code == 2
    assert said in err


def test_a_picture_that_cannot_be_written_is_no_success(capsys, folder):
    Path("taken.png").mkdir()
    for path, why in (("taken.png", "Is a directory"), (f"{'a' * 300}.png", "File name too long")):
        code, out, err = ask(capsys, "envs", "show", "toy:TASK", "--picture", path)
        assert (code, "shows the first state" in out) == (2, False)
        assert f"Cannot write to {path}: {why}" in err
        assert err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["taken.png"]


def test_without_opengl_showing_says_what_to_install(capsys, monkeypatch):
    monkeypatch.delenv("MUJOCO_GL")
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    words = ["envs", "show", "metaworld/reach-v3", "--picture", "reach.png"]
    code, _, err = ask(capsys, *words)
    assert code == 2
    assert "No OpenGL was found. Install libosmesa6" in err
    monkeypatch.setenv("MUJOCO_GL", "disabled")
    assert "MUJOCO_GL=disabled forbids drawing." in ask(capsys, *words)[2]


PACKAGE = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.2"
[project.entry-points."text2reward.envs"]
tasks = "{module}:TASKS"
[tool.setuptools]
py-modules = ["{module}"]
"""
TASKS = {
    "good_robots": "import dataclasses, toy\nTASKS = [dataclasses.replace(toy.TASK, id='good/reach')]\n",
    "broken_robots": "import a_package_of_nobody\n",
    "greedy_robots": "import dataclasses, toy\nTASKS = [dataclasses.replace(toy.TASK, id='metaworld/reach-v3')]\n",
    "empty_robots": "TASKS = []\n",
    "leaving_robots": "class Leave(BaseException): pass\nraise Leave('the room')\n",
}


def test_tasks_of_installed_packages_are_listed_and_broken_ones_named(folder):
    site = folder / "site"
    for module, text in TASKS.items():
        source = folder / module
        source.mkdir()
        (source / "pyproject.toml").write_text(PACKAGE.format(name=module.replace("_", "-"), module=module))
        (source / f"{module}.py").write_text(text)
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    sources = [str(folder / module) for module in TASKS]
    subprocess.run([*words, "--disable-pip-version-check", "--target", str(site), *sources], check=True)
    paths = [str(site), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "text2reward", "envs", "list"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.returncode == 0
    assert "good/reach" in done.stdout
    assert "metaworld/reach-v3" in done.stdout
    assert sorted(line.split(" are left out: ")[0] for line in done.stderr.splitlines()) == [
        f"warning: The tasks of the package {name} 1.2"
        for name in ("broken-robots", "empty-robots", "greedy-robots", "leaving-robots")
    ]
    assert 'pip install "a_package_of_nobody"' in done.stderr
    assert "Task id metaworld/reach-v3 at greedy_robots:TASKS is taken." in done.stderr
