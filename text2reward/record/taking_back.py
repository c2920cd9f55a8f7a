"""Taking back what was said, as long as no round of the run has heard it."""

from __future__ import annotations

from collections.abc import Sequence

from text2reward.record.events import Heard
from text2reward.record.feedback import DONE, BestWorst, Comment, Edit, Feedback, PairVote, Said, Undo, append, standing
from text2reward.record.reader import Run

NOTHING = "There is nothing to take back."

_CHOICES = {
    "left": "left is better",
    "right": "right is better",
    "same": "both are alike",
    "neither": "neither is of use",
}
_LONGEST = 200
"""Characters of somebody's words that are shown again; the record holds all."""


def heard_after(run: Run) -> dict[str, int]:
    """The ids of all lines that the run has heard, with the first round after which it did."""
    found: dict[str, int] = {}
    for event in run.events(Heard):
        for line in event.lines:
            found.setdefault(line, event.round)
    return found


def last_of(run: Run, said: Sequence[Feedback], rater: str, kinds: tuple[type[Said], ...] = ()) -> Feedback:
    """The last thing that a rater said and that stands, of these ``kinds`` where any are given, unless it was heard.

    Raises:
        ValueError: there is none, in words for that person.
    """
    return _unheard(run, [each for each in _own(said, rater) if isinstance(each.said, kinds or Said)])


def one_of(run: Run, said: Sequence[Feedback], rater: str, name: str) -> Feedback:
    """What a rater said under the id ``name``, where it stands and the run has not heard it.

    Raises:
        ValueError: there is none, in words for that person.
    """
    return _unheard(run, [each for each in _own(said, rater) if each.id == name])


def take_back(run: Run, feedback: Feedback) -> Feedback:
    """Write the line that takes ``feedback`` back.

    Raises:
        RecordError: the disk is full or gone.
    """
    return append(run.folder, Undo(feedback.id), feedback.rater)


def in_words(said: Said) -> str:
    """What was said, on one line. Votes name no candidate: whoever takes one back rates the same films again."""
    words = " ".join(getattr(said, "text", "").split())
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST].rstrip()} …"
    tags = [tag for tag in getattr(said, "tags", ()) if tag != DONE]
    more = (f': "{words}"' if words else "") + (f" [{', '.join(tags)}]" if tags else "")
    return f"{_what(said)}{more}"


def _what(said: Said) -> str:
    match said:
        case PairVote():
            return f"the answer that {_CHOICES[said.choice]}" if said.choice in _CHOICES else "a pair that was skipped"
        case BestWorst():
            best, worst = (said.shown.index(each) + 1 for each in (said.best, said.worst))
            return f"the answer that film {best} is best and film {worst} worst"
        case Comment():
            if not said.text and DONE in said.tags:
                return "the word that the round is done"
            return f"the comment on {said.candidate or 'the run'}"
        case Edit():
            return f"the edit of {said.parent}"
        case Undo():
            return "an undo"


def _own(said: Sequence[Feedback], rater: str) -> list[Feedback]:
    return [each for each in standing(list(said)) if each.rater == rater]


def _unheard(run: Run, found: Sequence[Feedback]) -> Feedback:
    if not found:
        raise ValueError(NOTHING)
    feedback = found[-1]
    number = heard_after(run).get(feedback.id)
    if number is not None:
        when = f"after round {number}" if number else "when it began"
        raise ValueError(
            f"Cannot be taken back: {in_words(feedback.said)}. The run heard it {when}, and goes on from it."
        )
    return feedback
