"""The reward process itself: lock, then answer one question again and again. Runs in a forked child only."""

from __future__ import annotations

import gc
import importlib
import traceback
from typing import Any

import torch

from text2reward.sandbox import channel
from text2reward.sandbox.dialects import DIALECTS
from text2reward.sandbox.dialects.adapters import Program, load_adapted
from text2reward.sandbox.kernel import LockError
from text2reward.sandbox.lock import lock
from text2reward.sandbox.program import PROGRAM_FILE
from text2reward.sandbox.program_error import ProgramError
from text2reward.sandbox.shared_arrays import MAX_TERMS, TERM_NAME, Shape, SharedArrays

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def warm_up() -> None:
    """Use once what torch and Python load lazily: after the lock nothing can be loaded any more."""
    x = torch.rand(4, 3)
    mask = x[:, 0] > 0.5
    y = x.clone()
    y[mask] = 0.0
    y[:, 0] += torch.tensor(1.0)
    torch.where(mask, torch.linalg.norm(x, dim=-1), torch.exp(-x).sum(dim=-1))
    torch.nn.functional.softplus(x @ x.T)
    torch.linalg.cross(x, x)
    repr(x)
    try:
        raise AttributeError("warm-up")
    except AttributeError as error:
        traceback.extract_tb(error.__traceback__)
        str(error).encode("ascii", errors="replace")


def main(request: dict[str, Any], fds: list[int]) -> None:
    """Lock this process, say so, and serve its one client until it hangs up."""
    fd, block = fds
    shape = Shape(**request["shape"])
    arrays = SharedArrays(block, shape)
    for library in DIALECTS[request["dialect"]].libraries:
        importlib.import_module(library)
    try:
        held = lock(request["lock"], keep=[fd], memory_bytes=request["memory_bytes"], cpu_s=request["cpu_s"])
    except LockError as error:
        channel.send(fd, {"refused": str(error)})
        return
    except Exception as error:  # whatever it is: nothing untrusted runs in a process that is not known to be locked
        channel.send(fd, {"refused": f"{type(error).__name__}: {error}"})
        return
    channel.send(fd, {"ready": held.to_json()})
    server = _Server(arrays, request["layout"], request["dialect"])
    while True:
        try:
            message = channel.receive(fd)
        except channel.ChannelClosed:
            return
        channel.send(fd, server.answer(message))


class _Server:
    def __init__(self, arrays: SharedArrays, layout: dict[str, Any], dialect: str) -> None:
        self._prev, self._action, self._state, self._terms = (
            torch.from_numpy(array) for array in (arrays.prev, arrays.action, arrays.state, arrays.terms)
        )
        self._layout, self._dialect = layout, dialect
        self._program: Program | None = None

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            if "load" in message:
                self._program = load_adapted(message["load"], self._dialect, self._layout)
                return {"loaded": True}
            return {"terms": self._call(message["rows"], message["double"])}
        except ProgramError as error:
            return _fault(error.name, error.message, error.line)
        except MemoryError:
            return _fault("memory", "asks for more memory than a reward process may use", None)
        except Exception as error:
            return _raised(error)

    def _call(self, rows: int, double: bool) -> list[str]:
        if self._program is None:
            raise ProgramError("no-entry", "no program was loaded")
        dtype = torch.float64 if double else torch.float32
        prev, action, state = (array[:rows].to(dtype) for array in (self._prev, self._action, self._state))
        torch.set_default_dtype(dtype)
        terms = self._program(prev, action, state)
        names = _check_terms(terms, rows, (torch.float32, dtype))
        for row, name in enumerate(names):
            self._terms[row, :rows] = terms[name]
        del terms, prev, action, state
        gc.collect(0)
        return names


def _check_terms(terms: Any, rows: int, dtypes: tuple[torch.dtype, ...]) -> list[str]:
    if type(terms) is not dict:
        raise ProgramError(
            "not-terms", f"compute_reward returned {_kind(terms)}; return a dict of named terms, each (B,)"
        )
    if not 1 <= len(terms) <= MAX_TERMS:
        raise ProgramError("not-terms", f"compute_reward returned {len(terms)} terms; return 1 to {MAX_TERMS}")
    for name, term in terms.items():
        if type(name) is not str or not TERM_NAME.fullmatch(name):
            raise ProgramError(
                "term-name",
                f"the term name {str(name)[:40]!r} is no word of at most 40 letters, digits and underscores that "
                "starts with a letter",
            )
        if type(term) is not torch.Tensor or term.layout is not torch.strided:
            raise ProgramError("term-type", f"term {name} is {_kind(term)}; it must be a float32 tensor (B,)")
        if term.device.type != "cpu":
            raise ProgramError("term-device", f"term {name} lies on {term.device}; keep it where the inputs are")
        if tuple(term.shape) != (rows,):
            raise ProgramError(
                "term-shape",
                f"term {name} has shape {tuple(term.shape)} for B = {rows}; it must be (B,). {_shape_hint(term, rows)}",
            )
        if term.dtype not in dtypes:
            raise ProgramError("term-dtype", f"term {name} is {term.dtype}; it must be float32, for example x.float()")
    return list(terms)


def _shape_hint(term: torch.Tensor, rows: int) -> str:
    if term.dim() == 0 and rows == 1:
        return "squeeze() without a dimension drops the batch when it has one row; use squeeze(-1)."
    if term.dim() == 0:
        return "A reduction ran over the rows; reduce with dim=-1."
    if term.dim() == 2:
        return "Reduce its last dimension, for example x.sum(dim=-1) or x[:, 0]."
    return "Keep one number per row."


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"


_AMBIGUOUS = "Boolean value of Tensor"
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "Cannot allocate memory")


def _raised(error: Exception) -> dict[str, Any]:
    """An exception out of the program, with the line of the program it came from."""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == PROGRAM_FILE]
    text = f"{type(error).__name__}: {_words(error)}"
    if _AMBIGUOUS in text:
        return _fault(
            "branch",
            "branches on a tensor of many rows; use torch.where(condition, a, b)",
            lines[-1] if lines else None,
        )
    if any(sign in text for sign in _OUT_OF_MEMORY):
        return _fault("memory", "asks for more memory than a reward process may use", lines[-1] if lines else None)
    return _fault("raised", text, lines[-1] if lines else None)


def _words(error: Exception) -> str:
    try:
        return str(error)[:400]
    except Exception:  # the program may have made its own
        return "(its text cannot be had)"


def _fault(name: str, message: str, line: int | None) -> dict[str, Any]:
    return {"fault": {"name": name, "message": message[:600], "line": line}}


warm_up()
