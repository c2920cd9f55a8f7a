"""Tasks: their named state fields, their simulators, their success."""

from __future__ import annotations

from text2reward.envs.field import Field, StateLayout
from text2reward.envs.gym.sources import info, obs
from text2reward.envs.gym.task import gym_field, gym_task
from text2reward.envs.registry import all_tasks, get_task
from text2reward.envs.simulator import Simulator, Snapshot, Transition
from text2reward.envs.task import Action, Task

__all__ = [
    "Action",
    "Field",
    "Simulator",
    "Snapshot",
    "StateLayout",
    "Task",
    "Transition",
    "all_tasks",
    "get_task",
    "gym_field",
    "gym_task",
    "info",
    "obs",
]
