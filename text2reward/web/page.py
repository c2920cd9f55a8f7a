"""What every page has: templates that escape all they are given, and scripts and styles inside the one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from text2reward.record.words import counted
from text2reward.web.listing import stylesheet

_HERE = Path(__file__).parent


@cache
def environment() -> jinja2.Environment:
    """The templates."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE / "templates", _HERE / "serve" / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: "unknown" if value is None else f"{value:.0%}"
    environment.filters["thousands"] = lambda value: f"{value:,}"
    environment.filters["counted"] = counted
    environment.filters["minutes"] = lambda seconds: f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return environment


def assets(charts: Mapping[str, Any], script: str) -> dict[str, Markup]:
    """Scripts, styles and the charts' data, as the templates place them.

    Args:
        charts: what the page's own script draws.
        script: that script's name.
    """
    templates = _HERE / "templates"
    return {
        "charts": Markup(script_json(charts)),
        "chart_script": Markup(_read(_HERE / "vendor" / "uPlot.iife.min.js")),
        "chart_style": Markup(_read(_HERE / "vendor" / "uPlot.min.css")),
        "page_script": Markup(_read(templates / "charts.js") + _read(templates / script)),
        "page_style": Markup(_read(templates / "report.css")),
        "code_style": Markup(stylesheet()),
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def script_json(data: Any) -> str:
    """``data`` as JSON that may stand in a script tag."""
    return json.dumps(data).replace("<", "\\u003c")
