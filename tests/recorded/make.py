"""Makes the recorded searches anew: python tests/recorded/make.py

They answer what they were asked and nothing else, so they are made anew when a prompt changes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import searches  # noqa: E402

KEPT = ("config.json", "environment.json", "events.jsonl")


def main() -> None:
    os.environ["OPENAI_API_KEY"] = "none"
    for name, (settings, writer) in searches.SEARCHES.items():
        with tempfile.TemporaryDirectory() as folder:
            run = searches.search(writer, Path(folder), **settings)
            to = HERE / name
            shutil.rmtree(to, ignore_errors=True)
            to.mkdir()
            for each in KEPT:
                shutil.copy(run.folder / each, to)
            shutil.copytree(run.folder / "llm", to / "llm")
            for path in run.folder.glob("candidates/*/reward.py"):
                kept = to / path.relative_to(run.folder)
                kept.parent.mkdir(parents=True)
                shutil.copy(path, kept)
            print(f"{to}: {len(searches.questions(run))} exchanges, {searches.figures(run)}")


if __name__ == "__main__":
    main()
