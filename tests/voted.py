"""Made-up runs that people vote on."""

from __future__ import annotations

from pathlib import Path

import toy

from text2reward.record.events import Checked, Drafted, RunStarted, Trained
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.training.statistics import Rate

CONFIG = {"env": "toy:TASK", "instruction": toy.TASK.instruction, "target": 0.9, "seed": 0}


def run_of(runs_dir: Path, solved: dict[str, int], **config: object) -> Run:
    """A run, not over, whose candidates solved so many of 30 select episodes."""
    writer = RecordWriter.create(runs_dir, toy.TASK.id, {**CONFIG, **config}, {})
    writer.append(RunStarted(writer.folder.name, toy.TASK.id, toy.TASK.instruction, "openai/x"))
    for name, k in solved.items():
        program = toy.REACH.replace("2 * distance", f"{len(name) + k} * distance")
        path = writer.write(f"candidates/{name}/reward.py", program)
        writer.append(Drafted(name, int(name[1]), None, "openai/x", path))
        writer.append(Checked(name, ()))
        select = Rate(k, 30).success(k)
        writer.append(Trained(name, f"{name}/s0", f"candidates/{name}/s0", "steps", "last", 4000, 4000, select, k, 1.0))
    writer.close()
    return load(writer.folder)
