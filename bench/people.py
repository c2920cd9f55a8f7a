"""Whether votes move what is chosen: simulated raters of known taste on a Meta-World task, with the composer.

Each rater watches pairs of episodes, judges them by one number that is read from the stored states (``slow``: the
hand's mean speed; ``left``: its mean x), or answers at random, and says that it is done. Prints, per taste, whom the
run chose round by round, the last one's success, mean speed and mean x, its places by both tastes, and whom the same
run would have chosen without a vote; ``off`` asks nobody. What many raters at random would have made of the candidates
of that run is told as well. Ends with exit code 1 where votes of known taste do not move the choice to the first third
by that taste, or votes at random do. Resumable: finished runs in the folder are not run again.

    python bench/people.py [--task window-close] [--seed 0] [--votes 24] [--runs-dir runs/bench-people]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

os.environ["MUJOCO_GL"] = "disabled"  # no videos

import numpy as np
from machine import about

from text2reward.agent.config import config_for
from text2reward.agent.notices import Notice, Waiting
from text2reward.agent.people import next_pair
from text2reward.agent.people.hearing import hear
from text2reward.agent.run import resume, start
from text2reward.agent.store import first_episodes_of
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.record.candidate import Candidate
from text2reward.record.events import Event
from text2reward.record.feedback import DONE, Comment, Feedback, PairVote, append, read
from text2reward.record.reader import Run, list_runs, load
from text2reward.record.verdict import shares
from text2reward.training.statistics import Rate

HAND = "robot.ee_pos"
TASTES = ("slow", "left", "random", "off")
EPISODES = 3
RANDOM_RATERS = 200
MOST_BY_CHANCE = 0.6
"""Share of raters at random whose choice may be among the first third by a taste; chance gives about a third."""

Known = Mapping[str, Mapping[str, np.ndarray]]
"""Candidate to what :func:`measures` gives."""


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
        known = {each.id: measures(self._task, each) for each in trained(run)}
        self.votes(run, known, read(run.folder), lambda vote: append(run.folder, vote, self._taste))
        append(run.folder, Comment("", tags=(DONE,)), self._taste)

    def votes(
        self, run: Run, known: Known, said: Sequence[Feedback], put: Callable[[PairVote], Feedback]
    ) -> list[Feedback]:
        """Answer pairs one after the other; returns ``said`` and what ``put`` made of the answers."""
        ready = {name: dict.fromkeys(range(EPISODES)) for name in known}
        so_far = list(said)
        for _ in range(self._votes):
            pair = next_pair(run, so_far, self._taste, ready)
            if pair is None:
                break
            if self._taste == "random":
                left = bool(self._rng.integers(2))
            else:
                left = known[pair.left][self._taste][pair.seed] < known[pair.right][self._taste][pair.seed]
            vote = PairVote(pair.left, pair.right, pair.seed, "left" if left else "right", repeats=pair.repeats)
            so_far.append(put(vote))
        return so_far


def trained(run: Run) -> list[Candidate]:
    """The candidates that compete."""
    return [each for each in run.candidates.values() if each.success is not None and not each.audited]


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


class Choices:
    """What a run's choice comes to by the two tastes.

    Args:
        run: a finished run.
        task: its world.
    """

    def __init__(self, run: Run, task: Task) -> None:
        self.run = run
        self.competing = trained(run)
        self.known = {each.id: measures(task, each) for each in self.competing}
        best = min(self.competing, key=lambda each: each.rank(run.target))
        self.level = [each.id for each in self.competing if run.level(best, each)]
        self.unasked = run.chosen_of(self.competing)
        self.front = max(1, len(self.level) // 3)

    def place(self, name: str, taste: str) -> int:
        """The candidate's, from 1, among those that success cannot tell apart."""
        mean = {each: self.known[each][taste].mean() for each in {*self.level, name}}
        return 1 + sum(value < mean[name] for value in mean.values())

    def after(self, taste: str, task: Task, votes: int, seed: int) -> str:
        """Whom the run would have chosen with one more rater, who watched everything at its end."""
        rater = Rater(taste, task, votes, seed)
        said = rater.votes(self.run, self.known, (), lambda vote: Feedback(vote, taste))
        chosen = self.run.chosen_of(self.competing, hear(self.run, said, len(self.run.rounds)))
        assert chosen is not None
        return chosen.id


