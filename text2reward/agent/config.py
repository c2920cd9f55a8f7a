"""Everything a run is asked for, in one frozen record that is stored beside its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from math import inf
from pathlib import Path
from typing import Any, Literal, TypeVar

from tyro.conf import UseAppendAction

from text2reward.agent.hyperparameters import ALGOS, LEARNERS, check_ppo, check_sac, with_task
from text2reward.agent.limits import at_least, positive
from text2reward.agent.method import DEFAULT, PARTS, Search, Stages, load_method
from text2reward.errors import UnknownNameError, UserError
from text2reward.record.files import parsed
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.training.settings import Algo, PPOChoices, PPOSettings, SACChoices, SACSettings, TrainSettings

Checked = TypeVar("Checked")

MAX_INSTRUCTION = 4_000
PERSON = "person"
"""In place of a judge's file: a person watches and decides."""

Prose = Literal["hidden", "shown"]
Human = Literal["wait", "async", "off"]
Device = Literal["cpu", "cuda"]  # as in envs/task.py, which imports too much for --help


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What a run is asked for, besides its sentence."""

    env: str
    """The task, for example metaworld/window-close-v3, or package.module:attribute for your own."""

    model: str = "composer"
    """Who writes the reward programs: composer (needs no model), manual (you paste answers), or PROVIDER/NAME, such as
    openai/gpt-5 (text2reward models)."""

    init: str | None = None
    """A reward program of yours that the run starts from, in any style (see --dialect): the first round is this program
    alone, the others improve on it."""

    dialect: DialectName = "auto"
    """The style that your program must be in: native, eureka or text2reward; told from the program unless given."""

    factors: str | None = None
    """What matters, the most important first, for --model heron: "near(handle.pos, goal.pos) > small(action)"."""

    base_url: str | None = None
    """Server that speaks the provider's protocol, for example http://localhost:8000/v1 for openai/NAME."""

    temperature: float | None = None
    """Sampling temperature; left out of requests unless given, since some models refuse it."""

    method: str = DEFAULT
    """What happens around training: a method's name (text2reward methods list), or a file of yours."""

    candidates: int | None = None
    """Reward programs in a round; the method's unless given."""

    rounds: int | None = None
    """Rounds at most; the method's unless given. The run stops earlier when the target is proved."""

    steps: int | None = None
    """Simulator steps a training takes at most; the task's own unless given."""

    max_steps: int | None = None
    """Simulator steps that all trainings of the run take together at most; no limit unless given."""

    max_cost: float | None = None
    """US dollars that all calls of the model take together at most; no limit unless given."""

    max_tokens: int | None = None
    """Tokens, in and out, that all calls of the model take together at most; no limit unless given."""

    max_hours: float | None = None
    """Hours that the run works at most, waiting for people left out; no limit unless given."""

    price: tuple[float, float] | None = None
    """What the model costs: US dollars for a million tokens in, and out; as LiteLLM's table says unless given."""

    context: int | None = None
    """Tokens that the model can read at once; as LiteLLM's table says unless given. Prompts are shortened to fit."""

    answer_tokens: int | None = None
    """Tokens of an answer at most, told to the model; as many as it likes unless given."""

    jobs: int | None = None
    """Trainings side by side; one per processor unless given."""

    target: float = 0.9
    """Success rate that counts as solved; proved when the 95% lower bound lies above it."""

    stop_at_target: bool = True
    """Stop a training as soon as its policy has proved the target."""

    repairs: int | None = None
    """How often a program that fails its checks goes back to its author; the method's unless given."""

    seed: int = 0
    """Everything random comes from it."""

    action_repeat: int | None = None
    """Simulator steps per action; the task's own unless given."""

    judge: str | None = None
    """A file with happened(states), which decides from whole episodes whether the task was solved, or person, who is
    asked to watch films; the task itself decides unless given."""

    device: Device = "cpu"
    """Where policies train: cpu, or cuda for tasks that an NVIDIA GPU can simulate. They are judged on the CPU."""

    human: Human = "off"
    """Whether people who watch films have a say: the run waits for them at every round's end (wait), takes what they
    have said by then (async), or does not look (off)."""

    vision: str | None = None
    """A model that sees, which is shown films in pairs at every round's end: PROVIDER/NAME, or manual. Its opinions are
    told to the coder and in the report as a model's, and choose nothing; nobody is asked unless given."""

    vision_url: str | None = None
    """Server of the model that sees, as --base-url; the provider's own unless given."""

    success_prose: Prose = "hidden"
    """Whether the model is told when the task counts as solved."""

    held_out: int = 100
    """Episodes, unseen before, on which the chosen policy is judged at the end."""

    library: str | None = None
    """Folder of shared reward programs, for methods that show the coder examples; $TEXT2REWARD_LIBRARY unless given."""

    prompts: str | None = None
    """Folder whose templates replace the product's own of the same name."""

    sandbox: SandboxMode = "auto"
    """How reward programs are locked away: the best lock there is, tier A only, or resource limits only."""

    audit_screen: float = 0.0
    """Share of the programs that screening refuses which are trained all the same, to see how often it is right."""

    algo: Algo = "ppo"
    """Which algorithm learns: ppo, or sac, which learns from every step again and takes longer for each."""

    ppo: PPOChoices = field(default_factory=PPOChoices)
    """PPO's hyperparameters, by their names in Stable-Baselines3; the task's own unless given."""

    sac: SACChoices = field(default_factory=SACChoices)
    """SAC's hyperparameters, for --algo sac."""

    wandb: str | None = None
    """Project on Weights & Biases that every training's curves and the run's results are sent to."""

    replay: str | None = None
    """A run whose answers are taken in place of a model's: no key, no network; its settings are taken unless given."""

    replay_or_ask: str | None = None
    """The same, and the model is asked what that run does not answer."""

    redact: UseAppendAction[tuple[str, ...]] = ()
    """A regular expression; what matches is hidden before anything is sent to a model or kept. @FILE takes those in a
    file, one a line, which the record then only names. Give it several times for several."""


