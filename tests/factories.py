"""Makes the values that flow, with defaults: a test names only what matters to it."""

from collections.abc import Mapping
from typing import Any

from firsthand.model import Beacon, Client, Hit, Origin, Reading, Reply, Verdict

NOW = 1_795_514_400_000  # 2026-11-24T10:00:00Z
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari"
BOTH = Verdict(analytics=True, marketing=True, explicit=True, sources=("test",))

_EMPTY: Mapping[str, str] = {}


def make_hit(url: str = "https://trk.shop.example.com/www.example.com/px", **given: Any) -> Hit:
    """Make a hit from an address on the tracking host: the first segment is the vendor's host.

    ``headers`` may have names in any case; a ``Cookie`` header becomes ``cookies``.
    """
    _, _, rest = url.partition("://")
    address, _, query = rest.partition("?")
    _, host, path = [*address.split("/", 2), "", ""][:3]
    headers = {name.lower(): value for name, value in given.pop("headers", _EMPTY).items()}
    body = given.pop("body", b"")
    return Hit(
        method=given.pop("method", "POST" if body else "GET"),
        host=host,
        path=f"/{path}",
        query=given.pop("query", query),
        body=body.encode() if isinstance(body, str) else body,
        cookies=given.pop("cookies", _cookies(headers.pop("cookie", ""))),
        headers={"user-agent": AGENT} | headers,
        ip=given.pop("ip", "203.0.113.7"),
        at=given.pop("at", NOW),
        **given,
    )


def _cookies(header: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name:
            found[name] = (*found.get(name, ()), value)
    return found


def make_reading(**given: Any) -> Reading:
    defaults = {
        "account": "A-1",
        "name": "purchase",
        "canonical": "purchase",
        "event_key": "key-1",
        "page": "https://shop.example.com/thanks",
        "at": NOW,
        "fields": {},
    }
    return Reading(**defaults | given)


def make_beacon(reading: Reading | None = None, **given: Any) -> Beacon:
    """Make a beacon, from a reading as if everything were allowed."""
    read = reading or make_reading()
    defaults = {
        "id": "0" * 32,
        "site": "shop",
        "vendor": "acme",
        "account": read.account,
        "to": read.account,
        "name": read.name,
        "canonical": read.canonical,
        "event_key": read.event_key or "0" * 32,
        "key_made": not read.event_key,
        "fields": read.fields,
        "verdict": BOTH,
        "origin": Origin.PIXEL,
        "client": Client.NONE,
        "client_ms": 0,
        "client_keys": 0,
        "server_keys": 0,
        "subject": "",
        "at": read.at,
        "event_at": read.at,
        "bot": 0,
        "shape": "",
    }
    return Beacon(**defaults | given)


def make_reply(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, headers, body, ms=10)
