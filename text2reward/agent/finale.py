"""Judging and filming: the held-out episodes of the chosen policy, and the videos."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from text2reward.agent.config import RunConfig
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Doing, Judged
from text2reward.agent.parallel import in_order
from text2reward.agent.person import Person
from text2reward.envs.task import Task
from text2reward.errors import DiskFull, RecordError, UserError
from text2reward.record.atomic import write_json
from text2reward.record.candidate import Candidate
from text2reward.record.events import Filmed, HeldOut, Success, Video
from text2reward.record.files import cannot_read, read_json
from text2reward.record.writer import HELD_OUT
from text2reward.training.evaluate import Episode, rate_at_end, success_rate
from text2reward.training.seeds import episode_seeds
from text2reward.training.workers import Cancelled, Workers

WINNER_LABELS = ("best", "median", "worst")
ROUND_LABEL = "first"


class Finale:
    """What happens to policies that were chosen.

    Args:
        config: seeds and how many held-out episodes.
        task: the world.
        workers: who judges and films.
        journal: what is on record is not done again.
        jobs: processes at once.
        person: judges policies, where no simulator does.
    """

    def __init__(
        self,
        config: RunConfig,
        task: Task,
        workers: Workers,
        journal: Journal,
        jobs: int,
        person: Person | None = None,
    ) -> None:
        self._config, self._task, self._workers = config, task, workers
        self._journal, self._jobs, self._person = journal, jobs, person
        self._filming: threading.Thread | None = None
        self._lock = threading.Lock()

    def judge(self, best: Candidate) -> None:
        """Judge the chosen policy once on episodes that nothing else has seen, split over the processors."""
        if self._journal.run.held_out is not None:
            return
        folder = _policy_folder(best)
        if self._person is not None:
            self._journal.append(HeldOut(best.id, self._person.watch(f"{best.id}.held-out", folder, "held-out")))
            return
        seeds = episode_seeds(self._config.seed, "held-out", self._config.held_out)
        parts = [seeds[i :: self._jobs] for i in range(min(self._jobs, len(seeds)))]
        done = [0] * len(parts)

        def judge(part: int) -> list[Episode]:
            def told(count: int) -> None:
                done[part] = count
                self._journal.tell(Judged(sum(done), len(seeds)))

            return self._workers.judge(folder, parts[part], told)

        self._journal.tell(Judged(0, len(seeds)))
        by_seed = {e.seed: e for part in in_order(judge, range(len(parts)), len(parts)) for e in part}
        episodes = [by_seed[seed] for seed in seeds]
        write_json(folder / HELD_OUT, [episode.to_json() for episode in episodes])
        self._journal.append(HeldOut(best.id, as_success(episodes)))

    def film(self, best: Candidate) -> None:
        """Film the best, the median and the worst held-out episode of the chosen policy."""
        if self._filming is not None:
            self._filming.join()
        done = any(video.label == WINNER_LABELS[0] for video in self._journal.run.films_since_judged)
        if self._person is not None or self._journal.run.video_problem or done:
            return  # a person has films already
        episodes = held_out_episodes(best)
        ranked = sorted(episodes, key=lambda e: (not e.success_at_end, e.solved_at or self._task.horizon + 1))
        chosen = (ranked[0], ranked[len(ranked) // 2], ranked[-1])
        self._film(best, {label: e.seed for label, e in zip(WINNER_LABELS, chosen, strict=True)})

    def film_in_background(self, best: Candidate | None) -> None:
        """Film the first select episode of a round's best while the next round goes on; once per candidate."""
        if self._filming is not None:
            self._filming.join()
        if best is None or self._journal.run.video_problem or self._filmed(best, ROUND_LABEL):
            return
        seed = episode_seeds(self._config.seed, "select", 1)[0]

        def film() -> None:
            with contextlib.suppress(RecordError):  # a full disk; whoever writes next says so
                self._film(best, {ROUND_LABEL: seed})

        self._filming = threading.Thread(target=film, daemon=True)
        self._filming.start()

    def cannot_film(self, candidate: str, problem: str) -> None:
        """Record why there are no videos, once in a run."""
        with self._lock:
            if not self._journal.run.video_problem:
                self._journal.append(Filmed(candidate, problem=problem))

    def _filmed(self, candidate: Candidate, label: str) -> bool:
        videos = self._journal.run.candidates[candidate.id].videos
        return any(video.label == label for video in videos)

    def _film(self, candidate: Candidate, seeds: dict[str, int]) -> None:
        folder = _policy_folder(candidate)
        self._journal.tell(Doing("filming", candidate.id))

        def film(label: str) -> Video:
            path = folder / "video" / f"{label}.mp4"
            solved = self._workers.film(folder, {seeds[label]: path})
            return Video(str(path.relative_to(self._journal.folder)), label, solved[0])

        try:
            videos = tuple(in_order(film, list(seeds), self._jobs))
        except DiskFull:
            raise  # the film is owed until there is room
        except UserError as error:
            self.cannot_film(candidate.id, str(error))
        except Cancelled:
            return
        else:
            self._journal.append(Filmed(candidate.id, videos))


def _policy_folder(candidate: Candidate) -> Path:
    path = candidate.policy_path
    assert path is not None
    return path.parent


def held_out_episodes(best: Candidate) -> list[Episode]:
    """The held-out episodes of the chosen policy, as they were judged.

    Raises:
        RecordError: their file is gone, or damaged.
    """
    path = _policy_folder(best) / HELD_OUT
    try:
        episodes = [Episode(**each) for each in read_json(path)]
    except TypeError:
        episodes = []
    if not episodes:
        raise cannot_read(path, ValueError("it holds no episodes"))
    return episodes


def as_success(episodes: Sequence[Episode]) -> Success:
    """What the record keeps of judged episodes."""
    return success_rate(episodes).success(rate_at_end(episodes).k)
