"""What a run prints on standard output when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from text2reward.record.candidate import Candidate
from text2reward.record.events import Asked, Heard, Success
from text2reward.record.reader import Run
from text2reward.record.verdict import shares, verdict
from text2reward.record.words import counted
from text2reward.terminal.clock import clock


def outcome(candidate: Candidate) -> str:
    """What became of a candidate, in a table's cell."""
    if candidate.success is None:
        return candidate.failure
    seeds = len(candidate.trainings)
    return shares(candidate.success) + (f" (best of {seeds} seeds)" if seeds > 1 else "")


def text(run: Run) -> str:
    """Verdict, table, paths, and the command that reproduces the run."""
    rows = [("candidate", "success [95% interval]", "simulator steps", "parent")]
    for candidate in run.candidates.values():
        steps = f"{candidate.training.sim_steps:,}" if candidate.success and candidate.training else "-"
        rows.append((candidate.id, outcome(candidate), steps, candidate.draft.parent or "-"))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [verdict(run).text, ""]
    for row in rows:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if run.screening is not None:
        lines += ["", f"{run.screening}."]
    lines += [line for told in people(run) for line in ("", told)]
    if run.waited_s:
        lines += ["", f"Waited {clock(run.waited_s)} for people."]
    if run.finished is not None and run.finished.budget:
        lines += ["", f"Ended by a limit: {run.finished.budget}{_go_on(run.folder, run.finished.budget)}"]
    return "\n".join([*lines, "", *_paths(run)])


def people(run: Run) -> Iterator[str]:
    """How people order the candidates, and whether that decided; nothing where they compared none."""
    last = run.heard
    if last is None or not last.strengths:
        return
    best, by_success = run.best, run.chosen_of(run.candidates.values())
    decided = ""
    if best is not None and by_success is not None:
        same = "success alone chooses the same"
        decided = f"; {same if best is by_success else f'they chose {best.id}, success alone {by_success.id}'}"
    yield f"After {counted(last.votes, 'vote')} people like, best first: {liked(last)}{decided}."
    for finding in last.findings:
        yield f"People: {finding}."


def liked(heard: Heard) -> str:
    """The candidates that people compared, the best liked first, with their strengths."""
    return ", ".join(f"{each.candidate} ({each.value:+.2f})" for each in heard.strengths)


def _people_as_json(run: Run) -> dict[str, Any] | None:
    last = run.heard
    if last is None:
        return None
    by_success = run.chosen_of(run.candidates.values())
    return {
        "votes": last.votes,
        "order": [asdict(each) for each in last.strengths],
        "best_by_success": by_success.id if by_success is not None else None,
    }


def _go_on(folder: Path, budget: str) -> str:
    """The command that goes on with more of what is used up; nothing where it is the model's window."""
    flags = [flag for flag in ("--max-cost", "--max-tokens", "--max-steps", "--max-hours") if flag in budget]
    return f" Go on with more: text2reward resume {folder} {flags[0]} MORE" if flags else ""


def _paths(run: Run) -> list[str]:
    lines = []
    best = run.best
    if best is not None:
        if best.program_path is not None:
            lines.append(f"program    {best.program_path}")
        lines.append(f"policy     {best.policy_path}")
    report = run.folder / "report.html"
    if report.is_file():
        lines.append(f"report     {report}")
    if best is not None and best.videos:
        videos = {video.label: video for video in best.videos}
        chosen = videos.get("median") or best.videos[-1]
        lines.append(f"video      {run.path_of(chosen.path)}")
    if run.video_problem:
        lines.append(f"no video   {run.video_problem}")
    replayed = [event.replayed for event in run.events(Asked)]
    if any(replayed):
        lines.append(f"replayed   {sum(replayed)} of {len(replayed)} answers, for nothing")
    lines.append(f"reproduce  {run.started.command}")
    return lines


def as_json(run: Run, exit_reason: str) -> dict[str, Any]:
    """The run as one object, schema 1."""
    best, held_out = run.best, run.held_out
    tokens_in, tokens_out = run.tokens
    return {
        "schema": 1,
        "run": str(run.folder),
        "task": run.started.task,
        "best": None
        if best is None
        else {
            **_about(best),
            "success": _numbers(held_out.success if held_out else best.success),
        },
        "candidates": [
            {
                **_about(candidate),
                "success": _numbers(candidate.success),
                "parent": candidate.draft.parent,
                "findings": [finding.to_json() for finding in candidate.findings],
            }
            for candidate in run.candidates.values()
        ],
        "screening": None if run.screening is None else asdict(run.screening),
        "people": _people_as_json(run),
        "cost_usd": run.cost_usd,
        "tokens": {"in": tokens_in, "out": tokens_out},
        "wall_s": run.finished.wall_s if run.finished else None,
        "waited_s": round(run.waited_s, 2),
        "budget": run.finished.budget if run.finished else "",
        "exit_reason": exit_reason,
    }


def _about(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.id,
        "program": str(candidate.program_path) if candidate.program_path else None,
        "policy": str(candidate.policy_path) if candidate.policy_path else None,
        "sim_steps": candidate.training.sim_steps if candidate.training else None,
    }


def _numbers(success: Success | None) -> dict[str, Any] | None:
    if success is None:
        return None
    return {"k": success.k, "n": success.n, "low": success.low, "high": success.high, "k_at_end": success.k_at_end}
