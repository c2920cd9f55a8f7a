"""A reward's terms as a table: how large each is, how much it varies, and its share."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from text2reward.errors import UnknownNameError, UserError
from text2reward.record.curves import CurvePoint

HEADS = ("term", "mean", "spread", "share")

REST = "rest"
ABOUT_REST = "rest: what a program's own total is more than the parts it names."


@dataclass(frozen=True)
class Term:
    """One term of a reward program over a rollout.

    Args:
        name: as the program names it.
        mean, spread: of its values a step, and their standard deviation.
        share: of the reward, and so of the return: its mean's size among the sizes of all means, from 0 to 1.
    """

    name: str
    mean: float
    spread: float
    share: float


@dataclass(frozen=True)
class TermTable:
    """All terms in the program's order. It reads as a sequence, prints as text, and shows as a table in a notebook."""

    rows: tuple[Term, ...] = ()

    @classmethod
    def of(cls, points: Sequence[CurvePoint]) -> TermTable:
        """The terms of the last of ``points``; an empty table without any."""
        if not points:
            return cls()
        point = points[-1]
        whole = sum(abs(mean) for mean in point.terms.values()) or 1.0
        return cls(
            tuple(
                Term(name, mean, point.spread.get(name, 0.0), abs(mean) / whole) for name, mean in point.terms.items()
            )
        )

    def __iter__(self) -> Iterator[Term]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Term:
        """The term with that name.

        Raises:
            UnknownNameError: there is none.
        """
        for term in self.rows:
            if term.name == name:
                return term
        raise UnknownNameError("term", name, [term.name for term in self.rows])

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict a term: ``name``, ``mean``, ``spread``, ``share``."""
        return [asdict(term) for term in self.rows]

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with a row for each term.

        Raises:
            UserError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise UserError("pandas is not installed.", "pip install pandas, or use .to_dicts().") from None
        return pandas.DataFrame(self.to_dicts(), columns=["name", "mean", "spread", "share"])

    @property
    def about(self) -> str:
        """See :func:`about_terms`."""
        return about_terms(term.name for term in self.rows)

    def __str__(self) -> str:
        cells = [HEADS, *map(_texts, self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(HEADS))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, len(HEADS)))])
            for row in cells
        ]
        return "\n".join([*lines, *filter(None, [self.about])])

    def _repr_html_(self) -> str:
        heads, *rows = ("".join(_cells(texts)) for texts in (HEADS, *map(_texts, self.rows)))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        note = f"<p>{html.escape(self.about)}</p>" if self.about else ""
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{note}"


def about_terms(names: Iterable[str]) -> str:
    """What to know where terms of these names are shown; empty where their names are the program's own."""
    return ABOUT_REST if REST in names else ""


def _texts(term: Term) -> tuple[str, ...]:
    return (term.name, f"{term.mean:.3g}", f"{term.spread:.3g}", f"{term.share:.0%}")


def _cells(texts: Sequence[str]) -> Iterator[str]:
    """The name to the left, numbers to the right."""
    for i, text in enumerate(texts):
        yield f'<td style="text-align: {"right" if i else "left"}; padding: 2px 12px 2px 0">{html.escape(text)}</td>'
