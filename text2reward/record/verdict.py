"""What a run reached, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from text2reward.record.events import Success
from text2reward.record.reader import Run

Mood = Literal["good", "bad", "open"]


@dataclass(frozen=True)
class Verdict:
    """A sentence, and whether it is good news, bad news, or not the last word."""

    mood: Mood
    text: str


def verdict(run: Run) -> Verdict:
    """What ``run`` reached so far."""
    best, held_out = run.best, run.held_out
    if best is None or best.success is None:
        if run.finished is None:
            return Verdict("open", "Not finished: no policy yet.")
        if run.finished.reason == "budget":
            return Verdict("bad", "No policy: a limit was reached before one was trained.")
        if len(run.candidates) == 1:
            return Verdict("bad", "No policy: the only reward program could not be trained.")
        return Verdict("bad", f"No policy: none of the {len(run.candidates)} reward programs could be trained.")
    if held_out is None:
        so_far = f"the best policy so far, {best.id}'s, succeeds in {shares(best.success)} of its select episodes"
        return Verdict("open", f"Not finished: {so_far}.")
    target, caveat = run.target, ""
    if held_out.success.low <= target <= held_out.success.high:
        caveat = "; the interval reaches below it" if run.solved else ", which the interval does not rule out"
    return Verdict(
        "good" if run.solved else "bad",
        f"{'Solved' if run.solved else 'Not solved'}: the policy of {held_out.candidate} succeeds in "
        f"{shares(held_out.success)} of {held_out.success.n} held-out episodes (target {target:.0%}{caveat}).",
    )


def shares(success: Success) -> str:
    """A success rate with its 95% interval, for example ``97% [92%–99%]``."""
    return f"{success.value:.0%} [{success.low:.0%}–{success.high:.0%}]"
