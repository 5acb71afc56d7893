"""X's answers -> outcomes.

Source: X's pages on web conversions and on error codes of the Ads API, read 2026-11-24; the words
of its complaints are those that users of the API met in 2026.
X answers for a call as a whole: one bad event fails all, and the answer names none.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
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

_LATER: Mapping[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,  # the user or the app may not
    HTTPStatus.NOT_FOUND: Reason.SETUP,  # the pixel is not there for this token
    HTTPStatus.GONE: Reason.SETUP,  # the version has ended
    HTTPStatus.REQUEST_TIMEOUT: Reason.TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.RATE_LIMIT,
}
_BAD = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
CLICK_PATH = "identifiers.twclid"
RECOGNISING = (CLICK_PATH, "identifiers.hashed_email", "identifiers.hashed_phone_number")
NETWORK = ("identifiers.ip_address", "identifiers.user_agent")

_RESET = "x-account-rate-limit-reset"
_SECONDS = re.compile("[0-9]{10}")


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon: the same for all of a call."""
    body = members(reply.body)
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return [_taken(body, reply.status, beacons)] * len(beacons)
    message = _message(body, reply.status)
    page = reply.body.lstrip()[:1] == b"<"
    if reply.status in _BAD and not page:
        return [_bad(message, beacons)] * len(beacons)
    down = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    reason = Reason.VENDOR_DOWN if down else Reason.BROKEN_REPLY
    later = _LATER.get(reply.status, reason)
    wait = _wait_s(reply.headers) if later is Reason.RATE_LIMIT or down else None
    return [TryLater(later, message, wait)] * len(beacons)


def _taken(body: Mapping[str, Any], status: int, beacons: Sequence[Beacon]) -> Outcome:
    """Judge a success by what X counted: a call of which it took nothing is none."""
    data = body.get("data")
    count = data.get("conversions_processed") if isinstance(data, dict) else None
    if not isinstance(count, int):
        return TryLater(Reason.BROKEN_REPLY, f"HTTP {status} without a count")
    if count >= len(beacons):
        return Accepted()
    message = f"X processed {count} of {len(beacons)} events"
    return Warned(message) if count > 0 else _bad(message, beacons)


def matchable(fields: Mapping[str, Value]) -> bool:
    """Say whether X can recognise anybody by these fields; address and agent count together."""
    return any(path in fields for path in RECOGNISING) or fields.keys() >= {*NETWORK}


def _bad(message: str, beacons: Sequence[Beacon]) -> Outcome:
    """Halve a call until the bad event is alone, so that no other event loses an identifier."""
    if not any(matchable(beacon.fields) for beacon in beacons):
        return Refused(Reason.BAD_EVENT, message)
    if len(beacons) > 1:
        return Split(Reason.BAD_EVENT, message)
    told = message.lower()
    spare = tuple(
        path
        for path in (*RECOGNISING, *NETWORK)
        if path in beacons[0].fields and path.partition(".")[2] in told
    )
    if spare:
        return Amend(spare, message=message)
    wrong = "single event tag" in told  # not set up, or not under this pixel
    return Refused(Reason.SETUP if wrong else Reason.BAD_EVENT, message)


def _message(body: Mapping[str, Any], status: int) -> str:
    """Return X's own words."""
    errors = body.get("errors")
    told = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    words = [f"{each.get('code', '')} {each.get('message', '')}".strip() for each in told]
    return shown("; ".join(filter(None, words))) or f"HTTP {status}"


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until X will listen: ``retry-after``, else its reset by its own clock."""
    asked = wait_s(headers)
    reset = headers.get(_RESET, "")
    now = _moment(headers.get("date", ""))
    if asked is not None or now is None or not _SECONDS.fullmatch(reset):
        return asked
    return max(1.0, float(reset) - now.timestamp())


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
