"""Which films are shown together to pick the best and the worst of."""

from __future__ import annotations

import random
from collections import Counter

from text2reward.record.feedback import BestWorst, Feedback, standing
from text2reward.web.serve.ports import Ready

MOST = 6
"""Films at once, as in ICPL."""


def next_grid(said: list[Feedback], ready: Ready, chance: random.Random) -> tuple[tuple[str, ...], int] | None:
    """Candidates in the order to show them, and the seed of their episode; None without three films of one seed.

    Those that were in the fewest grids come first; ties and the order are random.
    """
    rankings = [each.said for each in standing(said) if isinstance(each.said, BestWorst)]
    seen = Counter(candidate for ranking in rankings for candidate in ranking.shown)
    seeds = Counter(seed for films in ready.values() for seed in films)
    often = Counter(ranking.seed for ranking in rankings)
    usable = [seed for seed, count in seeds.items() if count >= 3]
    if not usable:
        return None
    seed = min(usable, key=lambda each: (-seeds[each], often[each], chance.random()))
    there = [candidate for candidate, films in ready.items() if seed in films]
    chosen = sorted(there, key=lambda each: (seen[each], chance.random()))[:MOST]
    chance.shuffle(chosen)
    return tuple(chosen), seed
