"""``/fh/collect``: events that the snippet in a page posts -> a decision.

Whoever writes a page can write such events. So the visitor is the connection's, the time is about
now, consent is the cookies', and what an event says of these is not believed; its own consent
words can only restrict.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from firsthand import convert
from firsthand.ecapi.event import WEBSITE, Consent, Event, Given
from firsthand.ecapi.parse import parse
from firsthand.model import Hit, Mode, Origin, Reading, Reason
from firsthand.rules import addresses, events
from firsthand.rules.consent import gate
from firsthand.rules.decide import Decision, settle
from firsthand.rules.site import Site
from firsthand.vendor import Vendor

MOST_EVENTS = 20
MOST_BYTES = 65_536
OLDEST_MS = 3_600_000
_TYPES = ("text/plain", "application/json")
_NEAR = frozenset({"same-origin", "same-site"})


def collect(hit: Hit, site: Site) -> Decision:
    """Return what becomes of a snippet's events. Raises ``BadHit`` for what holds none."""
    given = events.unpack(hit, types=_TYPES, most=MOST_EVENTS)
    verdict = gate.verdict(hit, site.consent)
    if not _is_of_the_site(hit, site):
        return Decision(verdict, odd=("event_foreign_page",))
    odd: list[str] = []
    found = []
    for each in given:
        parsed = parse(each)
        odd += [f"event_{fault.code.value}" for fault in parsed.errors]
        if parsed.event is not None and events.is_ours(parsed.event, site):
            found.append(_seen(parsed.event, hit, site))
        elif parsed.event is not None:
            odd.append("event_data_set")
    told = [each for event in found for each in _readings(event, site)]
    decided = settle(
        replace(hit, origin=Origin.SNIPPET), site, verdict, told, landing=_landing(found, site)
    )
    return replace(decided, odd=(*decided.odd, *odd))


def _is_of_the_site(hit: Hit, site: Site) -> bool:
    """Say whether a page of the site posted this: no other page may speak for it."""
    if site.any_account:
        return True
    origin = hit.headers.get("origin")
    near = hit.headers.get("sec-fetch-site")
    if near is not None and near not in _NEAR:
        return False
    if origin is not None:
        return origin in site.origins
    return near is not None or addresses.host(hit.headers.get("referer", "")) in site.hosts


def _seen(event: Event, hit: Hit, site: Site) -> Event:
    """Return the event with the connection's visitor, page and time in place of its own."""
    told = {name: text for name, text in event.told.items() if not name.startswith("landing_")}
    ours = {
        "page_url": told.get("page_url") or convert.address(hit.headers.get("referer", "")),
        "event_ip_address": convert.public_ip(hit.ip),
        "event_user_agent": convert.text(hit.headers.get("user-agent", "")),
    }
    kept = {name: text for name, text in told.items() if name not in ours}
    recent = hit.at - OLDEST_MS <= event.at <= hit.at + events.AHEAD_MS
    return replace(
        event,
        source=WEBSITE,
        at=min(event.at, hit.at) if recent else hit.at,
        told=kept | {name: text for name, text in ours.items() if text},
        person=event.person if site.page_contacts else _hashed_only(event),
        consent=Consent(),
        ids={},
    )


def _readings(event: Event, site: Site) -> Iterator[tuple[Vendor, Reading]]:
    """Yield the readings; where the page's own tag stays with the vendor and cannot be given the
    event's key, what the tag tells too would be counted twice.
    """
    for vendor, reading in events.readings(event, site):
        account = site.account(vendor.key, reading.account)
        keyed = vendor.key_param or event.told.get("transaction_id")
        alone = account is not None and account.mode in {Mode.SHADOW, Mode.BOTH} and not keyed
        skip = reading.skip or (Reason.NO_KEY if alone else Reason.NONE)
        yield vendor, replace(reading, skip=skip)


def _hashed_only(event: Event) -> dict[str, Given]:
    """Leave readable contact data out: a page's scripts can read along."""
    return {
        kind: Given(hashed=given.hashed) for kind, given in event.person.items() if given.hashed
    }


def _landing(found: list[Event], site: Site) -> str:
    """Return an address on the page's site that carries the click ids that the snippet kept."""
    page = next((event.told["page_url"] for event in found if "page_url" in event.told), "")
    told = {name: value for event in found for name, value in events.clicks(event, site).items()}
    if not told or not page:
        return page
    joint = "&" if "?" in page else "?"
    return f"{page.partition('#')[0]}{joint}{urlencode(told)}"
