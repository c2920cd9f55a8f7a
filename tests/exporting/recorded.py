"""A finished run without its training: an untrained policy, judged on a few episodes of a real simulator."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import gymnasium
import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from text2reward.agent.config import make_config
from text2reward.agent.finale import as_success
from text2reward.agent.system import environment
from text2reward.envs.judge_file import JudgeFile
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.record.curves import CurvePoint, to_csv
from text2reward.record.events import Drafted, Filmed, HeldOut, RunFinished, RunStarted, Trained, Video
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.training.evaluate import Judge
from text2reward.training.policy import Policy

PROGRAM = '''"""Reach."""
import math
import torch

NEAR: float = 5.0


def closeness(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return 1 - torch.tanh(NEAR * torch.linalg.norm(a - b, dim=-1))


def compute_reward(state, action, prev):
    place = state.robot.ee_pos
    place += 0.0 * math.pi
    moved = torch.linalg.norm(state.robot.ee_pos - prev.robot.ee_pos, dim=-1)
    return {"reach": closeness(place, state.handle.pos), "class": -0.1 * (action**2).sum(-1), "fields": 2 * moved}
'''

HALF = '''def happened(states):
    """The hand ends within 0.4 m of the handle."""
    apart = states["robot.ee_pos"][-1] - states["handle.pos"][-1]
    return bool((apart**2).sum() < 0.4**2)
'''


def policy(task: Task, seed: int = 0) -> Policy:
    """An untrained one for observations and actions of ``task``, with statistics that are not the first ones."""

    class Spaces(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (task.observation_size,), np.float32)
        action_space = gymnasium.spaces.Box(task.action.low, task.action.high, (task.action.size,), np.float32)

    envs = VecNormalize(DummyVecEnv([Spaces]), norm_reward=False)
    envs.obs_rms.update(np.random.default_rng(seed).normal(0, 0.3, (64, task.observation_size)))
    return Policy(PPO("MlpPolicy", envs, seed=seed, device="cpu", policy_kwargs={"net_arch": [16]}), envs)


def finished_run(folder: Path, env: str, program: str | None = PROGRAM, judge: str | None = None, **event) -> Run:
    """A run on ``env`` whose winner's policy was judged on four held-out episodes."""
    given = {"env": env, "instruction": "Reach it.", "held_out": 4, "action_repeat": event.pop("action_repeat", None)}
    config = make_config({**given, "judge": "mine.py" if judge else None}).to_json()
    writer = RecordWriter.create(folder, "x", config, environment("tier A"))
    own = None
    if judge:
        writer.write("judge.py", judge)
        own = JudgeFile("judge.py", judge)
    task = get_task(env, config["action_repeat"], own)
    writer.append(RunStarted("run", task.id, event.pop("instruction", "Reach it."), "openai/x"))
    path = writer.write("candidates/r1c1/reward.py", program) if program is not None else None
    writer.append(Drafted("r1c1", 1, None, event.pop("author", "openai/x"), path, note=event.pop("note", "")))
    where = writer.folder / "candidates/r1c1/s0"
    trained = policy(task)
    trained.save(where)
    select, held_out = _judged(task, trained, [11, 12]), _judged(task, trained, [21, 22, 23, 24])
    (where / "select.json").write_text(json.dumps([episode.to_json() for episode in select]))
    (where / "held_out.json").write_text(json.dumps([episode.to_json() for episode in held_out]))
    terms = event.pop("terms", {"reach": 0.5, "class": -0.1, "fields": 0.4})
    points = [CurvePoint(1000 * i, 1, 0.1 * i, 2.0, {k: v * i for k, v in terms.items()}, terms) for i in (1, 2, 3)]
    (where / "curves.csv").write_text(to_csv(points))
    (where / "video").mkdir()
    (where / "video/best.mp4").write_bytes(b"film")
    success = as_success(select)
    writer.append(
        Trained("r1c1", "r1c1/s0", "candidates/r1c1/s0", "steps", "peak", 3000, 2000, success, success.k, 1.0)
    )
    writer.append(HeldOut("r1c1", as_success(held_out)))
    writer.append(Filmed("r1c1", (Video("candidates/r1c1/s0/video/best.mp4", "best", True),)))
    writer.append(RunFinished("rounds", "r1c1", 1.0))
    writer.close()
    return load(writer.folder)


def _judged(task: Task, trained: Policy, seeds: list[int]):
    judge = Judge(dataclasses.replace(task))
    episodes = judge(trained, seeds)
    judge.close()
    return episodes
