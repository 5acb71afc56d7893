"""LinkedIn's answers -> outcomes.

Source: LinkedIn's pages on the Conversions API, on Rest.li batches and on error handling, read
2026-11; the lines of a refused batch are those that users of the API met.
A batch is checked as a whole: its bad events are named by index, and none of it is taken.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from firsthand.model import (
    Accepted,
    Beacon,
    Outcome,
    Reason,
    Refused,
    Reply,
    Split,
    TryLater,
)
from firsthand.vendors.answers import bad, members, shown, wait_s

UPGRADE_REQUIRED = 426

_INDEX = re.compile(r"Index:\s*([0-9]{1,6}),\s*ERROR\s*::\s*([^\r\n]*)")
_LATER: Mapping[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.RATE_LIMIT,
    UPGRADE_REQUIRED: Reason.SETUP,  # the version named in the header is over
}
_BAD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: its own where the answer tells them apart."""
    if reply.status == HTTPStatus.CREATED:
        return [Accepted()] * len(beacons)
    body = members(reply.body)
    if reply.status == HTTPStatus.OK:
        return _elements(body, beacons)
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        named = _named(str(body.get("message", "")), len(beacons))
        if named:
            return [_sifted(named.get(index)) for index in range(len(beacons))]
    return [_whole(reply, body, beacons)] * len(beacons)


def _elements(body: Mapping[str, Any], beacons: Sequence[Beacon]) -> list[Outcome]:
    listed = body.get("elements")
    if not isinstance(listed, list) or len(listed) != len(beacons):
        return [TryLater(Reason.BROKEN_REPLY, "HTTP 200 without one answer an event")] * len(
            beacons
        )
    return [_element(each if isinstance(each, dict) else {}) for each in listed]


def _element(told: Mapping[str, Any]) -> Outcome:
    """Judge one event of a batch. What it lacks, a right to its rule too, is its own affair."""
    status = told.get("status")
    if not isinstance(status, int):
        return TryLater(Reason.BROKEN_REPLY, "an event without a status")
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Accepted()
    error = told.get("error")
    message = _words(status, error if isinstance(error, dict) else {})
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TryLater(Reason.RATE_LIMIT, message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TryLater(Reason.VENDOR_DOWN, message)
    return Refused(Reason.BAD_EVENT, message)


def _named(message: str, sent: int) -> dict[int, str]:
    """Return what a refused batch says of its events, by index."""
    found = {int(index): words.strip() for index, words in _INDEX.findall(message)}
    return {index: words for index, words in found.items() if index < sent}


def _sifted(words: str | None) -> Outcome:
    """Condemn an event that was named; the others go again, at once, in halves."""
    if words is None:
        return Split(Reason.BAD_EVENT, "another event of the batch was refused")
    return Refused(Reason.BAD_EVENT, shown(words) or "refused without a reason")


def _whole(reply: Reply, body: Mapping[str, Any], beacons: Sequence[Beacon]) -> Outcome:
    status = reply.status
    message = _words(status, body)
    if status in _LATER:
        return TryLater(_LATER[status], message, wait_s(reply.headers))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (status in _BAD and body):
        return bad(message, len(beacons))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TryLater(Reason.VENDOR_DOWN, message, wait_s(reply.headers))
    return TryLater(Reason.BROKEN_REPLY, message)


def _words(status: int, told: Mapping[str, Any]) -> str:
    words = (f"HTTP {status}", told.get("code"), told.get("serviceErrorCode"), told.get("message"))
    return shown(" ".join(str(word) for word in words if word))
