"""A reward program's reward on any Gymnasium environment that has its fields."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import RecordError, UserError, nearest
from text2reward.record.candidate import Candidate
from text2reward.record.reader import Run, load
from text2reward.sandbox import SandboxMode
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.examples import fields_read
from text2reward.sandbox.reading import FieldSource, Reader, SourceReader, TaskReader
from text2reward.sandbox.reward_process import RewardFault, RewardProcess
from text2reward.sandbox.reward_server import RewardServer
from text2reward.sandbox.static_check import check_source

Terms = Callable[[np.ndarray, np.ndarray, np.ndarray], Mapping[str, np.ndarray]]
"""From (prev, action, state), one row each, to the terms."""


class ProgramWrapper(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Replaces an environment's reward by a program's.

    ``info["reward_terms"]`` has each term, ``info["original_reward"]`` the environment's own reward.

    Args:
        env: the environment.
        source: the program's text.
        reader: reads the fields.
        locked: how the program is held; None runs it in this process, with all rights.

    Raises:
        UserError: the program reads a field that there is not, or cannot be used for another reason.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], source: str, reader: Reader, locked: SandboxMode | None = "auto"
    ) -> None:
        super().__init__(env)
        for finding in check_source(source, reader.layout):
            if finding.level == "error":
                raise UserError(f"The program cannot be used: {finding}.", f"Fields: {', '.join(reader.names)}.")
        self._source, self._reader, self._locked = source, reader, locked
        self._terms: Terms | None = None
        self._process: RewardProcess | None = None
        self._state = np.zeros((1, 0), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and remember where it starts."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._state = self._read(observation, info)[1]
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the environment and ask for the program's reward.

        Raises:
            UserError: the program failed, or a field cannot be read.
        """
        observation, original, terminated, truncated, info = self.env.step(action)
        layout, state = self._read(observation, info)
        applied = self._reader.action(action)
        if self._terms is None:
            self._terms = self._start(layout, applied.shape[1])
        try:
            terms = self._terms(self._state, applied, state)
        except RewardFault as fault:
            raise UserError(f"The reward program failed: {fault.finding}.") from fault
        self._state = state
        told = {name: float(value[0]) for name, value in terms.items()}
        info = {**info, "reward_terms": told, "original_reward": float(original)}
        return observation, sum(told.values()), terminated, truncated, info

    def close(self) -> None:
        """Close the environment and end the program's process."""
        if self._process is not None:
            self._process.close()
            self._process = self._terms = None
        super().close()

    def _read(self, observation: Any, info: Mapping[str, Any]) -> tuple[StateLayout, np.ndarray]:
        return self._reader.read(self.env, observation, info)

    def _start(self, layout: StateLayout, action_size: int) -> Terms:
        if self._locked is None:
            return _in_this_process(self._source, layout)
        dialect = dialect_of_text(self._source).name
        self._process = RewardServer(self._locked).process(layout, action_size, rows=1, dialect=dialect)
        try:
            self._process.load(self._source)
        except RewardFault as fault:
            raise UserError(f"The reward program does not load: {fault.finding}.") from fault
        return self._process


def wrap(
    env: gymnasium.Env[Any, Any],
    program: str | Path | Candidate | Run,
    *,
    fields: Mapping[str, FieldSource] | None = None,
    task: str | Task | None = None,
    constants: Mapping[str, float] | None = None,
    locked: bool = True,
    sandbox: SandboxMode = "auto",
) -> ProgramWrapper:
    """``env`` with the reward of ``program``; see :func:`text2reward.wrap`."""
    if not isinstance(env, gymnasium.Env):
        what = "a vector of environments" if isinstance(env, gymnasium.vector.VectorEnv) else type(env).__name__
        raise UserError(
            f"Only a single Gymnasium environment can be wrapped, not {what}.",
            "Wrap each one: SyncVectorEnv([lambda: text2reward.wrap(make(), program, fields=fields)] * 8).",
        )
    if constants is not None and fields is None:
        raise UserError("Constants go with fields; a task has its own.", "Name fields, too.")
    if fields is not None and task is not None:
        raise UserError("Both fields and a task were named.", "Name one of them.")
    source, known = _text(program)
    reader: Reader
    if fields is not None:
        reader = SourceReader(fields, env.action_space, {**_duration(env), **(constants or {})})
    elif (named := task or known) is not None:
        reader = TaskReader(named if isinstance(named, Task) else get_task(named), env.action_space, _duration(env))
    else:
        raise UserError("Nothing says what the fields are.", 'Use task="metaworld/window-close-v3" or fields={...}.')
    wrapped = ProgramWrapper(env, source, reader, sandbox if locked else None)
    if fields is not None:
        _check_all_read(source, reader.layout)
    return wrapped


def _check_all_read(source: str, layout: StateLayout) -> None:
    """Refuse fields that a program has no use for: one with a slip in its name would else go unnoticed."""
    read = fields_read(source, layout)
    for name in layout.names:
        if name not in read:
            near = nearest(name, read)
            hint = f"Did you mean {near}? " if near else ""
            raise UserError(
                f"The program does not read {name}.",
                f"{hint}Leave it out or mend its name; the program reads {', '.join(read) or 'no field'}.",
            )


def _duration(env: gymnasium.Env[Any, Any]) -> dict[str, float]:
    """Seconds that a step lasts, where the environment says so, as MuJoCo's do."""
    dt = getattr(env.unwrapped, "dt", None)
    return {"dt": float(dt)} if isinstance(dt, int | float) and dt > 0 else {}


def _text(program: Any) -> tuple[str, str | None]:
    """The program's text, and the task it was written for where a run knows."""
    if isinstance(program, Run):
        if program.best is None:
            raise UserError(f"The run {program.folder.name} has no winner.", "Name one of its candidates.")
        return _text(program.best)
    if isinstance(program, Candidate):
        if program.program is None:
            raise UserError(f"{program.id} has no reward program.", "Name another candidate.")
        try:
            return program.program, str(load(program.folder).config["env"])
        except (RecordError, KeyError):
            return program.program, None
    if isinstance(program, str) and ("\n" in program or "def compute_" in program):
        return program, None
    if not isinstance(program, str | Path):
        raise UserError(f"A program cannot be {type(program).__name__}.", "Use its text, a path, a Candidate or a Run.")
    try:
        return Path(program).read_text(encoding="utf-8"), None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Cannot read {program}: {error}.", "Name a file with a reward program.") from error


def _in_this_process(source: str, layout: StateLayout) -> Terms:
    """The program without any lock."""
    import torch

    from text2reward.sandbox.dialects.adapters import load_adapted
    from text2reward.sandbox.program_error import ProgramError

    dialect = dialect_of_text(source)
    for library in dialect.libraries:
        importlib.import_module(library)
    try:
        program = load_adapted(source, dialect.name, layout.to_json())
    except ProgramError as error:
        raise UserError(f"The reward program does not load: {error.message}.") from error

    def terms(prev: np.ndarray, action: np.ndarray, state: np.ndarray) -> dict[str, np.ndarray]:
        before, acted, after = (torch.from_numpy(np.array(array, np.float32)) for array in (prev, action, state))
        with torch.no_grad():
            found = program(before, acted, after)
        return {name: value.numpy().reshape(1) for name, value in found.items()}

    return terms
