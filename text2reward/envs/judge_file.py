"""A judge of one's own: a Python file that decides from whole episodes whether a task was solved.

Such a file is a person's, like a task's module: it runs with all rights where policies train and are judged.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from text2reward.envs.faults import missing_package, takes_one_argument
from text2reward.envs.judged import Happened
from text2reward.errors import UserError

_EXAMPLE = "For example: def happened(states): return bool(states['torso.pos'][-1, 0] > 1)."

_HINTS: Mapping[type[BaseException], str] = {
    KeyError: "`text2reward envs show TASK` lists the fields.",
    SystemExit: "Leave out what ends the program.",
}


@dataclass(frozen=True)
class JudgeFile:
    """A judge as it was read.

    Args:
        path: where it lies; errors name it.
        source: its text.
        by_person: a person who watches decides; the text only says so.
    """

    path: str
    source: str
    by_person: bool = False

    def load(self) -> Happened:
        """Its function ``happened``, which raises a :class:`UserError` that names the line where it goes wrong.

        Raises:
            UserError: the file does not run, or defines no function ``happened`` of one argument.
        """
        return self._guarded(self._function())

    @property
    def success(self) -> str:
        """When a task counts as solved, in prose: what the function's docstring says."""
        return inspect.getdoc(self._function()) or f"As {Path(self.path).name} decides from the whole episode."

    def _function(self) -> Callable[[Mapping[str, np.ndarray]], Any]:
        names: dict[str, Any] = {"__name__": "judge", "__file__": self.path}
        try:
            exec(compile(self.source, self.path, "exec"), names)
        except SyntaxError as error:
            raise UserError(f"{self.path}, line {error.lineno}: {error.msg}.") from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a person's file raises is for that person to read
            raise self._wrong(error) from error
        function = names.get("happened")
        if not callable(function):
            raise UserError(f"{self.path} defines no function happened(states).", _EXAMPLE)
        if not takes_one_argument(function):
            raise UserError(f"{self.path}: happened must take one argument, states.", _EXAMPLE)
        return function  # type: ignore[no-any-return]

    def _guarded(self, function: Callable[[Mapping[str, np.ndarray]], Any]) -> Happened:
        def happened(states: Mapping[str, np.ndarray]) -> bool:
            try:
                answer = function(states)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                raise self._wrong(error) from error
            if not isinstance(answer, (bool, np.bool_)):
                line = getattr(getattr(function, "__code__", None), "co_firstlineno", 1)
                raise UserError(
                    f"{self.path}, line {line}: happened returned {type(answer).__name__}, not True or False.",
                    "Return bool(...).",
                )
            return bool(answer)

        return happened

    def _wrong(self, error: BaseException) -> UserError:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self.path]
        if isinstance(error, ModuleNotFoundError) and error.name:
            hint = missing_package(error.name).hint
        else:
            hint = next((hint for kind, hint in _HINTS.items() if isinstance(error, kind)), "")
        return UserError(f"{self.path}, line {lines[-1] if lines else 1}: {type(error).__name__}: {error}.", hint)


def read_judge(path: Path) -> JudgeFile:
    """The judge in a file.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        return JudgeFile(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.", "Name a file with happened(states).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text.", "Name a Python file with happened(states).") from error
