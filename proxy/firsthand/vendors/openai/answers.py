"""OpenAI's answers -> outcomes.

Source: OpenAI's page on the Conversions API, autumn 2026; the words of the answers as published
connectors met them. What 403 and 404 mean, and which place ``param`` names, is not published.
OpenAI answers for a call as a whole: one bad event fails all.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from firsthand.model import (
    Accepted,
    Beacon,
    Expired,
    Outcome,
    Reason,
    Recorded,
    Refused,
    Reply,
    TryLater,
    Warned,
)
from firsthand.vendors.answers import bad, members, shown, trouble

_OK = HTTPStatus.OK
_TOO_OLD = "event_timestamp_too_old"
_PLACE = re.compile(r"events[.\[]([0-9]{1,4})")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: the same for all of a call."""
    sent = len(beacons)
    body = members(reply.body)
    code, message = _error(body)
    later = trouble(reply, shown(message))
    outcome: Outcome
    if reply.status == _OK:
        outcome = _taken_in(body.get("accepted_events"), sent)
    elif later is not None:
        outcome = later
    elif code == _TOO_OLD and sent == 1:
        outcome = Expired(Reason.TOO_OLD, shown(message))
    else:
        outcome = bad(shown(f"HTTP {reply.status} {code} {message}"), sent)
    return [outcome] * sent


def _taken_in(count: object, sent: int) -> Outcome:
    if not isinstance(count, int):
        return TryLater(Reason.BROKEN_REPLY, "HTTP 200 without a count of accepted events")
    return Accepted() if count >= sent else Warned(f"OpenAI took {count} of {sent} events")


def _error(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and message: of an object ``error``, a text ``error``, or a bare ``message``."""
    error = body.get("error")
    if not isinstance(error, dict):
        return "", str(error or body.get("message") or "")
    param = error.get("param")
    return str(error.get("code") or ""), f"{error.get('message') or ''} {param or ''}".strip()


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what the check says; a refusal is of all, unless it names the event or is alone."""
    sent = len(beacons)
    outcome = judge(reply, beacons)[0]
    if isinstance(outcome, Accepted):
        return [Recorded(validated=True)] * sent
    words = outcome.message
    unknown = Recorded(validated=False, message=words)
    if trouble(reply) is not None or reply.status == _OK:
        return [unknown] * sent
    named = _PLACE.search(_error(members(reply.body))[1])
    place = int(named[1]) if named else 0 if sent == 1 else -1
    refused = Refused(Reason.BAD_EVENT, words)
    return [refused if index == place else unknown for index in range(sent)]
