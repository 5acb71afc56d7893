"""Meta's answers -> outcomes.

Source: Meta's pages on the Conversions API (using the API), Graph API errors and rate limits, read
2026-02; the subcodes are those that users of the API and published connectors met.
Meta answers for a call as a whole, never for an event: one bad event fails all.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from firsthand.convert import json_value
from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
    Expired,
    Outcome,
    Reason,
    Refused,
    Reply,
    Split,
    TryLater,
    Value,
    Warned,
)
from firsthand.vendors.answers import members, shown, wait_s

_REASONS: Mapping[int, Reason] = {
    **dict.fromkeys((3, 10, 102, 190, *range(200, 300)), Reason.AUTH),
    **dict.fromkeys((4, 17, 32, 613, *range(80000, 80015)), Reason.RATE_LIMIT),
    **dict.fromkeys((341, 368), Reason.RATE_LIMIT),
    **dict.fromkeys((1, 2, 5000, 21009), Reason.VENDOR_DOWN),
    100: Reason.BAD_EVENT,
    2635: Reason.SETUP,
}
_NO_SUCH_PIXEL = (100, 33)
_BAD_FBC = 2804001
_TOO_OLD = 2804003
_FBC_PATH = "user_data.fbc"

_SLOW_S: Mapping[int, float] = {341: 300.0, 368: 300.0}
"""Blocks by policy last minutes at least; their answers name no time."""

_WAIT_KEY = "estimated_time_to_regain_access"  # in minutes
_USAGE_HEADERS = ("x-business-use-case-usage", "x-app-usage")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: the same for all of a call."""
    body = members(reply.body)
    error = body.get("error")
    if isinstance(error, dict):
        outcome = _failed(error, reply, beacons)
    elif reply.status == HTTPStatus.OK and isinstance(body.get("events_received"), int):
        outcome = _taken(body, len(beacons))
    else:
        outcome = _unreadable(reply, beacons)
    return [outcome] * len(beacons)


def _taken(body: Mapping[str, Any], sent: int) -> Outcome:
    complaints = body.get("messages")
    if complaints:
        return Warned(shown(str(complaints)))
    if body["events_received"] < sent:
        return Warned(f"Meta counted {body['events_received']} of {sent} events")
    return Accepted()


def _unreadable(reply: Reply, beacons: Sequence[Beacon]) -> Outcome:
    """Judge by its status an answer that is not the API's own; web pages come from before it."""
    status = reply.status
    message = f"HTTP {status} without an answer of the API"
    page = reply.body.lstrip()[:1] == b"<"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (
        status == HTTPStatus.BAD_REQUEST and not page
    ):
        return _bad(0, message, beacons)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TryLater(Reason.RATE_LIMIT, message, _wait_s(reply.headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return TryLater(Reason.AUTH, message)
    down = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return TryLater(Reason.VENDOR_DOWN if down else Reason.BROKEN_REPLY, message)


def _failed(error: Mapping[str, Any], reply: Reply, beacons: Sequence[Beacon]) -> Outcome:
    code, sub = _int(error.get("code")), _int(error.get("error_subcode"))
    told = error.get("error_user_msg") or error.get("message") or ""
    message = shown(f"{code}/{sub} {told}" if sub else f"{code} {told}")
    reason = _reason(error, code, sub, reply.status)
    if reason is Reason.BAD_EVENT:
        return _bad(sub, message, beacons)
    wait = _wait_s(reply.headers) or _SLOW_S.get(code)
    return TryLater(reason, message, wait)


def _reason(error: Mapping[str, Any], code: int, sub: int, status: int) -> Reason:
    """Classify an error. A code that is not known is tried again: it condemns no event."""
    known = _REASONS.get(code, Reason.VENDOR_DOWN)
    if known is Reason.RATE_LIMIT:
        return known
    if error.get("is_transient") is True or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reason.VENDOR_DOWN
    if (code, sub) == _NO_SUCH_PIXEL or _version_ended(str(error.get("message", ""))):
        return Reason.SETUP
    return known


def _version_ended(message: str) -> bool:
    return "deprecated" in message.lower() and "version" in message.lower()


def _bad(sub: int, message: str, beacons: Sequence[Beacon]) -> Outcome:
    """Halve a call until the bad event is alone, so that no other event loses its click id."""
    if len(beacons) > 1:
        return Split(Reason.BAD_EVENT, message)
    if sub == _BAD_FBC and any(_FBC_PATH in beacon.fields for beacon in beacons):
        return Amend((_FBC_PATH,), message=message)
    if sub == _TOO_OLD:
        return Expired(Reason.TOO_OLD, message)
    return Refused(Reason.BAD_EVENT, message)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the longest wait in seconds that the headers ask for."""
    waits = [60 * each for name in _USAGE_HEADERS for each in _minutes(_usage(headers, name))]
    after = wait_s(headers)
    return max([*waits, after or 0.0]) or None


def _usage(headers: Mapping[str, str], name: str) -> Value | None:
    return json_value(headers.get(name, ""))


def _minutes(usage: Value | None) -> Iterator[float]:
    """Yield every waiting time in a usage header; it lists them by business and by kind of call."""
    if isinstance(usage, dict):
        told = usage.get(_WAIT_KEY)
        if isinstance(told, int | float):
            yield float(told)
    if isinstance(usage, dict | list):
        for each in usage.values() if isinstance(usage, dict) else usage:
            yield from _minutes(each)
