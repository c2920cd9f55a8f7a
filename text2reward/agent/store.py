"""The episodes that a run has stored: random walks, and those of the policies it trained."""

from __future__ import annotations

import threading

from text2reward.agent.journal import Journal
from text2reward.agent.people.labels import JudgedPairs, judged_pairs
from text2reward.record.candidate import Candidate
from text2reward.record.events import Heard
from text2reward.training.trajectories import FILE, Trajectories, joined, load_trajectories
from text2reward.training.workers import Workers

RANDOM = "random.npz"


class Store:
    """Whole episodes, labelled by the simulator.

    Args:
        workers: make the random ones.
        journal: the run.
        seed: the run's.
    """

    def __init__(self, workers: Workers, journal: Journal, seed: int) -> None:
        self._workers, self._journal, self._seed = workers, journal, seed
        self._lock = threading.Lock()  # trainings that end together ask together
        self._kept: tuple[int, Trajectories | None] | None = None
        self._judged: tuple[int, JudgedPairs | None] | None = None

    def judged(self, number: int) -> JudgedPairs | None:
        """The pairs of filmed episodes that people had judged before round ``number``; None where they judged none."""
        like = self.before(number)
        with self._lock:
            if self._judged is None or self._judged[0] != number:
                heard = [event for event in self._journal.run.events(Heard) if event.round < number]
                labels = heard[-1].labels if heard else ()
                folder = self._journal.folder
                self._judged = number, judged_pairs(folder, labels, like) if labels and like is not None else None
            return self._judged[1]

    def before(self, number: int) -> Trajectories | None:
        """All episodes from before round ``number``, whatever became of that round since; read once a round."""
        with self._lock:
            if self._kept is None or self._kept[0] != number:
                self._kept = number, self._read(number)
            return self._kept[1]

    def _read(self, number: int) -> Trajectories | None:
        random = self._workers.wanderings(self._journal.folder / RANDOM, self._seed)
        earlier = [
            c for c in self._journal.run.candidates.values() if c.draft.round < number and c.success and not c.audited
        ]
        return joined([random, *map(first_episodes_of, earlier)])


def episodes_of(candidate: Candidate) -> Trajectories | None:
    """What was stored of the candidate's policy that counts; None without a whole file."""
    assert candidate.training is not None
    return load_trajectories(candidate.file_of(candidate.training, FILE))


def first_episodes_of(candidate: Candidate) -> Trajectories | None:
    """What was stored of its first training, which later rounds leave as it is; None without a whole file."""
    return load_trajectories(candidate.file_of(candidate.trainings[0], FILE))
