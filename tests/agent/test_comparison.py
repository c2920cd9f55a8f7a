from __future__ import annotations

import json

import pytest
import toy
from records import finished_run

from text2reward.agent.comparison import compare
from text2reward.agent.comparison.subject import find_subjects
from text2reward.agent.library import Library
from text2reward.agent.library.from_run import card_of, chosen
from text2reward.errors import LibraryError, UnknownNameError, UserError
from text2reward.training.statistics import Rate, difference, paired_difference

AWAY = toy.REACH.replace('"near": 1 -', '"near": -1 +').replace('"nearer": 5', '"nearer": -5')
SCALED = toy.REACH.replace("1 - torch", "7 - 3 * torch").replace("5 *", "15 *")
BROKEN = toy.REACH.replace("state.goal.pos", "state.gaol.pos")
RAISES = toy.REACH.replace("2 * distance", "2 * distance.reshape(7, -1)")


def names(*runs):
    return [str(run.folder) for run in runs]


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


def test_success_is_compared_on_the_same_episodes_where_both_were_judged_on_them(runs):
    found = compare(names(finished_run(runs, solved=12), finished_run(runs, AWAY, solved=20)), runs)
    one, other = (side.seen for side in found.sides)
    assert (one.success.k, one.episodes_of, one.apart, one.proved) == (12, "held-out", None, False)
    assert (other.success.k, other.sim_steps, other.proved, other.target) == (20, 4000, True, 0.9)
    expected = paired_difference([True] * 20, [True] * 12 + [False] * 8)
    assert (other.apart.low, other.apart.high) == (round(expected.low, 4), round(expected.high, 4))
    assert (other.apart.value, other.apart.pairs) == (0.4, 20)
    assert "paired" in other.apart.method


def test_other_seeds_and_lost_episodes_are_compared_as_independent(runs):
    first, other = finished_run(runs, solved=12), finished_run(runs, AWAY, solved=20, seed=4)
    expected = difference(Rate(20, 20), Rate(12, 20))
    for _ in range(2):
        apart = compare(names(first, other), runs).sides[1].seen.apart
        assert (apart.low, apart.high, apart.pairs) == (round(expected.low, 4), round(expected.high, 4), 0)
        assert "independent" in apart.method
        other = finished_run(runs, AWAY, solved=20)
        path = other.folder / "candidates/r1c1/s0/held_out.json"
        judged = json.loads(path.read_text())
        path.write_text(json.dumps([{**judged[0], "success_once": False}, *judged[1:]]))  # not what was recorded


def test_success_by_another_rule_has_no_difference(runs):
    found = compare(names(finished_run(runs), finished_run(runs, AWAY, judge="/x/mine.py")), runs)
    assert found.sides[1].seen.judge == "mine.py"
    assert found.sides[1].seen.apart is None
    assert found.sides[1].seen.unlike == "success was decided by different rules"


def test_terms_are_compared_on_the_same_stored_episodes(runs):
    found = compare(names(finished_run(runs), finished_run(runs, SCALED)), runs)
    assert found.steps == "480 steps of 24 stored episodes, of the policies of A and B"
    (near, nearer), (near_3, nearer_3) = (side.terms for side in found.sides)
    assert near_3.spread == pytest.approx(3 * near.spread, rel=1e-4)
    assert nearer_3.mean == pytest.approx(3 * nearer.mean, rel=1e-4)
    assert near.share + nearer.share == pytest.approx(1)
    assert (near.first, near.last) == (0.1, 0.4)


def test_epic_forgets_scale_and_knows_opposites_and_says_what_it_means(runs, tmp_path):
    scaled, away = tmp_path / "scaled.py", tmp_path / "away.py"
    scaled.write_text(SCALED)
    away.write_text(AWAY)
    found = compare([*names(finished_run(runs)), str(scaled), str(away)], runs)
    assert found.epic[0] == pytest.approx((0, 0, 1), abs=1e-3)
    assert found.epic[1][2] == found.epic[2][1] == pytest.approx(1, abs=1e-3)
    assert found.correlation[0] == pytest.approx((1, 1, -1), abs=1e-3)
    same, opposite = found.sentences
    assert same.startswith("A and B pay for the same, up to scale")
    assert opposite.startswith("A and C pay for opposite things (EPIC distance 1.00)")
    assert "opposite orders (rank correlation -1.00)" in opposite
    assert found.sides[2].seen is None
    json.dumps(found.to_json(), allow_nan=False)


