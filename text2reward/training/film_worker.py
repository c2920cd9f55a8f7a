"""Filming episodes of a policy; runs in a process of its own, so that a crash of OpenGL costs no training."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from text2reward.envs import pulse
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions, record, save_transitions
from text2reward.errors import NoOpenGLError, RenderError, UserError
from text2reward.record.leftovers import clear_parts
from text2reward.record.room import full_disk
from text2reward.sandbox import channel
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.policy import Policy
from text2reward.training.request import as_message, named_task

SLOWDOWN = 2.0
"""Videos play at half speed: an episode lasts two seconds."""

_PLAYS_EVERYWHERE = ("-movflags", "+faststart", "-preset", "veryfast", "-threads", "1")
_FOUND_FAST = ("-tune", "zerolatency", "-profile:v", "baseline", "-g", "10")
"""A frame depends on nine earlier ones at most and on no later one: a browser finds it at once, and what comes later
does not show in the first."""


def main(request: dict[str, Any], fds: list[int]) -> None:
    """Do what ``request`` asks: draw its ``picture``, film its ``rating``, or film all its ``episodes``."""
    report, log = fds
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.nice(request.get("nice", 0))
    pulse.start(lambda message: channel.send(report, message))
    try:
        result = _do(request)
    except NoOpenGLError as error:
        os.write(log, f"{error}\n".encode())
        raise SystemExit(1) from error
    except UserError as error:
        channel.send(report, as_message(error))
    except OSError as error:
        full = full_disk(error, request.get("folder", "."))
        if full is None:
            raise
        channel.send(report, as_message(full))
    else:
        channel.send(report, {"result": result})


def _do(request: dict[str, Any]) -> Any:
    task = named_task(request)
    if "picture" in request:
        return draw(task, request["seed"], Path(request["picture"]))
    policy = Policy.load(Path(request["folder"]))
    if "rating" in request:
        rating = request["rating"]
        return film_for_rating(task, policy, rating["seed"], Path(rating["video"]), Path(rating["episode"]))
    return [film(task, policy, seed, Path(path)) for seed, path in request["episodes"]]


def film(task: Task, policy: Policy, seed: int, path: Path) -> bool:
    """Write one episode as MP4, one frame per control step; returns whether it was solved.

    The file plays in every browser: H.264, ``yuv420p``, index at the front.
    """
    seen = _played(task, policy, seed, path, 1 / (task.dt * SLOWDOWN), _PLAYS_EVERYWHERE)
    return bool(seen.success.any())


def film_for_rating(task: Task, policy: Policy, seed: int, video: Path, episode: Path) -> float:
    """Write one episode as MP4 in which every frame is found fast, and its transitions beside it.

    Frame ``i``, counted from 0, shows the state in which control step ``i`` begins.

    Returns:
        How many frames are shown in a second.

    Raises:
        RenderError: the video does not hold one frame for every control step.
    """
    fps = round(1 / (task.dt * SLOWDOWN), 2)
    seen = _played(task, policy, seed, video, fps, (*_PLAYS_EVERYWHERE, *_FOUND_FAST))
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(video))
    if frames != task.horizon:
        raise RenderError(f"The video holds {frames} frames instead of {task.horizon}.", "Is the disk full?")
    save_transitions(episode, seen)
    return fps


def draw(task: Task, seed: int, path: Path) -> None:
    """Write the first state of an episode as PNG."""
    simulator = CheckedSimulator.made(lambda: task.make_reference(1))
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


def _played(task: Task, policy: Policy, seed: int, path: Path, fps: float, how: tuple[str, ...]) -> Transitions:
    """One episode, with a picture of every state in which the policy is asked."""
    simulator = CheckedSimulator.made(lambda: task.make_reference(1))
    with _movie(path, fps, how) as show:

        def act(observation: np.ndarray) -> np.ndarray:
            show(simulator.render())
            return policy(observation)

        seen = record(simulator, act, task.horizon, [seed]).transitions
    simulator.close()
    return seen


@contextlib.contextmanager
def _movie(path: Path, fps: float, how: tuple[str, ...]) -> Iterator[Callable[[np.ndarray], None]]:
    """Takes picture after picture, so that no more than one is held; the file is there once all were taken.

    Until then it has a name of this process's own: what a killed one was writing, its encoder may still be ending.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_parts(path.parent)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    writer: Any = None

    def show(picture: np.ndarray) -> None:
        nonlocal writer
        if writer is None:
            height, width, _ = picture.shape
            writer = imageio_ffmpeg.write_frames(
                str(part),
                (width, height),
                fps=fps,
                codec="libx264",
                pix_fmt_out="yuv420p",
                macro_block_size=2,
                output_params=[*how],
            )
            writer.send(None)
        writer.send(np.ascontiguousarray(picture))

    try:
        yield show
    finally:
        if writer is not None:
            writer.close()
    os.replace(part, path)
