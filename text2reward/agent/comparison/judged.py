"""How well the policies of the sides did, and how sure it is that one is better than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from text2reward.agent.comparison.result import Apart, Seen
from text2reward.agent.comparison.subject import Subject
from text2reward.agent.config import PERSON
from text2reward.agent.library.from_run import judge_named, success_of
from text2reward.errors import RecordError
from text2reward.record.events import Success
from text2reward.record.files import read_json
from text2reward.record.writer import HELD_OUT, SELECT
from text2reward.training.statistics import Difference, Rate, difference, paired_difference

_FILES = {"held-out": HELD_OUT, "select": SELECT}
PAIRED = "Newcombe (1998), paired data, method 10"
INDEPENDENT = "Newcombe (1998), independent proportions, method 10"


@dataclass(frozen=True)
class _Outcomes:
    """Success on one kind of episodes, and the outcome of each by its seed where that is on record."""

    success: Success
    by_seed: Mapping[int, bool]


def seen(subject: Subject, first: Subject | None) -> Seen | None:
    """How well a side did, and how much better than the first; None where no policy of it was judged."""
    found = _alone(subject)
    if found is None or first is None:
        return found
    other = _alone(first)
    if other is None:
        return replace(found, unlike=f"{first.letter} was not judged")
    if found.judge != other.judge:
        return replace(found, unlike="success was decided by different rules")
    here, there = _outcomes(subject), _outcomes(first)
    for kind in ("held-out", "select"):
        if kind in here and kind in there:
            return replace(found, apart=_apart(here[kind], there[kind], kind))
    return replace(found, unlike="one is known on held-out episodes only, the other on select episodes only")


def _alone(subject: Subject) -> Seen | None:
    if subject.entry is not None:
        card, success = subject.entry.card, subject.entry.success
        return Seen(success, card.success.episodes_of, card.success.judge, None, card.origin.sim_steps, False)
    run, candidate = subject.run, subject.candidate
    if run is None or candidate is None or candidate.training is None:
        return None
    kind, measured = success_of(run, candidate)
    if measured is None:
        return None
    training = candidate.training
    return Seen(measured, kind, judge_named(run), run.target, training.sim_steps, training.reason == "target")


def _outcomes(subject: Subject) -> dict[str, _Outcomes]:
    """What is known of a side, by kind of episodes."""
    if subject.entry is not None:
        return {subject.entry.card.success.episodes_of: _Outcomes(subject.entry.success, {})}
    run, candidate = subject.run, subject.candidate
    assert run is not None
    assert candidate is not None
    training = candidate.training
    assert training is not None
    found = {"select": candidate.success, **dict([success_of(run, candidate)])}
    by_person = run.config.get("judge") == PERSON
    return {
        kind: _Outcomes(success, {} if by_person else _by_seed(candidate.file_of(training, _FILES[kind]), success))
        for kind, success in found.items()
        if success is not None
    }


def _by_seed(path: Path, success: Success) -> dict[int, bool]:
    """Which episode was solved; nothing where the file is not there or is not about what was recorded."""
    try:
        found = {int(episode["seed"]): bool(episode["success_once"]) for episode in read_json(path)}
    except (RecordError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return found if (sum(found.values()), len(found)) == (success.k, success.n) else {}


def _apart(here: _Outcomes, there: _Outcomes, kind: str) -> Apart:
    shared = sorted(here.by_seed.keys() & there.by_seed.keys())
    if shared and len(shared) == min(len(here.by_seed), len(there.by_seed)):
        rows = [[outcomes.by_seed[seed] for seed in shared] for outcomes in (here, there)]
        return _told(paired_difference(*rows), kind, PAIRED)
    rates = [Rate(outcomes.success.k, outcomes.success.n) for outcomes in (here, there)]
    return _told(difference(*rates), kind, INDEPENDENT)


def _told(found: Difference, kind: str, method: str) -> Apart:
    return Apart(round(found.value, 4), round(found.low, 4), round(found.high, 4), kind, found.pairs, method)
