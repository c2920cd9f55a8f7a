"""ManiSkill's states stay on the device where they are simulated: shown without a GPU."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

from text2reward.envs.maniskill import TASKS

INSTALLED = importlib.util.find_spec("mani_skill") is not None
pytestmark = pytest.mark.skipif(
    not INSTALLED,
    reason='ManiSkill is not installed: pip install --constraint constraints.txt --editable ".[maniskill]"',
)
if INSTALLED:
    import text2reward.envs.maniskill.package  # noqa: F401 - imports ManiSkill without its warnings

ON_A_TABLE = [task for task in TASKS if not task.training.__self__.models]
N = 5


def elsewhere(value):
    """The same number, pose or tensor as N of them on a device from which nothing can be copied to the host."""
    import torch
    from mani_skill.utils.structs.pose import Pose

    if isinstance(value, Pose):
        return Pose(elsewhere(value.raw_pose))
    if isinstance(value, torch.Tensor):
        return torch.empty((N, *value.shape[1:]), dtype=value.dtype, device="meta")
    return value


@pytest.fixture
def leave_the_host(monkeypatch):
    """Moves an environment's numbers to PyTorch's ``meta`` device, whose tensors have no content.

    Reading one of them, or mixing it with a tensor of the host, raises.
    """
    from mani_skill.utils.structs.actor import Actor
    from mani_skill.utils.structs.articulation import Articulation
    from mani_skill.utils.structs.link import Link

    def leave(env):
        for owner, names in ((Actor, ("pose", "linear_velocity", "angular_velocity")), (Link, ("pose",))):
            for name in names:
                there = getattr(owner, name)
                monkeypatch.setattr(owner, name, property(lambda self, there=there: elsewhere(there.__get__(self))))
        for name in ("get_qpos", "get_qvel"):
            there = getattr(Articulation, name)
            monkeypatch.setattr(Articulation, name, lambda self, there=there: elsewhere(there(self)))
        for name, value in list(vars(env).items()):
            setattr(env, name, elsewhere(value))
        env.agent.is_grasping = lambda thing, max_angle: elsewhere(torch.zeros(1, dtype=torch.bool))

    import torch

    return leave


@pytest.mark.parametrize("task", ON_A_TABLE, ids=lambda task: task.id)
def test_reading_the_state_copies_nothing_to_the_host(task, leave_the_host):
    from text2reward.envs.maniskill.blocks import columns

    simulator = task.make_training(1)
    simulator.reset([1])
    env = simulator.batch.instances[0].env
    leave_the_host(env)
    state = columns(task.training.__self__.blocks, env)
    assert (state.device.type, tuple(state.shape)) == ("meta", (N, task.layout.size))


def test_a_batch_keeps_what_is_read_and_resets_only_what_is_over():
    import torch

    from text2reward.envs.maniskill.batch import Batch
    from text2reward.envs.maniskill.instance import Judged, Reached

    class Parallel:
        """An instance of 4 whose observation counts steps, and whose states say when they were last started."""

        width, device = 4, torch.device("cpu")

        def __init__(self):
            self.steps, self.began = torch.zeros(4), torch.zeros(4)
            self.asked = []

        def begin(self, seeds, which=None, anew=False):
            self.asked.append((seeds, which))
            rows = torch.arange(4) if which is None else which
            self.steps[rows] = 0
            self.began[rows] = torch.tensor(seeds, dtype=torch.float32)[rows]
            return self.known()

        def known(self):
            return Reached(self.steps[:, None].clone(), self.began[:, None].clone())

        def step(self, action):
            self.steps += 1
            parts = {"near": self.steps.clone(), "mean": self.steps.mean(), "is_grasped": self.steps > 0, "text": "x"}
            return self.known(), Judged(self.steps == 2, self.steps.clone(), {"success": None, **parts})

        def close(self):
            pass

    parallel = Parallel()
    batch = Batch(SimpleNamespace(horizon=3, action_repeat=2), [parallel])
    batch.reset([1, 2, 3, 4])
    batch._clock[:] = [0, 0, 2, 1]
    first = batch.step(torch.zeros(4, 1))
    assert first.success.tolist() == [True] * 4
    assert first.native_reward.tolist() == [1.5] * 4
    assert first.truncated.tolist() == [False, False, True, False]
    assert list(first.native_parts) == ["near"]
    assert first.reached.observation[:, 0].tolist() == [2] * 4
    assert first.start.observation[:, 0].tolist() == [2, 2, 0, 2]
    assert first.start.state[[0, 1, 3], 0].tolist() == [1, 2, 4]
    assert first.start.state[2, 0] == float(batch.seeds[2])
    assert parallel.asked[-1][1].tolist() == [2]
    second = batch.step(torch.zeros(4, 1))
    assert second.truncated.tolist() == [False, False, False, True]
    assert second.start is not second.reached
    again = Batch(SimpleNamespace(horizon=3, action_repeat=2), [Parallel()])
    again.reset([1, 2, 3, 4])
    again._clock[:] = [0, 0, 2, 1]
    again.step(torch.zeros(4, 1))
    assert np.array_equal(again.step(torch.zeros(4, 1)).start.state, second.start.state)
