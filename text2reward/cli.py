"""The command line. Importing this loads neither torch nor a simulator nor a model client."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import OmitSubcommandPrefixes, Positional, arg, subcommand

from text2reward.agent.config import Device, RunSettings, make_settings, read_config
from text2reward.errors import UserError
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.terminal import usage
from text2reward.training.settings import Algo, PPOChoices, SACChoices

RUNS_DIR = Path("runs")
DisplayName = Literal["auto", "live", "plain", "json", "none"]


@dataclass(frozen=True)
class Output:
    """Where results go and how progress is shown."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    display: DisplayName = "auto"
    """How progress is shown on standard error; auto is live at a terminal."""

    json: bool = False
    """Print the result as one JSON object."""


@dataclass(frozen=True)
class Run:
    """Write reward programs for one sentence, train policies with them, and keep what works."""

    settings: Annotated[RunSettings, arg(name="")]
    instruction: Positional[str | None] = None
    """What the robot shall do, in a sentence; the task's own sentence unless given."""

    config: Path | None = None
    """Start from a config.json; flags win over it."""

    output: Annotated[Output, arg(name="")] = Output()

    def __call__(self) -> int:
        """Run; returns the exit code."""
        from text2reward.terminal import running

        return running.run(self.resolved(), self.output.runs_dir, self.output.display, self.output.json)

    def resolved(self) -> dict[str, Any]:
        """The settings, with those of the file in place of what was not given."""
        given = self._from_file()
        if given.get("method") != self.settings.method:
            for name in ("stages", "candidates", "rounds", "repairs"):  # they are those of the file's method
                given.pop(name, None)
        if given.get("env", self.settings.env) != self.settings.env:
            for name in ("steps", "ppo", "sac"):  # they are those of the file's task
                given.pop(name, None)
        settings = {**given, **asdict(self.settings)}
        if self.instruction is not None:
            settings["instruction"] = self.instruction
        return settings

    def _from_file(self) -> dict[str, Any]:
        return read_config(self.config) if self.config else {}


@dataclass(frozen=True)
class Resume:
    """Go on with an interrupted run; no model is asked and no training done twice."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    jobs: int | None = None
    """Trainings side by side; as before unless given."""

    output: Annotated[Output, arg(name="")] = Output()

    def __call__(self) -> int:
        """Resume; returns the exit code."""
        from text2reward.terminal import running

        return running.resume(self.run, self.output.runs_dir, self.jobs, self.output.display, self.output.json)


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

    output: Annotated[Output, arg(name="")] = Output()

    def __call__(self) -> int:
        """Refine; returns the exit code."""
        from text2reward.terminal import people

        settings = Run(self.settings, config=_config_of(self.run, self.output.runs_dir)).resolved()
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

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Keep it; returns the exit code."""
        from text2reward.terminal import people

        return people.feedback(self.run, self.runs_dir, self.words, self.candidate, self.rater, self.done)


