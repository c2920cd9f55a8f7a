"""What a candidate's own reward says of every step of an episode."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from text2reward.agent.rewarding import rewarding
from text2reward.envs.transitions import Transitions
from text2reward.record.candidate import Candidate
from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.reward_source import NativeReward, ProgramReward, SuccessReward
from text2reward.training.workers import Workers

_DIGITS = 6


def worth(candidate: Candidate, workers: Workers, steps: Transitions) -> tuple[dict[str, list[float]], str]:
    """Each term of the candidate's reward at each of ``steps``, and an empty text; or no terms, and why.

    A program is asked in its locked process. A baseline has one term: ``native`` or ``success``.

    Raises:
        SandboxError: programs cannot be locked here.
    """
    try:
        terms = _terms(candidate, workers, steps)
    except RewardFault as fault:
        return {}, str(fault.finding)
    if terms is None:
        return {}, "the program is gone"
    if not all(np.isfinite(values).all() for values in terms.values()):
        return {}, "the simulator's own reward is not always a number"
    return {name: [float(f"{value:.{_DIGITS}g}") for value in values] for name, values in terms.items()}, ""


def _terms(candidate: Candidate, workers: Workers, steps: Transitions) -> Mapping[str, np.ndarray] | None:
    kind = candidate.draft.reward
    if kind == "expert":
        return NativeReward()(steps)
    if kind == "success":
        return SuccessReward()(steps)
    path = candidate.program_path
    if path is None or not path.is_file() or candidate.program is None:
        return None
    task = workers.task
    with rewarding(workers.rewards, task.layout, task.action.size, candidate.program) as process:
        return ProgramReward(process)(steps)
