"""Commands that look at runs and programs, and take them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from text2reward.commands.output import RUNS_DIR
from text2reward.sandbox import DialectName, SandboxMode


@dataclass(frozen=True)
class Check:
    """Check a reward program as the loop would, without training."""

    program: Positional[Path]
    """A file with a reward program, in any style that --dialect names."""

    env: str
    """The task."""

    dialect: DialectName = "auto"
    """The style it must be in: native, eureka or text2reward; told from the program unless given."""

    seed: int = 0
    """Seed of the transitions it is tried on."""

    sandbox: SandboxMode = "auto"
    """How the program is locked away: the best lock there is, tier A only, or resource limits only."""

    def __call__(self) -> int:
        """Check; returns the exit code."""
        from text2reward.terminal import looking

        return looking.check(self.program, self.env, self.seed, self.sandbox, self.dialect)


@dataclass(frozen=True)
class Show:
    """Show a run or one of its candidates."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    candidate: str | None = None
    """A candidate, for example r1c2."""

    video: bool = False
    """Film the candidate (the best one unless named) and print where the videos are."""

    ledger: bool = False
    """Show what every call of the model and every training took."""

    json: bool = False
    """Print the result as one JSON object; with --ledger, the ledger."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import looking

        return looking.show(self.run, self.runs_dir, self.candidate, self.video, self.ledger, self.json)


@dataclass(frozen=True)
class Ls:
    """List the runs."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import looking

        return looking.ls(self.runs_dir)


@dataclass(frozen=True)
class Report:
    """Write a run's report.html anew."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Write; returns the exit code."""
        from text2reward.terminal import looking

        return looking.report(self.run, self.runs_dir)


@dataclass(frozen=True)
class Compare:
    """Show runs or programs side by side: success, terms, curves, how alike they are, and a diff."""

    things: Positional[tuple[str, ...]] = ()
    """Two or more of: a run (its chosen candidate), RUN:r1c2, a program's file, an entry of a library (its folder)."""

    env: str | None = None
    """The task, for program files; that of the others unless given."""

    dialect: DialectName = "auto"
    """The style that program files must be in: native, eureka or text2reward; told from each unless given."""

    html: Path | None = None
    """Write the comparison into this file, too."""

    json: bool = False
    """Print the comparison as one JSON object."""

    sandbox: SandboxMode = "auto"
    """How the programs are locked away: the best lock there is, tier A only, or resource limits only."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Compare; returns the exit code."""
        from text2reward.terminal import comparing

        return comparing.compare(self.things, self.runs_dir, self.env, self.html, self.json, self.sandbox, self.dialect)


@dataclass(frozen=True)
class Export:
    """Write a run's reward, policy and a card into a folder that works without this package."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    to: Path
    """The folder, which must not exist yet or be empty."""

    candidate: str | None = None
    """A candidate, for example r1c2; the winner unless named."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Export; returns the exit code."""
        from text2reward.terminal import exporting

        return exporting.export(self.run, self.runs_dir, self.to, self.candidate)


@dataclass(frozen=True)
class Models:
    """List who can write reward programs here; keys that were found are named, never shown."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import models

        return models.models()


@dataclass(frozen=True)
class Doctor:
    """Say what works on this machine."""

    runs_dir: Path = RUNS_DIR
    """Where runs shall lie."""

    def __call__(self) -> int:
        """Look; returns the exit code."""
        from text2reward.terminal import doctor

        return doctor.doctor(self.runs_dir)
