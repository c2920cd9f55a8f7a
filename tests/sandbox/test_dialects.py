"""Programs in Eureka's and Text2Reward's style mean what their native twins mean, and are refused in words."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import toy

from text2reward.envs import Field, StateLayout
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions
from text2reward.record.terms import ABOUT_REST, about_terms
from text2reward.sandbox.bank_check import check_program
from text2reward.sandbox.dialects import dialect_of, dialect_of_text, isaac, tensor_names
from text2reward.sandbox.dialects.pose import Pose, multiply, rotate
from text2reward.sandbox.numpy_vocabulary import NUMPY_VOCABULARY
from text2reward.sandbox.reward_process import RewardFault
from text2reward.sandbox.reward_server import RewardServer
from text2reward.sandbox.static_check import check_source

TWINS = Path(__file__).parents[2] / "bench" / "twins"
TASKS = sorted(str(path.parent.relative_to(TWINS)) for path in TWINS.glob("*/*/native.py"))
FOREIGN = ["eureka", "text2reward"]


def made_up(task: Task, rows: int = 256) -> Transitions:
    """Transitions with plausible values in every field, near enough to one another for every branch to be taken."""
    rng = np.random.default_rng(0)
    packed = []
    for _ in range(2):
        blocks = []
        for field in task.fields:
            if field.dtype == "bool":
                blocks.append(rng.random((rows, field.size)) < 0.5)
            elif "quat" in field.name:
                values = rng.normal(size=(rows, 4))
                blocks.append(values / np.linalg.norm(values, axis=1, keepdims=True))
            else:
                blocks.append(rng.normal(size=(rows, field.size)) * rng.choice([0.003, 0.05, 0.7], size=(rows, 1)))
        packed.append(np.concatenate(blocks, axis=1).astype(np.float32))
    action = rng.uniform(-1, 1, (rows, task.action.size)).astype(np.float32)
    return Transitions(packed[0], action, packed[1], np.zeros(rows, dtype=bool), np.zeros(rows, dtype=np.float32))


def terms(rewards: RewardServer, layout: StateLayout, source: str, bank: Transitions) -> dict[str, np.ndarray]:
    action_size = bank.action.shape[1]
    process = rewards.process(layout, action_size, len(bank), dialect=dialect_of_text(source).name)
    try:
        process.load(source)
        return process(bank.prev, bank.action, bank.state)
    finally:
        process.close()


def test_there_are_twins_on_four_worlds():
    assert len(TASKS) >= 6
    assert {name.split("/")[0] for name in TASKS} == {"metaworld", "maniskill", "mujoco", "fetch"}


@pytest.mark.parametrize("style", FOREIGN)
@pytest.mark.parametrize("name", TASKS)
def test_a_foreign_program_pays_what_its_native_twin_pays(rewards, name, style):
    task = get_task(name)
    native, foreign = ((TWINS / name / f"{each}.py").read_text() for each in ("native", style))
    assert dialect_of_text(native).name == "native"
    assert dialect_of_text(foreign).name == style
    assert check_source(native, task.layout) == check_source(foreign, task.layout) == []
    bank = made_up(task)
    ours, theirs = (sum(terms(rewards, task.layout, each, bank).values()) for each in (native, foreign))
    assert np.ptp(ours) > 0.1
    assert theirs == pytest.approx(ours, abs=2e-5)


@pytest.mark.parametrize("style", FOREIGN)
@pytest.mark.parametrize("name", TASKS)
def test_a_foreign_program_is_known_to_read_what_its_native_twin_reads(name, style):
    task = get_task(name)
    trees = [ast.parse((TWINS / name / f"{each}.py").read_text()) for each in ("native", style)]
    ours, theirs = (set(dialect_of(tree).reads(tree, task.layout)) for tree in trees)
    named_apart = {"cube_b.quat"}  # both of its names occur, but not together
    assert theirs - named_apart == ours - named_apart


HEAD = "import numpy as np\n"
EUREKA = "import torch\nfrom typing import Dict, Tuple\n"
PLAIN = "    return -float(np.linalg.norm(self.robot.ee_position - self.goal_position))\n"


def t2r(*lines: str, arguments: str = "self, action", head: str = HEAD) -> str:
    return f"{head}def compute_dense_reward({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


def eureka(arguments: str, *lines: str) -> str:
    return f"{EUREKA}def compute_reward({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


REFUSED = [
    (t2r("return -self.robot.ee_positon[0]"), "unknown-field", 3, "did you mean self.robot.ee_position?"),
    (t2r("d = self.prev_distance", "return d"), "unknown-field", 3, "keeps no state"),
    (t2r("self.count = 1.0", "return 1.0"), "mutation", 3, "keeps no state"),
    (t2r("return obs[0]", arguments="self, action, obs"), "signature", 2, "Meta-World's tasks alone"),
    (t2r("return 1.0", arguments="self"), "signature", 2, "(self, action)"),
    (t2r("return 1.0", arguments="self, obs, action"), "signature", 2, "the second argument is the action, not obs"),
    (
        "class Task:\n    def compute_dense_reward(self, action):\n        return 1.0\n",
        "no-entry",
        2,
        "out of its class",
    ),
    (t2r("return 1.0").replace("dense_", ""), "no-entry", 2, "rename compute_reward"),
    (t2r("return self.robot.check_grasp(self.goal)"), "unknown-field", 3, "no field of the task says what is grasped"),
    (t2r("return 1.0", head="import gymnasium\n"), "import", 1, "reaches no simulator"),
    (t2r("return 1.0", head="import pandas\n"), "import", 1, "numpy, math, scipy.spatial.distance, transforms3d"),
    (t2r("return np.random.rand()"), "unknown-function", 3, "no randomness"),
    (t2r("return np.linalg.nrom(action)"), "unknown-function", 3, "did you mean np.linalg.norm?"),
    (t2r("while True:", "    pass", "return 1.0"), "syntax-not-allowed", 3, "a while loop"),
    (t2r("getattr(self, 'robot')", "return 1.0"), "unknown-name", 3, "getattr"),
    (t2r("x = 1.0"), "no-return", 2, "returns nothing"),
    (eureka("robot_eepos: torch.Tensor", "return robot_eepos[:, 0], {}"), "unknown-field", 3, "robot_ee_pos"),
    (eureka("progress_buf: torch.Tensor", "return progress_buf, {}"), "unknown-field", 3, "no clock"),
    (eureka("cube: torch.Tensor", "return cube, {}"), "unknown-field", 3, "there is robot_ee_pos, goal_pos"),
    (
        eureka("goal_pos: torch.Tensor", "if goal_pos[0, 0] > 0:", "    return goal_pos[:, 0], {}", "return 1, {}"),
        "branch",
        4,
        "torch.where",
    ),
    (eureka("goal_pos: torch.Tensor", "return goal_pos.item(), {}"), "unknown-attribute", 4, "keep the (B,) tensor"),
]


@pytest.mark.parametrize(
    ("source", "name", "line", "words"), REFUSED, ids=[f"{r[1]}-{i}" for i, r in enumerate(REFUSED)]
)
def test_what_cannot_be_run_is_named_with_its_line_and_what_is_nearest(source, name, line, words):
    findings = [f for f in check_source(source, toy.TASK.layout) if f.name == name]
    assert [finding.line for finding in findings[:1]] == [line]
    assert words in findings[0].message


FAULTS = [
    (t2r("return self.robot.ee_position"), "term-shape", "one number for a row; it returned an array of shape (3,)"),
    (t2r("g = self.goal", "return g.ee_position[0]"), "raised", "self.goal.ee_position does not exist; there is pos"),
    (t2r("r = self", "r.kept = 1", "return 1.0"), "mutation", "keeps no state"),
    (t2r("return np.log(action[0])"), "not-finite", "clamp what goes into log"),
    (eureka("actions: torch.Tensor", "return actions.mean(), {}"), "term-shape", "(B,) with B = "),
    (eureka("actions: torch.Tensor", "return 1.0, {}"), "term-shape", "it is a float"),
]


@pytest.mark.parametrize(("source", "name", "words"), FAULTS, ids=[f"{f[1]}-{i}" for i, f in enumerate(FAULTS)])
def test_what_shows_only_when_it_runs_is_a_finding(rewards, bank, source, name, words):
    findings = check_program(source, toy.TASK.layout, rewards, bank)
    assert [finding.name for finding in findings][:1] == [name]
    assert words in findings[0].message


def test_a_program_for_single_rows_is_told_that_it_is_slow_and_no_more(rewards, bank):
    slow = t2r("d = 0.0", "for i in range(30):", "    d += np.linalg.norm(self.robot.ee_position)", "return -d")
    findings = check_program(slow, toy.TASK.layout, rewards, bank)
    assert [(finding.name, finding.level) for finding in findings] == [("too-slow", "warning")]
    assert "one at a time; it can stay so, but compute_reward(state, action, prev) over all rows" in findings[0].message


def test_a_program_for_single_rows_that_writes_into_what_it_is_given_changes_nothing(rewards, bank):
    writes = t2r("p = self.robot.ee_position", "p[0] = 9.0", "action[0] = 9.0", "return float(p[1] + action[1])")
    assert [f for f in check_program(writes, toy.TASK.layout, rewards, bank) if f.level == "error"] == []


def test_memory_in_a_list_at_the_top_is_found(rewards, bank):
    keeps = t2r("c = CALLS", "c.append(1.0)", "return float(action[0] * sum(CALLS))", head=HEAD + "CALLS = [0.0]\n")
    assert check_program(keeps, toy.TASK.layout, rewards, bank)[0].name == "not-deterministic"


def test_parts_become_terms_and_what_they_leave_out_becomes_the_rest(rewards, bank):
    source = eureka(
        "actions: torch.Tensor, dt: float = 0.5",
        "a, b = actions[:, 0], actions[:, 1]",
        'return 2 * a + b * dt, {"a part": 2 * a, "mean": a.mean(), "total": 0 * a}',
    )
    found = terms(rewards, toy.TASK.layout, source, bank)
    assert list(found) == ["a_part", "total_part", "rest"]
    assert found["rest"] == pytest.approx(bank.action[:, 1] * toy.TASK.dt, abs=1e-5)


def test_a_rest_that_is_rounding_alone_is_zero(rewards, bank):
    source = eureka(
        "actions: torch.Tensor", "a, b = actions[:, 0] / 3, actions[:, 1] / 7", 'return b + a, {"a": a, "b": b}'
    )
    found = terms(rewards, toy.TASK.layout, source, bank)
    assert (found["rest"] == 0).all()
    assert check_program(source, toy.TASK.layout, rewards, bank) == []


def test_parts_that_some_rows_do_not_name_are_zero_there(rewards, bank):
    source = t2r("if action[0] > 0:", '    return 1.0, {"bonus": 1.0}', "return 0.0, {}")
    found = terms(rewards, toy.TASK.layout, source, bank)
    assert (found["bonus"] == (bank.action[:, 0] > 0)).all()
    assert (found["rest"] == 0).all()


def test_isaac_gyms_names_are_understood_and_its_quaternions_are_xyzw(rewards):
    layout = StateLayout([Field("cube.quat", (4,), "1", "x"), Field("cube.ang_vel", (3,), "rad/s", "x")])
    state = np.arange(14, dtype=np.float32).reshape(2, 7)
    bank = Transitions(state, np.zeros((2, 1), dtype=np.float32), state, np.zeros(2, dtype=bool), np.zeros(2))
    source = eureka(
        "cube_rot: torch.Tensor, cube_quat: torch.Tensor, object_angvel: torch.Tensor = 1",
        'return cube_rot[:, 3], {"w": cube_quat[:, 0]}',
    )
    found = terms(rewards, layout, source, bank)
    assert found["w"].tolist() == [0.0, 7.0]
    assert (found["rest"] == 0).all()


def test_velocities_that_are_no_fields_are_what_happened_over_the_step(rewards):
    fields = [Field("cube.pos", (3,), "m", "x"), Field("cube.quat", (4,), "1", "x")]
    layout = StateLayout(fields, {"dt": 0.1})
    half = np.float32(0.05)  # half of the angle
    prev = np.array([[0, 0, 0, 1, 0, 0, 0]], dtype=np.float32)
    state = np.array([[0.02, 0, 0, np.cos(half), 0, 0, np.sin(half)]], dtype=np.float32)
    bank = Transitions(prev, np.zeros((1, 1), dtype=np.float32), state, np.zeros(1, dtype=bool), np.zeros(1))
    source = t2r(
        "turning, moving = self.cube.angular_velocity[2], self.cube.velocity[0]",
        'return turning + moving, {"turning": turning, "moving": moving}',
    )
    found = terms(rewards, layout, source, bank)
    assert found["moving"] == pytest.approx(0.2, abs=1e-5)
    assert found["turning"] == pytest.approx(1.0, abs=1e-3)


def test_obs_is_what_meta_world_hands_out_whatever_the_order_of_its_quaternions(rewards):
    """Slot i of the observation holds i, so a program that returns a slot returns its number."""
    task = get_task("metaworld/pick-place-v3")
    state = np.array([task.observed], dtype=np.float32)
    bank = Transitions(state + 18, np.zeros((1, 4), dtype=np.float32), state, np.zeros(1, dtype=bool), np.zeros(1))
    for slot in (0, 3, 6, 7, 8, 9, 10, 18, 25, 36, 38):
        source = t2r(f"return float(obs[{slot}])", arguments="self, action, obs")
        assert sum(terms(rewards, task.layout, source, bank).values()).tolist() == [slot]


def test_all_of_obs_at_once_is_refused_where_slots_hold_no_field():
    task = get_task("metaworld/window-close-v3")
    (finding,) = check_source(t2r("return float(np.sum(obs))", arguments="self, action, obs"), task.layout)
    assert "read those that are: 0:7, 18:25, 36:39" in finding.message
    (finding,) = check_source(t2r("return self.prev_distance"), task.layout)
    assert "obs[18:] holds the state before the step" in finding.message


def test_maniskills_joints_end_with_the_fingers(rewards):
    task = get_task("maniskill/PickCube-v1")
    bank = made_up(task, 4)
    fields = task.layout.unpack(bank.state)
    source = t2r("q = self.agent.robot.get_qpos()", "return float(np.sum(q[:-2]) + 10 * q[-1]) + 0 * len(q)")
    wanted = fields["robot.joint_pos"].sum(axis=1) + 5 * fields["robot.gripper_width"]
    assert sum(terms(rewards, task.layout, source, bank).values()) == pytest.approx(wanted, abs=1e-4)


def test_a_part_that_is_named_in_a_late_stage_alone_is_a_term_from_the_start(rewards, bank):
    source = t2r(
        'parts = {"reach": float(action[0])}',
        "if action[0] > 2:",
        '    parts["held"] = 1.0',
        "return action[0], parts",
    )
    process = rewards.process(toy.TASK.layout, 3, len(bank), dialect="text2reward")
    process.load(source)
    assert list(process(bank.prev, bank.action, bank.state)) == ["reach", "held", "rest"]
    late = process(bank.prev[:1], bank.action[:1] + 5, bank.state[:1])
    assert late["held"].tolist() == [1.0]
    process.close()


def test_a_small_rest_of_parts_that_cancel_is_kept(rewards, bank):
    source = eureka("actions: torch.Tensor", "a = 400 + actions[:, 0]", 'return a - a + 0.005, {"a": a, "b": -a}')
    assert terms(rewards, toy.TASK.layout, source, bank)["rest"] == pytest.approx(0.005)


def test_a_program_whose_named_parts_never_change_is_judged_by_the_rest(rewards, bank):
    source = eureka(
        "robot_ee_pos: torch.Tensor, goal_pos: torch.Tensor",
        "total = 1 - torch.norm(robot_ee_pos - goal_pos, dim=-1)",
        'return total, {"alive": torch.ones_like(total), "log": torch.log(total - 9)}',
    )
    findings = check_program(source, toy.TASK.layout, rewards, bank)
    assert [(f.name, f.level) for f in findings] == [("constant-term", "warning")]


def test_an_angle_of_grasping_is_taken_for_the_one_that_is_known_with_a_warning(rewards):
    task = get_task("maniskill/PickCube-v1")
    source = t2r("held = self.robot.check_grasp(obj=self.obj, max_angle=30)", "return float(held) - action[0]")
    (finding,) = [f for f in check_program(source, task.layout, rewards, made_up(task)) if f.name == "grasp-angle"]
    assert (finding.level, finding.line) == ("warning", 3)


ACCEPTED = [
    t2r("return -pow(self.robot.ee_position[0], 2)"),
    eureka(
        "actions: torch.Tensor, temp: float = 0.1, scale: bool = True",
        "x = actions[:, 0] * temp",
        "if scale:",
        "    x = 2 * x",
        "return x, {}",
    ),
    eureka("actions: torch.Tensor, *, goal_pos: torch.Tensor", "return actions[:, 0] - goal_pos[:, 0], {}"),
]


@pytest.mark.parametrize("source", ACCEPTED)
def test_what_is_usual_is_accepted(source, rewards, bank):
    assert [f for f in check_program(source, toy.TASK.layout, rewards, bank) if f.level == "error"] == []


SLIPS = [
    "state, action: torch.Tensor",
    "state, action: torch.Tensor, prev_state",
    "prev, action: torch.Tensor, state",
    "state, action: torch.Tensor, prev=None",
]


@pytest.mark.parametrize("arguments", SLIPS)
def test_a_native_program_with_a_slip_is_told_the_native_signature(arguments):
    source = eureka(arguments, 'return {"a": action[:, 0]}')
    assert dialect_of_text(source).name == "native"
    assert [f.name for f in check_source(source, toy.TASK.layout)][:1] == ["signature"]


@pytest.mark.parametrize(
    "source",
    [
        "@torch.jit.script\ndef compute_reward(goal_pos):\n    out = (goal_pos[:, 0], {})\n    return out\n",
        "def compute_reward(goal_pos) -> Tuple[Tensor, dict]:\n    out = (goal_pos[:, 0], {})\n    return out\n",
    ],
)
def test_eurekas_style_is_told_by_its_decorator_or_its_answer(source):
    assert dialect_of_text(source).name == "eureka"


ODD = [
    [Field("robot.gripper_openness", (), "1", "x"), Field("robot.ee_pos", (3,), "m", "x")],
    [Field("puck.pos", (2,), "m", "x"), Field("thing.pos", (3,), "m", "x"), Field("thing.quat", (3,), "1", "x")],
    [Field("torso.pitch", (), "rad", "x"), Field("torso.pos", (3,), "m", "x")],
    [Field("door.angle", (), "rad", "x"), Field("door.vel", (), "1", "x"), Field("door.velocity", (3,), "1", "x")],
]


@pytest.mark.parametrize("fields", ODD)
def test_odd_fields_of_ones_own_break_nothing(fields):
    layout = StateLayout(fields, {"dt": 0.1})
    names = "pose.inv() position_z velocity angular_velocity top_joint.angular_velocity quat pos".split()
    for group in {field.name.split(".")[0] for field in fields}:
        for name in names:
            for source in (t2r(f"return float(np.sum(self.{group}.{name}))"), t2r(f"return self.robot.{group}.{name}")):
                check_source(source, layout)
                dialect_of(ast.parse(source)).reads(ast.parse(source), layout)


def test_poses_multiply_and_invert():
    rng = np.random.default_rng(0)

    def pose() -> Pose:
        q = rng.normal(size=4)
        return Pose(rng.normal(size=3), q / np.linalg.norm(q))

    a, b = pose(), pose()
    both = a * b
    assert both.to_transformation_matrix() == pytest.approx(a.to_transformation_matrix() @ b.to_transformation_matrix())
    assert (a.inv() * a).to_transformation_matrix() == pytest.approx(np.eye(4), abs=1e-12)
    assert rotate(multiply(a.q, b.q), np.ones(3)) == pytest.approx(rotate(a.q, rotate(b.q, np.ones(3))))


OUTSIDE = {
    "reads": "np.memmap('/etc/passwd')",
    "reads text": "np.fromfile('/etc/passwd', dtype=np.uint8)",
    "writes": "np.savetxt('/tmp/text2reward-was-here', np.zeros(1))",
    "loads a library": "np.ctypeslib.load_library('libc.so.6', '/lib')",
    "forks": "np.ctypeslib.os.fork()",
    "executes": "np.ctypeslib.os.execv('/bin/true', ['true'])",
    "lists": "np.ctypeslib.os.listdir('/')",
    "connects": "np.ctypeslib.sys.modules['socket'].create_connection(('127.0.0.1', 1))",
}


@pytest.mark.parametrize("deed", OUTSIDE.values(), ids=OUTSIDE)
def test_a_process_with_numpy_and_scipy_in_it_is_locked_all_the_same(rewards, deed):
    process = rewards.process(toy.TASK.layout, 3, 8, dialect="text2reward")
    try:
        process.load(t2r(f"{deed}", "return 1.0"))
        with pytest.raises(RewardFault) as fault:
            process(*(np.zeros((8, size), dtype=np.float32) for size in (6, 3, 6)))
    finally:
        process.close()
    assert fault.value.finding.name in ("raised", "crash")
    assert not Path("/tmp/text2reward-was-here").exists()


def test_every_name_of_the_numpy_vocabulary_exists():
    import importlib

    for name in NUMPY_VOCABULARY.functions:
        module, _, function = name.rpartition(".")
        assert hasattr(importlib.import_module(module), function), name


def test_the_rest_is_explained_by_the_name_it_has():
    assert about_terms(["reach", tensor_names.REST]) == ABOUT_REST
    assert about_terms(["reach"]) == ""


def test_the_helpers_that_a_program_may_name_are_those_it_is_given():
    assert set(tensor_names.HELPERS) == set(isaac.HELPERS)
