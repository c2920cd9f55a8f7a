"""What a reward program does on a bank of transitions: each fault a named finding with the smallest example of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.record.finding import Finding
from text2reward.sandbox import facade, probes
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.examples import Describer, smallest
from text2reward.sandbox.reward_process import RewardFault, RewardProcess

LARGE_REWARD = 1e3
SAME_RTOL, SAME_ATOL = 1e-5, 1e-6
"""Vectorised maths differs in the last bit between batch shapes; anything above this is cross-talk between rows."""

PRECISE_SHARE, PRECISE_RTOL = 1e-2, 1e-4
"""How far float32 may be from float64: this share of the term's range, and this share of its value ..."""
IMPRECISE_ROWS = 1e-2
"""... in all but this share of the rows: a threshold that one row straddles is no fault."""

MAX_CALL_S, LONG_CALL_S = 0.2, 0.01
"""Processor seconds for the whole bank that are an error, and that are worth a word; a usual program takes 0.001."""

MAX_CALL_BY_ROW_S = 0.7
"""The same where a program is called for one row at a time: less than what a training has patience for."""

ALL_S = 10.0
"""Seconds that all calls may take together."""

Terms = dict[str, np.ndarray]


class DynamicChecks:
    """The checks of one program.

    Args:
        process: holds the program.
        bank: transitions of the task.
        layout: the task's fields.
        source: the program's text, to know what it reads.
    """

    def __init__(self, process: RewardProcess, bank: Transitions, layout: StateLayout, source: str) -> None:
        self._process, self._bank, self._layout = process, bank, layout
        self._describe = Describer(source, layout)
        self._dialect = dialect_of_text(source)
        self._call_s = np.inf
        self._until = time.monotonic() + ALL_S

    def findings(self) -> list[Finding]:
        """Everything that was found; the later checks only where the earlier ones found no error.

        Raises:
            RewardFault: the program failed in a way that ended its process.
        """
        with np.errstate(all="ignore"):
            try:
                terms = self._timed()
            except RewardFault as fault:
                return [self._with_example(fault.finding)]
            found = [*self._inputs(), *self._repeatable(terms), *self._slow()]
            for check in (self._rows, self._magnitude, self._still, self._touching, self._precision, self._repeatable):
                if any(finding.level == "error" for finding in found):
                    break
                found += check(terms)  # the last one once more, for what took some calls to change
            return found

    # -- asking -------------------------------------------------------------------------------------------------

    def _ask(self, bank: Transitions, rows: np.ndarray | None = None, double: bool = False) -> Terms:
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            self._process.kill()
            raise RewardFault(Finding("timeout", f"the checks took longer than {ALL_S:g} s together and were stopped"))
        part = bank if rows is None else bank.rows(rows)
        began, restarts = time.monotonic(), self._process.restarts
        terms = self._process(part.prev, part.action, part.state, double, within_s=left_s)
        if self._process.restarts != restarts:
            self._until += time.monotonic() - began
        return terms

    def _timed(self) -> Terms:
        began, restarts = self._process.cpu_s(), self._process.restarts
        terms = self._ask(self._bank)
        if self._process.restarts == restarts:  # each process has a clock of its own
            self._call_s = min(self._call_s, self._process.cpu_s() - began)
        return terms

    def _try(self, bank: Transitions, rows: np.ndarray | None = None, double: bool = False) -> Terms | Finding:
        """The terms, or what came instead; a process that ended is no answer."""
        try:
            return self._ask(bank, rows, double)
        except RewardFault as fault:
            if not self._process.alive:
                raise
            return fault.finding

    # -- what is wrong with the answer ---------------------------------------------------------------------------

    def _with_example(self, finding: Finding) -> Finding:
        if not self._process.alive:
            return finding

        def fails(rows: np.ndarray) -> bool:
            if time.monotonic() > self._until:
                return False
            answer = self._try(self._bank, rows)
            return isinstance(answer, Finding) and answer.name == finding.name

        rows = smallest(len(self._bank), fails)
        if finding.name in ("not-finite", "magnitude"):
            return dataclasses.replace(finding, example=self._describe(self._bank, int(rows[0])))
        return dataclasses.replace(finding, example=f"with {self._describe.shapes(len(rows))}")

    def _inputs(self) -> Iterator[Finding]:
        given = ("prev", "action", "state")
        for name, seen in zip(given, self._process.inputs(len(self._bank)), strict=True):
            changed = (seen != getattr(self._bank, name)).any(axis=1)
            if changed.any():
                row = int(np.flatnonzero(changed)[0])
                yield Finding(
                    "inputs-changed",
                    f"the program writes into {name}; use torch.where, or .clone() it first",
                    example=self._describe(self._bank, row),
                )
                return

    def _repeatable(self, terms: Terms) -> Iterator[Finding]:
        again = self._timed()
        for name, values in terms.items():
            if np.array_equal(values, again[name]):
                continue
            row = int(np.flatnonzero(values != again[name])[0])
            yield Finding(
                "not-deterministic",
                f"term {name} differs between two equal calls ({values[row]:.6g}, then {again[name][row]:.6g}); "
                "a program has no memory and no randomness",
                example=self._describe(self._bank, row),
            )
            return

    def _rows(self, terms: Terms) -> Iterator[Finding]:
        """Row i may depend on row i alone: try another order, half the rows, and one row."""
        count = len(self._bank)
        trials = (np.random.default_rng(0).permutation(count), np.arange(count // 2), np.array([count // 3]))
        for index in trials:
            answer = self._try(self._bank, index)
            if isinstance(answer, Finding):
                yield dataclasses.replace(answer, example=f"with {self._describe.shapes(len(index))}")
                return
            for name, values in terms.items():
                apart = _differ(answer[name], values[index])
                if apart.any():
                    yield self._cross_talk(name, int(index[np.flatnonzero(apart)[0]]), values)
                    return

    def _cross_talk(self, name: str, row: int, values: np.ndarray) -> Finding:
        """The smallest batch in which ``row`` gets another value of the term than alone."""

        def in_batch(rows: np.ndarray) -> float | None:
            answer = self._try(self._bank, np.concatenate([[row], rows]))
            return None if isinstance(answer, Finding) else float(answer[name][0])

        alone = in_batch(np.array([], dtype=np.int64))
        others = np.delete(np.arange(len(values)), row)

        def fails(chosen: np.ndarray) -> bool:
            value = in_batch(others[chosen])
            return value is None or alone is None or bool(_differ(np.array([value]), np.array([alone]))[0])

        beside = others[smallest(len(others), fails)]
        value = in_batch(beside)
        seen = "" if value is None or alone is None else f" is {alone:.6g} alone and {value:.6g} beside others, so it"
        return Finding(
            "rows-not-independent",
            f"term {name} of one row{seen} depends on the rest of the batch; reduce with dim=-1 and never over rows",
            example=f"{self._describe(self._bank, row)} beside {self._describe(self._bank, int(beside[0]))}"
            + (f" and {len(beside) - 1} more" if len(beside) > 1 else ""),
        )

    # -- what is wrong with the reward ---------------------------------------------------------------------------

    def _magnitude(self, terms: Terms) -> Iterator[Finding]:
        total = np.sum([np.abs(values.astype(np.float64)) for values in terms.values()], axis=0)  # (B,)
        row = int(np.argmax(total))
        if total[row] > LARGE_REWARD:
            worst = max(terms, key=lambda name: float(np.abs(terms[name][row])))
            yield Finding(
                "magnitude",
                f"the terms reach {total[row]:.3g}, mostly by {worst}; keep the sum within a few units a step",
                level="warning",
                example=self._describe(self._bank, row),
            )

    def _still(self, terms: Terms) -> Iterator[Finding]:
        """Terms that random behaviour never moves: a bonus may well need skill, but some never move at all."""
        still = [name for name, values in terms.items() if np.ptp(values) == 0]
        if not still:
            return
        elsewhere = [self._try(probe(self._bank, self._layout)) for probe in (probes.mixed, probes.together)]
        moved = {
            name
            for name in still
            for answer in elsewhere
            if isinstance(answer, Finding) or (answer[name] != terms[name][0]).any()
        }
        if len(still) == len(terms):
            yield Finding(
                "constant-reward",
                "no term changes under random behaviour, so there is nothing to learn from at first; add a dense term, "
                "for example a distance"
                if moved
                else "no term changes on any state that was tried; make the reward depend on the state",
                level="warning" if moved else "error",
            )
            return
        for name in [each for each in still if each not in self._dialect.silent]:
            value = f"{float(terms[name][0]) + 0.0:.4g}"
            if name in moved:
                message = f"term {name} never changes under random behaviour (it is always {value}); it does elsewhere"
                yield Finding("dead-term", message, level="warning")
            else:
                message = f"term {name} is {value} on every state that was tried; see that its conditions can all hold"
                yield Finding("constant-term", message, level="warning")

    def _touching(self, terms: Terms) -> Iterator[Finding]:
        """Division by a distance holds until the robot arrives."""
        near = probes.together(self._bank, self._layout)
        answer = self._try(near)
        if isinstance(answer, Finding) and answer.name in ("not-finite", "magnitude"):
            row = next((i for i in range(2) if isinstance(self._try(near, np.array([i])), Finding)), 0)
            yield dataclasses.replace(
                answer,
                name=f"{answer.name}-when-touching",
                message=f"where all places coincide, {answer.message}",
                level="warning",
                example=self._describe(near, row),
            )

    def _slow(self) -> Iterator[Finding]:
        if self._call_s <= LONG_CALL_S or np.isinf(self._call_s):
            return
        by_row = self._dialect.by_row
        most = MAX_CALL_BY_ROW_S if by_row else MAX_CALL_S
        too_long = self._call_s > most
        bound = most if too_long else LONG_CALL_S  # what was measured is another time another number
        yield Finding(
            "too-slow",
            f"takes more than {bound * 1000:.0f} ms for {len(self._bank):,} rows"
            + (_one_at_a_time(too_long) if by_row else "; without loops it takes about one"),
            level="error" if too_long else "warning",
        )

    def _precision(self, terms: Terms) -> Iterator[Finding]:
        exact = self._try(self._bank, double=True)
        if isinstance(exact, Finding):
            return  # a program may mix in float32 tensors of its own, which float64 does not go with
        for name, values in terms.items():
            apart = np.abs(values - exact[name])
            allowed = PRECISE_SHARE * np.ptp(exact[name]) + PRECISE_RTOL * np.abs(exact[name]) + SAME_ATOL
            if (apart > allowed).mean() > IMPRECISE_ROWS:
                row = int(np.argmax(apart))
                yield Finding(
                    "imprecise",
                    f"term {name} is {values[row]:.6g} in float32 and {exact[name][row]:.6g} in float64; avoid "
                    "differences of large numbers and acos near 1",
                    level="warning",
                    example=self._describe(self._bank, row),
                )


def _one_at_a_time(too_long: bool) -> str:
    instead = f"{facade.ENTRY}({', '.join(facade.ARGUMENTS)}) over all rows at once"
    if too_long:
        return f", one at a time; do less for each row, or write {instead}, which takes about one"
    return f", one at a time; it can stay so, but {instead} would take about one"


def _differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    different: np.ndarray = ~np.isclose(a, b, rtol=SAME_RTOL, atol=SAME_ATOL)
    return different
