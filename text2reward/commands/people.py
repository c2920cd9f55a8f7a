"""Commands for people in the loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from text2reward.agent.config import RunSettings
from text2reward.commands.output import RUNS_DIR, Output
from text2reward.commands.recorded import config_of
from text2reward.commands.runs import Run


@dataclass(frozen=True)
class Refine:
    """Start a run from another one's best program, with your words about it."""

    settings: Annotated[RunSettings, arg(name="")]

    run: Positional[str]
    """The other run: its folder, its name or a unique part of it, or latest. Its settings are taken unless given."""

    words: Positional[str]
    """What should change."""

    candidate: str | None = None
    """Whose program, for example r1c2; the best one's unless named."""

    rater: Annotated[str | None, arg(name="as")] = None
    """Who says it; the name of your account unless given."""

    output: Annotated[Output, arg(name="")] = field(default_factory=Output)

    def __call__(self) -> int:
        """Refine; returns the exit code."""
        from text2reward.terminal import people

        settings = Run(self.settings, config=config_of(self.run, self.output.runs_dir)).resolved()
        output = self.output
        return people.refine(
            self.run, output.runs_dir, self.words, self.candidate, self.rater, settings, output.display, output.json
        )


@dataclass(frozen=True)
class Feedback:
    """Say what should change; a run with --human takes it at the end of its round."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    words: Positional[str | None] = None
    """What should change, for example "slower near the handle"."""

    candidate: str | None = None
    """The candidate it is about, for example r1c2; the run as a whole unless named."""

    rater: Annotated[str | None, arg(name="as")] = None
    """Who says it; the name of your account unless given."""

    done: bool = False
    """Say as well that you are done with this round: a run that waits goes on."""

    undo: bool = False
    """Take back the last thing you said, a vote, a comment or an edit, unless the run has heard it."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Keep it, or take back what was kept; returns the exit code."""
        from text2reward.terminal import people

        if self.undo:
            given = bool(self.words or self.candidate or self.done)
            return people.undo(self.run, self.runs_dir, self.rater, given)
        return people.feedback(self.run, self.runs_dir, self.words, self.candidate, self.rater, self.done)


@dataclass(frozen=True)
class Rate:
    """Compare films of policies at a plain terminal without knowing whose they are."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    rater: Annotated[str | None, arg(name="as")] = None
    """Who answers; the name of your account unless given."""

    best_and_worst: bool = False
    """Ask for the best and the worst of up to six, instead of the better of two."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Ask; returns the exit code."""
        from text2reward.terminal import rating

        return rating.rate(self.run, self.runs_dir, self.rater, best_and_worst=self.best_and_worst)


@dataclass(frozen=True)
class Opine:
    """Ask a model that sees about pairs of films; its opinions choose nothing and stand apart from people's votes."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    vision: str | None = None
    """The model: PROVIDER/NAME of one that takes pictures, for example openai/gpt-5, or manual; the run's own --vision
    unless given."""

    pairs: int = 6
    """How many pairs at most; each is shown twice, with the order swapped."""

    base_url: str | None = None
    """Server that speaks the provider's protocol, for example http://localhost:8000/v1 for openai/NAME."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Ask; returns the exit code."""
        from text2reward.terminal import opining

        return opining.opine(self.run, self.runs_dir, self.vision, self.pairs, self.base_url)


@dataclass(frozen=True)
class Edit:
    """Change a program in your editor; a run with --human trains it in its next round."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    candidate: str | None = None
    """Whose program, for example r1c2; the best one's unless named."""

    file: Path | None = None
    """Take this file in place of what an editor would leave behind."""

    words: str = ""
    """What was changed and why."""

    rater: Annotated[str | None, arg(name="as")] = None
    """Who changed it; the name of your account unless given."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Edit; returns the exit code."""
        from text2reward.terminal import people

        return people.edit(self.run, self.runs_dir, self.candidate, self.file, self.words, self.rater)


@dataclass(frozen=True)
class Films:
    """Film all trained candidates from the same initial states, for people to rate."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    candidates: Positional[tuple[str, ...]] = ()
    """Candidates, for example r1c2; all that were trained unless given."""

    jobs: int = 1
    """Films made side by side."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Film; returns the exit code."""
        from text2reward.terminal import films

        return films.films(self.run, self.runs_dir, self.candidates, self.jobs)


@dataclass(frozen=True)
class Serve:
    """Show a run in a browser as it grows, and let people rate films of its candidates."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    port: int = 0
    """Where to listen on this machine; a free port unless given."""

    films: bool = True
    """Film candidates for rating as they come."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Serve until interrupted; returns the exit code."""
        from text2reward.terminal import serving

        return serving.serve(self.run, self.runs_dir, self.port, self.films)
