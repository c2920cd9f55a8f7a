"""Writing an export: the whole folder, or nothing."""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2reward.envs.judge_file import JudgeFile, read_judge
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import UserError
from text2reward.exporting import card
from text2reward.exporting.assemble import CARRIED, STYLES, form, source, style_files
from text2reward.exporting.choice import Choice, choose
from text2reward.exporting.manager import manager_terms
from text2reward.exporting.requirements import requirements
from text2reward.exporting.worlds import OWN_JUDGE, CarriedWorld, carried_world
from text2reward.record.atomic import write_text
from text2reward.record.leftovers import writer_is_gone
from text2reward.record.reader import Run
from text2reward.record.writer import CURVES, NORMALISER, POLICY
from text2reward.sandbox.dialects import dialect_of_text

CARD = "README.md"


def export(run: Run, to: Path, candidate: str | None = None) -> tuple[Path, ...]:
    """Write the reward of a run, its policy and all that belongs to them into a folder of its own.

    Args:
        run: a finished run.
        to: the folder, which must not exist or be empty.
        candidate: which one; the winner unless given.

    Returns:
        Everything that was written, the card first.

    Raises:
        UserError: there is nothing to export, something is missing, or the folder cannot be taken.
    """
    check_folder(to)
    choice = choose(run, candidate)
    own_judge = _own_judge(run)
    task = get_task(run.config["env"], run.config.get("action_repeat"), own_judge)
    world = carried_world(task, run.config["env"], own_judge.source if own_judge and not task.by_person else None)
    texts = _texts(choice, task, world)
    place = to.resolve()
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    for left in filter(writer_is_gone, place.parent.glob(f".{glob.escape(place.name)}.*.part")):
        shutil.rmtree(left, ignore_errors=True)
    try:
        _write(part, texts, choice)
        part.rename(place)
    except OSError as error:
        raise UserError(f"Cannot write {to}: {error.strerror or error}.", "Choose another folder.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    files = sorted(path for path in to.rglob("*") if path.is_file())
    return (to / CARD, *(path for path in files if path != to / CARD))


def check_folder(to: Path) -> None:
    """The folder can be made.

    Raises:
        UserError: it holds something, is none, or nothing may be written where it shall be.
    """
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is no folder.", "Name one that does not exist yet.")
    above = next(path for path in to.resolve().parents if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise UserError(f"Nothing can be written into {above}.", "Choose a folder of yours.")
    if to.is_dir():
        try:
            found = next(iter(sorted(to.iterdir())), None)
        except OSError as error:
            raise UserError(f"Cannot look into {to}: {error.strerror}.", "Choose another folder.") from error
        if found is not None:
            raise UserError(f"{to} is not empty: it holds {found.name}.", "Name a folder that does not exist yet.")
        if to.resolve() == Path.cwd():
            raise UserError("The current folder cannot be replaced.", "Name another one, for example --to export.")
        if not os.access(to, os.W_OK):
            raise UserError(f"Nothing can be written into {to}.", "Choose a folder of yours.")


def _own_judge(run: Run) -> JudgeFile | None:
    judge = run.config.get("judge")
    if judge is None:
        return None
    if judge == "person":
        return JudgeFile("person", "def happened(states):\n    return False\n", by_person=True)
    return read_judge(run.folder / OWN_JUDGE)


def _texts(choice: Choice, task: Task, world: CarriedWorld) -> dict[str, str]:
    """All files that are text, but those that are copied."""
    table = choice.candidate.terms
    dialect = dialect_of_text(choice.program)
    shared = {
        "FIELDS": _layout(task),
        "ACTION_LOW, ACTION_HIGH, ACTION_SIZE": f"{task.action.low}, {task.action.high}, {task.action.size}",
    }
    if dialect.name in STYLES:
        shared |= {
            "ENTRY": json.dumps(dialect.entry),
            "CONSTANTS": json.dumps(task.layout.constants),
            "OBSERVED": json.dumps(task.observed),
        }
    typical = _typical(choice)
    packages = requirements(choice.run, [*world.packages, *(name.split(".")[0] for name in dialect.libraries)])
    return {
        **world.files,
        "reward.py": choice.program,
        **style_files(dialect.name),
        "reward_wrapper.py": form("reward_wrapper", shared, dialect.name),
        "maniskill_reward.py": form("maniskill_reward", {**shared, "TYPICAL_REWARD": f"{typical:.6g}"}, dialect.name),
        "manager_terms.py": manager_terms(form("manager_terms", shared, dialect.name), [term.name for term in table]),
        "evaluate.py": source(f"{CARRIED}.evaluate"),
        "requirements.txt": packages,
        "LICENSE-text2reward": card.licence(),
        CARD: card.render(choice, task, world, packages, typical),
        **{
            name: json.dumps(data, indent=2, ensure_ascii=False) + "\n"
            for name, data in (
                ("task.json", _task(choice, task, world)),
                ("episodes.json", {"note": card.figure(choice), "episodes": list(choice.episodes)}),
                ("config.json", _config(choice.run)),
            )
        },
    }


def _layout(task: Task) -> str:
    """The fields as a form has them: name -> shape and kind of numbers, with what each is."""
    said = (f"{field.unit}: {' '.join(field.doc.split())}" for field in task.fields)
    lines = [
        f'    {json.dumps(field.name)}: ({field.shape}, "{field.dtype}"),  # {words}'
        for field, words in zip(task.fields, said, strict=True)
    ]
    return "\n".join(["{", *lines, "}"])


def _typical(choice: Choice) -> float:
    """The largest mean reward of a rollout; 1 where none was above 0."""
    most = max((sum(point.terms.values()) for point in choice.candidate.curves), default=1.0)
    return most if most > 0 else 1.0


def _task(choice: Choice, task: Task, world: CarriedWorld) -> dict[str, Any]:
    """What world.py and evaluate.py read."""
    return {
        "task": task.id,
        "instruction": choice.run.started.instruction,
        "algorithm": choice.algorithm,
        "python": choice.run.environment.get("python", ""),
        "horizon": task.horizon,
        "action_repeat": task.action_repeat,
        "dt": task.dt,
        "observation_size": task.observation_size,
        "action": {"low": task.action.low, "high": task.action.high, "entries": list(task.action.entries)},
        "fields": [
            {"name": each.name, "shape": list(each.shape), "dtype": each.dtype, "unit": each.unit, "doc": each.doc}
            for each in task.fields
        ],
        "success": task.success,
        "judge": world.judge,
        "world": world.data,
    }


def _config(run: Run) -> dict[str, Any]:
    """The run's configuration, with the program and the judge that lie in the export, and no path of this machine."""
    config = dict(run.config)
    if config.get("program") is not None:
        config["program"] = "reward.py"
    for elsewhere in ("init", "library", "prompts"):
        if elsewhere in config:
            config[elsewhere] = None
    if config.get("judge") not in (None, "person"):
        config["judge"] = OWN_JUDGE
    return config


def _write(part: Path, texts: Mapping[str, str], choice: Choice) -> None:
    part.mkdir(parents=True)
    for name, text in texts.items():
        write_text(part / name, text)
    (part / "policy").mkdir()
    for name in (POLICY, NORMALISER):
        shutil.copyfile(choice.file(name), part / "policy" / name)
    shutil.copyfile(choice.file(CURVES), part / CURVES)
    for video in choice.candidate.videos:
        path = choice.run.path_of(video.path)
        if path.is_file():
            (part / "video").mkdir(exist_ok=True)
            shutil.copyfile(path, part / "video" / path.name)
