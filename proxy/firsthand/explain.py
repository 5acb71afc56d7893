"""Hits as JSON lines -> whole decisions as JSON lines: what the rules do, with nothing sent.

Keeps no state between hits. The shapes are those of the README's section on ``explain``.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson

from firsthand.delivery import relay
from firsthand.delivery.auth import MASK, Secret, Signed, join
from firsthand.edge.requests import METHODS, longest, wires
from firsthand.edge.scripts import TYPE
from firsthand.errors import BadHit
from firsthand.model import Beacon, Call, Hit, Mode, Reason, Verdict
from firsthand.rules import firewall
from firsthand.rules.consent.policy import Policy
from firsthand.rules.cookies import Wanted
from firsthand.rules.decide import Decision
from firsthand.rules.doors import Doors, Use, split
from firsthand.rules.place import place_of
from firsthand.rules.respond import JSON, Response, respond
from firsthand.rules.scriptdoor import asked
from firsthand.rules.site import Account, Site
from firsthand.rules.wanted import wanted
from firsthand.vendors import VENDORS

NO_ONE = Verdict(analytics=False, marketing=False, explicit=False)


def sample() -> Site:
    """Return the built-in site: every vendor, any account, shown as if in mode ``server``.

    Its ingest key is ``sample``.
    """
    accounts = {
        (key, ""): Account(vendor, "", Mode.SERVER, vendor.settings(), forward_limited=True)
        for key, vendor in VENDORS.items()
    }
    return Site(
        name="sample",
        hosts=frozenset({"shop.example.com"}),
        origins=frozenset({"https://shop.example.com"}),
        tracking_host="trk.shop.example.com",
        tracking_url="https://trk.shop.example.com",
        cookie_domain="example.com",
        accounts=accounts,
        vendors=VENDORS,
        doors=Doors(VENDORS.values()),
        tables=Site.tables_of(VENDORS),
        relays=Site.relays_of(VENDORS),
        consent=Policy(),
        secret=b"the sample's secret is no secret",
        ingest_key=b"sample",
        any_account=True,
    )


def explain(line: str, site: Site) -> dict[str, Any]:
    """Return the decision for one hit; a line that is no hit gives an ``error``."""
    try:
        hit = parse(line, site)
    except BadHit as refused:
        return _shown(Response(refused.status), None, [refused.reason])
    except KeyError as missing:
        return {"error": f"not a hit: {missing} is missing"}
    except (ValueError, TypeError, AttributeError) as wrong:
        return {"error": f"not a hit: {wrong}"}
    try:
        response = _preflight(hit) or _script(hit, site) or respond(hit, site)
    except BadHit as refused:
        return _shown(Response(refused.status), None, [refused.reason])
    notes = [response.counted] if response.counted else []
    if response.asked:
        notes.append(f"the vendor is asked at once: {response.asked.call.url.partition('?')[0]}")
    return _shown(response, (hit, site), notes)


def parse(line: str, site: Site) -> Hit:
    """Return the Hit that a JSON line describes.

    Raises ``BadHit`` for what the listener refuses, ``KeyError``, ``ValueError``, ``TypeError`` or
    ``AttributeError`` for what describes none.
    """
    given = orjson.loads(line)
    method = given.get("method", "GET").upper()
    if method not in METHODS:
        raise BadHit(405, "method")
    parts = urlsplit(given["url"])
    if parts.netloc.lower() != site.tracking_host:
        raise BadHit(421, "host")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    if not target.startswith(f"{site.base_path}/"):
        raise BadHit(404, "unknown_path")
    target = target[len(site.base_path) :]
    host, path, query = split(target)
    body = _body(given.get("body", ""), given.get("body_encoding", ""))
    if len(body) > longest(target):
        raise BadHit(413, "body_size")
    headers = _headers(given.get("headers", {}))
    cookie = headers.get("cookie", "")
    return Hit(
        method=method,
        host=host,
        path=path,
        query=query,
        body=body,
        headers={name: headers[name] for name, _ in wires(host, path) if name in headers},
        cookies=_cookies(cookie, wanted(site)),
        ip=str(ip_address(given["ip"])) if given.get("ip") else "",
        at=_milliseconds(given.get("at", "")),
        place=_place(headers, site),
    )


def _headers(given: Mapping[str, str | list[str]]) -> dict[str, str]:
    """Return headers by lower-case name; lines of one name are joined, in whatever case it came."""
    lines: dict[str, list[str]] = {}
    for name, value in given.items():
        more = [value] if isinstance(value, str) else value
        lines.setdefault(name.lower(), []).extend(more)
    return {
        name: ("; " if name == "cookie" else ", ").join(values) for name, values in lines.items()
    }


def _place(headers: Mapping[str, str], site: Site) -> str:
    """Return the place that a front tells: whoever asks here plays the front."""
    country, part = (headers.get(name.lower(), "") if name else "" for name in site.place_headers)
    return place_of(country, part)


def _preflight(hit: Hit) -> Response | None:
    return Response(204, counted="preflight") if hit.method == "OPTIONS" else None


def _script(hit: Hit, site: Site) -> Response | None:
    """Return the answer to a script's address, without the script: nothing is fetched here."""
    found = site.doors.find(hit.host, hit.path)
    if found is None or found.use is not Use.SCRIPT or hit.method == "POST":
        return None
    script = asked(found, hit.host, hit.path, hit.query, site)
    return Response(200, content_type=TYPE, counted=f"script {script.address}")


