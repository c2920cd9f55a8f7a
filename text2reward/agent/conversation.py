"""A conversation with a model in parts, and what is left out of it where the model's window is small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from text2reward.agent.examples import Example
from text2reward.agent.language_model import Message
from text2reward.agent.tokens import about, at_most


@dataclass(frozen=True)
class Turn:
    """One of the model's earlier answers and what was said about it; ``name`` says what it is, for people."""

    name: str
    answer: Message
    feedback: Message


@dataclass(frozen=True)
class Fitted:
    """What is sent, and what was left out of it, in the order in which it was."""

    messages: tuple[Message, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """All that there is to say.

    Args:
        rules: what a reward program is.
        task: says what there is to do, with these examples.
        examples: the most alike first.
        turns: earlier attempts, the oldest first.
        repairs: versions of the program that is asked for, the oldest first.
    """

    rules: Message
    task: Callable[[Sequence[Example]], Message]
    examples: tuple[Example, ...] = ()
    turns: tuple[Turn, ...] = ()
    repairs: tuple[Turn, ...] = ()

    def messages(self) -> tuple[Message, ...]:
        """Everything, in order."""
        said = (message for turn in (*self.turns, *self.repairs) for message in (turn.answer, turn.feedback))
        return (self.rules, self.task(self.examples), *said)

    def fitted(self, room: int | None) -> Fitted:
        """As much as ``room`` tokens hold; everything where that is None.

        Earlier attempts are left out first, the oldest before the others, then earlier versions of the program that is
        asked for in the same order, then examples, the least alike first. Rules, task, the newest attempt and the
        newest version always stay, even where they are too long.
        """
        left, left_out = self, []
        while room is not None and at_most(left.messages()) > room:
            shorter = left._shorter()
            if shorter is None:
                break
            left, gone = shorter
            left_out.append(gone)
        return Fitted(left.messages(), tuple(left_out))

    def _shorter(self) -> tuple[Conversation, str] | None:
        """The conversation without the next part that may go, and what that was; None where none may."""
        if len(self.turns) > 1:
            return replace(self, turns=self.turns[1:]), self.turns[0].name
        if len(self.repairs) > 1:
            return replace(self, repairs=self.repairs[1:]), self.repairs[0].name
        if self.examples:
            return replace(self, examples=self.examples[:-1]), f"the example of {self.examples[-1].task}"
        return None

    def sizes(self, fields: Sequence[str]) -> dict[str, int]:
        """Tokens by part, about: the rules, the task, its fields, the examples, and what is told of earlier attempts.

        Args:
            fields: names of the task's fields; the lines that tell them are counted apart.
        """
        plain = self.task(()).content
        marked = [f"`state.{name}`" for name in fields]
        told = "\n".join(line for line in plain.splitlines() if any(mark in line for mark in marked))
        said = "".join(message.content for message in self.messages()[2:])
        return {
            "rules": about(self.rules.content),
            "task": about(plain) - about(told),
            "fields": about(told),
            "examples": about(self.task(self.examples).content) - about(plain),
            "feedback": about(said),
        }
