from __future__ import annotations

import time

import pytest
from protocol_server import Reply, answer, error, serving

from text2reward.agent import chat_model
from text2reward.agent.language_model import Message, Usage
from text2reward.agent.openai_model import OpenAIModel
from text2reward.errors import ModelError

MESSAGES = [Message("system", "Be brief."), Message("user", "Hello?")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(chat_model, "_FIRST_WAIT_S", 0.01)
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
    assert OpenAIModel("test", None, answer_tokens=500).sampling == {"max_completion_tokens": 500}


def test_the_temperature_is_left_out_unless_it_is_given():
    with serving(answer("x")) as server:
        ask(server)
        ask(server, temperature=0.5)
    assert "temperature" not in server.requests[0]
    assert server.requests[1]["temperature"] == 0.5


@pytest.mark.parametrize(
    "trouble",
    [
        error(429, "slow down"),
        error(500, "oops"),
        error(502, "bad gateway"),
        Reply(hang_up=True),
        Reply(body=b"<html>not json</html>"),
        Reply(body={"choices": []}),
        Reply(body={"choices": [{"index": 0, "message": None}]}),
        Reply(body={"choices": [{"index": 0}]}),
        answer(["a", "list"]),
    ],
    ids=["429", "500", "502", "hang up", "no json", "no choices", "null message", "no message", "list"],
)
def test_passing_troubles_are_retried(trouble):
    with serving(trouble, trouble, answer("Hi.")) as server:
        assert ask(server).text == "Hi."
    assert len(server.requests) == 3


def test_retry_after_is_obeyed():
    with serving(error(429, "slow down", retry_after="0.4"), answer("Hi.")) as server:
        began = time.monotonic()
        ask(server)
        assert time.monotonic() - began >= 0.4


def test_a_lasting_trouble_ends_with_what_to_do():
    with serving(error(503, "down")) as server, pytest.raises(ModelError, match=r"answered 503, 6 times.*resume"):
        ask(server)
    assert len(server.requests) == chat_model.ATTEMPTS


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (error(401, "bad key"), "Check OPENAI_API_KEY"),
        (error(404, "no such model"), "Check the model's name"),
        (error(429, "pay first", code="insufficient_quota"), "billing"),
        (error(400, "temperature is not supported"), "temperature is not supported"),
    ],
)
def test_a_refusal_is_not_retried(refusal, said):
    with serving(refusal) as server, pytest.raises(ModelError, match=said):
        ask(server)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there():
    with serving(answer("x")) as server:
        url = server.url
    with pytest.raises(ModelError, match=r"cannot be reached.*6 times"):
        OpenAIModel("test", url).ask(MESSAGES, "r1c1")


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


@pytest.mark.parametrize("url", ["localhost", "http://localhost:80a/v1", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ModelError, match="is no address"):
        OpenAIModel("test", url)
