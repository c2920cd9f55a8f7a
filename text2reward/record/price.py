"""What is known of a model when a run starts. The run keeps it: what is published later changes none of its costs."""

from __future__ import annotations

from dataclasses import dataclass

_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """What a model costs, in US dollars for a million tokens.

    Args:
        tokens_in, tokens_out: of prompts and of answers.
        cached: of the part of a prompt that the provider had stored; None where it is charged as the rest.
        source: where the price comes from.
        beyond: tokens of a prompt above which a call costs what the next three say; None where there is no such price.
        beyond_in, beyond_out, beyond_cached: the price there.
    """

    tokens_in: float
    tokens_out: float
    cached: float | None = None
    source: str = ""
    beyond: int | None = None
    beyond_in: float = 0.0
    beyond_out: float = 0.0
    beyond_cached: float | None = None

    def cost(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """US dollars for one call.

        Args:
            tokens_in: of the whole prompt.
            tokens_out: of the answer, hidden reasoning included.
            cached: of the prompt, those that the provider had stored.
        """
        far = self.beyond is not None and tokens_in > self.beyond
        full = self.beyond_in if far else self.tokens_in
        stored = self.beyond_cached if far else self.cached
        out = self.beyond_out if far else self.tokens_out
        cached = min(max(cached, 0), tokens_in)
        paid = (tokens_in - cached) * full + cached * (full if stored is None else stored) + tokens_out * out
        return paid / _MILLION


@dataclass(frozen=True)
class ModelFacts:
    """A model's price and sizes; None for what nobody says.

    Args:
        price: what it costs.
        window: tokens it can read at once.
        longest_answer: tokens of an answer at most.
    """

    price: Price | None = None
    window: int | None = None
    longest_answer: int | None = None
