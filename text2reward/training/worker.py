"""What a trainer process does: one job, told by plain data, answered by messages. Runs in a forked child only."""

from __future__ import annotations

import faulthandler
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch.optim.optimizer import register_optimizer_step_post_hook

from text2reward.envs import pulse
from text2reward.envs.gym.task import GymWorld
from text2reward.envs.lint import judgements, lint_task
from text2reward.envs.repeats import ignored_seeds
from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task
from text2reward.envs.transitions import Recording, random_policy, record, save_transitions
from text2reward.errors import TaskError, UserError
from text2reward.record.curves import CurvePoint
from text2reward.record.room import full_disk
from text2reward.sandbox import channel
from text2reward.sandbox.reward_process import RewardFault, RewardProcess
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.evaluate import CHUNK, Judge
from text2reward.training.policy import Policy
from text2reward.training.request import as_message, named_task
from text2reward.training.reward_source import NativeReward, ProgramReward, RewardSource, SuccessReward
from text2reward.training.seeds import integers, stream
from text2reward.training.settings import PPOSettings, SACSettings, TrainSettings
from text2reward.training.trainer import Trainer
from text2reward.training.trajectories import wander

Tell = Callable[[dict[str, Any]], None]

BANK_ENVS = 16


def main(request: dict[str, Any], fds: list[int]) -> None:
    """Do ``request["job"]``; messages go to the first descriptor, text to the second."""
    report, log, *others = fds
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable(all_threads=False)  # tells where in Python a simulator crashed
    warnings.simplefilter("ignore")

    def tell(message: dict[str, Any]) -> None:
        channel.send(report, message, most=channel.MAX_TRUSTED)

    pulse.start(tell)
    try:
        tell({"result": _JOBS[request["job"]](request, others, tell)})
    except RewardFault as fault:
        tell({"fault": fault.finding.to_json()})
    except UserError as error:
        tell(as_message(error))
    except Exception as error:
        full = full_disk(error, request.get("folder") or request["path"])
        if full is None:
            raise
        tell(as_message(full))


def _train(request: dict[str, Any], fds: list[int], tell: Tell) -> dict[str, Any]:
    def told(point: CurvePoint) -> None:
        tell({"point": point.to_json()})

    register_optimizer_step_post_hook(lambda *args: pulse.beat())  # learning may take longer than collecting
    settings = dict(request["settings"])
    ppo, sac = ({**settings.pop(name)} for name in ("ppo", "sac"))
    for each in (ppo, sac):
        each["net_arch"] = tuple(each["net_arch"])
    trainer = Trainer(
        task=named_task(request).with_device(request["device"]),
        reward=_reward(request, fds),
        settings=TrainSettings(**settings, ppo=PPOSettings(**ppo), sac=SACSettings(**sac)),
        seed=request["seed"],
        path=tuple(request["path"]),
        folder=Path(request["folder"]),
        told=told,
    )
    return trainer.run().to_json()


def _reward(request: dict[str, Any], fds: list[int]) -> RewardSource:
    if request["reward"] == "program":
        return ProgramReward(RewardProcess.take_over(request["reward_process"], fds))
    return NativeReward() if request["reward"] == "expert" else SuccessReward()


def _judge(request: dict[str, Any], fds: list[int], tell: Tell) -> int:
    judge = Judge(named_task(request))
    policy = Policy.load(Path(request["folder"]))
    for start in range(0, len(request["seeds"]), CHUNK):
        episodes = judge(policy, request["seeds"][start : start + CHUNK])
        tell({"episodes": [episode.to_json() for episode in episodes]})
    judge.close()
    return len(request["seeds"])


def _bank(request: dict[str, Any], fds: list[int], tell: Tell) -> int:
    """Transitions of random behaviour, on which reward programs are tried."""
    task = named_task(request)
    sequence = stream(request["seed"], "bank")
    simulator = CheckedSimulator.made(lambda: task.make_training(BANK_ENVS))
    steps = request["rows"] // BANK_ENVS
    policy = random_policy(task, BANK_ENVS, np.random.default_rng(sequence))
    seeds = integers(sequence, BANK_ENVS)
    if isinstance(task.world, GymWorld):
        _check_seeds(task, simulator, seeds)
    played = record(simulator, policy, steps, seeds)
    simulator.close()
    if isinstance(task.world, GymWorld):
        _check_judgements(task, played)
    save_transitions(Path(request["path"]), played.transitions)
    return len(played.transitions)


def _check_seeds(task: Task, simulator: Simulator, seeds: list[int]) -> None:
    """Refuse a person's environment that ignores seeds, before a model is asked or anything is trained."""
    problem = ignored_seeds(task, simulator.reset(seeds), simulator.reset(seeds))
    if problem:
        raise TaskError(task.id, [("reset", problem)])


def _check_judgements(task: Task, played: Recording) -> None:
    """Refuse a person's task that gives its success or reward away; where it looks so, the linter decides."""
    suspects = {finding.subject for finding in judgements(task, "training", played)}
    if not suspects:
        return
    found = [each for each in lint_task(task) if (each.level, each.where) == ("error", "training")]
    if problems := [(each.subject, each.message) for each in found if each.subject in suspects]:
        raise TaskError(task.id, problems)


def _wander(request: dict[str, Any], fds: list[int], tell: Tell) -> int:
    """Whole episodes of random behaviour."""
    found = wander(named_task(request), request["seed"], request["episodes"])
    found.save(Path(request["path"]))
    return len(found)


_JOBS: dict[str, Callable[[dict[str, Any], list[int], Tell], Any]] = {
    "train": _train,
    "judge": _judge,
    "bank": _bank,
    "wander": _wander,
}
