"""The settings of a run that is there already, for commands that start from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def config_of(run: str, runs_dir: Path) -> Path:
    """The configuration file of a run."""
    from text2reward.record.reader import find_run
    from text2reward.record.writer import CONFIG

    return find_run(run, runs_dir) / CONFIG


def as_replayed(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The settings of the run in ``folder``, with its own copies of what a person gave it, and without a network."""
    from text2reward.agent.examples import EXAMPLES
    from text2reward.agent.given import INIT
    from text2reward.agent.setting import JUDGE
    from text2reward.record.reader import load

    copies = {"init": folder / INIT, "judge": folder / JUDGE}
    if given.get("program"):
        program = next(iter(load(folder).candidates.values())).program_path if load(folder).candidates else None
        copies |= {"program": program} if program is not None else {}
    mine = {name: str(path.resolve()) for name, path in copies.items() if given.get(name) and path.is_file()}
    left_out = {"wandb", *(["library"] if (folder / EXAMPLES).is_file() else [])}
    return {name: value for name, value in {**given, **mine}.items() if name not in left_out}
