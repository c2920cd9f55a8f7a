"""The command rate: pairs of films at a plain terminal, one answer after the other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from text2reward.agent.people import Pair, next_pair
from text2reward.agent.people.hearing import DONE
from text2reward.agent.rating_films import RatingFilms, rating_films
from text2reward.errors import UserError
from text2reward.record.feedback import Choice, Comment, PairVote, Undo, read
from text2reward.record.reader import Run, find_run, load
from text2reward.record.votes import pair_votes
from text2reward.terminal.people import rater_named, say, what_becomes_of_it

OK = 0
CHOICES: dict[str, Choice] = {"1": "left", "2": "right", "=": "same", "x": "neither", "skip": "skip"}
_HELP = "1 or 2: that one is better. = both alike. x neither is of use. Also: skip, undo, done, quit."


def rate(name: str, runs_dir: Path, rater: str | None, answers: TextIO | None = None) -> int:
    """Ask about pairs until there is none left or the person stops; every answer is kept before the next question.

    Args:
        name: the run.
        runs_dir: where runs lie.
        rater: who answers.
        answers: where answers come from; standard input unless given.

    Raises:
        UserError: there is nothing to compare, or nothing can be filmed here.
    """
    folder, who = find_run(name, runs_dir), rater_named(rater)
    session = _Session(folder, who, answers or sys.stdin)
    print(_HELP)
    while session.ask():
        pass
    print(f"{len(pair_votes(read(folder), who))} answers of {who} are kept. {what_becomes_of_it(load(folder))}")
    return OK


class _Session:
    def __init__(self, folder: Path, rater: str, answers: TextIO) -> None:
        self._folder, self._rater, self._answers = folder, rater, answers
        self._cannot_film = False

    def ask(self) -> bool:
        """One question; whether another one follows."""
        run = load(self._folder)
        films = rating_films(run)
        self._film(run, films)
        ready = films.ready()
        if len(ready) < 2:
            raise UserError("There are no two policies to compare.", "Wait until the run has trained another.")
        pair = next_pair(run, read(self._folder), self._rater, ready)
        began = time.monotonic()
        if pair is None:
            print("You have judged every pair.")
        else:
            shown = [ready[pair.left][pair.seed].video, ready[pair.right][pair.seed].video]
            for number, film in enumerate(shown, 1):
                print(f"  {number}  {_unnamed(self._folder, self._rater, number, film)}")
        return self._take(run, pair, began)

    def _take(self, run: Run, pair: Pair | None, began: float) -> bool:
        while True:
            line = self._line("Which is better? " if pair else "done, undo or quit? ")
            word, _, words = (line or "quit").partition(" ")
            if word in ("quit", "q"):
                return False
            if word == "done":
                say(run, Comment("", tags=(DONE,)), self._rater)
                return False
            if word == "undo":
                self._undo(run)
                return True
            if pair is not None and word in CHOICES:
                seconds = round(time.monotonic() - began, 1)
                vote = PairVote(pair.left, pair.right, pair.seed, CHOICES[word], "", (), pair.repeats, seconds)
                return self._keep(run, vote, words.strip())
            print(f"Not understood: {word[:20]!r}. {_HELP}")

    def _keep(self, run: Run, vote: PairVote, words: str) -> bool:
        """Keep the answer at once; words that come after it are kept with it, in its place."""
        try:
            first = say(run, replace(vote, text=words), self._rater)
            if vote.choice == "skip" or words:
                return True
            text = self._line("What should change? (Enter for nothing) ")
            if text:
                say(run, replace(vote, text=text), self._rater)
                say(run, Undo(first.id), self._rater)
        except UserError as error:  # too many words, say
            print(error)
            return True
        return text is not None

    def _undo(self, run: Run) -> None:
        own = pair_votes(read(self._folder), self._rater)
        if not own:
            print("There is nothing to take back.")
            return
        say(run, Undo(own[-1][0].id), self._rater)
        print("Taken back.")

    def _line(self, question: str) -> str | None:
        """The answer; None where the input ended."""
        print(question, end="", flush=True)
        line = self._answers.readline()
        return line.strip() if line else None

    def _film(self, run: Run, films: RatingFilms) -> None:
        ready = films.ready()
        owed = [c for c in run.candidates.values() if c.policy_path and len(ready.get(c.id, {})) < len(films.seeds)]
        if not owed or self._cannot_film:
            return
        print(f"Filming {len(owed)} policies ...", file=sys.stderr, flush=True)
        try:
            films.make(owed)
        except UserError as error:  # on a laptop without the simulator, say
            if len(ready) < 2:
                raise
            self._cannot_film = True
            print(f"Only the films that are there are shown. {error}", file=sys.stderr)


def _unnamed(folder: Path, rater: str, number: int, film: Path) -> Path:
    """The film under a name that does not say whose it is, opened where there is a display."""
    whose = hashlib.sha256(rater.encode("utf-8", "replace")).hexdigest()[:6]  # several may rate side by side
    path = folder / "watching" / f"{whose}-{number}.mp4"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        path.symlink_to(os.path.relpath(film, path.parent))
    except OSError:  # a file system without links
        shutil.copyfile(film, path)
    opener = shutil.which("xdg-open")
    if opener and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path
