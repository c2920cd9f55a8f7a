from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import pytest

from text2reward.agent.config import RunConfig, config_for, make_config
from text2reward.agent.method import FOLDER, Stages, load_method, method_names
from text2reward.errors import UnknownNameError, UserError

BASE = {"instruction": "x", "env": "toy:TASK"}


@pytest.mark.parametrize("name", method_names())
def test_every_value_a_method_sets_says_where_it_comes_from(name):
    method = load_method(name)
    assert method.title
    assert method.paper
    tables = [each for each in tomllib.loads((FOLDER / f"{name}.toml").read_text()).values() if isinstance(each, dict)]
    assert sum(map(len, tables)) > 0
    assert all(setting["source"] for table in tables for setting in table.values())


def test_the_loop_names_no_method():
    from text2reward.agent import appraiser, drafting, finale, llm_coder, loop

    for module in (appraiser, drafting, finale, llm_coder, loop):
        text = Path(str(module.__file__)).read_text()
        code = [line for line in text.splitlines() if '"""' not in line]
        for name in method_names():
            assert not any(f'"{name}"' in line for line in code)


def written(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_a_file_stands_on_another_and_holds_what_differs(tmp_path):
    base = written(tmp_path, 'extends = "card"\n[search]\nrounds = 7\n', "base.toml")
    mine = written(tmp_path, 'extends = "base.toml"\n[feedback]\nmoments = {value = 3, source = "a hunch"}\n')
    method, card = load_method(mine), load_method("card")
    assert (method.search.rounds, method.search.candidates) == (7, card.search.candidates)
    assert method.stages == dataclasses.replace(
        card.stages, feedback=dataclasses.replace(card.stages.feedback, moments=3)
    )
    assert method.sources["feedback.moments"] == "a hunch"
    assert "search.rounds" not in method.sources  # the paper says nothing about this value
    assert load_method(base).search.rounds == 7


WRONG = {
    "a wrong key": ("[search]\ncandidtes = 3", "candidtes.*Did you mean candidates"),
    "a wrong table": ("[serch]\nrounds = 3", "serch.*Did you mean search"),
    "a wrong type": ('[search]\nrounds = "many"', "search.rounds is wrong"),
    "a truth for a number": ("[search]\nrounds = true", "search.rounds is wrong"),
    "a wrong word": ('[training]\nkeep = "first"', "training.keep is wrong"),
    "out of range": ("[screening]\nthreshold = 1.5", r"screening.threshold is 1.5. Use from 0 to 1"),
    "no candidates": ("[search]\ncandidates = 0", "search.candidates is 0"),
    "no table": ("search = 3", "search is no table"),
    "a key too many": ("[search]\nrounds = {value = 3, because = 'x'}", "because"),
    "no value": ("[search]\nrounds = {source = 'x'}", "search.rounds has no value"),
    "for ever": ("[training]\npatience = inf", "training.patience"),
    "departs without a list": ('departs = "abc"', "departs is no list"),
    "no TOML": ("rounds: 3", "is not TOML"),
    "an unknown base": ('extends = "cart"', "Did you mean card"),
    "a base that is no text": ("extends = 3", "extends is no name"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_broken_file_is_refused_with_what_to_do(tmp_path, text, said):
    with pytest.raises(UserError, match=f"(?s){said}"):
        load_method(written(tmp_path, text))


def test_files_that_stand_on_each_other_are_refused(tmp_path):
    written(tmp_path, 'extends = "b.toml"', "a.toml")
    loop = written(tmp_path, 'extends = "a.toml"', "b.toml")
    with pytest.raises(UserError, match=r"b\.toml extends a\.toml extends b\.toml"):
        load_method(loop)


def test_unknown_methods_and_files_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean eureka"):
        load_method("eurka")
    with pytest.raises(UserError, match="There is no method file"):
        load_method(str(tmp_path / "none.toml"))


def test_flags_win_over_the_method_and_the_resolved_configuration_is_complete(tmp_path):
    config = make_config({**BASE, "method": "eureka", "rounds": 2})
    assert (config.candidates, config.rounds, config.repairs) == (16, 2, 0)
    assert config.stages == load_method("eureka").stages
    again = make_config(json.loads(json.dumps(config.to_json())))
    assert again == config


def test_a_run_keeps_its_method_when_the_file_changes(tmp_path):
    mine = written(tmp_path, "[feedback]\nmoments = 3\n")
    config = make_config({**BASE, "method": mine})
    written(tmp_path, "[feedback]\nmoments = 4\n")
    assert make_config(config.to_json()).stages.feedback.moments == 3


def test_a_configuration_edited_by_hand_is_checked():
    with pytest.raises(UnknownNameError, match="Did you mean moments"):
        config_for("x", {"env": "toy:TASK", "stages": {"feedback": {"moment": 3}}})
    with pytest.raises(UserError, match="from 0 to 1"):
        make_config({**BASE, "audit_screen": 1.5})
    for stages in (-1, {"feedback": 3}):
        with pytest.raises(UserError, match=r"The setting .stages.* is wrong"):
            make_config({**BASE, "stages": stages})


def test_stages_in_part_are_filled_from_the_method():
    config = make_config({**BASE, "method": "card", "stages": {"feedback": {"moments": 3}}})
    assert config.stages.feedback.moments == 3
    assert config.stages.screening == load_method("card").stages.screening
    assert (config.candidates, config.rounds) == (1, 3)


def test_a_configuration_built_by_hand_has_plain_stages():
    assert RunConfig(**BASE).stages == Stages()
