"""What can be known of ManiSkill's tasks where the package is not installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
import toy

from text2reward.agent.composer.plan import Plan
from text2reward.agent.composer.world import understand
from text2reward.agent.composer.writer import write_program
from text2reward.cli import main
from text2reward.envs import get_task
from text2reward.envs.maniskill import TASKS, needs
from text2reward.errors import UserError
from text2reward.training.workers import Workers

PUBLISHED = {
    "LiftCube": "Pick up cube A and lift it up by 0.2 meter.",
    "PickCube-v1": "Pick up cube A and move it to the 3D goal position.",
    "StackCube-v1": "Pick up cube A and place it on cube B. The task is finished when cube A is on top of cube B "
    "stably (i.e. cube A is static) and isn't grasped by the gripper.",
    "TurnFaucet-v1": "Turn on a faucet by rotating its handle. The task is finished when qpos of faucet handle is "
    "larger than target qpos.",
    "OpenCabinetDoor-v1": "A single-arm mobile robot needs to open a cabinet door. The task is finished when qpos of "
    "cabinet door is larger than target qpos.",
    "OpenCabinetDrawer-v1": "A single-arm mobile robot needs to open a cabinet drawer. The task is finished when qpos "
    "of cabinet drawer is larger than target qpos.",
}
ROLES = {
    "LiftCube": ("cube.pos", "carry"),
    "PickCube-v1": ("cube.pos", "carry"),
    "StackCube-v1": ("cube_a.pos", "carry"),
    "PushCube-v1": ("cube.pos", "push"),
    "PullCube-v1": ("cube.pos", "push"),
    "LiftPegUpright-v1": ("peg.pos", "carry"),
    "PokeCube-v1": ("cube.pos", "push"),
    "PullCubeTool-v1": ("cube.pos", "push"),
    "RollBall-v1": ("ball.pos", "push"),
    "PlaceSphere-v1": ("sphere.pos", "carry"),
    "PegInsertionSide-v1": ("peg.pos", "carry"),
    "PlugCharger-v1": ("charger.pos", "carry"),
    "TurnFaucet-v1": ("faucet.handle_pos", "push"),
    "OpenCabinetDrawer-v1": ("drawer.handle_pos", "push"),
    "OpenCabinetDoor-v1": ("door.handle_pos", "push"),
}


@pytest.fixture
def not_installed(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mani_skill" else there(name))


def test_the_published_tasks_have_their_sentences():
    assert {name: get_task(f"maniskill/{name}").instruction for name in PUBLISHED} == PUBLISHED


def test_listing_the_tasks_does_not_import_the_package():
    code = (
        "import sys; from text2reward.envs import get_task; get_task('maniskill/PickCube-v1'); "
        "print([m for m in ('mani_skill', 'sapien', 'torch') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_composer_finds_hand_thing_goal_and_intent(task):
    world = understand(task.fields, task.instruction, task.action.size, task.action.closing)
    thing, intent = ROLES[task.id.split("/")[1]]
    assert (world.hand, world.openness, world.goal) == ("robot.ee_pos", "robot.gripper_width", "goal.pos")
    assert (world.thing, world.intent) == (thing, intent)


def test_the_composer_closes_a_gripper_that_closes_at_minus_one():
    task = get_task("maniskill/PickCube-v1")
    world = understand(task.fields, task.instruction, task.action.size, task.action.closing)
    assert "grip = -0.5 * near * action[:, 7]" in write_program(Plan(gate=0.05, grip_weight=0.5), world, "Pick it up.")


def test_a_missing_package_is_said_with_the_command_that_installs_it(not_installed, capsys):
    assert main(["train", "--reward", "expert", "--env", "maniskill/PickCube-v1"]) == 2
    assert capsys.readouterr().err == (
        "text2reward: ManiSkill, which PickCube-v1 runs in, is not installed. "
        'Install it: pip install --constraint constraints.txt --editable ".[maniskill]"\n'
    )


def test_a_task_can_be_shown_without_the_package(not_installed, capsys):
    assert main(["envs", "show", "maniskill/StackCube-v1"]) == 0
    assert "state.robot.is_grasping_cube_a" in capsys.readouterr().out


def test_checking_all_tasks_passes_over_what_is_not_installed(not_installed, monkeypatch, capsys):
    monkeypatch.setattr(
        "text2reward.terminal.looking.all_tasks",
        lambda: {task.id: task for task in (toy.TASK, get_task("maniskill/PickCube-v1"))},
    )
    assert main(["envs", "check"]) == 0
    out = capsys.readouterr().out
    assert "toy/reach: 2 fields are what they say" in out
    assert "maniskill/PickCube-v1: not checked. ManiSkill, which PickCube-v1 runs in, is not installed." in out


def test_missing_object_models_are_said_with_the_command_that_downloads_them(tmp_path, monkeypatch):
    lists = tmp_path / "package" / "assets" / "partnet_mobility" / "meta"
    lists.mkdir(parents=True)
    (lists / "info_faucet_train.json").write_text('{"5000": {}, "5001": {}}')
    monkeypatch.setenv("MS_ASSET_DIR", str(tmp_path))
    models = tmp_path / "data" / "partnet_mobility" / "dataset"
    (models / "5000").mkdir(parents=True)
    (models / "5000" / "mobility_cvx.urdf").touch()
    (models / "5001").mkdir()  # as a download leaves it that failed
    with pytest.raises(UserError) as caught:
        needs.check_models("TurnFaucet-v1", tmp_path / "package", ("faucet",))
    assert str(caught.value) == (
        f"1 of the 2 object models of TurnFaucet-v1 are not in {models}. Download them: "
        "MS_SKIP_ASSET_DOWNLOAD_PROMPT=1 python -m mani_skill.utils.download_asset partnet_mobility_faucet"
    )
    (models / "5001" / "mobility_fixed.urdf").touch()
    needs.check_models("TurnFaucet-v1", tmp_path / "package", ("faucet",))


def test_a_task_that_no_gpu_can_simulate_says_so(capsys):
    assert main(["train", "--reward", "expert", "--env", "metaworld/window-close-v3", "--device", "cuda"]) == 2
    assert capsys.readouterr().err == (
        "text2reward: metaworld/window-close-v3 is not simulated on cuda. Use --device cpu.\n"
    )


def test_training_on_a_gpu_leaves_judging_where_it_is():
    task = get_task("maniskill/PickCube-v1")
    on_gpu = task.with_device("cuda")
    assert (on_gpu.training, on_gpu.reference, on_gpu.device) == (task.cuda, task.training, "cuda")


def test_a_missing_need_stops_a_run_before_any_process_starts(not_installed):
    with pytest.raises(UserError, match="not installed"):
        Workers(get_task("maniskill/PickCube-v1"), "maniskill/PickCube-v1")
