"""Made-up films of made-up runs: a square that moves, brighter or faster, encoded as real films are."""

from __future__ import annotations

import imageio_ffmpeg
import numpy as np

from text2reward.agent.rating_films import film_of, rating_films
from text2reward.record.film import Film, Strip
from text2reward.record.reader import Run

FRAMES = 20


def film(run: Run, brightness: dict[str, int], seeds: int = 3) -> dict[str, dict[int, Film]]:
    """Films of each candidate that is so bright, from 0 to 255, on as many episodes; returns what is ready."""
    films = rating_films(run)
    for name, light in brightness.items():
        for seed in films.seeds[:seeds]:
            write(film_of(run.candidates[name], seed), seed, light)
    return films.ready()


def write(film: Film, seed: int, light: int, size: tuple[int, int] = (96, 64), frames: int = FRAMES) -> None:
    """A film of a square of that brightness on a dark ground; it moves to the right."""
    film.video.parent.mkdir(parents=True, exist_ok=True)
    writer = imageio_ffmpeg.write_frames(str(film.video), size, fps=10, macro_block_size=2)
    writer.send(None)
    for at in range(frames):
        picture = np.full((size[1], size[0], 3), 20, np.uint8)
        picture[10:40, at : at + 40] = light
        writer.send(picture)
    writer.close()
    Strip(seed, 0.05, 10.0, frames, [False] * frames, {}, "", film.video.stat().st_size).write(film.strip)
