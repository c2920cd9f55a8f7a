"""Rich's console, which draws; the texts in what it draws are guarded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from text2reward.terminal.guard import printable, unguarded


class GuardedConsole(Console):
    """A console on which no text can give orders to the terminal.

    Args:
        stream: where it draws.
        options: as for Rich's own.
    """

    def __init__(self, stream: TextIO, **options: Any) -> None:
        super().__init__(file=unguarded(stream), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is drawn: Rich's own orders to the terminal, and printable text."""
        for segment in super().render(renderable, options):
            style = segment.style and segment.style.update_link(None)  # a link is an order, too
            yield segment if segment.control else Segment(printable(segment.text), style)