def _cookies(header: str, known: Wanted) -> Mapping[str, tuple[str, ...]]:
    return known.split(header) if header else {}


def _body(text: str, encoding: str) -> bytes:
    if encoding != "base64":
        return text.encode("utf-8", "replace")
    try:
        return b64decode(text, validate=True)
    except NotBase64 as error:
        raise ValueError(f"body: {error}") from error


def _milliseconds(text: str) -> int:
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _shown(
    response: Response, context: tuple[Hit, Site] | None, notes: list[str]
) -> dict[str, Any]:
    decision = response.decision or Decision(NO_ONE)
    beacons = [*map(_beacon, decision.beacons), *_ended(decision)]
    calls: list[dict[str, Any]] = []
    for index, call in _written(decision, context):
        found = firewall.findings(call.bare if isinstance(call, Signed) else call)
        if found:
            beacons[index] |= {"fields": {}, "event_key": "", "withheld": [Reason.READABLE]}
            notes = [*notes, f"blocked by the firewall: {firewall.told(found)}"]
        else:
            calls.append(_call(index, call))
    headers = {"Content-Type": response.content_type} if response.content_type else {}
    said = decision.verdict
    return {
        "answer": {"status": response.status, "headers": headers, **_body_of(response)},
        "consent": {
            "analytics": said.analytics,
            "marketing": said.marketing,
            "sources": list(said.sources),
        },
        "beacons": beacons,
        "cookies": list(decision.cookies),
        "calls": calls,
        "notes": [*notes, *decision.notes],
    }


def _written(decision: Decision, context: tuple[Hit, Site] | None) -> Iterator[tuple[int, Call]]:
    if context is not None:
        hit, site = context
        for index, beacon in enumerate(decision.beacons):
            yield from ((index, call) for call in _calls(beacon, hit, site))


def _body_of(response: Response) -> dict[str, Any]:
    """Return an answer in JSON; images and scripts are not shown."""
    if not response.body or response.content_type != JSON:
        return {}
    return {"body": orjson.loads(response.body)}


def _beacon(beacon: Beacon) -> dict[str, Any]:
    return {
        "vendor": beacon.vendor,
        "account": beacon.account,
        "name": beacon.name,
        "canonical": beacon.canonical,
        "event_key": beacon.event_key,
        "fields": beacon.fields,
        "withheld": [beacon.withheld] if beacon.withheld else [],
    }


def _ended(decision: Decision) -> Iterator[dict[str, Any]]:
    for ended in decision.ended:
        yield {
            "vendor": ended.note.vendor,
            "account": ended.note.account,
            "name": ended.note.name,
            "canonical": ended.canonical,
            "event_key": "",
            "fields": {},
            "withheld": [ended.note.reason],
        }


def _calls(beacon: Beacon, hit: Hit, site: Site) -> Iterator[Call]:
    account = site.account(beacon.vendor, beacon.account)
    if beacon.withheld or account is None:
        return
    call = relay.write(account, [beacon], now=hit.at)
    yield call if beacon.door else join(call, account.vendor, Secret(MASK))


def _call(index: int, call: Call) -> dict[str, Any]:
    try:
        body: Any = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        body = call.body.decode("utf-8", "replace")
    return {
        "vendor": call.vendor,
        "account": call.account,
        "beacon": index,
        "method": call.method,
        "url": call.url.replace("%2A%2A%2A", MASK),
        "headers": dict(call.headers),
        "body": body,
    }
