"""The command opine: a model that sees is asked about a run's films."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from text2reward.agent.budget import MANUAL, Budget
from text2reward.agent.config import RunConfig
from text2reward.agent.journal import Journal
from text2reward.agent.limits import at_least
from text2reward.agent.models import exchanges_that_see
from text2reward.agent.pricing import facts_of_the_one_that_sees
from text2reward.agent.rating_films import rating_films
from text2reward.agent.redaction import hiding_for
from text2reward.agent.seeing.opining import opined, opinions, opinions_of
from text2reward.agent.seeing.seer import Seer
from text2reward.agent.setting import recorded
from text2reward.errors import RunIsBusyError, UserError
from text2reward.prompts import Prompts
from text2reward.record.events import Opined, Share
from text2reward.record.feedback import read
from text2reward.record.film import Ready
from text2reward.record.opinion import MOVED, NEITHER, SAME, UNREAD, Opinion
from text2reward.record.price import ModelFacts
from text2reward.record.reader import Run, find_run, load
from text2reward.record.words import counted
from text2reward.record.writer import RecordWriter
from text2reward.web.report import REPORT, write_report

OK = 0


def opine(name: str, runs_dir: Path, vision: str | None, pairs: int, base_url: str | None) -> int:
    """Ask about pairs of films, print and record each opinion as it comes, and say what they are worth.

    Args:
        name: the run.
        runs_dir: where runs lie.
        vision: the model; the run's own unless given.
        pairs: how many pairs at most.
        base_url: the model's server.

    Raises:
        UserError: no model is named, there is nothing to compare, or the model cannot be asked; what it said before
            stands.
    """
    at_least("pairs", pairs, 1)
    run = load(find_run(name, runs_dir))
    config = recorded(run)
    model = vision or config.vision
    if model is None:
        raise UserError("No model that sees is named.", "For example: text2reward opine latest --vision openai/NAME.")
    server = base_url or (config.vision_url if model == config.vision else None)
    config = replace(config, vision=model, vision_url=server, replay=None, replay_or_ask=None)
    try:
        writer = RecordWriter(run.folder)
    except RunIsBusyError as error:
        hint = "Ask when the run is over; with --vision a run asks at the end of each round."
        raise RunIsBusyError(error.message, hint) from None
    try:
        journal = Journal(writer, lambda event: None, hiding_for(config))
        facts = facts_of_the_one_that_sees(config)
        if model == recorded(run).vision:
            facts = run.started.vision_facts or facts
        exchanges = exchanges_that_see(config, run.folder, journal.append_once, _prices(config, journal, facts))
        assert exchanges is not None
        seer = Seer(exchanges, Prompts(Path(config.prompts) if config.prompts else None), config.instruction)
        ready, said = _films(journal.run), read(run.folder)
        for opinion in opinions(seer, journal.run, ready, said, pairs):
            journal.append(opined(journal.run, 0, seer.name, [opinion], said))
            print(f"a model's opinion ({seer.name}): {in_words(opinion)}", flush=True)
        known = opinions_of(journal.run, seer.name)
        print("\n".join(worth(opined(journal.run, 0, seer.name, [], said), len(known))))
    finally:
        writer.close()
        if (run.folder / REPORT).is_file():
            write_report(load(run.folder))
    return OK


def _prices(config: RunConfig, journal: Journal, facts: ModelFacts | None) -> Budget | None:
    """What the calls cost; the run's limits are not about what a person asks for afterwards."""
    unlimited = replace(config, max_cost=None, max_tokens=None, max_hours=None)
    return None if config.vision == MANUAL else Budget(unlimited, journal, None, facts)


def _films(run: Run) -> Ready:
    """The films of the run, of which missing ones are made.

    Raises:
        UserError: there are no two policies to compare, or they cannot be filmed.
    """
    films = rating_films(run)
    ready = films.ready()
    owed = [c for c in run.candidates.values() if c.policy_path and len(ready.get(c.id, {})) < len(films.seeds)]
    if owed:
        print(f"Filming {counted(len(owed), 'policy', 'policies')} ...", file=sys.stderr, flush=True)
        try:
            for note in films.make(owed):
                print(f"note: {note}", file=sys.stderr)
        except UserError as error:  # on a laptop without the simulator, say
            if len(ready) < 2:
                raise
            print(f"Only the films that are there are shown. {error}", file=sys.stderr)
        ready = films.ready()
    if len(ready) < 2:
        raise UserError("There are no two policies to compare.", "Wait until the run has trained another.")
    return ready


def in_words(opinion: Opinion) -> str:
    """The opinion in a line."""
    pair = f"{opinion.one} and {opinion.other} on episode {opinion.seed}"
    found = {
        SAME: "both do it equally well",
        NEITHER: "neither is of use",
        MOVED: "position-dependent, so no preference: it changed its answer with the order",
        UNREAD: "its answer was not understood",
    }.get(opinion.verdict, f"{opinion.verdict} does better")
    reason = f": {opinion.reason}" if opinion.reason and opinion.verdict not in (MOVED, UNREAD) else ""
    return f"{pair}: {found}{reason}"


def worth(event: Opined, pairs: int) -> Iterator[str]:
    """How far the opinions so far can be relied on, in lines."""
    yield f"{event.model} has an opinion about {pairs} {'pair' if pairs == 1 else 'pairs'}; it chooses nothing."
    if event.moved is not None:
        yield f"position-dependent: {_share(event.moved, 'changed with the order of the films')}"
    if event.agreed is not None:
        yield f"calibration: agrees with people on {_share(event.agreed, 'pairs that both judged')}"
    else:
        yield "not calibrated: no votes of people on these pairs"


def _share(share: Share, of: str) -> str:
    return f"{share.k} of {share.n} {of} [{share.low:.0%}–{share.high:.0%}]"