def test_without_stored_episodes_random_behaviour_is_made_anew_and_is_the_same_each_time(runs, tmp_path):
    for name, program in (("one.py", toy.REACH), ("two.py", AWAY)):
        (tmp_path / name).write_text(program)
    files = [str(tmp_path / "one.py"), str(tmp_path / "two.py")]
    found = compare(files, runs, env="toy:TASK")
    assert found.steps == "1,024 steps of random behaviour, seed 0"
    assert found.epic[0][1] == pytest.approx(1, abs=1e-3)
    assert found.correlation == ()
    assert compare(files, runs, env="toy:TASK") == found
    with pytest.raises(UserError, match="Nothing says which task"):
        compare(files, runs)


def test_stored_episodes_of_a_task_that_has_changed_are_not_used(runs):
    one, other = finished_run(runs), finished_run(runs, AWAY)
    for run in (one, other):
        (run.folder / "candidates/r1c1/s0/trajectories.npz").write_bytes(b"nonsense")
    assert compare(names(one, other), runs).steps.endswith("random behaviour, seed 0")


@pytest.mark.parametrize(("program", "name"), [(BROKEN, "unknown-field"), (RAISES, "raised"), ("(", "source-text")])
def test_a_program_that_fails_its_checks_is_a_finding_and_the_others_are_shown(runs, tmp_path, program, name):
    bad = tmp_path / "bad.py"
    bad.write_text(program)
    found = compare([*names(finished_run(runs)), str(bad), *names(finished_run(runs, SCALED))], runs)
    assert not found.whole
    assert [bool(side.terms) for side in found.sides] == [True, False, True]
    assert found.sides[1].findings[0].name in (name, "syntax")
    assert found.epic[0][1] is None
    assert found.epic[0][2] == pytest.approx(0, abs=1e-3)
    assert len(found.diffs) == 2


def test_baselines_show_what_there_is(runs):
    expert = finished_run(runs, program=None, reward="expert", terms=("expert",))
    found = compare(names(expert, finished_run(runs)), runs)
    assert (found.sides[0].reward, found.sides[0].terms, found.diffs, found.epic) == ("expert", (), (), ())
    assert found.sides[0].curve.sim_steps == (1000, 2000, 3000, 4000)
    assert found.sides[1].seen.apart.pairs == 20
    assert "A is a baseline (expert reward)" in found.notes[0]
    both = compare(names(expert, expert), runs)
    assert both.steps == ""


def test_different_tasks_are_compared_as_text_and_it_says_so(runs):
    found = compare(names(finished_run(runs), finished_run(runs, AWAY, task="toy/other")), runs)
    assert found.task is None
    assert "different tasks (toy/reach, toy/other): compared as text only" in found.notes[0]
    assert (found.epic, found.sides[0].terms) == ((), ())
    assert found.sides[1].seen.unlike == "they are different tasks"
    assert found.diffs[0].lines


def test_a_task_that_is_gone_leaves_the_text_and_the_success(runs):
    found = compare(names(*(finished_run(runs, program, env="no_such:TASK") for program in (toy.REACH, AWAY))), runs)
    assert "Their task cannot be had: Cannot import 'no_such'" in found.notes[0]
    assert found.sides[1].seen.apart.pairs == 20


