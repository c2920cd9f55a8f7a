from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("MUJOCO_GL", "osmesa")

import toy

from text2reward.envs.transitions import Transitions, random_policy, record
from text2reward.sandbox.reward_server import RewardServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the tests marked long, too")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs with --all only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--all"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: runs with --all"))


@pytest.fixture(scope="session")
def rewards() -> RewardServer:
    """Forks locked reward processes."""
    server = RewardServer()
    server.start()
    return server


@pytest.fixture(scope="session")
def bank() -> Transitions:
    """Transitions of the toy task under random behaviour."""
    simulator = toy.ToySimulator(toy.TASK, 16)
    policy = random_policy(toy.TASK, 16, np.random.default_rng(0))
    return record(simulator, policy, 32, list(range(16))).transitions
