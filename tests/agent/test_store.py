from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np

from text2reward.agent.store import Store
from text2reward.training.trajectories import Trajectories

WALKS = Trajectories(np.zeros((2, 4, 6)), np.zeros((2, 3, 3)), np.zeros((2, 3), dtype=bool), ("random", "random"))


class Workers:
    """Takes its time to make random episodes, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def wanderings(self, path, seed):
        self.asked += 1
        time.sleep(0.05)
        return WALKS


def test_those_who_ask_together_get_what_is_made_once(tmp_path):
    workers = Workers()
    store = Store(workers, SimpleNamespace(folder=tmp_path, run=SimpleNamespace(candidates={})), 0)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(store.before, [1] * 8))
    assert workers.asked == 1
    assert all(len(each) == 2 for each in found)
    assert len(store.before(2)) == 2
    assert workers.asked == 2  # another round may know more
