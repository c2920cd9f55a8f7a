"""Scripts and styles by name, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from text2reward.web.listing import stylesheet

_WEB = Path(__file__).parent.parent
_OWN = Path(__file__).parent / "static"
_SCRIPTS = ("page.js", "player.js", "live.js", "rate.js", "candidate.js")


@cache
def static_files() -> Mapping[str, tuple[str, str]]:
    """Text and media type of each file that a page may ask for."""
    files = {name: (_read(_OWN / name), "text/javascript") for name in _SCRIPTS}
    charts = _read(_WEB / "vendor" / "uPlot.iife.min.js") + _read(_WEB / "templates" / "charts.js")
    styles = [_WEB / "vendor" / "uPlot.min.css", _WEB / "templates" / "report.css", _OWN / "serve.css"]
    style = "\n".join([*map(_read, styles), stylesheet()])
    return {**files, "charts.js": (charts, "text/javascript"), "page.css": (style, "text/css")}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
