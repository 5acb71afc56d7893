"""A shop with accounts at both vendors, and hits on it. A test names only what matters to it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from firsthand.model import Client, Hit, Mode, Origin
from firsthand.rules.consent.policy import Policy
from firsthand.rules.cookies import split
from firsthand.rules.doors import Doors
from firsthand.rules.site import Account, Site
from firsthand.vendors import VENDORS

NOW = 1_795_500_001_000  # 2026-11-24T06:00:01Z
GRANTED = "fh_consent=1.a1m1.1795400000.fh"
ANALYTICS_ONLY = "fh_consent=1.a1m0.1795400000.fh"
REFUSED = "fh_consent=1.a0m0.1795400000.fh"
PIXEL = "1234567890123456"
PROPERTY = "G-SHOP000001"
SECOND = "G-SHOP000002"


def shop(mode: Mode = Mode.SERVER, policy: Policy | None = None) -> Site:
    """Return a site whose accounts are all in ``mode``."""
    accounts = [
        Account(VENDORS["meta"], PIXEL, mode, VENDORS["meta"].settings()),
        Account(VENDORS["ga4"], PROPERTY, mode, VENDORS["ga4"].settings(), second=SECOND),
    ]
    vendors = {account.vendor.key: account.vendor for account in accounts}
    return Site(
        name="shop",
        hosts=frozenset({"shop.example.com"}),
        origins=frozenset({"https://shop.example.com"}),
        tracking_host="trk.shop.example.com",
        tracking_url="https://trk.shop.example.com",
        cookie_domain="example.com",
        accounts={(account.vendor.key, account.id): account for account in accounts},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
        relays=Site.relays_of(vendors),
        consent=policy or Policy(),
        secret=b"a secret that only this test has",
    )


def everybody() -> Site:
    """Return the shop with an account at every vendor, as the vendors' consoles name them."""
    accounts = [Account(each, each.account_example, Mode.SERVER, None) for each in VENDORS.values()]
    return replace(
        shop(),
        accounts={(each.vendor.key, each.id): each for each in accounts},
        vendors=dict(VENDORS),
        doors=Doors(VENDORS.values()),
        tables=Site.tables_of(VENDORS),
        relays=Site.relays_of(VENDORS),
    )


def hit(
    address: str,
    *,
    cookie: str = GRANTED,
    body: str = "",
    ip: str = "203.0.113.9",
    at: int = NOW,
    headers: Mapping[str, str] | None = None,
) -> Hit:
    """Return a hit on ``address`` (vendor host, path and query, or ``fh/...``)."""
    path, _, query = address.partition("?")
    host, slash, rest = path.partition("/")
    return Hit(
        method="POST" if body else "GET",
        host=host,
        path=slash + rest,
        query=query,
        body=body.encode(),
        headers={"user-agent": "Mozilla/5.0 test", **(headers or {})},
        cookies=split(cookie) if cookie else {},
        ip=ip,
        at=at,
    )


def meta_hit(name: str = "PageView", *, cookie: str = GRANTED, **parameters: str) -> Hit:
    """Return a Meta beacon; a dictionary gives parameters with brackets: ``**{"cd[x]": "1"}``."""
    given = {
        "id": PIXEL,
        "ev": name,
        "dl": "https://shop.example.com/",
        "ts": str(NOW - 500),
        "eid": "event-1",
        **parameters,
    }
    return hit(f"www.facebook.com/tr/?{urlencode(given)}", cookie=cookie)


def ga4_hit(name: str = "page_view", *, cookie: str = GRANTED, **parameters: str) -> Hit:
    """Return a GA4 beacon."""
    given = {
        "v": "2",
        "tid": PROPERTY,
        "cid": "111.1780000000",
        "sid": "1795499000",
        "_p": "1795499999999",
        "_s": "1",
        "dl": "https://shop.example.com/",
        "en": name,
        **parameters,
    }
    return hit(
        f"www.google-analytics.com/g/collect?{urlencode(given, quote_via=quote)}", cookie=cookie
    )


def copied(original: Hit, outcome: Client) -> Hit:
    """Return ``original`` as a copy whose request ended in ``outcome``."""
    return replace(original, origin=Origin.COPY, client=outcome, client_ms=12)
