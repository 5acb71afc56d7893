"""The Data Manager API's answers -> outcomes, and the question what became of a call.

Source: Google's pages on ``events.ingest``, ``requestStatus.retrieve``, errors and limits of the
        Data Manager API, read 2026-11.
A call is taken or refused as a whole: one bad event fails all, and is named by its index. What is
taken is judged later, and then only counted by reason.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
    Call,
    Expired,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Reply,
    Split,
    TryLater,
    Warned,
)

HOST = "datamanager.googleapis.com"
FIRST_LOOK_S = 1800.0
NEXT_LOOK_S = 3600.0
A_DAY_IS_OVER_S = 3600.0

_INDEX = re.compile(r"\bevents(?:\.events)?\[([0-9]{1,4})\]")
_CLICK_FIELDS = ("adIdentifiers.gclid", "adIdentifiers.gbraid", "adIdentifiers.wbraid")
_CONTACTS = frozenset({"userData.emailAddress", "userData.phoneNumber"})
_BAD_CLICK = frozenset({"INVALID_AD_IDENTIFIER_FOR_ACCOUNT", "INVALID_GCLID"})
_TOO_OLD = frozenset({"EVENT_TOO_OLD"})
_SETUP = frozenset(
    {
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
        "EVENT_SOURCE_AND_DESTINATION_MISMATCH",
        "INVALID_CONVERSION_ACTION_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "INVALID_DESTINATION",
        "NOT_ALLOWLISTED",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
    }
)
_LATER: Mapping[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,
    HTTPStatus.NOT_FOUND: Reason.SETUP,
}
_PREFIX = "PROCESSING_ERROR_REASON_"
_SECONDS = re.compile(r"([0-9]{1,6})(?:\.[0-9]{1,9})?s?")
_MAX_MESSAGE = 300
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\S*@\S*|[A-Za-z0-9_-]{32,}")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon. A call that is taken is asked for after half an hour."""
    body = _object(reply)
    if reply.status == HTTPStatus.BAD_REQUEST:
        return _refused(body, beacons)
    ticket = body.get("requestId")
    if reply.status == HTTPStatus.OK and isinstance(ticket, str) and ticket:
        taken = Pending(ticket, FIRST_LOOK_S, message=_warnings(body))
        return [taken] * len(beacons)
    return [_later(reply, body)] * len(beacons)


