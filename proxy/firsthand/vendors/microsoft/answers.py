"""Microsoft's answers -> outcomes, event by event.

Source: Microsoft's "Conversions API guide", read 2026-11-24; the form of its complaints as public
connectors of 2026 read it. Complaints stand in the answer to a call that was taken, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

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
    Warned,
)
from firsthand.vendors.answers import bad, members, shown, trouble

_SPARE = tuple(
    f"userData.{name}"
    for name in ("msclkid", "em", "ph", "externalId", "anonymousId", "clientIpAddress")
)
"""Fields that an event may do without, as long as one identifier is left."""

_IDENTIFIERS = frozenset(_SPARE[:-1])
_OLD = ("old", "past", "7 days", "seven days")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon; of a call that was refused, those not named go again."""
    body = members(reply.body)
    error = body.get("error")
    told = error if isinstance(error, dict) else {}
    words = shown(f"{told.get('code', '')} {told.get('message', '')}".strip())
    if str(told.get("code", "")).lower() == "unauthorized":
        return [TryLater(Reason.AUTH, words)] * len(beacons)
    later = trouble(reply, words)
    if later is not None:
        return [later] * len(beacons)
    complaints = _complaints(told.get("details"))
    rest = _rest(reply, body, words, complaints, len(beacons))
    return [
        _judged(complaints[place], beacon) if place in complaints else rest
        for place, beacon in enumerate(beacons)
    ]


def _rest(
    reply: Reply,
    body: Mapping[str, Any],
    words: str,
    complaints: Mapping[int, Sequence[Mapping[str, Any]]],
    sent: int,
) -> Outcome:
    """Return the outcome of events that no complaint names."""
    count = body.get("eventsReceived")
    message = words or f"HTTP {reply.status}"
    if reply.status >= HTTPStatus.BAD_REQUEST:
        named = any(place < sent for place in complaints)
        return Split(Reason.BAD_EVENT, message) if named else bad(message, sent)
    if not isinstance(count, int):
        return TryLater(Reason.BROKEN_REPLY, f"HTTP {reply.status} without a count")
    if not complaints and count < sent:
        return Warned(f"Microsoft counted {count} of {sent} events")
    return Accepted()


def _complaints(details: object) -> dict[int, list[Mapping[str, Any]]]:
    """Return what is said of each event, by its place in the call."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for each in details if isinstance(details, list) else []:
        place = each.get("index") if isinstance(each, dict) else None
        if isinstance(place, int):
            found.setdefault(place, []).append(each)
    return found


def _judged(complaints: Sequence[Mapping[str, Any]], beacon: Beacon) -> Outcome:
    words = shown("; ".join(map(_words, complaints)))
    errors = [each for each in complaints if each.get("isWarning") is not True]
    if not errors:
        return Warned(words)
    spare = tuple(dict.fromkeys(path for each in errors for path in _spare(each, beacon)))
    left = _IDENTIFIERS & beacon.fields.keys() - set(spare)
    if spare and left and len(spare) == len(errors):
        return Amend(spare, message=words)
    if all(_is_old(each) for each in errors):
        return Expired(Reason.TOO_OLD, words)
    return Refused(Reason.BAD_EVENT, words)


def _words(complaint: Mapping[str, Any]) -> str:
    return f"{complaint.get('propertyName', '')}: {complaint.get('errorMessage', '')}"


def _spare(complaint: Mapping[str, Any], beacon: Beacon) -> Iterator[str]:
    """Yield the field that a complaint is about, if the event has it and may do without."""
    about = str(complaint.get("propertyName", "")).rpartition(".")[2].lower()
    for path in _SPARE:
        if path in beacon.fields and path.rpartition(".")[2].lower() == about:
            yield path


def _is_old(complaint: Mapping[str, Any]) -> bool:
    about = str(complaint.get("propertyName", "")).lower()
    words = str(complaint.get("errorMessage", "")).lower()
    return about.endswith("eventtime") and any(word in words for word in _OLD)
