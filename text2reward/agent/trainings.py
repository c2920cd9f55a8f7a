"""A round's trainings, in heats: all for a while, the better half further, another seed where two are level."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from text2reward.agent.budget import Budget
from text2reward.agent.config import RunConfig
from text2reward.agent.finale import as_success
from text2reward.agent.journal import Journal
from text2reward.agent.machine import check_machine
from text2reward.agent.notices import Doing, Progress
from text2reward.agent.parallel import in_order
from text2reward.envs.task import Task
from text2reward.errors import BudgetReached, SimulatorFault
from text2reward.record.atomic import write_json
from text2reward.record.candidate import Candidate
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Drafted, Heat, Interrupted, Trained
from text2reward.record.finding import Finding, steady
from text2reward.record.writer import SELECT
from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.death import WorkerDied
from text2reward.training.outcome import Outcome
from text2reward.training.statistics import Rate
from text2reward.training.workers import Workers

_SHORTEST = 0.1
"""Share of a training's steps below which it is not worth beginning."""

_NO_LIMIT = 2**53

_FURTHER_SEEDS = 2**16
"""Keeps the random streams of further seeds apart from those of a training's segments."""


def least_steps(config: RunConfig, task: Task) -> int:
    """Simulator steps of the shortest training that is worth beginning."""
    return max(_of_a_rollout(config, task), int(config.steps * _SHORTEST))


def _of_a_rollout(config: RunConfig, task: Task) -> int:
    return config.learner.n_envs * config.learner.steps_per_rollout * task.action_repeat


