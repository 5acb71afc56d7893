"""Replays every case: a hit as it arrives, what is read from it, the call that delivery would send.

A case is ``{kind, about, source, hit, settings?, readings, call?, relay?}``: ``kind`` is one of
``KINDS`` or ``other``, ``call`` what ``write`` makes of all readings without ``skip`` that share
the first one's batch, ``relay`` the requests that mode ``relay`` makes of the hit, their texts
decoded. Consent and foreign paths have no cases: every hit that goes on is tried with both.
"""

import base64
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import firsthand.vendors
from firsthand.errors import BadHit
from firsthand.explain import sample
from firsthand.model import Beacon, Call, Hit, Mode, Purpose, Reading, Reason
from firsthand.rules.cookies import split
from firsthand.rules.decide import decide
from firsthand.rules.respond import respond
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_beacon, make_hit
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED

SITE = sample()
RELAYING = replace(
    SITE,
    accounts={key: replace(each, mode=Mode.RELAY) for key, each in SITE.accounts.items()},
)
CASES = sorted((Path(__file__).parent / "cases").glob("*/*.json"))
KINDS = frozenset(
    {
        "page_view",
        "add_to_cart",
        "purchase",
        "lead",
        "custom_event",
        "mirror",
        "truncated",
        "duplicate",
    }
)
"""What the cases of every vendor show; a mirror only where it has one on its wire."""


def hit_of(told: dict[str, Any]) -> Hit:
    body = told.get("body", "")
    raw = base64.b64decode(body) if told.get("body_encoding") == "base64" else body.encode()
    at = int(datetime.fromisoformat(told["at"]).timestamp() * 1000)
    return make_hit(
        told["url"],
        method=told["method"],
        headers=told.get("headers", {}),
        body=raw,
        ip=told["ip"],
        at=at,
    )


def told(reading: Reading) -> dict[str, Any]:
    shown = {
        "account": reading.account,
        "name": reading.name,
        "canonical": reading.canonical,
        "event_key": reading.event_key,
        "fields": reading.fields,
    }
    return shown | ({"skip": reading.skip.value} if reading.skip else {})


