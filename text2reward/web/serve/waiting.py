"""Whom a run waits for, and what that means for somebody who is done."""

from __future__ import annotations

from text2reward.record.events import AwaitsPeople
from text2reward.record.feedback import Feedback
from text2reward.record.reader import Run
from text2reward.record.words import listed
from text2reward.web.serve.ports import Ports


def round_awaited(run: Run) -> str:
    """The round at whose end the run waits for people, as in ``round 2``; empty where it does not wait."""
    last = run.entries[-1].event if run.entries else None
    if run.status != "unfinished" or not isinstance(last, AwaitsPeople) or not last.about.startswith("round "):
        return ""
    return last.about


def awaited(run: Run, said: list[Feedback], ports: Ports) -> str:
    """The names of those for whom the run waits, in a sentence; empty where nobody has said anything."""
    return listed(sorted(ports.waits(run, said)))


def once_done(run: Run, said: list[Feedback], ports: Ports) -> str:
    """What becomes of a rater's word that they are done, in a sentence for them."""
    if run.finished is not None:
        return "Noted. The run is over."
    human = run.config.get("human", "off")
    if human != "wait":
        waits = "asks nobody" if human == "off" else "waits for nobody and takes what was said when its round ends"
        return f"Noted. The run {waits}."
    if others := awaited(run, said, ports):
        return f"Thanks. The run waits for {others}."
    return "Thanks. The run goes on." if round_awaited(run) else "Thanks. The run will not wait for you."
