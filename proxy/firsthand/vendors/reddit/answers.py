"""Reddit's answers -> outcomes.

Source: Reddit's API reference for conversion events and connectors in production, read 2026-11. A
call is refused as a whole; version 2 named bad events in an answer that said 200.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from firsthand.model import Accepted, Beacon, Outcome, Reason, Reply, Split, TryLater
from firsthand.vendors import answers

_FIELD = re.compile(r"[a-z_.]{1,40}(?:\[?[0-9]{1,4}\]?[a-z_.]{0,40})?")
_PLACE = re.compile(r"events(?:\[|\.)([0-9]{1,4})\b")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon. A call is refused as a whole, also where the answer names
    the events that spoil it; older versions name them in an answer that says 200.
    """
    sent = len(beacons)
    told = answers.members(reply.body)
    error = told.get("error")
    message = _message(error) or f"HTTP {reply.status}"
    later = answers.trouble(reply, _message(error))
    if later is not None:
        return [later] * sent
    data = told.get("data")
    invalid = _listed(told, "invalid_events") or _listed(data, "invalid_events")
    if reply.status >= HTTPStatus.BAD_REQUEST or error or invalid:
        return _refused(_complaints(error, invalid), message, sent)
    if isinstance(data, dict) or reply.status == HTTPStatus.NO_CONTENT:
        return [Accepted()] * sent
    return [TryLater(Reason.BROKEN_REPLY, f"{message} without an answer of the API")] * sent


def _refused(complaints: Sequence[str], message: str, sent: int) -> list[Outcome]:
    """Refuse the events that are named and send the others again; else look for the culprit."""
    words = "; ".join((message, *complaints))[: answers.MAX_MESSAGE]
    named = {int(place): each for each in complaints for place in _PLACE.findall(each)}
    if not any(place < sent for place in named):
        return [answers.bad(words, sent)] * sent
    return answers.named(named, sent, Split(Reason.BAD_EVENT, words))


def _listed(given: object, name: str) -> list[Any]:
    found = given.get(name) if isinstance(given, dict) else None
    return found if isinstance(found, list) else []


def _complaints(error: object, invalid: Sequence[object]) -> list[str]:
    """Return what is said of single fields or events. The API's field names may be shown."""
    fields = [each for each in _listed(error, "fields") if isinstance(each, dict)]
    words = [f"{_field(each)}: {answers.shown(str(each.get('message', '')))}" for each in fields]
    events = [each for each in invalid if isinstance(each, dict)]
    return words + [answers.shown(str(each.get("error_message", ""))) for each in events]


def _field(complaint: dict[str, Any]) -> str:
    name = str(complaint.get("field", ""))
    return name if _FIELD.fullmatch(name) else answers.shown(name)


def _message(error: object) -> str:
    """Return an error's code, reason and explanation, without what may be personal."""
    if not isinstance(error, dict):
        return ""
    words = [error.get(name) for name in ("code", "reason", "message", "explanation")]
    return answers.shown(" ".join(str(each) for each in words if each))
