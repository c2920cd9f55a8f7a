from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy

from text2reward.agent.brief import Attempt, Brief
from text2reward.agent.composer import Composer
from text2reward.agent.composer.gait import Gait
from text2reward.agent.composer.plan import Plan, read_plan
from text2reward.agent.composer.world import Body, understand
from text2reward.agent.composer.writer import write_program
from text2reward.envs import Field, all_tasks, get_task
from text2reward.envs.transitions import random_policy, record
from text2reward.errors import UserError
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Success, Trained
from text2reward.sandbox.static_check import check_source

BODIES = [task for task in all_tasks().values() if task.instruction == "Move forward."]
META_WORLD = [task for task in all_tasks().values() if task.id.startswith("metaworld/")]


def brief(task, instruction=None, **more) -> Brief:
    settings = {"round": 1, "seed": 0, "target": 0.9, **more}
    return Brief(task=task, instruction=instruction or task.instruction, **settings)


def attempt(program: str, k: int, candidate: str = "r1c1", **terms: tuple[float, float]) -> Attempt:
    """A trained attempt whose terms went from the first to the second value."""
    spread = dict.fromkeys(terms, 0.1)
    curve = tuple(
        CurvePoint(1000 * (i + 1), 10, k / 30, 1.0, {n: a + (b - a) * i / 9 for n, (a, b) in terms.items()}, spread)
        for i in range(10)
    )
    select = Success(k, 30, k / 30, k / 30, k)
    training = Trained(candidate, f"{candidate}/s0", "x", "steps", "last", 10_000, 10_000, select, k, 1.0)
    return Attempt(candidate, None, program, (), training, curve)


def drafts(about: Brief, count: int = 4) -> list:
    return list(Composer().draft(about, count))


@pytest.mark.parametrize("task", [*META_WORLD, *BODIES], ids=lambda task: task.id)
def test_every_task_gets_programs_that_pass_the_static_check(task):
    written = drafts(brief(task), 12)
    assert len({draft.program for draft in written}) == 12
    assert [check_source(draft.program, task.layout) for draft in written] == [[]] * 12


def test_the_first_round_differs_in_structure():
    plans = [read_plan(draft.program) for draft in drafts(brief(META_WORLD[0]))]
    structures = {(plan.contact, plan.measure, plan.gate > 0, plan.finish_weight > 3) for plan in plans}
    assert len(structures) == 4


def test_the_same_brief_gives_the_same_drafts_and_another_seed_others():
    one, same, other = (drafts(brief(META_WORLD[0], seed=seed), 8) for seed in (0, 0, 1))
    assert one == same
    assert one != other


def test_programs_run_and_pass_the_dynamic_checks(rewards, bank):
    from text2reward.sandbox.bank_check import check_program

    for draft in drafts(brief(toy.TASK), 6):
        findings = check_program(draft.program, toy.TASK.layout, rewards, bank)
        assert [finding for finding in findings if finding.level == "error"] == []


def test_a_plan_is_read_back_from_its_program():
    world = understand(META_WORLD[0].fields, "Open it.", 4)
    plan = Plan(contact="behind", gate=0.07, grip_weight=0.5, effort_weight=0.01)
    assert read_plan(write_program(plan, world, "Open it.")) == plan
    assert read_plan(toy.REACH) is None
    assert read_plan("# composer: {nonsense") is None
    assert read_plan('# composer: {"unknown": 1}') is None


