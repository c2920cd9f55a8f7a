from __future__ import annotations

import shlex
from pathlib import Path

import text2reward
from text2reward.extras import install

CLONE = Path(text2reward.__file__).resolve().parents[1]


def test_the_command_names_the_clone_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(CLONE)
    assert install("wandb") == 'pip install --constraint constraints.txt --editable ".[wandb]"'
    monkeypatch.chdir(tmp_path)
    words = shlex.split(install("wandb"))
    assert words == ["pip", "install", "--constraint", f"{CLONE}/constraints.txt", "--editable", f"{CLONE}[wandb]"]
    assert Path(words[3]).is_file()