@dataclass(frozen=True, kw_only=True)
class RunConfig(RunSettings):
    """The resolved configuration of a run.

    Args:
        instruction: the sentence.
        program: the file to train with, for ``model`` ``program``.
        candidates, rounds, repairs: as given, or as the method has them.
        steps, ppo, sac: as given, or as the task or the preset has them; what does not learn has its defaults.
        stages: the method's settings, so that the run does not change when its file does.
    """

    instruction: str
    program: str | None = None
    candidates: int = 4
    rounds: int = 3
    repairs: int = 2
    steps: int = 300_000
    ppo: PPOSettings = field(default_factory=PPOSettings)
    sac: SACSettings = field(default_factory=SACSettings)
    stages: Stages = field(default_factory=Stages)

    def __post_init__(self) -> None:
        check_instruction(self.instruction)
        for name in ("candidates", "rounds", "steps", "held_out"):
            at_least(name, getattr(self, name), 1)
        at_least("repairs", self.repairs, 0)
        at_least("seed", self.seed, 0)
        if self.factors is not None and self.model != "heron":
            raise UserError(f"--factors does not go with --model {self.model}.", "Use --model heron.")
        if self.vision_url is not None and self.vision is None:
            raise UserError("--vision-url is given without --vision.", "For example: --vision openai/NAME.")
        for name in ("jobs", "max_steps", "max_tokens", "context", "answer_tokens"):
            if getattr(self, name) is not None:
                at_least(name, getattr(self, name), 1)
        if self.temperature is not None and not 0 <= self.temperature < inf:
            raise UserError(f"--temperature is {self.temperature:g}.", "Use a number from 0 up.")
        for name in ("max_cost", "max_hours"):
            if getattr(self, name) is not None:
                positive(name, getattr(self, name))
        if self.price is not None and not all(0 <= each < inf for each in self.price):
            raise UserError(f"--price is {self.price[0]:g} {self.price[1]:g}.", "Use two numbers from 0 up.")
        if not 0 < self.target <= 1:
            raise UserError(f"A target of {self.target:g} is no success rate.", "Use a number above 0 and up to 1.")
        if not 0 <= self.audit_screen <= 1:
            raise UserError(f"--audit-screen is {self.audit_screen:g}.", "Use a share from 0 to 1.")
        check_ppo(self.ppo)
        check_sac(self.sac)
        if self.algo == "sac" and self.device == "cuda":
            raise UserError(
                "--device cuda does not go with --algo sac, which learns from few environments.", "Use --algo ppo."
            )
        if self.replay is not None and self.replay_or_ask is not None:
            raise UserError("--replay does not go with --replay-or-ask.", "Use one of them.")
        if self.wandb is not None and not self.wandb.strip():
            raise UserError("--wandb names no project.", "For example: --wandb robots.")

    @property
    def learner(self) -> PPOSettings | SACSettings:
        """The hyperparameters of the algorithm that learns."""
        return self.train_settings().learner

    @property
    def replayed(self) -> str | None:
        """The run whose answers are taken, if any."""
        return self.replay or self.replay_or_ask

    @property
    def by_person(self) -> bool:
        """Whether a person decides, who watches films."""
        return self.judge == PERSON

    def train_settings(self, give_up_after: int | None = None, sim_steps: int | None = None) -> TrainSettings:
        """How each candidate is trained; for ``sim_steps`` where less is left than a training may take."""
        return TrainSettings(
            sim_steps=self.steps if sim_steps is None else sim_steps,
            target=self.target,
            stop_at_target=self.stop_at_target,
            give_up_after=give_up_after,
            keep=self.stages.training.keep,
            algo=self.algo,
            ppo=self.ppo,
            sac=self.sac,
        )

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain data, without the algorithm that does not learn."""
        return {name: value for name, value in asdict(self).items() if name not in ALGOS or name == self.algo}


def check_instruction(text: str) -> None:
    """Refuse what cannot be a sentence.

    Raises:
        UserError: it is empty, too long, or holds control characters.
    """
    if not text.strip():
        raise UserError("The sentence is empty.", 'Say what the robot shall do: text2reward run "Close the window."')
    if len(text) > MAX_INSTRUCTION:
        raise UserError(
            f"The sentence has {len(text)} characters; at most {MAX_INSTRUCTION} are taken.",
            "Say in a sentence or two what the robot shall do.",
        )
    if any(not c.isprintable() and not c.isspace() for c in text):
        raise UserError("The sentence holds control characters.", "Remove them.")


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a ``config.json``, checked by name; values are checked by :func:`make_config`.

    Raises:
        UserError: the file cannot be read or is no JSON object.
        UnknownNameError: a key is unknown; says which is nearest.
    """
    try:
        data = parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.", "Name an existing config.json.") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise UserError(f"{path} holds no JSON object.")
    known_settings("configuration key", data)
    return data


