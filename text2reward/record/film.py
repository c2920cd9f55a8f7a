"""A film that people rate, with its strip: what happened in every control step of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from text2reward.errors import RecordError
from text2reward.record.atomic import write_json
from text2reward.record.files import parsed


@dataclass(frozen=True)
class Strip:
    """What is drawn under a film. Entry ``i`` of every list is about control step ``i``, which begins in frame ``i``.

    Args:
        seed: of the episode.
        dt: seconds that a control step lasts in the world.
        fps: frames in a second of the film; constant.
        frames: how many there are: one for every control step.
        success: whether the task counted as solved in the step; empty where only a person can tell.
        terms: what each term of the candidate's own reward was worth in the step; that of a baseline is ``native`` or
            ``success``.
        problem: why there are no terms; empty where there are.
        bytes: size of the video, by which one that was copied in part is told.
    """

    seed: int
    dt: float
    fps: float
    frames: int
    success: list[bool]
    terms: dict[str, list[float]]
    problem: str
    bytes: int

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        write_json(path, asdict(self))


@dataclass(frozen=True)
class Film:
    """Where a film lies.

    Args:
        video: H.264 in an MP4 file.
        strip: JSON; see :class:`Strip`. It is written last.
    """

    video: Path
    strip: Path

    @property
    def episode(self) -> Path:
        """The filmed episode itself, as ``load_trajectories`` reads it."""
        return self.video.with_suffix(".npz")

    @property
    def whole(self) -> bool:
        """Whether video and strip are there, and the video is as long as the strip says."""
        try:
            strip = self.strip.stat()
            return self.video.stat().st_size == _bytes(self.strip, strip.st_mtime_ns, strip.st_size)
        except OSError:
            return False

    def read(self) -> Strip:
        """The strip.

        Raises:
            RecordError: it cannot be read.
        """
        try:
            data: dict[str, Any] = parsed(self.strip.read_text(encoding="utf-8"))
            return Strip(**data)
        except (OSError, ValueError, TypeError) as error:
            raise RecordError(f"Cannot read {self.strip}: {error}.", "Delete it, and film again.") from error


Ready = Mapping[str, Mapping[int, Film]]
"""Films that are on the disk, by candidate and seed."""


@functools.lru_cache(maxsize=4096)
def _bytes(path: Path, changed_ns: int, size: int) -> int | None:
    """The size of the video as the strip has it; a strip that was not changed is read once."""
    try:
        return int(parsed(path.read_text(encoding="utf-8"))["bytes"])
    except (ValueError, KeyError, TypeError):
        return None
