"""What commands have in common: where runs lie, how progress and results are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RUNS_DIR = Path("runs")
DisplayName = Literal["auto", "live", "plain", "json", "none"]


@dataclass(frozen=True)
class Output:
    """Where results go and how progress is shown."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    display: DisplayName = "auto"
    """How progress is shown on standard error; auto is live at a terminal."""

    json: bool = False
    """Print the result as one JSON object."""