def line(choices: Choices, taste: str) -> str:
    """One line of the table of runs."""
    run, best, unasked = choices.run, choices.run.best, choices.unasked
    assert best is not None
    assert best.success is not None
    assert unasked is not None
    speed, x = (float(choices.known[best.id][name].mean()) for name in ("slow", "left"))
    rounds = " ".join(each.best or "-" for each in run.rounds)
    places = [f"{choices.place(each, by)}" for each in (best.id, unasked.id) for by in ("slow", "left")]
    return (
        f"{taste:8} {rounds:18} {shares(best.success):>17} {speed:11.4f} {x:9.4f} {places[0]:>5} {places[1]:>5} "
        f"{unasked.id:>9} {places[2]:>5} {places[3]:>5} {len(choices.level):4}"
    )


def afterwards(choices: Choices, task: Task, votes: int) -> Iterator[tuple[str, str]]:
    """What raters would have made of one run's candidates: of known taste, and many that answer at random.

    Yields lines of the table, each with what is wrong with it; empty where nothing is.
    """
    count, front = len(choices.level), choices.front
    for taste in ("slow", "left"):
        name = choices.after(taste, task, votes, 0)
        place = choices.place(name, taste)
        wrong = "" if place <= front else f"one more rater by {taste} would not choose one of the first {front}"
        yield f"{taste:8} would choose {name}: place {place} of {count} by {taste}", wrong
    chosen = [choices.after("random", task, votes, seed) for seed in range(RANDOM_RATERS)]
    for taste in ("slow", "left"):
        first = Rate(sum(choices.place(name, taste) <= front for name in chosen), len(chosen))
        text = (
            f"random   {first.k} of {first.n} raters would choose one of the first {front} by {taste}: "
            f"{first.value:.0%} [{first.low:.0%}-{first.high:.0%}]; by chance {front / count:.0%}"
        )
        yield text, "" if first.high < MOST_BY_CHANCE else f"raters at random follow the taste for {taste}"


def complaints(choices: Mapping[str, Choices]) -> Iterator[str]:
    """Where votes of known taste did not move what a run chose."""
    for taste in ("slow", "left"):
        run = choices[taste]
        assert run.run.best is not None
        assert run.unasked is not None
        place = run.place(run.run.best.id, taste)
        if place > min(run.front, run.place(run.unasked.id, taste)):
            yield f"votes by {taste} did not move the choice to the first {run.front} of {len(run.level)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="window-close")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--votes", type=int, default=24)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-people"))
    arguments = parser.parse_args()
    name = arguments.task if "/" in arguments.task else f"metaworld/{arguments.task}-v3"
    task = get_task(name)
    print(about())
    print(
        f"{name}, seed {arguments.seed}, {arguments.votes} votes after every round; places from 1 by speed (slow) and"
    )
    print("by x (left) among the candidates that success cannot tell apart, of the choice with and without the votes")
    print(
        f"{'taste':8} {'chosen, by round':18} {'success':>17} {'speed [m/s]':>11} {'x [m]':>9} {'slow':>5} {'left':>5} "
        f"{'unasked':>9} {'slow':>5} {'left':>5} {'of':>4}"
    )
    choices = {}
    for taste in TASTES:
        rater = Rater(taste, task, arguments.votes, arguments.seed)
        choices[taste] = Choices(finished(arguments.runs_dir, taste, name, arguments.seed, rater), task)
        print(line(choices[taste], taste), flush=True)
    votes = arguments.votes * len(choices["off"].run.rounds)
    print(f"\nThe candidates of the run that asked nobody, shown to raters at its end, up to {votes} votes each:")
    broken = list(complaints(choices))
    for text, wrong in afterwards(choices["off"], task, votes):
        print(text, flush=True)
        broken += [wrong] if wrong else []
    sys.exit("\n".join(f"not as promised: {each}" for each in broken) or 0)


if __name__ == "__main__":
    main()
