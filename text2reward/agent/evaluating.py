"""Judging a policy that lies on disk."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.config import RunConfig
from text2reward.agent.finale import as_success
from text2reward.agent.limits import at_least
from text2reward.agent.parallel import in_order
from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.agent.system import cpus
from text2reward.errors import RecordError, UserError
from text2reward.record.events import Success
from text2reward.record.reader import find_run, load
from text2reward.record.writer import CONFIG, EVENTS, POLICY
from text2reward.training.seeds import episode_seeds


def evaluate(folder: Path, config: RunConfig, episodes: int) -> Success:
    """Success of the policy in ``folder`` on the first ``episodes`` held-out episodes of the configuration's seed."""
    at_least("episodes", episodes, 1)
    if config.by_person:
        raise UserError("A person judges this run, and eval asks nobody.", "Name a file: --judge FILE.py.")
    seeds = episode_seeds(config.seed, "held-out", episodes)
    jobs = min(config.jobs or cpus(), episodes)
    workers = workers_of(config, judge_of(config))
    parts = in_order(lambda i: workers.judge(folder, seeds[i::jobs]), range(jobs), jobs)
    judged = {episode.seed: episode for part in parts for episode in part}
    return as_success([judged[seed] for seed in seeds])


def find_policy(name: str, runs_dir: Path) -> tuple[Path, RunConfig | None]:
    """The folder of a policy and the configuration of the run it lies in.

    Args:
        name: ``policy.zip``, its folder, or a run (then its best policy).

    Raises:
        UserError: nothing is there.
    """
    path = Path(name)
    if path.is_file() and path.name != POLICY:
        raise UserError(f"{name!r} is no {POLICY}.", f"Name a {POLICY}, its folder, or a run.")
    if (path.is_dir() and not (path / EVENTS).is_file()) or path.is_file():
        folder = path.parent if path.is_file() else path
        return folder, _config_above(folder)
    try:
        run = load(find_run(name, runs_dir))
    except RecordError as error:
        raise UserError(f"{name!r} is neither a policy nor a run.", error.hint) from error
    best = run.best
    if best is None or best.policy_path is None:
        raise UserError(f"The run {run.folder} has no policy yet.")
    return best.policy_path.parent, recorded(run)


def _config_above(folder: Path) -> RunConfig | None:
    for parent in folder.resolve().parents:
        if (parent / EVENTS).is_file() and (parent / CONFIG).is_file():
            return recorded(load(parent))
    return None
