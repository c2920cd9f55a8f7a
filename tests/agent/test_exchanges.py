"""What is kept of an exchange, and under which name."""

from __future__ import annotations

import hashlib
import json
import resource

import pytest

from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Answer, Message
from text2reward.agent.picture import Picture

JPEG, PNG = b"\xff\xd8\xff" + b"j" * 40, b"\x89PNG\r\n\x1a\n" + b"p" * 40


class Model:
    name = "test/model"
    parallel = True

    def __init__(self) -> None:
        self.sampling = {"temperature": 0.5}
        self.asked = []

    def ask(self, messages, about):
        self.asked.append(messages)
        return Answer("Hi.")


def shown(*data: bytes) -> list[Message]:
    return [Message("user", "Look.", tuple(Picture(f"picture {i}", each) for i, each in enumerate(data, 1)))]


@pytest.fixture
def exchanges(tmp_path):
    return Exchanges(Model(), tmp_path, lambda asked: None)


def test_the_key_is_a_hash_of_what_was_asked(exchanges, tmp_path):
    key, _ = exchanges.ask([Message("system", "Rules."), Message("user", "Täsk.")], "r1c1")
    asked = {
        "model": "test/model",
        "sampling": {"temperature": 0.5},
        "about": "r1c1",
        "messages": [{"role": "system", "content": "Rules."}, {"role": "user", "content": "Täsk."}],
    }
    assert key == hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    assert {name: json.loads((tmp_path / f"{key}.json").read_text())[name] for name in asked} == asked


def test_pictures_are_kept_once_as_files_and_asked_about_once(exchanges, tmp_path):
    key, _ = exchanges.ask(shown(JPEG, PNG), "opinion")
    assert exchanges.ask(shown(JPEG, PNG), "opinion")[0] == key
    other, _ = exchanges.ask(shown(PNG, JPEG), "opinion")
    assert other != key
    assert len(exchanges.model.asked) == 2
    text = (tmp_path / f"{key}.json").read_text()
    kept = json.loads(text)["messages"][0]
    assert [picture["name"] for picture in kept["pictures"]] == ["picture 1", "picture 2"]
    files = [tmp_path / "pictures" / picture["file"] for picture in kept["pictures"]]
    assert [path.read_bytes() for path in files] == [JPEG, PNG]
    assert [path.suffix for path in files] == [".jpg", ".png"]
    assert kept["content"] == "Look."
    assert "base64" not in text
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_message_without_pictures_is_plain_text_and_one_with_is_a_list_of_parts():
    assert Message("user", "Hi.").to_json() == {"role": "user", "content": "Hi."}
    parts = shown(JPEG)[0].to_json()["content"]
    assert [part["type"] for part in parts] == ["text", "text", "image_url"]
    assert parts[1]["text"] == "picture 1:"
    assert parts[2]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


def test_only_png_and_jpeg_are_pictures():
    with pytest.raises(ValueError, match="a PNG or a JPEG"):
        Picture("x", b"GIF89a")


def test_nothing_is_asked_where_the_answer_would_find_no_room(exchanges, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the question would find room
    try:
        with pytest.raises(OSError, match="too large"):
            exchanges.ask([Message("user", "One.")], "r1c1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert exchanges.model.asked == []
    assert list(tmp_path.iterdir()) == []
    assert exchanges.ask([Message("user", "One.")], "r1c1")[1].text == "Hi."
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_an_answer_that_was_stored_and_not_recorded_is_recorded_when_the_run_goes_on(tmp_path):
    """Who is killed between both has paid for it, and the next call must know."""
    told = []
    before = Exchanges(Model(), tmp_path, told.append)
    before.ask([Message("user", "One.")], "r1c1", ["an example"])
    before.ask([Message("user", "Two.")], "r1c2")
    (tmp_path / "cafe.failed.json").write_text("{}")
    again = []
    Exchanges(Model(), tmp_path, again.append).recall()
    assert sorted(again, key=str) == sorted(told, key=str)
    assert {event.candidate: event.left_out for event in again} == {"r1c1": ("an example",), "r1c2": ()}
    other = Model()
    other.name = "another/model"
    Exchanges(other, tmp_path, again.append).recall()
    assert len(again) == 2
