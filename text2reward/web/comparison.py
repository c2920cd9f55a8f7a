"""The comparison as a page: one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from text2reward.record.events import Success
from text2reward.record.terms import about_terms
from text2reward.web.listing import diff_lines, highlight
from text2reward.web.page import assets, environment


def render(found: Mapping[str, Any]) -> str:
    """The page as HTML text.

    Args:
        found: a comparison as plain data, as ``text2reward compare --json`` prints it.
    """
    sides = [_shown(side) for side in found["sides"]]
    targets = {side["seen"]["target"] for side in sides if side["seen"] and side["seen"]["target"] is not None}
    page = environment().get_template("comparison.html.jinja")
    return page.render(
        found=found,
        sides=sides,
        target=targets.pop() if len(targets) == 1 else None,
        methods=sorted({side["seen"]["apart"]["method"] for side in sides if side["seen"] and side["seen"]["apart"]}),
        terms=list(_terms(sides)),
        about_terms=about_terms(term["name"] for side in sides for term in side["terms"]),
        programs=[(side, highlight(side["program"])) for side in sides if side["program"] is not None],
        diffs=[(each, diff_lines(each["lines"])) for each in found["diffs"]],
        **assets(_charts(sides), "comparison.js"),
    )


def _shown(side: Mapping[str, Any]) -> dict[str, Any]:
    seen = side["seen"]
    return {**side, "seen": seen and {**seen, "success": Success(**seen["success"])}}


def _terms(sides: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row for each term of each side, those of one name together; ``first`` where a name begins."""
    names = dict.fromkeys(term["name"] for side in sides for term in side["terms"])
    for name in names:
        rows = [(side, term) for side in sides for term in side["terms"] if term["name"] == name]
        for i, (side, term) in enumerate(rows):
            yield {**term, "letter": side["letter"], "rows": len(rows) if i == 0 else 0, "course": _course(term)}


def _course(term: Mapping[str, Any]) -> str:
    if term["first"] is None or term["last"] is None:
        return ""
    return f"{term['first']:.3g} → {term['last']:.3g}"


def _charts(sides: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The curves of all sides over one axis of simulator steps; null where a side has no value there."""
    curves = [(side["letter"], side["curve"]) for side in sides if side["curve"]]
    steps = sorted({step for _, curve in curves for step in curve["sim_steps"]})

    def along(name: str) -> list[dict[str, Any]]:
        rows = []
        for letter, curve in curves:
            known = dict(zip(curve["sim_steps"], curve[name], strict=True))
            rows.append({"label": letter, "values": [known.get(step) for step in steps]})
        return rows

    return {"steps": steps, "success": along("success"), "own_return": along("own_return")}
