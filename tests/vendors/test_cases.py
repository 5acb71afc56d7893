"""Replays every case: a hit as it arrives, what is read from it, the call that delivery would send.

A case is ``{about, source, hit, settings?, readings, call?}``; ``call`` is what ``write`` makes of
all readings without ``skip`` that share the first one's batch.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from firsthand.model import Beacon, Hit, Reading
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_beacon, make_hit

CASES = sorted((Path(__file__).parent / "cases").glob("*/*.json"))


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
    assert set(case) <= {"about", "source", "hit", "settings", "readings", "call"}


def test_every_vendor_has_cases() -> None:
    assert {path.parent.name for path in CASES} == set(VENDORS)
