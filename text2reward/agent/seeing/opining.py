"""A model's opinions about a run's films, one after the other, and the event that tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text2reward.agent.seeing.choosing import next_showing
from text2reward.agent.seeing.seer import Seer
from text2reward.record.events import Opined, Share
from text2reward.record.feedback import Feedback
from text2reward.record.film import Ready
from text2reward.record.opinion import Opinion, agreed, judged, latest, moved
from text2reward.record.reader import Run


def opinions_of(run: Run, model: str) -> list[Opinion]:
    """What a model said of the run's films so far, one opinion for each pair."""
    return latest(opinion for event in run.events(Opined) if event.model == model for opinion in event.opinions)


def opinions(seer: Seer, run: Run, ready: Ready, said: Sequence[Feedback], most: int) -> Iterator[Opinion]:
    """Ask about pairs that the model has no opinion about yet, at most ``most`` of them.

    Args:
        seer: asks.
        run: as far as it is recorded.
        ready: the films there are.
        said: what people said, which tells on which pairs the model can be compared with them.
        most: how many pairs.

    Raises:
        ModelError: the model cannot be asked; opinions that came before stand.
        RecordError: a film cannot be read.
    """
    known, theirs = opinions_of(run, seer.name), judged(said)
    for _ in range(most):
        pair = next_showing(run, ready, known, theirs)
        if pair is None:
            return
        known.append(seer.look(pair, ready))
        yield known[-1]


def opined(
    run: Run, number: int, model: str, fresh: Sequence[Opinion], said: Sequence[Feedback], problem: str = ""
) -> Opined:
    """The event of fresh opinions at the end of round ``number``, with how far the model can be relied on."""
    known = latest([*opinions_of(run, model), *fresh])
    return Opined(number, model, tuple(fresh), Share.of(*moved(known)), Share.of(*agreed(known, said)), problem)
