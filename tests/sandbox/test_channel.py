from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from text2reward.sandbox import channel

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def test_what_is_sent_is_received(pair):
    ours, theirs = pair
    channel.send(ours.fileno(), {"rows": 3}, timeout_s=1)
    assert channel.receive(theirs.fileno()) == {"rows": 3}


def test_writing_to_one_who_does_not_read_ends_in_time(pair):
    def fill(fd: int) -> None:
        for _ in range(1_000):
            channel.send(fd, {"load": "x" * 10_000}, timeout_s=0.05)

    with pytest.raises(channel.AnswerTimeout):
        fill(pair[0].fileno())


def test_an_answer_that_comes_in_drops_ends_in_time(pair):
    ours, theirs = pair
    theirs.send(framed(b'{"a": 1}')[:6])
    with pytest.raises(channel.AnswerTimeout):
        channel.receive(ours.fileno(), timeout_s=0.05)


@pytest.mark.parametrize(
    "payload",
    [b"[1]", b"nonsense", b"\xff\xfe", b"[" * 60_000, b'{"a": ' + b"9" * 100_000 + b"}", b""],
    ids=["a list", "no JSON", "no UTF-8", "deep", "a giant number", "nothing"],
)
def test_what_is_no_message_is_said_to_be_none(pair, payload):
    ours, theirs = pair
    theirs.send(framed(payload))
    with pytest.raises(channel.NotAMessage):
        channel.receive(ours.fileno(), timeout_s=1)


def test_the_caps_hold_in_both_directions(pair):
    ours, theirs = pair
    with pytest.raises(channel.MessageTooLarge):
        channel.send(ours.fileno(), {"load": "x" * channel.MAX_MESSAGE}, timeout_s=1)
    theirs.send((channel.MAX_MESSAGE + 1).to_bytes(4, "big"))
    with pytest.raises(channel.MessageTooLarge):
        channel.receive(ours.fileno(), timeout_s=1)


def test_an_end_that_is_gone_is_told(pair):
    ours, theirs = pair
    theirs.close()
    with pytest.raises(channel.ChannelClosed):
        channel.receive(ours.fileno(), timeout_s=1)
    with pytest.raises(channel.ChannelClosed):
        channel.send(ours.fileno(), {"rows": 1}, timeout_s=1)


def test_what_nobody_read_is_seen(pair):
    ours, theirs = pair
    assert not channel.unread(ours.fileno())
    theirs.send(framed(json.dumps({"terms": ["a"]}).encode()))
    assert channel.unread(ours.fileno())
