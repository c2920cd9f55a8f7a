"""A candidate with its policy, its plot, and a form that a notebook shows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from text2reward.errors import UserError
from text2reward.record import candidate as record
from text2reward.record.verdict import shares

if TYPE_CHECKING:
    from text2reward.notebook.plots import Plot
    from text2reward.training.policy import Policy


@dataclass(frozen=True, repr=False)
class Candidate(record.Candidate):
    """One candidate: ``program``, ``terms``, ``policy``, ``curves``, ``findings``, each read when it is asked for.

    The arguments are those of :class:`text2reward.record.candidate.Candidate`.
    """

    @classmethod
    def of(cls, candidate: record.Candidate) -> Candidate:
        """The same candidate with what this class adds."""
        return cls(**{field.name: getattr(candidate, field.name) for field in fields(candidate)})

    @cached_property
    def policy(self) -> Policy:
        """The policy: ``(N, O)`` observations -> ``(N, A)`` actions. Its files are pickles: use only those you trust.

        Raises:
            UserError: there is none, or its files cannot be read.
        """
        from text2reward.training.policy import Policy

        if self.policy_path is None:
            raise UserError(f"{self.id} has no policy ({self.failure}).", "Take a candidate that was trained.")
        return Policy.load(self.policy_path.parent)

    def plot(self) -> Plot:
        """The learning curves: success, own return, and each term.

        Raises:
            UserError: there are none, or Matplotlib is not installed.
        """
        from text2reward.notebook.plots import plot_candidate

        return plot_candidate(self)

    @property
    def outcome(self) -> str:
        """Its success with the interval, or why it has none."""
        return shares(self.success) if self.success is not None else self.failure

    def __repr__(self) -> str:
        return f"<Candidate {self.id}: {self.outcome}>"

    def _repr_html_(self) -> str:
        from text2reward.notebook.views import candidate_html

        return candidate_html(self)
