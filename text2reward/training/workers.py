"""Starting trainer, judge and film processes, from any thread of the main process."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from text2reward.envs import pulse
from text2reward.envs.judge_file import JudgeFile
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions, load_transitions
from text2reward.errors import RenderError, SandboxError, UserError
from text2reward.record.atomic import write_bytes, written
from text2reward.record.curves import CurvePoint
from text2reward.record.finding import Finding
from text2reward.record.room import cannot_write, check_room
from text2reward.sandbox import SandboxMode, channel
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.environment import trainer_environment
from text2reward.sandbox.fork_server import Child, ForkServer
from text2reward.sandbox.reward_process import Limits, RewardFault, RewardProcess
from text2reward.sandbox.reward_server import RewardServer
from text2reward.training import opengl
from text2reward.training.death import Witness, WorkerDied, silent
from text2reward.training.evaluate import Episode
from text2reward.training.outcome import Outcome
from text2reward.training.request import error_in, name_task
from text2reward.training.settings import TrainSettings
from text2reward.training.trajectories import WANDERINGS, Trajectories, load_trajectories

Reward = Literal["expert", "success"]
T = TypeVar("T")

_NICE = 10
"""By how much films that nobody waits for stand back."""

_WARM_UP = "text2reward.training.warm_up"


class Cancelled(Exception):
    """The work was called off from outside."""


class Workers:
    """The processes of one run: they import once and fork per job.

    Args:
        task: what all jobs are about.
        asked: the name by which the task was asked for; the workers look it up again.
        sandbox: how reward processes are locked.
        judge: what decides in place of the task whether it was solved; the workers load it again, too.

    Raises:
        UserError: something that the task's simulators need is missing.
    """

    def __init__(self, task: Task, asked: str, sandbox: SandboxMode = "auto", judge: JudgeFile | None = None) -> None:
        task.check_needs()
        self.task = task
        self._named = name_task(asked, task.action_repeat, judge)
        self.rewards = RewardServer(sandbox)
        self._path = [entry for entry in sys.path if entry and Path(entry).is_dir()]
        self._trainers = ForkServer.shared(
            "text2reward.training.worker:main",
            preload=[*task.modules, _WARM_UP],
            environment=trainer_environment({"MUJOCO_GL": opengl.DISABLED}),
            path=self._path,
        )
        self._running: set[Child] = set()
        self._lock = threading.Lock()
        self._cancelled = False

    def start(self) -> None:
        """Begin the imports, without waiting for them."""
        self.rewards.start()
        self._trainers.start()

    def bank(self, path: Path, rows: int, seed: int) -> Transitions:
        """Transitions of random behaviour, kept at ``path`` and made only where they are not there yet."""
        try:
            return load_transitions(path)
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):  # not there, or not whole
            with written(path, path.with_name(f"part-{path.name}")) as part:
                self._try_out({"job": "bank", "path": str(part.resolve()), "rows": rows, "seed": seed})
        return load_transitions(path)

    def wanderings(self, path: Path, seed: int) -> Trajectories:
        """Whole episodes of random behaviour, kept at ``path`` and made only where they are not there yet."""
        found = load_trajectories(path)
        if found is None:
            self._wander(path, seed, WANDERINGS)
            found = load_trajectories(path)
        if found is None:
            raise UserError(f"{path} cannot be read back.", "Is the disk full?")
        return found

    def try_judge(self) -> None:
        """Have the judge decide one episode of random behaviour.

        Raises:
            UserError: it fails; says in which line.
        """
        with tempfile.TemporaryDirectory() as folder:
            self._wander(Path(folder) / "episode.npz", seed=0, episodes=1)

    def _wander(self, path: Path, seed: int, episodes: int) -> None:
        self._try_out({"job": "wander", "path": str(path.resolve()), "seed": seed, "episodes": episodes})

    def _try_out(self, request: dict[str, Any]) -> None:
        try:
            _once_more(lambda: self._run(self._trainers, {**self._named, **request}, log=None))
        except WorkerDied as death:
            raise UserError(f"Trying {self.task.id} with random actions failed: the process {death}.") from death

    def train(
        self,
        program: str | Reward,
        settings: TrainSettings,
        seed: int,
        path: Sequence[int],
        folder: Path,
        told: Callable[[CurvePoint], None],
        builtin: bool = False,
    ) -> Outcome:
        """One training, from its last checkpoint where there is one.

        A trainer that was killed, crashed, hung or ran out of memory is started once more from there, as is one whose
        reward process was killed: it may have been another's memory that ran out, or the disk was slow.

        Args:
            program: a reward program's text, or which built-in reward when ``builtin``.
            settings: how long, with which algorithm, and its hyperparameters.
            seed: the run's.
            path: which training of the run this is.
            folder: where everything about the training goes.
            told: called with each point of the learning curves.

        Raises:
            RewardFault: the reward program failed.
            SimulatorFault: the simulator did.
            WorkerDied: the trainer's process ended without a result.
            DiskFull: there is no room for what a training writes.
            Cancelled: :meth:`cancel` was called.
        """
        folder.mkdir(parents=True, exist_ok=True)
        request = {
            **self._named,
            "job": "train",
            "device": self.task.device,
            "reward": program if builtin else "program",
            "settings": asdict(settings),
            "seed": seed,
            "path": list(path),
            "folder": str(folder.resolve()),
        }

        def attempt() -> Outcome:
            reward = None if builtin else self._load(program, settings.learner.rows_per_reward)
            result = self._run(
                self._trainers,
                request,
                log=folder / "trainer.log",
                reward=reward,
                progress=lambda message: told(CurvePoint(**message["point"])),
            )
            return Outcome.from_json(result)

        return _once_more(attempt)

    def judge(
        self, folder: Path, seeds: Sequence[int], told: Callable[[int], None] = lambda done: None
    ) -> list[Episode]:
        """Episodes of the policy in ``folder`` in the reference simulator, one per seed."""
        request = {**self._named, "job": "judge", "folder": str(folder.resolve()), "seeds": list(seeds)}
        episodes: list[Episode] = []

        def judged(message: dict[str, Any]) -> None:
            episodes.extend(Episode(**episode) for episode in message["episodes"])
            told(len(episodes))

        def attempt() -> None:
            episodes.clear()
            self._run(self._trainers, request, log=folder / "judge.log", progress=judged)

        try:
            _once_more(attempt)
        except WorkerDied as death:
            raise UserError(
                f"Judging the policy in {folder} failed: the process {death}.",
                "Try again with fewer --jobs." if death.killed else f"See {folder / 'judge.log'}.",
            ) from death
        return episodes

    def film(self, folder: Path, episodes: Mapping[int, Path]) -> list[bool]:
        """Film episodes (seed -> file) of the policy in ``folder``; returns which were solved.

        Raises:
            RenderError: nothing can be drawn here; says what to install.
        """
        request = {
            **self._named,
            "folder": str(folder.resolve()),
            "episodes": [[seed, str(path.resolve())] for seed, path in episodes.items()],
        }
        solved: list[bool] = self._drawn(request, log=folder / "film.log")
        return solved

    def film_for_rating(self, folder: Path, seed: int, video: Path, episode: Path) -> float:
        """Film an episode of the policy in ``folder`` for people who compare policies, at low priority.

        Args:
            folder: the policy's.
            seed: of the episode.
            video: where the film goes: one frame for every control step, which shows the state the step begins in.
            episode: where the episode goes, as ``load_transitions`` reads it.

        Returns:
            How many frames are shown in a second.

        Raises:
            RenderError: nothing can be drawn here; says what to install.
            UserError: the policy cannot be read.
        """
        rating = {"seed": seed, "video": str(video.resolve()), "episode": str(episode.resolve())}
        request = {**self._named, "folder": str(folder.resolve()), "rating": rating, "nice": _NICE}
        fps: float = self._drawn(request, log=folder / "film.log")
        return fps

    def picture(self, path: Path, seed: int = 0) -> None:
        """Draw the first state of an episode into a PNG file.

        Raises:
            RenderError: nothing can be drawn here; says what to install.
            RecordError: the file cannot be written.
        """
        with tempfile.TemporaryDirectory() as folder:
            drawn = Path(folder).resolve() / "drawn.png"
            self._drawn({**self._named, "picture": str(drawn), "seed": seed}, Path(folder) / "draw.log")
            try:
                write_bytes(path, drawn.read_bytes())
            except OSError as error:
                raise cannot_write(path, error, "Choose another name.") from error

    def _drawn(self, request: dict[str, Any], log: Path) -> Any:
        """What a film worker answers, with the first OpenGL that works where the task is drawn with one."""
        by_opengl = self.task.drawn == "opengl"
        problem = RenderError(*opengl.none_found())
        for backend in opengl.backends() if by_opengl else [opengl.DISABLED]:
            try:
                return _once_more(partial(self._run, self._film_server(backend), request, log))
            except (WorkerDied, SandboxError) as error:
                check_room(log.parent)  # the program that makes films does not say so
                said = (f"the process {error}" if isinstance(error, WorkerDied) else str(error)).rstrip(".")
                problem = (
                    RenderError(f"Drawing failed with MUJOCO_GL={backend}: {said}.", opengl.INSTALL_HINT)
                    if by_opengl
                    else RenderError(f"Drawing failed: {said}.")
                )
        raise problem

    def cancel(self) -> None:
        """Kill all workers; whoever waits for one gets :class:`Cancelled`. Checkpoints stay."""
        self._cancelled = True
        with self._lock:
            for child in self._running:
                child.kill()

    def _load(self, source: str, rows: int) -> RewardProcess:
        dialect = dialect_of_text(source).name
        process = self.rewards.process(self.task.layout, self.task.action.size, rows, Limits(), dialect)
        try:
            process.load(source)
        except RewardFault:
            process.close()
            raise
        return process

    def _film_server(self, backend: str) -> ForkServer:
        return ForkServer.shared(
            "text2reward.training.film_worker:main",
            preload=[*self.task.modules, _WARM_UP],
            environment=trainer_environment({"MUJOCO_GL": backend}),
            path=self._path,
        )

    def _run(
        self,
        server: ForkServer,
        request: dict[str, Any],
        log: Path | None,
        reward: RewardProcess | None = None,
        progress: Callable[[dict[str, Any]], None] = lambda message: None,
    ) -> Any:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        witness = Witness(log)
        log_fd = _open_log(log)
        fds = [theirs.fileno(), log_fd]
        if reward is not None:
            request["reward_process"], reward_fds = reward.hand_over()
            fds += reward_fds
        try:
            child = server.fork(request, fds)
        except SandboxError:
            ours.close()
            if reward is not None:
                reward.close()
            raise
        finally:
            theirs.close()
            os.close(log_fd)
        with self._lock:
            self._running.add(child)
        try:
            return self._listen(ours, child, witness, progress)
        finally:
            with self._lock:
                self._running.discard(child)
            child.kill()
            child.close()
            ours.close()
            if reward is not None:
                reward.close()

    def _listen(
        self, ours: socket.socket, child: Child, witness: Witness, progress: Callable[[dict[str, Any]], None]
    ) -> Any:
        while True:
            if self._cancelled:
                raise Cancelled
            try:
                message = channel.receive(ours.fileno(), pulse.SILENCE_S, channel.MAX_TRUSTED)
            except (channel.ChannelClosed, channel.AnswerTimeout) as error:
                if self._cancelled:
                    raise Cancelled from None
                if isinstance(error, channel.AnswerTimeout):
                    raise silent(pulse.SILENCE_S) from None
                raise witness.death(child.wait(5.0) or 0) from None
            if "result" in message:
                return message["result"]
            if "fault" in message:
                raise RewardFault(Finding.from_json(message["fault"]))
            if "error" in message:
                raise error_in(message)
            if pulse.ALIVE not in message:
                progress(message)


def _once_more(attempt: Callable[[], T]) -> T:
    """What ``attempt`` gives; made once more where a signal ended it, or the reward process that it asks."""
    try:
        return attempt()
    except WorkerDied as death:
        if not death.killed:
            raise
    except RewardFault as fault:
        if not fault.killed:
            raise
    return attempt()


def _open_log(path: Path | None) -> int:
    """Where a worker's text goes; nowhere when the file cannot be written."""
    if path is not None:
        with contextlib.suppress(OSError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    return os.open(os.devnull, os.O_WRONLY)
