"""Commands that train: a run, the rest of one, one program; and the judging of what came out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from text2reward.agent.config import Device, RunSettings, read_config
from text2reward.commands.output import RUNS_DIR, Output
from text2reward.commands.recorded import as_replayed, config_of
from text2reward.errors import UserError
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.training.settings import Algo, PPOChoices, SACChoices


@dataclass(frozen=True)
class Run:
    """Write reward programs for one sentence, train policies with them, and keep what works."""

    settings: Annotated[RunSettings, arg(name="")]
    instruction: Positional[str | None] = None
    """What the robot shall do, in a sentence; the task's own sentence unless given."""

    config: Path | None = None
    """Start from a config.json; flags win over it."""

    dry_run: bool = False
    """Print what the run may take and every prompt of its first round; nothing is spent or written."""

    output: Annotated[Output, arg(name="")] = field(default_factory=Output)

    def __call__(self) -> int:
        """Run; returns the exit code."""
        from text2reward.terminal import running

        output = self.output
        return running.run(self.resolved(), output.runs_dir, output.display, output.json, dry=self.dry_run)

    def resolved(self) -> dict[str, Any]:
        """The settings, with those of the file in place of what was not given."""
        given = self._from_file()
        if given.get("method", self.settings.method) != self.settings.method:
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
        replayed = self.settings.replay or self.settings.replay_or_ask
        if self.config or not replayed:
            return read_config(self.config) if self.config else {}
        path = config_of(replayed, self.output.runs_dir)
        return as_replayed(read_config(path), path.parent)


@dataclass(frozen=True)
class Resume:
    """Go on with an interrupted run; no model is asked and no training done twice."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    jobs: int | None = None
    """Trainings side by side; as before unless given."""

    max_cost: float | None = None
    """US dollars that all calls of the model take together at most; as before unless given."""

    max_tokens: int | None = None
    """Tokens that all calls of the model take together at most; as before unless given."""

    max_steps: int | None = None
    """Simulator steps that all trainings take together at most; as before unless given."""

    max_hours: float | None = None
    """Hours that the run works at most, those before counted; as before unless given."""

    price: tuple[float, float] | None = None
    """What the model costs from here on: US dollars for a million tokens in, and out; as before unless given."""

    context: int | None = None
    """Tokens that the model can read at once; as before unless given."""

    ask: bool = False
    """For a run that replays another one: have the model answer what that one does not."""

    output: Annotated[Output, arg(name="")] = field(default_factory=Output)

    def __call__(self) -> int:
        """Resume; returns the exit code."""
        from text2reward.agent.setting import CHANGEABLE
        from text2reward.terminal import running

        output = self.output
        changes = {name: getattr(self, name) for name in CHANGEABLE}
        return running.resume(self.run, output.runs_dir, self.jobs, changes, output.display, output.json, self.ask)


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

    output: Annotated[Output, arg(name="")] = field(default_factory=Output)

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
