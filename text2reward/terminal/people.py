"""The commands by which people have a say without a page: feedback, edit, refine."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2reward.agent.given import read_program
from text2reward.agent.lineage import lineage_of
from text2reward.agent.people.hearing import hear, waited_for
from text2reward.agent.people.telling import MOST_OF_ONE
from text2reward.agent.setting import JUDGE, judge_of, recorded, workers_of
from text2reward.errors import UserError
from text2reward.record.candidate import Candidate
from text2reward.record.feedback import DONE, Comment, Edit, Feedback, Said, append, check, read
from text2reward.record.reader import Run, find_run, load
from text2reward.record.taking_back import in_words, last_of, take_back
from text2reward.record.words import counted
from text2reward.sandbox.bank_check import BANK_ROWS, check_program
from text2reward.terminal import running
from text2reward.terminal.displays import DisplayName
from text2reward.terminal.looking import FOUND, OK, print_findings


def feedback(name: str, runs_dir: Path, words: str | None, candidate: str | None, rater: str | None, done: bool) -> int:
    """Keep what a person says of a run or of a candidate; returns the exit code."""
    run = load(find_run(name, runs_dir))
    text = (words or "").strip()
    if candidate is not None:
        run.candidate(candidate)
    if not text and not done:
        raise UserError("Nothing is said.", 'For example: text2reward feedback latest "slower near the handle".')
    who = rater_named(rater)
    stranger = done and not text and who not in waited_for(run, read(run.folder))
    say(run, Comment(text, candidate or "", (DONE,) if done else ()), who)
    if stranger:
        print(f"{who} had said nothing since the run last listened.")
    if len(text) > MOST_OF_ONE:
        print(f"A model that writes programs is told the first {MOST_OF_ONE:,} of these {len(text):,} characters.")
    print(f"Kept. {what_becomes_of_it(run)}")
    return OK


def undo(name: str, runs_dir: Path, rater: str | None, more: bool = False) -> int:
    """Take back the last thing that a person said, and say what it was; returns the exit code.

    Args:
        name: the run.
        runs_dir: where runs lie.
        rater: who said it.
        more: whether something else was asked for beside it.

    Raises:
        UserError: there is nothing that can be taken back, or ``more``.
    """
    if more:
        raise UserError("--undo goes with --as alone.", "Take it back first, then say what you mean.")
    run, who = load(find_run(name, runs_dir)), rater_named(rater)
    print(f"Taken back: {in_words(take_last_back(run, who).said)}, by {who}.")
    return OK


def take_last_back(run: Run, rater: str, *kinds: type[Said]) -> Feedback:
    """Take back the last thing that a rater said, of these ``kinds`` where any are given; returns it.

    Raises:
        UserError: there is none, or the run has heard it.
    """
    try:
        last = last_of(run, read(run.folder), rater, kinds)
    except ValueError as error:
        raise UserError(str(error)) from error
    take_back(run, last)
    return last


def edit(name: str, runs_dir: Path, candidate: str | None, file: Path | None, words: str, rater: str | None) -> int:
    """Open a candidate's program in an editor, check the result, and keep it; exit code 1 when it has errors."""
    run = load(find_run(name, runs_dir))
    chosen = _with_program(run, candidate)
    who = rater_named(rater)
    path = file or _edited(run, chosen)
    program = read_program(path)
    said = Edit(chosen.id, program, words.strip())
    _check(said, who)
    if program == chosen.program:
        raise UserError(f"The program is {chosen.id}'s, unchanged.", "Nothing was kept.")
    config = recorded(run)
    workers = workers_of(config, judge_of(config))
    workers.start()
    with tempfile.TemporaryDirectory() as folder:
        stored = run.folder / "bank.npz"
        bank = workers.bank(stored if stored.is_file() else Path(folder) / "bank.npz", BANK_ROWS, config.seed)
    if print_findings(path, check_program(program, workers.task.layout, workers.rewards, bank)):
        again = ["text2reward", "edit", str(run.folder), "--candidate", chosen.id, "--file", str(path), "--as", who]
        print(f"Not kept. Mend {path}, then: {shlex.join([*again, *(['--words', said.text] if said.text else [])])}")
        return FOUND
    say(run, said, who)
    print(f"Kept as an edit of {chosen.id} by {who}. {what_becomes_of_it(run)}")
    return OK


