"""What a run may spend: asked before every call of a model, every training and every round."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from text2reward.agent.config import RunConfig
from text2reward.agent.journal import Journal
from text2reward.agent.language_model import Message
from text2reward.agent.tokens import at_most, recorded_at_most
from text2reward.errors import BudgetReached, UserError
from text2reward.record.events import Asked, AwaitsPeople
from text2reward.record.price import ModelFacts
from text2reward.record.unanswered import Unanswered, unanswered

ANSWER_MOST = 16_384
"""Tokens that an answer is taken to have at most where nobody says."""

MANUAL = "manual"
_ROOM, _ROOM_SHARE = 8_000, 4
_HOUR_S = 3600.0


@dataclass(frozen=True)
class Call:
    """One call of a model: tokens of the prompt and of the answer, and US dollars where the price is known."""

    tokens_in: int
    tokens_out: int
    cost_usd: float | None

    @property
    def tokens(self) -> int:
        """Both ways."""
        return self.tokens_in + self.tokens_out

    def and_more(self, count: int, other: Call) -> Call:
        """The sum with so many of another call; its cost is unknown where one of the two is."""
        known = self.cost_usd is not None and other.cost_usd is not None
        cost = (self.cost_usd or 0.0) + count * (other.cost_usd or 0.0) if known else None
        return Call(self.tokens_in + count * other.tokens_in, self.tokens_out + count * other.tokens_out, cost)

    def __str__(self) -> str:
        return f"{self.tokens_in:,} tokens in and {self.tokens_out:,} out at most"


NO_CALL = Call(0, 0, 0.0)


def worst_call(config: RunConfig, facts: ModelFacts, messages: Sequence[Message]) -> Call:
    """What asking ``messages`` takes at most, as estimated: half a token for each byte, the longest answer there is."""
    return worst(config, facts, at_most(messages))


def worst(config: RunConfig, facts: ModelFacts, tokens_in: int) -> Call:
    """What a call with a prompt of so many tokens takes at most."""
    tokens_out = longest_answer(config, facts)
    price = facts.price
    return Call(tokens_in, tokens_out, None if price is None else price.cost(tokens_in, tokens_out))


def longest_answer(config: RunConfig, facts: ModelFacts) -> int:
    """Tokens of an answer at most: as the model is told, as the table says, or as is assumed."""
    return config.answer_tokens or facts.longest_answer or ANSWER_MOST


def prompt_room(config: RunConfig, facts: ModelFacts, model: str = "") -> int | None:
    """Tokens that a prompt may have, so that an answer fits into the window as well; None where nobody knows.

    The answer gets ``--answer-tokens``, or else a quarter of the window, 8,000 at most. ``model`` is the one that
    writes programs unless given; ``--context`` is about that one.
    """
    window = _window(config, facts, model)
    if window is None:
        return None
    return max(0, window - (config.answer_tokens or min(_ROOM, window // _ROOM_SHARE)))


def _window(config: RunConfig, facts: ModelFacts, model: str) -> int | None:
    return (config.context if model in ("", config.model) else None) or facts.window


def check_budget(config: RunConfig, facts: ModelFacts | None, vision_facts: ModelFacts | None = None) -> None:
    """Refuse limits that cannot be kept, before anything is spent.

    Args:
        config: the limits.
        facts: of the model; None where none is asked.
        vision_facts: of the model that sees; None where none is asked.

    Raises:
        UserError: costs are limited and the price is not known, or nobody counts what is limited.
    """
    asked = [("--model", config.model, facts), ("--vision", config.vision, vision_facts)]
    for flag, model, known in asked:
        for name in ("cost", "tokens"):
            if known is not None and model == MANUAL and getattr(config, f"max_{name}") is not None:
                raise UserError(
                    f"--max-{name} does not go with {flag} manual, of which nobody knows.", "Leave it away."
                )
        if known is not None and known.price is None and config.max_cost is not None:
            give = "Give it for a million tokens with --price IN OUT, or limit" if flag == "--model" else "Limit"
            raise UserError(f"--max-cost needs the price of {model}, which is not known.", f"{give} --max-tokens.")


def check_first_call(config: RunConfig, facts: ModelFacts, messages: Sequence[Message]) -> None:
    """Refuse a first prompt that does not fit, into the model's window or into the budget.

    Raises:
        UserError: it does not; says how much would be needed.
    """
    room, call = prompt_room(config, facts), worst_call(config, facts, messages)
    if room is not None and call.tokens_in > room:
        raise UserError(
            f"The first prompt has up to {call.tokens_in:,} tokens with nothing left to drop; a window of "
            f"{config.context or facts.window:,} has room for {room:,} beside an answer.",
            "Use a model with a larger one, or --answer-tokens for shorter answers.",
        )
    over = _over(config, call, 0.0, 0)
    if over:
        raise UserError(
            f"Not even the first call fits into the budget: {over}",
            "Allow more, or have answers cut with --answer-tokens N.",
        )


class Budget:
    """Lets calls and trainings begin while there is room for them. Safe to use from several threads.

    Args:
        config: the limits.
        journal: what was spent is what is on record.
        facts: of the model; None where none is asked.
        vision_facts: of the model that sees; None where none is asked.

    Methods take the name of the model that is asked, which is the one that writes programs unless given. An answer that
    is replayed counts as if it were paid for, so that a replay ends where its run did.
    """

    def __init__(
        self,
        config: RunConfig,
        journal: Journal,
        facts: ModelFacts | None = None,
        vision_facts: ModelFacts | None = None,
    ) -> None:
        self._config, self._journal = config, journal
        of = {config.vision: vision_facts, config.model: facts}
        self._known = {model: known for model, known in of.items() if known is not None}
        self._changed = threading.Condition()
        self._in_flight: list[Call] = []

    def room(self, model: str = "") -> int | None:
        """Tokens that a prompt may have; None where nobody knows."""
        return prompt_room(self._config, self._facts(model), model)

    def _facts(self, model: str) -> ModelFacts:
        return self._known.get(model or self._config.model, ModelFacts())

    @contextmanager
    def call(self, messages: Sequence[Message], about: str, model: str = "") -> Iterator[None]:
        """Around one call of the model and the record of it; waits for other calls where these may leave room.

        Raises:
            BudgetReached: its worst case would pass a limit, or the prompt the model's window.
        """
        if (model or self._config.model) == MANUAL:
            self.check_hours()
            self._journal.append(AwaitsPeople(about))
            yield
            return
        call = worst_call(self._config, self._facts(model), messages)
        self._check_window(call, about, model)
        with self._changed:
            while (over := self._refused(call)) and self._in_flight:
                self._changed.wait()
            if over:
                raise BudgetReached(over)
            self._in_flight.append(call)
        try:
            yield
        finally:
            with self._changed:
                self._in_flight.remove(call)
                self._changed.notify_all()

    def fits(self, messages: Sequence[Message], count: int, model: str = "") -> bool:
        """Whether so many calls at once are sure to fit."""
        return not self._refused(NO_CALL.and_more(count, worst_call(self._config, self._facts(model), messages)))

    def settle(self) -> None:
        """Wait until every call that was begun is on record: it is paid for."""
        with self._changed:
            while self._in_flight:
                self._changed.wait()

    def cost(self, tokens_in: int | None, tokens_out: int | None, cached: int | None, model: str = "") -> float | None:
        """US dollars of a call, from the price that the run keeps; None where tokens or price are unknown."""
        price = self._facts(model).price
        if price is None or tokens_in is None or tokens_out is None:
            return None
        return price.cost(tokens_in, tokens_out, cached or 0)

    @property
    def limits_calls(self) -> bool:
        """Whether calls of a model have a limit of their own."""
        return self._config.max_cost is not None or self._config.max_tokens is not None

    @property
    def deadline(self) -> float | None:
        """When the hours are over, on the monotonic clock; None without a limit."""
        hours = self._config.max_hours
        return None if hours is None else time.monotonic() + hours * _HOUR_S - self._journal.run_s()

    @property
    def hours_are_over(self) -> bool:
        """Whether nothing may begin any more."""
        deadline = self.deadline
        return deadline is not None and time.monotonic() >= deadline

    def check_hours(self) -> None:
        """Stop where the hours are over.

        Raises:
            BudgetReached: they are.
        """
        if self.hours_are_over:
            raise BudgetReached(f"--max-hours {self._config.max_hours:g} are over.")

    def _check_window(self, call: Call, about: str, model: str) -> None:
        room = self.room(model)
        if room is not None and call.tokens_in > room:
            window = _window(self._config, self._facts(model), model)
            raise BudgetReached(
                f"The prompt for {about} has up to {call.tokens_in:,} tokens with nothing left to drop; the model's "
                f"window of {window:,} has room for {room:,} beside an answer."
            )

    def _refused(self, call: Call) -> str:
        """Why the call may not be made; empty where it may."""
        if self.hours_are_over:
            return f"--max-hours {self._config.max_hours:g} are over."
        if not self.limits_calls:
            return ""
        run = self._journal.run
        spent = [*map(self._spent, run.events(Asked)), *map(self._unsure, unanswered(run.folder)), *self._in_flight]
        return _over(
            self._config, call, sum(each.cost_usd or 0.0 for each in spent), sum(each.tokens for each in spent)
        )

    def _spent(self, asked: Asked) -> Call:
        """What a recorded call took; its worst case where its server did not say, and for each unsure request."""
        if asked.model == MANUAL:
            return NO_CALL
        counted = asked.tokens_in is not None and asked.tokens_out is not None
        at_worst = asked.unsure + (not counted)
        call = NO_CALL
        if counted:
            cost = asked.cost_usd
            if cost is None or asked.replayed:
                cost = self.cost(asked.tokens_in, asked.tokens_out, asked.tokens_cached, asked.model)
            call = Call(asked.tokens_in or 0, asked.tokens_out or 0, cost)
        if at_worst:
            said = self._journal.run.exchange(asked.key)["messages"]
            call = call.and_more(at_worst, self._worst(asked.model, said))
        return call

    def _unsure(self, asked: Unanswered) -> Call:
        """What a question without an answer took at worst."""
        return NO_CALL.and_more(asked.unsure, self._worst(asked.model, asked.messages))

    def _worst(self, model: str, messages: list[dict[str, Any]]) -> Call:
        """What a recorded conversation takes at most."""
        return worst(self._config, self._facts(model), recorded_at_most(messages))


def _over(config: RunConfig, call: Call, cost_usd: float, tokens: int) -> str:
    """Which limit ``call`` would pass after so much was spent, in a sentence; empty for none."""
    if config.max_cost is not None and cost_usd + (call.cost_usd or 0.0) > config.max_cost:
        return (
            f"${cost_usd:.4f} of --max-cost {config.max_cost:g} are spent, and a call may cost "
            f"${call.cost_usd or 0.0:.4f} ({call})."
        )
    if config.max_tokens is not None and tokens + call.tokens > config.max_tokens:
        return f"{tokens:,} of --max-tokens {config.max_tokens} are used, and a call may take {call.tokens:,} ({call})."
    return ""
