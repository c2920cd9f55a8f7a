"""Simulator steps a second with learning, against plain Stable-Baselines3 PPO on the ``metaworld`` package.

Both run the same network and the same settings without action repeat, each in a process of its own on one core, in
turns, several times; the ratio of the medians is what counts. The reward of this trainer is a program in its locked
process, so the cost of asking it is in the figure; it is also printed as a share of the training time, with the memory
of both processes.

    python bench/ppo_throughput.py [--seconds 20] [--repeats 3]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("MUJOCO_GL", "disabled")
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
warnings.simplefilter("ignore")

import gymnasium
import numpy as np
import psutil
import torch
from machine import about
from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from text2reward.agent.composer.plan import Plan
from text2reward.agent.composer.world import understand
from text2reward.agent.composer.writer import write_program
from text2reward.envs import Task, get_task
from text2reward.sandbox.reward_server import RewardServer
from text2reward.training.reward_source import ProgramReward
from text2reward.training.settings import PPOSettings, TrainSettings
from text2reward.training.trainer import Trainer

TASKS = ("window-close-v3", "door-unlock-v3", "reach-v3", "button-press-v3", "pick-place-v3")
HORIZON = 150
SETTINGS = PPOSettings()


class OutOfTime(Exception):
    """Ends a training whose time is up."""


class PackageEnv(gymnasium.Env):
    """The package's environment with a time limit, as people wrap it for Stable-Baselines3."""

    def __init__(self, name: str, seed: int) -> None:
        make: Any = ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE[f"{name}-goal-observable"]
        self._env = make(seed=seed)
        self._env._freeze_rand_vec = False
        self._env.seeded_rand_vec = True
        self._env._partially_observable = False
        self._env.seed(seed)
        self._clock = 0
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (39,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (4,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self._clock = 0
        observation, info = self._env.reset()
        return observation.astype(np.float32), info

    def step(self, action: np.ndarray) -> Any:
        observation, reward, _, _, info = self._env.step(action)
        self._clock += 1
        return observation.astype(np.float32), float(reward), False, self._clock >= HORIZON, info


class Clock(BaseCallback):
    """Counts steps after the first rollout until the time is up."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds, self._began, self._first = seconds, 0.0, 0
        self.rate = 0.0

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        now = time.perf_counter()
        if not self._first and self.num_timesteps:
            self._began, self._first = now, self.num_timesteps
        elif self._first and now - self._began > self._seconds:
            self.rate = (self.num_timesteps - self._first) / (now - self._began)
            raise OutOfTime


def plain(name: str, seconds: float) -> float:
    """Steps a second of Stable-Baselines3's PPO on the package."""
    env = VecNormalize(DummyVecEnv([lambda i=i: PackageEnv(name, i) for i in range(SETTINGS.n_envs)]))  # type: ignore[misc]
    clock = Clock(seconds)
    values = {**SETTINGS.__dict__, "policy_kwargs": {"net_arch": list(SETTINGS.net_arch)}}
    model = PPO("MlpPolicy", env, device="cpu", **{k: v for k, v in values.items() if k not in ("n_envs", "net_arch")})
    try:
        model.learn(10**9, callback=clock)
    except OutOfTime:
        env.close()
    return clock.rate


class Timed:
    """A reward source that adds up the seconds it takes."""

    def __init__(self, inner: ProgramReward) -> None:
        self._inner, self.seconds = inner, 0.0

    def __call__(self, batch: Any) -> Any:
        began = time.perf_counter()
        terms = self._inner(batch)
        self.seconds += time.perf_counter() - began
        return terms


def ours(task: Task, server: RewardServer, seconds: float) -> tuple[float, float, float]:
    """Steps a second of this trainer, the reward's share of the time, and PSS of trainer and reward process in MB."""
    process = server.process(task.layout, task.action.size, SETTINGS.n_envs * SETTINGS.n_steps)
    process.load(write_program(Plan(), understand(task.fields, task.instruction, task.action.size), task.instruction))
    reward = Timed(ProgramReward(process))
    points: list[tuple[float, int, float]] = []

    def told(point: Any) -> None:
        points.append((time.perf_counter(), point.sim_steps, reward.seconds))
        if len(points) > 1 and points[-1][0] - points[0][0] > seconds:
            raise OutOfTime

    settings = TrainSettings(sim_steps=10**7, stop_at_target=False, ppo=SETTINGS)
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OutOfTime):
        Trainer(task, reward, settings, 0, (1,), Path(folder), told).run()  # type: ignore[arg-type]
    memory_mb = _pss_mb(os.getpid()) + _pss_mb(process._child.pid)
    process.close()
    (start, first, before), (end, last, after) = points[0], points[-1]
    return (last - first) / (end - start), (after - before) / (end - start), memory_mb


def _pss_mb(pid: int) -> float:
    return psutil.Process(pid).memory_full_info().pss / 1e6


def one(kind: str, name: str, seconds: float) -> None:
    """One measurement, printed as JSON."""
    torch.set_num_threads(1)
    if kind == "plain":
        print(json.dumps([plain(name, seconds)]))
    else:
        task = replace(get_task(f"metaworld/{name}").with_action_repeat(1), horizon=HORIZON)
        print(json.dumps(ours(task, RewardServer(), seconds)))


def apart(kind: str, name: str, seconds: float) -> list[float]:
    """One measurement in a process of its own."""
    words = [sys.executable, __file__, "--one", kind, name, "--seconds", str(seconds)]
    numbers: list[float] = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
    return numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("plain|ours", "TASK"), help="measure one and print plain numbers")
    arguments = parser.parse_args()
    if arguments.one:
        one(*arguments.one, arguments.seconds)
        return
    print(about())
    print(f"{'task':18} {'plain':>8} {'ours':>8} {'ratio':>6} {'reward':>7} {'PSS MB':>7}   (steps/s, medians)")
    ratios, shares = [], []
    memory_mb = 0.0
    for name in TASKS:
        rows = []
        for _ in range(arguments.repeats):  # in turns, so that a machine that slows down slows both
            rows.append([*apart("plain", name, arguments.seconds), *apart("ours", name, arguments.seconds)])
        base, rate, share, memory = (statistics.median(column) for column in zip(*rows, strict=True))
        ratios.append(rate / base)
        shares.append(share)
        memory_mb = max(memory_mb, memory)
        print(f"{name:18} {base:8,.0f} {rate:8,.0f} {rate / base:6.2f} {share:7.2%} {memory:7,.0f}", flush=True)
    print(f"geometric mean of the ratios {statistics.geometric_mean(ratios):.2f} (goal: at least 1.6)")
    print(f"reward process: at most {max(shares):.2%} of the training time (goal: at most 1%)")
    print(
        f"trainer and reward process: {memory_mb:,.0f} MB PSS at {SETTINGS.n_envs} environments (goal: at most 1,500)"
    )


if __name__ == "__main__":
    main()
