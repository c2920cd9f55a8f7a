"""Drafts from the grammar: varied in the first round, then changed by what training showed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from text2reward.agent.brief import Attempt, Brief, Draft
from text2reward.agent.composer.gait import Gait
from text2reward.agent.composer.plan import Plan, read_plan
from text2reward.agent.composer.revise import revisions
from text2reward.agent.composer.sample import first_plans
from text2reward.agent.composer.world import Body, World, understand
from text2reward.agent.composer.writer import write_program
from text2reward.record.finding import Finding
from text2reward.training.seeds import stream


class Composer:
    """Writes programs out of a small grammar (see :mod:`.plan`) from the task's fields and the sentence alone.

    It knows no task by name and is no language model. The same brief gives the same drafts. Where people compared
    policies, it goes on from the one they like best; it understands no words.
    """

    name = "composer"

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`.

        Raises:
            UserError: fields and sentence do not say what to do; see :func:`.world.understand`.
        """
        action = brief.task.action
        world = understand(brief.task.fields, brief.instruction, action.size, action.closing)
        rng = np.random.default_rng(stream(brief.seed, "compose", brief.round))
        used = {attempt.program for attempt in brief.attempts if not attempt.machine}
        drafts = 0
        for plan, parent, note in self._plans(brief, world, rng):
            program = write_program(plan, world, brief.instruction)
            if program in used:
                continue
            used.add(program)
            yield Draft(program, parent, note)
            drafts += 1
            if drafts == count:
                return

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """The grammar writes no broken programs, so there is nothing it could repair."""
        return None

    def _plans(
        self, brief: Brief, world: World | Body, rng: np.random.Generator
    ) -> Iterator[tuple[Plan | Gait, str | None, str]]:
        incumbent = brief.incumbent
        plan = read_plan(incumbent.program) if incumbent else None
        if incumbent is not None and plan is not None:
            tried = [earlier for earlier in map(_plan_of, brief.attempts) if earlier is not None]
            for revised, note in revisions(plan, incumbent, brief.target, tried, world, rng):
                yield revised, incumbent.candidate, note
        for example in brief.examples:
            known = read_plan(example.program)
            if known is not None and _fits(known, world):
                yield known, None, f"what worked on {example.task}"
        for fresh, note in first_plans(world, rng):
            yield fresh, None, note


def _fits(plan: Plan | Gait, world: World | Body) -> bool:
    """Whether a plan that worked elsewhere is of the same kind."""
    if isinstance(plan, Gait) or isinstance(world, Body):
        return isinstance(plan, Gait) and isinstance(world, Body)
    return (plan.grip_weight > 0) == (world.intent == "carry")


def _plan_of(attempt: Attempt) -> Plan | Gait | None:
    return read_plan(attempt.program)
