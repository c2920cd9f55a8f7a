"""What a run takes from the people who watched its films: one event at the end of a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text2reward.agent.people.bradley_terry import Strengths, fit
from text2reward.agent.people.labels import preferred
from text2reward.agent.people.raters import agreement, agreement_with_success, consistency
from text2reward.agent.people.votes import comparisons
from text2reward.record.events import Edited, Heard, Liked, Quote, RaterHeard
from text2reward.record.feedback import DONE, BestWorst, Comment, Edit, Feedback, PairVote, Said, standing
from text2reward.record.finding import Finding
from text2reward.record.reader import Run
from text2reward.record.taking_back import heard_after
from text2reward.record.votes import answer, pair_votes

THE_RUN = "the run as a whole"
"""What words are about that name no candidate."""

SURE = 0.9
"""Probability from which people count as preferring one candidate to another where the simulator says otherwise."""


def waited_for(run: Run, said: Sequence[Feedback]) -> set[str]:
    """The raters who said something that no round has heard yet, and have not said that they are done."""
    known = heard_after(run)
    fresh = [each for each in standing(list(said)) if each.id not in known]
    return {each.rater for each in fresh} - {each.rater for each in fresh if _is_done(each)}


def all_done(run: Run, said: Sequence[Feedback]) -> bool:
    """Whether everybody who said something since the last round has said to go on, and somebody has."""
    known = heard_after(run)
    done = any(_is_done(each) and each.id not in known for each in standing(list(said)))
    return done and not waited_for(run, said)


def hear(run: Run, said: Sequence[Feedback], number: int) -> Heard:
    """Everything that stands at the end of round ``number``, and what it comes to.

    Words and programs count as heard once: those of an earlier event are not repeated.
    """
    stand, known = standing(list(said)), heard_after(run)
    fresh = [each for each in stand if each.id not in known]
    names = [name for name, c in run.candidates.items() if c.success is not None and not c.audited]
    votes = comparisons(stand, names)
    voted = [name for name in names if any(name in (vote.better, vote.worse) for vote in votes)]
    strengths = fit(voted, votes)
    agreed = agreement(stand)
    return Heard(
        round=number,
        lines=tuple(each.id for each in stand),
        strengths=tuple(_liked(strengths)),
        quotes=tuple(quote for each in fresh if (quote := _quote(each, run)) is not None),
        edits=tuple(_edits(fresh, run)),
        raters=tuple(_raters(stand)),
        agreement=agreed.equal.share(),
        alpha=None if agreed.alpha is None else round(agreed.alpha, 4),
        with_success=agreement_with_success(stand, run).share(),
        findings=tuple(_disagreement(run, strengths)),
        labels=tuple(preferred(stand, run, names)),
    )


def _liked(strengths: Strengths) -> list[Liked]:
    found = [Liked(name, *(round(value, 4) for value in strengths.of(name))) for name in strengths.names]
    return sorted(found, key=lambda each: -each.value)


def _disagreement(run: Run, strengths: Strengths) -> Iterator[Finding]:
    """People prefer one, and the simulator says surely that another succeeds more often."""
    voted = [run.candidates[name] for name in strengths.names]
    leader = min(voted, key=lambda each: each.rank(run.target), default=None)
    liked = max(voted, key=lambda each: strengths.of(each.id)[0], default=None)
    if leader is None or liked is None or leader is liked or run.level(leader, liked):
        return
    sure = strengths.surely(liked.id, leader.id)
    if sure >= SURE and leader.success and liked.success and leader.success.value > liked.success.value:
        yield Finding(
            "people-disagree",
            f"people prefer {liked.id} though {leader.id} succeeds more often ({leader.success.value:.0%} of the "
            f"episodes, {liked.id} {liked.success.value:.0%}; the preference is {sure:.0%} sure)",
            level="warning",
        )


def _quote(feedback: Feedback, run: Run) -> Quote | None:
    """The words, and what they are about; None where nothing was said in words."""
    said = feedback.said
    words = said.text.strip() if not isinstance(said, Edit) and hasattr(said, "text") else ""
    tags = tuple(tag for tag in getattr(said, "tags", ()) if tag != DONE)
    if not words and not tags:
        return None
    about, candidates = _about(said)
    if not set(candidates) <= set(run.candidates):  # a line that was written by hand
        about, candidates = THE_RUN, ()
    return Quote(feedback.id, feedback.rater, about, candidates, words, tags)


def _about(said: Said) -> tuple[str, tuple[str, ...]]:
    """What words are about, and which candidates that names."""
    if isinstance(said, PairVote):
        best = answer(said)
        verdict = {"same": "; both alike", "neither": "; neither is of use", "": ""}
        won = verdict.get(best, f"; {best} was preferred")
        return f"{said.left} (left) and {said.right} (right){won}", (said.left, said.right)
    if isinstance(said, BestWorst):
        order = ", ".join(said.shown)
        about = f"{order}, in this order; {said.best} is best, {said.worst} is worst"
        return about, (*said.shown, *({said.best, said.worst} - set(said.shown)))
    if isinstance(said, Comment) and said.candidate:
        return said.candidate, (said.candidate,)
    return THE_RUN, ()


def _edits(fresh: Sequence[Feedback], run: Run) -> Iterator[Edited]:
    for each in fresh:
        if isinstance(each.said, Edit) and each.said.parent in run.candidates:
            yield Edited(each.id, each.rater, each.said.parent, each.said.program, each.said.text)


def _raters(stand: Sequence[Feedback]) -> Iterator[RaterHeard]:
    for rater in sorted({each.rater for each in stand}):
        pairs = [vote for _, vote in pair_votes(stand, rater) if answer(vote)]
        rankings = [each for each in stand if each.rater == rater and isinstance(each.said, BestWorst)]
        yield RaterHeard(rater, len(pairs) + len(rankings), consistency(stand, rater).share())


def _is_done(feedback: Feedback) -> bool:
    return isinstance(feedback.said, Comment) and DONE in feedback.said.tags
