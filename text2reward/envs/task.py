"""What a task is: the one declaration that prompt, sandbox, documentation and linter read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from text2reward.envs.faults import import_problem
from text2reward.envs.field import Field, StateLayout
from text2reward.envs.judged import Happened, Judged
from text2reward.envs.simulator import Simulator
from text2reward.errors import UserError

ScriptedPolicy = Callable[[np.ndarray], np.ndarray]
"""Maps one ``(O,)`` observation to one ``(A,)`` action."""

Reads = Callable[[Any, Any, Mapping[str, Any]], np.ndarray]
"""From a Gymnasium environment, its observation and its ``info`` to the packed ``(D,)`` float32 state."""

_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")

Device = Literal["cpu", "cuda"]
Drawn = Literal["opengl", "vulkan"]


@dataclass(frozen=True)
class Action:
    """The action vector.

    Args:
        low, high: range of every entry.
        entries: what each entry does, one line each; their number is the action's size.
        closing: sign of the last entry that closes the gripper, where there is one.
    """

    low: float
    high: float
    entries: tuple[str, ...]
    closing: float = 1.0

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self.entries)


@dataclass(frozen=True)
class Task:
    """A task in a simulator. Everything but the factories is plain data.

    Args:
        id: ``simulator/name``, for example ``metaworld/window-close-v3``.
        instruction: the sentence used when a person gives none.
        fields: the state a reward program may read, in packing order.
        action: the action vector.
        observation_size: length of the policy's input vector.
        horizon: control steps in an episode.
        dt: seconds a control step lasts.
        action_repeat: simulator steps in a control step.
        success: when the task counts as solved, in prose, for people.
        robot, scene: what there is, in prose.
        training: builds the simulator that trains, given the task and a number of environments.
        reference: builds the simulator that judges and renders; None where it is the same one.
        expert: builds a scripted policy that solves the task, where there is one.
        modules: what the simulators import; loaded once, before processes are forked.
        twin: the package that ``training`` needs and ``reference`` does not; where it is not installed, policies train
            in the reference.
        judge: decides from whole episodes whether the task was solved, where the simulators do not; see
            :class:`.Judged`.
        by_person: a person decides instead, who watches films; no simulator can tell then.
        steps: simulator steps that a training takes at most, unless asked otherwise.
        ppo, sac: hyperparameters of these algorithms by their names in ``training/settings.py``, where the task wants
            others than those there; what a person asks for wins.
        judge_envs: reference environments that step together when a policy is judged; more than one pays only where
            the reference is batched itself.
        cuda: builds the simulator that trains on an NVIDIA GPU; None where there is none.
        device: where ``training`` simulates.
        needs: raises :class:`UserError` when something that the simulators need is not there: a package, a download,
            a GPU; says how to get it. It imports no simulator.
        drawn: what pictures of it are drawn with.
        constants: numbers that hold throughout, by the names that programs published elsewhere use.
        observed: see :class:`.StateLayout`.
        world: what its simulators are built from: how the task lives in its package.
        reads: makes a function that reads the fields of the package's own Gymnasium environment, as anybody makes it;
            None where they cannot be read from one.

    Raises:
        UserError: the id is not ``simulator/name``.
    """

    id: str
    instruction: str
    fields: tuple[Field, ...]
    action: Action
    observation_size: int
    horizon: int
    dt: float
    success: str
    robot: str
    scene: str
    training: Callable[[Task, int], Simulator]
    reference: Callable[[Task, int], Simulator] | None = None
    expert: Callable[[Task], ScriptedPolicy] | None = None
    action_repeat: int = 1
    modules: tuple[str, ...] = ()
    twin: str = ""
    judge: Happened | None = None
    by_person: bool = False
    steps: int = 300_000
    ppo: Mapping[str, Any] = dataclass_field(default_factory=dict)
    sac: Mapping[str, Any] = dataclass_field(default_factory=dict)
    judge_envs: int = 1
    cuda: Callable[[Task, int], Simulator] | None = None
    device: Device = "cpu"
    needs: Callable[[Device], None] = lambda device: None
    drawn: Drawn = "opengl"
    constants: Mapping[str, float] = dataclass_field(default_factory=dict)
    observed: tuple[int, ...] = ()
    world: object = None
    reads: Callable[[], Reads] | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise UserError(
                f"Task id {self.id!r} is not simulator/name.",
                "Use letters, digits, '-', '_' and '.' around one '/', for example mine/pusher.",
            )

    @cached_property
    def layout(self) -> StateLayout:
        """How the fields are packed."""
        return StateLayout(self.fields, {"dt": self.dt, **self.constants}, self.observed)

    @cached_property
    def lacks_twin(self) -> str:
        """Why the package that policies shall train in cannot be had; empty where it can. Imports it."""
        return import_problem(self.twin) if self.twin else ""

    @property
    def note(self) -> str:
        """What to know before training here; empty where there is nothing."""
        if not self.lacks_twin:
            return ""
        return f"{self.twin} {self.lacks_twin}: policies train in the reference simulator, which is slower"

    @property
    def texts(self) -> dict[str, str]:
        """What is told of it in prose, by what it is about."""
        texts = {"instruction": self.instruction, "success": self.success, "robot": self.robot, "scene": self.scene}
        texts |= {f"action {index}": entry for index, entry in enumerate(self.action.entries)}
        return texts | {field.name: field.doc for field in self.fields}

    def check_written(self) -> None:
        """Look whether its texts are finished, before a model is paid to read them.

        Raises:
            UserError: some say TODO.
        """
        unfinished = [subject for subject, text in self.texts.items() if "TODO" in text]
        if unfinished:
            raise UserError(
                f"{self.id} is not finished; TODO stands in: {', '.join(unfinished)}.",
                "Write what is meant; `text2reward envs check` shows each text.",
            )

    def check_needs(self) -> None:
        """Look whether everything that the simulators need is there.

        Raises:
            UserError: something is missing; says how to get it.
        """
        self.needs(self.device)
        if self.reference is None and self.lacks_twin:
            raise UserError(
                f"{self.id} runs in {self.twin} only, which {self.lacks_twin}.",
                f"Install it (pip install {self.twin}), if it has a wheel for this platform.",
            )

    def make_training(self, num_envs: int) -> Simulator:
        """The simulator that policies train in.

        Raises:
            UserError: something it needs is missing; says how to get it.
        """
        self.check_needs()
        if self.lacks_twin:
            return self.make_reference(num_envs)
        return self._judged(self.training(self, num_envs))

    def make_reference(self, num_envs: int) -> Simulator:
        """The simulator that judges and renders.

        Raises:
            UserError: something it needs is missing; says how to get it.
        """
        self.check_needs()
        return self._judged((self.reference or self.training)(self, num_envs))

    def _judged(self, simulator: Simulator) -> Simulator:
        return simulator if self.judge is None else Judged(simulator, self.judge)

    def with_device(self, device: Device) -> Task:
        """The same task trained on ``device``; it is judged where it always is.

        Raises:
            UserError: it cannot be simulated there.
        """
        if device == self.device:
            return self
        if device != "cuda" or self.cuda is None:
            raise UserError(f"{self.id} is not simulated on {device}.", f"Use --device {self.device}.")
        return dataclasses.replace(self, training=self.cuda, reference=self.reference or self.training, device=device)

    def with_action_repeat(self, repeat: int) -> Task:
        """The same task acted on every ``repeat`` simulator steps, with an episode of (nearly) the same length.

        Raises:
            UserError: ``repeat`` is below 1 or longer than the episode.
        """
        simulator_steps = self.horizon * self.action_repeat
        if not 1 <= repeat <= simulator_steps:
            raise UserError(f"An action repeat of {repeat} does not fit {self.id}.", f"Use 1 to {simulator_steps}.")
        return dataclasses.replace(
            self,
            action_repeat=repeat,
            horizon=max(1, round(simulator_steps / repeat)),
            dt=self.dt / self.action_repeat * repeat,
        )
