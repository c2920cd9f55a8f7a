from __future__ import annotations

import itertools
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import httpx
import pytest
import served
import toy

from text2reward.errors import RecordError, RenderError, UserError
from text2reward.record.curves import to_csv
from text2reward.record.events import AwaitsPeople, Drafted, Edited, Filmed, Heard, RoundFinished, RunFinished, Video
from text2reward.record.feedback import BestWorst, Comment, Edit, PairVote, Undo, append, read, standing
from text2reward.web.serve import Server
from text2reward.web.serve import desk as desk_module
from text2reward.web.serve.grid import next_grid
from text2reward.web.serve.guard import HEADERS
from text2reward.web.serve.server import Filmer

PAGES = ["/", "/rate", "/rate/best-worst", "/candidate/r1c1", "/static/page.js", "/api/overview", "/api/exchange/r1c1"]
SEED = served.SEEDS[0]
FILMS = [f"/film/r1c1/{SEED}.mp4", f"/film/r1c1/{SEED}.json"]
POSTS = ["next", "vote", "best-worst", "undo", "done", "comment", "check", "edit"]


@pytest.fixture
def client(server):
    with httpx.Client(
        base_url=server.address.partition("?")[0], follow_redirects=True, timeout=30, verify=False
    ) as opened:
        assert opened.get(server.address).status_code == 200
        yield opened


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A client of a run that nothing is written to; ``folder`` is the run's."""
    writer = served.written(tmp_path_factory.mktemp("runs"))
    with (
        served.serving(writer.folder) as server,
        httpx.Client(follow_redirects=True, timeout=30, verify=False) as opened,
    ):
        opened.base_url = server.address.partition("?")[0]
        assert opened.get(server.address).status_code == 200
        opened.folder, opened.address = writer.folder, server.address
        yield opened
        assert not read(writer.folder)
    writer.close()


def post(client, name, **body):
    return client.post(f"/api/{name}", json=body)


def shown(client, rater="Ada", mode="pair"):
    answer = post(client, "next", rater=rater, mode=mode)
    assert answer.status_code == 200, answer.text
    return answer.json()


def vote(client, name, rater="Ada", choice="left", nonce="n1", **more):
    return post(client, "vote", rater=rater, id=name, choice=choice, nonce=nonce, **more)


def test_without_the_token_nothing_is_shown_and_nothing_is_taken(still):
    root = still.address.partition("?")[0]
    outside = httpx.Client(verify=False)
    for given in ("", "?token=", "?token=wrong", "?token=%ff"):
        for path in [*PAGES, *FILMS, "/nowhere"]:
            answer = outside.get(root.rstrip("/") + path + given)
            assert (answer.status_code, "text2reward serve" in answer.text) == (403, True), path
            assert "r1c1" not in answer.text
        for name in POSTS:
            assert outside.post(f"{root}api/{name}{given}", json={"rater": "Eve", "text": "x"}).status_code == 403
    token = still.address.partition("token=")[2]
    stolen = outside.post(f"{root}api/comment?token={token}", json={"rater": "Eve", "text": "x"})
    assert stolen.status_code == 403  # the address opens the page; only the cookie writes
    outside.close()
    assert not read(still.folder)


