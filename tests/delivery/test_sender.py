import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from firsthand.delivery.auth import Secret, join
from firsthand.delivery.resolving import LoopbackResolver, PublicResolver
from firsthand.delivery.sender import MAX_REPLY, HttpSender, Sender, Timeouts, _failed
from firsthand.errors import SendFailed
from firsthand.model import Call, Reason
from tests.delivery.acme import ACME, HOST, TOKEN, Api
from tests.delivery.test_resolving import Fixed

CALL = Call("acme", "A-1", "POST", f"https://{HOST}/v1/A-1?at=1", {"X-Own": "1"}, b'{"events":[]}')


async def broken(sender: Sender, call: Call = CALL) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await sender.send(call)
    await sender.close()
    return caught.value


@asynccontextmanager
async def raw_server(answer: bytes, *, hold: bool = False) -> AsyncIterator[int]:
    over = asyncio.Event()
    serving: set[asyncio.Task[Any] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(ConnectionError):  # of a client that has heard enough
            await reader.read(1)
            writer.write(answer)
            await writer.drain()
            if hold:
                await over.wait()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await asyncio.wait_for(asyncio.gather(*filter(None, serving)), 10)


def local(port: int, **timeouts: float) -> HttpSender:
    limits = Timeouts(**({"total": 5.0, "connect": 5.0, "read": 5.0} | timeouts))
    return HttpSender([HOST], suffix=f".vendors.localhost:{port}", timeouts=limits)


async def test_the_call_arrives_as_it_was_made(api: Api) -> None:
    sender = api.sender()
    reply = await sender.send(CALL)
    again = await sender.send(replace(CALL, method="GET", body=b""))
    await sender.close()
    assert (reply.status, reply.body) == (200, b'{"result": "taken"}')
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.ms >= 0
    assert again.status == 200
    seen = api.seen[0]
    assert (seen.path, seen.query, seen.headers["x-own"]) == ("/v1/A-1", "at=1", "1")
    assert seen.headers["host"] == HOST + api.suffix
    assert seen.headers["user-agent"].startswith("firsthand/")
    assert "cookie" not in seen.headers


@pytest.mark.parametrize("status", [204, 400, 401, 404, 429, 500, 503])
async def test_every_answer_is_returned_whatever_its_status(api: Api, status: int) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return web.Response(status=status, text="<html>", headers={"Retry-After": "7"})

    api.handler = handler
    sender = api.sender()
    reply = await sender.send(CALL)
    await sender.close()
    assert (reply.status, reply.headers["retry-after"]) == (status, "7")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(api: Api, status: int) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return web.Response(status=status, headers={"Location": f"http://evil{api.suffix}/"})

    api.handler = handler
    failed = await broken(api.sender())
    assert failed.reason is Reason.BROKEN_REPLY
    assert str(status) in str(failed)
    assert len(api.seen) == 1


async def test_cookies_are_not_kept(api: Api) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        return web.Response(headers={"Set-Cookie": "id=1; Path=/"})

    api.handler = handler
    sender = api.sender()
    for _ in range(2):
        await sender.send(CALL)
    await sender.close()
    assert "cookie" not in api.seen[1].headers


@pytest.mark.parametrize("size", [MAX_REPLY, MAX_REPLY + 1])
async def test_an_answer_is_bounded(api: Api, size: int) -> None:
    async def handler(_request: web.Request, _events: Any) -> web.Response:
        response = web.Response(body=b"x" * size)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    api.handler = handler
    if size > MAX_REPLY:
        assert (await broken(api.sender())).reason is Reason.BROKEN_REPLY
    else:
        sender = api.sender()
        assert len((await sender.send(CALL)).body) == size
        await sender.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"no HTTP at all\r\n\r\n",
        b"",
    ],
    ids=["length", "chunk", "gzip", "head", "noise", "nothing"],
)
async def test_torn_answers(answer: bytes) -> None:
    async with raw_server(answer) as port:
        assert (await broken(local(port))).reason is Reason.BROKEN_REPLY


