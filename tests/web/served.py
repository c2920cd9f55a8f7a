"""A made-up run with films, served from a process or a thread of the test's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import imageio_ffmpeg
import numpy as np
import toy

from text2reward.agent.people import next_pair
from text2reward.agent.people.hearing import waited_for
from text2reward.agent.rating_films import rating_films
from text2reward.record.curves import CurvePoint, to_csv
from text2reward.record.events import Asked, Checked, Drafted, RoundFinished, RunStarted, Trained
from text2reward.record.film import Strip
from text2reward.record.finding import Finding
from text2reward.record.reader import Run
from text2reward.record.writer import RecordWriter
from text2reward.sandbox.static_check import check_source
from text2reward.terminal.serving import pairs_left
from text2reward.training.seeds import episode_seeds
from text2reward.training.statistics import Rate
from text2reward.web.serve import Ports, Server

HOSTILE = "<script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'>"
FRAMES, FPS, SIZE, BITS = 40, 10, 128, 6
SEEDS = tuple(episode_seeds(0, "rating", 2))


def written(
    runs_dir: Path, candidates: int = 4, note: str = "a note", films: bool = True, **config: str
) -> RecordWriter:
    """The record of a run that is not over, of one round; ``r1c1``, ``r1c2`` and so on have films of two seeds."""
    writer = RecordWriter.create(
        runs_dir, "reach", {"env": "toy:TASK", "target": 0.9, "model": "x", "seed": 0, **config}, {"python": "3.11"}
    )
    writer.append(RunStarted(writer.folder.name, "toy/reach", toy.TASK.instruction, "openai/x", "text2reward run x"))
    for number in range(1, candidates + 1):
        candidate(writer, number, note, films)
    writer.append(RoundFinished(1, f"r1c{candidates}"))
    return writer


def candidate(writer: RecordWriter, number: int, note: str = "a note", films: bool = True) -> None:
    """One more candidate: written, checked, trained, and filmed."""
    name, folder = f"r1c{number}", f"candidates/r1c{number}/s0"
    program = toy.REACH.replace("2 * distance", f"{number} * distance").replace("Reach.", f"Reach. {note}")
    path = writer.write(f"candidates/{name}/reward.py", program)
    exchange = {"messages": [{"role": "user", "content": f"Ask {note}"}], "answer": {"text": "Say"}}
    writer.write(f"llm/key{number}.json", json.dumps(exchange))
    writer.append(Asked(f"key{number}", name, "openai/x", 1200, 300, 0.01, 2.0))
    parent = "r1c1" if number > 1 else None
    writer.append(Drafted(name, 1, parent, "openai/x", path, (), note, f"key{number}"))
    writer.append(Checked(name, (Finding("constant-term", f"a term {note}", 2, "warning"),)))
    writer.write(f"{folder}/curves.csv", to_csv([point(i) for i in range(1, 6)]))
    solved = min(4 * number, 19)
    select = Rate(solved, 20).success(solved // 2)
    writer.append(Trained(name, f"{name}/s0", folder, "steps", "last", 5000, 5000, select, solved, 9.0))
    for seed in SEEDS if films else ():
        place = writer.folder / folder / "rating"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{seed}.mp4").write_bytes(film(number % 4))
        strip(seed, number).write(place / f"{seed}.json")


def point(i: int) -> CurvePoint:
    terms = {"near": 0.1 * i, "</script>": 0.02 * i}
    return CurvePoint(1000 * i, 5, i / 10, 2.0 * i, terms, terms)


def strip(seed: int, number: int) -> Strip:
    wave = [float(np.sin(i / 6 + number)) for i in range(FRAMES)]
    success = [i > 40 - 6 * number for i in range(FRAMES)]
    terms = {"near": wave, "nearer": [i / FRAMES for i in range(FRAMES)]}
    return Strip(seed, 0.05, FPS, FRAMES, success, terms, "", len(film(number % 4)))


@cache
def film(colour: int) -> bytes:
    """A film whose every frame says its number: six squares, white for 1, along the top."""
    path = Path(mkdtemp()) / "film.mp4"
    writer = imageio_ffmpeg.write_frames(
        str(path), (SIZE, SIZE), fps=FPS, macro_block_size=1, output_params=["-g", "12"]
    )
    writer.send(None)
    for number in range(FRAMES):
        picture = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
        picture[32:] = np.roll((40, 90, 160), colour)
        for bit in range(BITS):
            if number >> bit & 1:
                picture[:20, 20 * bit : 20 * bit + 20] = 255
        x = 2 * number
        picture[70:90, x : x + 20] = 240
        writer.send(picture)
    writer.close()
    return path.read_bytes()


def ports() -> Ports:
    return Ports(rating_films, next_pair, check, waited_for, pairs_left)


def check(run: Run, program: str) -> list[Finding]:
    return check_source(program, toy.TASK.layout)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The server in a thread."""
    server = Server(folder, ports(), films=False)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(20)
