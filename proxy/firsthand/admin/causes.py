"""Where a twin belongs in the comparison, and, if it did not match, why not.

Every twin has exactly one place, so the places of a report add up to its twins. Every twin in a
place of ``GAP`` has exactly one cause of the closed list ``Cause``.
"""

from collections.abc import Mapping
from enum import StrEnum

from firsthand.model import Client, Reason, Server


class Place(StrEnum):
    """The one place of a twin. ``would_`` places are shadow: nothing was delivered there."""

    MATCHED = "matched"  # browser ok, and the vendor's API took it
    WOULD_MATCH = "would_match"  # browser ok, and the server path was built without sending
    CLIENT_ONLY = "client_only"  # browser ok, the server path did not deliver
    SERVER_ONLY = "server_only"  # the API took it, the browser's request did not get through
    WOULD_SERVER_ONLY = "would_server_only"  # the same, built without sending
    UNSEEN = "unseen"  # server path ok or built; how the browser's request ended is not known
    ALONE = "alone"  # the API took it, and no browser request was meant to exist
    RELAYED = "relayed"  # sent on to a beacon door, which says nothing about an event
    NEITHER = "neither"  # no path is known to have delivered it
    APART = "apart"  # not meant for the server path, so not compared


class Cause(StrEnum):
    """Why a twin did not match. Closed: whatever no rule explains is called unexplained."""

    SCRIPT_BLOCKED = "script_blocked"
    BEACON_BLOCKED = "beacon_blocked"
    CONSENT_REFUSED = "consent_refused"
    BOT = "bot"
    DUPLICATE = "duplicate"
    VENDOR_REFUSED = "vendor_refused"
    LATE = "late"
    STILL_QUEUED = "still_queued"
    UNEXPLAINED = "unexplained"


EXPLANATIONS: Mapping[Cause, str] = {
    Cause.SCRIPT_BLOCKED: "The shop or fh.js reported the event, but the vendor's own script sent"
    " no beacon for it: most often it was blocked or did not load.",
    Cause.BEACON_BLOCKED: "The vendor's script ran, but its request did not get through: a content"
    " blocker, or the network.",
    Cause.CONSENT_REFUSED: "The visitor has not agreed to what this vendor needs, so the server"
    " path ended with us.",
    Cause.BOT: "The visit looks like a robot's, and robots are kept off the server path.",
    Cause.DUPLICATE: "The same event came once more; it was counted and not sent again.",
    Cause.VENDOR_REFUSED: "The vendor's API turned the event down for good; its message is in the"
    " event's trace.",
    Cause.LATE: "The event was too old on arrival, or the vendor could not be reached before its"
    " time ran out.",
    Cause.STILL_QUEUED: "The event waits for its turn or for the vendor's last word, and may still"
    " match.",
    Cause.UNEXPLAINED: "No rule accounts for it, or Firsthand itself failed on it: look at the"
    " traces of these events.",
}

GAP = frozenset(
    {Place.CLIENT_ONLY, Place.SERVER_ONLY, Place.WOULD_SERVER_ONLY, Place.NEITHER},
)
"""The places whose twins did not match although they were meant to."""

DELIVERED = frozenset({Server.ACCEPTED, Server.WARNED})
WOULD = frozenset({Server.RECORDED, Server.VALIDATED})
WAITING = frozenset({Server.RECEIVED, Server.QUEUED, Server.SENT})

NOT_COMPARED = frozenset(
    {
        Reason.AUTOMATIC,
        Reason.UNMAPPABLE,
        Reason.NO_BEACON,
        Reason.NO_KEY,
        Reason.PREFETCH,
        Reason.FOREIGN_PAGE,
        Reason.UNKNOWN_ACCOUNT,
        Reason.HOLDOUT,
    },
)
"""Reasons of withheld events that were never meant to arrive on both paths."""

_OF_REASON: Mapping[Reason, Cause] = {
    Reason.CONSENT: Cause.CONSENT_REFUSED,
    Reason.AGGREGATE_ONLY: Cause.CONSENT_REFUSED,
    Reason.LIMITED_DATA: Cause.CONSENT_REFUSED,
    Reason.WITHDRAWN: Cause.CONSENT_REFUSED,
    Reason.ERASED: Cause.CONSENT_REFUSED,
    Reason.BLOCKED: Cause.BEACON_BLOCKED,
    Reason.MIRROR: Cause.DUPLICATE,
    Reason.DUPLICATE: Cause.DUPLICATE,
    Reason.BOT: Cause.BOT,
    Reason.FAULT: Cause.UNEXPLAINED,
    Reason.AUTH: Cause.VENDOR_REFUSED,
    Reason.SETUP: Cause.VENDOR_REFUSED,
    Reason.BAD_EVENT: Cause.VENDOR_REFUSED,
    Reason.BAD_IDENTIFIER: Cause.VENDOR_REFUSED,
    Reason.TOO_OLD: Cause.LATE,
    Reason.DNS: Cause.LATE,
    Reason.CONNECT: Cause.LATE,
    Reason.TLS: Cause.LATE,
    Reason.TIMEOUT: Cause.LATE,
    Reason.BROKEN_REPLY: Cause.LATE,
    Reason.RATE_LIMIT: Cause.LATE,
    Reason.VENDOR_DOWN: Cause.LATE,
    Reason.UNCONFIRMED: Cause.LATE,
}
_OF_STATE: Mapping[Server, Cause] = {
    Server.REFUSED: Cause.VENDOR_REFUSED,
    Server.EXPIRED: Cause.LATE,
}


def place(client: Client, server: Server, reason: Reason, *, has_browser_path: bool) -> Place:
    """Return a twin's place. ``has_browser_path`` is false in modes ``server`` and ``relay``."""
    if server is Server.WITHHELD and reason in NOT_COMPARED:
        return Place.APART
    if server in DELIVERED:
        return _delivered(client, has_browser_path=has_browser_path)
    if server in WOULD:
        return _would(client)
    if server is Server.SENT and reason is Reason.RELAYED:
        return Place.RELAYED
    return Place.CLIENT_ONLY if client is Client.OK else Place.NEITHER


def _delivered(client: Client, *, has_browser_path: bool) -> Place:
    if client is Client.OK:
        return Place.MATCHED
    if client in (Client.FIRED, Client.UNKNOWN):
        return Place.UNSEEN
    if client is Client.NONE and not has_browser_path:
        return Place.ALONE
    return Place.SERVER_ONLY


def _would(client: Client) -> Place:
    if client is Client.OK:
        return Place.WOULD_MATCH
    if client in (Client.FIRED, Client.UNKNOWN):
        return Place.UNSEEN
    return Place.WOULD_SERVER_ONLY


def cause(client: Client, server: Server, reason: Reason) -> Cause:
    """Return why a twin in a place of ``GAP`` did not match."""
    if server in DELIVERED or server in WOULD:
        return Cause.SCRIPT_BLOCKED if client is Client.NONE else Cause.BEACON_BLOCKED
    if server in WAITING:
        return Cause.STILL_QUEUED
    return _OF_REASON.get(reason) or _OF_STATE.get(server, Cause.UNEXPLAINED)


_OF_NOTE: Mapping[str, Cause] = {
    **{each.value: each for each in Cause},
    **{reason.value: each for reason, each in _OF_REASON.items()},
}


def note_cause(reason: str) -> Cause | None:
    """Return the cause that a note counts for; notes on bad requests have none."""
    return _OF_NOTE.get(reason)
