"""The command rate: films at a plain terminal, one answer after the other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from text2reward.agent.rating_films import RatingFilms, rating_films, why_not
from text2reward.errors import UserError
from text2reward.record.feedback import DONE, BestWorst, Comment, PairVote, Undo, read, standing
from text2reward.record.film import Ready
from text2reward.record.reader import Run, find_run, load
from text2reward.record.taking_back import in_words
from text2reward.record.words import counted
from text2reward.terminal.filming import Filming
from text2reward.terminal.people import rater_named, say, take_last_back, what_becomes_of_it
from text2reward.terminal.questions import BestAndWorst, Pairs, Question, Shown

OK = 0
_POLL_S = 0.2


def rate(
    name: str, runs_dir: Path, rater: str | None, answers: TextIO | None = None, best_and_worst: bool = False
) -> int:
    """Ask about films until there is nothing left or the person stops; answers are kept before the next question.

    Args:
        name: the run.
        runs_dir: where runs lie.
        rater: who answers.
        answers: where answers come from; standard input unless given.
        best_and_worst: ask for the best and the worst of up to six, instead of the better of two.

    Raises:
        UserError: there is nothing to compare, or nothing can be filmed here.
    """
    folder, who = find_run(name, runs_dir), rater_named(rater)
    session = _Session(folder, who, answers or sys.stdin, BestAndWorst() if best_and_worst else Pairs())
    print(session.question.help)
    try:
        while session.ask():
            pass
    finally:
        session.close()
    print(f"Kept: {counted(session.answers(), 'answer')} of {who}. {what_becomes_of_it(load(folder))}")
    return OK


class _Session:
    def __init__(self, folder: Path, rater: str, answers: TextIO, question: Question) -> None:
        self._folder, self._rater, self._answers, self.question = folder, rater, answers, question
        self._filming = Filming()
        self._again: Shown | None = None
        self._said_problem = False
        self._watching = _Watching(folder, rater)
        self._tried: set[str] = set()

    def ask(self) -> bool:
        """One question; whether another one follows."""
        run = load(self._folder)
        films = rating_films(run)
        self._film(run, films)
        shown, ready = self._next(run, films)
        while shown is None and self._filming.busy:
            self._filming.wait(_POLL_S)
            shown, ready = self._next(run, films)
        self._mention_problem(len(ready))
        if len(ready) < self.question.least:
            raise UserError(self.question.few, "Wait until the run has trained another.")
        began = time.monotonic()
        if shown is None:
            print(self.question.over)
        else:
            paths = self._watching.laid_out([ready[candidate][shown.seed].video for candidate in shown.candidates])
            for number, path in enumerate(paths, 1):
                print(f"  {number}  {path}")
                _opened(path)
        return self._take(run, shown, began)

    def close(self) -> None:
        """Begin no further film."""
        self._filming.stop()

    def _next(self, run: Run, films: RatingFilms) -> tuple[Shown | None, Ready]:
        """What to show, where there is something, and the films that are there."""
        ready = films.ready()
        again, self._again = self._again, None
        if again is not None and all(again.seed in ready.get(each, {}) for each in again.candidates):
            return again, ready
        if len(ready) < self.question.least:
            return None, ready
        return self.question.next(run, read(self._folder), self._rater, ready), ready

    def answers(self) -> int:
        """How many of the rater's answers to such questions stand."""
        stand = [each for each in standing(read(self._folder)) if each.rater == self._rater]
        return sum(isinstance(each.said, self.question.kind) for each in stand)

    def _take(self, run: Run, shown: Shown | None, began: float) -> bool:
        while True:
            line = self._line(self.question.prompt if shown else "done, undo or quit? ")
            if line == "":  # Enter alone
                continue
            word = (line or "quit").split(" ")[0].lower()
            if word in ("quit", "q"):
                return False
            if word == "done":
                say(run, Comment("", tags=(DONE,)), self._rater)
                return False
            if word == "undo":
                if self._undo():
                    return True
                continue
            if shown is not None:
                vote = self.question.answer(line or "", shown, round(time.monotonic() - began, 1))
                if vote is not None:
                    return self._keep(run, vote)
                if word == "skip":
                    self.question.skip(shown)
                    return True
            print(f"Not understood: {word[:20]!r}. {self.question.help}")

    def _keep(self, run: Run, vote: PairVote | BestWorst) -> bool:
        """Keep the answer at once; words that come after it are kept with it, in its place."""
        try:
            first = say(run, vote, self._rater)
            if vote.text or (isinstance(vote, PairVote) and vote.choice == "skip"):
                return True
            text = self._line("What should change? (Enter for nothing) ")
            if text:
                say(run, replace(vote, text=text), self._rater)
                say(run, Undo(first.id), self._rater)
        except UserError as error:  # too many words, say
            print(error)
            return True
        return text is not None

    def _undo(self) -> bool:
        try:
            taken = take_last_back(load(self._folder), self._rater, self.question.kind).said
        except UserError as error:
            print(error)
            return False
        assert isinstance(taken, PairVote | BestWorst)
        self._again = self.question.again(taken)
        print(f"Taken back: {in_words(taken)}.")
        return True

    def _line(self, question: str) -> str | None:
        """The answer; None where the input ended."""
        print(question, end="", flush=True)
        line = self._answers.readline()
        return line.strip() if line else None

    def _film(self, run: Run, films: RatingFilms) -> None:
        """Have made what is missing; questions are asked meanwhile, as soon as there is something to show."""
        ready = films.ready()
        rated = [each for each in run.candidates.values() if not why_not(run, each)]
        owed = [each for each in rated if len(ready.get(each.id, {})) < len(films.seeds)]
        policies = {str(each.policy_path) for each in owed}
        if not policies <= self._tried and self._filming.start(films, owed):  # what failed would fail again
            self._tried |= policies
            print(f"Filming {counted(len(owed), 'policy', 'policies')} ...", file=sys.stderr, flush=True)

    def _mention_problem(self, ready: int) -> None:
        """Say once why there are not more films: on a laptop without the simulator, say.

        Raises:
            UserError: there are too few without.
        """
        problem = self._filming.problem
        if problem is None or self._said_problem:
            return
        if ready < self.question.least:
            raise problem
        self._said_problem = True
        print(f"Only the films that are there are shown. {problem}", file=sys.stderr)


class _Watching:
    """Films under names that do not say whose they are; those of a showing before are taken away.

    Args:
        folder: the run's.
        rater: who watches; several may, side by side.
    """

    def __init__(self, folder: Path, rater: str) -> None:
        self._folder = folder / "watching"
        self._whose = hashlib.sha256(rater.encode("utf-8", "replace")).hexdigest()[:6]
        self._showings = 0

    def laid_out(self, films: Sequence[Path]) -> list[Path]:
        """Where these films lie, in their order, under names that no earlier showing of the session had."""
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.glob(f"{self._whose}-*.mp4"):
            old.unlink()
        self._showings += 1
        paths = [self._folder / f"{self._whose}-{self._showings}-{n}.mp4" for n in range(1, len(films) + 1)]
        for film, path in zip(films, paths, strict=True):
            try:
                os.link(film, path)
            except OSError:  # a file system without links
                shutil.copyfile(film, path)
        return paths


def _opened(path: Path) -> None:
    """Open a film where there is a display."""
    opener = shutil.which("xdg-open")
    if opener and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
