"""What a run is going to do and what that may take, before anything is spent. Each number says what it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from text2reward.agent.brief import Brief
from text2reward.agent.budget import MANUAL, Call, check_first_call, longest_answer, prompt_room, worst
from text2reward.agent.config import RunConfig
from text2reward.agent.conversation import Fitted
from text2reward.agent.examples import Example
from text2reward.agent.models import asks, llm_coder, make_exchanges
from text2reward.agent.redaction import hiding_for
from text2reward.agent.seeing.frames import FRAMES
from text2reward.agent.seeing.onlooker import PAIRS
from text2reward.agent.system import cpus
from text2reward.agent.tokens import PICTURE, at_most
from text2reward.envs.task import Task
from text2reward.errors import RecordError
from text2reward.prompts import Prompts
from text2reward.record.events import Heard, Trained
from text2reward.record.price import ModelFacts
from text2reward.record.reader import list_runs, load

TYPICAL_ANSWER = 2_000
"""Tokens that an answer is taken to have where the least cost is told."""

GROWTH = 4_000
"""Tokens that each earlier attempt is taken to add to a prompt, where the most is told."""

LOOK = 2 * FRAMES * PICTURE + 4_000
"""Tokens that a question about two films is taken to have at most, an answer that was not understood included."""

_LOOKED_AT = 20
"""Newest runs in which speeds are looked up."""


@dataclass(frozen=True)
class Speed:
    """What trainings of a task took on this machine: simulator steps a second of one training, and in which run."""

    steps_per_s: float
    run: str


@dataclass(frozen=True)
class Plan:
    """What a run is going to do at most.

    Args:
        config: what was asked.
        facts: of the model; None where none is asked.
        vision_facts: of the model that sees; None where none is asked.
        first: the prompt of the first round; None where nobody is asked for programs then.
        sizes: its tokens by part, about.
        calls: of the model at most.
        looks: calls of the model that sees at most.
        trainings: at most.
        sim_steps: of all trainings at most.
        jobs: trainings at once.
        speed: how fast they are here; None where nothing is known.
    """

    config: RunConfig
    facts: ModelFacts | None
    vision_facts: ModelFacts | None
    first: Fitted | None
    sizes: dict[str, int]
    calls: int
    looks: int
    trainings: int
    sim_steps: int
    jobs: int
    speed: Speed | None

    @property
    def asks_a_model(self) -> bool:
        """Whether a model is asked that is no person."""
        asked = (self.config.model, self.facts), (self.config.vision, self.vision_facts)
        return any(facts is not None and model != MANUAL for model, facts in asked)

    @property
    def asked(self) -> tuple[str, ...]:
        """The candidates for which the first prompt is asked."""
        return tuple(f"r1c{i}" for i in range(1, self.config.candidates + 1)) if self.first is not None else ()

    @property
    def room(self) -> int | None:
        """Tokens that a prompt may have; None where nobody knows."""
        return None if self.facts is None else prompt_room(self.config, self.facts)

    @property
    def first_call(self) -> Call | None:
        """The first call at its worst."""
        if self.first is None or self.facts is None:
            return None
        return worst(self.config, self.facts, at_most(self.first.messages))

    @property
    def cost_usd(self) -> tuple[float, float] | None:
        """US dollars, from one call for each candidate of the least rounds to all calls at their worst.

        The least takes the first prompt and answers of 2,000 tokens, the most prompts that have grown by 4,000 tokens
        for each attempt that may stand in them. None where the price is not known.
        """
        if self.config.replay is not None:
            return 0.0, 0.0
        if any(each is not None and each.price is None for each in (self.facts, self.vision_facts)):
            return None
        written, seen = self._cost_of_programs(), self._cost_of_looks()
        least, most = written[0], written[1] + seen
        if self.config.max_cost is not None:
            least, most = min(least, self.config.max_cost), min(most, self.config.max_cost)
        return least, most

    def _cost_of_programs(self) -> tuple[float, float]:
        if self.facts is None or self.facts.price is None:
            return 0.0, 0.0
        price, config = self.facts.price, self.config
        least_rounds = min(config.stages.selection.least_rounds, config.rounds)
        typical = min(TYPICAL_ANSWER, longest_answer(config, self.facts))
        least = least_rounds * config.candidates * price.cost(sum(self.sizes.values()), typical)
        return least, self.calls * (worst(config, self.facts, self._longest_prompt()).cost_usd or 0.0)

    def _cost_of_looks(self) -> float:
        if self.vision_facts is None:
            return 0.0
        return self.looks * (worst(self.config, self.vision_facts, LOOK).cost_usd or 0.0)

    @property
    def seconds(self) -> float | None:
        """Of all trainings at most, from what earlier ones took on this machine; None where nothing is known."""
        if self.speed is None:
            return None
        at_once = max(1, min(self.jobs, self.config.candidates))
        seconds = self.sim_steps / self.speed.steps_per_s / at_once
        return seconds if self.config.max_hours is None else min(seconds, 3600 * self.config.max_hours)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data, with every prompt of the first round."""
        cost, price = self.cost_usd, self.facts.price if self.facts is not None else None
        messages = [message.to_json() for message in self.first.messages] if self.first is not None else []
        return {
            "model": self.config.model,
            "calls": self.calls,
            "looks": self.looks,
            "prompt_tokens": self.sizes,
            "prompt_tokens_at_most": at_most(self.first.messages) if self.first is not None else 0,
            "prompt_room": self.room,
            "left_out": list(self.first.left_out) if self.first is not None else [],
            "answer_tokens_at_most": longest_answer(self.config, self.facts) if self.facts is not None else 0,
            "price_per_million": None if price is None else [price.tokens_in, price.tokens_out, price.cached],
            "price_source": None if price is None else price.source,
            "cost_usd": None if cost is None else {"least": round(cost[0], 6), "most": round(cost[1], 6)},
            "trainings": self.trainings,
            "sim_steps": self.sim_steps,
            "seconds": None if self.seconds is None else round(self.seconds),
            "prompts": [{"candidate": name, "messages": messages} for name in self.asked],
        }

    def _longest_prompt(self) -> int:
        first = at_most(self.first.messages) if self.first is not None else 0
        shown = self.config.rounds - 1 if self.config.stages.coding.history == "all" else 1
        grown = first + GROWTH * (shown + self.config.repairs + self.config.stages.reviewing.rounds)
        return grown if self.room is None else min(grown, self.room)


