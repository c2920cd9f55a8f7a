"""Sending a run's curves and results to Weights & Biases, an extra of the package.

The package is asked in the main process only, which alone knows keys, from a thread of its own: a run never waits for
a server, and nothing that goes wrong there ends one. What is sent stands in the record as well.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any

from text2reward.agent.config import RunConfig
from text2reward.agent.notices import Doing, Notice, Progress, Watcher
from text2reward.errors import UserError
from text2reward.extras import install
from text2reward.record.curves import CurvePoint
from text2reward.record.events import (
    Checked,
    Diagnosed,
    Event,
    HeldOut,
    Interrupted,
    Reviewed,
    RunFinished,
    Screened,
    Success,
    Trained,
    Watched,
)
from text2reward.record.hiding import names_a_key
from text2reward.record.reader import Run

WITHOUT_KEY = ("offline", "disabled", "dryrun")
"""Values of WANDB_MODE that need no server."""

OPENING_S, FINISHING_S, CLOSING_S = 30.0, 45.0, 60.0
"""How long the server may take to answer at first and to get the rest, and a finished run waits for both."""


def check_wandb(config: RunConfig) -> None:
    """Look, before anything is spent, whether a run can send what ``--wandb`` asks for.

    Raises:
        UserError: the package or a key is missing; says how to get it.
    """
    if config.wandb is None:
        return
    found = importlib.util.find_spec("wandb")
    if found is None or found.origin is None:  # a folder of that name, as the package leaves behind, is none
        raise UserError("--wandb needs the package wandb, which is not installed.", f"Install it: {install('wandb')}")
    import wandb

    hint = "Run `wandb login`, set WANDB_API_KEY, or set WANDB_MODE=offline."
    try:
        with _without_other_keys():  # it starts a process
            wandb.setup(wandb.Settings(silent=True))
        known = os.environ.get("WANDB_MODE", "online") in WITHOUT_KEY or wandb.login(prompt=False, verify=False)
    except wandb.errors.Error as error:
        raise UserError(f"--wandb cannot log in: {str(error).rstrip('.')}.", hint) from error
    if not known:
        raise UserError("--wandb has no key for Weights & Biases.", hint)


@contextlib.contextmanager
def _without_other_keys() -> Iterator[None]:
    """Within it, the environment holds no key but those for Weights & Biases."""
    taken = {name: value for name, value in os.environ.items() if names_a_key(name) and not name.startswith("WANDB_")}
    for name in taken:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(taken)


class WandbStream:
    """A watcher that passes on what it is told; see :func:`open_stream`.

    Args:
        config: the run's; names the project.
        run: gives name and folder; a run that goes on is the same one there.
        tell: told in a line when nothing can be sent any more.
    """

    def __init__(self, config: RunConfig, run: Run, tell: Watcher) -> None:
        self._config, self._run, self._tell = config, run, tell
        self._waiting: queue.SimpleQueue[Event | Notice | None] = queue.SimpleQueue()
        self._broken = False
        self._known: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="wandb", daemon=True)
        self._thread.start()

    def __call__(self, event: Event | Notice) -> None:
        """Pass on one event or notice, some time soon."""
        if not self._broken:
            self._waiting.put(event)

    def close(self) -> None:
        """Wait, but not for ever, until everything is passed on."""
        self._waiting.put(None)
        self._thread.join(CLOSING_S)
        if self._thread.is_alive():
            self._tell(Doing(f"Weights & Biases has not got everything: wandb sync {self._run.folder}/wandb/*run-*"))

    def _work(self) -> None:
        try:
            there = self._open()
            while (event := self._waiting.get()) is not None:
                self._send(there, event)
            there.finish()
        except Exception as error:  # whatever fails there, the run goes on
            self._broken = True
            said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
            self._tell(Doing(f"Weights & Biases failed, the run goes on without it ({said})"))

    def _open(self) -> Any:
        import wandb

        settings = wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,  # the machine and the command line, in which an address may hold a password
            x_disable_stats=True,  # of this process, which does not train
            init_timeout=OPENING_S,
            finish_timeout=FINISHING_S,
            finish_timeout_raises=True,
        )
        return wandb.init(
            project=self._config.wandb,
            id=self._run.folder.name,
            name=self._run.folder.name,
            dir=str(self._run.folder),
            config={name: value for name, value in self._config.to_json().items() if name != "base_url"},
            resume="allow",
            reinit="create_new",
            settings=settings,
        )

    def _send(self, there: Any, event: Event | Notice) -> None:
        if isinstance(event, Progress):
            if event.training not in self._known:
                self._known.add(event.training)
                there.define_metric(f"{event.training}/*", step_metric=f"{event.training}/sim_steps")
            there.log({f"{event.training}/{name}": value for name, value in numbers(event.point).items()})
        elif result := results(event):
            there.summary.update(result)


def numbers(point: CurvePoint) -> dict[str, float]:
    """A point of the learning curves under the names it has in ``curves.csv``, without what is not known."""
    known = {"sim_steps": point.sim_steps, "success": point.success, "own_return": point.own_return}
    return {
        **{name: value for name, value in known.items() if value is not None},
        **{f"term/{name}": value for name, value in point.terms.items()},
        **{f"spread/{name}": value for name, value in point.spread.items()},
    }


def results(event: Event | Notice) -> dict[str, Any]:
    """What a recorded event says of the run, by name; empty where it says nothing that lasts."""
    match event:
        case Trained(training=training, select=select):
            outcome = {"outcome": event.reason, "kept": event.kept, "wall_s": event.wall_s, **_success(select)}
            return _below(training, {**outcome, "findings": [str(each) for each in event.findings]})
        case Watched(training=training, success=success):
            return _below(training, _success(success))
        case Checked() | Reviewed() | Diagnosed():
            return _below(event.candidate, {event.kind: [str(each) for each in event.findings]})
        case Screened(candidate=candidate, ruling=ruling):
            return _below(candidate, {event.kind: [ruling, *(str(each) for each in event.findings)]})
        case HeldOut(candidate=candidate, success=success):
            return _below("held_out", {"candidate": candidate, **_success(success)})
        case RunFinished(reason=reason, best=best):
            return {"reason": reason, "best": best}
        case Interrupted(why=why):
            return {"reason": f"interrupted: {why}"}
    return {}


def _below(place: str, values: dict[str, Any]) -> dict[str, Any]:
    return {f"{place}/{name}": value for name, value in values.items()}


def _success(success: Success | None) -> dict[str, float]:
    if success is None:
        return {}
    return {
        "solved": success.value,
        "low": success.low,
        "high": success.high,
        "solved_at_end": success.value_at_end,
    }


def open_stream(config: RunConfig, run: Run, watch: Watcher) -> WandbStream | None:
    """The stream that a configuration asks for; None where it asks for none."""
    return None if config.wandb is None else WandbStream(config, run, watch)
