"""Which pair a person is shown next: the one that teaches most."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from text2reward.agent.people.bradley_terry import Strengths, fit
from text2reward.agent.people.votes import comparisons
from text2reward.record.feedback import Feedback
from text2reward.record.reader import Run
from text2reward.record.votes import Showing, answer, pair_votes, showing

EVERY = 8
"""Every so many showings are a repeat."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


@dataclass(frozen=True)
class Pair:
    """Two candidates to show, on the same episode.

    Args:
        left, right: the candidates.
        seed: of the episode.
        repeats: id of the vote that the pair repeats; empty for a first showing.
    """

    left: str
    right: str
    seed: int
    repeats: str = ""


def next_pair(run: Run, said: Sequence[Feedback], rater: str, ready: Mapping[str, Mapping[int, Any]]) -> Pair | None:
    """What to show a rater next; the same for the same arguments.

    It is the pair whose answer is expected to say most about the strengths, among those that this rater has not judged,
    on an episode both were filmed in. What the rater skipped comes again after everything else. Every eighth showing
    repeats one of the rater's own, with the sides swapped, to measure consistency.

    Args:
        run: its candidates, of which those count that compete.
        said: everything that was said.
        rater: who is asked.
        ready: the films there are, as candidate -> seed -> film.

    Returns:
        None when this rater has judged all there is.
    """
    films = _competing(run, ready)
    own = pair_votes(said, rater)
    rng = _drawn(rater, len(own))
    if len(own) % EVERY == EVERY - 1 and (again := _repeat(said, rater, films, rng)) is not None:
        return again
    skipped = Counter(showing(vote) for _, vote in own)
    open_ones = unjudged(run, said, rater, ready)
    if not open_ones:
        return None
    fewest = min(skipped[each] for each in open_ones)
    open_ones = [each for each in open_ones if skipped[each] == fewest]
    names = tuple(films)
    strengths = fit(names, comparisons(said, names))
    gains = {pair: information_gain(strengths, *pair) for pair in {each[:2] for each in open_ones}}
    most = max(gains.values())
    best = [each for each in open_ones if gains[each[:2]] > most - 1e-9]
    first, second, seed = best[rng.integers(len(best))]
    return Pair(first, second, seed) if rng.integers(2) else Pair(second, first, seed)


def unjudged(run: Run, said: Sequence[Feedback], rater: str, ready: Mapping[str, Mapping[int, Any]]) -> list[Showing]:
    """The pairs of films that a rater has not judged, those that were skipped among them; see :func:`next_pair`."""
    judged = {showing(vote) for _, vote in pair_votes(said, rater) if answer(vote)}
    return [each for each in showings(_competing(run, ready)) if each not in judged]


def information_gain(strengths: Strengths, one: str, other: str) -> float:
    """How much the answer to a pair is expected to say about the strengths, in nats.

    The entropy of the answer less what is left of it once the strengths are known: Houlsby and others (2011), Bayesian
    active learning for classification and preference learning. By Gauss-Hermite quadrature.
    """
    apart, sd = strengths.difference(one, other)
    share = 1 / (1 + np.exp(-(apart + sd * _NODES)))
    weights = _WEIGHTS / _WEIGHTS.sum()
    return float(_entropy(weights @ share) - weights @ _entropy(share))


def _entropy(share: Any) -> Any:
    share = np.clip(share, 1e-12, 1 - 1e-12)
    return -share * np.log(share) - (1 - share) * np.log(1 - share)


def _competing(run: Run, ready: Mapping[str, Mapping[int, Any]]) -> dict[str, set[int]]:
    """The episodes that are filmed of each candidate that competes."""
    return {name: set(ready[name]) for name, each in run.candidates.items() if ready.get(name) and not each.audited}


def showings(films: Mapping[str, set[int]]) -> list[Showing]:
    """All pairs of candidates, on every episode that both were filmed in."""
    pairs = itertools.combinations(sorted(films), 2)
    return [(one, other, seed) for one, other in pairs for seed in sorted(films[one] & films[other])]


def _repeat(
    said: Sequence[Feedback], rater: str, films: Mapping[str, set[int]], rng: np.random.Generator
) -> Pair | None:
    """One of the rater's own pairs that was judged, not skipped, and not repeated yet; not the last one."""
    own = pair_votes(said, rater)
    again = {vote.repeats for _, vote in own if vote.repeats}
    open_ones = [
        Pair(vote.right, vote.left, vote.seed, feedback.id)
        for feedback, vote in own[:-1]
        if answer(vote) and not vote.repeats and feedback.id not in again and {vote.left, vote.right} <= set(films)
    ]
    open_ones = [pair for pair in open_ones if pair.seed in films[pair.left] & films[pair.right]]
    return open_ones[rng.integers(len(open_ones))] if open_ones else None


def _drawn(rater: str, votes: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{votes} {rater}".encode("utf-8", "replace")).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
