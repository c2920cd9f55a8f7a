"""Asking the CPU's simulation once a step for each pose.

Between two simulator steps nothing moves, yet ManiSkill's evaluation, observation and reward ask for the same poses up
to a dozen times, and each answer is made of new tensors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mani_skill.utils.structs.actor import Actor
from mani_skill.utils.structs.link import Link

_known: dict[tuple[int, str], Any] | None = None  # by whose pose, and its name, while nothing moves


class _AskedOnce(property):
    """A property whose value is kept while nothing moves."""

    def __init__(self, original: property, name: str) -> None:
        def get(thing: Any) -> Any:
            if _known is None:
                return original.__get__(thing)
            if (id(thing), name) not in _known:
                _known[id(thing), name] = original.__get__(thing)
            return _known[id(thing), name]

        def put(thing: Any, pose: Any) -> None:
            if _known is not None:
                _known.clear()
            original.__set__(thing, pose)

        super().__init__(get, put if original.fset else None)


def ask_once(kind: type) -> None:
    """Have each pose of instances of ``kind`` worked out once a step."""
    for owner in kind.__mro__:
        for name, value in list(vars(owner).items()):
            named = name == "pose" or name.endswith("_pose")
            if named and isinstance(value, property) and not isinstance(value, _AskedOnce):
                setattr(owner, name, _AskedOnce(value, name))


ask_once(Actor)
ask_once(Link)


@contextlib.contextmanager
def step_of(env: Any) -> Iterator[None]:
    """A simulator step of ``env`` and what is asked about it, until something moves again."""
    global _known
    move = env._step_action

    def moved(action: Any) -> Any:
        global _known
        taken = move(action)
        _known = {}
        return taken

    env._step_action = moved
    try:
        yield
    finally:
        _known = None
        del env._step_action  # what hid the method
