"""Plays the recorded episodes again and compares.

    python evaluate.py [--episodes N]

It needs what requirements.txt lists, and nothing else. The policy's files are pickles: run it only on an export that
you trust. Exit codes: 0 every episode ended as recorded, 1 some did not, 2 it cannot be tried.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import pickle
import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SAME, DIFFERENT, CANNOT = 0, 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Play, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Plays the recorded episodes again and compares.")
    parser.add_argument("--episodes", type=int, help="only the first so many")
    asked = parser.parse_args(words).episodes
    sys.path[:0] = [str(HERE)]
    task, recorded = _read("task.json"), _read("episodes.json")
    if asked is not None and asked < 1:
        return _cannot(f"--episodes is {asked}; use 1 or more.")
    if not recorded["episodes"]:
        return _cannot(f"There are no episodes to compare with. {recorded['note']}")
    for line in other_versions(task["python"]):
        print(line)
    try:
        world = importlib.import_module("world")
    except ModuleNotFoundError as error:
        return _cannot(f"{error.name} is not installed: pip install -r requirements.txt")
    if not hasattr(world, "make"):
        return _cannot(world.WHY)
    episodes = recorded["episodes"][:asked]
    played = play(world.make(), load_policy(task["algorithm"]), [episode["seed"] for episode in episodes])
    return report(episodes, played, recorded["note"])


def load_policy(algorithm: str) -> Callable[[Any], Any]:
    """From ``(N, O)`` observations to ``(N, A)`` actions, without exploring, by plain Stable-Baselines3."""
    import stable_baselines3

    model = getattr(stable_baselines3, algorithm).load(HERE / "policy" / "policy.zip", device="cpu")
    with (HERE / "policy" / "vecnormalize.pkl").open("rb") as file:
        normaliser = pickle.load(file)

    def act(observation: Any) -> Any:
        return model.predict(normaliser.normalize_obs(observation), deterministic=True)[0]

    return act


def play(env: Any, act: Callable[[Any], Any], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """One episode per seed: solved at some step, at the last one, and when first."""
    played = []
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        solved: list[bool] = []
        over = False
        while not over:
            observation, _, terminated, truncated, info = env.step(act(observation[None])[0].astype("float32"))
            solved.append(bool(info["success"]))
            over = terminated or truncated
        first = solved.index(True) + 1 if any(solved) else None
        played.append({"seed": seed, "success_once": any(solved), "success_at_end": solved[-1], "solved_at": first})
        if sys.stderr.isatty():
            print(f"\r{len(played)} of {len(seeds)}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    return played


def report(recorded: Sequence[dict[str, Any]], played: Sequence[dict[str, Any]], note: str) -> int:
    """Print both figures; returns the exit code."""
    count = len(played)
    k, at_end = (sum(each[key] for each in played) for key in ("success_once", "success_at_end"))
    card = sum(each["success_once"] for each in recorded)
    low, high = wilson(k, count)
    print(f"played    {k} of {count} episodes solved: {k / count:.0%} [{low:.0%}-{high:.0%}], at the end {at_end}")
    print(f"recorded  {card} of {count}. {note}")
    differ = [str(one["seed"]) for one, other in zip(recorded, played, strict=True) if one != other]
    if not differ:
        print("Every episode ended as recorded.")
        return SAME
    print(f"{len(differ)} episodes ended otherwise; their seeds: {', '.join(differ[:10])}")
    return DIFFERENT


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95% Wilson interval of ``k`` in ``n``."""
    z2 = 1.959963984540054**2
    middle, share = (k / n + z2 / (2 * n)) / (1 + z2 / n), k / n
    half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def other_versions(python: str) -> list[str]:
    """What is installed here in another version than where the figure comes from."""
    said = []
    if platform.python_version() != python:
        said.append(f"note: this is Python {platform.python_version()}; the figure comes from {python}")
    for line in (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        try:
            here = version(name.partition("[")[0])
        except PackageNotFoundError:
            continue
        if wanted and here.partition("+")[0] != wanted:
            said.append(f"note: {name} is {here} here; the figure comes from {wanted}")
    return said


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _cannot(why: str) -> int:
    print(why, file=sys.stderr)
    return CANNOT


if __name__ == "__main__":
    raise SystemExit(main())
