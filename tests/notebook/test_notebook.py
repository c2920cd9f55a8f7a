"""What load() gives: policies, terms, plots, and views in which nothing that a model wrote is markup."""

from __future__ import annotations

import subprocess
import sys
from html import escape
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "exporting"))
from recorded import PROGRAM, finished_run

import text2reward
from text2reward.errors import UserError
from text2reward.record.curves import CurvePoint
from text2reward.record.terms import ABOUT_REST, TermTable

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    terms = {"reach": 0.5, "pay$": -0.1, HOSTILE: 0.4}
    names = {"instruction": HOSTILE, "author": HOSTILE, "note": HOSTILE}
    return finished_run(runs, "metaworld/drawer-close-v3", f"# {HOSTILE}\n{PROGRAM}", terms=terms, **names).folder


def test_a_candidate_has_its_policy(folder):
    run = text2reward.load(folder)
    assert run.best is run.candidate("r1c1")
    observations = np.random.default_rng(0).normal(size=(5, 39)).astype(np.float32)
    actions = run.best.policy(observations)
    assert actions.shape == (5, 4)
    assert np.abs(actions).max() <= 1
    np.testing.assert_allclose(run.best.policy(observations[:1]), actions[:1], atol=1e-6)
    assert repr(run.best.policy) == "<Policy of PPO: observations (N, 39) -> actions (N, 4)>"
    assert repr(run.best) == f"<Candidate r1c1: {run.best.outcome}>"


def test_nothing_heavy_is_loaded_before_it_is_asked_for(folder):
    code = (
        "import sys, text2reward\n"
        "run = text2reward.load(sys.argv[1])\n"
        "run._repr_html_(), run.best._repr_html_(), run.best.program, list(run.best.terms)\n"
        "print([name for name in ('torch', 'gymnasium', 'matplotlib', 'stable_baselines3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_terms_are_a_table(folder):
    table = text2reward.load(folder).best.terms
    assert [term.name for term in table] == ["reach", "pay$", HOSTILE]
    assert table["reach"].mean == 1.0  # after the second rollout, from which the policy was kept
    assert [term.share for term in table] == pytest.approx([0.5, 0.1, 0.4])
    assert str(table).splitlines()[0].split() == ["term", "mean", "spread", "share"]
    assert table.to_dicts()[1] == {"name": "pay$", "mean": -0.2, "spread": -0.1, "share": pytest.approx(0.1)}
    with pytest.raises(UserError, match=r"Unknown term 'reech'. Did you mean reach\?"):
        table["reech"]
    assert TermTable.of([]).rows == ()
    assert ABOUT_REST not in str(table) + table._repr_html_()
    left = TermTable.of([CurvePoint(1, 1, None, None, {"a": 1.0, "rest": 0.5}, {})])
    assert str(left).endswith(f"\n{ABOUT_REST}")
    assert escape(ABOUT_REST) in left._repr_html_()
    assert TermTable.of([CurvePoint(1, 1, None, None, {"a": 0.0}, {"a": 0.0})])["a"].share == 0.0


def test_a_table_is_a_data_frame_where_pandas_is_installed(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UserError, match=r"pandas is not installed. pip install pandas, or use .to_dicts\(\)."):
        text2reward.load(folder).best.terms.to_pandas()


def test_views_escape_what_others_wrote(folder):
    run = text2reward.load(folder)
    for html in (run._repr_html_(), run.best._repr_html_(), run.best.terms._repr_html_()):
        assert "<script" not in html
        assert "&lt;" in html
    assert "r1c1 ★" in run._repr_html_()
    assert "closeness" in run.best._repr_html_()
    assert "held-out episodes" in run._repr_html_()


def test_plots_are_pictures(folder, tmp_path):
    run = text2reward.load(folder)
    for plot in (run.plot(), run.best.plot()):
        assert plot._repr_png_().startswith(b"\x89PNG")
    assert len(run.best.plot().figure.axes) == 3
    assert repr(run.plot()).startswith("<Plot of success while exploring: ")
    assert "<Plot of success while exploring, own return, terms, mean a step: " in repr(run.best.plot())
    run.best.plot().save(tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")


def test_without_matplotlib_a_plot_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match="Matplotlib is not installed"):
        text2reward.load(folder).plot()


def test_a_program_of_a_candidate_is_wrapped_with_its_runs_task(folder):
    import gymnasium
    import metaworld  # noqa: F401 - registers it

    run = text2reward.load(folder)
    for program in (run, run.best):
        bare = gymnasium.make("Meta-World/MT1", env_name="drawer-close-v3", disable_env_checker=True)
        env = text2reward.wrap(bare, program, locked=False)
        env.reset(seed=0)
        assert set(env.step(np.zeros(4, np.float32))[4]["reward_terms"]) == {"reach", "class", "fields"}
        env.close()


def test_export_from_python(folder, tmp_path):
    run = text2reward.load(finished_run(tmp_path, "metaworld/drawer-close-v3").folder)
    assert (text2reward.export(run, tmp_path / "out") / "README.md").is_file()
    with pytest.raises(UserError, match=r"The record names a term 'pay\$', which no program can"):
        text2reward.export(text2reward.load(folder), tmp_path / "other")
