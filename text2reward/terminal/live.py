"""The live view: one table of candidates that is redrawn in place."""

from __future__ import annotations

import threading
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from text2reward.agent.notices import Began, Doing, Judged, Notice, Planned, Progress, Waiting
from text2reward.record.candidate import best_of
from text2reward.record.curves import CurvePoint
from text2reward.record.events import (
    Asked,
    Checked,
    Diagnosed,
    Drafted,
    Event,
    Filmed,
    Heard,
    Heat,
    HeldOut,
    Interrupted,
    Opined,
    RoundFinished,
    RunFinished,
    Screened,
    Trained,
)
from text2reward.record.verdict import shares
from text2reward.terminal import planning
from text2reward.terminal.clock import clock
from text2reward.terminal.plain import heard, heat, opined, trained
from text2reward.terminal.timing import Timing

_REDRAWS_PER_S = 4
_SPARK = "▁▂▃▄▅▆▇█"


class LiveDisplay:
    """Draws the state of a run on a terminal.

    Args:
        console: the terminal, usually standard error's.
    """

    def __init__(self, console: Console) -> None:
        self._began = time.monotonic()
        self._lock = threading.RLock()
        self._head: Began | None = None
        self._doing = "starting"
        self._rows: dict[str, _Row] = {}
        self._tokens = [0, 0]
        self._over = False
        self._timing = Timing()
        self._budget = 1
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=_REDRAWS_PER_S)
        self._live.start()

    def __call__(self, event: Event | Notice) -> None:
        """Take note of an event or notice; the next redraw shows it."""
        with self._lock:
            self._timing(event)
            self._note(event)

    def close(self) -> None:
        """Draw once more and leave the picture standing."""
        self._live.stop()

    def _note(self, event: Event | Notice) -> None:
        if isinstance(event, Began):
            self._head, self._budget = event, event.config.steps
            self._began -= event.worked_s
            for candidate in event.run.candidates.values():
                row = self._rows[candidate.id] = _Row(candidate.draft.parent)
                row.found(candidate.findings)
                row.points = list(candidate.curves)
                row.said = ", ".join(each.name for each in candidate.diagnosis.findings) if candidate.diagnosis else ""
                for training in candidate.trainings:
                    row.end(training)
        elif isinstance(event, Doing):
            if event.candidate is None or event.what != "training":
                self._doing = f"{event.what} {event.candidate or ''}".strip()
            else:
                self._row(event.candidate).state = "training"
        elif isinstance(event, Drafted):
            self._rows[event.candidate] = _Row(event.parent)
            self._rows[event.candidate].note = event.note
            self._row(event.candidate).found(event.findings)
        elif isinstance(event, Checked):
            self._row(event.candidate).found(event.findings)
        elif isinstance(event, Screened):
            if not event.trains:
                self._row(event.candidate).found(event.findings)
        elif isinstance(event, Diagnosed):
            self._row(event.candidate).said = ", ".join(finding.name for finding in event.findings)
        elif isinstance(event, Heat):
            self._doing = heat(event)
        elif isinstance(event, Progress):
            self._row(event.candidate).reached(event.point)
        elif isinstance(event, Trained):
            self._row(event.candidate).end(event)
            if event.failed_by_machine:
                self._doing = f"{event.training.removesuffix('/s0')} {trained(event)}"
        else:
            self._note_run(event)

    def _note_run(self, event: Event | Notice) -> None:
        if isinstance(event, Planned):
            for line in planning.lines(event.plan):
                self._live.console.print(line, style="dim", markup=False, highlight=False)
        elif isinstance(event, Asked):
            self._tokens[0] += event.tokens_in or 0
            self._tokens[1] += event.tokens_out or 0
        elif isinstance(event, Judged):
            self._doing = f"judging the chosen policy: {event.done} of {event.total} held-out episodes"
        elif isinstance(event, HeldOut):
            self._doing = f"held-out success of {event.candidate}: {shares(event.success)}"
        elif isinstance(event, Waiting):
            self._doing = "\n".join(event.lines)
        elif isinstance(event, Heard):
            self._doing = "\n".join(heard(event))
        elif isinstance(event, Opined):
            self._doing = "\n".join(opined(event))
        elif isinstance(event, RoundFinished):
            self._doing = f"round {event.round} done, best so far {event.best or 'none'}"
        elif isinstance(event, Filmed):
            self._doing = event.problem
        elif isinstance(event, Interrupted):
            self._doing = f"interrupted: {event.why}"
        elif isinstance(event, RunFinished):
            self._over = True
            self._doing = f"ended by a limit: {event.budget}" if event.budget else "done"

    def _row(self, candidate: str) -> _Row:
        return self._rows.setdefault(candidate, _Row(None))

    def _draw(self) -> RenderableType:
        with self._lock:
            parts: list[RenderableType] = []
            if self._head is not None:
                config = self._head.config
                parts.append(Text(config.instruction, style="bold"))
                parts.append(Text(f"{config.env} · {config.model} · {self._head.run.folder}", style="dim"))
                parts.append(Text(f"sandbox: {self._head.run.sandbox}", style="dim"))
                if self._head.task.note:
                    parts.append(Text(self._head.task.note, style="yellow"))
            if self._rows:
                parts.append(self._table())
            parts.append(self._foot())
            return Group(*parts)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for head in ("", "progress", "steps", "success over time", "now", "result"):
            table.add_column(head, justify="right" if head in ("steps", "now") else "left", no_wrap=True)
        for name, row in self._rows.items():
            point = row.points[-1] if row.points else None
            steps = point.sim_steps if point else 0
            success = "" if point is None or point.success is None else f"{point.success:.0%}"
            bar = ProgressBar(total=self._budget, completed=steps, width=16) if row.points else Text("")
            table.add_row(name, bar, f"{steps:,}" if steps else "", _spark(row.points), success, row.result())
        return table

    def _foot(self) -> Text:
        left = self._timing.left_s()
        waited = self._timing.waited_s
        pieces = [clock(time.monotonic() - self._began - waited)]
        if waited:
            pieces.append(f"waited {clock(waited)} for people")
        if left is not None and not self._over:
            pieces.append(f"up to about {clock(left)} left")
        if any(self._tokens):
            pieces.append(f"{self._tokens[0]:,} tokens in, {self._tokens[1]:,} out")
        if self._doing:
            pieces.append(self._doing)
        return Text(" · ".join(pieces))


