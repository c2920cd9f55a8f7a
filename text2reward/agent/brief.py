"""What a coder is told: the task, the sentence, and what happened so far."""

from __future__ import annotations

from dataclasses import dataclass

from text2reward.agent.examples import Example
from text2reward.envs.task import Task
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Diagnosed, Edited, Heard, Liked, Opined, RewardKind, Screened, Trained
from text2reward.record.finding import Finding


@dataclass(frozen=True)
class Attempt:
    """A candidate of an earlier round and what became of it.

    Args:
        candidate: its id.
        parent: the candidate it came from, if any.
        program: its text; None where the answer held none.
        findings: everything found about it.
        training: how its training ended; None when it was not trained.
        curve: its learning curves.
        round: in which it was written.
        screen: what screening made of it; None where nothing is screened.
        diagnosis: what its policy did; None when it was not trained.
    """

    candidate: str
    parent: str | None
    program: str | None
    findings: tuple[Finding, ...] = ()
    training: Trained | None = None
    curve: tuple[CurvePoint, ...] = ()
    round: int = 1
    screen: Screened | None = None
    diagnosis: Diagnosed | None = None

    @property
    def solved(self) -> float:
        """Share of the select episodes its policy solved; -1 where none was trained."""
        if self.training is None or self.training.select is None:
            return -1.0
        return self.training.select.value

    @property
    def machine(self) -> tuple[Finding, ...]:
        """What the simulator or the machine did to its training, where it has no policy for that reason."""
        if self.training is None or self.training.select is not None or not self.training.failed_by_machine:
            return ()
        return tuple(finding for finding in self.training.findings if finding.by_machine)


@dataclass(frozen=True)
class Brief:
    """One request for drafts.

    Args:
        task: the world.
        instruction: the sentence.
        round: counted from 1.
        seed: of the run; whatever a coder draws at random comes from it and the round.
        target: success rate that counts as solved.
        attempts: all earlier candidates, in the order they were drafted.
        best: id of the best of them, if any was trained.
        examples: programs that worked on other tasks.
        people: what people had said at the end of each earlier round.
        opinions: what a model that sees had said, which is told apart from that.
    """

    task: Task
    instruction: str
    round: int
    seed: int
    target: float
    attempts: tuple[Attempt, ...] = ()
    best: str | None = None
    examples: tuple[Example, ...] = ()
    people: tuple[Heard, ...] = ()
    opinions: tuple[Opined, ...] = ()

    @property
    def incumbent(self) -> Attempt | None:
        """The best attempt so far."""
        return self._attempt(self.best)

    @property
    def liked(self) -> tuple[Liked, ...]:
        """How well people like the attempts that they compared, the best liked first."""
        return self.people[-1].strengths if self.people else ()

    @property
    def preferred(self) -> Attempt | None:
        """The attempt that people like best; None where nobody compared any."""
        return self._attempt(self.liked[0].candidate) if self.liked else None

    @property
    def edits(self) -> tuple[Edited, ...]:
        """Programs of people that become candidates of this round."""
        return tuple(edit for heard in self.people if heard.round == self.round - 1 for edit in heard.edits)

    def _attempt(self, name: str | None) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.candidate == name), None)


@dataclass(frozen=True)
class Draft:
    """A coder's answer.

    Args:
        program: the reward program's text; None when the answer holds none.
        parent: id of the attempt it was derived from.
        note: what the coder says it did.
        findings: what is wrong with the answer itself.
        exchange: key of the model exchange it came from.
        reward: ``program``, or a baseline that has none.
        author: who wrote it, where that is not the coder.
    """

    program: str | None
    parent: str | None = None
    note: str = ""
    findings: tuple[Finding, ...] = ()
    exchange: str | None = None
    reward: RewardKind = "program"
    author: str = ""