@pytest.mark.parametrize(
    ("answer", "timeouts"),
    [
        (b"", {"total": 0.1}),
        (b"", {"read": 0.1}),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", {"read": 0.1}),
    ],
    ids=["total", "read", "in the body"],
)
async def test_hanging(answer: bytes, timeouts: dict[str, float]) -> None:
    async with raw_server(answer, hold=True) as port:
        assert (await broken(local(port, **timeouts))).reason is Reason.TIMEOUT


async def test_nobody_listens() -> None:
    async with raw_server(b"") as port:
        pass
    assert (await broken(local(port))).reason is Reason.CONNECT


async def test_a_server_that_speaks_no_tls() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        sender = HttpSender([HOST], resolver=LoopbackResolver(HOST))
        call = replace(CALL, url=f"https://{HOST}:{port}/v1")
        assert (await broken(sender, call)).reason is Reason.TLS


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x03\x00\x7a\x02\x00"], ids=["at once", "begun"])
async def test_a_handshake_that_is_cut_off(said: bytes) -> None:
    async with raw_server(said) as port:
        sender = HttpSender([HOST], resolver=LoopbackResolver(HOST))
        call = replace(CALL, url=f"https://{HOST}:{port}/v1")
        assert (await broken(sender, call)).reason is Reason.TLS


async def test_the_sandbox_may_speak_tls() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        sender = HttpSender([HOST], suffix=f".vendors.localhost:{port}", scheme="https")
        assert (await broken(sender)).reason is Reason.TLS


async def test_a_vendor_name_that_leads_inside_is_not_called(api: Api) -> None:
    port = api.suffix.rpartition(":")[2]
    sender = HttpSender([HOST], resolver=PublicResolver(Fixed("127.0.0.1", "169.254.169.254")))
    failed = await broken(sender, replace(CALL, url=f"https://{HOST}:{port}/v1"))
    assert failed.reason is Reason.DNS
    assert not api.seen


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/v1",
        f"http://{HOST}/v1",
        f"https://user@{HOST}/v1",
        f"https://{HOST}.evil.test/v1",
        "https://127.0.0.1/v1",
        "https:///v1",
        "/v1",
    ],
)
async def test_no_address_but_the_vendors_own_is_called(api: Api, url: str) -> None:
    assert (await broken(api.sender(), replace(CALL, url=url))).reason is Reason.FAULT
    assert not api.seen


async def test_the_environments_proxy_is_not_used(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    sender = api.sender()
    assert (await sender.send(CALL)).status == 200
    await sender.close()


async def test_a_failure_tells_no_address_and_no_token() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") as port:
        failed = await broken(local(port), join(CALL, ACME, Secret(TOKEN)))
    assert failed.__cause__ is None
    assert failed.__suppress_context__
    assert TOKEN not in str(failed)
    assert HOST not in str(failed)


def test_every_error_of_the_client_library_has_a_cause() -> None:
    kinds = [
        kind
        for kind in vars(aiohttp).values()
        if isinstance(kind, type) and issubclass(kind, aiohttp.ClientError)
    ]
    assert len(kinds) > 10
    for kind in kinds:
        assert _failed(kind.__new__(kind)).reason in {
            Reason.DNS,
            Reason.CONNECT,
            Reason.TLS,
            Reason.TIMEOUT,
            Reason.BROKEN_REPLY,
        }


async def test_nothing_leaves_that_the_firewall_stops(api: Api) -> None:
    for made in (
        replace(CALL, url=f"{CALL.url}&dl=jane.doe%40example.com"),
        replace(CALL, body=b'{"events": [{"note": "jane.doe@example.com"}]}'),
        replace(CALL, headers={"X-Buyer": "jane.doe@example.com"}),
    ):
        for call in (made, join(made, ACME, Secret(TOKEN))):
            failed = await broken(api.sender(), call)
            assert failed.reason is Reason.READABLE
            assert "jane" not in str(failed)
    assert not api.seen


async def test_a_token_is_the_operators_own_and_may_look_like_anything(api: Api) -> None:
    sender = api.sender()
    signed = join(CALL, ACME, Secret("shop@example.iam.gserviceaccount.com"))
    assert (await sender.send(signed)).status == 200
    await sender.close()
