"""The command line. Importing this loads neither torch nor a simulator nor a model client."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Union

import tyro
from tyro.conf import subcommand

from text2reward.agent.config import RunSettings, make_settings, read_config
from text2reward.commands.envs import Envs
from text2reward.commands.library import Library
from text2reward.commands.looking import Check, Compare, Doctor, Export, Ls, Models, Report, Show
from text2reward.commands.methods import Methods
from text2reward.commands.output import RUNS_DIR
from text2reward.commands.people import Edit, Feedback, Films, Opine, Rate, Refine, Serve
from text2reward.commands.recorded import as_replayed, config_of
from text2reward.commands.runs import Eval, Resume, Run, Train
from text2reward.errors import UserError
from text2reward.record.room import full_disk
from text2reward.terminal import usage
from text2reward.terminal.guard import guarded, printable
from text2reward.training.settings import PPOChoices, SACChoices

COMMANDS: dict[str, type] = {
    "run": Run,
    "resume": Resume,
    "refine": Refine,
    "serve": Serve,
    "rate": Rate,
    "feedback": Feedback,
    "edit": Edit,
    "films": Films,
    "opine": Opine,
    "show": Show,
    "ls": Ls,
    "train": Train,
    "eval": Eval,
    "check": Check,
    "report": Report,
    "compare": Compare,
    "library": Library,
    "export": Export,
    "envs": Envs,
    "methods": Methods,
    "models": Models,
    "doctor": Doctor,
}


def _command(default: RunSettings | None) -> Any:
    """The union of all commands; those that take settings start from ``default`` where a configuration gives one."""
    starts: dict[type, Any] = {}
    if default is not None:
        starts = {Run: Run(settings=default), Refine: Refine(default, tyro.MISSING, tyro.MISSING)}
    given = {name: {"default": starts[kind]} if kind in starts else {} for name, kind in COMMANDS.items()}
    return Union[tuple(Annotated[kind, subcommand(name, **given[name])] for name, kind in COMMANDS.items())]  # noqa: UP007


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, do what it says, and return the exit code."""
    try:
        return _obey(list(sys.argv[1:] if arguments is None else arguments))
    except Exception:
        print(printable(traceback.format_exc()), file=sys.stderr)
        print("text2reward: this is a fault of text2reward itself; please report the lines above.", file=sys.stderr)
        return 1


def _obey(words: list[str]) -> int:
    """Do what the words say; what a person can mend is told in a line."""
    try:
        with guarded():
            return int(_parse(words)())
    except UserError as error:
        print(f"text2reward: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        full = full_disk(error, ".")
        if full is None:
            raise
        print(f"text2reward: {printable(str(full))}", file=sys.stderr)
        return full.exit_code
    except KeyboardInterrupt:
        print("text2reward: interrupted.", file=sys.stderr)
        return 130


def _parse(words: list[str]) -> Any:
    usage.check_commands(words, tuple(COMMANDS))
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
    """The settings of the file or the run that is named, as the defaults of flags.

    A file is named by ``run --config``, a run by ``refine``, ``run --replay`` or ``run --replay-or-ask``.
    """
    replayed = words[:1] == ["run"] and (_value(words, "--replay") or _value(words, "--replay-or-ask"))
    if words[:1] == ["refine"] and {"--help", "-h"} & set(words):
        return make_settings({"env": "that of the other run"})
    if words[:1] == ["refine"] and len(words) > 1:
        if words[1].startswith("-"):
            raise UserError("The run comes first.", 'For example: text2reward refine latest "slower" --seed 2.')
        path: Path | str | None = config_of(words[1], Path(_value(words, "--runs-dir") or RUNS_DIR))
    elif words[:1] == ["run"]:
        path = _value(words, "--config")
        if replayed and not path:
            path = config_of(replayed, Path(_value(words, "--runs-dir") or RUNS_DIR))
    else:
        return None
    if not path:
        return None
    given = read_config(Path(path))
    changed: dict[str, Any] = {}
    if not _value(words, "--config"):
        given = as_replayed(given, Path(path).parent) if replayed else given
        changed |= {"replay": None, "replay_or_ask": None}  # the other run may have replayed a third one
    settings = make_settings({"env": "-", **given})
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
