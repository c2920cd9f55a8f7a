"""Which candidate of a run is exported, and how well its policy does."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2reward.errors import UserError
from text2reward.record.candidate import Candidate
from text2reward.record.events import Success, Trained
from text2reward.record.files import RESTORE, cannot_read, read_json
from text2reward.record.reader import Run
from text2reward.record.writer import CURVES, HELD_OUT, NORMALISER, POLICY, SELECT

BY_HELD_OUT = "held-out episodes, which nothing was chosen by"
BY_SELECT = "select episodes, by which checkpoints and candidates were chosen: the figure flatters"
BY_PERSON = "episodes that a person watched: nobody but a person can say whether they were solved"


@dataclass(frozen=True)
class Choice:
    """A candidate with a policy.

    Args:
        run: whose it is.
        candidate: which one.
        training: the training whose policy counts.
        program: its reward program.
        success: how well its policy does.
        judged_on: on which episodes, in words.
        episodes: seed and outcome of each; empty where a person judged.
        algorithm: the learner's name in Stable-Baselines3.
    """

    run: Run
    candidate: Candidate
    training: Trained
    program: str
    success: Success
    judged_on: str
    episodes: tuple[dict[str, Any], ...]
    algorithm: str

    def file(self, name: str) -> Path:
        """Where a file of the training lies."""
        return self.candidate.file_of(self.training, name)


def choose(run: Run, name: str | None) -> Choice:
    """The candidate called ``name``, or the winner.

    Raises:
        UserError: the run is not finished, has no winner, or lacks what an export needs.
        UnknownNameError: there is no such candidate.
    """
    if run.finished is None:
        raise UserError(f"The run {run.folder.name} is not finished.", f"text2reward resume {run.folder}")
    candidate = run.candidate(name) if name else run.best
    if candidate is None:
        raise UserError(f"The run {run.folder.name} has no winner: no policy was trained in it.", "Nothing to export.")
    training = candidate.training
    if training is None or training.select is None:
        raise UserError(f"{candidate.id} has no policy ({candidate.failure}).", "Name a candidate that was trained.")
    if candidate.program is None:
        raise UserError(
            f"{candidate.id} was trained without a reward program ({candidate.draft.reward} reward).",
            "There is no program to export.",
        )
    files = [candidate.file_of(training, name) for name in (POLICY, NORMALISER, CURVES)]
    for path in files:
        if not path.is_file():
            raise UserError(f"There is no {path.name} in {path.parent}.", RESTORE)
    success, judged_on, episodes = _judged(run, candidate, training)
    return Choice(run, candidate, training, candidate.program, success, judged_on, episodes, _algorithm(files[0]))


def _judged(run: Run, candidate: Candidate, training: Trained) -> tuple[Success, str, tuple[dict[str, Any], ...]]:
    held_out = run.held_out
    is_winner = held_out is not None and held_out.candidate == candidate.id
    assert training.select is not None
    success = held_out.success if held_out is not None and is_winner else training.select
    if run.config.get("judge") == "person":
        return success, BY_PERSON, ()
    judged_on, file = (BY_HELD_OUT, HELD_OUT) if is_winner else (BY_SELECT, SELECT)
    path = candidate.file_of(training, file)
    try:
        found = tuple(dict(episode) for episode in read_json(path))
    except (ValueError, TypeError) as error:
        raise cannot_read(path, ValueError("it holds no episodes")) from error
    if len(found) != success.n:
        raise UserError(f"{path} has {len(found)} episodes, the record {success.n}.", "Restore it.")
    return success, judged_on, found


def _algorithm(policy: Path) -> str:
    """The learner's name in Stable-Baselines3, by what it stored; nothing is unpickled."""
    try:
        with zipfile.ZipFile(policy) as archive:
            stored = json.loads(archive.read("data"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"The policy {policy} cannot be read: {error}.", RESTORE) from error
    return "SAC" if "target_entropy" in stored else "PPO"
