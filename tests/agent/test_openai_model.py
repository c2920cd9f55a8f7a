from __future__ import annotations

import pytest
from fast_clock import FastClock
from protocol_server import answer, serving

from text2reward.agent import chat_model
from text2reward.agent.language_model import Message
from text2reward.agent.openai_model import OpenAIModel
from text2reward.errors import ModelError

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
    assert (reply.usage.tokens_in, reply.usage.tokens_out, reply.usage.cost_usd) == (100, 20, None)
    assert server.requests[0]["messages"] == [message.to_json() for message in MESSAGES]
    assert server.headers[0]["Authorization"] == "Bearer sk-test"


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


@pytest.mark.parametrize("url", ["localhost", "http://localhost:80a/v1", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ModelError, match="is no address"):
        OpenAIModel("test", url)
