"""What can go wrong with a model, against a real server, for both clients: what is stated is what happens."""

from __future__ import annotations

import os
import threading
import time

import pytest
from fast_clock import FastClock
from protocol_server import Reply, answer, error, serving

from text2reward.agent import chat_model, litellm_model, openai_model, patience
from text2reward.agent.language_model import Message
from text2reward.agent.litellm_model import LiteLLMModel
from text2reward.agent.openai_model import OpenAIModel
from text2reward.errors import ModelError

MESSAGES = [Message("system", "Be brief."), Message("user", "Hello?")]
KEY = "sk-canary-of-a-key-0123456789"
GOOD = answer("Hi.")
MODELS = {
    "openai": lambda url, **options: OpenAIModel("test", url, **options),
    "litellm": lambda url, **options: LiteLLMModel("mistral/test", url, **options),
}


@pytest.fixture(params=MODELS)
def make(request, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    if request.param == "litellm":
        litellm_model._litellm()  # seconds that are not the server's
    return MODELS[request.param]


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    clock = FastClock()
    monkeypatch.setattr(chat_model, "CLOCK", clock.clock())
    return clock


def ask(make, url, said=None, **options):
    return make(url, say=(said if said is not None else []).append, **options).ask(MESSAGES, "r1c1")


UNANSWERED = {
    "429": error(429, "slow down"),
    "500": error(500, "oops"),
    "502": error(502, "bad gateway"),
    "502 of a proxy": Reply(502, b"<html>bad gateway</html>", content_type="text/html"),
    "503": error(503, "down"),
    "529": error(529, "overloaded"),
}


@pytest.mark.parametrize("trouble", UNANSWERED.values(), ids=UNANSWERED)
def test_what_nobody_answered_is_asked_again_until_it_is(make, fast, trouble):
    said = []
    with serving(*[trouble] * 8, GOOD) as server:
        reply = ask(make, server.url, said)
    assert (reply.text, reply.unsure) == ("Hi.", 0)
    assert len(server.requests) == 9  # and nobody else retries behind our back
    assert fast.waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert len(said) == 8
    assert all(line.startswith("r1c1 waits for ") and "asked again in" in line for line in said)
    assert "2 min so far, at most 15" in said[-1]


def test_waits_are_jittered():
    drawn = [patience.Clock().jitter() for _ in range(100)]
    assert 0.5 <= min(drawn) < 0.8
    assert 1.2 < max(drawn) <= 1.5


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:30 GMT"}, 30),
        ({"retry_after": "soon"}, 1),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "-5"}, 1),
        ({"retry_after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, 1),
    ],
    ids=["seconds", "date", "nonsense", "at once", "in the past", "no year"],
)
def test_retry_after_is_obeyed(make, fast, headers, waited):
    with serving(error(429, "slow down", **headers), GOOD, date="Wed, 21 Oct 2015 07:28:00 GMT") as server:
        assert ask(make, server.url).text == "Hi."
    assert fast.waits == [waited]


TOO_OFTEN = {
    "OpenAI": (
        error(
            429,
            "Rate limit reached for m in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1. "
            "Please try again in 20s. You can increase your rate limit by adding a payment method to your account at "
            "https://platform.openai.com/account/billing.",
            code="rate_limit_exceeded",
        ),
        20,
    ),
    "OpenAI, with a header": (error(429, "Add a payment method in billing.", retry_after="7"), 7),
    "Gemini": (
        error(
            429,
            "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: "
            "requests, limit: 15\nPlease retry in 36.5s.",
            code="RESOURCE_EXHAUSTED",
        ),
        36.5,
    ),
    "minutes": (error(429, "Limit 200000 tokens per day. Please try again in 2m4.5s."), 124.5),
    "milliseconds": (error(429, "Please try again in 120ms."), 1),
}


@pytest.mark.parametrize(("trouble", "waited"), TOO_OFTEN.values(), ids=TOO_OFTEN)
def test_a_rate_limit_that_speaks_of_billing_is_waited_for_as_it_asks(make, fast, trouble, waited):
    with serving(trouble, GOOD) as server:
        assert ask(make, server.url).text == "Hi."
    assert fast.waits == [waited]


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(make):
    with serving(error(429, "slow down", retry_after="3600")) as server, pytest.raises(ModelError) as raised:
        ask(make, server.url)
    assert len(server.requests) == 1
    assert "over its rate limit and asks to wait 60 min" in str(raised.value)
    assert "resume the run" in str(raised.value)


