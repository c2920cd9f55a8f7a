"""What a run writes down: one event per finished unit of work, in the order the work was finished."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from text2reward.record.finding import Finding
from text2reward.record.opinion import Opinion
from text2reward.record.price import ModelFacts
from text2reward.record.wilson import wilson

ExitReason = Literal["target", "rounds", "budget", "no-candidate"]

Ruling = Literal["pass", "fail", "not enough evidence", "duplicate"]
"""What screening made of a program."""

RewardKind = Literal["program", "expert", "success"]
"""A reward program, the simulator's own reward, or success alone."""

Seconds = Annotated[float, Field(allow_inf_nan=False)]
"""A duration; no record holds one that never ends."""


@dataclass(frozen=True)
class Event:
    """Base of all events. ``kind`` is the word that stands in the record."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class RunStarted(Event):
    """The run's folder, configuration and environment are written.

    Args:
        run: its name.
        task: the task's id.
        instruction: the sentence.
        model: who writes the programs.
        command: starts the same run again.
        parent, parent_candidate: the run and the candidate it goes on from; empty where it goes on from none.
        facts: price and sizes of the model, by which all costs of the run are computed; None where none is asked.
        vision_facts: those of the model that sees.
    """

    kind = "run-started"
    run: str
    task: str
    instruction: str
    model: str
    command: str = ""
    parent: str = ""
    parent_candidate: str = ""
    facts: ModelFacts | None = None
    vision_facts: ModelFacts | None = None


@dataclass(frozen=True)
class Drafted(Event):
    """A coder's answer.

    Args:
        candidate: its id, for example ``r1c2``; ``r1c2.1`` is its first repair.
        round: counted from 1.
        parent: the candidate it was derived from, if any.
        author: the model, or ``composer``.
        program: path of the program below the run's folder; None where the answer held none.
        findings: what was wrong with the answer itself.
        note: what the author says it did, in a sentence.
        exchange: key of the model exchange it came from, if any.
        reward: what is trained with; anything but ``program`` is a baseline without a program.
    """

    kind = "drafted"
    candidate: str
    round: int
    parent: str | None
    author: str
    program: str | None
    findings: tuple[Finding, ...] = ()
    note: str = ""
    exchange: str | None = None
    reward: RewardKind = "program"


@dataclass(frozen=True)
class Checked(Event):
    """A program went through the static and the dynamic checks."""

    kind = "checked"
    candidate: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether the program may be trained with."""
        return not any(finding.level == "error" for finding in self.findings)


@dataclass(frozen=True)
class Success:
    """``k`` of ``n`` episodes solved at some step, ``k_at_end`` at the last one; with the 95% Wilson interval."""

    k: int
    n: int
    low: float
    high: float
    k_at_end: int

    def proves(self, target: float) -> bool:
        """Whether the interval lies above the target."""
        return self.low > target

    @property
    def value(self) -> float:
        """The share solved at some step."""
        return self.k / self.n if self.n else 0.0

    @property
    def value_at_end(self) -> float:
        """The share solved at the last step."""
        return self.k_at_end / self.n if self.n else 0.0


@dataclass(frozen=True)
class Heat(Event):
    """Which programs are trained next, side by side.

    Args:
        round: to which round it belongs.
        heat: counted from 0 in each round.
        candidates: those that train, or train on.
        seed: 0, or which further seed they are trained with because two candidates cannot be told apart.
        sim_steps: simulator steps of each training when the heat is over.
        most_steps: simulator steps of a training that goes all the way.
    """

    kind = "heat"
    round: int
    heat: int
    candidates: tuple[str, ...]
    seed: int
    sim_steps: int
    most_steps: int