def make_config(settings: Mapping[str, Any]) -> RunConfig:
    """The configuration, with every value's type checked and what the method and the task say filled in.

    Raises:
        UserError: a value has the wrong type or is out of range, or the method is none; names the key.
        UnknownNameError: there is no such task.
    """
    return _checked(RunConfig, with_task(_with_person(_with_method(settings))))


def make_settings(given: Mapping[str, Any]) -> RunSettings:
    """What is given, with every value's type checked and nothing filled in.

    Raises:
        UserError: a value has the wrong type; names the key.
    """
    return _checked(RunSettings, {name: given[name] for name in RunSettings.__dataclass_fields__ if name in given})


def _checked(owner: type[Checked], values: Mapping[str, Any]) -> Checked:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(owner).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"The setting {place!r} is wrong: {first['msg'].lower()} (given: {first['input']!r})."
        ) from error


def _with_method(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with the method's in place of those that were not given."""
    given = {name: value for name, value in settings.items() if value is not None}
    method = given.get("method", DEFAULT)
    if not isinstance(method, str):
        raise UserError(f"The setting 'method' is wrong: it is no text (given: {method!r}).")
    if _complete(given.get("stages")) and all(name in given for name in asdict(Search())):
        return given
    known = load_method(method)
    stages, mine = asdict(known.stages), given.get("stages", {})
    if not isinstance(mine, dict):
        return {**asdict(known.search), **given}
    for name, part in mine.items():
        stages[name] = {**stages[name], **part} if isinstance(part, dict) else part
    return {**asdict(known.search), **given, "stages": stages}


def _with_person(given: dict[str, Any]) -> dict[str, Any]:
    """The settings; a person who judges is asked once about each program, when its training is over."""
    if given.get("judge") != PERSON:
        return given
    stages = dict(given["stages"])
    stages["training"] = {**stages["training"], "halvings": 0}
    stages["selection"] = {**stages["selection"], "seeds": 1}
    return {**given, "stages": stages}


def _complete(stages: Any) -> bool:
    """Whether nothing has to be looked up in the method's file.

    Settings that are younger than a stored configuration do what was done before there were any.
    """
    return isinstance(stages, dict) and set(stages) == set(asdict(Stages()))


def config_for(instruction: str | None, settings: Mapping[str, Any]) -> RunConfig:
    """The configuration for a sentence; the task's own where there is none.

    Raises:
        UserError, UnknownNameError: as :func:`make_config`; a setting or the task is unknown.
    """
    known_settings("setting", settings)
    if instruction is None:
        from text2reward.envs.registry import get_task

        instruction = get_task(str(settings["env"])).instruction
    return make_config({**settings, "instruction": instruction})


def override(config: RunConfig, **changes: Any) -> RunConfig:
    """The configuration with some settings changed; None changes nothing."""
    return replace(config, **{name: value for name, value in changes.items() if value is not None})


def known_settings(kind: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings that there are not, those of a learner and of a method's stages among them.

    Raises:
        UnknownNameError: names the first such setting and its nearest match.
    """
    known_keys(kind, settings, RunConfig)
    for algo in ALGOS:
        if isinstance(settings.get(algo), dict):
            known_keys(f"{algo.upper()} setting", settings[algo], LEARNERS[algo])
    if isinstance(settings.get("stages"), dict):
        known_keys("stage", settings["stages"], Stages)
        for name, part in settings["stages"].items():
            if isinstance(part, dict):
                known_keys(f"setting of {name}", part, PARTS[name])


def known_keys(kind: str, data: Mapping[str, Any], owner: type) -> None:
    """Refuse keys that ``owner``, a dataclass, does not have.

    Raises:
        UnknownNameError: names the first such key and its nearest match.
    """
    known = [each.name for each in fields(owner)]
    for key in data:
        if key not in known:
            raise UnknownNameError(kind, key, known)