UNSURE = {
    "504": error(504, "the gateway gave up"),
    "hangs up": Reply(hang_up=True),
    "hangs up in mid-answer": Reply(body=GOOD.body, only=40),
    "says nothing": Reply(body=GOOD.body, only=0, then_silent_s=2),
    "stalls in mid-answer": Reply(body=GOOD.body, only=40, then_silent_s=2),
    "html": Reply(body=b"<html>a login page</html>", content_type="text/html"),
    "no json": Reply(body=b'{"choices": ['),
    "no choices": Reply(body={"choices": []}),
    "null message": Reply(body={"choices": [{"index": 0, "message": None}]}),
    "choices by name": Reply(body={"choices": {"x": 1}}),
    "nested": Reply(body=b'{"choices": ' + b"[" * 100_000),
    "nested text": Reply(body=b"[" * 100_000, content_type="text/plain"),
}


@pytest.fixture
def impatient(monkeypatch):
    for module in (openai_model, litellm_model):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.5)


@pytest.mark.parametrize("trouble", UNSURE.values(), ids=UNSURE)
def test_what_may_have_been_answered_is_sent_twice_more_at_most(make, impatient, trouble):
    with serving(trouble, trouble, GOOD) as server:
        reply = ask(make, server.url)
    assert (reply.text, reply.unsure) == ("Hi.", 2)  # the record tells what may have been paid for
    with serving(trouble) as server, pytest.raises(ModelError) as raised:
        ask(make, server.url)
    assert len(server.requests) == 3
    assert "3 times. They may have been answered and be paid for. Check the server" in str(raised.value)


def test_an_answer_that_comes_a_byte_at_a_time_is_left(make, monkeypatch):
    monkeypatch.setattr(chat_model, "WHOLE_S", 0.5)
    with serving(Reply(body=GOOD.body, pause_s=0.01), GOOD) as server:
        reply = ask(make, server.url)
    assert (reply.text, reply.unsure) == ("Hi.", 1)


FINAL = {
    "invalid key": (error(401, f"Incorrect API key provided: {KEY}"), "_API_KEY"),
    "forbidden": (error(403, "not for you"), "may use"),
    "exhausted quota": (error(429, "You exceeded your quota", code="insufficient_quota"), "plan and billing"),
    "no quota": (
        error(429, "You exceeded your current quota, please check your plan and billing details."),
        "plan and",
    ),
    "no money": (error(402, "Insufficient Balance"), "plan and billing"),
    "unknown model": (error(404, "no such model"), "Check the model's name"),
    "temperature": (error(400, "Unsupported value: 'temperature' does not support 0.5"), "Leave out --temperature."),
    "content filter": (error(400, "The prompt was filtered", code="content_filter"), "in other words"),
    "too large": (error(413, "Payload Too Large"), "too long for this model: say with --context N"),
    "too long": (
        error(400, "This model's maximum context length is 8192 tokens."),
        "too long for this model: say with",
    ),
    "control characters": (error(400, "\x1b]0;pwned\x07 bad"), "]0;pwned bad"),
}


@pytest.mark.parametrize(("trouble", "hint"), FINAL.values(), ids=FINAL)
def test_a_refusal_is_not_repeated_and_says_what_to_do(make, fast, trouble, hint):
    with serving(trouble) as server, pytest.raises(ModelError) as raised:
        ask(make, server.url, temperature=0.5)
    assert len(server.requests) == 1
    assert fast.waits == []
    said = str(raised.value)
    assert hint in said
    assert KEY not in said
    assert said.isprintable()


def test_a_refused_connection_is_no_outage_where_the_server_was_never_reached(make, fast):
    with serving(GOOD) as server:
        url = server.url
    with pytest.raises(ModelError, match=r"cannot be reached.*6 times"):
        ask(make, url)
    assert len(fast.waits) == 5


