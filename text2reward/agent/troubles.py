"""What went wrong with a request: what the clients raise, told apart by whether it may have been answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from text2reward.agent.patience import REFUSED, UNANSWERED, UNSURE, Trouble
from text2reward.agent.verdicts import last_object
from text2reward.record.hiding import Hiding, secrets_of

if TYPE_CHECKING:
    import openai

_MAYBE_ANSWERED = (408, 504, 524)
"""A server on the way gave up waiting for the one behind it, which may have answered."""

_NO_MONEY = ("insufficient_quota", "credit balance", "insufficient balance", "payment required")
_PERHAPS_NO_MONEY = ("billing", "current quota")
"""Rate limits speak of them as well, and of a time to wait."""
_TOO_OFTEN = ("rate_limit_exceeded", "per min", "per day")
_TOO_LONG = ("context_length_exceeded", "maximum context length", "context window", "prompt is too long")
_SHORTER = "The prompt is too long for this model: say with --context N how much it takes, or name another one."
_WAIT = re.compile(r"(?:try again in|retry in|retrydelay\W+)\s*((?:\d+(?:\.\d+)?(?:ms|h|m|s)\s*)+)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FILTERED = ("content_filter", "content_policy", "content management policy", "safety system")
_UNSENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ClientConnectorError", "ConnectionRefusedError")
_LOST = ("ReadTimeout", "ReadError", "WriteError", "RemoteProtocolError", "ServerDisconnectedError", "TimeoutError")
_BLIND = re.compile(r"\b(image|vision|multimodal)\b.*\bsupport|\bmmproj\b", re.IGNORECASE)
"""By this a server says that its model does not see."""


class NoAnswer(Exception):
    """A request that came to nothing for a reason of our own; the text says which."""


def trouble_of(error: Exception, server: str, pictured: bool = False) -> Trouble:
    """What an error of a client comes to.

    Args:
        error: an :class:`openai.APIError`, whatever its clients raise for a body that is none, or :class:`NoAnswer`.
        server: who was asked, in words.
        pictured: whether pictures were sent, which not every model takes.
    """
    import openai

    if isinstance(error, NoAnswer):
        return Trouble(UNSURE, f"{server}: {error}")
    lost = _on_the_way(error, server)
    if lost is not None:
        return lost
    status = getattr(error, "status_code", None)
    if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError) and status:
        return _by_status(error, int(status), server, pictured)
    return Trouble(UNSURE, f"{server} sent something that is no answer ({type(error).__name__})")


def _on_the_way(error: Exception, server: str) -> Trouble | None:
    """The trouble where the network made it; None otherwise."""
    names = [type(each).__name__ for each in _chain(error)]
    unsent = next((name for name in names if name in _UNSENT), None)
    if unsent is not None:
        return Trouble(UNANSWERED, f"{server} cannot be reached ({unsent})", answered=False)
    lost = next((name for name in names if name in _LOST or name.endswith("TimeoutError")), None)
    if lost is None and "Timeout" in names:
        lost = "Timeout"
    if lost is None:
        return None
    if "Timeout" in lost:
        return Trouble(UNSURE, f"{server} went silent ({lost})")
    return Trouble(UNSURE, f"the connection to {server} was lost ({lost})")


def _by_status(error: openai.APIError, status: int, server: str, pictured: bool) -> Trouble:
    if pictured and _BLIND.search(said(error)):  # some say so with 500, which waiting does not mend
        return Trouble(REFUSED, f"{server} answered {status}")
    if status == 429 and not _no_money(error):
        return _passing(error, f"{server} is over its rate limit")
    if status in _MAYBE_ANSWERED:
        return Trouble(UNSURE, f"{server} answered {status}")
    if status >= 500 or status == 409:
        return _passing(error, f"{server} answered {status}")
    return Trouble(REFUSED, f"{server} answered {status}", for_all=status in (401, 402, 403, 404, 429))


def _passing(error: openai.APIError, text: str) -> Trouble:
    after_s = _retry_after(error)
    long = f" and asks to wait {after_s / 60:.0f} min" if after_s is not None and after_s >= 120 else ""
    return Trouble(UNANSWERED, f"{text}{long}", after_s=after_s)


def refusal_hint(error: openai.APIError, key: str, sampling: dict[str, Any], pictured: bool = False) -> str:
    """What to do about a refusal.

    Args:
        error: what was raised.
        key: what holds the key, in words.
        sampling: the settings that were sent.
        pictured: whether pictures were sent, which not every model takes.
    """
    status = getattr(error, "status_code", None)
    if status == 402 or _no_money(error):
        return "Check the account's plan and billing."
    if _is(error, _TOO_LONG):
        return _SHORTER
    if _is(error, _FILTERED):
        return "The provider's content filter stops the prompt: say the task in other words."
    if "temperature" in sampling and _is(error, ("temperature",)):
        return "Leave out --temperature."
    if pictured and status not in (401, 403):
        return "It was sent pictures, which not every model takes: name one that sees, and check its name."
    hints = {
        401: f"Check {key}.",
        403: f"Check what the key in {key} may use.",
        404: "Check the model's name and --base-url.",
        413: _SHORTER,
    }
    return hints.get(status or 0, "Check the model's name and settings.")


def said(error: openai.APIError) -> str:
    """What the server said, in a line without keys."""
    body = error.body if isinstance(error.body, dict) else _body_in(error.message)
    text = Hiding((), secrets_of())(str(body.get("message") or error.message))
    clean = "".join(c if c.isprintable() else " " for c in text)
    return f"{' '.join(clean.split())[:200].rstrip('.')}."


def _body_in(text: str) -> dict[str, Any]:
    """What the server sent, where a client only quotes it."""
    quoted = last_object(text, "message")
    return quoted if quoted is not None else {}


def _is(error: openai.APIError, signs: tuple[str, ...]) -> bool:
    words = _words(error)
    return any(sign in words for sign in signs)


def _words(error: openai.APIError) -> str:
    return f"{getattr(error, 'code', '')} {error.message} {error.body}".lower()


def _no_money(error: openai.APIError) -> bool:
    if _is(error, _NO_MONEY):
        return True
    return _is(error, _PERHAPS_NO_MONEY) and not _is(error, _TOO_OFTEN) and _retry_after(error) is None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _retry_after(error: openai.APIError) -> float | None:
    """Seconds that the server asks for: in a header, as a number or as a date by its own clock, or in words."""
    for each in _chain(error):
        kept = getattr(each, "litellm_response_headers", None)  # LiteLLM answers in a server's name without them
        for headers in (kept, getattr(getattr(each, "response", None), "headers", None)):
            if headers is not None and headers.get("retry-after"):
                return _seconds(str(headers.get("retry-after")), str(headers.get("date", "")))
    told = _WAIT.search(_words(error))
    if told is None:
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in re.findall(r"([\d.]+)(ms|h|m|s)", told[1]))


def _seconds(asked: str, date: str) -> float | None:
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
