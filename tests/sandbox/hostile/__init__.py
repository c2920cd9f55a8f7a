"""Hostile and broken reward programs, one module a category, each a dict of ideas: name -> source.

A program may use ``<CANARY>`` and the other places that ``outside.Outside`` fills in. Every one is run without the
static check; most begin with :data:`POWER`, which hands them all of Python, because the lock has to
hold against just that.
"""

from __future__ import annotations

from pathlib import Path

CATEGORIES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")

POWER = """
import torch
modules = torch.serialization.os.sys.modules
os, sys, ctypes = modules["os"], modules["sys"], modules["ctypes"]
real = modules["builtins"]
open, getattr, setattr, exec, eval, type, object = (
    real.open, real.getattr, real.setattr, real.exec, real.eval, real.type, real.object)
libc = ctypes.CDLL(None, use_errno=True)
"""
"""The doors that torch leaves open, all at once."""


def attack(*lines: str, top: str = "") -> str:
    """A program that does ``lines`` when it is called, and then answers as if nothing had happened."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"{POWER}{top}\ndef compute_reward(state, action, prev):\n{body}\n    return {{'a': action[:, 0]}}\n"


def trying(*attempts: str, top: str = "") -> str:
    """A program that makes every attempt, whatever becomes of the ones before."""
    lines = [part for attempt in attempts for part in (f"try: {attempt}", "except real.BaseException: pass")]
    return attack(*lines, top=top)