def test_a_refused_connection_is_waited_out_where_it_was_reached_before(make, monkeypatch):
    fast = FastClock(real_s=0.005)
    monkeypatch.setattr(chat_model, "CLOCK", fast.clock())
    with serving(GOOD) as server:
        url, port = server.url, server.port
        model = make(url)
        assert model.ask(MESSAGES, "r1c1").text == "Hi."

    def come_back():
        while len(fast.waits) < 8:
            time.sleep(0.01)
        with serving(GOOD, port=port):
            gone.wait(20)

    gone = threading.Event()
    back = threading.Thread(target=come_back)
    back.start()
    try:
        assert model.ask(MESSAGES, "r1c2").text == "Hi."
    finally:
        gone.set()
        back.join()
    assert len(fast.waits) >= 8


@pytest.mark.parametrize("down", [error(503, "down"), error(429, "slow down")], ids=["503", "429"])
def test_an_outage_of_ten_minutes_is_survived_and_one_of_an_hour_is_not(make, fast, down):
    for minutes, survived in ((10, True), (60, False)):
        until = fast.now() + 60 * minutes
        with serving(lambda body, number, until=until: down if fast.now() < until else GOOD) as server:
            said = []
            if survived:
                assert ask(make, server.url, said).text == "Hi."
                assert any("9 min so far" in line or "8 min so far" in line for line in said)
            else:
                with pytest.raises(ModelError, match=r"times in 1[45] min\. Check the server"):
                    ask(make, server.url, said)


def test_the_last_word_is_that_of_the_question_that_was_refused(make, monkeypatch):
    """Others that wait for the same account do not go on waiting, and no later question suffers from it."""
    monkeypatch.setattr(chat_model, "CLOCK", FastClock(real_s=10).clock())
    with serving(
        lambda body, number: error(401, "bad key") if "2" in body["messages"][1]["content"] else down
    ) as server:
        down = error(503, "down")
        model = make(server.url)
        said = []

        def first():
            try:
                model.ask(MESSAGES, "r1c1")
            except ModelError as raised:
                said.append(str(raised))

        waiting = threading.Thread(target=first)
        waiting.start()
        while not server.requests:
            time.sleep(0.01)
        with pytest.raises(ModelError, match="401"):
            model.ask([Message("system", "x"), Message("user", "2")], "r1c2")
        waiting.join(20)
        assert "refused" in said[0]
        assert "401" in said[0]
        down = GOOD
        assert model.ask(MESSAGES, "r1c3").text == "Hi."


KEPT = {
    "cut off": (answer("```python\nx", "length"), "length", 11),
    "empty": (answer(""), "stop", 0),
    "null": (answer(None), "stop", 0),
    "withheld": (answer(None, "content_filter"), "content_filter", 0),
    "5 MB": (answer("x" * 5_000_000), "length", 200_000),
    "wrong content type": (Reply(body=GOOD.body, content_type="text/plain"), "stop", 3),
}


@pytest.mark.parametrize(("reply", "finish", "length"), KEPT.values(), ids=KEPT)
def test_an_answer_that_is_paid_for_is_kept_whatever_it_is(make, reply, finish, length):
    with serving(reply) as server:
        kept = ask(make, server.url)
    assert (kept.finish, len(kept.text), kept.unsure) == (finish, length, 0)
    assert len(server.requests) == 1


def test_of_what_comes_with_an_answer_only_what_can_be_is_kept(make):
    with serving(answer("Hi.", finish=f"stopped by {KEY}", tokens=(10**400, 20))) as server:
        kept = ask(make, server.url)
    assert (kept.text, kept.finish, kept.usage.tokens_in, kept.usage.tokens_out) == ("Hi.", "stop", None, 20)


def test_the_key_is_in_the_header_alone(make):
    with serving(GOOD) as server:
        ask(make, server.url)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(server.requests[0])
    assert KEY in os.environ.values()


def test_what_is_written_into_an_address_is_not_shown(make, fast):
    with serving(GOOD) as server:
        url = server.url.replace("/v1", "/v1?version=canary")
    with pytest.raises(ModelError) as raised:
        ask(make, url)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("place", ["me:canary@localhost:1/v1", "localhost:1/v1?api_key=canary"])
def test_an_address_that_holds_a_key_is_refused(make, place):
    with pytest.raises(ModelError, match="holds a name or a password") as raised:
        make(f"http://{place}")
    assert "canary" not in str(raised.value)
