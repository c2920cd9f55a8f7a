"""Whether a search that was killed came to what it would have come to: candidates, figures, files, the final table."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from killing import Outcome

from text2reward.cli import main
from text2reward.record.reader import Run
from text2reward.training.settings import TrainSettings

_APART = ("awaits-people", "interrupted", "resumed")
"""Events that tell of the way, not of the result."""
_CLOCKS = ("wall_s", "seconds", "run")
_SAME_BYTES = ("reward.py", "curves.csv", "select.json", "held_out.json", "feedback.jsonl", "*.mp4")
_PORT = re.compile(r"127\.0\.0\.1:\d+")


def facts(run: Run) -> dict[str, Any]:
    """All that must not depend on whether a run was killed: line -> what it says."""
    found: dict[str, Any] = {}
    for entry in run.entries:
        if entry.event.kind not in _APART:
            data = {name: value for name, value in asdict(entry.event).items() if name not in _CLOCKS}
            text = _PORT.sub("SERVER", json.dumps(data, sort_keys=True))
            found.setdefault(entry.event.kind, []).append(text)
    found = {kind: sorted(texts) for kind, texts in found.items()}
    found["order of candidates"] = list(run.candidates)
    found["files"] = sorted(_files(run.folder))
    found["table"] = table(run)
    return found


def differences(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """What one of them says and the other does not, each in a line."""
    found = []
    for name in sorted({*expected, *got}):
        one, other = (Counter(map(str, each.get(name, []))) for each in (expected, got))
        found += [f"{name}: lacks {text[:300]}" for text in (one - other).elements()]
        found += [f"{name}: has {text[:300]}" for text in (other - one).elements()]
    return found


def complaints(expected: Outcome, got: Outcome) -> list[str]:
    """Everything that a killed search did otherwise than the one that was not."""
    found = differences(facts(expected.run), facts(got.run))
    if got.twice:
        found.append(f"{got.twice} questions were asked twice")
    if got.asked - got.lost != expected.asked:
        found.append(f"{got.asked} questions less {got.lost} under way, and not {expected.asked}")
    found += [f"outlived the run: {words}" for words in got.orphans]
    for training, points in got.points.items():
        rollout = expected.points[training][0] if training in expected.points else 1
        found += [f"{training} went {told}" for told in lost_steps(points, rollout, got.run.config["steps"])]
    return found


def lost_steps(points: Sequence[int], rollout: int, steps: int) -> Iterator[str]:
    """Where a training went on from farther back than its last checkpoint.

    Args:
        points: simulator steps at the ends of its rollouts, as they were told.
        rollout: simulator steps of each.
        steps: of the whole training.
    """
    most = TrainSettings().between_checkpoints(round(steps / rollout)) * rollout
    reached = 0
    for point in points:
        if point <= reached - most:
            yield f"from {reached:,} simulator steps back to {point - rollout:,}, and checkpoints are {most:,} apart"
        reached = max(reached, point)


def table(run: Run) -> list[str]:
    """What ``text2reward show`` prints, without names, ports and clocks."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["show", str(run.folder)]) == 0
    text = _PORT.sub("SERVER", said.getvalue().replace(str(run.folder), "RUN").replace(run.folder.name, "RUN"))
    return [line for line in text.splitlines() if not line.startswith("Waited ")]


def _files(folder: Path) -> Iterator[str]:
    """Every file of a run, with its content where that holds neither a time nor a name."""
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_dir() or "tensorboard/" in name:
            continue
        alike = any(path.match(pattern) for pattern in _SAME_BYTES)
        yield f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12] if alike else ''}".strip()
