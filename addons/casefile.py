"""A sighted beacon -> a case without anybody in it: what ``firsthand explain`` and the tests read.

Needs nothing of mitmproxy.
"""

import re
from dataclasses import replace
from functools import cache
from typing import Any

from addons.sighting import Sighting, shown
from firsthand.model import Hit, Reading, Reason
from firsthand.rules.consent import gate
from firsthand.rules.cookies import Cookies
from firsthand.rules.domains import registrable
from firsthand.rules.redact import Redaction, line, redact
from firsthand.vendors import VENDORS

KINDS = {
    "page_view": "page_view",
    "add_to_cart": "add_to_cart",
    "purchase": "purchase",
    "generate_lead": "lead",
    "custom": "custom_event",
}
"""Our canonical names -> kinds of cases; any other is ``other``."""

_OTHER = re.compile(r"[^a-z0-9]+")


@cache
def redaction(page: str, key: bytes, suffix: str) -> Redaction:
    """Return how requests of a page's site are redacted, with stand-ins drawn under ``key``."""
    domain = registrable(page) if page else ""
    return Redaction.of(VENDORS.values(), key, domain=domain, suffix=suffix)


def redacted(seen: Sighting, consent: Cookies, ip: str, by: Redaction) -> Hit:
    """Return a beacon as the tracking host would have got it, without what identifies anybody.

    ``consent``: the site's own cookies, which a request to the vendor's host does not carry.
    """
    own = {name: copies for name, copies in seen.hit.cookies.items() if name}
    return redact(replace(seen.hit, cookies={**consent, **own}, ip=ip), by)


def case(seen: Sighting, hit: Hit, tracking_url: str) -> dict[str, Any]:
    """Return a case as ``tests/vendors/cases`` has them: a hit, and what is read from it.

    Consent is not in it: each case is tried with every choice there is.
    """
    bare = {name: all_ for name, all_ in hit.cookies.items() if not gate.is_consent_cookie(name)}
    told = replace(hit, cookies=bare)
    readings = list(seen.vendor.read(told))
    day = line(told, tracking_url)["at"][:10]
    names = ", ".join(dict.fromkeys(shown(each.name, seen.vendor) for each in readings))
    return {
        "kind": kind(readings),
        "about": f"{names or 'No event'}, as a page sent it ({seen.way}).",
        "source": f"{seen.vendor.title}'s own script, recorded {day}, redacted",
        "hit": line(told, tracking_url),
        "readings": [_told(each) for each in readings],
    }


def kind(readings: list[Reading]) -> str:
    """Return the kind of a case: that of its first event, ``mirror`` where it repeats another."""
    if not readings:
        return "other"
    first = readings[0]
    return "mirror" if first.skip is Reason.MIRROR else KINDS.get(first.canonical, "other")


def stem(seen: Sighting, made: dict[str, Any]) -> str:
    """Return what the case's file is named after: kind, and the event's name where it is shown."""
    name = shown(made["readings"][0]["name"], seen.vendor) if made["readings"] else ""
    plain = _OTHER.sub("_", name.lower()).strip("_")
    return made["kind"] if plain in {"", made["kind"]} else f"{made['kind']}_{plain}"


def _told(reading: Reading) -> dict[str, Any]:
    parts = {
        "account": reading.account,
        "name": reading.name,
        "canonical": reading.canonical,
        "event_key": reading.event_key,
        "fields": dict(reading.fields),
    }
    return parts | ({"skip": reading.skip.value} if reading.skip else {})
