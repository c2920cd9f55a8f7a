"""What a killed process left half written is gone when a run goes on; what a living one writes is not."""

from __future__ import annotations

import os
import subprocess
import sys

from text2reward.record.leftovers import clear_away


def test_leftovers_of_dead_processes_go_and_nothing_else(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = (
        f".config.json.{gone.pid}.part",
        f"llm/.abc.json.{gone.pid}.part",
        f"candidates/r1c1/s0/.curves.csv.{gone.pid}.part",
        f"candidates/r1c1/s0/video/.first.{gone.pid}.part.mp4",
        f"llm/.def.json.{os.getpid()}.part",  # of one before that had our number, as in containers
        "candidates/r1c1/s0/checkpoint.part",
        "candidates/r1c1/s0/policy.part.zip",
        "candidates/r1c1/s0/vecnormalize.part",
        "candidates/r1c1/s0/part-trajectories.npz",
        "part-bank.npz",
        "part-random.npz",
    )
    kept = (
        f"candidates/r1c1/s0/rating/.7.json.{os.getppid()}.part",
        "candidates/r1c1/s0/rating/.7.lock",
        "candidates/r1c1/s0/checkpoint.pt",
        "candidates/r1c1/s0/policy.zip",
        f"candidates/r1c1/s0/video/.best.{os.getppid()}.part.mp4",
        "candidates/r1c1/s0/video/first.mp4",
        ".mine.part",
        "events.jsonl",
    )
    for name in (*left, *kept):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    clear_away(tmp_path)
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert there == set(kept)
