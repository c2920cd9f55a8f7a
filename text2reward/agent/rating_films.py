"""Films that people rate: every trained candidate from the same few initial states, each made once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from text2reward.agent.config import override
from text2reward.agent.parallel import in_order
from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.agent.worth import worth
from text2reward.envs.transitions import Transitions, load_transitions
from text2reward.errors import RecordError, RenderError, SandboxError, UserError
from text2reward.record.atomic import put_in_place
from text2reward.record.candidate import Candidate
from text2reward.record.film import Film, Strip
from text2reward.record.reader import Run
from text2reward.record.room import cannot_write
from text2reward.training.seeds import episode_seeds
from text2reward.training.trajectories import Trajectories
from text2reward.training.workers import Workers

EPISODES = 3
"""Initial states, the same for all candidates of a run."""

FOLDER = "rating"


class RatingFilms:
    """The films of one run. Several threads and processes may make them at once; each film is made by one of them.

    The episodes come from a random stream of their own. People's votes are told to the coder, so nobody may vote on
    held-out episodes; and on the select episodes the policy that was kept looks better than it is, as it was chosen by
    them. What people say here is evidence of its own beside the simulator's count.

    Args:
        run: as far as it is recorded.
        workers: who films; made when they are needed, unless given.
    """

    def __init__(self, run: Run, workers: Workers | None = None) -> None:
        seed = run.config.get("seed")
        if type(seed) is not int:
            raise RecordError(f"{run.folder} does not say its seed.", "Restore its config.json from a copy.")
        self.seeds: tuple[int, ...] = tuple(episode_seeds(seed, "rating", EPISODES))
        self._run, self._workers = run, workers

    def ready(self) -> dict[str, dict[int, Film]]:
        """The films that are on disk: candidate id -> seed -> film. Neither a simulator nor OpenGL is needed."""
        films = {
            each.id: {seed: film for seed in self.seeds if (film := film_of(each, seed)).whole}
            for each in self._run.candidates.values()
            if why_not(self._run, each) == ""
        }
        return {name: found for name, found in films.items() if found}

    def make(
        self,
        candidates: Iterable[Candidate] | None = None,
        jobs: int = 1,
        told: Callable[[Film], None] = lambda film: None,
    ) -> tuple[str, ...]:
        """Film what is missing, one initial state after the other, so that candidates can be compared early.

        Args:
            candidates: all that can be filmed, unless given.
            jobs: films made at once.
            told: called with every film as soon as it is there.

        Returns:
            A note on every candidate that was asked for and cannot be filmed.

        Raises:
            RenderError: nothing can be drawn here; says what to install.
            SandboxError: reward programs cannot be locked here, so that nobody can say what their terms were worth.
            RecordError: the run's folder cannot be written.
            UserError: the run's task cannot be had here, for example because a package is missing.
            Cancelled: the workers were told to stop.
        """
        notes: list[str] = []
        chosen = []
        for each in self._run.candidates.values() if candidates is None else candidates:
            if reason := why_not(self._run, each):
                if candidates is not None:
                    notes.append(f"{each.id} {reason}")
            elif each.policy_path is not None and not each.policy_path.is_file() and self._owed(each):
                notes.append(f"{each.id} has lost its policy: there is no {each.policy_path}")
            else:
                chosen.append(each)
        owed = [(each, seed) for seed in self.seeds for each in chosen if not film_of(each, seed).whole]
        if owed:
            self._the_workers()  # what is wrong with the run's configuration is no candidate's fault
        for made in in_order(self._try, owed, jobs):
            if isinstance(made, Film):
                told(made)
            else:
                notes.append(made)
        return tuple(dict.fromkeys(notes))

    def _owed(self, candidate: Candidate) -> bool:
        return not all(film_of(candidate, seed).whole for seed in self.seeds)

    def _try(self, owed: tuple[Candidate, int]) -> Film | str:
        """The film, or a note where it is the candidate that cannot be filmed."""
        candidate, seed = owed
        film = film_of(candidate, seed)
        try:
            with _only_one(film):
                if not film.whole:
                    self._make(candidate, seed, film)
        except OSError as error:
            raise cannot_write(film.video.parent, error, "Film in a copy of the run's folder.") from error
        except (RenderError, SandboxError, RecordError):
            raise
        except UserError as error:
            return f"{candidate.id} cannot be filmed: {error}"
        return film

    def _make(self, candidate: Candidate, seed: int, film: Film) -> None:
        workers = self._the_workers()
        task = workers.task
        with tempfile.TemporaryDirectory(prefix=_part(film), dir=film.video.parent) as folder:
            video, seen, episode = (Path(folder) / name for name in ("film.mp4", "seen.npz", "episode.npz"))
            fps = workers.film_for_rating(film.video.parent.parent, seed, video, seen)
            steps = load_transitions(seen)
            terms, problem = worth(candidate, workers, steps)
            size = video.stat().st_size
            _whole_episode(steps).save(episode)
            put_in_place(episode, film.episode)
            put_in_place(video, film.video)
        success = [] if task.by_person else [bool(each) for each in steps.success]
        Strip(seed, task.dt, fps, len(steps), success, terms, problem, size).write(film.strip)

    def _the_workers(self) -> Workers:
        if self._workers is None:
            config = override(recorded(self._run), device="cpu")  # which is where the reference is
            self._workers = workers_of(config, judge_of(config))
        return self._workers


def rating_films(run: Run, workers: Workers | None = None) -> RatingFilms:
    """The films of a run that people rate.

    Raises:
        RecordError: its configuration cannot be read.
    """
    return RatingFilms(run, workers)


def film_of(candidate: Candidate, seed: int) -> Film:
    """Where a film of the candidate's policy that counts lies, or is to lie."""
    assert candidate.policy_path is not None
    folder = candidate.policy_path.parent / FOLDER
    return Film(folder / f"{seed}.mp4", folder / f"{seed}.json")


def why_not(run: Run, candidate: Candidate) -> str:
    """Why people do not rate the candidate, in words that follow its name; empty where they do."""
    training = candidate.training
    if candidate.policy_path is None or training is None:
        return "has no policy"
    if candidate.audited:
        return "was trained only to see whether screening was right"
    if training.reason in ("heat", "hours") and not _trained_out(run, candidate.draft.round):
        return "may yet be trained on"
    return ""


def _trained_out(run: Run, number: int) -> bool:
    """Whether all trainings of a round are over: the round is, or its policies are being diagnosed."""
    diagnosed = any(each.diagnosis is not None and each.draft.round >= number for each in run.candidates.values())
    return diagnosed or run.finished is not None or any(each.round >= number for each in run.rounds)


def _whole_episode(steps: Transitions) -> Trajectories:
    state = np.concatenate([steps.prev[:1], steps.state])
    return Trajectories(state[None], steps.action[None], steps.success[None], ("filmed",))


def _part(film: Film) -> str:
    return f".part-{film.video.stem}-"


@contextlib.contextmanager
def _only_one(film: Film) -> Iterator[None]:
    """Have whoever else wants to make the film wait, and clear away what a killed process left of it."""
    folder = film.video.parent
    folder.mkdir(exist_ok=True)
    file = os.open(folder / f".{film.video.stem}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with contextlib.suppress(OSError):  # a file system without locks: then a film may be made twice, each whole
            fcntl.flock(file, fcntl.LOCK_EX)
            for left in folder.glob(f"{_part(film)}*"):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(file)
