"""A few frames of a film, small enough for a model."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from text2reward.errors import RecordError
from text2reward.record.film import Film
from text2reward.sandbox.environment import trainer_environment

FRAMES = 6
"""Of each film."""

MOST_PIXELS = 384
"""Of a picture's longer side: what a robot does is seen at that size, and a dozen pictures stay below 1 MB."""


_TIMEOUT_S = 120.0


def frames(film: Film, count: int = FRAMES) -> tuple[bytes, ...]:
    """Evenly spaced frames from the first to the last one, each a JPEG file.

    Args:
        film: a whole one.
        count: how many; fewer where the film has fewer.

    Raises:
        RecordError: the film cannot be read.
    """
    places = places_of(film.read().frames, count)
    chosen = "+".join(f"eq(n\\,{place})" for place in places)
    box = f"w='min({MOST_PIXELS},iw)':h='min({MOST_PIXELS},ih)'"
    scale = f"scale={box}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    with tempfile.TemporaryDirectory() as folder:
        words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-i", str(film.video)]
        words += ["-vf", f"select={chosen},setpts=N/FRAME_RATE/TB,{scale}", "-q:v", "4", "-threads", "1"]
        words.append(str(Path(folder) / "%d.jpg"))
        problem = _problem_of(words)
        drawn = [Path(folder) / f"{number}.jpg" for number in range(1, len(places) + 1)]
        if problem is None and not all(path.is_file() for path in drawn):
            problem = "it has fewer frames than it should"
        if problem is not None:
            raise RecordError(f"Cannot read the film {film.video}: {problem}.", "Delete it, and film again.")
        return tuple(path.read_bytes() for path in drawn)


def _problem_of(command: list[str]) -> str | None:
    """Why a command failed, in its last words; None where it did not. It is told no key."""
    environment = trainer_environment()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {_TIMEOUT_S:.0f} s"
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return said[-1] if done.returncode else None


def places_of(frames: int, count: int) -> list[int]:
    """At most ``count`` of ``frames`` frames, evenly spaced, with the first and the last one."""
    count = min(count, frames)
    return [round(i * (frames - 1) / max(1, count - 1)) for i in range(count)]
