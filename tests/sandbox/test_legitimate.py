from __future__ import annotations

from pathlib import Path

import pytest
from families import FAMILIES

from text2reward.sandbox.bank_check import check_program

PROGRAMS = sorted((Path(__file__).parent / "legitimate").glob("*/*.py"))


def test_there_are_enough_of_them_over_enough_kinds_of_worlds():
    assert len(PROGRAMS) >= 60
    assert {path.parent.name for path in PROGRAMS} == set(FAMILIES)


@pytest.mark.parametrize("path", PROGRAMS, ids=[f"{path.parent.name}-{path.stem}" for path in PROGRAMS])
def test_programs_as_models_write_them_have_no_errors(rewards, path):
    family = FAMILIES[path.parent.name]
    findings = check_program(path.read_text(encoding="utf-8"), family.layout, rewards, family.bank())
    assert [finding for finding in findings if finding.name not in ("dead-term", "constant-term")] == []
