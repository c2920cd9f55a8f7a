"""Searches that write every kind of event between them, and whose outcome depends on nothing but what they are asked.

A model answers by what stands in the question and by how many answers to the same words the run has stored, so that a
question that is asked again gets what it would have got, and a prompt that differs gets another program.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol_server import Reply, answer, motion, seer
from searches import PPO, misspelt, said

from text2reward.record.events import AwaitsPeople
from text2reward.record.feedback import DONE, FEEDBACK, Comment, Edit, Feedback, PairVote, read
from text2reward.record.lines import append_line
from text2reward.record.reader import Run

Respond = Callable[[dict[str, Any], int], Reply]
Speak = Callable[[Run, AwaitsPeople], None]

REWARD = """import torch


def compute_reward(state, action, prev):
    apart = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.robot.ee_pos - prev.goal.pos, dim=-1)
    return {"near": 1 - torch.tanh(SHARP * apart), "nearer": PAID * (before - apart)}
"""


@dataclass(frozen=True)
class WholeSearch:
    """A search as a user starts it, with whoever it asks.

    Args:
        settings: of its ``config.json``.
        model: makes the model's answers, given where the runs of the search lie; None where none is asked.
        speak: says what people say when the run waits for them.
    """

    settings: dict[str, Any]
    model: Callable[[Path], Respond] | None = None
    speak: Speak | None = None


def writer(runs_dir: Path) -> Respond:
    """A model that errs in every first draft, mends it, reviews, says why policies fail, and looks at films."""
    look = seer(motion)

    def respond(body: dict[str, Any], number: int) -> Reply:
        asked = body["messages"][-1]["content"]
        words = json.dumps(body["messages"], sort_keys=True)
        if '"image_url"' in words:
            return look(body, number)
        if asked.startswith("This time you do not write a program; you review"):
            return answer('It fits the sentence.\n\n{"verdict": "accept"}', tokens=(900, 12))
        if asked.startswith("This time you do not write a program; you say why"):
            return answer(json.dumps({"causes": ["The hand stops short: pay more for the last centimetres."]}))
        before = answered(runs_dir, body["messages"])
        program = program_for(words, before)
        if "cannot be used yet" not in asked and before == 0:
            program = misspelt(program)
        return answer(said("First the hand goes to the place, then it stays.", program), tokens=(1200, 170))

    return respond


def answered(runs_dir: Path, messages: list[dict[str, Any]]) -> int:
    """How many answers to the same words the run has stored."""
    count = 0
    for path in runs_dir.glob("*/llm/*.json"):
        if not path.name.endswith(".failed.json"):
            count += json.loads(path.read_bytes())["messages"] == messages
    return count


def program_for(words: str, number: int) -> str:
    """A program that depends on every letter of the question."""
    drawn = zlib.crc32(words.encode()) + 7919 * number
    return REWARD.replace("SHARP", f"{1 + drawn % 7 / 2:g}").replace("PAID", f"{1 + drawn % 11:g}")


def raters(run: Run, event: AwaitsPeople) -> None:
    """Ada prefers the first of two candidates, has a wish and edits a program; Bob is brief. Each line is said once."""
    number = int(event.about.rpartition(" ")[2])
    names = [name for name, each in run.candidates.items() if each.success is not None]
    lines = [
        *(("Ada", PairVote(names[0], other, 0, "left")) for other in names[1:]),
        ("Ada", Comment("slower near the goal", names[0])),
        *([("Ada", Edit(names[0], REWARD.replace("SHARP", "2").replace("PAID", "9")))] if number == 1 else []),
        ("Bob", Comment("", tags=(DONE,))),
        ("Ada", Comment("", tags=(DONE,))),
    ]
    known = {each.id for each in read(run.folder)}
    for index, (rater, what) in enumerate(lines):
        line = Feedback(what, rater, f"{number}-{index}", "2026-01-01T00:00:00.000+00:00")
        if line.id not in known:
            append_line(run.folder / FEEDBACK, line.to_line(), lambda text: True)


def watcher(run: Run, event: AwaitsPeople) -> None:
    """A person who sees the task solved in the first two films."""
    path = run.folder / "watching" / f"{event.about}.answer.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("1 2")


_TOY = {"env": "toy:TASK", "jobs": 2, "ppo": PPO, "held_out": 10, "target": 1.0}
_ONE_AFTER_THE_OTHER = {"price": [1.0, 1.0], "answer_tokens": 30_000, "max_tokens": 60_000}
"""A limit into which two calls at once are not sure to fit: drafts are asked for in order, and limits are kept, too."""

QUICK = WholeSearch(
    {**_TOY, "model": "openai/writer", "candidates": 1, "rounds": 1, "steps": 2_560, "held_out": 5},
    model=writer,
)
"""A search of seconds."""

SEARCHES = {
    "model": WholeSearch(
        {
            **_TOY,
            **_ONE_AFTER_THE_OTHER,
            "model": "openai/writer",
            "candidates": 2,
            "rounds": 2,
            "steps": 5_120,
            "stages": {
                "reviewing": {"by": "model"},
                "screening": {"duplicates": 0.0},
                "training": {"halvings": 1},
                "feedback": {"analysis": "model"},
            },
        },
        model=writer,
    ),
    "people": WholeSearch(
        {
            **_TOY,
            "model": "composer",
            "vision": "openai/sees",
            "human": "wait",
            "candidates": 1,
            "rounds": 2,
            "steps": 2_560,
        },
        model=writer,
        speak=raters,
    ),
    "person": WholeSearch(
        {**_TOY, "model": "composer", "judge": "person", "candidates": 1, "rounds": 1, "steps": 2_560},
        speak=watcher,
    ),
    "metaworld": WholeSearch(
        {
            "env": "metaworld/drawer-close-v3",
            "model": "composer",
            "candidates": 2,
            "rounds": 1,
            "steps": 20_000,
            "held_out": 10,
            "jobs": 2,
            "target": 1.0,
            "stages": {"training": {"halvings": 0}, "selection": {"seeds": 2}},
        },
    ),
}
