"""The command that writes a module for a task of one's own."""

from __future__ import annotations

import keyword
from importlib.util import find_spec
from pathlib import Path

from text2reward.envs.gym.module import module_text
from text2reward.envs.registry import search_here
from text2reward.errors import UserError
from text2reward.record.room import cannot_write

OK = 0


def envs_new(name: str, gym_id: str | None) -> int:
    """Write ``name.py`` into the current folder; what is there already is kept."""
    name = name.removesuffix(".py")
    path = Path(f"{name}.py")
    try:
        _check(name, path)
        search_here()
        text = module_text(name, gym_id)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise cannot_write(path, error, "Use another name, or go to a folder of yours.") from error
    todo = sum("TODO" in line for line in text.splitlines()[1:])
    print(f"Wrote {path}. Finish the {todo} lines that say TODO, then: text2reward envs check {name}:TASK")
    return OK


def _check(name: str, path: Path) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UserError(f"{name!r} is no name for a Python module.", "Use letters, digits and _, such as my_task.")
    if path.exists():
        raise _taken(path)
    if find_spec(name) is not None:
        raise UserError(f"A module {name} is installed already; it would hide yours.", "Use another name.")


def _taken(path: Path) -> UserError:
    return UserError(f"{path} exists and is kept as it is.", "Use another name, or move it away.")
