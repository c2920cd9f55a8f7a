"""Finding a coder by the name the user gives."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from text2reward.agent.budget import MANUAL, Budget, prompt_room
from text2reward.agent.chat_model import Say, sampling_of
from text2reward.agent.coder import Coder
from text2reward.agent.composer import Composer
from text2reward.agent.composer.world import understand
from text2reward.agent.config import RunConfig
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.given import Baseline, GivenProgram, StartingFrom
from text2reward.agent.heron import Heron, factors_for
from text2reward.agent.language_model import LanguageModel
from text2reward.agent.litellm_model import LiteLLMModel
from text2reward.agent.llm_coder import LLMCoder
from text2reward.agent.manual_model import ManualModel
from text2reward.agent.openai_model import KEY, OPENAI, OpenAIModel
from text2reward.agent.pricing import model_facts
from text2reward.agent.redaction import hiding_for
from text2reward.agent.replay import Replay, replayed_folder
from text2reward.agent.store import Store
from text2reward.envs.task import Task
from text2reward.errors import ModelError, UnknownNameError, UserError
from text2reward.prompts import Prompts
from text2reward.record.events import Asked, RewardKind
from text2reward.record.hiding import Hiding
from text2reward.record.price import ModelFacts
from text2reward.record.question import LLM

COMPOSER, HERON, PROGRAM = "composer", "heron", "program"
BASELINES: tuple[RewardKind, ...] = ("expert", "success")
KEYS = (KEY,)
WITHOUT_SERVER = (COMPOSER, HERON, MANUAL, PROGRAM, *BASELINES)
KNOWN = (COMPOSER, HERON, MANUAL, f"{OPENAI}/NAME", "anthropic/NAME", "gemini/NAME", "ollama/NAME", *BASELINES)


def check_model(config: RunConfig, task: Task, begun: bool = False) -> None:
    """Refuse a model that cannot be asked, before anything is spent or written.

    Args:
        config: names the model.
        task: the world.
        begun: whether programs are on record already, so that the one a run starts from is not read again.

    Raises:
        UnknownNameError: nobody answers to this name.
        ModelError: its key is missing.
        UserError: ``--base-url`` was given for something that has no server; the composer does not understand the task.
    """
    if config.init is not None:
        if config.model in (PROGRAM, *BASELINES):
            raise UserError(f"--init does not go with --model {config.model}.", "Use train to train with one program.")
        if not begun:
            given_program(Path(config.init), config, task)
    if not config.model.partition("/")[2] and config.model not in WITHOUT_SERVER:
        raise UnknownNameError("model", config.model, KNOWN, see="Use composer, manual or PROVIDER/NAME.")
    if config.vision is not None and config.replayed is None:
        model_that_sees(config.vision, config.vision_url, Path(), flag="--vision-url")
    if config.model in WITHOUT_SERVER:
        if config.base_url is not None:
            raise UserError(f"--base-url does not go with --model {config.model}.", "Use --model PROVIDER/NAME.")
        if config.model == PROGRAM:
            make_given(config, task)
        if config.model == "success" and task.by_person:
            raise UserError("Success is no reward where a person judges.", "Name another --model.")
        if config.model == COMPOSER and (config.init is None or config.rounds > 1):  # else it has nothing to write
            understand(task.fields, config.instruction, task.action.size)
        if config.model == HERON:
            factors_for(task, config.instruction, config.factors)
        return
    if config.replayed is None:
        _served(config)


def asks(config: RunConfig) -> bool:
    """Whether a model is asked, or a person in its place."""
    return config.model not in (COMPOSER, HERON, PROGRAM, *BASELINES)


def facts_for(config: RunConfig) -> ModelFacts | None:
    """What is known of the model that is asked; None where none is."""
    return model_facts(config) if asks(config) else None


def make_exchanges(
    config: RunConfig,
    folder: Path,
    tell: Callable[[Asked], None],
    budget: Budget | None = None,
    say: Say = lambda text: None,
) -> Exchanges | None:
    """The model of a run and its memory; None where no model is asked.

    Args:
        config: names the model.
        folder: the run's.
        tell: called after each exchange with a model.
        budget: what the model's calls may take; None for no limit.
        say: called with what a model is waited for, in words.
    """
    if not asks(config):
        return None
    name, hiding = config.model, hiding_for(config)

    def live() -> LanguageModel:
        return _manual(folder, hiding) if name == MANUAL else _served(config, say)

    model = _asked(config, name, config.temperature, live)
    return Exchanges(model, folder / LLM, tell, budget, hiding)


def exchanges_that_see(
    config: RunConfig,
    folder: Path,
    tell: Callable[[Asked], None],
    budget: Budget | None = None,
    say: Say = lambda text: None,
) -> Exchanges | None:
    """A model that is shown films, and its memory; None where the configuration names none.

    Args:
        config: names it; see :func:`model_that_sees`.
        folder: the run's.
        tell: called after each exchange.
        budget: what its calls may take, together with those of the other model; None for no limit.
        say: called with what the model is waited for, in words.
    """
    name, url, hiding = config.vision, config.vision_url, hiding_for(config)
    if name is None:
        return None

    def live() -> LanguageModel:
        return model_that_sees(name, url, folder, config.answer_tokens, say=say, hiding=hiding)

    model = _asked(config, name, None, live)
    return Exchanges(model, folder / LLM, tell, budget, hiding)


def model_that_sees(
    name: str,
    base_url: str | None,
    folder: Path,
    answer_tokens: int | None = None,
    flag: str = "--base-url",
    say: Say = lambda text: None,
    hiding: Hiding | None = None,
) -> LanguageModel:
    """The model that ``--vision`` names; whether it sees is known when it is asked.

    Args:
        name: ``manual``, or ``PROVIDER/NAME``.
        base_url: its server; the provider's own unless given.
        folder: the run's.
        answer_tokens: tokens of an answer at most; as many as it likes when None.
        flag: by which a person names the server.
        say: called with what the model is waited for, in words.
        hiding: what is not kept of an answer that is pasted.

    Raises:
        UnknownNameError: nobody answers to this name.
        UserError: a server was named for one that has none, or what the provider needs is not installed.
        ModelError: its key is missing, or the server's address is none.
    """
    if name == MANUAL:
        if base_url is not None:
            raise UserError(f"{flag} does not go with --vision {MANUAL}.", "Use --vision PROVIDER/NAME.")
        return _manual(folder, hiding)
    if not name.partition("/")[2]:
        raise UnknownNameError("model that sees", name, (MANUAL, f"{OPENAI}/NAME"), see="Use PROVIDER/NAME or manual.")
    try:
        return _behind(name, base_url, None, answer_tokens, say)
    except ModelError as error:
        raise ModelError(error.message, f"Set the key, or name a server: {flag} http://localhost:8000/v1.") from error


def _asked(config: RunConfig, name: str, temperature: float | None, live: Callable[[], LanguageModel]) -> LanguageModel:
    """Who answers in a model's name: the model, or another run's record."""
    if config.replayed is None:
        return live()
    sampling = {} if name == MANUAL else sampling_of(temperature, config.answer_tokens)
    otherwise = live if config.replay is None else None
    return Replay(replayed_folder(config.replayed), name, sampling, otherwise, parallel=name != MANUAL)


def _manual(folder: Path, hiding: Hiding | None) -> LanguageModel:
    return ManualModel(folder / "manual", sys.stdin if sys.stdin and sys.stdin.isatty() else None, hiding)


def _served(config: RunConfig, say: Say = lambda text: None) -> LanguageModel:
    """The model behind a server that the configuration names."""
    return _behind(config.model, config.base_url, config.temperature, config.answer_tokens, say)


def _behind(
    name: str, base_url: str | None, temperature: float | None, answer_tokens: int | None, say: Say
) -> LanguageModel:
    provider, _, model = name.partition("/")
    if provider == OPENAI:
        return OpenAIModel(model, base_url, temperature, answer_tokens, say)
    return LiteLLMModel(name, base_url, temperature, answer_tokens, say)


def make_coder(config: RunConfig, task: Task, exchanges: Exchanges | None, prompts: Prompts, store: Store) -> Coder:
    """The coder of a run, after the program that it starts from, if any.

    Args:
        config: names the model.
        task: the world.
        exchanges: what :func:`make_exchanges` gave.
        prompts: the words.
        store: episodes of earlier rounds.
    """
    coder = _coder(config, task, exchanges, prompts, store)
    path = config.init
    return coder if path is None else StartingFrom(lambda: given_program(Path(path), config, task), coder)


def _coder(config: RunConfig, task: Task, exchanges: Exchanges | None, prompts: Prompts, store: Store) -> Coder:
    if config.model == COMPOSER:
        return Composer()
    if config.model == HERON:
        return Heron(factors_for(task, config.instruction, config.factors), store)
    if config.model == PROGRAM:
        return make_given(config, task)
    for baseline in BASELINES:
        if config.model == baseline:
            return Baseline(baseline)
    assert exchanges is not None
    return llm_coder(config, exchanges, prompts)


def llm_coder(config: RunConfig, exchanges: Exchanges, prompts: Prompts, facts: ModelFacts | None = None) -> LLMCoder:
    """The coder that asks a model, as a configuration has it.

    Args:
        config: the method's settings.
        exchanges: the model and its memory.
        prompts: the words.
        facts: of the model, where no budget of ``exchanges`` knows them.
    """
    room = prompt_room(config, facts) if facts is not None else exchanges.room
    return LLMCoder(exchanges, prompts, config.success_prose == "shown", config.stages, room)


def make_given(config: RunConfig, task: Task) -> GivenProgram:
    """The program the configuration names.

    Raises:
        UserError: it names none, the file cannot be read, or it holds no program for this task.
    """
    if config.program is None:
        raise UserError("No program was named.", "For example: text2reward train reward.py --env ID.")
    return given_program(Path(config.program), config, task)


def given_program(path: Path, config: RunConfig, task: Task) -> GivenProgram:
    """A person's program for a task.

    Raises:
        UserError: the file cannot be read, or it holds no program for this task in the dialect that was asked for.
    """
    return GivenProgram(path, config.env, task.layout, config.dialect)


def key_hint(config: RunConfig) -> str:
    """A line for people who have a key but did not name a model; empty otherwise. A key changes nothing else."""
    if config.model == COMPOSER and os.environ.get(KEY):
        return f"{KEY} is set: a language model would write the programs with --model openai/NAME."
    return ""