def make_plan(
    config: RunConfig,
    task: Task,
    examples: Sequence[Example],
    runs_dir: Path,
    heard: Heard | None,
    facts: ModelFacts | None,
    vision_facts: ModelFacts | None = None,
) -> Plan:
    """The plan of a run.

    Args:
        config: what is asked.
        task: the world.
        examples: programs that the coder is shown.
        runs_dir: where earlier runs lie.
        heard: what a person said before it begins.
        facts, vision_facts: of the models that are asked; None where none is.

    Raises:
        UserError: the first prompt does not fit into the model's window or the budget.
    """
    first, sizes = None, {}
    if facts is not None and config.init is None:
        prompts, hiding = Prompts(Path(config.prompts) if config.prompts else None), hiding_for(config)
        exchanges = make_exchanges(config, Path(), lambda asked: None)
        assert exchanges is not None
        brief = Brief(
            task=task,
            instruction=config.instruction,
            round=1,
            seed=config.seed,
            target=config.target,
            examples=tuple(examples),
            people=() if heard is None else (heard,),
        )
        conversation = llm_coder(config, exchanges, prompts).conversation(brief)
        first, sizes = conversation.fitted(prompt_room(config, facts)), conversation.sizes(task.layout.names)
        first = replace(first, messages=tuple(replace(each, content=hiding(each.content)) for each in first.messages))
        if config.model != MANUAL:
            check_first_call(config, facts, first.messages)
    return Plan(
        config=config,
        facts=facts,
        vision_facts=vision_facts,
        first=first,
        sizes=sizes,
        calls=most_calls(config),
        looks=most_looks(config),
        trainings=most_trainings(config),
        sim_steps=most_steps(config),
        jobs=config.jobs or cpus(),
        speed=measured_speed(runs_dir, config),
    )


def most_calls(config: RunConfig) -> int:
    """Calls of a model where every program is repaired, reviewed and rewritten as often as the method lets it."""
    if not asks(config):
        return 0
    reviewing, feedback = config.stages.reviewing, config.stages.feedback
    programs = 1 + config.repairs + reviewing.rounds
    reviews = reviewing.rounds + 1 if reviewing.by == "model" and reviewing.rounds else 0
    analyses = config.stages.selection.seeds if feedback.analysis == "model" else 0
    each = programs + reviews + analyses
    if config.init is None:
        return config.rounds * config.candidates * each
    return (config.rounds - 1) * config.candidates * each + config.repairs + reviews + analyses


def most_looks(config: RunConfig) -> int:
    """Calls of the model that sees, where every answer has to be asked for again: a pair is shown in both orders."""
    return 0 if config.vision is None else config.rounds * PAIRS * 2 * 2


def most_trainings(config: RunConfig) -> int:
    """Trainings where every program can be trained; a further seed is one, too."""
    seeds = config.stages.selection.seeds - 1
    first = config.candidates if config.init is None else 1
    return first + (config.rounds - 1) * config.candidates + 2 * seeds * config.rounds


def most_steps(config: RunConfig) -> int:
    """Simulator steps where nothing is proved early."""

    def of_round(candidates: int) -> float:
        heats = config.stages.training.heats(candidates)
        return sum(count * (end - begin) for count, begin, end in heats) + 2 * (config.stages.selection.seeds - 1)

    first = config.candidates if config.init is None else 1
    steps = round(config.steps * (of_round(first) + (config.rounds - 1) * of_round(config.candidates)))
    return steps if config.max_steps is None else min(steps, config.max_steps)


def measured_speed(runs_dir: Path, config: RunConfig) -> Speed | None:
    """How fast the newest run of the same task trained, with the same algorithm and as many processors.

    None where there is none.
    """
    for folder in list_runs(runs_dir)[: -_LOOKED_AT - 1 : -1]:
        try:
            run = load(folder)
            alike = all(run.config.get(name) == getattr(config, name) for name in ("env", "algo", "device"))
            trained = [each for c in run.candidates.values() for each in c.trainings if _timed(each)]
            seconds = sum(each.wall_s for each in trained)
            if alike and seconds and run.environment.get("cpus") == cpus():
                return Speed(sum(each.sim_steps for each in trained) / seconds, run.folder.name)
        except RecordError:
            continue
    return None


def _timed(training: Trained) -> bool:
    return training.select is not None and training.wall_s > 0
