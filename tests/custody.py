"""Versions of scripts as they arrive, and a custody in which every state occurs."""

from dataclasses import replace

from firsthand.edge.intake import place
from firsthand.edge.shelf import packed
from firsthand.rules.doors import Doors
from firsthand.rules.scriptdiff import Profile
from firsthand.rules.scriptdoor import Asked, asked
from firsthand.rules.site import Site
from firsthand.store.custody import Arrival, By, Place
from firsthand.store.sqlite.custody import SqliteCustody
from tests.samples import PIXEL, PROPERTY, shop

FBEVENTS = "connect.facebook.net/en_US/fbevents.js"
CONFIG = f"connect.facebook.net/signals/config/{PIXEL}"
GTAG = f"www.googletagmanager.com/gtag/js?id={PROPERTY}"
UET = "bat.bing.com/bat.js"
HOSTILE_HOST = "<img src=x onerror=alert(3)>.example"
PLAIN = Profile(1000, frozenset({"www.facebook.com"}), frozenset({"cookie"}))
SKIMMER = replace(
    PLAIN,
    size=2600,
    hosts=frozenset({"www.facebook.com", "cards.example", HOSTILE_HOST}),
    names=frozenset({"cookie", "keydown", "cc-number"}),
)
HOUR = 3_600_000


def wanted(address: str, site: Site | None = None) -> Asked:
    """Return what a page that asks for ``address`` gets."""
    here = site or shop()
    path, _, query = address.partition("?")
    host, slash, rest = path.partition("/")
    found = here.doors.find(host, slash + rest)
    assert found is not None
    return asked(found, host, slash + rest, query, here)


def arrival(
    address: str = FBEVENTS,
    text: str = "one",
    profile: Profile = PLAIN,
    *,
    at: Place | None = None,
    etag: str = "",
) -> Arrival:
    """Return a good answer whose bytes are ``text``."""
    file = packed(text.encode())
    return Arrival(
        place=at or place(wanted(address)),
        hash=file.hash,
        digest=file.digest,
        source=f"source of {text}",
        etag=etag,
        modified="",
        profile=profile,
        br=file.br,
    )


def digest(text: str) -> str:
    """Return the hash of the version whose bytes are ``text``."""
    return packed(text.encode()).hash


async def fill(custody: SqliteCustody, now: int) -> None:
    """Fill a custody: one address as it should be, one held, one in trouble, one never fetched."""
    await custody.arrived(arrival(GTAG), at=now - 72 * HOUR)
    await custody.arrived(arrival(GTAG, "two", replace(PLAIN, size=1200)), at=now - 24 * HOUR)
    await custody.arrived(arrival(FBEVENTS), at=now - 48 * HOUR)
    await custody.arrived(arrival(FBEVENTS, "skimmer", SKIMMER), at=now - HOUR)
    await custody.arrived(arrival(CONFIG), at=now - 48 * HOUR)
    await custody.arrived(arrival(CONFIG, "chosen", SKIMMER), at=now - 40 * HOUR)
    by = By("jane", "=looked at <b>it</b>", now - 39 * HOUR)
    assert not await custody.approve(CONFIG, digest("chosen"), by)
    await custody.failed(place(wanted(CONFIG)), "status 500", at=now - HOUR)
    uet = Place(UET, "microsoft", UET, own=True, fixed=True)
    await custody.failed(uet, "not a script", at=now - HOUR)


def without_doors(site: Site) -> Site:
    """Return a site whose vendors are gone from the configuration."""
    return replace(site, vendors={}, doors=Doors(()), accounts={})