@dataclass(frozen=True)
class Trained(Event):
    """A training ended, or a heat of it; the last word about a training counts.

    Args:
        candidate: whose program it was.
        training: id of the training, for example ``r1c2/s0``.
        folder: below the run's folder; holds policy, curves and logs.
        reason: ``steps``, ``target``, ``gave-up``, ``heat`` where it was not trained on or is to go on later, ``hours``
            where the run's hours were over and it goes on when these are more, or ``failed`` with the cause in
            ``findings``; a policy of an earlier heat then still counts.
        kept: which policy was kept, ``last`` or ``peak``; empty after a failure.
        sim_steps: simulator steps trained.
        kept_sim_steps: simulator steps after which the kept policy was taken.
        select: success of the kept policy on the select episodes; None after a failure.
        solved: of the first select episodes, which every candidate is judged on, how many were solved.
        wall_s: seconds it took.
    """

    kind = "trained"
    candidate: str
    training: str
    folder: str
    reason: str
    kept: str
    sim_steps: int
    kept_sim_steps: int
    select: Success | None
    solved: int
    wall_s: Seconds
    findings: tuple[Finding, ...] = ()

    @property
    def failed_by_machine(self) -> bool:
        """Whether it failed by the simulator's or the machine's fault, and not by the program's."""
        return self.reason == "failed" and any(finding.by_machine for finding in self.findings)


@dataclass(frozen=True)
class Watched(Event):
    """A person watched films of a policy and said in which of them the task was solved; that counts.

    Args:
        candidate: whose program it was.
        training: id of the training.
        success: of the filmed episodes.
    """

    kind = "watched"
    candidate: str
    training: str
    success: Success


@dataclass(frozen=True)
class Reviewed(Event):
    """A program was read against the sentence and the world.

    Args:
        candidate: whose program it was.
        by: ``rules``, or a model's name; both where both read it.
        accepted: whether it goes on as it is.
        findings: reasons to write it anew.
        exchange: key of the exchange with the model, if one was asked.
    """

    kind = "reviewed"
    candidate: str
    by: str
    accepted: bool
    findings: tuple[Finding, ...] = ()
    exchange: str | None = None


@dataclass(frozen=True)
class PairsInOrder:
    """How a program's reward orders the pairs of filmed episodes that people judged.

    Args:
        k, n: pairs of which the preferred episode earns more, and all that were tried.
        value: the share in order, each pair by its weight; ties of the reward count half.
        low, high: its 95% Wilson interval, in which a pair counts as its weight says.
        missing: further pairs, of which an episode is not there.
        against_success: further pairs, left out because people prefer an episode that failed to one that was solved.
    """

    k: int
    n: int
    value: float
    low: float
    high: float
    missing: int = 0
    against_success: int = 0


@dataclass(frozen=True)
class Screened(Event):
    """A program was looked at before training: does it rank stored episodes, and is it new?

    Args:
        candidate: whose program it was.
        ruling: ``fail`` and ``duplicate`` are not trained, unless ``trained_anyway`` says why.
        successes, failures: episodes it was tried on.
        above: share of the successes that earn more than the best failure; None without both kinds.
        in_order, low, high: share of pairs in order and its 95% interval; None without both kinds.
        nearest, distance: the earlier candidate whose reward is most like it, and how unlike it is, from 0 to 1.
        trained_anyway: ``audit``, or ``nothing else`` to train; empty otherwise.
        findings: why it is not trained.
        preference: what its author is told, in words and numbers.
        people: how it orders the pairs that people judged; None where they judged none.
    """

    kind = "screened"
    candidate: str
    ruling: Ruling
    successes: int
    failures: int
    above: float | None = None
    in_order: float | None = None
    low: float | None = None
    high: float | None = None
    nearest: str | None = None
    distance: float | None = None
    trained_anyway: str = ""
    findings: tuple[Finding, ...] = ()
    preference: str = ""
    people: PairsInOrder | None = None

    @property
    def trains(self) -> bool:
        """Whether the program goes on to training."""
        return self.ruling in ("pass", "not enough evidence") or bool(self.trained_anyway)


