"""A round's trainings, in heats: all for a while, the better half further, another seed where two are level."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from text2reward.agent.config import RunConfig
from text2reward.agent.finale import as_success
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Doing, Progress
from text2reward.agent.parallel import in_order
from text2reward.envs.task import Task
from text2reward.record.atomic import write_json
from text2reward.record.candidate import Candidate
from text2reward.record.events import Drafted, Heat, RoundFinished, Screened, Trained
from text2reward.record.finding import Finding
from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.outcome import Outcome
from text2reward.training.statistics import Rate
from text2reward.training.workers import WorkerDied, Workers

_SHORTEST = 0.1
"""Share of a training's steps below which it is not worth beginning."""

_NO_LIMIT = 2**53

_FURTHER_SEEDS = 2**16
"""Keeps the random streams of further seeds apart from those of a training's segments."""


class Trainings:
    """Decides what is trained next in a round, records that, and trains it.

    Args:
        config: steps, budget and the method's settings.
        task: the world.
        workers: who trains.
        journal: what is on record is not done again.
        jobs: trainings at once.
    """

    def __init__(self, config: RunConfig, task: Task, workers: Workers, journal: Journal, jobs: int) -> None:
        self._config, self._workers, self._journal, self._jobs = config, workers, journal, jobs
        self._rollout = config.ppo.n_envs * config.ppo.n_steps * task.action_repeat
        self._least = max(self._rollout, int(config.steps * _SHORTEST))

    def affordable(self, number: int) -> bool:
        """Whether the budget has room for a training in round ``number``, or the round has begun."""
        return bool(self._heats(number)) or self._left() >= self._least

    def train(self, number: int, chosen: Sequence[Drafted], give_up: int | None) -> None:
        """All trainings of a round.

        Args:
            number: the round.
            chosen: the programs that passed all checks.
            give_up: simulator steps after which a training without proof is given up; None for none.
        """
        if self._journal.find(RoundFinished, lambda event: event.round == number) is not None:
            return
        audited = [draft.candidate for draft in chosen if self._audited(draft.candidate)]
        competing = [draft.candidate for draft in chosen if draft.candidate not in audited]
        alone = Heat(number, 0, tuple(audited), 0, self._config.steps, self._config.steps)  # costs the search nothing
        heat = self._on_record(number, 0, lambda: self._first(number, competing))
        self._side_by_side([alone] if heat is None else [heat, alone], give_up)
        while heat is not None:
            heat = self._on_record(number, heat.heat + 1, partial(self._after, heat))
            if heat is not None:
                self._side_by_side([heat], give_up)
        for path in self._journal.folder.glob("candidates/*/s*/checkpoint.pt"):
            path.unlink(missing_ok=True)

    def _heats(self, number: int) -> list[Heat]:
        return [heat for heat in self._journal.run.events(Heat) if heat.round == number]

    def _on_record(self, number: int, index: int, decide: Callable[[], Heat | None]) -> Heat | None:
        """The round's heat of that index: as recorded, or as decided and recorded now; None where there is none."""
        heat = next((each for each in self._heats(number) if each.heat == index), None)
        if heat is None and (heat := decide()) is not None:
            self._journal.append(heat)
        return heat

    def _side_by_side(self, heats: Sequence[Heat], give_up: int | None) -> None:
        jobs = [(name, heat) for heat in heats for name in heat.candidates]
        for _ in in_order(lambda job: self._train(*job, give_up), jobs, self._jobs):
            pass

    def _after(self, heat: Heat) -> Heat | None:
        return self._next(heat) or self._race(heat)

    def _first(self, number: int, competing: Sequence[str]) -> Heat | None:
        """All of them, as far as the budget reaches."""
        left = self._left()
        names = competing[: left // self._least]
        if not names:
            return None
        heats = self._config.stages.training.heats(len(names))
        cost = sum(count * (end - begin) for count, begin, end in heats)
        most = max(self._rollout, self._whole(min(self._config.steps, left / cost)))
        reach = max(self._rollout, self._whole(heats[0][2] * most))
        return Heat(number, 0, tuple(names), 0, min(reach, most), most)

    def _next(self, heat: Heat) -> Heat | None:
        """The better half goes on, unless one has proved the target or all are through."""
        last = {name: self._last(name, heat.seed) for name in heat.candidates}
        began_with = len(self._heats(heat.round)[0].candidates)
        later = self._config.stages.training.heats(began_with)[heat.heat + 1 :]
        if heat.seed or not later or any(each.reason == "target" for each in last.values()):
            return None
        count, _, share = later[0]
        ranked = sorted(heat.candidates, key=lambda name: self._standing(last[name]))
        on = [name for name in ranked[:count] if last[name].reason == "heat"]
        if not on:
            return None
        room = self._left() / len(on) - heat.most_steps * _SHORTEST / 2  # a pause is at the nearest checkpoint
        reach = min(self._whole(share * heat.most_steps), heat.sim_steps + self._whole(room))
        if reach - heat.sim_steps < self._least and reach < heat.most_steps:
            return None
        return Heat(heat.round, heat.heat + 1, tuple(on), 0, reach, heat.most_steps)

    def _race(self, heat: Heat) -> Heat | None:
        """Another seed for the leader and for the next one where their success cannot be told apart."""
        run = self._journal.run
        leader = run.best
        if run.selects_latest or leader is None or leader.proved or not leader.success or not leader.success.k:
            return None
        others = [each for each in run.candidates.values() if each.success and not each.audited and each is not leader]
        rival = min(others, key=lambda each: each.rank, default=None)
        if rival is None or _pooled(rival).high < _pooled(leader).low or not _through(rival) or not _through(leader):
            return None
        seed = min(len(leader.trainings), len(rival.trainings))
        behind = [each.id for each in (leader, rival) if len(each.trainings) == seed]
        steps = max(event.sim_steps for each in (leader, rival) for event in each.trainings)
        if seed >= self._config.stages.selection.seeds or steps * len(behind) > self._left():
            return None
        return Heat(heat.round, heat.heat + 1, tuple(behind), seed, steps, steps)

    def _whole(self, steps: float) -> int:
        """As many whole rollouts as fit; a number the user gave stays as it is."""
        return int(steps) if steps >= self._config.steps else int(steps // self._rollout) * self._rollout

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

    def _audited(self, name: str) -> bool:
        return any(e.candidate == name and e.trained_anyway == "audit" for e in self._journal.run.events(Screened))

    def _events(self, name: str, seed: int) -> list[Trained]:
        return [event for event in self._journal.run.events(Trained) if event.training == f"{name}/s{seed}"]

    def _last(self, name: str, seed: int) -> Trained:
        return self._events(name, seed)[-1]

    def _train(self, name: str, heat: Heat, give_up: int | None) -> None:
        """Train up to the heat's end, from where the heat before left it; once."""
        before = self._events(name, heat.seed)
        heats = [each for each in self._heats(heat.round) if each.seed == heat.seed and name in each.candidates]
        due = sum(each.heat <= heat.heat for each in heats) or 1
        if len(before) >= due or (before and before[-1].reason != "heat"):
            return
        draft = self._journal.run.candidates[name].draft
        program = (self._journal.folder / draft.program).read_text() if draft.program else ""
        folder = f"candidates/{name}/s{heat.seed}"
        self._journal.tell(Doing("training", name))
        began = time.monotonic()
        give_up = give_up if heat.seed == 0 else None  # a race is about both
        settings = self._config.train_settings(give_up, heat.most_steps)
        if heat.sim_steps < heat.most_steps:
            settings = replace(settings, pause_after=heat.sim_steps)
        most = min(heat.sim_steps, give_up or heat.sim_steps)
        try:
            outcome = self._workers.train(
                program or draft.reward,
                settings,
                self._config.seed,
                (*numbers(name), *([_FURTHER_SEEDS + heat.seed] if heat.seed else [])),
                self._journal.folder / folder,
                lambda point: self._journal.tell(Progress(name, point, most)),
                builtin=draft.reward != "program",
            )
        except RewardFault as fault:
            self._failed(name, folder, fault.finding, time.monotonic() - began)
        except WorkerDied as death:
            self._failed(name, folder, Finding("trainer-died", str(death)), time.monotonic() - began)
        else:
            write_json(self._journal.folder / folder / "select.json", [e.to_json() for e in outcome.episodes])
            spent = time.monotonic() - began + sum(event.wall_s for event in before[-1:])
            self._journal.append(self._trained(name, folder, outcome, spent))

    def _trained(self, name: str, folder: str, outcome: Outcome, wall_s: float) -> Trained:
        common = outcome.episodes[: self._config.train_settings().select_episodes]
        return Trained(
            candidate=name,
            training=folder.removeprefix("candidates/"),
            folder=folder,
            reason=outcome.reason,
            kept=outcome.kept,
            sim_steps=outcome.sim_steps,
            kept_sim_steps=outcome.kept_sim_steps,
            select=as_success(outcome.episodes),
            solved=sum(episode.success_once for episode in common),
            wall_s=round(wall_s, 2),
        )

    def _failed(self, name: str, folder: str, finding: Finding, wall_s: float) -> None:
        training = folder.removeprefix("candidates/")
        self._journal.append(Trained(name, training, folder, "failed", "", 0, 0, None, 0, round(wall_s, 2), (finding,)))


def _pooled(candidate: Candidate) -> Rate:
    """Success of a program over its seeds, on the episodes that every training is judged on."""
    judged = [event for event in candidate.trainings if event.select is not None]
    return Rate(sum(event.select.k for event in judged if event.select), sum(e.select.n for e in judged if e.select))


def _through(candidate: Candidate) -> bool:
    return all(event.reason == "steps" for event in candidate.trainings)


def numbers(candidate: str) -> tuple[int, int, int]:
    """``r1c2.1`` as (1, 2, 1): the place of its training among the run's random streams."""
    main, _, repair = candidate.partition(".")
    number, _, index = main.removeprefix("r").partition("c")
    return int(number), int(index), int(repair or 0)
