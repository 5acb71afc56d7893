"""One HTTP server that is the demo shop and every vendor, told apart by the Host header.

Names under ``.localhost`` are loopback for browsers by themselves; a program connects to
127.0.0.1 and sends the name as Host.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules
from socket import socket
from ssl import SSLContext
from types import TracebackType
from typing import Self

from aiohttp import web

from firsthand.sandbox.role import Answer, Ask, Role, Way, cross_origin
from firsthand.sandbox.shop.pages import Links, Page, Shop, Visit
from firsthand.sandbox.stand_in import Dawdles, Drops, Fault, Hangs, Says, Seen, StandIn, Tears
from firsthand.sandbox.watch import board, board_json

SHOP_HOST = "shop.localhost"
VENDOR_SUFFIX = ".vendors.localhost"
MAX_BODY = 8 * 1024 * 1024
NOT_FOUND = Answer(404, b"no such address here\n", {"content-type": "text/plain"})
WATCH_PATHS = {"/_vendors": "html", "/_vendors.json": "json"}


def clock() -> int:
    """Return now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def find_roles() -> Iterator[Role]:
    """Yield the part of every vendor file in this folder, in alphabetical order."""
    package = __name__.rpartition(".")[0]
    for found in iter_modules(import_module(package).__path__):
        role = getattr(import_module(f"{package}.{found.name}"), "ROLE", None)
        if isinstance(role, Role):
            yield role