@pytest.mark.parametrize(
    ("task", "instruction", "thing", "intent"),
    [
        ("metaworld/window-close-v3", "Push and close a sliding window by its handle.", "handle.pos", "push"),
        ("metaworld/pick-place-v3", "Pick up the puck and place it at the goal position.", "puck.pos", "carry"),
        ("metaworld/reach-v3", "Move the gripper to the goal position.", None, "reach"),
        ("metaworld/reach-v3", "Push the puck to the goal.", "puck.pos", "push"),
        ("metaworld/window-close-v3", "Schließe das Fenster am Griff.", "handle.pos", "push"),
        ("metaworld/window-close-v3", "把窗户关上。", "handle.pos", "push"),
        ("fetch/Reach", None, None, "reach"),
        ("fetch/Push", None, "block.pos", "push"),
        ("fetch/PickAndPlace", None, "block.pos", "carry"),
        ("fetch/Slide", None, "puck.pos", "push"),
        ("panda/PickCube", None, "cube.pos", "carry"),
        ("panda/OpenCabinet", None, "handle.pos", "carry"),
    ],
)
def test_the_sentence_and_the_fields_say_what_to_do(task, instruction, thing, intent):
    world = understand(get_task(task).fields, instruction or get_task(task).instruction, 4)
    assert (world.thing, world.intent) == (thing, intent)


@pytest.mark.parametrize(("task", "grip"), [("metaworld/pick-place-v3", "0.5"), ("fetch/PickAndPlace", "-0.5")])
def test_a_grip_is_paid_for_at_the_actions_closing_end(task, grip):
    assert f"grip = {grip} * near * action[:, 3]" in drafts(brief(get_task(task)))[0].program


@pytest.mark.parametrize("name", ["fetch/PickAndPlace", "panda/PickCube"])
def test_programs_for_other_worlds_pass_the_dynamic_checks(rewards, name):
    from text2reward.sandbox.bank_check import check_program

    task = get_task(name)
    simulator = task.make_training(8)
    bank = record(simulator, random_policy(task, 8, np.random.default_rng(0)), 16, range(8)).transitions
    simulator.close()
    for draft in drafts(brief(task), 2):
        findings = check_program(draft.program, task.layout, rewards, bank)
        assert [finding for finding in findings if finding.level == "error"] == []


def test_a_task_of_ones_own_gets_programs_from_its_fields_alone():
    fields = (
        Field("gripper.tcp_pos", (3,), "m", "x"),
        Field("cube_a.pos", (3,), "m", "x"),
        Field("target.pos", (3,), "m", "x", "reset"),
    )
    task = dataclasses.replace(toy.TASK, fields=fields, instruction="Push cube a to the target.")
    assert check_source(drafts(brief(task), 1)[0].program, task.layout) == []
    assert understand(fields, task.instruction, 3).thing == "cube_a.pos"


def test_a_task_without_a_goal_is_refused_with_what_to_do():
    task = dataclasses.replace(toy.TASK, fields=toy.TASK.fields[:1])
    with pytest.raises(UserError, match=r"no position of a goal.*--model"):
        drafts(brief(task))


def test_a_place_that_is_no_place_is_said_to_be_none():
    fields = (Field("robot.ee_pos", (2,), "m", "x"), *toy.TASK.fields[1:])
    with pytest.raises(UserError, match=r"hand as three numbers in m, and robot.ee_pos is float32 \(B, 2\), m\."):
        drafts(brief(dataclasses.replace(toy.TASK, fields=fields)))


def revised(k: int, task=META_WORLD[0], **terms: tuple[float, float]) -> list:
    first = drafts(brief(task))[0].program
    about = brief(task, round=2, attempts=(attempt(first, k, **terms),), best="r1c1")
    return drafts(about)


def test_later_rounds_change_the_best_program_and_name_it_as_parent():
    later = revised(0, reach=(0.1, 0.9), move=(0.5, 0.5))
    first = drafts(brief(META_WORLD[0]))[0]
    assert {draft.parent for draft in later} == {"r1c1"}
    assert first.program not in {draft.program for draft in later}
    assert len({draft.program for draft in later}) == 4


@pytest.mark.parametrize(
    ("k", "terms", "said"),
    [
        (0, {"reach": (0.1, 0.2), "move": (0.5, 0.5)}, "reach term stayed low"),
        (0, {"reach": (0.1, 0.9), "move": (0.5, 0.5)}, "move term hardly rose"),
        (10, {"reach": (0.1, 0.9), "move": (0.5, 1.9)}, "does not finish"),
        (30, {"reach": (0.1, 0.9), "move": (0.5, 2.5)}, "it works"),
    ],
)
def test_what_training_showed_decides_what_changes(k, terms, said):
    assert said in revised(k, **terms)[0].note


