"""What the answers of several vendors have in common: JSON, waits, statuses, the words to show.

No vendor of its own: the files that use it say what their vendor documents.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from firsthand.model import Outcome, Reason, Refused, Reply, Split, TryLater

MAX_MESSAGE = 300
MAX_DIGITS = 6  # of a wait in seconds: eleven days

_WORD = r"[^\s\"',;()]"
_SECRET_LIKE = re.compile(
    rf"{_WORD}*(?:@|%40){_WORD}*|{_WORD}{{40,}}|(?=[^\s]*[0-9]){_WORD}{{17,}}"
)
_REASONS: Mapping[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,
    HTTPStatus.NOT_FOUND: Reason.SETUP,
    HTTPStatus.REQUEST_TIMEOUT: Reason.VENDOR_DOWN,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.RATE_LIMIT,
}
_WAITS = ("retry-after", "x-ratelimit-reset")


def members(body: bytes) -> dict[str, Any]:
    """Return the JSON object in an answer; an empty one where there is none."""
    try:
        parsed = orjson.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def shown(message: str) -> str:
    """Return a message without what looks like a token, a hash or an address of a person."""
    return _SECRET_LIKE.sub("***", message[:1000])[:MAX_MESSAGE]


def wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer's headers ask us to wait."""
    told = [headers.get(name, "") for name in _WAITS]
    return next((float(each) for each in told if _seconds(each)), None)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return what ``Retry-After`` asks for, in seconds or as a date beside the answer's own.

    Source: RFC 9110, section 10.2.3, read 2026-11-24.
    """
    told = headers.get("retry-after", "").strip()
    if _seconds(told):
        return float(told)
    try:
        until, sent = (parsedate_to_datetime(each) for each in (told, headers.get("date", "")))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):  # no date, or one without its zone
        return None


def _seconds(told: str) -> bool:
    return told.isascii() and told.isdecimal() and len(told) <= MAX_DIGITS


def trouble(reply: Reply, message: str = "") -> TryLater | None:
    """Return why the same call may succeed later; ``None`` where the events themselves are judged.

    A web page comes from before the API: it condemns nothing.
    """
    status = reply.status
    words = f"HTTP {status} {message}".strip()
    down = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    reason = Reason.VENDOR_DOWN if down else _REASONS.get(status, Reason.NONE)
    if reason:
        return TryLater(reason, words, wait_s(reply.headers))
    redirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if redirected or reply.body.lstrip()[:1] == b"<":
        return TryLater(Reason.BROKEN_REPLY, words)
    return None


def bad(message: str, sent: int) -> Outcome:
    """Return the outcome of a call that one event spoils: halved until the culprit is alone."""
    return (Split if sent > 1 else Refused)(Reason.BAD_EVENT, message)


def named(refused: Mapping[int, str], sent: int, rest: Outcome) -> list[Outcome]:
    """Return ``Refused`` for the events named by their place in the call, ``rest`` for others."""
    return [
        Refused(Reason.BAD_EVENT, refused[place]) if place in refused else rest
        for place in range(sent)
    ]
