"""Which hits may be kept for a while, and as what: for ``firsthand plan``, before a change.

Of a hit to whose events the visitor said yes, all of them; of any other nothing. It is kept only
where its redacted form ends as it did itself.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from firsthand.errors import BadHit
from firsthand.model import Hit, Reading, Reason
from firsthand.rules import copies, keeper
from firsthand.rules.bots import MOST
from firsthand.rules.consent import gate
from firsthand.rules.decide import Decision
from firsthand.rules.keeper import Keeper, Kept
from firsthand.rules.redact import Redaction, line, redact
from firsthand.rules.redactpage import id_of
from firsthand.rules.respond import OWN, respond
from firsthand.rules.site import Site
from firsthand.vendor import Vendor

Shape: TypeAlias = tuple[object, ...]

SECRET = b"of what is kept of hits: it holds nobody's ids, so this is no secret"
"""Signs keepers of redacted hits, and makes the keys of events when they are decided again."""

LONGEST = 65_536
"""Bytes of body and query of a hit that is kept."""


def trial(site: Site) -> Site:
    """Return a site that decides over redacted hits."""
    ingest = SECRET if site.ingest_key else b""
    return replace(site, secret=SECRET, old_secrets=(), ingest_key=ingest)


def promising(hit: Hit, decision: Decision | None) -> bool:
    """Say at little cost whether a hit may be one to keep."""
    if decision is None or decision.withdrawn or hit.bot >= MOST:
        return False
    allowed = bool(decision.beacons) or decision.verdict.marketing
    return allowed and len(hit.body) + len(hit.query) <= LONGEST


def recorded(hit: Hit, site: Site, by: Redaction) -> dict[str, Any] | None:
    """Return what may be kept of a hit, in ``explain``'s shape; ``None``: nothing of it."""
    decision = _decision(hit, site)
    if not promising(hit, decision) or decision is None or not _agreed(hit, site, decision):
        return None
    made = redact(hit, by)
    kept = _keeper(hit, site, by)
    if kept:
        made = replace(made, cookies={**made.cookies, keeper.name(site): (kept,)})
    again = _decision(proven(made), trial(site))
    if again is None or shape(again) != shape(decision):
        return None
    return line(made, site.tracking_url)


def proven(hit: Hit) -> Hit:
    """Return a hit on the door of the shop's server with the proof that ``trial`` asks for."""
    if (hit.host, hit.path) != (OWN, "/events"):
        return hit
    return replace(hit, headers={**hit.headers, "authorization": f"Bearer {SECRET.decode()}"})


def shape(decision: Decision) -> Shape:
    """Return how a hit ended, without the values of fields."""
    beacons = [
        (one.vendor, one.account, one.to, one.name, one.withheld, sorted(one.fields))
        for one in decision.beacons
    ]
    ended = [(one.note, one.canonical) for one in decision.ended]
    return beacons, ended, {each.partition("=")[0] for each in decision.cookies}


def _decision(hit: Hit, site: Site) -> Decision | None:
    try:
        return respond(hit, site).decision
    except BadHit:
        return None


def _agreed(hit: Hit, site: Site, decision: Decision) -> bool:
    """Say whether the visitor allows each event that the hit tells, whatever else ended it."""
    if any(beacon.withheld is Reason.BLOCKED for beacon in decision.beacons):
        return False
    told = list(_told(hit, site))
    if not told:
        return bool(decision.beacons) and not decision.ended
    return all(
        not reading.limited
        and gate.allows(gate.restrict(decision.verdict, reading.signals, site.consent), vendor)
        is Reason.NONE
        for vendor, reading in told
    )


def _told(hit: Hit, site: Site) -> Iterator[tuple[Vendor, Reading]]:
    """Yield what a pixel told, directly or in a copy; nothing for the shop's own events."""
    inner = copies.original(hit, site) if (hit.host, hit.path) == (OWN, "/copy") else hit
    found = site.doors.find(inner.host, inner.path)
    if found is not None:
        vendor = site.vendors[found.vendor]
        yield from ((vendor, reading) for reading in vendor.read(inner))


def _keeper(hit: Hit, site: Site, by: Redaction) -> str:
    """Return a keeper with stand-ins that a trial verifies; "" where the hit has none."""
    known = keeper.decode(hit.cookies.get(keeper.name(site), ()), site)
    if known is None:
        return ""
    rows = ((name, kept, row) for name, kept in known.ids.items() if (row := by.cookie(name)))
    ids = {
        name: Kept(id_of(kept.value, row.pattern, by.stand_ins, hit.at), kept.since)
        for name, kept, row in rows
    }
    nobody = Keeper(by.stand_ins.text(known.browser), ids, known.day)
    return keeper.encode(nobody, trial(site))
