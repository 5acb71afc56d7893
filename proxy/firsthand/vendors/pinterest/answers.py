"""Pinterest's answers -> outcomes.

Source: Pinterest's OpenAPI description 5.23 (events/create, ConversionApiResponse, DetailedError),
read 2026-11. An answer 200 or 422 judges each event, in the order of the request; where a 422 keeps
its list is not described, so it is looked for in both places.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from firsthand.model import (
    Accepted,
    Beacon,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Reply,
    TryLater,
    Warned,
)
from firsthand.vendors.answers import bad, members, shown, wait_s

SWITCHED_OFF = 4197
_SWITCHED_OFF_S = 300.0

_LATER: Mapping[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,
    HTTPStatus.NOT_FOUND: Reason.SETUP,  # no such ad account
    HTTPStatus.TOO_MANY_REQUESTS: Reason.RATE_LIMIT,
}
_BAD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: its own where the answer lists the events."""
    body = members(reply.body)
    if reply.status in {HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY}:
        listed = _listed(body)
        if len(listed) == len(beacons):
            return [_event(each) for each in listed]
    return [_whole(reply, body, beacons)] * len(beacons)


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what the checking door says; it answers as the real one does."""
    return [_probed(outcome) for outcome in judge(reply, beacons)]


def _probed(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refused):
        return outcome
    taken = isinstance(outcome, Accepted | Warned)
    message = "" if isinstance(outcome, Accepted) else getattr(outcome, "message", "")
    return Recorded(validated=taken, message=message)


def _listed(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the events' own answers; an empty list where there are none, or not one for each."""
    details = body.get("details")
    places = (body, details if isinstance(details, dict) else {"events": details})
    for place in places:
        events = place.get("events")
        if isinstance(events, list) and all(isinstance(event, dict) for event in events):
            return events
    return []


def _event(told: Mapping[str, Any]) -> Outcome:
    error, warning = told.get("error_message"), told.get("warning_message")
    if told.get("status") != "processed":
        return Refused(Reason.BAD_EVENT, shown(str(error or "refused without a reason")))
    return Warned(shown(str(warning))) if warning else Accepted()


def _whole(reply: Reply, body: Mapping[str, Any], beacons: Sequence[Beacon]) -> Outcome:
    """Judge a call as a whole: pages of gateways are no answers of the API."""
    status, code = reply.status, body.get("code")
    told = body.get("message") or "without an answer of the API"
    message = shown(f"HTTP {status} {code or ''} {told}")
    if status == HTTPStatus.OK:
        return _counted(body, len(beacons), message)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (status in _BAD and code is not None):
        return bad(message, len(beacons))
    if status == HTTPStatus.NOT_FOUND and code is None:
        return TryLater(Reason.BROKEN_REPLY, message)
    if status in _LATER:
        return TryLater(_LATER[HTTPStatus(status)], message, wait_s(reply.headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = _SWITCHED_OFF_S if code == SWITCHED_OFF else None
        return TryLater(Reason.VENDOR_DOWN, message, wait_s(reply.headers) or wait)
    return TryLater(Reason.BROKEN_REPLY, message)


def _counted(body: Mapping[str, Any], sent: int, message: str) -> Outcome:
    """Judge a 200 without a usable list by its counts."""
    taken = body.get("num_events_processed")
    if not isinstance(taken, int):
        return TryLater(Reason.BROKEN_REPLY, message)
    return Accepted() if taken >= sent else Warned(f"Pinterest processed {taken} of {sent} events")
