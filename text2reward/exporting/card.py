"""The card of an export: what it is, what it was trained on, how well it does, and how it is used."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import jinja2

from text2reward.envs.task import Task
from text2reward.exporting.assemble import style_files
from text2reward.exporting.choice import BY_HELD_OUT, Choice
from text2reward.exporting.worlds import CarriedWorld
from text2reward.record.verdict import shares
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.examples import fields_read

_HERE = Path(__file__).parent


def figure(choice: Choice) -> str:
    """How well the policy does, in a sentence."""
    success = choice.success
    return (
        f"Success {shares(success)} on {success.n} {choice.judged_on}; "
        f"{success.k_at_end} of {success.n} still solved at the last step."
    )


def render(choice: Choice, task: Task, world: CarriedWorld, requirements: str, typical: float) -> str:
    """The card as Markdown."""
    run = choice.run
    points = choice.candidate.curves
    dialect = dialect_of_text(choice.program).name
    return (
        _environment()
        .get_template("card.md.jinja")
        .render(
            run=run,
            choice=choice,
            task=task,
            world=world,
            figure=figure(choice),
            is_held_out=choice.judged_on == BY_HELD_OUT,
            success=choice.success,
            style={"eureka": "Eureka", "text2reward": "Text2Reward"}.get(dialect, dialect),
            fields=[field for field in task.fields if field.name in fields_read(choice.program, task.layout)],
            style_files=", ".join(f"`{name}`" for name in style_files(dialect)),
            reached=run.target <= choice.success.value,
            target=run.target,
            terms=choice.candidate.terms,
            typical=typical,
            rollouts=len(points),
            packages=[line for line in requirements.splitlines() if line],
            machine=run.environment,
            videos=[video for video in choice.candidate.videos if run.path_of(video.path).is_file()],
        )
    )


def licence() -> str:
    """The licence of the code that an export holds of this package."""
    return (_HERE / "templates" / "LICENSE").read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    environment.filters["thousands"] = lambda value: f"{value:,}"
    return environment


def plain(text: object) -> str:
    """Text as it stands in a line or a table of Markdown: nothing in it is markup."""
    flat = " ".join(str(text).split())
    escaped = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", escaped)
