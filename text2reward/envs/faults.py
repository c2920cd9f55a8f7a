"""What went wrong in code that is not the product's own: told in one line, with file and line and what to do."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
import sysconfig
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from text2reward.errors import SimulatorFault, SourceFault, UserError, nearest, shorten

_PACKAGE = str(Path(__file__).parents[1])
_LIBRARIES = (sysconfig.get_path("stdlib"), "site-packages", "dist-packages")
_DRAWING = ("mujoco", "OpenGL", "glfw")
"""Whose errors come of OpenGL, even where compiled code raises them and leaves no frame of its own."""
_PIP_NAMES = {
    "Box2D": "gymnasium[box2d]",
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "pygame": "pygame-ce",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""What is imported by another name than it is installed by; the rest differ at most in ``_`` and ``-``."""

_ROBOTICS = "gymnasium_robotics"
_REGISTERS = {"dm_control": ("shimmy", "shimmy[dm-control]"), "ALE": ("ale_py", "ale-py")}
"""The module that registers the environments of a namespace, and what it is installed by."""


def fault(error: BaseException, when: str) -> UserError:
    """``error``, raised by a person's environment, as something that person can mend.

    Args:
        when: what was being done, for example ``in step 3``.
    """
    if isinstance(error, SourceFault) and not error.when:
        return SourceFault(error.subject, error.text, when)
    if isinstance(error, UserError):
        return error
    if isinstance(error, ModuleNotFoundError):
        for each in (error, error.__cause__):  # Gymnasium raises it anew, without a name, for a module that registers
            if isinstance(each, ModuleNotFoundError) and each.name:
                return missing_package(each.name)
    if type(error).__module__ == "gymnasium.error" or isinstance(error, ImportError):
        known = _gymnasium_fault(error)
        if known is not None:
            return known
    return SimulatorFault(f"The environment fails {when}: {told(error)}.")


def told(error: BaseException) -> str:
    """Type, text and place of an error in a person's code, for example ``ValueError: no goal (arm.py:12)``."""
    place = place_of(error)
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({place})"
    text = shorten(str(error), 300).rstrip(".")
    return f"{type(error).__name__}{': ' + text if text else ''}{f' ({place})' if place else ''}"


def place_of(error: BaseException) -> str:
    """``file:line`` of the last frame in a person's own code; in any code but the product's where there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    frames = [frame for frame in _frames(error) if not frame.filename.startswith(_PACKAGE)]
    known = [frame for frame in frames if _is_own(frame)] or frames
    return f"{_short(known[-1].filename)}:{known[-1].lineno}" if known else ""


def of_own_code(error: BaseException) -> bool:
    """Whether a person's own code raised it, and no library did, nor what it came of."""
    frames = _frames(error)
    if type(error).__module__.partition(".")[0] in _DRAWING or not frames or not _is_own(frames[-1]):
        return False
    cause = error.__cause__ or error.__context__
    return cause is None or of_own_code(cause)


def takes_one_argument(function: Callable[..., object]) -> bool:
    """Whether a person's function can be called with one argument; True where it does not tell."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def missing_package(module: str) -> UserError:
    """For a package that has to be installed first."""
    package = module.partition(".")[0]
    return UserError(
        f"The package {package} is not installed.", f'Run: pip install "{_PIP_NAMES.get(package, package)}".'
    )


def import_problem(package: str) -> str:
    """Why a package cannot be imported, for example ``is not installed``; empty where it can, and then is."""
    if find_spec(package) is None:
        return "is not installed"
    try:
        import_module(package)
    except ImportError as error:
        return f"cannot be imported ({type(error).__name__}: {shorten(str(error), 300).rstrip('.')})"
    return ""


def load_robotics() -> None:
    """Have the environments of ``gymnasium_robotics`` registered, without the news that it prints."""
    with contextlib.redirect_stderr(io.StringIO()):
        import_module(_ROBOTICS)


def _gymnasium_fault(error: BaseException) -> UserError | None:
    import gymnasium

    asked = _asked(error)
    if isinstance(error, gymnasium.error.UnregisteredEnv):
        return UserError(f"Gymnasium knows no such environment: {asked or shorten(str(error), 300)}.", _where(asked))
    text = ", ".join(map(str, error.args))
    commands = re.findall(r"pip install [^`]+", text)
    if isinstance(error, gymnasium.error.DependencyNotInstalled) and commands:
        return UserError(f"{text.partition(',')[0].rstrip('.')}.", f"Run: {' && '.join(commands)}")
    newest = _newest().get(_unversioned(asked), asked)
    if newest == asked:
        return None
    return UserError(f"{asked} cannot be made: {shorten(text, 300).rstrip('.')}.", f"Did you mean {_named(newest)}?")


def _asked(error: BaseException) -> str:
    """The id of the environment in whose making it failed, without a module; empty where none was being made."""
    import gymnasium

    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code is gymnasium.make.__code__:
            asked = frame.f_locals["id"]
            return str(getattr(asked, "id", asked)).rpartition(":")[2]
    return ""


def _where(asked: str) -> str:
    """What to do about an environment that nobody has registered."""
    import gymnasium

    namespace = asked.partition("/")[0]
    if namespace in _REGISTERS and not any(known.startswith(f"{namespace}/") for known in gymnasium.registry):
        module, package = _REGISTERS[namespace]
        return f'Run: pip install "{package}", and name it {module}:{asked}.'
    load_robotics()
    newest = _newest()
    near = nearest(_unversioned(asked), newest)
    if near is None:
        return "If a package or module registers it, install it and name both, as in module:Id-v0."
    return f"Did you mean {_named(asked if asked in gymnasium.registry else newest[near])}?"


def _newest() -> dict[str, str]:
    """The newest id of each environment that is registered, by its id without a version."""
    import gymnasium

    known = sorted(gymnasium.registry.items(), key=lambda item: item[1].version or 0)
    return {_unversioned(each): each for each, _ in known}


def _unversioned(gym_id: str) -> str:
    return re.sub(r"-v\d+$", "", gym_id)


def _named(gym_id: str) -> str:
    """How an environment is named where nothing has been registered yet."""
    import gymnasium

    robotics = str(gymnasium.registry[gym_id].entry_point).startswith(_ROBOTICS)
    return f"{_ROBOTICS}:{gym_id}" if robotics else gym_id


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]


def _is_own(frame: traceback.FrameSummary) -> bool:
    """Whether it is a person's code: neither the product's nor a library's."""
    return not frame.filename.startswith(_PACKAGE) and not any(library in frame.filename for library in _LIBRARIES)


def _short(filename: str) -> str:
    """Relative to the current folder where it lies in it."""
    relative = os.path.relpath(filename)
    return filename if relative.startswith("..") else relative
