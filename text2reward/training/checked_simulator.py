"""A simulator whose faults are told as its own, before anybody blames a reward program for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from text2reward.envs import pulse
from text2reward.envs.faults import fault
from text2reward.envs.simulator import Simulator, Snapshot, Transition
from text2reward.envs.task import Task
from text2reward.errors import SimulatorFault
from text2reward.record.finding import Finding
from text2reward.sandbox.reward_process import RewardFault


class CheckedSimulator:
    """Another simulator's environments. Each step is a sign of life, and all its numbers are finite.

    Args:
        simulator: what is stepped.
        steps: control steps that each environment of a training has done before; None where steps are counted in each
            episode, as for judging.

    Raises:
        SimulatorFault: at a reset or in a step, where the simulator raises something, or returns what is no number.
        RewardFault: in a step, where the policy asks for an action that is no number: its training diverged.
    """

    def __init__(self, simulator: Simulator, steps: int | None = None) -> None:
        self._simulator = simulator
        self.task: Task = simulator.task
        self.num_envs = simulator.num_envs
        self.device = simulator.device
        self._whole = "an episode" if steps is None else "the training"
        self.steps = steps or 0

    @classmethod
    def made(cls, make: Callable[[], Simulator], steps: int | None = None) -> CheckedSimulator:
        """For a simulator that is yet to be made.

        Raises:
            SimulatorFault: ``make`` raises something.
        """
        try:
            simulator = make()
        except Exception as error:
            raise _fault(error, "to be made") from error
        return cls(simulator, steps)

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        pulse.beat()
        if self._whole == "an episode":
            self.steps = 0
        try:
            start = self._simulator.reset(seeds, stagger)
        except Exception as error:
            raise _fault(error, "at reset") from error
        self._check(start, "at reset")
        return start

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        pulse.beat()
        self.steps += 1
        when = f"in control step {self.steps:,} of {self._whole}"
        if not np.isfinite(action).all():
            told = f"the policy's actions are no numbers {when}: its training diverged; pay less at a time"
            raise RewardFault(Finding("diverged", told))
        try:
            moved = self._simulator.step(action)
        except Exception as error:
            raise _fault(error, when) from error
        self._check(moved.reached, when)
        if moved.start is not moved.reached:
            self._check(moved.start, f"at the reset after {when.removeprefix('in ')}")
        return moved

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        pulse.beat()
        return self._simulator.render()

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        self._simulator.close()

    def _check(self, seen: Snapshot, when: str) -> None:
        if np.isfinite(seen.state).all() and np.isfinite(seen.observation).all():
            return
        raise SimulatorFault(
            f"The simulator returned {self._first_of(seen)} {when}.",
            "`text2reward envs check` tries a simulator with random actions.",
        )

    def _first_of(self, seen: Snapshot) -> str:
        """The first number that is none, and where it stands."""
        where = np.argwhere(~np.isfinite(seen.state))
        if not len(where):
            env, column = np.argwhere(~np.isfinite(seen.observation))[0]
            return f"{_word(seen.observation[env, column])} for number {column} of the observation"
        env, column = where[0]
        layout = self.task.layout
        name = next(name for name in layout.names if layout.columns(name).start <= column < layout.columns(name).stop)
        return f"{_word(seen.state[env, column])} for {name}"


def _fault(error: Exception, when: str) -> Exception:
    """Whatever a simulator raises is for a person to read; that memory ran out is no fault of its own."""
    for each in (error, error.__cause__):
        if isinstance(each, MemoryError) or type(each).__name__ == "OutOfMemoryError":  # as PyTorch calls a GPU's
            return MemoryError(str(each))
    return fault(error, when)


def _word(value: float) -> str:
    return "NaN" if np.isnan(value) else "infinity"
