"""What a coder is told of people: the order they prefer, what changed, and their words, marked and bounded."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from text2reward.agent.brief import Attempt, Brief
from text2reward.record.events import Quote

MOST_WORDS = 4_000
"""Characters of all quotes together; the oldest are left out."""
MOST_OF_ONE = 1_500
MOST_PROGRAMS = 6
"""Programs of which it is told how they order people's pairs."""
MOST_LINES = 80
"""Lines of a diff."""


def told(brief: Brief) -> dict[str, Any] | None:
    """The values of ``people.jinja``; None where people said nothing."""
    if not brief.people:
        return None
    quotes = _bounded([quote for heard in brief.people for quote in heard.quotes])
    values = {
        "order": [f"{each.candidate}: {each.value:+.2f} [{each.low:+.2f}, {each.high:+.2f}]" for each in brief.liked],
        "disagreements": [finding.text for finding in brief.people[-1].findings],
        "changes": list(_changes(brief)),
        "pairs": list(_in_order(brief))[-MOST_PROGRAMS:],
        "mark": _mark(quotes),
        "quotes": [{"about": quote.about, "lines": _lines(quote)} for quote in quotes],
    }
    return values if values["order"] or quotes else None


def _in_order(brief: Brief) -> Iterator[str]:
    """How the reward of each program that was tried on people's pairs orders them."""
    for attempt in brief.attempts:
        pairs = attempt.screen.people if attempt.screen is not None else None
        if pairs is not None and pairs.n:
            yield f"{attempt.candidate}: people's pairs in order: {pairs.k} of {pairs.n}"


def _changes(brief: Brief) -> Iterator[dict[str, str]]:
    """From the worst, and from what was liked best the round before, to what is liked best (ICPL)."""
    best = brief.preferred
    earlier = [heard.strengths[0].candidate for heard in brief.people[:-1] if heard.strengths]
    olds = [("the one they like least", brief.liked[-1].candidate)] if len(brief.liked) > 1 else []
    olds += [("the best liked before", earlier[-1])] if earlier else []
    seen = set()
    for what, name in olds:
        old = next((attempt for attempt in brief.attempts if attempt.candidate == name), None)
        if best is not None and old is not None and old is not best and name not in seen:
            seen.add(name)
            yield {"what": what, "old": name, "new": best.candidate, "diff": _diff(old, best)}


def _diff(old: Attempt, new: Attempt) -> str:
    before, after = (old.program or "").splitlines(), (new.program or "").splitlines()
    lines = list(difflib.unified_diff(before, after, old.candidate, new.candidate, lineterm="", n=1))
    more = [f"({len(lines) - MOST_LINES} more lines)"] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more]) or "(nothing)"


def _bounded(quotes: Sequence[Quote]) -> list[Quote]:
    """The newest that fit, in order."""
    kept: list[Quote] = []
    left = MOST_WORDS
    for quote in reversed(quotes):
        left -= sum(map(len, _lines(quote)))
        if left < 0:
            break
        kept.insert(0, quote)
    return kept


def _lines(quote: Quote) -> list[str]:
    """The words line by line, each of which is marked; no line break of any alphabet gets past the mark."""
    text = quote.text[:MOST_OF_ONE] + ("…" if len(quote.text) > MOST_OF_ONE else "")
    lines = [line for line in text.splitlines() if line.strip()]
    return [*lines, *([f"(tags: {', '.join(' '.join(tag.split()) for tag in quote.tags)})"] if quote.tags else [])]


def _mark(quotes: Sequence[Quote]) -> str:
    """What every quoted line begins with: drawn from the words, so that nobody can write it beforehand."""
    digest = hashlib.sha256("\n".join(f"{quote.line} {quote.text}" for quote in quotes).encode("utf-8", "replace"))
    return f"person-{digest.hexdigest()[:8]}>"
