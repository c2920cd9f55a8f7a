"""How alike short texts are: by their words, weighed by how rare they are (TF-IDF, cosine). No model to download."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

Words = Counter[str]


def words(parts: Iterable[str]) -> Words:
    """The words of all parts, two letters or longer, in lower case."""
    return Counter(re.findall(r"[a-z]{2,}", " ".join(parts).lower()))


def likeness(asked: Words, texts: Sequence[Words]) -> list[float]:
    """How alike each text is to what is asked, from 0 (no word in common) to 1; rare words count more."""
    rarity = _rarity([asked, *texts])
    return [_cosine(asked, text, rarity) for text in texts]


def _rarity(texts: Sequence[Words]) -> dict[str, float]:
    count = Counter(word for text in texts for word in text)
    return {word: math.log((1 + len(texts)) / (1 + n)) + 1 for word, n in count.items()}


def _cosine(one: Words, other: Words, rarity: dict[str, float]) -> float:
    def size(text: Words) -> float:
        return math.sqrt(sum((n * rarity[word]) ** 2 for word, n in text.items()))

    shared = sum(one[word] * other[word] * rarity[word] ** 2 for word in one.keys() & other.keys())
    return shared / max(size(one) * size(other), 1e-9)
