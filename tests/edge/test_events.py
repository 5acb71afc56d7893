"""The two doors for events of the shop's own, over a socket."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from firsthand.ecapi.event import Event
from firsthand.edge.requests import longest, wires
from firsthand.explain import sample
from firsthand.model import Origin, Reading
from tests.edge.conftest import GRANTED, NOW, REFUSED, Public, running
from tests.events import KEY, KNOWN, OPEN, raw, signature

BEARER = f"Authorization: Bearer {KEY}"
JSON = "Content-Type: application/json"
PAGE = ("Content-Type: text/plain;charset=UTF-8", "Origin: https://shop.example.com")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Public]:
    async with running(OPEN, tmp_path) as public:
        yield public


async def post(edge: Public, target: str, body: Any, *headers: str) -> bytes:
    raw_body = body if isinstance(body, bytes) else orjson.dumps(body)
    agent = "User-Agent: Mozilla/5.0 test"
    return await edge.get(target, agent, *headers, method="POST", body=raw_body)


def heard(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.partition(b"\r\n\r\n")[2])
    return found


async def test_a_pages_events_are_stored_before_the_answer(shop: Public) -> None:
    answer = await post(shop, "/fh/collect", {"events": [raw()]}, *PAGE, f"Cookie: {KNOWN}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert {(each.vendor, each.origin) for each in shop.kept.beacons} == {
        ("meta", Origin.SNIPPET),
        ("ga4", Origin.SNIPPET),
    }
    assert all(each.fields and not each.withheld for each in shop.kept.beacons)
    assert shop.woken == [True]
    assert b"Set-Cookie: fh_keep=" in answer
    assert b"Access-Control-Allow-Origin: https://shop.example.com\r\n" in answer


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((*PAGE, f"Cookie: {REFUSED}"), "consent"),
        (PAGE, "consent"),
        ((PAGE[0], "Origin: https://evil.example", f"Cookie: {GRANTED}"), "event_foreign_page"),
        ((*PAGE, "Sec-Fetch-Site: cross-site", f"Cookie: {GRANTED}"), "event_foreign_page"),
    ],
)
async def test_what_is_not_kept_is_answered_all_the_same(
    shop: Public, headers: tuple[str, ...], reason: str
) -> None:
    answer = await post(shop, "/fh/collect", raw(), *headers)
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert not shop.kept.beacons
    assert b"Set-Cookie" not in answer
    assert shop.kept.reasons() == {reason}


async def test_a_servers_events_are_stored_and_answered_one_by_one(shop: Public) -> None:
    answer = await post(shop, "/fh/events", [raw(), raw("nope")], BEARER, JSON)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [each["status"] for each in heard(answer)["events"]] == ["accepted", "rejected"]
    assert {each.origin for each in shop.kept.beacons} == {Origin.BACKEND}
    assert len(shop.kept.beacons) == 2
    assert all(each.fields and not each.withheld for each in shop.kept.beacons)
    assert b"Set-Cookie" not in answer


async def test_a_signature_opens_too(shop: Public) -> None:
    body = orjson.dumps(raw())
    proof = f"X-Signature: {signature(body.decode())}"
    assert (await post(shop, "/fh/events", body, JSON, proof)).startswith(b"HTTP/1.1 200 ")
    assert (await post(shop, "/fh/events", body + b" ", JSON, proof)).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("headers", [(), ("Authorization: Bearer CANARY-1",)])
async def test_without_the_key_nothing_is_kept(shop: Public, headers: tuple[str, ...]) -> None:
    answer = await post(shop, "/fh/events", raw(), JSON, *headers)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"WWW-Authenticate: Bearer\r\n" in answer
    assert heard(answer)["error"]["code"] == "unauthorized"
    assert b"CANARY" not in answer
    assert not shop.kept.beacons
    assert shop.kept.reasons() == {"events_401"}


@pytest.mark.parametrize(
    ("target", "most", "status"),
    [
        ("/fh/collect", 65_536, b"204"),
        ("/fh/events", 1_048_576, b"200"),
        ("/fh/events?validate_only=true", 1_048_576, b"200"),
    ],
)
async def test_each_door_has_its_own_bound(
    shop: Public, target: str, most: int, status: bytes
) -> None:
    fits = await post(shop, target, orjson.dumps(raw()).ljust(most), PAGE[1], BEARER, JSON)
    assert fits.startswith(b"HTTP/1.1 " + status)
    long = await shop.get(target, BEARER, JSON, f"Content-Length: {most + 1}", method="POST")
    assert long.startswith(b"HTTP/1.1 413 ")


def test_bounds_and_headers_are_by_door() -> None:
    assert longest("/fh/events?x=1") == 1_048_576
    assert longest("/fh/collect") == 65_536
    assert longest("/www.facebook.com/tr/") == 262_144
    assert ("authorization", "Authorization") in wires("fh", "/events")
    for door in (("fh", "/collect"), ("www.facebook.com", "/tr/"), ("fh", "/consent")):
        assert not {"authorization", "x-signature"} & {name for name, _ in wires(*door)}


async def test_a_full_disk_is_told_to_the_server_alone(shop: Public) -> None:
    shop.kept.broken = True
    answer = await post(shop, "/fh/events", raw(), BEARER, JSON)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in answer
    assert heard(answer)["error"]["code"] == "not_stored"
    page = await post(shop, "/fh/collect", raw(), *PAGE, f"Cookie: {GRANTED}")
    assert page.startswith(b"HTTP/1.1 202 ")


async def test_a_fault_of_ours_keeps_nothing(tmp_path: Path) -> None:
    def broken(event: Event, account: str, settings: Any) -> Reading | None:
        raise LookupError(f"CANARY {event} {account} {settings}")

    accounts = {
        key: replace(each, vendor=replace(each.vendor, compose=broken))
        for key, each in OPEN.accounts.items()
    }
    async with running(replace(OPEN, accounts=accounts), tmp_path) as edge:
        server = await post(edge, "/fh/events", raw(), BEARER, JSON)
        page = await post(edge, "/fh/collect", raw(), *PAGE, f"Cookie: {GRANTED}")
        assert server.startswith(b"HTTP/1.1 500 ")
        assert page.startswith(b"HTTP/1.1 202 ")
        assert b"CANARY" not in server + page
        assert not edge.kept.beacons
        assert "fault_LookupError" in edge.kept.reasons()


@pytest.mark.parametrize("target", ["/fh/collect", "/fh/events"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_doors_are_for_posts(shop: Public, target: str, method: str) -> None:
    assert (await shop.get(target, BEARER, method=method)).startswith(b"HTTP/1.1 404 ")


async def test_without_a_key_the_door_is_not_there(tmp_path: Path) -> None:
    async with running(replace(OPEN, ingest_key=b""), tmp_path) as edge:
        answer = await post(edge, "/fh/events", raw(), BEARER, JSON)
        assert answer.startswith(b"HTTP/1.1 404 ")


async def test_the_key_reaches_no_beacon(shop: Public) -> None:
    await post(shop, "/fh/events", raw(), BEARER, JSON)
    assert KEY.encode() not in orjson.dumps(shop.kept.beacons)
    assert KEY not in repr(OPEN)
    assert sample().ingest_key == b"sample"
    assert all(each.at == NOW for each in shop.kept.beacons)
