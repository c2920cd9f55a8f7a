"""What the worlds promise alike."""

from __future__ import annotations

import numpy as np
import pytest

from text2reward.envs import get_task


@pytest.mark.parametrize("name", ["metaworld/window-close-v3", "fetch/PickAndPlace", "panda/PickCube"])
def test_the_same_seeds_give_the_same_episodes_in_both_simulators(name):
    task = get_task(name)
    for simulator in (task.make_training(3), task.make_reference(3)):
        first = simulator.reset([5, 6, 5])
        again = simulator.reset([5, 6, 5])
        assert np.array_equal(first.state, again.state)
        assert np.array_equal(first.state[0], first.state[2])
        assert not np.array_equal(first.state[0], first.state[1])
        simulator.close()


@pytest.mark.parametrize(("name", "wide"), [("fetch/PickAndPlace", 0.09), ("panda/PickCube", 0.07)])
def test_the_gripper_closes_at_the_actions_closing_end(name, wide):
    task = get_task(name)
    simulator = task.make_training(2)
    simulator.reset([1, 2])
    action = np.zeros((2, task.action.size), dtype=np.float32)
    action[:, -1] = [task.action.closing, -task.action.closing]
    for _ in range(10):
        seen = simulator.step(action).reached
    closed, opened = task.layout.unpack(seen.state)["robot.gripper_width"]
    assert closed < 0.01
    assert opened > wide
    simulator.close()
