"""The promises of the README on Meta-World itself, through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from protocol_server import answer, serving

from text2reward.record.reader import load

HERE = Path(__file__).parent
QUICK = "--candidates 1 --rounds 1 --steps 40000 --held-out 20".split()


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "text2reward", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE), **environment},
    )


def frames_of(video: Path) -> np.ndarray:
    """The frames of a video of 320 x 320 pixels: (frames, 320, 320, 3), uint8."""
    reader = imageio_ffmpeg.read_frames(str(video))
    assert next(reader)["size"] == (320, 320)
    reader.close()
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(video), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 320, 320, 3)


def test_one_sentence_to_a_trained_policy(tmp_path):
    words = ["--env", "metaworld/drawer-close-v3", "--candidates", "2", "--rounds", "1", "--json"]
    done = command("run", "Close a drawer by its handle.", *words, "--runs-dir", str(tmp_path), "--display", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["best"]["success"]["k"] >= 90
    assert result["best"]["success"]["n"] == 100
    assert "def compute_reward" in Path(result["best"]["program"]).read_text()
    run = load(Path(result["run"]))
    assert {video.label for video in run.best.videos} >= {"best", "median", "worst"}
    frames = frames_of(run.folder / run.best.videos[0].path)
    assert len(frames) == 50  # one a control step
    assert frames.std() > 20  # something is to be seen
    assert (frames[0] != frames[-1]).any()
    assert "data:video/mp4" in (run.folder / "report.html").read_text()


@pytest.mark.long
@pytest.mark.parametrize("name", ["handle-press-side-v3", "door-close-v3", "reach-v3"])
def test_a_language_model_writes_for_meta_world(tmp_path, name):
    """A server that answers with a program over the fields it reads in the prompt."""

    def respond(body, number):
        prompt = body["messages"][1]["content"]
        thing = re.search(r"`state\.(?!robot|goal)(\w+)\.pos`", prompt).group(1)
        reach = f"torch.linalg.norm(state.robot.ee_pos - state.{thing}.pos, dim=-1)"
        go = f"torch.linalg.norm(state.{thing}.pos - state.goal.pos, dim=-1)"
        program = (
            "import torch\n\n\ndef compute_reward(state, action, prev):\n"
            f"    reach = {reach}\n    go = {go}\n"
            '    return {"reach": 1 - torch.tanh(5 * reach), '
            f'"go": {2 + number} * (1 - torch.tanh(10 * go))}}\n'
        )
        return answer(f"First reach, then move.\n\n```python\n{program}```")

    with serving(respond) as server:
        done = command(
            *("run", "--env", f"metaworld/{name}", "--model", "openai/test", "--base-url", server.url, *QUICK),
            *("--rounds", "2", "--runs-dir", str(tmp_path), "--display", "none", "--json"),
        )
    result = json.loads(done.stdout)
    assert result["tokens"] == {"in": 200, "out": 40}
    assert result["cost_usd"] is None
    assert [candidate["parent"] for candidate in result["candidates"]] == [None, "r1c1"]
    assert all(candidate["success"]["n"] >= 30 for candidate in result["candidates"])
    assert len(server.requests) == 2


def test_the_manual_model_takes_pasted_answers(tmp_path):
    program = (
        "import torch\ndef compute_reward(state, action, prev):\n"
        "    d = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)\n"
        '    return {"reach": 1 - torch.tanh(5 * d)}\n'
    )
    words = ["run", "--env", "metaworld/reach-v3", "--model", "manual", *QUICK, "--steps", "10000"]
    words += ["--runs-dir", str(tmp_path)]
    running = subprocess.Popen(
        [sys.executable, "-m", "text2reward", *words, "--display", "plain"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    for line in running.stderr:
        waiting = re.search(r"Waiting for an answer to (\S+): write it to (\S+)", line)
        if waiting:
            break
    prompt, to = Path(waiting.group(1)), Path(waiting.group(2))
    assert "Move the gripper to the goal position." in prompt.read_text()
    to.write_text(f"Reach for it.\n```python\n{program}```\n")
    out, _ = running.communicate()
    run = load(next(tmp_path.iterdir()))
    assert run.best.program == program
    assert run.best.draft.note == "Reach for it."
    assert "r1c1" in out


def test_where_nothing_may_be_drawn_a_run_completes_and_says_so(tmp_path):
    words = ["run", "--env", "toy:TASK", *QUICK, "--steps", "2000", "--runs-dir", str(tmp_path), "--display", "none"]
    done = command(*words, MUJOCO_GL="disabled")
    assert done.returncode in (0, 1), done.stderr
    assert "no video   MUJOCO_GL=disabled forbids drawing. Unset the variable" in done.stdout


def test_opengl_that_does_not_work_costs_no_training(tmp_path):
    words = ["run", "--env", "metaworld/reach-v3", *QUICK, "--steps", "5000", "--held-out", "10"]
    done = command(*words, "--runs-dir", str(tmp_path), "--display", "none", MUJOCO_GL="glfw", DISPLAY="")
    assert done.returncode in (0, 1), done.stderr
    assert "no video   Drawing failed with MUJOCO_GL=glfw" in done.stdout
    assert (next(tmp_path.iterdir()) / "report.html").is_file()


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_the_demo_solves_its_task(tmp_path, seed):
    done = command(
        *("run", "Push and close a sliding window by its handle.", "--env", "metaworld/window-close-v3"),
        *("--model", "composer", "--seed", str(seed), "--runs-dir", str(tmp_path), "--json", "--display", "none"),
    )
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["best"]["success"]["k"] >= 90
    assert len(result["candidates"]) == 8