def test_the_token_leaves_the_address_and_stays_in_a_cookie_that_scripts_cannot_read(still):
    answer = httpx.get(still.address, verify=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    elsewhere = httpx.get(still.address.replace("/?", "//evil.example/?"), verify=False)
    assert elsewhere.headers["location"] == "/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "", "[::1", "localhost@evil"])
def test_a_foreign_name_is_refused_even_with_the_cookie(still, host):
    assert still.get("/", headers={"Host": host}).status_code in (400, 403)


def test_a_tunnel_may_end_at_another_port(still):
    assert still.get("/", headers={"Host": "localhost:9999"}).status_code == 200


def test_another_page_cannot_write_in_a_rater_s_name(still):
    body = {"rater": "Ada", "text": "x"}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert still.post("/api/comment", json=body, headers=headers).status_code == 403
    plain = still.post("/api/comment", content=json.dumps(body), headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert not read(still.folder)


def test_every_answer_carries_the_policy_and_no_page_has_a_script_of_its_own(still):
    for path in [*PAGES, *FILMS, "/nowhere", "/candidate/r9c9"]:
        answer = still.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        if "html" in answer.headers["content-type"]:
            assert "<script>" not in answer.text
            assert " onclick" not in answer.text
            assert "http://" not in answer.text.replace(served.HOSTILE, "")
    assert "unsafe-inline" not in HEADERS["Content-Security-Policy"].replace("style-src-attr 'unsafe-inline'", "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../guard.py",
        "/static/..%2Fguard.py",
        "/static/%2e%2e%2fguard.py",
        "/static//etc/passwd",
        "/film/../config.json",
        f"/film/..%2f..%2fevents/{SEED}.mp4",
        f"/film/r1c1/{SEED}.jsonl",
        "/film/r1c1/12345.mp4",
        "/film/r1c1/-1.mp4",
        "/video/r1c1/0.mp4",
        "/video/r1c1/99999999999999999999.mp4",
        "/shown/nobody/0.mp4",
        "/candidate/..%2f..",
        "/api/exchange/..%2fconfig",
    ],
)
def test_no_path_in_an_address_reaches_the_disk(still, path):
    answer = still.get(path)
    assert answer.status_code == 404, answer.text
    assert "Traceback" not in answer.text


def test_a_record_that_names_a_file_outside_its_folder_gets_nobody_that_file(client, writer, tmp_path):
    (tmp_path / "secret.mp4").write_text("secret")
    (writer.folder / "inside.mp4").symlink_to(tmp_path / "secret.mp4")
    paths = ["../secret.mp4", str(tmp_path / "secret.mp4"), "inside.mp4", "config.json"]
    writer.append(Filmed("r1c1", tuple(Video(path, "best", True) for path in paths)))
    for place in range(len(paths)):
        assert client.get(f"/video/r1c1/{place}.mp4").status_code == 404
    page = client.get("/candidate/r1c1")
    assert page.status_code == 503
    assert "is no file in that folder" in page.text


def test_a_film_that_is_a_link_to_another_folder_is_not_served(client, writer, tmp_path):
    film = writer.folder / "candidates/r1c1/s0/rating" / FILMS[0].rpartition("/")[2]
    (tmp_path / "elsewhere.mp4").write_bytes(film.read_bytes())
    assert client.get(FILMS[0]).status_code == 200
    film.unlink()
    film.symlink_to(tmp_path / "elsewhere.mp4")
    assert client.get(FILMS[0]).status_code == 404


def test_films_can_be_sought_in(still):
    whole = still.get(FILMS[0])
    part = still.get(FILMS[0], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert still.get(FILMS[1]).json()["frames"] == served.FRAMES


def test_ten_megabytes_are_refused_before_they_are_read(server, client, writer):
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = f"POST /api/comment HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n"
    with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as raw:
        raw.sendall(f"{head}Content-Length: 10485760\r\n\r\n".encode())
        assert b" 413 " in raw.recv(100)  # before a byte of the body was sent
    with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as raw:
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(9):
            raw.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        assert b" 413 " in raw.recv(100)
    for length in ("-1", "x", "99999999999999999999999"):
        with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as raw:
            raw.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
            assert raw.recv(100).split()[1] in (b"413", b"400")
    assert not read(writer.folder)
    assert post(client, "comment", rater="Ada", text="still there").status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 20_000, b'{"rater": NaN}'])
@pytest.mark.parametrize("name", ["vote", "comment", "next"])
def test_what_is_not_a_json_object_is_refused_in_words(still, name, body):
    answer = still.post(f"/api/{name}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("next", {"rater": "Ada", "mode": "all"}),
        ("next", {"rater": " ", "mode": "pair"}),
        ("next", {"rater": "x" * 61, "mode": "pair"}),
        ("next", {"rater": "a\nb", "mode": "grid"}),
        ("next", {"rater": 7, "mode": "pair"}),
        ("vote", {"rater": "Ada", "id": "unknown", "choice": "left"}),
        ("vote", {"rater": "Ada", "id": "unknown", "choice": "both"}),
        ("best-worst", {"rater": "Ada", "id": "x", "best": True, "worst": 1}),
        ("undo", {"rater": "Ada", "of": "unknown"}),
        ("comment", {"rater": "Ada", "text": "  "}),
        ("comment", {"rater": "Ada", "text": "x", "candidate": "r9c9"}),
        ("comment", {"rater": "Ada", "text": "x", "tags": "done"}),
        ("comment", {"rater": "Ada", "text": "x" * 10_001}),
        ("comment", {"rater": "Ada", "text": "\u0000"}),
        ("edit", {"rater": "Ada", "parent": "../x", "program": "x"}),
        ("edit", {"rater": "Ada", "parent": "r1c1", "program": " "}),
        ("check", {"program": None}),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words_and_not_written(still, name, body):
    answer = post(still, name, **body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True), answer.text
    assert not read(still.folder)


def test_a_vote_is_on_the_disk_before_the_page_says_thanks(client, writer):
    pair = shown(client)
    answer = vote(client, pair["id"], text="slower <b>", tags=["jerky", "jerky", " "], seconds=3.21)
    written = read(writer.folder)
    assert [each.id for each in written] == [answer.json()["thanks"]]
    said = written[0].said
    assert isinstance(said, PairVote)
    assert (said.choice, said.text, said.tags, said.seconds, said.seed in served.SEEDS) == (
        "left",
        "slower <b>",
        ("jerky",),
        3.2,
        True,
    )
    assert answer.json()["progress"] == {"mine": 1, "all": 1, "raters": 1, "repeated": 0, "alike": 0}


def test_nothing_that_is_sent_to_a_rater_names_a_candidate(still):
    for mode in ("pair", "grid"):
        answer = shown(still, mode=mode)
        assert "r1c" not in json.dumps(answer)
        for film in answer["films"]:
            assert still.get(film["video"]).status_code == 200
            assert "r1c" not in still.get(film["strip"]).text
            assert "r1c" not in str(still.head(film["video"]).headers)


def test_two_tabs_show_the_same_pair_and_the_second_answer_is_not_counted(client, writer):
    first, second = shown(client), shown(client)
    assert first["id"] == second["id"]
    assert vote(client, first["id"]).status_code == 200
    again = vote(client, second["id"], choice="right", nonce="n2")
    assert (again.status_code, again.json()["answered"]) == (409, True)
    assert "another tab" in again.json()["error"]
    assert vote(client, first["id"]).status_code == 200  # the same vote sent again because its thanks were lost
    assert len(read(writer.folder)) == 1
    assert shown(client)["id"] != first["id"]


def test_nobody_answers_for_another_rater(client, writer):
    assert vote(client, shown(client)["id"], rater="Eve").status_code == 400
    assert not read(writer.folder)


def test_undo_is_a_line_more_and_shows_the_pair_again(client, writer):
    pair = shown(client)
    given = vote(client, pair["id"]).json()["thanks"]
    assert post(client, "undo", rater="Eve", of=given).status_code == 400
    undone = post(client, "undo", rater="Ada", of=given, nonce="u1")
    assert undone.json()["progress"]["mine"] == 0
    assert post(client, "undo", rater="Ada", of=given, nonce="u1").status_code == 200
    assert post(client, "undo", rater="Ada", of=given, nonce="u2").status_code == 400
    assert vote(client, shown(client)["id"], choice="right", nonce="n2").status_code == 200
    lines = [each.said for each in read(writer.folder)]
    assert [type(line) for line in lines] == [PairVote, Undo, PairVote]
    assert isinstance(lines[0], PairVote)
    assert isinstance(lines[2], PairVote)
    assert (lines[0].left, lines[0].right, lines[0].seed) == (lines[2].left, lines[2].right, lines[2].seed)
    assert len(standing(read(writer.folder))) == 1


def test_a_server_started_anew_undoes_the_last_answer_on_record_and_gives_its_words_back(client, writer):
    append(writer.folder, PairVote("r1c1", "r1c2", SEED, "left"), "Ada")
    last = append(writer.folder, PairVote("r1c4", "r1c2", SEED, "right", "slower", ("jerky", "mine")), "Ada")
    append(writer.folder, Comment("not an answer"), "Ada")
    append(writer.folder, PairVote("r1c1", "r1c3", SEED, "same"), "Bob")
    assert shown(client)["no_undo"] == ""
    undone = post(client, "undo", rater="Ada", mode="pair", nonce="u").json()
    assert (undone["words"], undone["tags"]) == ("slower", ["jerky", "mine"])
    assert undone["undone"] == 'the answer that right is better: "slower" [jerky, mine]'
    assert post(client, "undo", rater="Ada", mode="pair", nonce="u").json() == undone  # its thanks were lost
    assert vote(client, shown(client)["id"], choice="neither").status_code == 200
    again = read(writer.folder)[-1].said
    assert (again.left, again.right, again.seed) == (last.said.left, last.said.right, last.said.seed)
    assert last not in standing(read(writer.folder))
    assert shown(client, "Eve")["no_undo"] == shown(client, mode="grid")["no_undo"] == "There is nothing to take back."
    assert post(client, "undo", rater="Ada", mode="grid").status_code == 400
    writer.append(Heard(1, lines=tuple(each.id for each in standing(read(writer.folder)))))
    assert "The run heard it after round 1" in shown(client)["no_undo"]
    refused = post(client, "undo", rater="Ada", mode="pair")
    assert (refused.status_code, "The run heard it after round 1" in refused.json()["error"]) == (400, True)


def test_comments_and_edits_are_taken_back_until_the_run_has_heard_them(client, writer):
    first = post(client, "comment", rater="Ada", text="slower", candidate="r1c1").json()["thanks"]
    second = post(client, "edit", rater="Ada", parent="r1c2", program=toy.REACH).json()["thanks"]
    third = post(client, "comment", rater="Ada", text="and longer").json()["thanks"]
    writer.append(Heard(1, lines=(first,)))
    html = client.get("/api/overview").json()["parts"][-1]["html"]
    assert re.findall('data-of="(.*?)" data-rater="Ada"', html) == [third, second]
    assert html.count("heard after round 1") == 1
    assert f'data-of="{second}"' in client.get("/candidate/r1c2").text
    assert "heard after round 1" in client.get("/candidate/r1c1").text
    refused = post(client, "undo", rater="Ada", of=first)
    assert (refused.status_code, "The run heard it after round 1" in refused.json()["error"]) == (400, True)
    assert post(client, "undo", rater="Bob", of=second).status_code == 400
    assert post(client, "undo", rater="Ada", of=second).json()["undone"] == "the edit of r1c2"
    back = post(client, "undo", rater="Ada", of=third).json()
    assert (back["undone"], back["words"]) == ('the comment on the run: "and longer"', "and longer")
    assert [each.id for each in standing(read(writer.folder))] == [first]


def test_best_and_worst_are_recorded_by_place(client, writer):
    grid = shown(client, mode="grid")
    assert len(grid["films"]) == 4
    body = {"rater": "Ada", "id": grid["id"], "nonce": "n"}
    assert post(client, "best-worst", **body, best=0, worst=0).status_code == 400
    assert post(client, "best-worst", **body, best=0, worst=4).status_code == 400
    assert post(client, "vote", rater="Ada", id=grid["id"], choice="left").status_code == 400
    assert post(client, "best-worst", **body, best=2, worst=0).status_code == 200
    said = read(writer.folder)[0].said
    assert isinstance(said, BestWorst)
    assert (said.best, said.worst) == (said.shown[2], said.shown[0])


def test_a_rater_is_told_how_much_is_left_and_when_it_is_enough(client, writer):
    seeds, first = len(served.SEEDS), shown(client)
    assert (first["policies"], first["unjudged"], first["left"]) == (4, 4, 6 * seeds)
    append(writer.folder, PairVote("r1c1", "r1c2", SEED, "left"), "Ada")
    append(writer.folder, PairVote("r1c1", "r1c3", SEED, "skip"), "Ada")
    append(writer.folder, PairVote("r1c2", "r1c1", SEED, "left"), "Ada")  # the same again
    now = shown(client)
    assert (now["unjudged"], now["left"]) == (2, 6 * seeds - 1)
    append(writer.folder, BestWorst(("r1c3", "r1c4", "r1c1"), SEED, "r1c3", "r1c4"), "Bob")
    now = shown(client)
    assert (now["unjudged"], now["left"], shown(client, "Bob")["left"]) == (0, 6 * seeds - 1, 6 * seeds)
    assert shown(client, mode="grid")["left"] is None
    for one, other in itertools.combinations([f"r1c{i}" for i in range(1, 5)], 2):
        for seed in served.SEEDS:
            append(writer.folder, PairVote(one, other, seed, "same"), "Cem")
    nothing = shown(client, "Cem")
    assert (nothing["id"], nothing["left"], nothing["policies"]) == ("", 0, 4)


def test_how_often_each_was_judged_stands_in_order(client, writer):
    append(writer.folder, Comment("slower", "r1c3"), "Ada")
    append(writer.folder, Comment("all of it"), "Ada")
    append(writer.folder, PairVote("r1c4", "r1c2", SEED, "left"), "Ada")
    append(writer.folder, PairVote("r1c4", "r1c1", SEED, "left"), "Ada")
    html = next(part["html"] for part in client.get("/api/overview").json()["parts"] if part["name"] == "table")
    assert "spoke of them: r1c4 2, r1c1 1, r1c2 1, r1c3 1." in html


def test_consistency_counts_repeated_pairs_in_either_order(client, writer):
    first = append(writer.folder, PairVote("r1c1", "r1c2", 11, "left"), "Ada")
    append(writer.folder, PairVote("r1c2", "r1c1", 11, "right", repeats=first.id), "Ada")
    append(writer.folder, PairVote("r1c2", "r1c1", 11, "same", repeats=first.id), "Ada")
    append(writer.folder, PairVote("r1c2", "r1c1", 12, "skip"), "Ada")
    append(writer.folder, PairVote("r1c2", "r1c1", 12, "left"), "Bob")
    assert shown(client)["progress"] == {"mine": 3, "all": 4, "raters": 2, "repeated": 2, "alike": 1}


def test_fifty_raters_at_once_lose_nothing(client, writer):
    thanked: list[str] = []

    def rate(number: int) -> None:
        rater = f"rater {number}"
        for turn in range(2):
            name = shown(client, rater)["id"]
            answer = vote(client, name, rater, "right", f"n{turn}", text=f"{rater} says {turn}")
            assert answer.status_code == 200, answer.text
            thanked.append(answer.json()["thanks"])

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(rate, range(50)))
    written = read(writer.folder)
    assert sorted(each.id for each in written) == sorted(thanked)
    assert {f"{each.rater} says" in getattr(each.said, "text", "") for each in written} == {True}
    assert len({each.rater for each in written}) == 50


def test_fifty_answers_to_one_showing_are_one_vote(client, writer):
    name = shown(client)["id"]
    with ThreadPoolExecutor(50) as pool:
        codes = list(pool.map(lambda i: vote(client, name, nonce=f"n{i}").status_code, range(50)))
    assert (codes.count(200), codes.count(409)) == (1, 49)
    assert len(read(writer.folder)) == 1


def test_a_full_disk_is_said_and_the_answer_can_be_given_again(client, writer, monkeypatch):
    def full(*_):
        raise RecordError("Cannot write: no space left.", "Free some space.")

    pair = shown(client)
    with monkeypatch.context() as patched:
        patched.setattr(desk_module, "append", full)
        answer = vote(client, pair["id"])
        assert (answer.status_code, "Free some space" in answer.json()["error"]) == (503, True)
    assert vote(client, pair["id"]).status_code == 200


def test_the_end_of_a_round_is_a_comment_the_loop_can_wait_for(client, writer):
    assert post(client, "done", rater="Ada").status_code == 200
    assert read(writer.folder)[0].said == Comment("", tags=("done",))


def test_the_editor_keeps_what_passes_its_check_and_refuses_the_rest_with_reasons(client, writer):
    wrong = toy.REACH.replace("goal", "gaol")
    found = post(client, "check", program=wrong).json()["findings"]
    assert (found[0]["line"], found[0]["level"]) == (6, "error")
    assert post(client, "check", program=toy.REACH).json()["findings"] == []
    parent = (writer.folder / "candidates/r1c2/reward.py").read_text()
    assert post(client, "edit", rater="Ada", parent="r1c2", program=parent).status_code == 400
    refused = post(client, "edit", rater="Ada", parent="r1c2", program=wrong, text="gaol", nonce="e")
    assert (refused.status_code, refused.json()["findings"]) == (422, found)
    assert "Not saved: the check finds 2 errors." in refused.json()["error"]
    assert not read(writer.folder)
    saved = post(client, "edit", rater="Ada", parent="r1c2", program=toy.REACH, text="all", nonce="e")
    assert saved.json()["findings"] == []
    assert read(writer.folder)[0].said == Edit("r1c2", toy.REACH, "all")


def test_checking_runs_nothing(still, tmp_path):
    mark = tmp_path / "mark"
    program = f"open({str(mark)!r}, 'w')\nimport os\nos.system('touch {mark}')\n"
    assert post(still, "check", program=program).json()["findings"]
    assert not mark.exists()


def test_the_overview_is_sent_again_only_when_the_record_grew(client, writer):
    news = client.get("/api/overview").json()
    names = [part["name"] for part in news["parts"]]
    assert names == ["head", "films", "table", "r1c1", "r1c2", "r1c3", "r1c4", "said"]
    assert news["charts"]["r1c1"]["steps"] == [1000, 2000, 3000, 4000, 5000]
    assert client.get("/api/overview", params={"have": news["version"]}).json() == {"version": news["version"]}
    writer.append(AwaitsPeople("round 1"))
    waiting = client.get("/api/overview", params={"have": news["version"]}).json()
    assert "Waiting for people: round 1" in waiting["parts"][0]["html"]
    writer.append(RunFinished("rounds", "r1c4", 60.0))
    ended = client.get("/api/overview", params={"have": news["version"]}).json()
    assert (ended["over"], "The run is over" in ended["parts"][0]["html"]) == (True, True)
    append(writer.folder, Comment("slower", "r1c1"), "Ada")
    assert (
        client.get("/api/overview", params={"have": ended["version"]}).json()["parts"][-1]["html"].count("<b>Ada</b>")
        == 1
    )


def test_the_overview_says_for_whom_the_run_waits_and_who_is_done_is_told(tmp_path):
    writer = served.written(tmp_path, 2, human="wait")

    def head():
        return client.get("/api/overview").json()["parts"][0]["html"]

    with served.serving(writer.folder) as server, httpx.Client(follow_redirects=True, verify=False) as client:
        client.get(server.address)
        client.base_url = server.address.partition("?")[0]
        assert "I am done" not in head()
        assert post(client, "done", rater="Eve").json()["then"] == "Thanks. The run will not wait for you."
        writer.append(Heard(1, lines=tuple(each.id for each in read(writer.folder))))
        writer.append(AwaitsPeople("round 2"))
        assert "Round 2 is over. The run waits until somebody says that they are done." in head()
        for rater in ("Cem <i>", "Ada", "Bob"):
            append(writer.folder, Comment("slower"), rater)
        assert "waits for <b>Ada, Bob and Cem &lt;i&gt;</b>, who spoke" in head()
        assert ('href="/rate"' in head(), "I am done with this round" in head()) == (True, True)
        assert post(client, "done", rater="Bob").json()["then"] == "Thanks. The run waits for Ada and Cem <i>."
        assert post(client, "done", rater="Ada").json()["then"] == "Thanks. The run waits for Cem <i>."
        assert "waits for <b>Cem &lt;i&gt;</b>" in head()
        assert post(client, "done", rater="Cem <i>").json()["then"] == "Thanks. The run goes on."
        writer.append(RunFinished("rounds", "r1c2", 60.0))
        assert "I am done" not in head()
        assert post(client, "done", rater="Ada").json()["then"] == "Noted. The run is over."
    writer.close()


def test_a_run_that_does_not_wait_says_so_to_who_is_done(client, writer, tmp_path):
    assert post(client, "done", rater="Ada").json()["then"] == "Noted. The run asks nobody."
    other = served.written(tmp_path / "other", 2, human="async")
    with served.serving(other.folder) as server, httpx.Client(follow_redirects=True, verify=False) as late:
        late.get(server.address)
        late.base_url = server.address.partition("?")[0]
        assert "takes what was said when its round ends" in post(late, "done", rater="Ada").json()["then"]
    other.close()


def test_an_edit_names_its_author_in_the_table_of_candidates(client, writer):
    path = writer.write("candidates/r2c1/reward.py", toy.REACH)
    writer.append(Heard(1, edits=(Edited("line", "Ada <i>", "r1c1", toy.REACH, "less effort"),)))
    writer.append(Drafted("r2c1", 2, "r1c1", "Ada <i>", path, note="less effort"))
    parts = {part["name"]: part["html"] for part in client.get("/api/overview").json()["parts"]}
    assert parts["table"].count("edited by Ada &lt;i&gt;") == 1
    assert "Ada &lt;i&gt;: less effort" in parts["r2c1"]
    assert "edited by" not in parts["r1c2"]


def test_what_is_still_to_come_of_a_candidate_is_no_failure(client, writer):
    def row():
        parts = {part["name"]: part["html"] for part in client.get("/api/overview").json()["parts"]}
        return parts["table"].partition("r2c1")[2]

    path = writer.write("candidates/r2c1/reward.py", toy.REACH)
    writer.append(Drafted("r2c1", 2, "r1c1", "openai/x", path))
    assert ("to be trained" in row(), "failed" in row()) == (True, False)
    writer.write("candidates/r2c1/s0/curves.csv", to_csv([served.point(1), served.point(2)]))
    assert ("in training, 2,000 steps so far" in row(), "failed" in row()) == (True, False)
    writer.append(RunFinished("rounds", "r1c4", 60.0))
    assert '<span class="failed">not finished</span>' in row()


def test_a_broken_record_is_said_in_words(client, writer):
    (writer.folder / "feedback.jsonl").write_text("nonsense\n")
    answer = client.get("/api/overview", params={"have": "x"})
    assert (answer.status_code, "Line 1" in answer.json()["error"]) == (503, True)
    assert client.get("/candidate/r1c1").status_code == 503


def test_numbers_agree_with_what_they_count(client):
    parts = {part["name"]: part["html"] for part in client.get("/api/overview").json()["parts"]}
    assert "reward programs in 1 finished round<" in parts["head"]


def test_only_the_pages_that_rate_warn_before_the_overview(still):
    for path, warned in (("/rate", True), ("/rate/best-worst", True), ("/candidate/r1c1", False), ("/", False)):
        assert ("rate first" in still.get(path).text) is warned, path


def test_what_others_wrote_becomes_no_markup(tmp_path):
    writer = served.written(tmp_path, 2, served.HOSTILE.replace('"', ""))
    said = [Comment(served.HOSTILE, "r1c1", (served.HOSTILE[:60],)), PairVote("r1c1", "r1c2", 11, "left", "</script>")]
    for each in [*said, Edit("r1c1", served.HOSTILE, served.HOSTILE)]:
        append(writer.folder, each, "<b>Eve</b>")
    with served.serving(writer.folder) as server, httpx.Client(follow_redirects=True, verify=False) as client:
        pages = [client.get(server.address).text]
        root = server.address.partition("?")[0]
        pages += [client.get(root + path[1:]).text for path in PAGES if not path.startswith(("/static", "/api/over"))]
        parts = client.get(f"{root}api/overview").json()["parts"]
    writer.close()
    for html in [*pages, *(part["html"] for part in parts)]:
        assert "<script>" not in html
        assert "<img" not in html
        assert "<b>Eve" not in html
        assert html.count("<script") == html.count("</script>")
    assert any("&lt;b&gt;Eve" in part["html"] for part in parts)


def test_grids_show_first_what_was_shown_least():
    import random

    films = {f"r1c{i}": {11: None} for i in range(1, 9)}
    first = next_grid([], films, random.Random(0))
    assert first is not None
    assert len(first[0]) == 6
    assert next_grid([], dict(list(films.items())[:2]), random.Random(0)) is None


def test_filming_goes_on_beside_the_pages_and_says_what_is_wrong(tmp_path, monkeypatch):
    writer = served.written(tmp_path, 2, films=False)
    asked: list[int] = []

    class Films:
        def __init__(self, run):
            self.run = run

        def make(self):
            asked.append(len(self.run.rounds))
            if len(self.run.rounds) == 3:
                raise RenderError("Nothing draws films here.")
            return ["r1c1 has lost its policy"]

    monkeypatch.setattr(Filmer, "PAUSE_S", 0.01)
    filmer = Filmer(writer.folder, replace(served.ports(), films=Films))
    filmer.start()
    until(lambda: filmer.problem == "r1c1 has lost its policy")
    writer.append(RoundFinished(2, "r1c2"))
    until(lambda: asked == [1, 2])  # once for what there is, and once more for what came due at the round's end
    writer.append(RoundFinished(3, "r1c2"))
    filmer.join(20)
    assert (filmer.problem, asked) == ("There are no films: Nothing draws films here.", [1, 2, 3])
    writer.close()


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_taken_port_is_said_in_one_sentence(still):
    port = int(still.address.split(":")[2].partition("/")[0])
    with pytest.raises(UserError, match=f"Port {port} cannot be had"):
        Server(still.folder, served.ports(), port)
