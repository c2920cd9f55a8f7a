"""A run whose candidates have policies and plots, and a form that a notebook shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from text2reward.notebook.candidate import Candidate
from text2reward.record import reader as record
from text2reward.record.candidate import Candidate as RecordedCandidate
from text2reward.record.events import Heard
from text2reward.record.verdict import verdict

if TYPE_CHECKING:
    from text2reward.notebook.plots import Plot


@dataclass(frozen=True, repr=False)
class Run(record.Run):
    """One run: ``candidates`` by id, ``best``, ``held_out``, ``config``, each read when asked for.

    The arguments are those of :class:`text2reward.record.reader.Run`.
    """

    @classmethod
    def of(cls, run: record.Run) -> Run:
        """The same run with what this class adds."""
        return cls(run.folder, run.entries)

    @cached_property
    def candidates(self) -> dict[str, Candidate]:  # type: ignore[override]
        """All candidates by id, in the order they were drafted."""
        return {name: Candidate.of(each) for name, each in record.Run(self.folder, self.entries).candidates.items()}

    @property
    def best(self) -> Candidate | None:
        """The best trained candidate so far, or the latest, as the method has it."""
        return self.chosen_of(self.candidates.values())

    def chosen_of(self, candidates: Iterable[RecordedCandidate], heard: Heard | None = None) -> Candidate | None:
        """See :meth:`text2reward.record.reader.Run.chosen_of`."""
        return cast(Candidate | None, super().chosen_of(candidates, heard))

    def candidate(self, name: str) -> Candidate:
        """The candidate with id ``name``.

        Raises:
            UnknownNameError: there is none.
        """
        return cast(Candidate, super().candidate(name))

    def plot(self) -> Plot:
        """Success of every candidate while it was trained.

        Raises:
            UserError: nothing was trained, or Matplotlib is not installed.
        """
        from text2reward.notebook.plots import plot_run

        return plot_run(self)

    def __repr__(self) -> str:
        return f"<Run {self.folder.name}: {verdict(self).text}>"

    def _repr_html_(self) -> str:
        from text2reward.notebook.views import run_html

        return run_html(self)
