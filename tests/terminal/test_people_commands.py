from __future__ import annotations

import io
import json
import re
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import toy
from protocol_server import answer, serving
from records import finished_run
from voted import run_of

from text2reward.agent import patience
from text2reward.agent.people.hearing import hear
from text2reward.cli import main
from text2reward.errors import UserError
from text2reward.record.events import Heard, Quote, RaterHeard
from text2reward.record.feedback import BestWorst, Comment, Edit, PairVote, append, read, standing
from text2reward.record.finding import Finding
from text2reward.record.reader import list_runs, load
from text2reward.record.words import counted, listed
from text2reward.record.writer import RecordWriter
from text2reward.terminal import plain, rating
from text2reward.terminal.looking import print_findings

FENCED = f"I reward being near.\n```python\n{toy.REACH}```"


def film(path):
    path.write_text(path.name)
    return SimpleNamespace(video=path)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of three candidates that all are filmed on three episodes."""
    found = run_of(tmp_path, {"r1c1": 10, "r1c2": 20, "r1c3": 15}, human="wait")

    def films(run, workers=None):
        ready = {name: {seed: film(run.folder / f"{name}-{seed}.mp4") for seed in (1, 2, 3)} for name in run.candidates}
        return SimpleNamespace(seeds=(1, 2, 3), ready=lambda: ready, make=pytest.fail)

    monkeypatch.setattr(rating, "rating_films", films)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return found


def typed(run, text, rater="anna", **more) -> list:
    assert rating.rate(str(run.folder), run.folder.parent, rater, io.StringIO(text), **more) == 0
    return read(run.folder)


def test_feedback_is_kept_with_its_candidate_and_its_author(run, capsys):
    assert main(["feedback", str(run.folder), "slower near the handle", "--candidate", "r1c2", "--as", "ben"]) == 0
    assert main(["feedback", str(run.folder), "--done", "--as", "ben"]) == 0
    assert [(each.said, each.rater) for each in read(run.folder)] == [
        (Comment("slower near the handle", "r1c2"), "ben"),
        (Comment("", "", ("done",)), "ben"),
    ]
    first, then = capsys.readouterr().out.splitlines()
    assert "it waits for ben: text2reward feedback" in first
    assert "The run takes it at the end of its round." in then


BAD = {
    "no words": (["feedback"], "Nothing is said."),
    "only spaces": (["feedback", "  "], "Nothing is said."),
    "unknown candidate": (["feedback", "x", "--candidate", "r1c9"], "Unknown candidate 'r1c9'"),
    "too long": (["feedback", "x" * 10_001], "The text has 10,001 characters; at most 10,000 are taken."),
    "control characters": (["feedback", "\x1b[31mred"], "holds control characters"),
    "no name": (["feedback", "x", "--as", " "], "A rater's name has 1 to 60 printable characters."),
    "no editor": (["edit"], "No editor is known."),
    "no file": (["edit", "--file", "gone.py"], "Cannot read gone.py"),
    "refine without words": (["refine", " "], "Nothing is said."),
    "refine a missing candidate": (["refine", "x", "--candidate", "r9c9"], "Unknown candidate"),
    "refine for one round": (["refine", "x", "--rounds", "1"], "nothing would improve on it"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_keeps_nothing(words, said, run, capsys, monkeypatch):
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    assert main([words[0], str(run.folder), *words[1:]]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert read(run.folder) == []
    assert list_runs(run.folder.parent) == [run.folder]


def test_who_is_done_but_was_not_waited_for_is_told_so(run, capsys):
    append(run.folder, Comment("slower"), "anna")
    assert main(["feedback", str(run.folder), "--done", "--as", "ana"]) == 0
    out = capsys.readouterr().out
    assert "ana had said nothing since the run last listened." in out
    assert "it waits for anna:" in out


def test_how_much_of_long_words_a_model_is_told(run, capsys):
    assert main(["feedback", str(run.folder), "x" * 1_501]) == 0
    assert "is told the first 1,500 of these 1,501 characters." in capsys.readouterr().out


def test_show_says_whom_people_like_and_whether_that_decided(run, capsys):
    for seed in (1, 2, 3):
        append(run.folder, PairVote("r1c2", "r1c3", seed, "right"), "anna")
    with closing(RecordWriter(run.folder)) as writer:
        writer.append(hear(run, read(run.folder), 1))
    assert main(["show", str(run.folder)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"After 3 votes people like, best first: r1c3 \(\+\d\.\d\d\), r1c2 \(-\d\.\d\d\);", out)
    assert "they chose r1c3, success alone r1c2." in out
    assert main(["show", str(run.folder), "--json"]) == 0
    people = json.loads(capsys.readouterr().out)["people"]
    assert (people["votes"], people["best_by_success"]) == (3, "r1c2")
    assert [each["candidate"] for each in people["order"]] == ["r1c3", "r1c2"]


def test_every_answer_is_kept_before_the_next_question(run):
    said = typed(run, "\n1\nthe other trembles\n2 too fast\n=\n\nx\n\nskip\nquit\n")
    votes = [each.said for each in standing(said)]
    assert [vote.choice for vote in votes] == ["left", "right", "same", "neither", "skip"]
    assert [vote.text for vote in votes] == ["the other trembles", "too fast", "", "", ""]
    assert {each.rater for each in said} == {"anna"}
    assert len({(*sorted((v.left, v.right)), v.seed) for v in votes}) == 5


def test_what_was_answered_is_kept_when_the_input_ends(run):
    assert [each.said.choice for each in typed(run, "1")] == ["left"]
    assert len(typed(run, "")) == 1


def test_undo_takes_the_last_answer_back_and_asks_again(run, capsys):
    said = typed(run, "1 one\nUNDO\n2 two\nundo\nundo\nquit\n")
    assert standing(said) == []
    first, second = (each.said for each in said if isinstance(each.said, PairVote))
    assert (first.left, first.right, first.seed) == (second.left, second.right, second.seed)
    out = capsys.readouterr().out
    assert 'Taken back: the answer that left is better: "one".' in out
    assert "There is nothing to take back." in out


def test_feedback_takes_back_the_last_thing_a_person_said_and_says_what(run, capsys):
    folder = str(run.folder)
    main(["feedback", folder, "slower near the handle", "--candidate", "r1c2", "--as", "ben"])
    main(["feedback", folder, "--done", "--as", "ben"])
    main(["feedback", folder, "mine", "--as", "anna"])
    capsys.readouterr()
    assert main(["feedback", folder, "--undo", "--as", "ben"]) == 0
    assert main(["feedback", folder, "--undo", "--as", "ben"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Taken back: the word that the round is done, by ben.",
        'Taken back: the comment on r1c2: "slower near the handle", by ben.',
    ]
    assert [each.rater for each in standing(read(run.folder))] == ["anna"]
    assert main(["feedback", folder, "--undo", "--as", "ben"]) == 2
    assert "There is nothing to take back." in capsys.readouterr().err
    assert main(["feedback", folder, "more", "--undo", "--as", "anna"]) == 2
    assert "--undo goes with --as alone." in capsys.readouterr().err
    assert len(standing(read(run.folder))) == 1


def test_what_a_round_has_heard_is_not_taken_back_and_the_terminal_says_so(run, capsys):
    said = typed(run, "1 one\nquit\n")
    writer = RecordWriter(run.folder)
    writer.append(Heard(1, lines=(said[0].id,)))
    writer.close()
    said = typed(run, "undo\nquit\n")
    assert len(said) == 1
    assert main(["feedback", str(run.folder), "--undo", "--as", "anna"]) == 2
    out, error = capsys.readouterr()
    refused = 'Cannot be taken back: the answer that left is better: "one". The run heard it after round 1'
    assert refused in out
    assert refused in error
    assert len(read(run.folder)) == 1


def test_numbers_agree_with_what_they_count(capsys):
    quote = Quote("a", "anna", "r1c1", ("r1c1",), "slower")
    assert list(plain.heard(Heard(1, quotes=(quote,), raters=(RaterHeard("anna", 1),)))) == [
        "people: 1 vote, 1 remark, 0 edited programs"
    ]
    print_findings(Path("reward.py"), [Finding("constant-term", "a term", 2, "warning")])
    assert "passes all checks, with 1 warning\n" in capsys.readouterr().out
    assert [counted(1, "policy", "policies"), counted(2000, "policy", "policies")] == ["1 policy", "2,000 policies"]
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_done_lets_the_run_go_on_and_nonsense_is_asked_again(run, capsys):
    said = typed(run, "better\ndone\n")
    assert [each.said for each in said] == [Comment("", "", ("done",))]
    assert "Not understood: 'better'" in capsys.readouterr().out


def test_all_pairs_are_asked_and_then_no_more(run, capsys):
    said = typed(run, "1 a\n" * 30)
    votes = [each.said for each in said]
    assert len([vote for vote in votes if not vote.repeats]) == 9
    assert len([vote for vote in votes if vote.repeats]) == 1
    assert "You have judged every pair." in capsys.readouterr().out


def test_the_films_shown_do_not_say_whose_they_are(run, capsys):
    typed(run, "1 a\nskip\nquit\n")
    shown = [Path(path) for path in re.findall(r"  \d  (\S+\.mp4)", capsys.readouterr().out)]
    assert len(set(shown)) == 6  # a player does not take one showing for another
    assert not any("r1c" in str(path) for path in shown)
    assert not any(path.is_symlink() for path in run.folder.glob("watching/*"))
    assert sorted(run.folder.glob("watching/*")) == sorted(shown[4:])  # those of the last showing
    assert len({path.read_text() for path in shown[4:]}) == 2


def test_best_and_worst_of_all_are_kept_with_the_order_they_were_shown_in(run, capsys):
    said = typed(run, "3 1\nthe first trembles\n1 2 too fast\nquit\n", best_and_worst=True)
    first, second = (each.said for each in standing(said))
    assert isinstance(first, BestWorst)
    assert sorted(first.shown) == sorted(second.shown) == ["r1c1", "r1c2", "r1c3"]
    assert (first.best, first.worst, first.text) == (first.shown[2], first.shown[0], "the first trembles")
    assert (second.best, second.worst, second.text) == (second.shown[0], second.shown[1], "too fast")
    assert first.seed != second.seed  # what was asked least comes first
    shown = re.findall(r"  (\d)  (\S+\.mp4)", capsys.readouterr().out)
    assert [number for number, _ in shown] == ["1", "2", "3"] * 3
    assert not any("r1c" in path for _, path in shown)


def test_a_ranking_is_undone_skipped_and_asked_again_where_it_is_nonsense(run, capsys):
    said = typed(run, "1 2 one\nundo\n2 1 two\nundo\nundo\n1 1\n4 1\n1\nskip\n1 3\n\ndone\n", best_and_worst=True)
    one, two, three = (each.said for each in said if isinstance(each.said, BestWorst))
    assert (one.shown, one.seed) == (two.shown, two.seed)  # the same films came again
    assert (one.best, two.best) == (one.shown[0], one.shown[1])
    assert three.seed != one.seed  # it was skipped
    assert [each.said for each in standing(said)] == [three, Comment("", "", ("done",))]
    out = capsys.readouterr().out
    assert "There is nothing to take back." in out
    assert out.count("Not understood") == 3
    assert "Kept: 1 answer of anna." in out


def test_undo_leaves_the_answers_of_the_other_mode_alone(run):
    typed(run, "1 a\nquit\n")
    typed(run, "undo\n1 2 b\nquit\n", best_and_worst=True)
    (pair, ranking) = (each.said for each in standing(typed(run, "quit\n")))
    assert (pair.text, ranking.text) == ("a", "b")


def test_two_policies_make_no_ranking(tmp_path, run, monkeypatch, capsys):
    ready = {name: {1: film(run.folder / f"{name}.mp4")} for name in ("r1c1", "r1c2")}
    two = SimpleNamespace(seeds=(1,), ready=lambda: ready, make=lambda owed, told: ())
    monkeypatch.setattr(rating, "rating_films", lambda run: two)
    assert main(["rate", str(run.folder), "--best-and-worst"]) == 2
    assert "There are no three policies to compare." in capsys.readouterr().err


def test_a_copy_is_rated_with_the_films_that_came_along(run, monkeypatch, capsys):
    def make(owed, told):
        raise UserError("Nothing can be drawn here.")

    ready = {name: {1: film(run.folder / f"{name}.mp4")} for name in ("r1c1", "r1c2")}
    some = SimpleNamespace(seeds=(1, 2), ready=lambda: ready, make=make)
    monkeypatch.setattr(rating, "rating_films", lambda run: some)
    assert len(typed(run, "1 a\nquit\n")) == 1
    assert capsys.readouterr().err.count("Only the films that are there are shown.") == 1
    monkeypatch.setattr(rating, "rating_films", lambda run: SimpleNamespace(seeds=(1,), ready=dict, make=make))
    assert main(["rate", str(run.folder)]) == 2
    assert capsys.readouterr().err.endswith("text2reward: Nothing can be drawn here.\n")


def test_questions_are_asked_as_soon_as_two_films_are_there(run, monkeypatch):
    ready = {}

    def make(owed, told):
        assert [each.id for each in owed] == ["r1c1", "r1c2", "r1c3"]
        for name in ("r1c1", "r1c2"):
            time.sleep(0.3)  # longer than the command waits for what goes wrong at once
            ready[name] = {1: film(run.folder / f"{name}.mp4")}
            told(ready[name])
        while not read(run.folder):  # the third film is not needed for the first answer
            time.sleep(0.02)
        ready["r1c3"] = {1: film(run.folder / "r1c3.mp4")}

    def readline():
        return "1 a\n" if len(read(run.folder)) < 3 else "quit\n"

    monkeypatch.setattr(rating, "rating_films", lambda run: SimpleNamespace(seeds=(1,), ready=lambda: ready, make=make))
    rating.rate(str(run.folder), run.folder.parent, "anna", SimpleNamespace(readline=readline))
    pairs = [{each.said.left, each.said.right} for each in read(run.folder)]
    assert pairs[0] == {"r1c1", "r1c2"}
    assert len(pairs) == 3


def test_fewer_than_two_policies_cannot_be_compared(tmp_path, monkeypatch, run):
    empty = SimpleNamespace(seeds=(), ready=dict, make=lambda owed, told: ())
    monkeypatch.setattr(rating, "rating_films", lambda run: empty)
    assert main(["rate", str(run.folder)]) == 2


def test_an_edit_goes_through_the_checks_and_is_kept(run, tmp_path, monkeypatch, capsys):
    script = tmp_path / "editor.py"
    script.write_text("import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t.replace('5 *', '6 *'))\n")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)
    words = ["edit", str(run.folder), "--candidate", "r1c1", "--as", "ben"]
    assert main([*words, "--words", "nearer counts more"]) == 0
    (kept,) = read(run.folder)
    assert isinstance(kept.said, Edit)
    assert (kept.said.parent, kept.rater, kept.said.text) == ("r1c1", "ben", "nearer counts more")
    assert '"nearer": 6 *' in kept.said.program
    (tmp_path / "wrong.py").write_text(toy.REACH.replace("ee_pos", "eepos"))
    assert main([*words, "--file", str(tmp_path / "wrong.py")]) == 1
    assert "did you mean state.robot.ee_pos?" in capsys.readouterr().out
    (tmp_path / "same.py").write_text(run.candidate("r1c1").program)
    assert main([*words, "--file", str(tmp_path / "same.py")]) == 2
    assert len(read(run.folder)) == 1


def test_refine_takes_along_what_the_other_run_did_not_hear(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    parent = run_of(tmp_path, {"r1c1": 20, "r1c2": 19}, human="async")
    heard_before = append(parent.folder, Comment("heard before", "r1c1"), "anna")
    with closing(RecordWriter(parent.folder)) as writer:
        writer.append(hear(parent, [heard_before], 1))
    append(parent.folder, Comment("it trembles", "r1c2"), "anna")
    append(parent.folder, Comment("mind the frame"), "anna")
    append(parent.folder, PairVote("r1c1", "r1c2", 1, "right"), "anna")
    append(parent.folder, Edit("r1c2", toy.REACH.replace("5 *", "7 *"), "nearer counts"), "ben")
    append(parent.folder, Edit("r1c1", toy.REACH.replace("5 *", "8 *")), "ben")
    small = "--steps 1000 --held-out 5 --candidates 1 --rounds 2 --jobs 1 --ppo.n-envs 4 --ppo.n-steps 32".split()
    with serving(answer(FENCED.replace("5 *", "6 *"))) as server:
        model = ["--model", "openai/x", "--base-url", server.url, "--runs-dir", str(tmp_path), "--display", "none"]
        assert main(["refine", str(parent.folder), "slower", "--as", "cleo", *small, *model]) in (0, 1)
    assert "did not hear them: 2 remarks, 2 edited programs" in capsys.readouterr().err
    run = load(next(folder for folder in list_runs(tmp_path) if folder != parent.folder))
    assert run.started.parent_candidate == "r1c2"  # as people like it best now, and success does not tell them apart
    drafts = {name: (each.draft.author, each.draft.parent) for name, each in run.candidates.items()}
    assert list(drafts.items())[1:3] == [("r1c2", ("ben", "r1c1")), ("r1c3", ("ben", None))]
    assert "7 *" in run.candidate("r1c2").program
    assert run.candidate("r1c3").draft.note == "r1c1 of the run before, edited by ben"
    asked = server.requests[0]["messages"][-1]["content"]
    assert "About r1c1, the program that was given:" in asked
    assert "About the run before this one:" in asked
    assert all(words in asked for words in ("it trembles", "mind the frame", "slower"))
    assert "heard before" not in asked


def test_refine_starts_from_the_best_program_and_tells_the_words(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    parent = finished_run(tmp_path)
    small = "--steps 1000 --held-out 5 --candidates 1 --rounds 2 --jobs 1 --ppo.n-envs 4 --ppo.n-steps 32".split()
    with serving(answer(FENCED.replace("5 *", "6 *"))) as server:
        model = ["--model", "openai/x", "--base-url", server.url, "--runs-dir", str(tmp_path), "--json"]
        code = main(["refine", str(parent.folder), "slower near the goal", "--as", "ben", *small, *model])
    assert code in (0, 1)
    run = load(next(folder for folder in list_runs(tmp_path) if folder != parent.folder))
    assert json.loads(capsys.readouterr().out)["run"] == str(run.folder)
    assert (run.started.parent, run.started.parent_candidate) == (parent.folder.name, "r1c1")
    assert run.started.command.startswith(f"text2reward refine {parent.folder} 'slower near the goal'")
    assert "--init" not in run.started.command
    assert run.candidate("r1c1").program == parent.best.program
    assert run.config["seed"] == 3
    asked = server.requests[0]["messages"][-1]["content"]
    assert "slower near the goal" in asked
    assert "About r1c1, the program that was given:" in asked
    assert main(["show", str(run.folder)]) == 0
    assert f"refined from r1c1 of {parent.folder.name}" in capsys.readouterr().out
