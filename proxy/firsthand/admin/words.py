"""What people read: states, reasons and figures in words, for the pages and the terminal."""

from collections.abc import Mapping
from datetime import UTC, datetime

from firsthand.admin.causes import Cause, Place
from firsthand.model import Client, Mode, Origin, Reason, Server
from firsthand.rules.alerts import Alert, On
from firsthand.rules.standing import Stand

CLIENT: Mapping[str, str] = {
    "none": "no request",
    Client.FIRED: "no result yet",
    Client.OK: "ok",
    Client.FAILED: "failed",
    Client.UNKNOWN: "unknown",
}
SERVER: Mapping[str, str] = {
    Server.RECEIVED: "received",
    Server.WITHHELD: "withheld",
    Server.QUEUED: "queued",
    Server.RECORDED: "recorded",
    Server.VALIDATED: "validated",
    Server.SENT: "sent",
    Server.ACCEPTED: "accepted",
    Server.WARNED: "accepted, with a warning",
    Server.REFUSED: "refused",
    Server.EXPIRED: "expired",
    Server.DEAD: "dead",
}
SERVER_SHORT: Mapping[str, str] = {**SERVER, Server.WARNED: "warned"}
MODE: Mapping[str, tuple[str, str]] = {
    Mode.SHADOW: ("shadow", "The server path is built and checked; the vendor counts none of it."),
    Mode.BOTH: ("both", "Browser and server deliver, under one event key."),
    Mode.SERVER: (
        "server",
        "No browser path: the pixel's requests end here and go on as API calls.",
    ),
    Mode.RELAY: (
        "relay",
        "No browser path: the pixel's requests end here and go on as our own, to the same doors.",
    ),
    "": ("not configured", "No longer in the configuration; what is left of its history."),
}
CAUSE: Mapping[str, str] = {
    Cause.SCRIPT_BLOCKED: "Script blocked",
    Cause.BEACON_BLOCKED: "Beacon blocked",
    Cause.CONSENT_REFUSED: "Consent refused",
    Cause.BOT: "Bot",
    Cause.DUPLICATE: "Duplicate",
    Cause.VENDOR_REFUSED: "Vendor refused",
    Cause.LATE: "Late",
    Cause.STILL_QUEUED: "Still queued",
    Cause.UNEXPLAINED: "Unexplained",
}
PLACE: Mapping[str, str] = {
    Place.MATCHED: "matched",
    Place.WOULD_MATCH: "would match",
    Place.CLIENT_ONLY: "browser only",
    Place.SERVER_ONLY: "server only",
    Place.WOULD_SERVER_ONLY: "would be server only",
    Place.UNSEEN: "result not seen",
    Place.RELAYED: "relayed",
    Place.NEITHER: "neither",
    Place.APART: "not compared",
}
ORIGIN: Mapping[str, str] = {
    Origin.PIXEL: "the pixel's own request, which ended here",
    Origin.COPY: "a copy of the pixel's request",
    Origin.SNIPPET: "fh.js",
    Origin.BACKEND: "the shop's server",
}
MATCH_KEY: Mapping[str, str] = {
    "email": "E-mail",
    "phone": "Phone",
    "name": "Name",
    "address": "Address",
    "external_id": "External ID",
    "click_id": "Click ID",
    "browser_id": "Browser ID",
    "ip": "IP address",
    "user_agent": "User agent",
}
REASON: Mapping[str, str] = {
    Reason.CONSENT: "consent not given",
    Reason.AGGREGATE_ONLY: "analytics only: no identifiers may leave",
    Reason.BLOCKED: "vendor blocked, consent not explicit",
    Reason.MIRROR: "the same event on a second request",
    Reason.DUPLICATE: "the same event key again",
    Reason.AUTOMATIC: "the vendor's own telemetry",
    Reason.UNMAPPABLE: "the server API has no such event",
    Reason.NO_BEACON: "told by the shop itself: a relay passes on beacons only",
    Reason.NO_KEY: "no event key: it would count twice",
    Reason.LIMITED_DATA: "limited-data flag set",
    Reason.PREFETCH: "prefetched page",
    Reason.FOREIGN_PAGE: "sent by a page of another site",
    Reason.UNKNOWN_ACCOUNT: "account not configured",
    Reason.TOO_OLD: "too old on arrival",
    Reason.BOT: "looks like a robot",
    Reason.HOLDOUT: "left out by the holdout, to see what the server path adds",
    Reason.FAULT: "Firsthand failed on it",
    Reason.WITHDRAWN: "consent withdrawn",
    Reason.ERASED: "erased at a person's request",
    Reason.SHADOW: "shadow",
    Reason.DNS: "name not resolved",
    Reason.CONNECT: "no connection",
    Reason.TLS: "TLS failed",
    Reason.TIMEOUT: "timed out",
    Reason.BROKEN_REPLY: "reply unreadable",
    Reason.RATE_LIMIT: "rate limit",
    Reason.VENDOR_DOWN: "vendor's server failed",
    Reason.READABLE: "blocked by the firewall: contact data or a card number stood readable",
    Reason.AUTH: "token missing, invalid or without the right",
    Reason.SETUP: "account or API version wrong",
    Reason.BAD_EVENT: "event refused by the vendor",
    Reason.BAD_IDENTIFIER: "identifier refused by the vendor",
    Reason.VENDOR_WARNING: "vendor warned",
    Reason.UNCONFIRMED: "vendor's last word outstanding",
    Reason.RELAYED: "the door answers the same to anything: whether it counted is not known",
}

