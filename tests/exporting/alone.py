"""Running an export's files where text2reward cannot be imported."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

WITHOUT = "import sys; sys.modules['text2reward'] = None; sys.path[:0] = [sys.argv[1]]\n"


def run_alone(folder: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """``code`` in a Python of its own, in another folder than ``folder``, whose files can be imported."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code, str(folder), *words],
        capture_output=True,
        text=True,
        cwd="/",
        env=environment,
    )


def evaluate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What ``python evaluate.py`` does there."""
    return run_alone(folder, "import evaluate\nsys.exit(evaluate.main(sys.argv[2:]))", *words)


def module(path: Path) -> ModuleType:
    """A file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"exported_{path.stem}_{abs(hash(path))}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
