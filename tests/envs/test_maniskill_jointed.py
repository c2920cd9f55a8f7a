"""ManiSkill's faucets and cabinets, on models of boxes in place of those it downloads."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.lint import lint_task
from text2reward.errors import UserError

INSTALLED = importlib.util.find_spec("mani_skill") is not None
pytestmark = pytest.mark.skipif(
    not INSTALLED,
    reason='ManiSkill is not installed: pip install --constraint constraints.txt --editable ".[maniskill]"',
)
if INSTALLED:
    import text2reward.envs.maniskill.package  # noqa: F401 - imports ManiSkill without its warnings

NAMES = ("TurnFaucet-v1", "OpenCabinetDrawer-v1", "OpenCabinetDoor-v1")


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Object models in a folder that stands for the user's."""
    import jointed_models
    import mani_skill
    from mani_skill.utils import assets
    from mani_skill.utils.building.articulations import partnet_mobility

    monkeypatch.setenv("MS_ASSET_DIR", str(tmp_path))  # for us; the package read it when it was imported
    monkeypatch.setattr(partnet_mobility, "ASSET_DIR", tmp_path / "data")
    monkeypatch.setattr(partnet_mobility, "PARTNET_MOBILITY", None)
    monkeypatch.setattr(assets, "is_data_source_downloaded", lambda source: True)
    jointed_models.make_models(Path(mani_skill.__file__).parent, tmp_path)
    return jointed_models


@pytest.mark.parametrize("name", NAMES)
def test_missing_models_are_said_before_anything_is_built(name, tmp_path, monkeypatch):
    from mani_skill.utils.assets.data import DATA_GROUPS

    monkeypatch.setenv("MS_ASSET_DIR", str(tmp_path))
    with pytest.raises(UserError) as caught:
        get_task(f"maniskill/{name}").make_training(1)
    found = re.search(
        r"^(\d+) of the .* Download them: MS_SKIP_ASSET_DOWNLOAD_PROMPT=1 python .*download_asset (\w+)$",
        str(caught.value),
    )
    assert found is not None
    assert int(found[1]) == len(set(DATA_GROUPS[found[2]]))  # what the command fetches


@pytest.mark.parametrize(
    ("name", "handle", "now", "target"),
    [
        ("TurnFaucet-v1", "faucet.handle_pos", "faucet.angle", "faucet.target_angle"),
        ("OpenCabinetDrawer-v1", "drawer.handle_pos", "drawer.opening", "drawer.target_opening"),
        ("OpenCabinetDoor-v1", "door.handle_pos", "door.angle", "door.target_angle"),
    ],
)
def test_the_goal_is_where_the_handle_is_at_the_target(models, name, handle, now, target):
    from mani_skill.utils.registration import REGISTERED_ENVS

    from text2reward.envs.maniskill.blocks import columns

    task = get_task(f"maniskill/{name}")
    simulator = task.make_training(1)
    start = simulator.reset([1])
    env = simulator.batch.instances[0].env
    assert (task.horizon, task.dt) == (REGISTERED_ENVS[name].max_episode_steps, env.control_timestep)
    assert env.single_action_space.shape == (task.action.size,)
    assert start.observation.shape == (1, task.observation_size)
    before = task.layout.unpack(start.state)
    first = {"TurnFaucet-v1": models.FAUCET_RAD, "OpenCabinetDrawer-v1": models.DRAWER_M}.get(name, models.DOOR_RAD)
    built = (env._faucets if name == "TurnFaucet-v1" else env._cabinets)[0]
    full = models.limit_of(built.name.split("-")[0], first)
    assert before[now][0] == pytest.approx(0, abs=1e-3)
    assert before[target][0] == pytest.approx((0.9 if name == "TurnFaucet-v1" else 0.75) * full, rel=1e-3)
    assert np.linalg.norm(before["goal.pos"] - before[handle]) > 0.03
    joint = (env.target_switch_link if name == "TurnFaucet-v1" else env.handle_link).joint
    articulation = joint._physx_articulations[0]
    angles = articulation.qpos
    angles[int(joint.active_index)] = before[target][0]
    articulation.qpos = angles
    after = task.layout.unpack(columns(task.training.__self__.blocks, env).numpy())
    assert np.allclose(after[now], before[target], atol=1e-4)
    assert np.allclose(after[handle], before["goal.pos"], atol=1e-3)
    assert np.allclose(after["goal.pos"], before["goal.pos"], atol=1e-3)
    moved = simulator.step(np.zeros((1, task.action.size), np.float32))
    assert moved.success.shape == moved.native_reward.shape == (1,)
    simulator.close()


def test_fetchs_fields_are_its_joints(models):
    task = get_task("maniskill/OpenCabinetDrawer-v1")
    simulator = task.make_training(1)
    before = task.layout.unpack(simulator.reset([1]).state)
    action = np.zeros((1, 13), np.float32)
    action[0, [0, 2, 10]] = 1  # shoulder, upper arm, torso
    after = task.layout.unpack(simulator.step(action).reached.state)
    turned = np.abs(after["robot.joint_pos"] - before["robot.joint_pos"])[0]
    assert set(np.argsort(turned)[-2:]) == {0, 2}
    assert after["robot.torso_height"][0] > before["robot.torso_height"][0] + 0.002
    before = task.layout.unpack(simulator.reset([1]).state)
    action[0] = 0
    action[0, 11] = 1  # forward
    for _ in range(4):  # it gathers speed
        after = task.layout.unpack(simulator.step(action).reached.state)
    ahead = after["robot.base_pos"][0] - before["robot.base_pos"][0]
    heading = before["robot.base_heading"][0]
    assert np.linalg.norm(ahead) > 0.01
    assert np.allclose(ahead / np.linalg.norm(ahead), [np.cos(heading), np.sin(heading)], atol=0.1)
    base = simulator.batch.instances[0].env.agent.base_link.pose.p[0, :2].numpy()
    assert np.allclose(after["robot.base_pos"][0], base, atol=0.01)
    simulator.close()


def test_models_differ_between_episodes_and_follow_from_the_seed(models):
    task = get_task("maniskill/TurnFaucet-v1")
    simulator = task.make_training(4)
    first, again = (simulator.reset([1, 2, 3, 4]) for _ in range(2))
    assert np.array_equal(first.state, again.state)
    assert len({tuple(row) for row in first.state[:, task.layout.columns("faucet.handle_pos")]}) == 4
    simulator.close()


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_what_it_says(models, name):
    task = get_task(f"maniskill/{name}")
    assert [finding for finding in lint_task(task) if finding.level == "error"] == []