class _Row:
    def __init__(self, parent: str | None) -> None:
        self.parent = parent
        self.note = self.said = ""
        self.state = "waiting"
        self.points: list[CurvePoint] = []
        self._ended: dict[str, Trained] = {}
        self._result: Text | None = None

    def reached(self, point: CurvePoint) -> None:
        earlier = [each for each in self.points if each.sim_steps < point.sim_steps]  # from a checkpoint, or anew
        self.points = [*earlier, point]
        self._result = None

    def found(self, findings: object) -> None:
        errors = [f for f in findings if getattr(f, "level", "") == "error"]  # type: ignore[attr-defined]
        if errors:
            self._result = Text(f"failed: {errors[0].name}", style="red")

    def end(self, event: Trained) -> None:
        self._ended[event.training] = event
        event = best_of(self._ended.values()) or event
        if event.select is None:
            name = event.findings[0].name if event.findings else "unknown"
            self._result = Text(f"failed: {name}", style="yellow" if event.failed_by_machine else "red")
        else:
            style = "green" if event.reason == "target" else ""
            self._result = Text(f"{shares(event.select)}", style=style)

    def result(self) -> Text:
        result = self._result or Text(self.state, style="dim")
        return Text.assemble(result, (f"  {self.said}", "yellow")) if self.said else result


def _spark(points: list[CurvePoint]) -> str:
    """Success over the training as a line of blocks, at most 16 wide."""
    values = [point.success or 0.0 for point in points]
    if len(values) > 16:
        values = [values[round(i * (len(values) - 1) / 15)] for i in range(16)]
    return "".join(_SPARK[min(len(_SPARK) - 1, int(value * len(_SPARK)))] for value in values)
