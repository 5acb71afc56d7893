"""What is seen of a request: every vendor's cases, then the ways a request can go."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.sighting import Asked, Sighting, Way, any_site, shown, sight
from firsthand.model import IDENTIFYING, Kind, MatchKey
from firsthand.rules.doors import Use
from firsthand.vendors import VENDORS

CASES = sorted((Path(__file__).parents[1] / "vendors" / "cases").glob("*/*.json"))
SITE = any_site()
LONG = 6  # a shorter value may stand in a label by chance
META = "/tr/?id=1234567890123456&ev=Purchase"
PROXIED = "trk.shop.example.com"


def ask(target: str, host: str = "www.facebook.com", **given: Any) -> Asked:
    body = given.pop("body", b"")
    return Asked("POST" if body else "GET", host, target, given, body, at=1_795_500_001_000)


def seen(target: str, host: str = "www.facebook.com", **given: Any) -> Sighting:
    found = sight(ask(target, host, **given), SITE)
    assert found is not None
    return found


def asked_of(told: dict[str, Any]) -> Asked:
    parts = urlsplit(told["url"])
    body = told.get("body", "")
    return Asked(
        method=told["method"],
        host=parts.netloc,
        target=told["url"].partition(parts.netloc)[2],
        headers={name.lower(): text for name, text in told.get("headers", {}).items()},
        body=base64.b64decode(body) if told.get("body_encoding") == "base64" else body.encode(),
        at=1_795_500_001_000,
    )


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield str(value)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_is_labelled_without_its_values(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    found = sight(asked_of(case["hit"]), SITE)
    assert found is not None
    vendor, table = VENDORS[path.parent.name], SITE.tables[path.parent.name]
    assert (found.vendor.key, found.use, found.way) == (vendor.key, Use.BEACON, Way.PROXIED)
    lines = list(found.lines())
    readings = case["readings"]
    assert [line["account"] for line in lines][: len(readings)] == [
        reading["account"] for reading in readings
    ]
    fields = [each for reading in readings for each in reading["fields"].items()]
    assert {table.kind(name) for name, _ in fields if name != "ip_override"} <= found.kinds | {
        Kind.NETWORK
    }
    written = json.dumps([line | {"account": "", "event": ""} for line in lines])
    secrets = [
        text
        for name, value in fields
        if table.kind(name) in IDENTIFYING
        for text in leaves(value)
        if len(text) >= LONG
    ]
    assert not [secret for secret in secrets if secret in written]


@pytest.mark.parametrize(
    ("host", "target", "way"),
    [
        ("www.facebook.com", META, Way.DIRECT),
        ("WWW.Facebook.com.", META, Way.DIRECT),
        (PROXIED, f"/www.facebook.com{META}", Way.PROXIED),
        ("shop.example.com", f"/m/www.facebook.com{META}", Way.PROXIED),
    ],
)
def test_ways(host: str, target: str, way: Way) -> None:
    found = seen(target, host)
    assert (found.way, found.hit.host, found.vendor.key) == (way, "www.facebook.com", "meta")


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("shop.example.com", "/"),
        ("www.facebook.com", "/"),
        ("www.facebook.com.evil.example", META),
        (PROXIED, f"/https://www.facebook.com{META}"),
        (PROXIED, "/a/b/c/d/www.facebook.com/tr/"),
        (PROXIED, "/fh/copy"),
    ],
)
def test_no_door(host: str, target: str) -> None:
    assert sight(ask(target, host), SITE) is None


def test_the_sandbox_has_its_own_names() -> None:
    site = any_site(".vendors.localhost:8090")
    assert sight(ask(META, "www.facebook.com.vendors.localhost"), site) is not None
    assert sight(ask(META, "www.facebook.com.vendors.localhost"), SITE) is None


def test_a_copy_is_seen_as_what_it_is_a_copy_of() -> None:
    body = json.dumps({"url": f"https://www.facebook.com{META}", "method": "GET"}).encode()
    found = seen("/fh/copy", PROXIED, body=body)
    assert (found.way, found.hit.path, found.events[0].name) == (Way.COPY, "/tr/", "Purchase")


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("&ud[em]=ada@example.com", Kind.CONTACT),  # not a digest: never sent on, but it was here
        ("&cd[colour]=red", Kind.CUSTOM),
        ("&dl=https%3A%2F%2Fshop.example.com%2F%3Fttclid%3DE.C.P.abc", Kind.AD_ID),
        ("&dl=https%3A%2F%2Fshop.example.com%2F%3Fuser_email%3Dx", Kind.CUSTOM),
        ("&fbp=fb.1.1795400000000.42424242", Kind.BROWSER_ID),
    ],
)
def test_kinds(query: str, kind: Kind) -> None:
    assert kind not in seen(META).kinds
    assert kind in seen(META + query).kinds


def test_what_the_pixel_makes_up_by_itself_has_kinds_too() -> None:
    found = seen("/tr/?id=1234567890123456&ev=SubscribedButtonClick&ud[em]=" + "a" * 64)
    assert found.events[0].skip == "automatic"
    assert Kind.CONTACT in found.kinds


def test_a_vendors_own_cookie_is_an_id() -> None:
    assert Kind.BROWSER_ID in seen(META, cookie="fr=0abc").kinds
    assert Kind.BROWSER_ID not in seen(f"/www.facebook.com{META}", PROXIED, cookie="cart=1").kinds
    assert Kind.AD_ID in seen(f"/www.facebook.com{META}", PROXIED, cookie="_fbc=fb.1.1.x").kinds


def test_the_account_of_a_script() -> None:
    found = seen("/signals/config/1234567890123456?v=2.9.248", "connect.facebook.net")
    assert (found.use, found.events[0].account) == (Use.SCRIPT, "1234567890123456")


def test_match_keys_are_named() -> None:
    line = next(seen(f"{META}&ud[em]={'a' * 64}").lines())
    assert line["match"] == [str(MatchKey.EMAIL.name).lower()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Purchase", "Purchase"),
        ("newsletter_signup", "newsletter_signup"),
        ("step 2", "(custom)"),
        ("ada@example.com", "(custom)"),
        ("4917012345678", "(custom)"),
        ("a" * 21, "(custom)"),
        ("9f86d081884c7d659a2feaa0", "(custom)"),
    ],
)
def test_shown_names(name: str, expected: str) -> None:
    assert shown(name, VENDORS["meta"]) == expected


@given(st.sampled_from(sorted(VENDORS)), st.text(max_size=80), st.binary(max_size=200))
def test_no_request_is_too_odd(key: str, query: str, body: bytes) -> None:
    door = VENDORS[key].beacons[0]
    target = door.paths[0].replace("{account}", "123456789").replace("*", "x")
    found = sight(ask(f"{target}?{query}", door.hosts[0].replace("*", "x"), body=body), SITE)
    assert found is not None
    assert list(found.lines())