def test_a_round_after_failures_starts_fresh():
    failed = Attempt("r1c1", None, "x = 1")
    later = drafts(brief(META_WORLD[0], round=2, attempts=(failed,)))
    assert {draft.parent for draft in later} == {None}


@pytest.mark.parametrize(
    ("instruction", "way"),
    [("Move forward.", 1), ("Run ahead as fast as you can.", 1), ("Walk backwards.", -1), ("MOVE FORWARDS", 1)],
)
def test_a_body_moves_which_way_the_sentence_says(instruction, way):
    assert understand(BODIES[0].fields, instruction, 3) == Body("torso.pos", "torso.up", "torso.lin_vel", way)


@pytest.mark.parametrize("instruction", ["Do a front flip.", "Walk forward, then backward.", "Lie down."])
def test_what_the_grammar_has_no_words_for_is_refused(instruction):
    with pytest.raises(UserError, match=r"forward or backward.*--model"):
        drafts(brief(BODIES[0], instruction))


@pytest.mark.parametrize(("instruction", "way"), [("Move forward.", 1), ("Move backward.", -1)])
def test_programs_for_bodies_pay_for_speed_along_the_way_while_they_stand(rewards, instruction, way):
    task = next(task for task in BODIES if task.id == "mujoco/Ant-v5")
    (draft,) = drafts(brief(task, instruction), 1)
    state = np.zeros((5, task.layout.size), dtype=np.float32)
    pos, up, speed = (task.layout.columns(f"torso.{name}") for name in ("pos", "up", "lin_vel"))
    state[:, pos] = [0, 0, 0.6]
    state[:, up] = [0, 0, 1]
    state[1, speed] = [way, 0, 0]  # along the way
    state[2, speed] = [way, 1, 0]  # askew
    state[3, speed] = [-way, 0, 0]  # the other way
    state[4, speed], state[4, up] = [way, 0, 0], [0, 0, -1]  # upside down
    process = rewards.process(task.layout, task.action.size, 5)
    process.load(draft.program)
    terms = process(state, np.zeros((5, 8), dtype=np.float32), state)
    process.close()
    still, along, askew, other, over = np.sum([*terms.values()], axis=0)
    assert along > askew > still > other
    assert over == 0


def test_programs_for_bodies_run_and_pass_the_dynamic_checks(rewards):
    from text2reward.sandbox.bank_check import check_program

    task = BODIES[0]
    simulator = task.make_training(16)
    own = record(simulator, random_policy(task, 16, np.random.default_rng(0)), 16, list(range(16))).transitions
    simulator.close()
    for draft in drafts(brief(task), 4):
        assert check_program(draft.program, task.layout, rewards, own) == []


def test_the_plan_of_a_gait_is_read_back_from_its_program():
    world = understand(BODIES[0].fields, "Move forward.", 3)
    gait = Gait(pace=2.5, gated=False, effort_weight=0.0)
    assert read_plan(write_program(gait, world, "Move forward.")) == gait


@pytest.mark.parametrize(
    ("k", "terms", "said"),
    [
        (0, {"stand": (0.1, 0.3), "forward": (0.0, 0.1)}, "it falls"),
        (0, {"stand": (0.1, 0.9), "forward": (0.0, 0.1)}, "it is slow"),
        (9, {"stand": (0.1, 0.9), "forward": (0.0, 1.9)}, "going straight"),
        (30, {"stand": (0.1, 0.9), "forward": (0.0, 1.9)}, "it works"),
    ],
)
def test_what_training_showed_of_a_body_decides_what_changes(k, terms, said):
    later = revised(k, BODIES[0], **terms)
    assert said in later[0].note
    assert len({draft.program for draft in later}) == 4