@dataclass(frozen=True)
class Diagnosed(Event):
    """What a trained policy did, computed from the record.

    Args:
        candidate: whose policy it is.
        training: the training it is from.
        findings: what it did instead of the task.
        rollouts: the best, a typical and the worst episode as tables.
        causes: why episodes failed, with advice.
        analyst: who named the causes: ``rules`` or a model.
        potential_based: terms that are potential-based shaping.
        rank_correlation: Spearman's, of the program's returns with how well stored episodes went; None without both
            kinds of episodes.
        epic, starc: distances of its reward to its parent's; None without one.
    """

    kind = "diagnosed"
    candidate: str
    findings: tuple[Finding, ...] = ()
    rollouts: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    analyst: str = "rules"
    potential_based: tuple[str, ...] = ()
    rank_correlation: float | None = None
    epic: float | None = None
    starc: float | None = None
    training: str = ""


@dataclass(frozen=True)
class Liked:
    """How well people like a candidate: a Bradley-Terry strength in log odds, 0 on average, with its 95% interval."""

    candidate: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Quote:
    """Words of a person.

    Args:
        line: id of the line of ``feedback.jsonl`` they stand in.
        rater: who said them.
        about: what they are about, in words.
        candidates: which of them; empty for the run as a whole.
        text: the words.
        tags: short words.
    """

    line: str
    rater: str
    about: str
    candidates: tuple[str, ...]
    text: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edited:
    """A program that a person made out of ``parent``'s; a candidate of the round that follows.

    Args:
        line: id of the line of ``feedback.jsonl`` it stands in.
        rater: who made it.
        parent: the candidate; empty for one of the run before.
        program: its text.
        text: what was changed and why.
    """

    line: str
    rater: str
    parent: str
    program: str
    text: str = ""


@dataclass(frozen=True)
class Share:
    """``k`` of ``n``, with the 95% Wilson interval."""

    k: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, k: int, n: int) -> Share | None:
        """The share with its interval; None where nothing was counted."""
        return cls(k, n, *(round(end, 4) for end in wilson(k / n, n))) if n else None

    @property
    def value(self) -> float:
        """The share itself."""
        return self.k / self.n if self.n else 0.0


@dataclass(frozen=True)
class RaterHeard:
    """A rater: how many votes and rankings of theirs count, and how many repeated pairs got the same answer again."""

    rater: str
    votes: int
    consistent: Share | None = None


@dataclass(frozen=True)
class Preferred:
    """People like one filmed episode better than another from the same initial state.

    Args:
        better, worse: the candidates.
        seed: of both episodes.
        weight: what the pair counts for, from above 0 to 1, where all who judged it agree.
        better_episode, worse_episode: files below the run's folder that hold them.
    """

    better: str
    worse: str
    seed: int
    weight: float
    better_episode: str
    worse_episode: str


@dataclass(frozen=True)
class Heard(Event):
    """What people had said when a round ended; later rounds use this, whatever is said afterwards.

    Args:
        round: the round that ended; 0 for words with which a run began.
        lines: ids of all lines of ``feedback.jsonl`` that stood.
        strengths: candidates that people compared, the best liked first.
        quotes: words that no earlier event holds.
        edits: programs that no earlier event holds.
        raters: who spoke.
        agreement: of the pairs that several raters judged, those on which all agreed; None without any.
        alpha: Krippendorff's for these; None where there are too few.
        with_success: of the votes between candidates of different success, those for the one that succeeds more often.
        findings: where people and the simulator disagree.
        labels: pairs of filmed episodes that people judged; programs of later rounds are tried on them.
    """

    kind = "heard"
    round: int
    lines: tuple[str, ...] = ()
    strengths: tuple[Liked, ...] = ()
    quotes: tuple[Quote, ...] = ()
    edits: tuple[Edited, ...] = ()
    raters: tuple[RaterHeard, ...] = ()
    agreement: Share | None = None
    alpha: float | None = None
    with_success: Share | None = None
    findings: tuple[Finding, ...] = ()
    labels: tuple[Preferred, ...] = ()

    @property
    def votes(self) -> int:
        """How many votes all raters gave."""
        return sum(rater.votes for rater in self.raters)


