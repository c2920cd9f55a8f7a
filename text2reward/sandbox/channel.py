"""Length-prefixed JSON messages over a socket, with a size cap in both directions."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

MAX_MESSAGE = 1 << 17
"""Bytes; a program's text and its list of term names fit easily."""

MAX_TRUSTED = 1 << 24
"""Bytes between the product's own processes."""


class ChannelClosed(Exception):
    """The other end is gone."""


class MessageTooLarge(Exception):
    """The other end announced more than the cap."""


class NotAMessage(Exception):
    """The other end sent something that is not a JSON object."""


class AnswerTimeout(Exception):
    """No complete message came in time."""


def send(fd: int, message: dict[str, Any], most: int = MAX_MESSAGE, timeout_s: float | None = None) -> None:
    """Write one message of ``most`` bytes at most; waits for ever when ``timeout_s`` is None.

    Args:
        timeout_s: with a limit the descriptor must not block, without one it must (a sealed process cannot poll).

    Raises:
        MessageTooLarge: the message is above the cap; nothing was written.
        ChannelClosed: the other end is gone.
        AnswerTimeout: the other end did not read it in time.
    """
    payload = json.dumps(message).encode()
    if len(payload) > most:
        raise MessageTooLarge(len(payload))
    data = len(payload).to_bytes(4, "big") + payload
    deadline = _deadline(timeout_s)
    while data:
        _wait(fd, select.POLLOUT, deadline)
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise ChannelClosed from error


def receive(fd: int, timeout_s: float | None = None, most: int = MAX_MESSAGE) -> dict[str, Any]:
    """Read one message of ``most`` bytes at most; waits for ever when ``timeout_s`` is None.

    Raises:
        AnswerTimeout, ChannelClosed, MessageTooLarge, NotAMessage: as named.
    """
    deadline = _deadline(timeout_s)
    size = int.from_bytes(_exactly(fd, 4, deadline), "big")
    if size > most:
        raise MessageTooLarge(size)
    try:
        message = json.loads(_exactly(fd, size, deadline))
    except (ValueError, RecursionError) as error:
        raise NotAMessage from error
    if not isinstance(message, dict):
        raise NotAMessage
    return message


def _exactly(fd: int, size: int, deadline: float | None) -> bytes:
    data = b""
    while len(data) < size:
        _wait(fd, select.POLLIN, deadline)
        try:
            chunk = os.read(fd, min(size - len(data), 1 << 16))
        except BlockingIOError:
            continue
        except OSError as error:
            raise ChannelClosed from error
        if not chunk:
            raise ChannelClosed
        data += chunk
    return data


def unread(fd: int) -> bool:
    """Whether something has come that nobody read."""
    return _ready(fd, select.POLLIN, 0.0)


def _deadline(timeout_s: float | None) -> float | None:
    return None if timeout_s is None else time.monotonic() + timeout_s


def _wait(fd: int, what: int, deadline: float | None) -> None:
    if deadline is not None and not _ready(fd, what, deadline - time.monotonic()):
        raise AnswerTimeout


def _ready(fd: int, what: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(fd, what)
    return bool(poll.poll(max(0.0, timeout_s) * 1000))
