"""Filming episodes of a policy; runs in a process of its own, so that a crash of OpenGL costs no training."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from text2reward.envs.task import Task
from text2reward.errors import NoOpenGLError, UserError
from text2reward.sandbox import channel
from text2reward.training.policy import Policy
from text2reward.training.request import named_task

SLOWDOWN = 2.0
"""Videos play at half speed: an episode lasts two seconds."""


def main(request: dict[str, Any], fds: list[int]) -> None:
    """Film every episode of ``request["episodes"]``, a seed and a path each; or draw ``request["picture"]``."""
    report, log = fds
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        task = named_task(request)
        solved = []
        if "picture" in request:
            draw(task, request["seed"], Path(request["picture"]))
        else:
            policy = Policy.load(Path(request["folder"]))
            solved = [film(task, policy, seed, Path(path)) for seed, path in request["episodes"]]
    except NoOpenGLError as error:
        os.write(log, f"{error}\n".encode())
        raise SystemExit(1) from error
    except UserError as error:
        channel.send(report, {"error": [error.message, error.hint]})
    else:
        channel.send(report, {"result": solved})


def film(task: Task, policy: Policy, seed: int, path: Path) -> bool:
    """Write one episode as MP4, one frame per control step; returns whether it was solved.

    The file plays in every browser: H.264, ``yuv420p``, index at the front.
    """
    simulator = task.make_reference(1)
    start = simulator.reset([seed])
    frames = [simulator.render()]
    solved = False
    for step in range(1, task.horizon + 1):
        moved = simulator.step(policy(start.observation))
        solved |= bool(moved.success[0])
        start = moved.start
        if step < task.horizon:  # the last step is followed by a reset before it could be drawn
            frames.append(simulator.render())
    simulator.close()
    _write(path, frames, fps=1 / (task.dt * SLOWDOWN))
    return solved


def draw(task: Task, seed: int, path: Path) -> None:
    """Write the first state of an episode as PNG."""
    simulator = task.make_reference(1)
    simulator.reset([seed])
    picture = np.ascontiguousarray(simulator.render())
    simulator.close()
    height, width, _ = picture.shape
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), codec="png", pix_fmt_out="rgb24", macro_block_size=1, output_params=["-update", "1"]
    )
    writer.send(None)
    writer.send(picture)
    writer.close()


def _write(path: Path, frames: list[np.ndarray], fps: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"part-{path.name}")
    height, width, _ = frames[0].shape
    writer = imageio_ffmpeg.write_frames(
        str(part),
        (width, height),
        fps=fps,
        codec="libx264",
        pix_fmt_out="yuv420p",
        macro_block_size=2,
        output_params=["-movflags", "+faststart", "-preset", "veryfast", "-threads", "1"],
    )
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()
    os.replace(part, path)
