"""What a coder is told of a model's opinions: in a part of their own, marked, with how far they can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from text2reward.agent.brief import Brief
from text2reward.agent.verdicts import clean
from text2reward.record.events import Opined
from text2reward.record.opinion import NEITHER, SAME, Opinion, latest

MOST = 12
"""Opinions that are told, the newest."""


def told(brief: Brief) -> list[dict[str, Any]] | None:
    """The values of ``opinions.jinja``, for each model that was asked; None where none has an opinion."""
    models = list(dict.fromkeys(event.model for event in brief.opinions))
    found = [_of(model, [event for event in brief.opinions if event.model == model]) for model in models]
    return [each for each in found if each["lines"]] or None


def _of(model: str, events: Sequence[Opined]) -> dict[str, Any]:
    known = latest(opinion for event in events for opinion in event.opinions)
    clear = [each for each in known if each.preferred or each.verdict in (SAME, NEITHER)]
    return {
        "model": model,
        "lines": [_line(each) for each in clear[-MOST:]],
        "moved": events[-1].moved,
        "agreed": events[-1].agreed,
    }


def _line(opinion: Opinion) -> str:
    one, other = opinion.one, opinion.other
    if opinion.preferred:
        found = f"{opinion.preferred} does better than {opinion.beaten}"
    else:
        found = f"{one} and {other} {'do alike' if opinion.verdict == SAME else 'both do not do it at all'}"
    first, second = (one, other) if opinion.reasons[0] else (other, one)
    return f"{found}{f': {clean(opinion.reason)} (first: {first}, second: {second})' if opinion.reason else ''}"
