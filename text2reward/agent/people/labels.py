"""Pairs of filmed episodes that people judged: which of both is better, for rewards to be tried on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from text2reward.agent.rating_films import film_of
from text2reward.record.events import Heard, Preferred
from text2reward.record.feedback import BestWorst, Feedback, standing
from text2reward.record.files import inside
from text2reward.record.reader import Run
from text2reward.record.votes import Showing, answer, pair_votes, ranked, showing
from text2reward.training.trajectories import Trajectories, joined, load_trajectories


@dataclass(frozen=True)
class JudgedPairs:
    """P pairs of filmed episodes.

    Args:
        episodes: all of them, each once; None where there is no pair.
        better, worse: ``(P,)``, places in ``episodes``.
        weight: ``(P,)``, what each pair counts for, from above 0 to 1.
        missing: further pairs, of which an episode is not there.
        against_success: further pairs, of which people prefer an episode that failed to one that was solved.
    """

    episodes: Trajectories | None
    better: np.ndarray
    worse: np.ndarray
    weight: np.ndarray
    missing: int = 0
    against_success: int = 0


def preferred(said: Sequence[Feedback], run: Run, known: Collection[str]) -> Iterator[Preferred]:
    """Every pair of episodes of ``known`` candidates of which people like one better, with what that counts for.

    Ties are left out. What one rater says of a pair counts once in all, however often it was said. Where raters differ
    the majority decides, and the pair counts for as much as it is ahead: two to one is a third of a pair. An episode
    that a round has heard of stays the one that was watched then, though a later seed may give its candidate another.
    """
    leaning: dict[Showing, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for rater, better, worse, seed in _said(said):
        if better != worse and {better, worse} <= set(known):
            pair = (*sorted((better, worse)), seed)
            leaning[pair][rater].append(1 if better == pair[0] else -1)  # type: ignore[index]
    watched = dict(_heard_of(run))
    for (first, second, seed), by_rater in sorted(leaning.items()):
        ahead = float(np.mean([np.mean(values) for values in by_rater.values()]))
        better, worse = (first, second) if ahead > 0 else (second, first)
        if abs(ahead) > 1e-9:
            paths = (watched.get((name, seed)) or _episode(run, name, seed) for name in (better, worse))
            yield Preferred(better, worse, seed, round(abs(ahead), 4), *paths)


def _said(said: Sequence[Feedback]) -> Iterator[tuple[str, str, str, int]]:
    """Rater, the better, the worse, and the episode's seed; in a ranking best beats all and all beat the worst."""
    for feedback, vote in pair_votes(said):
        first, second, seed = showing(vote)
        better = answer(vote)
        if better in (first, second):
            yield feedback.rater, better, second if better == first else first, seed
    for feedback in standing(list(said)):
        ranking = feedback.said
        if isinstance(ranking, BestWorst):
            for better, worse in ranked(ranking):
                yield feedback.rater, better, worse, ranking.seed


def _heard_of(run: Run) -> Iterator[tuple[tuple[str, int], str]]:
    """Candidate and seed of each episode that a round has labelled, and where it lies; the earliest comes last."""
    for heard in reversed(list(run.events(Heard))):
        for label in heard.labels:
            yield (label.better, label.seed), label.better_episode
            yield (label.worse, label.seed), label.worse_episode


def _episode(run: Run, name: str, seed: int) -> str:
    return str(film_of(run.candidates[name], seed).episode.relative_to(run.folder))


def judged_pairs(folder: Path, labels: Sequence[Preferred], like: Trajectories) -> JudgedPairs:
    """The labelled episodes, read from the run's folder.

    Success comes first: a pair of which people prefer the episode that failed while the other was solved is left out.

    Args:
        folder: the run's.
        labels: as recorded.
        like: episodes of the same task; what has another shape is not there.
    """
    paths = sorted({path for each in labels for path in (each.better_episode, each.worse_episode)})
    read = {path: load_trajectories(inside(folder, path)) for path in paths}
    whole = {p: e for p, e in read.items() if e is not None and len(e) == 1 and _shape(e) == _shape(like)}
    place = {path: at for at, path in enumerate(whole)}
    solved = {path: bool(episode.solved[0]) for path, episode in whole.items()}
    there = [each for each in labels if {each.better_episode, each.worse_episode} <= set(whole)]
    kept = [each for each in there if solved[each.better_episode] or not solved[each.worse_episode]]
    return JudgedPairs(
        episodes=joined(whole.values()) if kept else None,
        better=np.array([place[each.better_episode] for each in kept], dtype=np.int64),
        worse=np.array([place[each.worse_episode] for each in kept], dtype=np.int64),
        weight=np.array([each.weight for each in kept], dtype=np.float64),
        missing=len(labels) - len(there),
        against_success=len(there) - len(kept),
    )


def _shape(episodes: Trajectories) -> tuple[tuple[int, ...], ...]:
    return tuple(each.shape[1:] for each in (episodes.state, episodes.action, episodes.success))
