"""When nothing can be trained here: said once, with what to do, before more is spent on programs."""

from __future__ import annotations

from text2reward.errors import MachineFault
from text2reward.record.finding import Finding
from text2reward.record.reader import Run

_HINTS = {
    "simulator-failed": "Mend the simulator; `text2reward envs check {task}` tries it with random actions.",
    "out-of-memory": "Give it more memory, or let fewer trainings run at once with --jobs.",
    "no-sign-of-life": "Look what the simulator waits for, and whether the disk answers. If it is only slow, train in "
    "fewer environments at once with --{algo}.n-envs.",
    "trainer-died": "The trainers' last words stand in {log}.",
}


def check_machine(run: Run) -> None:
    """Stop after a round where every training of the run failed, and not one by its program's fault.

    A run that is resumed tries the trainings of this round again.

    Raises:
        MachineFault: nothing could be trained; says what went wrong first and what to do.
    """
    trained = [training for candidate in run.candidates.values() for training in candidate.trainings]
    if not trained or any(each.select is not None or not each.failed_by_machine for each in trained):
        return
    first = trained[0]
    found: Finding = next(each for each in first.findings if each.by_machine)
    hint = _HINTS[found.name].format(
        task=run.config.get("env", ""),
        algo=run.config.get("algo", "ppo"),
        log=run.path_of(first.folder) / "trainer.log",
    )
    count = "The only training" if len(trained) == 1 else f"All {len(trained)} trainings"
    raise MachineFault(f"{count} failed, and not for what the programs say. {first.candidate}: {found.message}.", hint)
