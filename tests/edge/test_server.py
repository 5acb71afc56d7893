"""What the listener says to bytes that are not, or not quite, requests.

Source of the rows: RFC 9112 (message parsing), and faults known of aiohttp's parser, 2026-11.
"""

import pytest

from tests.edge.conftest import GRANTED, META_TARGET, Public

HOST = b"Host: trk.shop.example.com\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: trk.shop.example.com:80@evil\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", 421),
        (b"GET http://169.254.169.254/latest HTTP/1.1\r\n" + HOST + b"\r\n", 421),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n", 400),
        (b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"PUT / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"CONNECT trk.shop.example.com:443 HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n", 405),
        (b"GET / HTTP/0.9\r\n" + HOST + b"\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: a=\x1bCANARY\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nabcde", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\n"
            + HOST
            + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (
            b"POST /fh/copy HTTP/1.1\r\n"
            + HOST
            + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"POST /fh/copy HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Content-Encoding: gzip\r\n\r\n", 400),
        (b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n", 413),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a=b; " * 9000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 200 + b"\r\n", 400),
    ],
)
async def test_bad_requests_get_a_constant_answer(
    edge: Public, request_bytes: bytes, status: int
) -> None:
    answer = await edge.raw(request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert body == b""
    assert b"CANARY" not in answer
    assert b"erver:" not in head
    assert not edge.kept.beacons
    assert edge.kept.notes, "nothing was counted"


@pytest.mark.parametrize(
    "host", ["TRK.shop.example.com", "trk.shop.example.com.", "trk.shop.example.com:443"]
)
async def test_spellings_of_our_host_are_ours(edge: Public, host: str) -> None:
    request = f"GET {META_TARGET} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    assert (await edge.raw(request.encode())).startswith(b"HTTP/1.1 204 ")


async def test_nothing_behind_a_bad_request_is_read(edge: Public) -> None:
    good = f"GET {META_TARGET} HTTP/1.1\r\nHost: trk.shop.example.com\r\nCookie: {GRANTED}\r\n\r\n"
    bad = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    answer = await edge.raw(bad + good.encode(), to_end=True)
    assert answer.count(b"HTTP/1.1") == 1
    assert not edge.kept.beacons


async def test_a_connection_serves_many_requests(edge: Public) -> None:
    good = f"GET {META_TARGET} HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n".encode()
    last = good.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert (await edge.raw(good * 2 + last, to_end=True)).count(b"HTTP/1.1 204 ") == 3


async def test_no_answer_tells_versions(edge: Public) -> None:
    for target in ("/", META_TARGET, "/fh/consent", "/fh/copy"):
        answer = (await edge.get(target)).lower()
        assert b"python" not in answer
        assert b"aiohttp" not in answer
