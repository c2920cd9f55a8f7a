"""The promise itself: a real run, exported, and its success reproduced where the package is not installed."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.parametrize(
    ("env", "steps"), [("metaworld/window-close-v3", 40_000), ("metaworld/drawer-open-v3", 60_000)]
)
def test_a_real_run_exported_reproduces_its_success_without_the_package(tmp_path, env, steps):
    words = ["--env", env, "--candidates", "1", "--rounds", "1", "--steps", str(steps), "--runs-dir", str(tmp_path)]
    done = command("run", *words, "--json", "--display", "none")
    assert done.returncode in (0, 1), done.stderr
    success = json.loads(done.stdout)["best"]["success"]
    to = tmp_path / "export"
    done = command("export", "latest", "--to", str(to), "--runs-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"{success['k']} of 100 episodes" in (to / "README.md").read_text()
    python = other_environment(tmp_path / "venv")
    assert "No module named 'text2reward'" in alone(python, tmp_path, "-c", "import text2reward").stderr
    played = alone(python, to, "evaluate.py")
    assert played.returncode == 0, played.stdout + played.stderr
    assert f"played    {success['k']} of 100 episodes solved" in played.stdout
    assert "Every episode ended as recorded." in played.stdout


def other_environment(folder: Path) -> Path:
    """A virtual environment with everything that is installed here, but without this package."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    here = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()])
    # What such a file names is searched, but not for further such files, by which a working copy is installed.
    (packages / "others.pth").write_text("\n".join(here) + "\n")
    return folder / "bin" / "python"


def alone(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([python, *words], cwd=folder, env=environment, capture_output=True, text=True)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "text2reward", *words], capture_output=True, text=True)