@dataclass(frozen=True)
class AwaitsPeople(Event):
    """The run does nothing but wait for people, until it records what they said, or is stopped.

    Args:
        about: what they are asked about: ``round 2``, or a candidate.
    """

    kind = "awaits-people"
    about: str


@dataclass(frozen=True)
class Opined(Event):
    """A model that sees was shown films in pairs. Its opinions choose nothing, and are told apart from people's votes.

    Args:
        round: the round that had ended; 0 where a person asked the model outside of the run.
        model: its name.
        opinions: about pairs that no earlier event of this model holds.
        moved: of its opinions so far that could be read, those that changed with the order of the films.
        agreed: of its opinions so far on pairs that people had judged, too, those that are theirs; None without any.
        problem: why it was not asked about more, where something went wrong.
    """

    kind = "opined"
    round: int
    model: str
    opinions: tuple[Opinion, ...] = ()
    moved: Share | None = None
    agreed: Share | None = None
    problem: str = ""


@dataclass(frozen=True)
class RoundFinished(Event):
    """All candidates of a round are through; ``best`` is the best of the run so far."""

    kind = "round-finished"
    round: int
    best: str | None


@dataclass(frozen=True)
class HeldOut(Event):
    """The chosen policy was judged on episodes nothing had seen: the number that is reported."""

    kind = "held-out"
    candidate: str
    success: Success
    episodes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Video:
    """A filmed episode: path below the run's folder, what it shows, and whether it was solved."""

    path: str
    label: str
    solved: bool


@dataclass(frozen=True)
class Filmed(Event):
    """Videos of a candidate were made, or could not be (then ``problem`` says what to do)."""

    kind = "filmed"
    candidate: str
    videos: tuple[Video, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Asked(Event):
    """A model was asked and answered; the exchange lies in ``llm/<key>.json``.

    Args:
        key: of the exchange.
        candidate: what the answer is for, for example ``r1c2``, ``r1c2.1.review`` or ``r1c2.analysis``.
        model: who was asked.
        tokens_in, tokens_out: as the server says; None where it does not.
        cost_usd: by the price that the run keeps, 0 for an answer that was replayed; None where price or tokens are
            unknown.
        seconds: until the answer was there, retries included.
        tokens_cached: of the prompt, those that the provider had stored; None where it does not say.
        left_out: what the prompt lacks because the model's window is too small for it.
        unsure: requests that got no usable answer before, but may have been answered and be paid for.
        replayed: whether the answer was taken from another run's record; its tokens are those of the record.
    """

    kind = "asked"
    key: str
    candidate: str
    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    seconds: Seconds
    tokens_cached: int | None = None
    left_out: tuple[str, ...] = ()
    unsure: int = 0
    replayed: bool = False


@dataclass(frozen=True)
class Interrupted(Event):
    """The run was stopped from outside and can be resumed.

    Args:
        why: in words.
        by_machine: whether nothing could be trained, by no fault of the programs: then these trainings are tried again.
    """

    kind = "interrupted"
    why: str
    by_machine: bool = False


@dataclass(frozen=True)
class Resumed(Event):
    """The run went on from its record.

    Args:
        version: the package's.
        sandbox: what held the reward programs from then on.
        changed: limits and prices that hold from then on in place of those in ``config.json``, by their names there.
    """

    kind = "resumed"
    version: str
    sandbox: str = ""
    changed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFinished(Event):
    """Nothing is left to do, until the run goes on with a larger budget.

    Args:
        reason: ``target`` reached, all ``rounds`` done, a ``budget`` used up, or ``no-candidate`` could be trained.
        best: the chosen candidate.
        wall_s: seconds of work, without interruptions and without waiting for people.
        budget: which budget was used up, or that a prompt did not fit into the model's window; empty otherwise.
    """

    kind = "run-finished"
    reason: ExitReason
    best: str | None
    wall_s: Seconds
    budget: str = ""
