"""Which pair a model that sees is shown next."""

from __future__ import annotations

from collections.abc import Sequence, Set

from text2reward.agent.people.bradley_terry import fit
from text2reward.agent.people.pairs import information_gain, showings
from text2reward.agent.people.votes import Comparison
from text2reward.record.film import Ready
from text2reward.record.opinion import Opinion
from text2reward.record.reader import Run
from text2reward.record.votes import Showing


def next_showing(run: Run, ready: Ready, known: Sequence[Opinion], judged: Set[Showing]) -> Showing | None:
    """What to show next; the same for the same arguments.

    Every second pair is one that people judged, as long as there is any, so that it can be told how far the model
    agrees with them. The others are those whose answer is expected to say most about what the model prefers.

    Args:
        run: its candidates, of which those count that compete.
        ready: the films there are.
        known: the model's opinions so far.
        judged: pairs that people have an answer to.

    Returns:
        None when the model has an opinion about every pair.
    """
    films = {n: set(ready[n]) for n, c in run.candidates.items() if ready.get(n) and not c.audited}
    seen = {each.showing for each in known}
    unseen = [each for each in showings(films) if each not in seen]
    theirs = [each for each in unseen if each in judged]
    if theirs and len(known) % 2 == 0:
        unseen = theirs
    strengths = fit(
        tuple(films),
        [each for opinion in known if set(opinion.showing[:2]) <= set(films) for each in _comparisons(opinion)],
    )
    return max(unseen, key=lambda each: round(information_gain(strengths, *each[:2]), 9), default=None)


def _comparisons(opinion: Opinion) -> list[Comparison]:
    """The opinion as far as it tells which pair to ask about next; it goes nowhere else."""
    if opinion.preferred:
        return [Comparison(opinion.preferred, opinion.beaten)]
    return [Comparison(opinion.one, opinion.other, 0.5), Comparison(opinion.other, opinion.one, 0.5)]