@dataclass(frozen=True)
class Rate:
    """Compare films of policies at a plain terminal, two at a time, without knowing whose they are."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    rater: Annotated[str | None, arg(name="as")] = None
    """Who answers; the name of your account unless given."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Ask; returns the exit code."""
        from text2reward.terminal import rating

        return rating.rate(self.run, self.runs_dir, self.rater)


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
class Train:
    """Train one policy with a program of yours, or with a baseline reward."""

    env: str
    """The task."""

    program: Positional[Path | None] = None
    """A file with a reward program, in any style that --dialect names."""

    dialect: DialectName = "auto"
    """The style it must be in: native, compute_reward(state, action, prev); eureka, compute_reward(named tensors) ->
    (total, parts); text2reward, compute_dense_reward(self, action[, obs]). Told from the program unless given."""

    reward: Literal["program", "expert", "success"] = "program"
    """Train with the program, the simulator's own reward, or success alone."""

    steps: int | None = None
    """Simulator steps at most; the task's own unless given."""

    target: float = 0.9
    """Success rate that counts as solved."""

    stop_at_target: bool = True
    """Stop as soon as the policy has proved the target."""

    action_repeat: int | None = None
    """Simulator steps per action; the task's own unless given."""

    judge: str | None = None
    """A file with happened(states), which decides from whole episodes whether the task was solved, or person, who is
    asked to watch films; the task itself decides unless given."""

    device: Device = "cpu"
    """Where the policy trains: cpu, or cuda for tasks that an NVIDIA GPU can simulate. It is judged on the CPU."""

    held_out: int = 100
    """Episodes on which the policy is judged at the end."""

    seed: int = 0
    """Everything random comes from it."""

    jobs: int | None = None
    """Processes for judging; one per processor unless given."""

    sandbox: SandboxMode = "auto"
    """How the program is locked away: the best lock there is, tier A only, or resource limits only."""

    algo: Algo = "ppo"
    """Which algorithm learns: ppo, or sac, which learns from every step again and takes longer for each."""

    ppo: PPOChoices = field(default_factory=PPOChoices)
    """PPO's hyperparameters, by their names in Stable-Baselines3; the task's own unless given."""

    sac: SACChoices = field(default_factory=SACChoices)
    """SAC's hyperparameters, for --algo sac."""

    wandb: str | None = None
    """Project on Weights & Biases that the training's curves and its result are sent to."""

    output: Annotated[Output, arg(name="")] = Output()

    def __call__(self) -> int:
        """Train; returns the exit code."""
        from text2reward.terminal import running

        if self.reward == "program" and self.program is None:
            raise UserError(
                "No program was named.", "For example: text2reward train reward.py --env ID, or --reward expert."
            )
        settings = {key: value for key, value in asdict(self).items() if key not in ("program", "reward", "output")}
        settings |= {"model": self.reward, "candidates": 1, "rounds": 1, "repairs": 0}
        if self.program is not None:
            settings["program"] = str(self.program)
        return running.run(settings, self.output.runs_dir, self.output.display, self.output.json)


@dataclass(frozen=True)
class Eval:
    """Judge a policy in the reference simulator."""

    policy: Positional[str]
    """policy.zip, its folder, or a run (then its best policy)."""

    env: str | None = None
    """The task; known where the policy lies in a run's folder."""

    judge: str | None = None
    """A file with happened(states), which decides from whole episodes whether the task was solved; the task itself, or
    the run's own judge, decides unless given."""

    episodes: int = 100
    """How many episodes."""

    seed: int = 0
    """Seed of the episodes."""

    jobs: int | None = None
    """Processes; one per processor unless given."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    json: bool = False
    """Print the result as one JSON object."""

    def __call__(self) -> int:
        """Evaluate; returns the exit code."""
        from text2reward.terminal import running

        return running.evaluate(
            self.policy, self.env, self.judge, self.episodes, self.seed, self.runs_dir, self.json, self.jobs
        )


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

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import looking

        return looking.show(self.run, self.runs_dir, self.candidate, self.video)


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
class Ls:
    """List the runs."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import looking

        return looking.ls(self.runs_dir)


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


@dataclass(frozen=True)
class EnvsList:
    """List the tasks."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_list()


@dataclass(frozen=True)
class EnvsShow:
    """Show a task: its fields, and the view a model gets."""

    env: Positional[str]
    """The task."""

    picture: Path | None = None
    """Draw the task's first state into this file, a PNG."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_show(self.env, self.picture)


@dataclass(frozen=True)
class EnvsCheck:
    """Prove that a task's fields are what their declaration says."""

    envs: Positional[tuple[str, ...]] = ()
    """The tasks; all unless given."""

    seed: int = 0
    """Seed of the episodes that are tried."""

    def __call__(self) -> int:
        """Check; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_check(list(self.envs), self.seed)


@dataclass(frozen=True)
class EnvsNew:
    """Write a module that declares a task of your own, for you to finish."""

    name: Positional[str]
    """The module's name; NAME.py is written into the current folder."""

    gym: str | None = None
    """A Gymnasium environment to read sizes, names and times from, for example Pusher-v5."""

    def __call__(self) -> int:
        """Write; returns the exit code."""
        from text2reward.terminal import new_task

        return new_task.envs_new(self.name, self.gym)


@dataclass(frozen=True)
class Doctor:
    """Say what works on this machine."""

    runs_dir: Path = RUNS_DIR
    """Where runs shall lie."""

    def __call__(self) -> int:
        """Look; returns the exit code."""
        from text2reward.terminal import doctor

        return doctor.doctor(self.runs_dir)


