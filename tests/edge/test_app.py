import orjson
import pytest

from firsthand.model import Client, Origin
from tests.edge.conftest import GRANTED, META_TARGET, REFUSED, Public


async def test_a_granted_beacon_is_stored_before_the_answer(edge: Public) -> None:
    answer = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert [beacon.name for beacon in edge.kept.beacons] == ["PageView"]
    assert edge.woken == [True]
    assert b"Cache-Control: private, no-store" in answer


@pytest.mark.parametrize("cookie", [REFUSED, "fh_consent=1.a1m0.1795400000.fh", "x=y"])
async def test_without_marketing_consent_nothing_is_kept_or_set(edge: Public, cookie: str) -> None:
    answer = await edge.get(META_TARGET, f"Cookie: {cookie}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert not edge.kept.beacons
    assert b"Set-Cookie" not in answer
    assert edge.kept.reasons() <= {"consent", "aggregate_only"}


async def test_an_image_gets_an_image(edge: Public) -> None:
    answer = await edge.get(META_TARGET, "Sec-Fetch-Dest: image", "Sec-Fetch-Site: same-site")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: image/gif" in head
    assert body.startswith(b"GIF89a")


async def test_a_full_disk_never_reaches_the_page(edge: Public) -> None:
    edge.kept.broken = True
    answer = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert b"Set-Cookie" not in answer
    assert "not_stored" in edge.kept.reasons()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.com", True),
        ("https://shop.example.com.evil.example", False),
        ("https://evilshop.example.com", False),
        ("http://shop.example.com", False),
        ("https://shop.example.com:8443", False),
        ("null", False),
    ],
)
async def test_only_the_sites_own_origin_may_read_answers(
    edge: Public, origin: str, *, allowed: bool
) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await edge.get("/fh/consent", f"Origin: {origin}", method=method)
        assert (f"Access-Control-Allow-Origin: {origin}".encode() in answer) is allowed
        assert b"Allow-Origin: *" not in answer


async def test_the_question_sets_the_readable_verdict(edge: Public) -> None:
    answer = await edge.get("/fh/consent", f"Cookie: {GRANTED}")
    body = orjson.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["allow"]["meta"] is True
    assert b"Set-Cookie: fh_verdict=1." in answer
    refused = await edge.get("/fh/consent", f"Cookie: {REFUSED}")
    assert orjson.loads(refused.partition(b"\r\n\r\n")[2])["allow"]["meta"] is False
    assert b"fh_keep=" not in refused


async def test_a_copy_carries_how_the_original_ended(edge: Public) -> None:
    copy = {
        "url": f"https://{META_TARGET[1:]}",
        "method": "GET",
        "body": "",
        "outcome": "ok",
        "ms": 12.5,
        "attempt": 1,
    }
    answer = await edge.get(
        "/fh/copy", f"Cookie: {GRANTED}", method="POST", body=orjson.dumps(copy)
    )
    assert answer.startswith(b"HTTP/1.1 204 ")
    (beacon,) = edge.kept.beacons
    assert (beacon.origin, beacon.client, beacon.client_ms) == (Origin.COPY, Client.OK, 12)
    assert beacon.event_key == "pv-1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'{"url": 7}', 400),
        (b'{"url": "https://evil.example/tr/", "method": "GET"}', 404),
        (b'{"url": "http://[::1", "method": "GET"}', 400),
        (b'{"url": "file://www.facebook.com/tr/", "method": "GET"}', 404),
        (b'{"url": "https://connect.facebook.net/en_US/fbevents.js", "method": "GET"}', 404),
    ],
)
async def test_what_is_no_copy_is_refused(edge: Public, body: bytes, status: int) -> None:
    answer = await edge.get("/fh/copy", f"Cookie: {GRANTED}", method="POST", body=body)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert not edge.kept.beacons


async def test_cookies_that_we_do_not_know_are_dropped(edge: Public) -> None:
    await edge.get(META_TARGET, f"Cookie: PHPSESSID=CANARY-1; {GRANTED}; __Host-sess=CANARY-2")
    (beacon,) = edge.kept.beacons
    assert b"CANARY" not in orjson.dumps(beacon)


async def test_a_slow_body_is_cut_off(edge: Public) -> None:
    request = (
        b"POST /fh/copy HTTP/1.1\r\nHost: trk.shop.example.com\r\nContent-Length: 100\r\n\r\n{"
    )
    answer = await edge.raw(request, wait=15)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "body_time" in edge.kept.reasons()