STAND: Mapping[str, str] = {
    Stand.GRANTED: "granted",
    Stand.IMPLIED: "granted by silence",
    Stand.ANALYTICS: "analytics only",
    Stand.REFUSED: "refused",
    Stand.UNDECIDED: "not decided yet",
    Stand.UNREADABLE: "unreadable",
}
ON: Mapping[str, str] = {
    On.MATCH_RATE: "The match rate is",
    On.REFUSED: "The vendor refused",
    On.UNEXPLAINED: "No cause is known for",
}


def reason(code: str) -> str:
    """Return a reason in words; one without words as it is, readable."""
    return REASON.get(code) or plain(code).replace("_", " ")


def plain(text: str) -> str:
    """Return ``text`` with a dot for what moves a cursor, hides or turns the text around it."""
    return "".join(letter if letter.isprintable() else "\u00b7" for letter in text)


def event_name(name: str, names: int) -> str:
    """Return an event's name fit to be shown, or how many rarer ones stand together."""
    return f"{number(names)} rarer names" if names > 1 else plain(name) or "(no name)"


def number(n: int) -> str:
    """Return ``n`` with commas between thousands."""
    return f"{n:,}"


def percent(share: float) -> str:
    """Return a share as per cent to a tenth. Never rounds to 0 % or 100 % what is not."""
    if share in (0, 1):
        return f"{share:.0%}"
    tenths = round(share * 1000)
    return "<0.1%" if tenths == 0 else f"{min(999, tenths) / 10}%"


def duration(ms: int) -> str:
    """Return a length of time in the largest unit that fits."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if ms >= size:
            return f"{round(ms / size, 1 if ms < 10 * size else None):g} {unit}"
    return f"{ms} ms"


def bound(ms: int | None) -> str:
    """Return an upper bound of a time; ``None``: beyond what the histogram tells apart."""
    return "beyond measure" if ms is None else duration(ms)


def moment(ms: int) -> str:
    """Return a time in UTC to the minute."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%-d %b %H:%M")


def hour(ms: int, *, by_day: bool) -> str:
    """Return the hour in UTC that begins then, or the day."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%-d %b" if by_day else "%-d %b %H:%M")


def alert(it: Alert) -> str:
    """Return what an alert says, in a sentence."""
    if it.on is On.NO_ACCEPTED:
        return f"No event was accepted for {number(int(it.value))} minutes."
    if it.on is On.SCRIPT_HELD:
        return "A new version of its script is held; it waits for somebody to approve it."
    if it.on is On.TOKEN_FAILING:
        return "Its token is missing or was not taken; events wait."
    told = f"of {number(it.of)}, the limit is {percent(it.limit)}"
    return f"{ON[it.on]} {percent(it.value)} ({told})."


def exact(ms: int) -> str:
    """Return a time in UTC to the millisecond, ISO 8601."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")[:-6]
