"""Hit -> the same hit with stand-ins for whatever may identify a person.

What stays: values of a vendor's table whose class says nothing of the visitor, consent, pages of
the site without their parameters' values, short numbers. Everything else becomes a stand-in of its
shape, so that rules decide as they would have; cookies and headers that no rule reads go.
``line`` then gives the shape that ``firsthand explain`` reads.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from firsthand.mapping import Table
from firsthand.model import Hit
from firsthand.rules.choices import Choices
from firsthand.rules.consent import gate
from firsthand.rules.doors import Doors
from firsthand.rules.redactpage import Pages, id_of
from firsthand.rules.redactvalue import Values, is_id_like
from firsthand.rules.standins import AGENT, BOT_AGENT, StandIns
from firsthand.vendor import IdCookie, Vendor

SAYS_SO = 100
MINUTE_MS = 60_000
_WORD = re.compile(r"[a-z-]{1,24}|\?[01]|[01]")
_SHORT = re.compile(r"[A-Za-z]{1,8}|[0-9]{1,6}")
_KEPT_HEADERS = ("dnt", "sec-fetch-dest", "sec-fetch-site", "sec-gpc", "sec-purpose")
_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain")
_OWN = "fh"
_NONE = Table(())


@dataclass(frozen=True, slots=True)
class Redaction:
    """What ``redact`` goes by; build once.

    ``hosts``   host names of the site's pages, ``domain`` all below it: these may be read.
    ``doors``   of ``vendors``: whose table a hit's parameters are in.
    ``suffix``  of the sandbox: stands behind vendors' hosts in copies.
    """

    stand_ins: StandIns
    vendors: Mapping[str, Vendor]
    doors: Doors
    tables: Mapping[str, Table]
    cookies: tuple[tuple[re.Pattern[str], IdCookie], ...]
    hosts: frozenset[str] = frozenset()
    domain: str = ""
    suffix: str = ""

    @classmethod
    def of(
        cls,
        vendors: Iterable[Vendor],
        key: bytes,
        *,
        hosts: Iterable[str] = (),
        domain: str = "",
        suffix: str = "",
    ) -> "Redaction":
        """Return the redaction of hits on these vendors' doors, stand-ins drawn under ``key``."""
        known = {vendor.key: vendor for vendor in vendors}
        rows = [row for vendor in known.values() for row in vendor.cookies]
        named = tuple((re.compile(_named(row.name)), row) for row in rows)
        tables = {key: Table(vendor.fields) for key, vendor in known.items()}
        doors = Doors(known.values())
        return cls(StandIns(key), known, doors, tables, named, frozenset(hosts), domain, suffix)

    def cookie(self, name: str) -> IdCookie | None:
        """Return the vendor's row that a cookie of this name belongs to."""
        return next((row for pattern, row in self.cookies if pattern.fullmatch(name)), None)


def _named(name: str) -> str:
    return r"[\w-]+".join(map(re.escape, re.split(r"\{account\}|\*", name)))


def redact(hit: Hit, by: Redaction) -> Hit:
    """Return ``hit`` without what may identify a person. Never raises for what a hit can hold.

    The keeper and the proof of a shop's server are left out; times are of the minute.
    """
    found = by.doors.find(hit.host, hit.path)
    vendor = by.vendors[found.vendor] if found else None
    table = by.tables[vendor.key] if vendor else _NONE
    clicks = vendor.click_ids if vendor else ()
    pages = Pages(by.stand_ins, partial(_is_own, by), clicks, hit.at)
    told = _told(hit, vendor)
    values = Values(by.stand_ins, vendor, table, hit.at, pages, told)
    if (hit.host, hit.path) == (_OWN, "/copy"):
        return _finished(replace(hit, query="", body=_copy(hit, by)), by, values)
    query, body = values.query(hit.query), values.body(hit)
    path = pages.path(hit.path, told)
    if found is not None and by.doors.find(hit.host, path) != found:
        path = hit.path
    return _finished(replace(hit, path=path, query=query, body=body), by, values)