def judge_probe(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what the check of a call says: it names bad events, and forgets the good ones."""
    body = _object(reply)
    if reply.status == HTTPStatus.OK:
        return [Recorded(validated=True, message=_warnings(body))] * len(beacons)
    if reply.status != HTTPStatus.BAD_REQUEST:
        return [Recorded(validated=False, message=f"HTTP {reply.status}")] * len(beacons)
    return [_checked(outcome) for outcome in _refused(body, beacons)]


def _checked(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refused | Expired):
        return outcome
    if isinstance(outcome, Amend):
        return Refused(outcome.reason, outcome.message)
    return Recorded(validated=False, message=outcome.message)


def ask(ticket: str, beacons: Sequence[Beacon], settings: object) -> Call:
    """Return the question what became of the call that gave ``ticket``."""
    project = getattr(settings, "quota_project", "")
    return Call(
        vendor=beacons[0].vendor,
        account=beacons[0].to,
        method="GET",
        url=f"https://{HOST}/v1/requestStatus:retrieve?requestId={quote(ticket, safe='')}",
        headers={"x-goog-user-project": project} if project else {},
        body=b"",
    )


def judge_ask(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return what became of the beacons of one call.

    Google counts and does not say which: where it took only some, all are accepted with a warning.
    """
    body = _object(reply)
    found = body.get("requestStatusPerDestination")
    if reply.status != HTTPStatus.OK:
        gone = {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
        lost: Outcome = Accepted(Reason.UNCONFIRMED, f"HTTP {reply.status} for the status")
        return [lost if reply.status in gone else _later(reply, body)] * len(beacons)
    told = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [_ended(told)] * len(beacons)


def _ended(told: Sequence[Mapping[str, Any]]) -> Outcome:
    states = {each.get("requestStatus") for each in told}
    reasons = ", ".join(reason for each in told for reason in _counts(each))[:_MAX_MESSAGE]
    if states == {"SUCCESS"}:
        return Warned(reasons) if reasons else Accepted()
    if states == {"FAILED"}:
        return Refused(_of_failure(reasons), reasons)
    if states and states <= {"SUCCESS", "FAILED", "PARTIAL_SUCCESS"}:
        return Warned(f"some of the call's events were not taken: {reasons}"[:_MAX_MESSAGE])
    return Pending("", NEXT_LOOK_S)


def _of_failure(reasons: str) -> Reason:
    if "DUPLICATE" in reasons:
        return Reason.DUPLICATE
    if "CONSENT" in reasons:
        return Reason.CONSENT
    return Reason.TOO_OLD if "TOO_OLD" in reasons else Reason.BAD_EVENT


def _counts(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield ``3 CLICK_NOT_FOUND`` for each reason of error or warning."""
    for about, each in (("errorInfo", "errorCounts"), ("warningInfo", "warningCounts")):
        counts = told.get(about)
        for count in counts.get(each, ()) if isinstance(counts, dict) else ():
            if isinstance(count, dict):
                reason = str(count.get("reason", "")).removeprefix(_PREFIX)
                yield f"{count.get('recordCount', '?')} {reason}"


def _refused(body: Mapping[str, Any], beacons: Sequence[Beacon]) -> list[Outcome]:
    """Condemn the events that are named, and give the others back; where none is, halve."""
    faults = list(_faults(body))
    setup = next((words for reason, _, words in faults if reason in _SETUP), "")
    if setup:
        return [TryLater(Reason.SETUP, setup)] * len(beacons)
    named: dict[int, tuple[str, str]] = {}
    for reason, index, words in faults:
        if index is not None and index < len(beacons):
            named.setdefault(index, (reason, words))
    if not named:
        return _unnamed(body, faults, len(beacons))
    return [
        _condemned(beacon, *named[index]) if index in named else Split(Reason.BAD_EVENT)
        for index, beacon in enumerate(beacons)
    ]


def _unnamed(
    body: Mapping[str, Any], faults: Sequence[tuple[str, int | None, str]], sent: int
) -> list[Outcome]:
    error = body.get("error")
    told = str(error.get("message", "")) if isinstance(error, dict) else ""
    message = "; ".join(words for _, _, words in faults) or f"HTTP 400 {_shown(told)}"
    outcome: Outcome = (Split if sent > 1 else Refused)(Reason.BAD_EVENT, message[:_MAX_MESSAGE])
    if any(words.startswith(("destinations", "encoding")) for _, _, words in faults):
        outcome = TryLater(Reason.SETUP, message[:_MAX_MESSAGE])
    return [outcome] * sent


def _condemned(beacon: Beacon, reason: str, words: str) -> Outcome:
    if reason in _TOO_OLD:
        return Expired(Reason.TOO_OLD, words)
    clicks = tuple(path for path in _CLICK_FIELDS if path in beacon.fields)
    if reason not in _BAD_CLICK or not clicks:
        return Refused(Reason.BAD_EVENT, words)
    if beacon.fields.keys() & _CONTACTS:
        return Amend(clicks, message=words)
    return Refused(Reason.BAD_IDENTIFIER, words)


def _faults(body: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    """Yield reason, index of the event and words for each field that Google complains about."""
    for detail in _details(body):
        violations = detail.get("fieldViolations")
        for each in violations if isinstance(violations, list) else ():
            if isinstance(each, dict):
                place, reason = str(each.get("field", "")), str(each.get("reason", ""))
                told = f"{place[:80]} {reason[:60]}: {_shown(str(each.get('description', '')))}"
                found = _INDEX.search(place)
                words = told[:_MAX_MESSAGE]
                yield reason.removeprefix(_PREFIX), int(found[1]) if found else None, words


def _details(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    error = body.get("error")
    details = error.get("details") if isinstance(error, dict) else None
    yield from (one for one in details or () if isinstance(one, dict))


def _later(reply: Reply, body: Mapping[str, Any]) -> Outcome:
    message = f"HTTP {reply.status}"
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return TryLater(Reason.RATE_LIMIT, message, _wait_s(reply, body))
    if reply.status in _LATER:
        return TryLater(_LATER[reply.status], f"{message} {_status(body)}".strip())
    down = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return TryLater(Reason.VENDOR_DOWN if down else Reason.BROKEN_REPLY, message)


def _status(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    return _shown(str(error.get("status", ""))) if isinstance(error, dict) else ""


def _wait_s(reply: Reply, body: Mapping[str, Any]) -> float | None:
    """Return how long to wait, in seconds; an hour where the day's calls are used up."""
    told = [reply.headers.get("retry-after", "")]
    for detail in _details(body):
        told.append(str(detail.get("retryDelay", "")))
        about = detail.get("metadata")
        if isinstance(about, dict) and "PerDay" in str(about.get("quota_limit", "")):
            return A_DAY_IS_OVER_S
    waits = [float(found[1]) for each in told if (found := _SECONDS.fullmatch(each))]
    return max(waits, default=None)


def _warnings(body: Mapping[str, Any]) -> str:
    told = body.get("fieldWarnings")
    each = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    words = dict.fromkeys(str(one.get("reason", ""))[:60] for one in each)
    return ", ".join(words)[:_MAX_MESSAGE]


def _object(reply: Reply) -> dict[str, Any]:
    try:
        parsed = orjson.loads(reply.body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _shown(told: str) -> str:
    """Return Google's words without the values that they quote."""
    return _QUOTED.sub("...", told[:1000])[:200]
