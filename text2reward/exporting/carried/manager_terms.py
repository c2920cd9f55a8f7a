"""The reward as named terms for a manager-based environment, as those of Isaac Lab and mjlab are. It needs reward.py.

Complete :func:`fields`, then give each term to the reward manager, for example

    import manager_terms

    reach = RewTerm(func=manager_terms.reach, weight=manager_terms.WEIGHTS["reach"])

The reward is the sum of all terms. Where the manager multiplies each term by the duration of a step, as Isaac Lab's
does, divide the weights by ``step_dt`` to have the very same reward.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch

from text2reward.exporting.carried.core import FIELDS, Terms, as_tensors, compute_terms, read_program


def fields(env: Any) -> Mapping[str, torch.Tensor]:
    """Every field of all environments, ``(num_envs, *shape)``, SI units, quaternions wxyz. Yours to complete.

    Places are relative to each environment's own origin, for example
    ``env.scene["object"].data.root_pos_w - env.scene.env_origins``.
    """
    raise NotImplementedError(f"manager_terms.fields(env) has to return {', '.join(FIELDS)}")


def action(env: Any) -> torch.Tensor:
    """The actions of the step that was just made, ``(num_envs, A)``, in the range of the task's."""
    applied: torch.Tensor = env.action_manager.action
    return applied


class _Step:
    """What is known of the last step of one environment."""

    def __init__(self) -> None:
        self.number = -1
        self.state: Terms = {}
        self.terms: Terms = {}


_PROGRAM = read_program(Path(__file__).with_name("reward.py"))
_STEPS: WeakKeyDictionary[Any, _Step] = WeakKeyDictionary()


def compute(env: Any) -> Terms:
    """All terms of the step that was just made, ``(num_envs,)`` each; the program runs once a step.

    An environment that has just been reset, whose start no reward term gets to see, counts as not having moved in its
    first step.
    """
    step = _STEPS.setdefault(env, _Step())
    if step.number != env.common_step_counter:
        state = {name: value.clone() for name, value in as_tensors(fields(env), env.device).items()}
        begun = torch.as_tensor(env.episode_length_buf, device=env.device) > 1
        step.terms = compute_terms(_PROGRAM, state, action(env), _before(state, step.state, begun))
        step.state, step.number = state, env.common_step_counter
    return step.terms


def _before(state: Terms, last: Terms, begun: torch.Tensor) -> Terms:
    if not last:
        return state
    return {
        name: torch.where(begun.reshape(-1, *[1] * (value.dim() - 1)), last[name], value)
        for name, value in state.items()
    }
