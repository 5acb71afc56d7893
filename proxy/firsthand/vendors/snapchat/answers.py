"""Snapchat's answers -> outcomes.

Source: the OpenAPI file of Snap's Business SDK and Snap's page on using the Conversions API, read
2026-11: status, reason, the place of the event, codes and messages. The codes are not published,
nor is what becomes of good events beside a bad one: those are sent again, under the same event id.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from firsthand.model import (
    Accepted,
    Beacon,
    Outcome,
    Reason,
    Recorded,
    Reply,
    Split,
    TryLater,
    Warned,
)
from firsthand.vendors import answers

_GOOD = frozenset({"VALID", "OK", "SUCCESS"})
_BAD = frozenset({"INVALID", "ERROR", "FAILED", "FAILURE"})


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: a complaint can name one event, or none."""
    sent = len(beacons)
    told = answers.members(reply.body)
    status = str(told.get("status", "")).upper()
    message = _message(told) or f"HTTP {reply.status} without an answer of the API"
    later = answers.trouble(reply, _message(told))
    if later is not None:
        return [later] * sent
    if reply.status >= HTTPStatus.BAD_REQUEST or status in _BAD:
        return _refused(told, message, sent)
    if status in _GOOD:
        return [Accepted()] * sent
    unknown = Warned(message) if status else TryLater(Reason.BROKEN_REPLY, message)
    return [unknown] * sent


def _refused(told: Mapping[str, Any], message: str, sent: int) -> list[Outcome]:
    """Refuse the events that are named and send the others again; else look for the culprit."""
    named = {place: words for place, words, _ in _events(told) if place < sent and words}
    if not named:
        return [answers.bad(message, sent)] * sent
    return answers.named(named, sent, Split(Reason.BAD_EVENT, message))


def _events(told: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield place, complaint and warning of each event that an answer speaks of."""
    place = told.get("event")
    if isinstance(place, int) and _is_place(place):
        yield place, _message(told), ""
    logs = told.get("event_logs")
    for log in logs if isinstance(logs, list) else []:
        if isinstance(log, dict) and _is_place(log.get("event")):
            wrong = str(log.get("status", "")).upper() in _BAD
            warnings = answers.shown(str(log["warnings"])) if log.get("warnings") else ""
            yield log["event"], (_message(log) or "refused") if wrong else "", warnings


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _message(told: Mapping[str, Any]) -> str:
    """Return codes and messages, else the reason, without what may be personal."""
    errors = told.get("errors")
    given = errors if isinstance(errors, dict) else {}
    lists = (given.get("codes"), given.get("error_msgs"))
    words = [str(each) for one in lists if isinstance(one, list) for each in one]
    return answers.shown("; ".join(words) or str(told.get("reason") or ""))


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what the validating door says of each event."""
    sent = len(beacons)
    told = answers.members(reply.body)
    status = str(told.get("status", "")).upper()
    wrong = reply.status == HTTPStatus.BAD_REQUEST or status in _BAD
    if answers.trouble(reply) or not (wrong or status in _GOOD):
        return [Recorded(validated=False, message=f"HTTP {reply.status}")] * sent
    found = {place: words for place, words, _ in _events(told) if words}
    if wrong and not found:
        return [answers.bad(_message(told) or f"HTTP {reply.status}", 1)] * sent
    warned = {place: warning for place, _, warning in _events(told) if warning}
    return [
        answers.bad(found[place], 1)
        if place in found
        else Recorded(validated=True, message=warned.get(place, ""))
        for place in range(sent)
    ]
