"""What of a vendor's answers is taken, over real connections; nothing is ever raised."""

import gzip
import zlib
from collections.abc import AsyncIterator

import brotli
import pytest
from aiohttp import ClientSession, ClientTimeout

from firsthand.edge.upstream import LARGEST, Fetched, Unchanged, Unusable, Validators, fetch
from firsthand.rules.scriptdoor import Asked
from firsthand.vendor import Script
from tests.edge.vendor_stand_in import GOOD, Vendor, client, reply, torn, vendor

SOON = ClientTimeout(total=0.3)
GRAMMAR = Script(("connect.facebook.net",), ("/*/fbevents.js",), sentinels=(b"fbq", b"facebook"))
ASKED = Asked("meta", "connect.facebook.net", "/en_US/fbevents.js", "v=2.9", "", GRAMMAR)


@pytest.fixture
async def here() -> AsyncIterator[Vendor]:
    async with vendor() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with client() as opened:
        yield opened


async def test_a_good_script_is_fetched_without_a_trace_of_the_visitor(
    here: Vendor, session: ClientSession
) -> None:
    assert await fetch(session, ASKED, here.suffix) == Fetched(GOOD, Validators())
    (head,) = here.asked
    lines = head.rstrip().split("\r\n")
    assert lines[0] == "GET /en_US/fbevents.js?v=2.9 HTTP/1.1"
    names = {line.partition(":")[0] for line in lines[1:]}
    assert names <= {"Host", "User-Agent", "Accept-Encoding", "Accept", "Connection"}
    assert f"Host: connect.facebook.net{here.suffix}" in lines
    assert "Python" not in head
    assert "aiohttp" not in head


@pytest.mark.parametrize(
    "answer",
    [
        reply(gzip.compress(GOOD, mtime=0), "Content-Encoding: gzip"),
        reply(brotli.compress(GOOD), "Content-Encoding: br"),
        torn(b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD), "Transfer-Encoding: chunked"),
        reply(kind="text/javascript"),
        reply(kind="Application/JavaScript"),
        reply(GOOD, "Set-Cookie: a=b; Domain=localhost"),
    ],
    ids=["gzip", "br", "chunked", "type", "type in capitals", "cookie"],
)
async def test_forms_of_a_good_answer(here: Vendor, session: ClientSession, answer: bytes) -> None:
    here.answer = answer
    for _ in range(2):
        assert await fetch(session, ASKED, here.suffix) == Fetched(GOOD, Validators())
    assert "Cookie" not in here.asked[1]


PADDED = GOOD + b"/*" + b" " * LARGEST + b"*/"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(status=500), "status 500"),
        (reply(status=404), "status 404"),
        (reply(b"", status=204), "status 204"),
        (reply(GOOD, "Location: http://169.254.169.254/", status=302), "status 302"),
        (reply(b"<!DOCTYPE html>", kind="text/html"), "content type text/html"),
        (reply(kind="text/plain"), "content type text/plain"),
        (reply(kind="application/json"), "content type application/json"),
        (reply(b"\n <!DOCTYPE html><p>fbq facebook</p>"), "not a script"),
        (reply(b""), "not a script"),
        (reply(b" \n\t"), "not a script"),
        (reply(b"fbq"), "lacks 'facebook'"),
        (reply(GOOD[:-30]), "lacks 'facebook'"),
        (reply(GOOD + b"\xff\xfe"), "not UTF-8"),
        (reply(PADDED), f"larger than {LARGEST} bytes"),
        (
            reply(gzip.compress(PADDED, mtime=0), "Content-Encoding: gzip"),
            f"larger than {LARGEST} bytes",
        ),
        (reply(brotli.compress(PADDED), "Content-Encoding: br"), f"larger than {LARGEST} bytes"),
        (torn(GOOD), "its end cannot be told"),
        (torn(GOOD, "Content-Length: 1000"), "not fetched (ClientPayloadError)"),
        (torn(b"ff\r\n" + GOOD, "Transfer-Encoding: chunked"), "not fetched (ClientPayloadError)"),
        (reply(GOOD, "Content-Encoding: gzip"), "not fetched"),
        (reply(zlib.compress(GOOD), "Content-Encoding: br"), "not fetched"),
        (b"", "not fetched (ServerDisconnectedError)"),
        (b"\x16\x03\x01\x02", "not fetched"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "not fetched"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "not fetched"),
    ],
)
async def test_what_is_no_good_script_is_told_with_its_reason(
    here: Vendor, session: ClientSession, answer: bytes, reason: str
) -> None:
    here.answer = answer
    told = await fetch(session, ASKED, here.suffix)
    assert isinstance(told, Unusable)
    assert told.reason.startswith(reason)
    assert len(set(here.asked)) == 1, "a redirect was followed"


async def test_a_version_at_hand_is_asked_for_by_its_validators(
    here: Vendor, session: ClientSession
) -> None:
    said = Validators('W/"v1"', "Tue, 24 Nov 2026 00:00:00 GMT")
    lines = (f"ETag: {said.etag}", f"Last-Modified: {said.modified}")
    here.answer = reply(GOOD, *lines)
    assert await fetch(session, ASKED, here.suffix) == Fetched(GOOD, said)
    assert "If-" not in here.asked[-1]
    here.answer = torn(b"", *lines, status=304)
    assert await fetch(session, ASKED, here.suffix, known=said) == Unchanged()
    assert f"If-None-Match: {said.etag}\r\n" in here.asked[-1]
    assert f"If-Modified-Since: {said.modified}\r\n" in here.asked[-1]
    assert await fetch(session, ASKED, here.suffix) == Unusable("status 304"), "nobody asked"


@pytest.mark.parametrize("etag", ["x" * 200, "\xe4"])
async def test_a_validator_that_no_server_would_write_is_none(
    here: Vendor, session: ClientSession, etag: str
) -> None:
    here.answer = reply(GOOD).replace(b"\r\n\r\n", b"\r\nETag: " + etag.encode() + b"\r\n\r\n", 1)
    assert await fetch(session, ASKED, here.suffix) == Fetched(GOOD, Validators())


async def test_a_vendor_that_hangs_is_left(here: Vendor, session: ClientSession) -> None:
    here.open.clear()
    told = await fetch(session, ASKED, here.suffix, deadline=SOON)
    assert isinstance(told, Unusable)
    assert "Timeout" in told.reason


async def test_nobody_there_is_a_reason_too(session: ClientSession) -> None:
    told = await fetch(session, ASKED, ".vendors.localhost:1")
    assert isinstance(told, Unusable)
    assert told.reason.startswith("not fetched (ClientConnector")


async def test_a_name_outside_the_sandbox_is_never_asked(session: ClientSession) -> None:
    told = await fetch(session, ASKED, ".evil.example:80")
    assert isinstance(told, Unusable)
    assert told.reason == "not fetched (ClientConnectorDNSError)"
