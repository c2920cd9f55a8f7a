"""The part of a page about models that see: their opinions, apart from what people said, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from text2reward.errors import RecordError
from text2reward.record.events import Opined, Share
from text2reward.record.feedback import Feedback, read
from text2reward.record.opinion import MOVED, NEITHER, SAME, UNREAD, Opinion, agreed, latest, moved
from text2reward.record.reader import Run

_WORDS = {SAME: "both alike", NEITHER: "neither of use", MOVED: MOVED, UNREAD: UNREAD}


def opinions(run: Run) -> list[dict[str, Any]]:
    """What the template shows, for each model that was asked; it is compared with what people have said by now."""
    events = list(run.events(Opined))
    try:
        said = read(run.folder) if events else []
    except RecordError:  # the part about people says so
        said = []
    models = dict.fromkeys(event.model for event in events)
    return [_of(model, [event for event in events if event.model == model], said) for model in models]


def _of(model: str, events: Sequence[Opined], said: Sequence[Feedback]) -> dict[str, Any]:
    known = latest(opinion for event in events for opinion in event.opinions)
    return {
        "model": model,
        "moved": Share.of(*moved(known)),
        "agreed": Share.of(*agreed(known, said)),
        "problems": list(dict.fromkeys(event.problem for event in events if event.problem)),
        "rows": [_row(each) for each in known],
    }


def _row(opinion: Opinion) -> dict[str, Any]:
    return {
        "pair": f"{opinion.one} | {opinion.other}",
        "seed": opinion.seed,
        "verdict": _WORDS.get(opinion.verdict, opinion.verdict),
        "answers": [answer or UNREAD for answer in opinion.meant],
        "reasons": list(dict.fromkeys(filter(None, opinion.reasons))),
    }
