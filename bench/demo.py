"""The demo for several seeds: wall time, how it divides, and held-out success.

python bench/demo.py [--seeds 0 1 2 3 4]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time

from machine import about, speed_score

DEMO = [
    "run",
    "Push and close a sliding window by its handle.",
    "--env",
    "metaworld/window-close-v3",
    "--model",
    "composer",
]
QUIET = ["--json", "--display", "none"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    arguments = parser.parse_args()
    print(about())
    print(f"{'seed':>4} {'wall s':>7} {'speed':>6} {'trained steps':>14} {'steps/s':>8}  held-out success")
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            speed = speed_score()
            done = subprocess.run(
                [sys.executable, "-m", "text2reward", *DEMO, *QUIET, "--seed", str(seed), "--runs-dir", folder],
                stdout=subprocess.PIPE,
                check=False,
            )
            wall_s = time.perf_counter() - began
            result = json.loads(done.stdout)
            steps = sum(c["sim_steps"] or 0 for c in result["candidates"])
            success = result["best"]["success"]
            print(
                f"{seed:4} {wall_s:7.0f} {(speed + speed_score()) / 2:6.2f} {steps:14,} {steps / wall_s:8,.0f}  "
                f"{success['k']} of {success['n']}, {len(result['candidates'])} candidates, exit {done.returncode}",
                flush=True,
            )


if __name__ == "__main__":
    main()