@dataclass(frozen=True)
class Envs:
    """List, show, check or declare tasks."""

    action: OmitSubcommandPrefixes[
        Annotated[EnvsList, subcommand("list")]
        | Annotated[EnvsShow, subcommand("show")]
        | Annotated[EnvsCheck, subcommand("check")]
        | Annotated[EnvsNew, subcommand("new")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()


@dataclass(frozen=True)
class Models:
    """List who can write reward programs here; keys that were found are named, never shown."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import models

        return models.models()


@dataclass(frozen=True)
class MethodsList:
    """List the methods."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_list()


@dataclass(frozen=True)
class MethodsShow:
    """Show a method: every setting, and where its value comes from."""

    method: Positional[str]
    """A method's name, or a file of yours."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_show(self.method)


@dataclass(frozen=True)
class MethodsDiff:
    """Show in what two methods differ."""

    first: Positional[str]
    """A method's name, or a file of yours."""

    second: Positional[str]
    """Another."""

    def __call__(self) -> int:
        """Compare; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_diff(self.first, self.second)


@dataclass(frozen=True)
class Methods:
    """List, show or compare methods: what happens around training."""

    action: OmitSubcommandPrefixes[
        Annotated[MethodsList, subcommand("list")]
        | Annotated[MethodsShow, subcommand("show")]
        | Annotated[MethodsDiff, subcommand("diff")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()


@dataclass(frozen=True)
class LibraryAdd:
    """Put a run's program into the library, with what was measured of it."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    candidate: str | None = None
    """A candidate, for example r1c2; the one that the run chose unless given."""

    name: str | None = None
    """What the entry is to be called; after its task unless given."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Add; returns the exit code."""
        from text2reward.terminal import library

        return library.add(self.run, self.runs_dir, self.candidate, self.library, self.name)


@dataclass(frozen=True)
class LibrarySearch:
    """Find programs by words of their sentence, task, fields and terms."""

    query: Positional[str]
    """What is looked for, for example "push a puck"."""

    env: str | None = None
    """Only programs all of whose fields this task has."""

    limit: int = 10
    """How many are shown at most."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as JSON."""

    def __call__(self) -> int:
        """Search; returns the exit code."""
        from text2reward.terminal import library

        return library.find(self.query, self.env, self.limit, self.library, self.json)


@dataclass(frozen=True)
class LibraryList:
    """List the programs in the library."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as JSON."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import library

        return library.list_all(self.library, self.json)


@dataclass(frozen=True)
class LibraryShow:
    """Show a program of the library and what is known of it."""

    name: Positional[str]
    """The entry."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as one JSON object."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import library

        return library.show(self.name, self.library, self.json)


@dataclass(frozen=True)
class LibraryRemove:
    """Take a program out of the library."""

    name: Positional[str]
    """The entry."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    def __call__(self) -> int:
        """Remove; returns the exit code."""
        from text2reward.terminal import library

        return library.remove(self.name, self.library)


@dataclass(frozen=True)
class Library:
    """Keep reward programs that worked in a folder, and find them again."""

    action: OmitSubcommandPrefixes[
        Annotated[LibraryAdd, subcommand("add")]
        | Annotated[LibrarySearch, subcommand("search")]
        | Annotated[LibraryList, subcommand("list")]
        | Annotated[LibraryShow, subcommand("show")]
        | Annotated[LibraryRemove, subcommand("remove")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()


@dataclass(frozen=True)
class Compare:
    """Show runs or programs side by side: success, terms, curves, how alike they are, and a diff."""

    things: Positional[tuple[str, ...]] = ()
    """Two or more of: a run (its chosen candidate), RUN:r1c2, a program's file, an entry of a library (its folder)."""

    env: str | None = None
    """The task, for program files; that of the others unless given."""

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

        return comparing.compare(self.things, self.runs_dir, self.env, self.html, self.json, self.sandbox)


def _command(default: RunSettings | None) -> Any:
    """The union of all commands; ``run`` starts from ``default`` where a configuration file gives one."""
    run = subcommand("run") if default is None else subcommand("run", default=Run(settings=default))
    again = subcommand("refine")
    if default is not None:
        again = subcommand("refine", default=Refine(default, tyro.MISSING, tyro.MISSING))
    return (
        Annotated[Run, run]
        | Annotated[Resume, subcommand("resume")]
        | Annotated[Refine, again]
        | Annotated[Rate, subcommand("rate")]
        | Annotated[Feedback, subcommand("feedback")]
        | Annotated[Edit, subcommand("edit")]
        | Annotated[Show, subcommand("show")]
        | Annotated[Films, subcommand("films")]
        | Annotated[Ls, subcommand("ls")]
        | Annotated[Train, subcommand("train")]
        | Annotated[Eval, subcommand("eval")]
        | Annotated[Check, subcommand("check")]
        | Annotated[Report, subcommand("report")]
        | Annotated[Serve, subcommand("serve")]
        | Annotated[Compare, subcommand("compare")]
        | Annotated[Library, subcommand("library")]
        | Annotated[Export, subcommand("export")]
        | Annotated[Envs, subcommand("envs")]
        | Annotated[Methods, subcommand("methods")]
        | Annotated[Models, subcommand("models")]
        | Annotated[Doctor, subcommand("doctor")]
    )


_WORK = "run resume refine serve rate feedback edit films show ls train eval check report compare"
COMMANDS = tuple(f"{_WORK} library export envs methods models doctor".split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, do what it says, and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(_parse(words)())
    except UserError as error:
        print(f"text2reward: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("text2reward: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parse(words: list[str]) -> Any:
    usage.check_commands(words, COMMANDS)
    if words in (["--version"], ["-V"]):
        from importlib.metadata import version

        print(version("text2reward"))
        raise SystemExit(0)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command, unknown = tyro.cli(
                _command(_defaults(words)),
                prog="text2reward",
                description="From one sentence to a trained robot policy and a readable reward program.",
                args=words,
                return_unknown_args=True,
            )
    except SystemExit as stop:
        if stop.code in (0, None):
            raise
        raise usage.wrong(said.getvalue(), words, _flags) from None
    if unknown:
        raise usage.unknown(unknown[0], words, _flags)
    return command


def _defaults(words: list[str]) -> RunSettings | None:
    """The settings of the file that ``run --config`` or the run that ``refine`` names, as the defaults of flags."""
    if words[:1] == ["refine"] and len(words) > 1 and not {"--help", "-h"} & set(words):
        if words[1].startswith("-"):
            raise UserError("The run comes first.", 'For example: text2reward refine latest "slower" --seed 2.')
        path: Path | str | None = _config_of(words[1], Path(_value(words, "--runs-dir") or RUNS_DIR))
    elif words[:1] == ["run"]:
        path = _value(words, "--config")
    else:
        return None
    if not path:
        return None
    given = read_config(Path(path))
    settings = make_settings({"env": "-", **given})
    changed: dict[str, Any] = {}
    flags = {word.partition("=")[0] for word in words}
    if "--method" in flags:  # another method has numbers of its own
        changed |= {"candidates": None, "rounds": None, "repairs": None}
    sac = settings.sac.preset or "default"
    asked = {"--env": settings.env, "--algo": settings.algo, "--sac.preset": sac}
    if any(_value(words, flag) not in (None, known) for flag, known in asked.items()):  # so has another task or learner
        changed |= {"steps": None, "ppo": PPOChoices(), "sac": SACChoices()}
    if "env" not in given:
        changed["env"] = tyro.MISSING
    return replace(settings, **changed)


def _config_of(run: str, runs_dir: Path) -> Path:
    """The configuration of a run."""
    from text2reward.record.reader import find_run
    from text2reward.record.writer import CONFIG

    return find_run(run, runs_dir) / CONFIG


def _value(words: list[str], flag: str) -> str | None:
    """The last word that is given for a flag."""
    found = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == flag:
            found = following
        elif word.startswith(f"{flag}="):
            found = word.partition("=")[2]
    return found


def _flags(words: list[str]) -> set[str]:
    """The flags of the command that ``words`` ask for."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.cli(_command(None), prog="text2reward", args=[*usage.command_of(words), "--help"])
    return set(re.findall(r"--[a-z][a-z0-9.-]*", said.getvalue()))


if __name__ == "__main__":
    sys.exit(main())
