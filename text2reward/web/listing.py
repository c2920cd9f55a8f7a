"""Programs and their differences as HTML."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape
from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_LIGHT, _DARK = "friendly", "github-dark"


@lru_cache(maxsize=512)
def highlight(program: str) -> Markup:
    """A program with syntax colours and line numbers."""
    formatter = HtmlFormatter(linenos="inline", cssclass="code")
    return Markup(pygments_highlight(program, PythonLexer(stripnl=False), formatter))


@lru_cache(maxsize=512)
def diff(before: str, after: str, before_name: str, after_name: str) -> Markup:
    """The unified difference of two programs."""
    return diff_lines(
        difflib.unified_diff(before.splitlines(), after.splitlines(), before_name, after_name, lineterm="", n=2)
    )


def diff_lines(lines: Iterable[str]) -> Markup:
    """The lines of a unified difference, coloured."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    rows = [
        Markup('<span class="{}">{}</span>').format(kinds.get(line[:1], "same"), escape(line) or " ") for line in lines
    ]
    return Markup('<pre class="diff">{}</pre>').format(Markup("").join(rows))


def stylesheet() -> str:
    """Colours of highlighted programs, for light and dark pages."""
    light = HtmlFormatter(style=_LIGHT).get_style_defs(".code")
    dark = HtmlFormatter(style=_DARK).get_style_defs(".code")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