def test_what_is_named_is_found(runs, tmp_path):
    run = finished_run(runs)
    untrained = finished_run(runs, solved=None)
    candidate, program = chosen(run, None)
    entry = Library(tmp_path / "library").add(card_of(run, candidate, program), program)
    one, two, three, four = find_subjects(
        [run.folder.name, f"{run.folder.name}:r1c1", str(entry.folder), str(entry.path)], runs
    )
    assert one.name == two.name == f"{run.folder.name}:r1c1"
    assert three.entry.success == four.entry.success == run.held_out.success
    assert three.task == "toy/reach"
    assert "no policy: its latest program" in find_subjects([untrained.folder.name, run.folder.name], runs)[0].note
    assert compare([str(entry.folder), str(run.folder)], runs).sides[1].seen.apart.pairs == 0
    (entry.folder / "card.toml").write_text("nonsense")
    with pytest.raises(LibraryError, match=r"card.toml:1: is not TOML"):
        find_subjects([str(entry.path), run.folder.name], runs)


def test_what_cannot_be_found_names_the_nearest(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = finished_run(runs)
    name = run.folder.name
    (tmp_path / "mine.py").write_text(toy.REACH)
    with pytest.raises(UserError, match=r"nothing to compare\."):
        find_subjects([], runs)
    with pytest.raises(UserError, match="nothing to compare 'x' with"):
        find_subjects(["x"], runs)
    with pytest.raises(UserError, match="at most 8"):
        find_subjects([name] * 9, runs)
    with pytest.raises(UnknownNameError, match=f"Did you mean {name}"):
        find_subjects([name, name[:-2] + "zz"], runs)
    with pytest.raises(UnknownNameError, match=r"Did you mean mine.py"):
        find_subjects([name, "mien.py"], runs)
    with pytest.raises(UnknownNameError, match="Unknown candidate 'r1c3'. Did you mean r1c1"):  # noqa: RUF043
        find_subjects([name, f"{name}:r1c3"], runs)
    nothing = finished_run(runs, program=None, solved=None)
    with pytest.raises(UserError, match="has no program"):
        find_subjects([name, f"{nothing.folder.name}:r1c1"], runs)


def test_a_reward_of_nothing_but_shaping_has_no_distance(runs, tmp_path):
    shaping = "def compute_reward(state, action, prev):\n    return {'a': 0.97 * state.robot.ee_pos[:, 0] - prev.robot"
    (tmp_path / "shaping.py").write_text(shaping + ".ee_pos[:, 0]}\n")
    found = compare([*names(finished_run(runs)), str(tmp_path / "shaping.py"), *names(finished_run(runs, AWAY))], runs)
    assert found.epic[0][1] is None
    assert found.epic[0][2] == pytest.approx(1, abs=1e-3)
    assert found.notes == ("B is constant or potential-based shaping only, which EPIC takes out: it has no distance.",)
    assert found.correlation[0][1] is not None


def test_without_the_simulator_the_rest_is_compared(runs, tmp_path, monkeypatch):
    one, other = (finished_run(runs, program, episodes=False) for program in (toy.REACH, AWAY))

    def missing(*arguments):
        raise UserError("mani-skill is not installed.", "Install it.")

    monkeypatch.setattr("text2reward.agent.comparison.paid.Workers", missing)
    found = compare(names(one, other), runs)
    assert found.notes == ("What they pay cannot be compared: mani-skill is not installed. Install it.",)
    assert found.sides[1].seen.apart.pairs == 20
    (tmp_path / "mine.py").write_text(toy.REACH)
    with pytest.raises(UserError, match="mani-skill"):
        compare([str(tmp_path / "mine.py")] * 2, runs, env="toy:TASK")


@pytest.mark.parametrize("row", ["x,y,z,w", "1000,5,nan,2.0", "1000,5,0.5,inf", "1000"])
def test_curves_that_were_edited_into_nonsense_are_left_out(runs, row):
    run = finished_run(runs)
    (run.folder / "candidates/r1c1/s0/curves.csv").write_text(f"sim_steps,episodes,success,own_return\n{row}\n")
    found = compare(names(run, finished_run(runs, AWAY)), runs)
    assert found.sides[0].curve is None
    assert found.sides[0].terms[0].last is None
