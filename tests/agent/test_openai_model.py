from __future__ import annotations

import base64

import pytest
from fast_clock import FastClock
from protocol_server import answer, error, serving

from text2reward.agent import chat_model
from text2reward.agent.language_model import Message, Usage
from text2reward.agent.openai_model import OpenAIModel, cap_of
from text2reward.agent.picture import Picture
from text2reward.errors import ModelError

JPEG = b"\xff\xd8\xff" + b"x" * 20
SHOWN = [Message("user", "Look.", (Picture("first, 1 of 1", JPEG),))]
MESSAGES = [Message("system", "Be brief."), Message("user", "Hello?")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(chat_model, "CLOCK", FastClock().clock())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def ask(server, **options):
    return OpenAIModel("test", server.url, **options).ask(MESSAGES, "r1c1")


def test_an_answer_comes_with_its_usage():
    with serving(answer("Hi.")) as server:
        reply = ask(server)
    assert (reply.text, reply.finish) == ("Hi.", "stop")
    assert reply.usage == Usage(100, 20, None)
    assert server.requests[0]["messages"] == [message.to_json() for message in MESSAGES]
    assert server.headers[0]["Authorization"] == "Bearer sk-test"


def test_cached_tokens_are_told_and_a_server_that_says_nothing_is_unknown():
    with serving(answer("x", cached=60), answer("x", tokens=None)) as server:
        assert ask(server).usage == Usage(100, 20, 60)
        assert ask(server).usage == Usage()


def test_the_longest_answer_is_told_under_the_name_that_the_server_knows(monkeypatch):
    with serving(answer("x")) as server:
        ask(server)
        ask(server, answer_tokens=500)
    assert "max_tokens" not in server.requests[0]
    assert server.requests[1]["max_tokens"] == 500
    assert (cap_of(None), cap_of("http://localhost:1/v1")) == ("max_completion_tokens", "max_tokens")
    assert OpenAIModel("test", None, answer_tokens=500).sampling == {"answer_tokens": 500}


def test_the_temperature_is_left_out_unless_it_is_given():
    with serving(answer("x")) as server:
        ask(server)
        ask(server, temperature=0.5)
    assert "temperature" not in server.requests[0]
    assert server.requests[1]["temperature"] == 0.5


def test_without_a_key_the_variable_is_named(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match="OPENAI_API_KEY is not set"):
        OpenAIModel("test")


def test_a_local_server_needs_no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with serving(answer("Hi.")) as server:
        assert ask(server).text == "Hi."


def test_half_a_character_is_replaced():
    with serving(answer("so \ud83d sorry")) as server:
        assert ask(server).text == "so ? sorry"


def test_pictures_are_sent_as_data_urls_under_their_names():
    with serving(answer("Hi.")) as server:
        OpenAIModel("test", server.url).ask(SHOWN, "opinion")
    content = server.requests[0]["messages"][0]["content"]
    assert [part["type"] for part in content] == ["text", "text", "image_url"]
    assert content[2]["image_url"]["url"] == f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "test is not a multimodal model"),
        error(404, "No endpoints found that support image input"),
        error(500, "image input is not supported - hint: you may need to provide the mmproj"),
        error(413, "too large"),
    ],
    ids=["400", "404", "500", "413"],
)
def test_a_model_that_refuses_pictures_is_told_in_a_line_at_once(refusal):
    with serving(refusal) as server, pytest.raises(ModelError, match="It was sent pictures") as raised:
        OpenAIModel("test", server.url).ask(SHOWN, "opinion")
    assert len(server.requests) == 1
    assert "\n" not in str(raised.value)
    with serving(error(401, "bad key")) as server, pytest.raises(ModelError, match="Check OPENAI_API_KEY"):
        OpenAIModel("test", server.url).ask(SHOWN, "opinion")


def test_a_passing_trouble_with_pictures_is_waited_out():
    passing = error(503, "no provisioned image throughput"), error(500, "image queue is full"), answer("Hi.")
    with serving(*passing) as server:
        assert OpenAIModel("test", server.url).ask(SHOWN, "opinion").text == "Hi."


def test_an_address_that_is_none_is_told_without_its_password():
    with pytest.raises(ModelError, match="'http://host:99999999/v1' is no address") as raised:
        OpenAIModel("test", "http://anna:hunter2@host:99999999/v1?key=hunter2")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("query", ["key=hunter2hunter2", "api-key=hunter2", "subscription-key=x", "access_token=x"])
def test_an_address_with_a_key_in_it_is_refused(query):
    with pytest.raises(ModelError, match="holds a name or a password"):
        OpenAIModel("test", f"http://localhost:1/v1?{query}")


@pytest.mark.parametrize("url", ["localhost", "http://localhost:80a/v1", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ModelError, match="is no address"):
        OpenAIModel("test", url)
