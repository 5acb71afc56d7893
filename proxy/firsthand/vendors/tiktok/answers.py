"""TikTok's answers -> outcomes.

Source: the codes that published connectors handle, read 2026-11; not checked against a list of
TikTok's own. HTTP says 200 to nearly everything: the code in the body decides. A bad event refuses
its call as a whole (40002), or is left out of it (20001).
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from firsthand.model import Accepted, Beacon, Outcome, Reason, Reply, TryLater
from firsthand.vendors.answers import MAX_MESSAGE, bad, members, named, shown, trouble, wait_s

_TAKEN = 0
_PARTLY = 20001
_REASONS: Mapping[int, Reason] = {
    **dict.fromkeys((_PARTLY, 40000, 40002), Reason.BAD_EVENT),
    **dict.fromkeys((40001, *range(40101, 40106)), Reason.AUTH),
    **dict.fromkeys((40016, 40100, 40133), Reason.RATE_LIMIT),  # 40100 too, in spite of its number
}
_PATH = re.compile(r"Batch\.[0-9]{1,4}(?:\.[a-z_]{1,30}|\.[0-9]{1,4}){1,6}: ")
_UNUSABLE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


def judge(reply: Reply, beacons: Sequence[Beacon]) -> list[Outcome]:
    """Return one outcome for each beacon. A code that is not known condemns no event."""
    sent = len(beacons)
    body = members(reply.body)
    code = body.get("code")
    if not isinstance(code, int) or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return [_without_code(reply, sent)] * sent
    if code == _TAKEN:
        return [Accepted()] * sent
    refused = _refused(body.get("data"), sent) if code == _PARTLY else {}
    if refused:
        return named(refused, sent, Accepted())
    message = f"{code} {_told(str(body.get('message', '')))}"
    reason = _REASONS.get(code, Reason.VENDOR_DOWN)
    if reason is Reason.BAD_EVENT:  # sent again in halves: an event that was taken counts once
        return [bad(message, sent)] * sent
    return [TryLater(reason, message, wait_s(reply.headers))] * sent


def _told(message: str) -> str:
    """Return a message with the path it begins with, which is long but tells of nobody."""
    path = _PATH.match(message[:MAX_MESSAGE])
    return f"{path[0]}{shown(message[path.end() :])}" if path else shown(message)


def _without_code(reply: Reply, sent: int) -> Outcome:
    message = f"HTTP {reply.status} without an answer of the API"
    later = trouble(reply) or TryLater(Reason.BROKEN_REPLY, message)
    return bad(message, sent) if reply.status in _UNUSABLE and trouble(reply) is None else later


def _refused(data: object, sent: int) -> dict[int, str]:
    """Return the refused events of a partly taken call by place, ``{}`` unless all are named.

    No page describes this list; the names are those that connectors read.
    """
    listed = data.get("failed_events") if isinstance(data, dict) else None
    found: dict[int, str] = {}
    for each in listed if isinstance(listed, list) else ():
        place = each.get("order_in_batch", each.get("index")) if isinstance(each, dict) else None
        if type(place) is not int or not 0 <= place < sent:
            return {}
        found[place] = shown(f"{_PARTLY} {each.get('message', '')}")
    return found