def first_batch(vendor: Vendor, readings: list[Reading]) -> list[Beacon]:
    beacons = [make_beacon(each, vendor=vendor.key) for each in readings if not each.skip]
    return [each for each in beacons if vendor.batch_key(each) == vendor.batch_key(beacons[0])]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    vendor = VENDORS[path.parent.name]
    hit = hit_of(case["hit"])
    readings = list(vendor.read(hit))
    assert [told(each) for each in readings] == case["readings"]
    if "call" not in case:
        return
    batch = first_batch(vendor, readings)
    settings = vendor.settings(**case.get("settings", {}))
    call = vendor.write(batch, settings, now=hit.at)
    assert (call.vendor, call.account) == (vendor.key, batch[0].to)
    assert {"method": call.method, "url": call.url, "body": json.loads(call.body)} == case["call"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case_says_what_it_shows_and_who_says_so(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case["about"]
    assert case["source"]
    assert case["kind"] in KINDS | {"other"}
    parts = {"kind", "about", "source", "hit", "settings", "readings", "call", "relay"}
    assert set(case) <= parts


def texts(told: str) -> dict[str, str]:
    return dict(parse_qsl(told.replace("+", "%2B"), keep_blank_values=True))


def shown(call: Call) -> dict[str, Any]:
    """Return a relayed request with its parameters decoded."""
    url, _, query = call.url.partition("?")
    body = call.body.decode()
    return {
        "method": call.method,
        "url": url,
        **({"query": texts(query)} if query else {}),
        **({"body": json.loads(body) if body[:1] == "{" else texts(body)} if body else {}),
    }


def relayed(vendor: Vendor, hit: Hit, cookie: str = GRANTED) -> list[Call]:
    """Return the requests that mode ``relay`` makes of a hit."""
    decision = decide(with_consent(hit, cookie), RELAYING, vendor)
    assert vendor.relay is not None
    return [vendor.relay.write(beacon) for beacon in decision.beacons if beacon.door]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case_relayed(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    vendor, hit = VENDORS[path.parent.name], hit_of(case["hit"])
    made = relayed(vendor, hit)
    if "relay" in case:
        assert [shown(call) for call in made] == case["relay"]
    for call in made:
        assert urlsplit(call.url).netloc in {host for door in vendor.beacons for host in door.hosts}
        assert set(call.headers) <= {"user-agent", "content-type"}
        assert call.vendor == vendor.key


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_purchase_and_page_view_are_relayed(vendor: Vendor) -> None:
    assert {case["kind"] for case in of(vendor) if "relay" in case} >= {"purchase", "page_view"}


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, "other=1"])
def test_nothing_is_relayed_without_marketing_consent(vendor: Vendor, cookie: str) -> None:
    for case in of(vendor):
        assert not relayed(vendor, hit_of(case["hit"]), cookie)


def test_every_vendor_has_cases() -> None:
    assert {path.parent.name for path in CASES} == set(VENDORS)


def of(vendor: Vendor, *kinds: str) -> list[dict[str, Any]]:
    """Return the cases of a vendor, all or those of some kinds."""
    mine = [json.loads(path.read_text("utf-8")) for path in CASES if path.parent.name == vendor.key]
    return [case for case in mine if not kinds or case["kind"] in kinds]


def has_mirror(vendor: Vendor) -> bool:
    """Say whether the vendor's code knows of a second request for one event."""
    [place] = firsthand.vendors.__path__
    files = (*Path(place).glob(f"{vendor.key}.py"), *Path(place, vendor.key).glob("*.py"))
    return any("Reason.MIRROR" in file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_every_vendor_has_every_kind(vendor: Vendor) -> None:
    wanted = KINDS if has_mirror(vendor) else KINDS - {"mirror"}
    assert {case["kind"] for case in of(vendor)} - {"other"} == wanted


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_a_case_is_of_its_kind(vendor: Vendor) -> None:
    assert any("call" in case for case in of(vendor, "purchase"))
    for case in of(vendor, "page_view"):
        assert "page_view" in {reading["canonical"] for reading in case["readings"]}
    for case in of(vendor, "mirror"):
        assert Reason.MIRROR in {reading.get("skip") for reading in case["readings"]}
    seen = Counter(reading["event_key"] for case in of(vendor) for reading in case["readings"])
    for case in of(vendor, "duplicate"):
        for reading in case["readings"]:
            assert reading["event_key"]
            assert seen[reading["event_key"]] > 1


def sent(vendor: Vendor) -> list[Hit]:
    """Return the hits of a vendor's cases from which something goes on to its API."""
    return [
        hit_of(case["hit"])
        for case in of(vendor)
        if any("skip" not in reading for reading in case["readings"])
    ]


def with_consent(hit: Hit, cookie: str) -> Hit:
    return replace(hit, cookies={**hit.cookies, **split(cookie)})


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_what_goes_on_goes_on_with_consent_only(vendor: Vendor) -> None:
    passed = 0
    for hit in sent(vendor):
        passed += len(decide(with_consent(hit, GRANTED), SITE, vendor).beacons)
        for cookie in (REFUSED, ANALYTICS_ONLY, "other=1"):
            decision = decide(with_consent(hit, cookie), SITE, vendor)
            assert not decision.beacons
            assert not [line for line in decision.cookies if "Max-Age=0" not in line]
            assert decision.ended
    assert passed


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_analytics_alone_is_counted_and_nothing_else(vendor: Vendor) -> None:
    analytics = vendor.purpose is Purpose.ANALYTICS
    wanted = Reason.AGGREGATE_ONLY if analytics else Reason.CONSENT
    reasons = {
        ended.note.reason
        for hit in sent(vendor)
        for ended in decide(with_consent(hit, ANALYTICS_ONLY), SITE, vendor).ended
    }
    assert wanted in reasons


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
def test_a_foreign_path_is_no_door(vendor: Vendor) -> None:
    for hit in sent(vendor):
        for foreign in (
            replace(hit, path=f"{hit.path.rstrip('/')}/elsewhere.js"),
            replace(hit, host=f"{hit.host}.evil.example"),
        ):
            with pytest.raises(BadHit) as refused:
                respond(foreign, SITE)
            assert refused.value.status == 404