class Sandbox:
    """The running sandbox: ``async with Sandbox(tracking_url=...) as sandbox``.

    ``port`` 0 takes a free one. ``tracking_url`` and ``report_url`` may be set after the start:
    pages are made when asked for. Without ``tracking_url`` the shop has its plain variant only,
    which loads the vendors' own addresses. ``policy`` is the Content-Security-Policy of its pages,
    empty: none. ``vendors`` are those whose tags the shop carries; the hosts of all others answer
    too. ``heard`` is told of every request to a vendor: the vendor's key, what was seen, and the
    port that it came from. ``listener`` is a bound socket to take instead of ``port``; with
    ``context`` all of it speaks TLS. Raises ``ValueError`` for a vendor that has no part here.
    """

    def __init__(  # noqa: PLR0913 - settings of a whole sandbox, each with a default
        self,
        port: int = 0,
        tracking_url: str = "",
        report_url: str = "",
        *,
        clock: Callable[[], int] = clock,
        vendors: Sequence[str] = ("meta", "ga4"),
        heard: Callable[[str, Seen, int], None] | None = None,
        listener: socket | None = None,
        context: SSLContext | None = None,
    ) -> None:
        self.port = port
        self.tracking_url = tracking_url
        self.report_url = report_url
        self.policy = ""
        self._clock = clock
        self._heard = heard
        self._listener = listener
        self._context = context
        self._stand_ins = {role.key: StandIn(role) for role in find_roles()}
        unknown = sorted(set(vendors) - self._stand_ins.keys())
        if unknown:
            raise ValueError(f"no vendor of the sandbox: {', '.join(unknown)}")
        self._sold = [each for key, each in self._stand_ins.items() if key in vendors]
        self._shop = Shop([stand_in.role for stand_in in self._sold])
        self._runner: web.ServerRunner | None = None
        self._stopping = asyncio.Event()

    @property
    def suffix(self) -> str:
        """What a vendor's host gets appended here: ``.vendors.localhost:PORT``."""
        return f"{VENDOR_SUFFIX}:{self.port}"

    @property
    def shop_url(self) -> str:
        """The shop's origin."""
        return f"http://{SHOP_HOST}:{self.port}"

    def vendor(self, key: str) -> StandIn:
        """Return the stand-in of a vendor: ``meta``, ``ga4``."""
        return self._stand_ins[key]

    def reset(self) -> None:
        """Let every vendor forget everything."""
        for stand_in in self._stand_ins.values():
            stand_in.reset()

    async def start(self) -> None:
        """Listen on loopback."""
        self._stopping.clear()
        server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        if self._listener is not None:
            site: web.BaseSite = web.SockSite(runner, self._listener, ssl_context=self._context)
        else:
            site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self._context)
        await site.start()
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Close the port and every connection."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0].lower()
        body = await request.content.read(MAX_BODY + 1)
        while not request.content.at_eof() and len(body) <= MAX_BODY:
            body += await request.content.read(MAX_BODY)
        if len(body) > MAX_BODY:
            return web.Response(status=413)
        if host.endswith(VENDOR_SUFFIX):
            return await self._play(request, host.removesuffix(VENDOR_SUFFIX), body)
        if host == SHOP_HOST:
            return self._sell(request, body)
        return _response(NOT_FOUND)

    def _sell(self, request: web.BaseRequest, body: bytes) -> web.Response:
        stand_ins = self._sold
        links = Links(self.suffix, self.tracking_url, self.report_url)
        kind = WATCH_PATHS.get(request.path)
        if kind == "json":
            return web.Response(body=board_json(stand_ins), content_type="application/json")
        if kind == "html":
            return web.Response(text=board(stand_ins, links), content_type="text/html")
        visit = Visit(request.method, request.path, request.query_string, body, request.cookies)
        page = _page(self._shop.answer(visit, links))
        if self.policy:
            page.headers["Content-Security-Policy"] = self.policy
        return page

    async def _play(self, request: web.BaseRequest, host: str, body: bytes) -> web.StreamResponse:
        ask = self._ask(request, host, body)
        stand_in, way, answer = self._meet(ask)
        if stand_in is None:
            return _response(NOT_FOUND)
        fault = stand_in.next_fault(way)
        if isinstance(fault, Hangs | Drops):
            self._note(stand_in, Seen(way, ask, 0), request)
            return await self._leave(request, hang=isinstance(fault, Hangs))
        if isinstance(fault, Dawdles):
            await self._pause(fault.seconds)
        said = fault.answer if isinstance(fault, Says) else answer(ask)
        self._note(stand_in, Seen(way, ask, _status(fault, said), said.body, said.events), request)
        return await _tear(request, said) if isinstance(fault, Tears) else _response(said)

    def _note(self, stand_in: StandIn, seen: Seen, request: web.BaseRequest) -> None:
        stand_in.note(seen)
        if self._heard is not None:
            peer = request.get_extra_info("peername")
            self._heard(stand_in.role.key, seen, peer[1] if peer else 0)

    async def _leave(self, request: web.BaseRequest, *, hang: bool) -> web.StreamResponse:
        """End without an answer: at once, or when the sandbox stops."""
        if hang:
            await self._stopping.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _meet(self, ask: Ask) -> tuple[StandIn | None, Way, Callable[[Ask], Answer]]:
        for stand_in in self._stand_ins.values():
            for door in stand_in.role.doors:
                if door.fits(ask.host, ask.path) and ask.method == "OPTIONS":
                    return stand_in, Way.OTHER, _preflight
                if door.fits(ask.host, ask.path) and door.when(ask):
                    return stand_in, door.way, door.answer
        owner = self._owner(ask.host)
        return owner, Way.OTHER, lambda _: NOT_FOUND

    def _owner(self, host: str) -> StandIn | None:
        for stand_in in self._stand_ins.values():
            if any(host in door.hosts for door in stand_in.role.doors):
                return stand_in
        return None

    def _ask(self, request: web.BaseRequest, host: str, body: bytes) -> Ask:
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers.pop("cookie", None)
        return Ask(
            method=request.method,
            host=host,
            path=request.path,
            query=request.rel_url.raw_query_string,
            headers=headers,
            cookies=tuple(request.cookies),
            body=body,
            at=self._clock(),
            scheme="https" if self._context else "http",
            suffix=self.suffix,
        )


def _preflight(ask: Ask) -> Answer:
    allowed = {
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": ask.headers.get("access-control-request-headers", ""),
        "access-control-max-age": "600",
    }
    return Answer(204, b"", {**cross_origin(ask), **allowed})


def _status(fault: Fault | None, said: Answer) -> int:
    return 0 if isinstance(fault, Tears) else said.status


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))


def _page(page: Page) -> web.Response:
    response = web.Response(status=page.status, body=page.body, headers=dict(page.headers))
    for name, value in page.cookies.items():
        if value:
            response.set_cookie(name, value, path="/", samesite="Lax", httponly=True)
        else:
            response.del_cookie(name, path="/")
    return response


async def _tear(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Send the head and half of ``answer``, then drop the connection."""
    body = answer.body or b" " * 16
    response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
