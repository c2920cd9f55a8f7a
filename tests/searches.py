"""A model that writes as models do, and searches with it: one that errs, mends, reviews and says why policies fail."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import toy
from protocol_server import Reply, answer, serving

from text2reward.agent.config import config_for
from text2reward.agent.run import start
from text2reward.record.events import HeldOut, Trained
from text2reward.record.reader import Run

PPO = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 5, "learning_rate": 3e-3}
TOY: dict[str, Any] = {"env": "toy:TASK", "jobs": 2, "candidates": 2, "held_out": 10, "steps": 2_000, "ppo": PPO}
DRAWER = {"env": "metaworld/drawer-close-v3", "jobs": 2, "candidates": 2, "held_out": 10, "steps": 8_000}

REACH = toy.REACH
ABSOLUTE = """import torch


def compute_reward(state, action, prev):
    apart = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    effort = (action * action).sum(dim=-1)
    return {"near": 2 * torch.exp(-4 * apart), "effort": -0.01 * effort}
"""
PUSH = """import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {"reach": 1 - torch.tanh(5 * to_handle), "close": 3 * (1 - torch.tanh(10 * to_goal))}
"""
PROGRESS = """import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.handle.pos - prev.goal.pos, dim=-1)
    return {"reach": torch.exp(-3 * to_handle), "closer": 40 * (before - to_goal), "shut": 2 * torch.exp(-8 * to_goal)}
"""


def misspelt(program: str) -> str:
    """The program with a field that there is not."""
    return program.replace("robot.ee_pos", "robot.eepos")


def said(words: str, program: str) -> str:
    """An answer as models give it."""
    return f"{words}\n\n```python\n{program}```\n\nThat should teach the task."


class Writer:
    """Answers like a model: what it says depends on what it is asked, and drafts come from a list, the last for ever.

    Args:
        drafts: programs.
        mended: what it writes where a program cannot be used, or a review found something.
    """

    def __init__(self, drafts: list[str], mended: str) -> None:
        self._drafts, self._mended = drafts, mended
        self._given = 0
        self._lock = threading.Lock()

    def __call__(self, body: dict[str, Any], number: int) -> Reply:
        asked = body["messages"][-1]["content"]
        if asked.startswith("This time you do not write a program; you review"):
            return answer('It fits the sentence.\n\n{"verdict": "accept"}', tokens=(900, 12))
        if asked.startswith("This time you do not write a program; you say why"):
            return answer(json.dumps({"causes": ["The hand stops short: pay more for the last centimetres."]}))
        if "cannot be used yet" in asked or "a review before training found" in asked:
            return answer(said("I mend what was found.", self._mended), tokens=(1400, 160))
        with self._lock:
            self._given += 1
            draft = self._drafts[min(self._given, len(self._drafts)) - 1]
        return answer(said("First the hand goes to the place, then it stays.", draft), tokens=(1200, 170))


SEARCHES: dict[str, tuple[dict[str, Any], Writer]] = {
    # What is asked in the second round is what the first one's programs were refused for, on every machine.
    "toy-two-rounds": (
        {**TOY, "rounds": 2, "repairs": 0},
        Writer([misspelt(REACH), misspelt(ABSOLUTE), REACH, ABSOLUTE], REACH),
    ),
    "drawer-mended": ({**DRAWER, "rounds": 1}, Writer([misspelt(PUSH), PROGRESS], PUSH)),
}


def search(writer: Writer, runs_dir: Path, **settings: Any) -> Run:
    """A finished search whose programs were written by ``writer``."""
    with serving(writer) as server:
        given = {"model": "openai/writer", "base_url": server.url, **settings}
        return start(config_for(given.pop("instruction", None), given), runs_dir)


def questions(run: Run) -> dict[str, bytes]:
    """Everything that was asked and answered, by key."""
    found = {}
    answered = (path for path in (run.folder / "llm").glob("*.json") if not path.name.endswith(".failed.json"))
    for path in sorted(answered):
        data = json.loads(path.read_bytes())
        asked = {name: data[name] for name in ("model", "sampling", "about", "messages")}
        found[path.stem] = json.dumps([asked, data["answer"]["text"]], sort_keys=True).encode()
    return found


def programs(run: Run) -> dict[str, bytes]:
    """The programs, by candidate."""
    return {path.parent.name: path.read_bytes() for path in sorted(run.folder.glob("candidates/*/reward.py"))}


def figures(run: Run) -> dict[str, Any]:
    """How well everything did."""
    trained = {each.training: (each.reason, each.sim_steps, each.solved, each.select) for each in run.events(Trained)}
    return {**trained, "held out": [event.success for event in run.events(HeldOut)]}
