"""One candidate of a run, put together from the events that are about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from text2reward.record.curves import CurvePoint, from_csv
from text2reward.record.events import Checked, Diagnosed, Drafted, Reviewed, Screened, Success, Trained, Video
from text2reward.record.files import cannot_read, inside, read_text
from text2reward.record.finding import Finding
from text2reward.record.terms import TermTable
from text2reward.record.writer import CURVES, POLICY


@dataclass(frozen=True)
class Candidate:
    """One candidate and all that became of it.

    Args:
        folder: the run's folder.
        draft: its coder's answer.
        check: what the checks found, once they ran.
        review: what its critic said, where the method has one.
        screen: what screening made of it, where the method screens.
        diagnosis: what its policy did, once it was trained.
        trainings: how its trainings ended, one per seed; more than one where it was raced.
        videos: what was filmed of it.
    """

    folder: Path
    draft: Drafted
    check: Checked | None = None
    review: Reviewed | None = None
    screen: Screened | None = None
    trainings: tuple[Trained, ...] = ()
    diagnosis: Diagnosed | None = None
    videos: tuple[Video, ...] = ()

    @property
    def id(self) -> str:
        """For example ``r1c2``."""
        return self.draft.candidate

    @cached_property
    def program(self) -> str | None:
        """The reward program's text; None where the answer held none."""
        path = self.program_path
        return None if path is None else read_text(path)

    @property
    def program_path(self) -> Path | None:
        """Where the program lies."""
        return inside(self.folder, self.draft.program) if self.draft.program else None

    @property
    def training(self) -> Trained | None:
        """The training whose policy counts."""
        return best_of(self.trainings)

    def proved(self, target: float) -> bool:
        """Whether a policy of its proved the target."""
        return self.success is not None and self.success.proves(target)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found, in the order of the stages."""
        stages = (self.draft, self.check, self.review, self.screen, *self.trainings, self.diagnosis)
        return tuple(finding for stage in stages if stage is not None for finding in stage.findings)

    @property
    def failure(self) -> str:
        """Name of the first error; without one ``not trained``, or ``not finished`` where a training began.

        Empty for a candidate with a policy.
        """
        if self.success is not None:
            return ""
        error = next((finding.name for finding in self.findings if finding.level == "error"), "")
        return error or ("not finished" if self.curves else "not trained")

    @property
    def audited(self) -> bool:
        """Whether it was trained only to see whether screening was right."""
        return self.screen is not None and self.screen.trained_anyway == "audit"

    @property
    def failed_by_machine(self) -> bool:
        """Whether it has no policy by the simulator's or the machine's fault: nobody knows how good its program is."""
        failed = [training.failed_by_machine for training in self.trainings]
        return self.success is None and bool(failed) and all(failed)

    @property
    def success(self) -> Success | None:
        """On the select episodes; None where no training ended well."""
        return self.training.select if self.training else None

    @property
    def policy_path(self) -> Path | None:
        """Where ``policy.zip`` lies."""
        if self.training is None or self.training.select is None:
            return None
        return self.file_of(self.training, POLICY)

    def file_of(self, training: Trained, name: str) -> Path:
        """Where a file of one of its trainings lies."""
        return inside(self.folder, f"{training.folder}/{name}")

    @cached_property
    def curves(self) -> list[CurvePoint]:
        """The learning curves, one point per rollout; empty before the first checkpoint."""
        return self._curves_in(self.training.folder if self.training else f"candidates/{self.id}/s0")

    def curves_of(self, training: Trained) -> list[CurvePoint]:
        """The curves as they were when that event was recorded."""
        return [point for point in self._curves_in(training.folder) if point.sim_steps <= training.sim_steps]

    def _curves_in(self, folder: str) -> list[CurvePoint]:
        path = inside(self.folder, f"{folder}/{CURVES}")
        try:
            return from_csv(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise cannot_read(path, error) from error

    @property
    def terms(self) -> TermTable:
        """The reward's terms as the kept policy earned them, in its last rollout; empty before the first checkpoint."""
        if self.training is None:
            return TermTable.of(self.curves[-1:])
        kept = self.training.kept_sim_steps or self.training.sim_steps
        return TermTable.of([point for point in self.curves_of(self.training) if point.sim_steps <= kept][-1:])

    def rank(self, target: float) -> tuple[float, float, float]:
        """Sorts better candidates first: the target proved, more episodes solved over its seeds, fewer steps."""
        judged = [event.solved for event in self.trainings if event.select is not None]
        if self.training is None or not judged:
            return (1.0, 1.0, 0.0)
        return (-float(self.proved(target)), -sum(judged) / len(judged), self.training.sim_steps)


def best_of(trainings: Iterable[Trained]) -> Trained | None:
    """The training whose policy is surest to be good, that with fewer steps in a tie; None without any."""
    return min(trainings, key=lambda each: (-each.select.low if each.select else 1.0, each.sim_steps), default=None)
