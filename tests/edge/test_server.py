"""What the listener says to bytes that are not, or not quite, requests.

Source of the rows: RFC 9112 (message parsing), and faults known of aiohttp's parser, 2026-11.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from firsthand.edge.server import HEAD_S, IDLE_S, Server, build
from tests.edge.conftest import GRANTED, META_TARGET, Public

HOST = b"Host: trk.shop.example.com\r\n"
CHUNKED = b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


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
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 5\r\n\r\nabcde", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\nabcde", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x5\r\n\r\nabcde", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 5\r\n\r\nabcde", 400),
        (CHUNKED + b"1;a\x00b=c\r\na\r\n0\r\n\r\n", 400),
        (CHUNKED + b"1;\n\r\na\r\n0\r\n\r\n", 400),
        (CHUNKED + b"zz\r\na\r\n0\r\n\r\n", 400),
        (CHUNKED + b"1\r\nabc0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: trk.shop.example.com\n\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /CANARY\x00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"G=T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET http://trk.shop.example.com@evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 421),
        (b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 421),
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
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 5\r\n\r\nabcde",
        b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n",
        CHUNKED + b"zz\r\na\r\n0\r\n\r\n",
    ],
)
async def test_a_bad_request_ends_its_connection(edge: Public, request_bytes: bytes) -> None:
    good = b"GET " + META_TARGET.encode() + b" HTTP/1.1\r\n" + HOST
    answer = await edge.raw(
        request_bytes + good + b"Cookie: " + GRANTED.encode() + b"\r\n\r\n", to_end=True
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer
    assert not edge.kept.beacons


async def test_a_length_that_lies_makes_no_second_request(edge: Public) -> None:
    smuggled = b"GET " + META_TARGET.encode() + b" HTTP/1.1\r\n" + HOST + b"Cookie: "
    answer = await edge.raw(
        b"POST /fh/copy HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 2\r\n\r\n[]garbage "
        + smuggled
        + GRANTED.encode()
        + b"\r\n\r\n",
        to_end=True,
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not edge.kept.beacons


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: sid=\x1bCANARY\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"sid=CANARY; " * 4000 + b"\r\n\r\n",
        b"GET /CANARY\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /" + b"CANARY" * 4000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"CANARY\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: CANARY.example\r\n\r\n",
        b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\nCANARY",
        CHUNKED + b"CANARY\r\n",
    ],
)
async def test_no_log_holds_bytes_of_a_request(
    edge: Public, caplog: pytest.LogCaptureFixture, request_bytes: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await edge.raw(request_bytes)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"CANARY" not in answer
    logged = [f"{each.getMessage()}{each.exc_info}{each.args}" for each in caplog.records]
    assert not [line for line in logged if "CANARY" in line]
    assert "CANARY" not in str(edge.kept.notes)


async def test_who_leaves_in_the_middle_is_no_fault_of_ours(edge: Public) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"POST /fh/copy HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{")
    await writer.drain()
    await edge.get("/")  # by now the first is being read
    writer.close()
    await writer.wait_closed()
    for _ in range(5):
        await edge.get("/")
    assert edge.kept.reasons() <= {"body", "unknown_path"}
    assert "body" in edge.kept.reasons()


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


@asynccontextmanager
async def hurried(head_s: float) -> AsyncIterator[tuple[int, list[str]]]:
    """Run a listener whose heads have so many seconds."""
    counted: list[str] = []

    async def handle(_: web.BaseRequest) -> web.StreamResponse:
        return build(204)

    runner = web.ServerRunner(Server(handle, count=counted.append, head_s=head_s))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], counted
    await runner.cleanup()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the connection ends, in whatever way."""
    with suppress(ConnectionError):
        return await reader.read()
    return b""


WHOLE = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.mark.parametrize("before", [b"", WHOLE, WHOLE * 2])
async def test_a_head_that_drips_ends_its_connection(before: bytes) -> None:
    async with hurried(0.3) as (port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(before)
        for _ in range(before.count(b"GET")):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        async with asyncio.timeout(IDLE_S / 2), asyncio.TaskGroup() as tasks:
            ended = tasks.create_task(rest(reader))
            while not ended.done():
                with suppress(ConnectionError):
                    writer.write(b"a")
                    await writer.drain()
                await asyncio.wait({ended}, timeout=0.02)
        assert ended.result() == b""
        assert counted == ["head_time"]
        writer.close()


async def test_a_head_in_pieces_and_a_quiet_connection_are_no_drips() -> None:
    async with hurried(0.2) as (port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            await asyncio.sleep(0.3)
            for part in (WHOLE[:5], WHOLE[5:30], WHOLE[30:]):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
        await asyncio.sleep(0.3)
        assert not counted
        writer.close()


def test_a_head_has_less_time_than_a_quiet_connection() -> None:
    assert HEAD_S == 5 < IDLE_S
