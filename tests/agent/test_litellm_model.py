from __future__ import annotations

import base64
import re
import subprocess
import sys

import pytest
from fast_clock import FastClock
from protocol_server import Reply, answer, serving

from text2reward.agent import chat_model, litellm_model
from text2reward.agent.language_model import Message
from text2reward.agent.litellm_model import LiteLLMModel
from text2reward.agent.picture import Picture
from text2reward.errors import ModelError, UnknownNameError, UserError
from text2reward.extras import install

JPEG = b"\xff\xd8\xff" + b"x" * 20
MESSAGES = [Message("system", "Be brief."), Message("user", "Hello?")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(chat_model, "CLOCK", FastClock().clock())
    for keys in litellm_model.KEYS.values():
        for name in keys:
            monkeypatch.delenv(name, raising=False)


def anthropic(text: str) -> Reply:
    """An answer of Anthropic's messages protocol."""
    return Reply(
        body={
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-test",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 100, "output_tokens": 20},
        }
    )


def gemini(text: str) -> Reply:
    """An answer of Google's generateContent."""
    return Reply(
        body={
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
        }
    )


def ollama(text: str) -> Reply:
    """An answer of Ollama's chat."""
    return Reply(
        body={
            "model": "x",
            "created_at": "2026-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 100,
            "eval_count": 20,
        }
    )


PROVIDERS = {
    "anthropic/claude-sonnet-4-5": ("ANTHROPIC_API_KEY", anthropic),
    "gemini/gemini-2.5-pro": ("GEMINI_API_KEY", gemini),
    "ollama_chat/llama3": (None, ollama),
    "mistral/mistral-large-latest": ("MISTRAL_API_KEY", answer),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_asked_in_its_own_protocol(monkeypatch, name):
    key, reply = PROVIDERS[name]
    if key:
        monkeypatch.setenv(key, "secret")
    with serving(reply("Hi.")) as server:
        said = LiteLLMModel(name, server.url).ask(MESSAGES, "r1c1")
    assert (said.text, said.finish) == ("Hi.", "stop")
    assert (said.usage.tokens_in, said.usage.tokens_out) == (100, 20)
    assert "Hello?" in str(server.requests[0])
    assert "temperature" not in str(server.requests[0])
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_sent_pictures_in_its_own_protocol(monkeypatch, name):
    key, reply = PROVIDERS[name]
    if key:
        monkeypatch.setenv(key, "secret")
    messages = [Message("user", "Look.", (Picture("first, 1 of 1", JPEG),))]
    with serving(reply("Hi.")) as server:
        assert LiteLLMModel(name, server.url).ask(messages, "opinion").text == "Hi."
    sent = str(server.requests[0])
    assert base64.b64encode(JPEG).decode() in sent
    assert "first, 1 of 1:" in sent


def test_the_longest_answer_is_told(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    with serving(anthropic("x")) as server:
        LiteLLMModel("anthropic/claude-x", server.url, answer_tokens=500).ask(MESSAGES, "r1c1")
    assert server.requests[0]["max_tokens"] == 500


def failure(status: int, kind: str) -> Reply:
    return Reply(status, {"type": "error", "error": {"type": kind, "message": "No.\u0007"}})


@pytest.mark.parametrize(
    "trouble",
    [
        failure(429, "rate_limit_error"),
        failure(500, "api_error"),
        failure(503, "overloaded_error"),
        failure(529, "overloaded_error"),
        Reply(hang_up=True),
        Reply(body=b"<html>not json</html>"),
    ],
    ids=["429", "500", "503", "529", "hang up", "no json"],
)
def test_passing_troubles_are_retried_once_each(monkeypatch, trouble):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    with serving(trouble, trouble, anthropic("Hi.")) as server:
        assert LiteLLMModel("anthropic/claude-x", server.url).ask(MESSAGES, "r1c1").text == "Hi."
    assert len(server.requests) == 3  # nobody else retries behind our back


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (failure(401, "authentication_error"), "Check ANTHROPIC_API_KEY"),
        (failure(404, "not_found_error"), "Check the model's name"),
        (failure(400, "invalid_request_error"), "Check the model's name and settings"),
    ],
    ids=["401", "404", "400"],
)
def test_a_refusal_stops_at_once_and_says_what_to_do(monkeypatch, reply, said):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-canary")
    with serving(reply) as server, pytest.raises(ModelError, match=said) as raised:
        LiteLLMModel("anthropic/claude-x", server.url).ask(MESSAGES, "r1c1")
    assert len(server.requests) == 1
    assert "secret-canary" not in str(raised.value)
    assert "\u0007" not in str(raised.value)


def test_a_missing_key_is_told_before_anything_is_imported():
    with pytest.raises(ModelError, match="GEMINI_API_KEY or GOOGLE_API_KEY is not set"):
        LiteLLMModel("gemini/gemini-2.5-pro")


def test_an_unknown_provider_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean anthropic"):
        LiteLLMModel("antropic/claude-x")


def test_without_litellm_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(litellm_model, "installed", lambda: False)
    with pytest.raises(UserError, match=re.escape(f"Install it: {install('providers')}, or use")):
        LiteLLMModel("anthropic/claude-x")


def test_no_address_is_refused():
    with pytest.raises(ModelError, match="is no address"):
        LiteLLMModel("ollama/llama3", "localhost:1")


def test_it_is_imported_only_when_it_is_asked():
    code = "import sys, text2reward.agent.models; sys.exit('litellm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