def refine(
    name: str,
    runs_dir: Path,
    words: str,
    candidate: str | None,
    rater: str | None,
    settings: Mapping[str, Any],
    display: DisplayName,
    as_json: bool,
) -> int:
    """Start a run from another one's best program with a person's words about it; returns the exit code.

    Args:
        name: the other run.
        runs_dir: where runs lie.
        words: what should change.
        candidate: whose program; the best one's unless named.
        rater: who says it.
        settings: those of the other run, with what was asked for otherwise.
        display: how progress is shown.
        as_json: whether the result is printed as one object.
    """
    parent = load(find_run(name, runs_dir))
    unheard = hear(parent, read(parent.folder), 0)
    best = parent.chosen_of(parent.candidates.values(), unheard)
    chosen = _with_program(parent, candidate or (best.id if best else None))
    lineage = lineage_of(parent, unheard, chosen.id, words.strip(), rater_named(rater))
    if not lineage.words:
        raise UserError("Nothing is said.", 'For example: text2reward refine latest "slower near the handle".')
    _check(Comment(lineage.words), lineage.rater)
    if lineage.quotes or lineage.edits:
        told, tried = counted(len(lineage.quotes), "remark"), counted(len(lineage.edits), "edited program")
        print(f"Taken along, since {parent.folder.name} did not hear them: {told}, {tried}.", file=sys.stderr)
    given = {**settings, "init": str(chosen.program_path)}
    if given.get("judge") and (parent.folder / JUDGE).is_file():
        given["judge"] = str(parent.folder / JUDGE)
    return running.run(given, runs_dir, display, as_json, lineage)


def rater_named(name: str | None) -> str:
    """Who speaks: as they call themselves, or the name of their account."""
    if name is not None:
        return name.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return "someone"


def say(run: Run, said: Said, rater: str) -> Feedback:
    """Keep what was said.

    Raises:
        UserError: it is too long, or holds control characters.
    """
    _check(said, rater)
    return append(run.folder, said, rater)


def what_becomes_of_it(run: Run) -> str:
    """Whether and when the run takes what is said, in a sentence."""
    if run.finished is not None:
        return f'The run is over; it counts in one from there: text2reward refine {run.folder} "what should change".'
    if run.config.get("human", "off") == "off":
        return "The run does not ask people (--human off); it counts in one that refine starts from there."
    waits = waited_for(run, read(run.folder))
    if not waits:
        return "The run takes it at the end of its round."
    done = f"text2reward feedback {run.folder} --done --as NAME"
    return f"The run takes it at a round's end, and with --human wait it waits for {', '.join(sorted(waits))}: {done}"


def _check(said: Said, rater: str) -> None:
    try:
        check(said, rater)
    except ValueError as error:
        raise UserError(str(error)) from error


def _with_program(run: Run, name: str | None) -> Candidate:
    candidate = run.candidate(name) if name else run.best
    if candidate is None or candidate.program is None:
        raise UserError(f"{name or 'The run'} has no program.", "Name a candidate that has one with --candidate.")
    return candidate


def _edited(run: Run, candidate: Candidate) -> Path:
    """The file that the person's editor left behind."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not editor:
        raise UserError("No editor is known.", "Set EDITOR, for example: EDITOR=nano text2reward edit latest.")
    folder = Path(tempfile.mkdtemp(prefix=f"{run.folder.name}-"))
    path = folder / f"{candidate.id}.py"
    path.write_text(candidate.program or "", encoding="utf-8")
    try:
        code = subprocess.run([*editor, str(path)]).returncode
    except OSError as error:
        raise UserError(f"Cannot start {editor[0]}: {error.strerror}.", "Set EDITOR to a program you have.") from error
    if code:
        raise UserError(f"{editor[0]} ended with code {code}.", f"What it wrote is in {path}.")
    return path
