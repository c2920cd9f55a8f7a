"""Tasks on Gymnasium: environments of any package, stepped one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from text2reward.envs import pulse
from text2reward.envs.faults import fault, of_own_code
from text2reward.envs.simulator import HIGHEST_SEED, Snapshot, Transition
from text2reward.errors import NoOpenGLError, RenderError, SourceFault, shorten

if TYPE_CHECKING:
    from text2reward.envs.task import Task

Look = Callable[[gymnasium.Env[Any, Any], Any, Mapping[str, Any]], tuple[np.ndarray, np.ndarray]]
"""From an environment, its observation and its ``info`` to the policy's ``(O,)`` input and the ``(D,)`` state."""

Solved = Callable[[gymnasium.Env[Any, Any], Any, Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Gym:
    """How a task lives in Gymnasium.

    Args:
        make: makes one environment, told how it is to be drawn (None or ``rgb_array``). It must have no time limit of
            its own that is shorter than the task's horizon.
        look: what is known between two steps.
        solved: whether the task is solved; None where the environment has no success.
        to_action: from the task's action to the environment's.
        draws: whether it knows ``rgb_array``; otherwise it is not asked for it.
    """

    make: Callable[[str | None], gymnasium.Env[Any, Any]]
    look: Look
    solved: Solved | None = None
    to_action: Callable[[np.ndarray], Any] = np.asarray
    draws: bool = True


DRAWN = "rgb_array"
"""The ``render_mode`` of what is drawn."""

_RAISED = Exception, SystemExit
"""Whatever a person's environment raises is for that person to read; that it ends the program, too."""

_DRAWS = 'Make it with render_mode="rgb_array" where make(mode) is asked to.'


class GymnasiumSimulator:
    """``num_envs`` environments. One that ends an episode of its own accord stands still until the time is up.

    Every episode has a seed, those that follow one another as well, so that a reset which makes a generator of whatever
    seed it is given repeats, too. Each one that is made or reset is a sign of life. Numbers in ``info`` whose name
    speaks of a reward are told as native parts.

    Raises:
        SimulatorFault: an environment raised something, when made or later; says what and where.
    """

    device = "cpu"

    def __init__(self, task: Task, gym: Gym, num_envs: int) -> None:
        self.task = task
        self.num_envs = num_envs
        self._how = gym
        self._clock = np.zeros(num_envs, dtype=np.int64)
        self.envs = [self._make(DRAWN if i == 0 and gym.draws else None) for i in range(num_envs)]
        self._rngs: list[np.random.Generator] = []  # of the seeds of later episodes
        self._over = np.zeros(num_envs, dtype=bool)
        self._solved = np.zeros(num_envs, dtype=bool)  # after the last simulator step
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []
        self._parts: dict[str, np.ndarray] = {}
        self._steps = 0  # since the last reset

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        self._steps = 0
        self._rngs = [np.random.default_rng(int(seed)) for seed in seeds]
        self._seen = [self._begin(i, int(seed)) for i, seed in enumerate(seeds)]
        return self._stacked()

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        success = self._solved & self._over
        native_reward = np.zeros(self.num_envs, dtype=np.float32)
        self._steps += 1
        for i in np.flatnonzero(~self._over):
            try:
                self._step(int(i), action[i], success, native_reward)
            except _RAISED as error:
                raise fault(error, f"in step {self._steps}") from error
        reached = self._stacked()
        stopped = self._over.copy()
        self._clock += 1
        truncated = self._clock >= self.task.horizon
        for i in np.flatnonzero(truncated):
            self._clock[i] = 0
            self._seen[i] = self._begin(int(i), int(self._rngs[i].integers(HIGHEST_SEED)))
        start = self._stacked() if truncated.any() else reached
        parts = {name: values.copy() for name, values in self._parts.items()}
        return Transition(reached, success, truncated, native_reward, start, parts, stopped)

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        if not self._how.draws:
            raise _no_picture(f"{DRAWN!r} is not among its render_modes")
        mode = self.envs[0].render_mode
        if mode != DRAWN:
            raise RenderError(f"The environment draws nothing: its render_mode is {mode!r}.", _DRAWS)
        try:
            picture = self.envs[0].render()
        except NotImplementedError as error:
            raise _no_picture("its render() raises NotImplementedError") from error
        except Exception as error:
            if of_own_code(error):
                known = fault(error, "when it is drawn")
                raise RenderError(known.message, known.hint) from error
            # what else is raised depends on which OpenGL library is missing
            raise NoOpenGLError(f"The environment cannot be drawn ({type(error).__name__}: {error}).") from error
        if not isinstance(picture, np.ndarray):
            raise RenderError(f"The environment draws {type(picture).__name__}, no picture.", _DRAWS)
        return picture

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        for env in self.envs:
            env.close()

    def _make(self, mode: str | None) -> gymnasium.Env[Any, Any]:
        try:
            env = self._how.make(mode)
        except _RAISED as error:
            raise fault(error, "to be made") from error
        pulse.beat()
        return env

    def _begin(self, i: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        self._over[i] = self._solved[i] = False
        try:
            observation, info = began(self.envs[i].reset(seed=seed))
            seen = self._how.look(self.envs[i], observation, info)
        except _RAISED as error:
            raise fault(error, "at reset") from error
        pulse.beat()
        return seen

    def _step(self, i: int, action: np.ndarray, success: np.ndarray, native_reward: np.ndarray) -> None:
        """One control step of environment ``i``; adds to the two arrays at ``i``."""
        env = self.envs[i]
        for _ in range(self.task.action_repeat):
            observation, reward, terminated, cut, info = stepped(env.step(self._how.to_action(action)))
            native_reward[i] += _number(reward) / self.task.action_repeat
            self._solved[i] = self._how.solved is not None and bool(self._how.solved(env, observation, info))
            success[i] |= self._solved[i]
            self._over[i] = _flag("terminated", terminated) | _flag("truncated", cut)
            if self._over[i]:
                break
        self._note_parts(i, info)
        self._seen[i] = self._how.look(env, observation, info)

    def _note_parts(self, i: int, info: Mapping[str, Any]) -> None:
        for name, value in info.items():
            if "reward" in str(name) and isinstance(value, (int, float, np.number)):
                self._parts.setdefault(name, np.zeros(self.num_envs))[i] = value

    def _stacked(self) -> Snapshot:
        observations, states = zip(*self._seen, strict=True)
        return Snapshot(np.stack(observations).astype(np.float32), np.stack(states).astype(np.float32))


def began(answer: Any) -> tuple[Any, Mapping[str, Any]]:
    """Observation and ``info`` of what ``reset`` returned.

    Raises:
        SourceFault: it is something else.
    """
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise SourceFault("reset", "must return observation and info, a tuple of two.")
    return answer[0], _info("reset", answer[1])


def stepped(answer: Any) -> tuple[Any, Any, Any, Any, Mapping[str, Any]]:
    """Observation, reward, terminated, truncated and ``info`` of what ``step`` returned.

    Raises:
        SourceFault: it is something else.
    """
    if not isinstance(answer, tuple) or len(answer) != 5:
        said = "must return observation, reward, terminated, truncated and info, a tuple of five."
        raise SourceFault("step", said)
    return (*answer[:4], _info("step", answer[4]))


def _info(source: str, info: Any) -> Mapping[str, Any]:
    if isinstance(info, Mapping):
        return info
    said = f"must return a dict as info, but returns {shorten(repr(info))}. Return {{}} where there is nothing to tell."
    raise SourceFault(source, said)


def _number(reward: Any) -> float:
    try:
        if not isinstance(reward, str):
            return float(reward)
    except (TypeError, ValueError, RuntimeError):  # the last is PyTorch's
        pass
    raise SourceFault("reward", f"must be one number, but is {shorten(repr(reward))}. Return a float from step.")


def _flag(name: str, value: Any) -> bool:
    try:
        if value in (0, 1):
            return bool(value)
    except (ValueError, RuntimeError):
        pass
    raise SourceFault(name, f"must be True or False, but is {shorten(repr(value))}. Return a bool from step.")


def _no_picture(why: str) -> RenderError:
    return RenderError(f"The environment has no picture, so runs have no videos: {why}.")