def _finished(hit: Hit, by: Redaction, values: Values) -> Hit:
    return replace(
        hit,
        headers=_headers(hit, values),
        cookies=dict(_cookies(hit, by)),
        ip=by.stand_ins.address(hit.ip),
        at=hit.at // MINUTE_MS * MINUTE_MS,
    )


def _told(hit: Hit, vendor: Vendor | None) -> frozenset[str]:
    """Return the accounts and event names that a hit tells, as the ledger would have them."""
    read = list(vendor.read(hit)) if vendor else []
    names = {each.name for each in read if not is_id_like(each.name)}
    told = {part for each in read for part in (each.account, *each.account.split("/"))} | names
    return frozenset(text.lower() for text in told if text)


def _is_own(by: Redaction, host: str) -> bool:
    return host in by.hosts or bool(by.domain and f".{host}".endswith(f".{by.domain}"))


def _copy(hit: Hit, by: Redaction) -> bytes:
    """Return a copy of a beacon with its address and body redacted; empty where it is none."""
    try:
        told = orjson.loads(hit.body)
        address, body = str(told["url"]), str(told.get("body") or "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return b""
    scheme, _, rest = address.partition("://")
    place, _, query = rest.partition("?")
    host, slash, path = place.partition("/")
    kind = str(told.get("content_type") or "")
    inner = replace(
        hit,
        host=host.lower().removesuffix(by.suffix),
        path=slash + path,
        query=query,
        body=body.encode("utf-8", "replace"),
        headers={"content-type": kind},
    )
    if by.doors.find(inner.host, inner.path) is None or scheme not in {"http", "https"}:
        return b""
    made = redact(inner, by)
    question = f"?{made.query}" if made.query else ""
    kept = {
        name: told[name]
        for name in ("outcome", "ms", "attempt", "method")
        if _SHORT.fullmatch(str(told.get(name, "")))
    }
    parts = {
        "url": f"{scheme}://{host}{made.path}{question}",
        "body": made.body.decode("utf-8", "replace"),
        "content_type": made.headers.get("content-type", ""),
    }
    return orjson.dumps(kept | parts)


def _headers(hit: Hit, values: Values) -> dict[str, str]:
    given = hit.headers
    kept = {
        name: given[name] for name in _KEPT_HEADERS if _WORD.fullmatch(given.get(name, "").lower())
    }
    kind = given.get("content-type", "").partition(";")[0].strip().lower()
    if kind:
        # a multipart body has become a form: its boundary would be an id of the request
        kept["content-type"] = kind if kind in _TYPES else _TYPES[1]
    for name in ("origin", "referer"):
        if given.get(name):
            kept[name] = values.pages.page(given[name])
    if "user-agent" in given:
        kept["user-agent"] = BOT_AGENT if hit.bot >= SAYS_SO else AGENT
    return kept


def _cookies(hit: Hit, by: Redaction) -> Iterable[tuple[str, tuple[str, ...]]]:
    choices = Choices(by.stand_ins, hit.at)
    for name, copies in hit.cookies.items():
        row = by.cookie(name)
        if gate.is_consent_cookie(name):
            yield name, tuple(map(choices.cookie, copies))
        elif row is not None:
            yield name, tuple(id_of(each, row.pattern, by.stand_ins, hit.at) for each in copies)


def line(hit: Hit, tracking_url: str) -> dict[str, Any]:
    """Return a hit in the shape that ``firsthand explain`` reads, an object a line."""
    question = f"?{hit.query}" if hit.query else ""
    cookie = "; ".join(f"{name}={each}" for name, copies in hit.cookies.items() for each in copies)
    headers = {name.title(): value for name, value in hit.headers.items()}
    return {
        "method": hit.method,
        "url": f"{tracking_url}/{hit.host}{hit.path}{question}",
        "headers": headers | ({"Cookie": cookie} if cookie else {}),
        "body": hit.body.decode("utf-8", "replace"),
        "ip": hit.ip,
        "at": datetime.fromtimestamp(hit.at / 1000, UTC).isoformat(timespec="milliseconds"),
    }
