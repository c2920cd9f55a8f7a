"""Declared tasks: what is right passes, and each mistake is explained. The environments are small but real."""

from __future__ import annotations

import ctypes
import dataclasses
import importlib.util

import gymnasium
import mujoco
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple
from gymnasium.wrappers import NormalizeObservation, TimeLimit

from text2reward.envs import Task, gym_field, gym_task, info, obs, pulse
from text2reward.envs.faults import load_robotics
from text2reward.envs.gym.sources import Entry
from text2reward.envs.lint import lint_task
from text2reward.errors import NoOpenGLError, RenderError, TaskError, UserError

HORIZON = 12


class Cart(gymnasium.Env):
    """A cart on a line that has to come to a mark; the observation is its place, its speed and the mark's."""

    action_space = Box(-1, 1, (1,))
    observation_space = Box(-9, 9, (3,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.speed = 0, 0.0
        self.place, self.mark = self.np_random.uniform(-1, 1, 2)
        return self.observe(), self.tell()

    def step(self, action):
        self.steps += 1
        self.speed = float(np.asarray(action).reshape(-1)[0])
        self.place += 0.2 * self.speed
        return self.observe(), -self.distance(), False, False, self.tell()

    def observe(self):
        return np.array([self.place, self.speed, self.mark], dtype=np.float32)

    def tell(self):
        return {"near": self.distance() < 0.2, "speed": self.speed}

    def distance(self):
        return abs(self.place - self.mark)


PLACE = gym_field("robot.place", obs[0], "m", "where the cart is")
SPEED = gym_field("robot.speed", info["speed"], "m/s", "how fast it goes")
DISTANCE = gym_field("thing.x", lambda env, obs, info: env.unwrapped.distance(), "m", "x")
MARK = gym_field("goal.place", lambda env, obs, info: env.unwrapped.mark, "m", "where the mark is", "reset")


def declared(make=lambda mode: Cart(), **changes) -> Task:
    known = {
        "id": "mine/cart",
        "instruction": "Drive to the mark.",
        "make": make,
        "fields": [PLACE, SPEED, MARK],
        "actions": ["drives"],
        "observation_size": 3,
        "horizon": HORIZON,
        "dt": 0.1,
        "solved": info["near"],
        "success": "The cart is within 0.2 m of the mark.",
        "robot": "A cart on a line.",
        "scene": "A mark on it.",
    }
    return gym_task(**{**known, **changes})


def findings(task: Task) -> list[str]:
    return [str(finding) for finding in lint_task(task)]


def cart(**methods) -> type[Cart]:
    """The cart with some of its methods or spaces replaced."""
    return type("Changed", (Cart,), methods)


def made(**methods):
    return lambda mode: cart(**methods)()


def test_a_true_declaration_has_no_findings():
    assert findings(declared()) == []


def test_an_environment_may_have_no_metadata():
    assert findings(declared(made(metadata=None))) == []


def test_a_field_is_read_from_observation_info_or_environment():
    simulator = declared().make_training(2)
    state = simulator.reset([1, 2]).state
    assert state.shape == (2, 3)
    assert (state[:, 1] == 0).all()
    moved = simulator.step(np.array([[0.5], [-0.5]], dtype=np.float32)).reached
    assert np.allclose(moved.state[:, 0], state[:, 0] + [0.1, -0.1])
    assert np.allclose(moved.state[:, 1], [0.5, -0.5])
    assert np.array_equal(moved.state[:, 2], state[:, 2])
    assert np.array_equal(moved.observation[:, 2], state[:, 2])


def test_each_environment_that_is_made_or_reset_is_a_sign_of_life(monkeypatch):
    happened = []
    monkeypatch.setattr(pulse, "beat", lambda: happened.append("sign"))

    def reset(self, *, seed=None, options=None):
        happened.append("reset")
        return Cart.reset(self, seed=seed)

    slow = cart(__init__=lambda self: happened.append("made"), reset=reset)
    simulator = declared(lambda mode: slow()).make_training(2)
    assert happened == ["made", "reset", "sign", *["made", "sign"] * 2]  # the first is the one that is tried
    del happened[:]
    simulator.reset([1, 2])
    assert happened == ["reset", "sign"] * 2


def test_an_environment_without_pictures_is_not_asked_for_them_and_says_so():
    asked = []
    simulator = declared(lambda mode: asked.append(mode) or Cart()).make_training(2)
    simulator.reset([1, 2])
    assert set(asked) == {None}
    with pytest.raises(RenderError, match="no picture, so runs have no videos: 'rgb_array' is not among") as problem:
        simulator.render()
    assert not isinstance(problem.value, NoOpenGLError)


def test_an_environment_whose_render_is_not_written_says_so():
    drawn = cart(metadata={"render_modes": ["rgb_array"]}, render_mode="rgb_array")
    simulator = declared(lambda mode: drawn()).make_training(1)
    simulator.reset([1])
    with pytest.raises(RenderError, match="no picture, so runs have no videos: its render") as problem:
        simulator.render()
    assert not isinstance(problem.value, NoOpenGLError)


def without_camera(self):
    raise ValueError("camera 'front' unknown")


def without_a_driver(self):
    ctypes.CDLL("libno_such_driver.so")


def with_no_picture_for_it(self):
    try:
        without_a_driver(self)
    except OSError as error:
        raise RuntimeError("no picture") from error


def with_a_renderer_that_fails(self):
    raise mujoco.FatalError("an OpenGL platform library has not been loaded into this process")


@pytest.mark.parametrize(
    ("render", "opengl", "said"),
    [
        (without_camera, False, r"fails when it is drawn: ValueError: camera 'front' unknown \(.*task.py:"),
        (without_a_driver, True, r"The environment cannot be drawn \(OSError: libno_such_driver.so"),
        (with_no_picture_for_it, True, r"The environment cannot be drawn \(RuntimeError: no picture"),
        (with_a_renderer_that_fails, True, r"The environment cannot be drawn \(FatalError: an OpenGL platform"),
    ],
)
def test_opengl_is_not_blamed_for_an_error_of_the_environments_own(render, opengl, said):
    drawn = cart(metadata={"render_modes": ["rgb_array"]}, render_mode="rgb_array", render=render)
    simulator = declared(lambda mode: drawn()).make_training(1)
    simulator.reset([1])
    with pytest.raises(RenderError, match=said) as problem:
        simulator.render()
    assert isinstance(problem.value, NoOpenGLError) == opengl


def leaves(at: int):
    def step(self, action):
        if self.steps == at:
            raise SystemExit(3)
        return Cart.step(self, action)

    return step


@pytest.mark.parametrize(("at", "when"), [(0, "when it is made and tried"), (4, "in step 5")])
def test_an_environment_that_ends_the_program_is_told_as_a_fault(at, when):
    [said] = findings(declared(made(step=leaves(at))))
    assert f"fails {when}: SystemExit: 3 (" in said


class DictCart(Cart):
    """The same cart as a dict with a picture in it, in an order that is not the alphabet's."""

    observation_space = Dict(
        [
            ("self", Dict({"speed": Box(-9, 9, (1,)), "place": Box(-9, 9, (1,))})),
            ("eye", Box(0, 255, (4, 4, 3), np.uint8)),
            ("mark", Box(-9, 9, (1,))),
        ]
    )

    def observe(self):
        place, speed, mark = (np.array([value], np.float32) for value in (self.place, self.speed, self.mark))
        return {"self": {"speed": speed, "place": place}, "mark": mark, "eye": np.zeros((4, 4, 3), np.uint8)}


DICT_FIELDS = [
    gym_field("robot.place", obs["self"]["place"][0], "m", "where the cart is"),
    gym_field("goal.place", obs["mark"], "m", "where the mark is", "reset", shape=(1,)),
]


def test_a_dict_is_flattened_in_the_order_of_its_space_without_pictures():
    task = declared(lambda mode: DictCart(), fields=DICT_FIELDS)
    assert findings(task) == []
    simulator = task.make_training(1)
    simulator.reset([1])
    moved = simulator.step(np.array([[0.5]], dtype=np.float32)).reached
    place, mark = moved.state[0]
    assert moved.observation[0] == pytest.approx([place, 0.5, mark])  # of "self", the keys are sorted by the space


@pytest.mark.parametrize(("asked", "wanted"), [(-1, [-0.2, 0]), (0, [0.4, 5]), (1, [1, 10])])
def test_unequal_bounds_are_mapped_to_the_range_of_the_task(asked, wanted):
    got = []

    def step(self, action):
        got.append(action)
        return Cart.step(self, action)

    space = Box(np.array([[-0.2], [0]], np.float32), np.array([[1], [10]], np.float32))
    task = declared(made(action_space=space, step=step), actions=["drives", "honks"])
    assert (task.action.low, task.action.high) == (-1, 1)
    simulator = task.make_training(1)
    simulator.reset([1])
    simulator.step(np.full((1, 2), asked, dtype=np.float32))
    assert got[-1].shape == (2, 1)
    assert got[-1].dtype == np.float32
    assert got[-1][:, 0] == pytest.approx(wanted)


def nan_at_reset(self):
    return np.array([np.nan if self.steps == 0 else self.place, self.speed, self.mark], np.float32)


def nan_from_step_5(self):
    return np.array([self.place, self.speed, np.nan if self.steps >= 5 else self.mark], np.float32)


def only_after_a_step(self):
    return {**Cart.tell(self), **({"force": 1.0} if self.steps else {})}


def ends_early(self, action):
    moved = Cart.step(self, action)
    return (*moved[:2], self.steps >= 5, *moved[3:])


def without_a_reward_in_step_3(self, action):
    seen, reward, *rest = Cart.step(self, action)
    return (seen, np.nan if self.steps == 3 else reward, *rest)


def without(name):
    """``tell`` that leaves out an entry from step 4 on."""

    def tell(self):
        return {key: value for key, value in Cart.tell(self).items() if key != name or self.steps <= 3}

    return tell


def fails(self, action):
    if self.steps == 2:
        raise ValueError("the wheel came off")
    return Cart.step(self, action)


def without_seed(self, *, seed=None, options=None):
    return Cart.reset(self, seed=None)


def keeps_its_speed(self, *, seed=None, options=None):
    speed = getattr(self, "speed", 0.0)
    Cart.reset(self, seed=seed)
    self.speed = speed
    return self.observe(), self.tell()


def slips(self, action):
    return Cart.step(self, action * np.random.uniform(0.5, 1))


def slips_late(self, action):
    return slips(self, action) if self.steps == 11 else Cart.step(self, action)


def with_a_gain(self):
    self.gain = np.random.uniform(0.5, 1)


def nan_at_some_resets(self):
    return np.array([np.nan if self.steps == 0 and self.mark > 0.5 else self.place, self.speed, self.mark], np.float32)


def with_parts(self):
    return {**Cart.tell(self), "reward_kind": "dense", "reward_near": -self.distance(), "far": 3 * self.distance() + 1}


def never_near(self):
    return {**Cart.tell(self), "near": False, "is_success": False, "reward_near": 0.0}


def without_reward(self, action):
    seen, _, *rest = Cart.step(self, action)
    return (seen, 0.0, *rest)


def gives(**parts):
    """``step`` that returns something else in these of its five places."""

    def step(self, action):
        known = dict(zip(("seen", "reward", "terminated", "truncated", "info"), Cart.step(self, action), strict=True))
        return tuple({**known, **parts}.values())

    return step


def without_mark_from_step_5(self):
    seen = {"place": np.array([self.place], np.float32), "mark": np.array([self.mark], np.float32)}
    return seen if self.steps < 5 else {"place": seen["place"]}


def with_fields(*fields):
    return {"fields": [PLACE, *fields]}


PLACE_AND_MARK = {
    "observation_space": Dict(place=Box(-9, 9, (1,)), mark=Box(-9, 9, (1,))),
    "observe": without_mark_from_step_5,
}
UNEVEN = {
    "observation_space": Tuple((Box(-9, 9, (2,)), Box(-9, 9, (1,)))),
    "observe": lambda self: (np.array([self.place, self.speed], np.float32), np.array([self.mark], np.float32)),
}
IMAGE = Box(0, 255, (8, 8, 3), np.uint8)
MISTAKES = {
    "an index beyond the observation": (
        {},
        with_fields(gym_field("thing.x", obs[2:5], "m", "x")),
        "error: thing.x (training): reads obs[2:5], but obs is an array of shape (3,), so there is no obs[2:5]. "
        "Use indexes from 0 to 2.",
    ),
    "a key into an array": (
        {},
        with_fields(gym_field("thing.x", obs["place"], "m", "x")),
        'reads obs["place"], but obs is no dict but an array of shape (3,). Use indexes, for example obs[0:3].',
    ),
    "an index beyond an uneven tuple": (
        UNEVEN,
        with_fields(gym_field("thing.x", obs[0:3], "m", "x")),
        "error: thing.x (training): reads obs[0:3], but obs is a tuple of 2, so there is no obs[0:3]. Use indexes from "
        "0 to 1.",
    ),
    "several indexes of a list": (
        {"observe": lambda self: list(Cart.observe(self))},
        with_fields(gym_field("thing.x", obs[[0, 2]], "m", "x")),
        "error: thing.x (training): reads obs[[0, 2]], but obs is a list of 3, which takes no list of indexes. Use a "
        "slice, for example obs[0:3], or have the environment give an array.",
    ),
    "a text in the observation": (
        {"observation_space": Dict(mission=Text(9)), "observe": lambda self: {"mission": "go"}},
        {"fields": [SPEED, MARK]},
        "error: observation (training): has Text(1, 9, charset=",
    ),
    "a key that some steps do not give": (
        PLACE_AND_MARK,
        {"fields": [gym_field("goal.place", obs["mark"], "m", "x", "reset", shape=(1,))], "observation_size": 2},
        'error: goal.place (training): in step 5: reads obs["mark"], but obs has no "mark". It has \'place\'.',
    ),
    "a key that no field reads and some steps do not give": (
        PLACE_AND_MARK,
        {"fields": [SPEED], "observation_size": 2},
        "error: observation (training): in step 5: does not fit its space Dict(",
    ),
    "an attribute that a wrapper hides": (
        {},
        {
            "make": lambda mode: TimeLimit(Cart(), HORIZON),
            "fields": [gym_field("thing.x", lambda env, obs, info: env.mark, "m", "x")],
        },
        "). Use env.unwrapped.mark.",
    ),
    "an attribute that a wrapper hides from the success": (
        {},
        {"make": lambda mode: TimeLimit(Cart(), HORIZON), "solved": lambda env, obs, info: env.mark > 0},
        "). Use env.unwrapped.mark.",
    ),
    "a success that only ends the episode": (
        {},
        {"solved": info["terminated"]},
        "What step returns as terminated is not in info: ask the environment in a function, or wrap it in one that "
        'writes info["success"].',
    ),
    "no reward": (
        {"step": gives(reward=None)},
        {},
        "error: reward (training): in step 1: must be one number, but is None. Return a float from step.",
    ),
    "a reward of several": (
        {"step": gives(reward=np.zeros(2))},
        {},
        "reward (training): in step 1: must be one number",
    ),
    "a reward that is a text": ({"step": gives(reward="0.5")}, {}, "in step 1: must be one number, but is '0.5'."),
    "an end that is not told": (
        {"step": gives(terminated=None)},
        {},
        "error: terminated (training): in step 1: must be True or False, but is None. Return a bool from step.",
    ),
    "an end of several": (
        {"step": gives(truncated=np.array([False, False]))},
        {},
        "error: truncated (training): in step 1: must be True or False, but is array([False, False]).",
    ),
    "a wrapper that keeps statistics": (
        {},
        {"make": lambda mode: NormalizeObservation(Cart())},
        "A wrapper with running statistics, such as NormalizeObservation, differs each time, too: leave it out.",
    ),
    "an unknown info key": (
        {},
        with_fields(gym_field("thing.x", info["sped"], "m", "x")),
        "reads info[\"sped\"], but info has no \"sped\". Did you mean 'speed'? It has 'near', 'speed'.",
    ),
    "an info key that reset does not give": (
        {"tell": only_after_a_step},
        with_fields(gym_field("thing.x", info["force"], "N", "x")),
        "'force' is in info after a step, but a field must be known after reset, too.",
    ),
    "an index into a number": (
        {},
        with_fields(gym_field("thing.x", info["speed"][0], "m", "x")),
        'info["speed"] is a single float, so there is no info["speed"][0]. Leave the index out.',
    ),
    "a wrong shape": (
        {},
        with_fields(gym_field("thing.x", obs, "m", "x")),
        "is declared with shape (), but its source gives (3,). Declare shape=(3,), or read other entries.",
    ),
    "a function that fails": (
        {},
        with_fields(gym_field("thing.x", lambda env, obs, info: env.unwrapped.wheel, "m", "x")),
        "cannot be read: AttributeError: 'Changed' object has no attribute 'wheel' (",
    ),
    "no number": (
        {},
        with_fields(gym_field("thing.x", lambda env, obs, info: "red", "m", "x")),
        "cannot be read: ValueError: could not convert string to float: 'red'",
    ),
    "not a number at reset": ({"observe": nan_at_reset}, {}, "robot.place (training): is not finite right after reset"),
    "a field that does not move": (
        {},
        with_fields(gym_field("thing.x", lambda env, obs, info: 7, "m", "x")),
        "thing.x (training): is declared to vary by 'step' but varies by 'never' under random actions",
    ),
    "a field that moves": (
        {},
        with_fields(gym_field("thing.x", obs[1], "m", "x", "never")),
        "thing.x (training): is declared to vary by 'never' but varies by 'step'; declare varies='step', or",
    ),
    "a distance for success": (
        {},
        {"solved": lambda env, obs, info: obs[0] - obs[2]},
        "solved (training): must be True or False, but is",
    ),
    "a step that lasts otherwise": (
        {"dt": 0.04},
        {},
        "dt (training): a step is declared to last 0.1 s, but the environment's lasts 0.04 s. Declare dt=0.04, or a",
    ),
    "a step that lasts longer": (
        {"dt": 0.2},
        {},
        "dt (training): a step is declared to last 0.1 s, but the environment's lasts 0.2 s. Declare dt=0.2, or a",
    ),
    "make that does not pass the mode on": (
        {"metadata": {"render_modes": ["rgb_array"]}},
        {},
        "make (training): does not pass its argument on, so nothing can be filmed. Make it with render_mode=mode.",
    ),
    "make that opens windows": (
        {"render_mode": "human"},
        {},
        'make (training): opens a window: asked for render_mode None, it gives "human". Pass its argument on: render',
    ),
    "the reward as a field": (
        {},
        with_fields(DISTANCE),
        "error: thing.x (training): carries the simulator's reward; a reward must not see it. Drop it.",
    ),
    "the reward as a field of an environment that ends its episodes": (
        {"step": ends_early},
        with_fields(DISTANCE),
        "error: thing.x (training): carries the simulator's reward",
    ),
    "the reward as a field where the reward is once no number": (
        {"step": without_a_reward_in_step_3},
        with_fields(DISTANCE),
        "error: thing.x (training): carries the simulator's reward",
    ),
    "a reward that is no number": (
        {"step": without_a_reward_in_step_3},
        {},
        "error: reward (training): the environment's own is not finite in step 3 of an episode.",
    ),
    "a part of the reward as a field": (
        {
            "tell": with_parts,
            "step": lambda self, action: (*Cart.step(self, action)[:1], 0.0, *Cart.step(self, action)[2:]),
        },
        with_fields(gym_field("thing.x", info["far"], "m", "x")),
        "carries the simulator's reward_near",
    ),
    "the success as a field": (
        {},
        with_fields(gym_field("thing.near", lambda env, obs, info: info["near"], "1", "x", dtype="bool")),
        "error: thing.near (training): carries the simulator's success",
    ),
    "what may be the success as a field, where nothing ever succeeds": (
        {"tell": never_near},
        with_fields(gym_field("thing.near", lambda env, obs, info: info["near"], "1", "x", "never")),
        "warning: thing.near (training): is 0 throughout, and so is the success: nothing was solved under random",
    ),
    "the source of success as a field, where nothing ever succeeds": (
        {"tell": never_near},
        with_fields(gym_field("thing.near", info["near"], "1", "x", dtype="bool")),
        "error: thing.near (training): is the same as solved; a reward must not see it. Drop it.",
    ),
    "what the environment calls success as a field": (
        {"tell": never_near},
        with_fields(gym_field("thing.near", info["is_success"], "1", "x", dtype="bool")),
        'error: thing.near (training): reads info["is_success"], a judgement of the environment\'s; a reward must not',
    ),
    "what the environment calls a reward as a field": (
        {"tell": never_near},
        with_fields(gym_field("thing.near", info["reward_near"], "1", "x")),
        'error: thing.near (training): reads info["reward_near"], a judgement of the environment\'s',
    ),
    "seeds that are ignored": (
        {"reset": without_seed},
        {},
        "resetting with the same seeds gives different states (robot.place, goal.place, the observation). In reset",
    ),
    "a reset that keeps what a step changed": (
        {"reset": keeps_its_speed},
        {},
        "resetting with the same seeds gives different states after 10 steps (robot.speed, the observation). In reset",
    ),
    "steps that draw from nobody's seed": (
        {"step": slips},
        {},
        "the same seeds and actions give the same start, but different states in step 1 (robot.place, robot.speed, "
        "the observation). In step, draw everything random from the seed",
    ),
    "steps that draw from nobody's seed once in a while": (
        {"step": slips_late},
        {},
        "the same seeds and actions lead to something else in step 12 (robot.place, robot.speed, the observation).",
    ),
    "what is drawn when it is made": (
        {"__init__": with_a_gain, "step": lambda self, action: Cart.step(self, action * self.gain)},
        {},
        "made anew, the same seeds and actions lead to something else in step 1 (robot.place, robot.speed, the obs",
    ),
    "a success that draws from nobody's seed": (
        {},
        {"solved": lambda env, obs, info: bool(np.random.random() < 0.5)},
        "the same seeds and actions lead to something else in step",
    ),
    "a reward that draws from nobody's seed": (
        {"step": lambda self, action: (*Cart.step(self, action)[:1], np.random.random(), False, False, self.tell())},
        {},
        "lead to something else in step 1 (the environment's own reward).",
    ),
    "an observation that is no number after reset": (
        {"observe": nan_at_reset},
        {"fields": [SPEED]},
        "error: observation (training): is not finite right after reset. A policy needs numbers: correct the",
    ),
    "an observation that is no number after some resets": (
        {"observe": nan_at_some_resets},
        {"fields": [SPEED]},
        "error: observation (training): is not finite right after some resets (of its numbers, counted from 0: 0); a",
    ),
    "a field that is no number after some resets": (
        {"observe": nan_at_some_resets},
        with_fields(gym_field("thing.x", obs[0], "m", "x")),
        "error: thing.x (training): is not finite right after some resets; a reward needs numbers.",
    ),
    "an observation that no field reads and that is no number later": (
        {"observe": nan_from_step_5},
        {"fields": [SPEED]},
        "error: observation (training): is not finite in step 5 of an episode (of its numbers, counted from 0: 2); a",
    ),
    "a field that is no number later": (
        {"observe": nan_from_step_5},
        with_fields(gym_field("thing.x", obs[2], "m", "x")),
        "error: thing.x (training): is not finite in step 5 of an episode; a reward needs numbers.",
    ),
    "an observation that grows": (
        {"observe": lambda self: np.append(Cart.observe(self), np.zeros(self.steps // 3)).astype(np.float32)},
        {},
        "error: observation (training): in step 3: has 4 numbers, and 3 before. Give the same ones in every step.",
    ),
    "a picture only": (
        {"observation_space": IMAGE, "observe": lambda self: np.zeros((8, 8, 3), np.uint8)},
        with_fields(MARK),
        "error: observation (training): is a picture only (Box(0, 255, (8, 8, 3), uint8)); the policy here needs",
    ),
    "a picture of floats": (
        {
            "observation_space": Box(0, 1, (3, 16, 16), np.float32),
            "observe": lambda self: np.zeros((3, 16, 16), np.float32),
        },
        {"fields": [SPEED, MARK], "observation_size": 768},
        "error: observation (training): is a picture only (Box(0.0, 1.0, (3, 16, 16), float32)); the policy here needs",
    ),
    "discrete actions": (
        {"action_space": Discrete(3)},
        {},
        "error: actions (training): the environment takes Discrete(3); only a continuous Box can be trained here.",
    ),
    "actions without end": (
        {"action_space": Box(-np.inf, np.inf, (1,))},
        {},
        "the environment takes actions of any size (-inf to inf)",
    ),
    "actions as far as numbers go": (
        {"action_space": Box(-3.4e38, 3.4e38, (1,))},
        {},
        "the environment takes actions of any size (-3.4e+38 to 3.4e+38). Give its action_space bounds",
    ),
    "too few actions": (
        {"action_space": Box(-1, 1, (2,))},
        {},
        "error: actions (training): 1 are described, but the environment takes 2. Describe each in one line.",
    ),
    "a wrong size": (
        {},
        {"observation_size": 5},
        "observation_size is declared 5, but there are 3 numbers. Declare",
    ),
    "an observation that its space does not describe": (
        {"observation_space": Dict(place=Box(-1, 1, (1,)))},
        {},
        "does not fit its space Dict('place': Box(-1.0, 1.0, (1,), float32)): IndexError",
    ),
    "the interface before Gymnasium": (
        {"reset": lambda self, seed=None: Cart.reset(self, seed=seed)[0]},
        {},
        "error: reset (training): must return observation and info, a tuple of two.",
    ),
    "a step that returns four": (
        {"step": lambda self, action: Cart.step(self, action)[:4]},
        {},
        "error: step (training): must return observation, reward, terminated, truncated and info",
    ),
    "a step that returns four later": (
        {"step": lambda self, action: Cart.step(self, action)[: 4 if self.steps == 5 else 5]},
        {},
        "error: step (training): in step 5: must return observation, reward, terminated, truncated and info, a tuple",
    ),
    "no dict as info later": (
        {"tell": lambda self: Cart.tell(self) if self.steps < 5 else None},
        {},
        "error: step (training): in step 5: must return a dict as info, but returns None. Return {} where there is",
    ),
    "no observation space": (
        {"observation_space": None},
        {},
        "error: observation (training): has the space None. Set observation_space to one of gymnasium.spaces, such as",
    ),
    "actions without a number": (
        {"action_space": Box(-1, 1, (0,))},
        {},
        "the environment takes Box([], [], (0,), float32), actions without a number. Give its action_space a number",
    ),
    "pictures of floats in a row": (
        {
            "observation_space": Box(0, 1, (2, 16, 16, 3), np.float32),
            "observe": lambda self: np.zeros((2, 16, 16, 3), np.float32),
        },
        {"fields": [SPEED, MARK], "observation_size": 1536},
        "error: observation (training): is a picture only (Box(0.0, 1.0, (2, 16, 16, 3), float32)); the policy here",
    ),
    "no success": ({}, {"solved": None}, "error: solved (training): is None, so no episode would ever count."),
    "an unknown success": (
        {},
        {"solved": info["is_near"]},
        'solved (training): reads info["is_near"], but info has no "is_near". Did you mean \'near\'? It has',
    ),
    "a success that fails": (
        {},
        {"solved": lambda env, obs, info: 1 / 0},
        "error: solved (training): raises ZeroDivisionError: division by zero (",
    ),
    "a success of many": (
        {},
        {"solved": lambda env, obs, info: obs > 0},
        "solved (training): must be one True or False, but has shape (3,)",
    ),
    "a success that always holds": (
        {},
        {"solved": lambda env, obs, info: True},
        "error: success (training): every episode is solved at its first step",
    ),
    "an info key that some steps do not give": (
        {"tell": without("speed")},
        {},
        'error: robot.speed (training): in step 4: reads info["speed"], but info has no "speed". It has \'near\'. A '
        "field must be there after reset and after every step.",
    ),
    "a function of a key that some steps do not give": (
        {"tell": without("speed")},
        with_fields(gym_field("thing.x", lambda env, obs, info: info["speed"], "m", "x")),
        "error: thing.x (training): in step 4: cannot be read: KeyError: 'speed' (",
    ),
    "a success that some steps do not tell": (
        {"tell": without("near")},
        {},
        'error: solved (training): in step 4: reads info["near"], but info has no "near". It has \'speed\'. If '
        "info tells it in some steps only, use lambda env, obs, info: info.get('near', False).",
    ),
    "a success that is none later": (
        {},
        {"solved": lambda env, obs, info: None if env.unwrapped.steps > 3 else False},
        "error: solved (training): in step 4: must be True or False, but is None. Compare it with something",
    ),
    "a success that is a distance later": (
        {},
        {"solved": lambda env, obs, info: 0 if env.unwrapped.steps < 3 else 0.25},
        "error: solved (training): in step 3: must be True or False, but is 0.25.",
    ),
    "no dict as info": (
        {"tell": lambda self: None},
        {"solved": lambda env, obs, info: False},
        "error: reset (training): must return a dict as info, but returns None. Return {} where there is nothing to",
    ),
    "an unfinished text": ({}, {"robot": "TODO: what it is"}, "warning: robot (declaration): is not written yet: TODO"),
}


@pytest.mark.parametrize(("methods", "changes", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained(methods, changes, said):
    assert said in "\n".join(findings(declared(**{"make": made(**methods), **changes})))


def test_a_misspelled_key_of_the_success_is_not_carried_on():
    (said,) = findings(declared(solved=info["naer"]))
    assert said.endswith("reads info[\"naer\"], but info has no \"naer\". Did you mean 'near'? It has 'near', 'speed'.")


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.1 / 3, 0.002])
def test_a_step_may_take_several_of_the_environments(dt):
    assert findings(declared(made(dt=dt))) == []


def test_make_must_take_the_mode():
    (said,) = findings(declared(make=lambda: Cart()))
    assert "make (training): must take one argument: lambda mode: gymnasium.make(..., render_mode=mode)." in said


def test_make_must_not_open_a_window_for_the_one_that_is_drawn():
    drawn = cart(metadata={"render_modes": ["human", "rgb_array"]})

    def make(mode):
        env = drawn()
        env.render_mode = mode and "human"
        return env

    (said,) = findings(declared(make))
    assert "make (training): does not pass its argument on, so nothing can be filmed. Make it with render_mode" in said


def test_make_must_give_a_new_environment_each_time():
    only = Cart()
    (said,) = findings(declared(make=lambda mode: only))
    assert said.startswith("error: make (training): returns the same environment twice. Make a new one at each call")


def test_an_environment_that_raises_is_told_with_step_file_and_line():
    (said,) = findings(declared(made(step=fails)))
    line = fails.__code__.co_firstlineno + 2
    assert said.startswith(
        "error: mine/cart (training): The environment fails in step 3: ValueError: the wheel came off ("
    )
    assert f"test_gym_task.py:{line})" in said


def test_an_environment_that_ends_its_episodes_early_is_a_note():
    (said,) = findings(declared(made(step=ends_early)))
    assert said.startswith("note: mine/cart (training): the environment ended 32 of 32 episodes of its own accord")
    assert f"the first after 5 of {HORIZON} steps" in said


def test_a_time_limit_shorter_than_the_horizon_says_both_ways_out():
    (said,) = findings(declared(lambda mode: limited(7)))
    assert f"an episode is declared to last {HORIZON} steps, but the environment stops after 7." in said
    assert "Declare horizon=7, or make it with max_episode_steps=12." in said
    assert findings(declared(lambda mode: limited(HORIZON))) == []


def test_a_time_limit_in_a_wrapper_counts_as_one_the_environment_was_made_with():
    (said,) = findings(declared(lambda mode: TimeLimit(TimeLimit(Cart(), 7), 9)))
    assert (
        "error: horizon (training): an episode is declared to last 12 steps, but the environment stops after 7" in said
    )
    assert findings(declared(lambda mode: TimeLimit(Cart(), HORIZON))) == []


def limited(steps: int) -> TimeLimit:
    spec = gymnasium.envs.registration.EnvSpec("Cart-v0", entry_point=Cart)
    return gymnasium.make(spec, max_episode_steps=steps)


def test_all_that_is_wrong_is_told_at_once():
    fields = [gym_field("thing.x", obs[7], "m", "x"), gym_field("thing.y", info["y"], "m", "y")]
    task = declared(fields=fields, observation_size=4, actions=["a", "b"], solved=None)
    assert [said.split()[1] for said in findings(task)] == ["actions", "solved", "observation", "thing.x", "thing.y"]
    with pytest.raises(TaskError, match=r"mine/cart: actions: 2 are described.* \(4 more\) .*envs check"):
        task.make_training(1)


def test_what_is_no_environment_is_refused():
    assert (
        "make (training): gives None, which is no gymnasium.Env. Return one."
        in findings(declared(lambda mode: None))[0]
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Pushr-v5", "Did you mean Pusher-v5?"),
        ("Pusher-v9", "Did you mean Pusher-v5?"),
        (
            "dm_control/reacher-easy-v0",
            'pip install "shimmy[dm-control]", and name it shimmy:dm_control/reacher-easy-v0.',
        ),
        ("ALE/Pong-v5", 'Run: pip install "ale-py", and name it ale_py:ALE/Pong-v5.'),
        ("nowhere/Arm-v0", "install it and name both, as in module:Id-v0"),
    ],
)
def test_an_unregistered_environment_names_the_nearest(name, said):
    found = findings(declared(lambda mode: gymnasium.make(name)))[0]
    assert "Gymnasium knows no such environment" in found
    assert said in found


@pytest.mark.parametrize(
    ("old", "newest"),
    [("Ant-v3", "Ant-v5"), ("Pusher-v4", "Pusher-v5"), ("FetchReach-v2", "gymnasium_robotics:FetchReach-v4")],
)
def test_a_version_that_cannot_be_made_any_more_names_the_newest(old, newest):
    load_robotics()
    (said,) = findings(declared(lambda mode: gymnasium.make(old)))
    assert f"{old} cannot be made: " in said
    assert f"Did you mean {newest}?" in said


@pytest.mark.skipif(importlib.util.find_spec("Box2D") is not None, reason="the package is there")
def test_a_missing_package_comes_with_the_command_that_installs_it():
    (said,) = findings(declared(lambda mode: gymnasium.make("LunarLanderContinuous-v3")))
    assert 'Box2D is not installed. Run: pip install swig && pip install "gymnasium[box2d]"' in said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: obs[3:], r"obs\[3:\] does not say how long it is"),
        (lambda: obs[-3:0], "Write both ends from the front"),
        (lambda: obs[0, 1], r"Write one after the other, as in obs\[0\]\[3\]"),
        (lambda: gym_field("thing.x", obs[0], "m", "x", dtype="int"), "thing.x has dtype 'int'. Use float32, bool."),
        (lambda: gym_field("thing.x", obs, "m", "x", shape=3), r"thing.x has shape 3. Use a tuple .* such as \(3,\)."),
        (lambda: gym_field("thing.x", obs, "m", "x", shape=(0,)), r"thing.x has shape \(0,\). Use a tuple"),
        (lambda: declared(dt="0.05"), "dt is '0.05'. Use the seconds that a step lasts"),
        (lambda: declared(actions=3), "actions is 3. Use a list that says in words what each entry does."),
        (lambda: declared(actions="xyz"), "actions is 'xyz'. Use a list"),
        (lambda: gym_field("thing.x", 3, "m", "x"), "The source of thing.x is 3"),
        (lambda: declared(fields=[]), "mine/cart has no fields"),
        (lambda: declared(actions=[]), "mine/cart has no actions"),
        (lambda: declared(horizon=0), "horizon is 0"),
        (lambda: declared(observation_size=2.5), "observation_size is 2.5"),
        (lambda: declared(dt=0), "dt is 0"),
        (lambda: declared(dt=np.inf), "dt is inf"),
        (lambda: gym_field("thing.x", obs[0], "m", "x", "steps"), "thing.x varies by 'steps'. Use step, reset, never."),
        (lambda: declared(id=""), "Task id '' is not simulator/name. Use letters"),
        (lambda: declared(id="cart"), "Task id 'cart' is not simulator/name"),
        (lambda: declared(id="mine/cart\n"), r"Task id 'mine/cart\\n' is not simulator/name"),
        (lambda: declared(id="mine:x/cart"), "Task id 'mine:x/cart' is not simulator/name"),
        (lambda: declared(solved=True), "solved is True"),
        (lambda: declared(scene=5), "scene is 5. Say it in words."),
        (lambda: declared(instruction=None), "instruction is None. Say it in words."),
        (lambda: gym_field("thing.x", obs[0], "m", None), "The doc of thing.x is None. Say it in words."),
        (lambda: gym_field("thing.x", obs[0], 1, "x"), "The unit of thing.x is 1. Say it in words."),
        (lambda: declared(fields=PLACE), r"fields is GymField.*Use a list of gym_field\("),
        (lambda: declared(fields=[("thing.x", obs[0])]), r"fields is \[\('thing.x'.*Use a list of gym_field\("),
        (lambda: obs[1.0], r"obs\[1.0\] has no index that is known. Use obs\[3\]"),
        (lambda: obs[...], "has no index that is known"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused_at_once(make, said):
    with pytest.raises(UserError, match=said):
        make()


def test_numbers_of_numpy_are_numbers():
    task = declared(horizon=np.int64(12), observation_size=np.int32(3), dt=np.float32(0.1))
    assert (task.horizon, task.observation_size) == (12, 3)
    assert type(task.horizon) is type(task.observation_size) is int


def test_parts_of_an_observation_know_their_shape():
    assert (obs[3].shape, obs[0:3].shape, obs["a"][[3, 1]].shape, obs["a"].shape) == ((), (3,), (2,), ())
    assert str(obs["a"][0:3]) == 'obs["a"][0:3]'
    assert (obs[np.int64(3)].shape, obs[np.array([3, 1])].shape) == ((), (2,))
    assert obs[np.array([2, 0])](None, np.array([5, 6, 7]), {}).tolist() == [7, 5]
    assert obs[[2, 0]](None, np.array([5, 6, 7]), {}).tolist() == [7, 5]
    with pytest.raises(TypeError):
        list(obs)
    assert Entry("obs").missing(np.zeros(3), {}) == ""


def test_an_action_repeat_may_end_past_the_time_limit():
    task = dataclasses.replace(declared(lambda mode: limited(HORIZON))).with_action_repeat(5)
    assert task.horizon * task.action_repeat == 10
    task = declared(lambda mode: limited(HORIZON)).with_action_repeat(7)
    assert task.horizon * task.action_repeat == 14  # the environment stops in the second step
    assert task.make_training(1) is not None
