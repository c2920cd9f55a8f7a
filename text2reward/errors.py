"""Errors a person can mend: printed as one line with what to do next, never as a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class UserError(Exception):
    """Something a person asked for cannot be done as asked.

    Args:
        message: what was asked and what is wrong with it.
        hint: what to do next; printed after the message.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class UnknownNameError(UserError):
    """A name that is not in a known set: names what was asked, the nearest match and where to look."""

    def __init__(self, kind: str, asked: str, known: Iterable[str], see: str = "") -> None:
        names = sorted(known)
        near = nearest(asked, names)
        if near:
            hint = f"Did you mean {near}?"
        elif see:
            hint = ""
        else:
            hint = f"Known: {', '.join(names)}."
        super().__init__(f"Unknown {kind} {shorten(asked)!r}.", f"{hint} {see}".strip())
        self.nearest = near


class SimulatorFault(UserError):
    """A simulator that is not the product's own raised something; the message says what and where."""


class SourceFault(SimulatorFault):
    """What a task declares cannot be read from its environment.

    Args:
        subject: a field, ``solved``, ``observation``, ``reset`` or ``step``.
        text: what was expected, what was found, and how to mend it.
        when: for example ``in step 3``; empty where nobody knows yet.
    """

    def __init__(self, subject: str, text: str, when: str = "") -> None:
        self.subject, self.text, self.when = subject, text, when
        super().__init__(f"{subject}: {self.problem}")

    @property
    def problem(self) -> str:
        """The text, with the time where it is known."""
        return f"{self.when}: {self.text}" if self.when else self.text


class TaskError(UserError):
    """A task's declaration does not fit its simulator.

    Args:
        task: its id.
        problems: what is wrong and what to do: the subject, for example a field, and the text.
    """

    def __init__(self, task: str, problems: Sequence[tuple[str, str]]) -> None:
        subject, text = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{task}: {subject}: {text}{more}", "`text2reward envs check` shows all.")
        self.problems = tuple(problems)


class SandboxError(UserError):
    """The reward process cannot be locked or started on this machine, so nothing untrusted may run."""


class ModelError(UserError):
    """The language model cannot be asked: a missing key, a refused connection, an exhausted quota.

    Args:
        message: what is wrong.
        hint: what to do.
        unsure: requests that may have been answered and be paid for.
    """

    def __init__(self, message: str, hint: str = "", unsure: int = 0) -> None:
        super().__init__(message, hint)
        self.unsure = unsure


class BudgetReached(ModelError):
    """A limit that was set for a run does not let it go on; the text says which, and how much is spent."""


class RecordError(UserError):
    """A run's record cannot be written or read."""


class RunIsBusyError(RecordError):
    """Another process is working on the run."""


class DiskFull(RecordError):
    """There is no room left on a disk; the message says for which folder."""


class MachineFault(UserError):
    """No training ends well, by the simulator's or the machine's fault and not by that of the reward programs."""


class NoRunError(RecordError):
    """There is no run of that name."""


class LibraryError(UserError):
    """An entry of a library of reward programs cannot be read or written."""


class RunStopped(UserError):
    """A run could not go on, but its record is complete and it can be resumed."""


def nearest(asked: str, known: Iterable[str]) -> str | None:
    """The known name most like ``asked``, or None when nothing is close."""
    lowered = {name.lower(): name for name in known}
    for name in sorted(lowered):
        if sorted(name) == sorted(asked.lower()):  # letters swapped
            return lowered[name]
    matches = difflib.get_close_matches(asked.lower(), lowered, n=1, cutoff=0.6)
    return lowered[matches[0]] if matches else None


def shorten(text: str, limit: int = 80) -> str:
    """``text`` cut to ``limit`` characters on one line, for use inside a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class RenderError(UserError):
    """No picture can be drawn: the simulator has no renderer, or there is no OpenGL."""


class NoOpenGLError(RenderError):
    """This process has no OpenGL that works; another may. Who has tried them all says what to install."""
