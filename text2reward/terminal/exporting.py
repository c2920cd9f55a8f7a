"""The command export."""

from __future__ import annotations

from pathlib import Path

from text2reward.exporting.choice import choose
from text2reward.exporting.write import check_folder
from text2reward.exporting.write import export as write
from text2reward.record.reader import find_run, load
from text2reward.record.verdict import shares

DONE = 0


def export(name: str, runs_dir: Path, to: Path, candidate: str | None) -> int:
    """Write an export and say what it holds; returns the exit code."""
    check_folder(to)
    run = load(find_run(name, runs_dir))
    choice = choose(run, candidate)
    files = write(run, to, candidate)
    print(
        f"{choice.candidate.id} of {run.folder.name}: success {shares(choice.success)} on {choice.success.n} episodes\n"
    )
    for path, what in _WHAT.items():
        found = [file for file in files if file.relative_to(to).parts[0] == path]
        if found:
            print(f"{to / path!s:<{len(str(to)) + 21}}  {what}")
    others = sorted({file.relative_to(to).parts[0] for file in files} - set(_WHAT))
    print(f"\nand {', '.join(others)}, which those need.")
    print(f"\nTry it: cd {to} && pip install -r requirements.txt && python evaluate.py")
    return DONE


_WHAT = {
    "README.md": "the card: what it is, what it was trained on, how well it does, how to use it",
    "reward.py": "the reward program as it was found",
    "reward_wrapper.py": "it as a Gymnasium wrapper",
    "maniskill_reward.py": "it for ManiSkill 3",
    "manager_terms.py": "it as terms for a manager-based environment",
    "policy": "the policy and its normalisation, plain Stable-Baselines3",
    "evaluate.py": "plays the recorded episodes again and compares",
    "requirements.txt": "what that needs, in the recorded versions",
    "world.py": "the environment and its fields",
    "config.json": "what was asked",
    "video": "filmed episodes",
}