class Trainings:
    """Decides what is trained next in a round, records that, and trains it.

    Args:
        config: steps, budget and the method's settings.
        task: the world.
        workers: who trains.
        journal: what is on record is not done again.
        jobs: trainings at once.
        budget: the run's hours.
    """

    def __init__(
        self, config: RunConfig, task: Task, workers: Workers, journal: Journal, jobs: int, budget: Budget
    ) -> None:
        self._budget = budget
        self._config, self._workers, self._journal, self._jobs = config, workers, journal, jobs
        self._rollout = _of_a_rollout(config, task)
        self._least = least_steps(config, task)

    def check_steps(self) -> None:
        """Stop where the steps that are left are too few for a training.

        Raises:
            BudgetReached: they are.
        """
        if self._left() < self._least:
            raise BudgetReached(
                f"{self._journal.run.sim_steps:,} of --max-steps {self._config.max_steps} are used, and a training "
                f"takes at least {self._least:,}."
            )

    def train(self, number: int, chosen: Sequence[Drafted], give_up: int | None) -> None:
        """All trainings of a round.

        Args:
            number: the round.
            chosen: the programs that passed all checks.
            give_up: simulator steps after which a training without proof is given up; None for none.

        Raises:
            BudgetReached: the run's hours are over; trainings under way stopped at their next checkpoints, where they
                go on another time.
            MachineFault: nothing could be trained in the whole run, by no fault of the programs.
        """
        known = self._journal.run.candidates
        audited = [draft.candidate for draft in chosen if known[draft.candidate].audited]
        competing = [draft.candidate for draft in chosen if draft.candidate not in audited]
        alone = Heat(number, 0, tuple(audited), 0, self._config.steps, self._config.steps)  # costs the search nothing
        heat = self._on_record(number, 0, lambda: self._first(number, competing))
        self._side_by_side([alone] if heat is None else [heat, alone], give_up)
        while heat is not None:
            heat = self._on_record(number, heat.heat + 1, partial(self._after, heat))
            if heat is not None:
                self._side_by_side([heat], give_up)
        check_machine(self._journal.run)
        for path in self._journal.folder.glob("candidates/*/s*/checkpoint.*"):
            path.unlink(missing_ok=True)

    def _on_record(self, number: int, index: int, decide: Callable[[], Heat | None]) -> Heat | None:
        """The round's heat of that index: as recorded, or as decided and recorded now; None where there is none."""
        heat = self._journal.find(Heat, lambda each: (each.round, each.heat) == (number, index))
        if heat is None and (heat := decide()) is not None:
            self._journal.append(heat)
        return heat

    def _side_by_side(self, heats: Sequence[Heat], give_up: int | None) -> None:
        jobs = [(name, heat) for heat in heats for name in heat.candidates]
        for _ in in_order(lambda job: self._train(*job, give_up), jobs, self._jobs):
            pass
        if any(self._owed(*job) for job in jobs):
            self._budget.check_hours()

    def _first(self, number: int, competing: Sequence[str]) -> Heat | None:
        """All of them, as far as the budget reaches; all their steps, or as many as let the whole round fit into it."""
        left = self._left()
        names = competing[: max(0, left // self._least)]
        if not names:
            return None
        most = self._config.steps
        if self._config.max_steps is not None:
            most = self._whole(min(most, left))
            while self._cost(len(names), most) > left:
                most -= self._rollout
        return Heat(number, 0, tuple(names), 0, self._ends(len(names), most)[0], most)

    def _after(self, heat: Heat) -> Heat | None:
        return self._next(heat) or self._race(heat)

    def _next(self, heat: Heat) -> Heat | None:
        """The better half goes on, unless one has proved the target or all are through."""
        if heat.seed:
            return None
        first = self._journal.find(Heat, lambda each: (each.round, each.heat) == (heat.round, 0)) or heat
        began_with = len(first.candidates)
        ends = self._ends(began_with, heat.most_steps)[heat.heat + 1 :]
        last = {name: self._events(name, heat.seed)[-1] for name in heat.candidates}
        able = [name for name in heat.candidates if last[name].reason == "heat"]
        if not ends or not able or any(event.reason == "target" for event in last.values()):
            return None
        count = self._config.stages.training.heats(began_with)[heat.heat + 1][0]
        best = sorted(able, key=lambda name: self._standing(last[name]))[:count]
        reach = ends[0]
        if self._config.max_steps is not None and (reach - heat.sim_steps) * len(best) > self._left():
            part = self._part(heat.most_steps)
            reach = heat.sim_steps + self._left() // len(best) // part * part
            if reach - heat.sim_steps < self._least:
                return None
        on = tuple(name for name in heat.candidates if name in best)
        return Heat(heat.round, heat.heat + 1, on, 0, reach, heat.most_steps)

    def _race(self, heat: Heat) -> Heat | None:
        """Another seed for the leader and for the next best where their success cannot be told apart."""
        run = self._journal.run
        leader = run.chosen_of(run.candidates.values())  # a race is about success, whatever people prefer
        if leader is None or leader.proved(run.target) or not (leader.success and leader.success.k):
            return None
        rival = run.chosen_of(each for each in run.candidates.values() if each is not leader)
        if rival is None:
            return None
        trainings = [*leader.trainings, *rival.trainings]
        steps = trainings[0].sim_steps
        if any(each.reason != "steps" or each.sim_steps != steps for each in trainings):
            return None  # only what was trained alike can be compared
        seed = min(len(leader.trainings), len(rival.trainings))
        behind = [each.id for each in (leader, rival) if len(each.trainings) == seed]
        apart = _pooled(rival).high < _pooled(leader).low
        if apart or seed >= self._config.stages.selection.seeds or steps * len(behind) > self._left():
            return None
        return Heat(heat.round, heat.heat + 1, tuple(behind), seed, steps, steps)

    def _ends(self, candidates: int, most: int) -> list[int]:
        """Simulator steps at which the heats of a round end, each but the last at a checkpoint."""
        part = self._part(most)
        ends = [max(1, round(end * most / part)) * part for _, _, end in self._heats(candidates)]
        return [*(min(end, most) for end in ends[:-1]), most]

    def _heats(self, candidates: int) -> list[tuple[int, float, float]]:
        return self._config.stages.training.heats(candidates)

    def _part(self, most: int) -> int:
        """Simulator steps between two checkpoints of a training of ``most`` steps."""
        settings = self._config.train_settings(sim_steps=most)
        return settings.between_checkpoints(settings.rollouts(self._rollout)) * self._rollout

    def _cost(self, candidates: int, most: int) -> int:
        """Simulator steps of a round in which nobody proves the target."""
        ends = [0, *self._ends(candidates, most)]
        return sum(heat[0] * (ends[i + 1] - ends[i]) for i, heat in enumerate(self._heats(candidates)))

    def _whole(self, steps: int) -> int:
        """As many whole rollouts as fit, at least one."""
        return max(1, steps // self._rollout) * self._rollout

    def _left(self) -> int:
        """Simulator steps that the budget has left."""
        if self._config.max_steps is None:
            return _NO_LIMIT
        return self._config.max_steps - self._journal.run.sim_steps

    def _standing(self, event: Trained) -> tuple[float, float]:
        """Sorts better trainings first: more episodes solved, then more of those in which the policy explored."""
        points = self._journal.run.candidates[event.candidate].curves_of(event)
        seen = [point.success for point in points if point.success is not None]
        return -event.solved, -sum(seen) / max(1, len(seen))

    def _events(self, name: str, seed: int) -> list[Trained]:
        """What is on record of a training, since the machine last let nothing be trained at all."""
        events = [entry.event for entry in self._journal.run.entries]
        ends = (i for i, event in enumerate(events) if isinstance(event, Interrupted) and event.by_machine)
        since = events[max(ends, default=0) :]
        return [event for event in since if isinstance(event, Trained) and event.training == f"{name}/s{seed}"]

    def _owed(self, name: str, heat: Heat) -> bool:
        """Whether the heat's training is not over; what the hours cut short is not."""
        over = [event for event in self._events(name, heat.seed) if event.reason != "hours"]
        due = 1 if heat.seed else heat.heat + 1
        return len(over) < due and not (over and over[-1].reason != "heat")

    def _train(self, name: str, heat: Heat, give_up: int | None) -> None:
        """Train up to the heat's end, from where the heat before or the end of the hours left it; once."""
        if not self._owed(name, heat) or self._budget.hours_are_over:
            return
        before = self._events(name, heat.seed)
        candidate = self._journal.run.candidates[name]
        training = f"{name}/s{heat.seed}"
        folder = f"candidates/{training}"
        path = self._journal.run.path_of(folder)
        self._journal.tell(Doing("training", name))
        began = time.monotonic()
        give_up = give_up if heat.seed == 0 else None  # a race is about both
        settings = replace(self._config.train_settings(give_up, heat.most_steps), deadline=self._budget.deadline)
        if heat.sim_steps < heat.most_steps:
            settings = replace(settings, pause_after=heat.sim_steps)
        most = min(heat.sim_steps, give_up or heat.sim_steps)
        reached = before[-1].sim_steps if before else 0

        def told(point: CurvePoint) -> None:
            nonlocal reached
            reached = point.sim_steps
            self._journal.tell(Progress(name, point, most, training))

        def spent() -> float:
            return round(time.monotonic() - began + sum(event.wall_s for event in before[-1:]), 2)

        def failed(finding: Finding) -> Trained:
            """What heats before it were worth stays."""
            blank = Trained(name, training, folder, "failed", "", 0, 0, None, 0, 0.0)
            kept = before[-1] if before else blank
            return replace(kept, reason="failed", sim_steps=reached, wall_s=spent(), findings=(finding,))

        try:
            outcome = self._workers.train(
                candidate.program or candidate.draft.reward,
                settings,
                self._config.seed,
                (*numbers(name), *([_FURTHER_SEEDS + heat.seed] if heat.seed else [])),
                path,
                told,
                builtin=candidate.draft.reward != "program",
            )
        except RewardFault as fault:
            self._journal.append(failed(fault.finding))
        except WorkerDied as death:
            self._journal.append(failed(Finding(death.name, f"the trainer {self._told(str(death))}")))
        except SimulatorFault as fault:
            self._journal.append(failed(Finding("simulator-failed", self._told(fault.message.rstrip(".")))))
        else:
            write_json(path / SELECT, [e.to_json() for e in outcome.episodes])
            self._journal.append(self._trained(name, training, folder, outcome, max(spent(), round(outcome.wall_s, 2))))

    def _told(self, text: str) -> str:
        """What went wrong, without what is another time something else: a coder may be told."""
        return steady(text).replace(str(self._journal.folder), "the run's folder")

    def _trained(self, name: str, training: str, folder: str, outcome: Outcome, wall_s: float) -> Trained:
        common = outcome.episodes[: self._config.train_settings().select_episodes]
        return Trained(
            candidate=name,
            training=training,
            folder=folder,
            reason=outcome.reason,
            kept=outcome.kept,
            sim_steps=outcome.sim_steps,
            kept_sim_steps=outcome.kept_sim_steps,
            select=as_success(outcome.episodes),
            solved=sum(episode.success_once for episode in common),
            wall_s=wall_s,
        )


def _pooled(candidate: Candidate) -> Rate:
    """Success of a program over its seeds, none of which failed."""
    judged = [event.select for event in candidate.trainings if event.select is not None]
    return Rate(sum(select.k for select in judged), sum(select.n for select in judged))


def numbers(candidate: str) -> tuple[int, int, int]:
    """``r1c2.1`` as (1, 2, 1): the place of its training among the run's random streams."""
    main, _, repair = candidate.partition(".")
    number, _, index = main.removeprefix("r").partition("c")
    return int(number), int(index), int(repair or 0)
