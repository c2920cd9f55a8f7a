"""Whether votes move what is chosen: simulated raters of known taste on a Meta-World task, with the composer.

Each rater watches pairs of episodes, judges them by one number that is read from the stored states (``slow``: the
hand's mean speed; ``left``: its mean x), or answers at random, and says that it is done. Prints, per taste, whom the
run chose, its success, mean speed and mean x, and its place among the candidates of the run by that taste; ``off`` asks
nobody. Resumable: finished runs in the folder are not run again.

    python bench/people.py [--task drawer-open] [--seed 0] [--votes 24] [--runs-dir runs/bench-people]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ["MUJOCO_GL"] = "disabled"  # no videos

import numpy as np
from machine import about

from text2reward.agent.config import config_for
from text2reward.agent.notices import Notice, Waiting
from text2reward.agent.people import next_pair
from text2reward.agent.people.hearing import DONE
from text2reward.agent.run import resume, start
from text2reward.agent.store import first_episodes_of
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.record.candidate import Candidate
from text2reward.record.events import Event
from text2reward.record.feedback import Comment, PairVote, append, read
from text2reward.record.reader import Run, list_runs, load
from text2reward.record.verdict import shares

HAND = "robot.ee_pos"
TASTES = ("slow", "left", "random", "off")
EPISODES = 3


def measures(task: Task, candidate: Candidate) -> Mapping[str, np.ndarray]:
    """``slow``: mean speed of the hand in m/s, and ``left``: its mean x in m, of the first episodes, less is better."""
    stored = first_episodes_of(candidate)
    assert stored is not None
    hand = stored.state[:EPISODES, :, task.layout.columns(HAND)]
    speed = np.linalg.norm(np.diff(hand, axis=1), axis=2).mean(axis=1) / task.dt
    return {"slow": speed, "left": hand[:, :, 0].mean(axis=1)}


class Rater:
    """Votes on as many pairs as it may when the run waits, and says that it is done.

    Args:
        taste: ``slow``, ``left`` or ``random``.
        task: the world.
        votes: at every round's end.
        seed: of the answers at random.
    """

    def __init__(self, taste: str, task: Task, votes: int, seed: int = 0) -> None:
        self._taste, self._task, self._votes = taste, task, votes
        self._rng = np.random.default_rng(seed)

    def __call__(self, event: Event | Notice) -> None:
        """Rate when the run waits."""
        if isinstance(event, Waiting):
            self.rate(load(event.folder))

    def rate(self, run: Run) -> None:
        """Vote, and say done."""
        trained = {name: each for name, each in run.candidates.items() if each.success is not None}
        known = {name: measures(self._task, each) for name, each in trained.items()}
        ready = {name: dict.fromkeys(range(EPISODES)) for name in known}
        for _ in range(self._votes):
            pair = next_pair(run, read(run.folder), self._taste, ready)
            if pair is None:
                break
            if self._taste == "random":
                left = bool(self._rng.integers(2))
            else:
                left = known[pair.left][self._taste][pair.seed] < known[pair.right][self._taste][pair.seed]
            vote = PairVote(pair.left, pair.right, pair.seed, "left" if left else "right", repeats=pair.repeats)
            append(run.folder, vote, self._taste)
        append(run.folder, Comment("", tags=(DONE,)), self._taste)


def finished(runs_dir: Path, taste: str, task: str, seed: int, rater: Callable[[Event | Notice], None]) -> Run:
    """The run under this taste, made or brought to its end where that is owed."""
    folder = runs_dir / taste
    known = [load(each) for each in list_runs(folder)]
    known = [run for run in known if (run.config["env"], run.config["seed"]) == (task, seed)]
    if known:
        return known[-1] if known[-1].finished else resume(known[-1].folder, rater)
    human = "off" if taste == "off" else "wait"
    rounds = {"rounds": 3, "stages": {"selection": {"least_rounds": 3}}}
    return start(config_for(None, {"env": task, "seed": seed, "human": human, **rounds}), folder, rater)


def line(run: Run, task: Task, taste: str) -> str:
    """One line of the table."""
    trained = [each for each in run.candidates.values() if each.success is not None and not each.audited]
    assert run.best is not None
    assert run.best.success is not None
    found = {each.id: measures(task, each) for each in trained}
    speed, x = (float(found[run.best.id][name].mean()) for name in ("slow", "left"))
    level = [each.id for each in trained if run.level(min(trained, key=lambda c: c.rank(run.target)), each)]
    places = [
        1 + sum(found[name][by].mean() < found[run.best.id][by].mean() for name in level) for by in ("slow", "left")
    ]
    return (
        f"{taste:8} {run.best.id:>6} {shares(run.best.success):>17} {speed:11.4f} {x:9.4f} "
        f"{places[0]:4} {places[1]:4} of {len(level)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="drawer-open")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--votes", type=int, default=24)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-people"))
    arguments = parser.parse_args()
    name = arguments.task if "/" in arguments.task else f"metaworld/{arguments.task}-v3"
    task = get_task(name)
    print(about())
    print(f"{name}, seed {arguments.seed}; place by speed and by x among the candidates that success cannot tell apart")
    print(f"{'taste':8} {'chosen':>6} {'success':>17} {'speed [m/s]':>11} {'x [m]':>9} {'slow':>4} {'left':>4}")
    for taste in TASTES:
        rater = Rater(taste, task, arguments.votes, arguments.seed)
        print(line(finished(arguments.runs_dir, taste, name, arguments.seed, rater), task, taste), flush=True)


if __name__ == "__main__":
    main()
