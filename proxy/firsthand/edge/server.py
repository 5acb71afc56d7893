"""aiohttp's low-level server, made quiet: constant errors, no attacker's bytes in a log.

The usual application costs more than twice as much a request (measured, see BENCHMARKS.md), so a
handler here gets the parsed request and returns an ``Answer`` whose bytes are already built.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.web_protocol import RequestHandler

MAX_LINE = 16_384
MAX_FIELD = 32_768
MAX_HEADERS = 64
IDLE_S = 15.0
"""How long a connection may say nothing, at its start and between two requests."""
HEAD_S = 5.0
"""How long a head may take from its first bytes on: who drips holds a connection no longer."""

REASONS = {
    200: "OK",
    202: "Accepted",
    204: "No Content",
    304: "Not Modified",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Answer(web.StreamResponse):
    """An answer whose head and body are one piece of bytes."""

    def __init__(self, raw: bytes, *, status: int, close: bool = False) -> None:
        # The base class builds header maps that nobody would read: its state is set here by hand.
        self._raw = raw
        self._status = status
        self._keep_alive = not close
        self._body_length = len(raw)

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write everything."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        transport.write(self._raw)
        await request.writer.drain()

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing: it is all written."""


def build(  # noqa: PLR0913 - the parts of an answer
    status: int,
    head: str = "",
    *,
    body: bytes = b"",
    content_type: str = "",
    close: bool = False,
    empty: bool = False,
) -> Answer:
    """Return an answer. ``head`` holds further header lines, each ended; ``empty``: HEAD."""
    lines = [f"HTTP/1.1 {status} {REASONS[status]}\r\nDate: {rfc822_formatted_time()}\r\n"]
    if head:
        lines.append(head)
    if status not in {204, 304}:
        lines.append(f"Content-Length: {len(body)}\r\n")
    if content_type:
        lines.append(f"Content-Type: {content_type}\r\nX-Content-Type-Options: nosniff\r\n")
    lines.append("Connection: close\r\n\r\n" if close else "\r\n")
    raw = "".join(lines).encode("latin-1")
    return Answer(raw if empty or status in {204, 304} else raw + body, status=status, close=close)


def refusal(status: int) -> Answer:
    """Return the constant answer to a bad request; the connection ends with it where it must."""
    return build(
        status, "Cache-Control: no-store\r\n", close=status in {400, 405, 408, 413, 421, 431}
    )


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Connection(RequestHandler):
    """A connection whose errors are constant and counted, and whose heads have a deadline.

    The framework's own timer runs from the last answer on, dripped bytes or not, so it can end
    what is idle but not what is slow, unless both get the same time.
    """

    __slots__ = ("_count", "_head_s", "_timed")

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - passed through to the framework
        count: Callable[[str], None],
        head_s: float,
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> None:
        super().__init__(*args, **kwargs)
        self._count = count
        self._head_s = head_s
        self._timed: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that is not whole with them has from now on ``head_s`` seconds."""
        super().data_received(data)
        awaited = self._waiter
        if awaited is not None and not awaited.done() and awaited is not self._timed:
            self._timed = awaited
            self._loop.call_later(self._head_s, self._late, awaited)

    def _late(self, awaited: asyncio.Future[None]) -> None:
        if not awaited.done():
            self._count("head_time")
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that could not be parsed, or a fault of ours, without echo or log.

        A fault answers 202: the page must not see that a part of us broke.
        """
        del request, message
        fault = status >= 500  # noqa: PLR2004 - server errors
        kind = type(exc).__name__ if exc is not None else str(status)
        self._count(f"fault_{kind}" if fault else "bad_request")
        return refusal(202 if fault else 400)

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401 - the framework's own
        """Count instead: the framework's text holds bytes of the request."""
        del args, kw
        self._count("connection_fault")


class Server(web.Server):
    """The listener's factory of connections."""

    def __init__(
        self, handler: Handler, *, count: Callable[[str], None], head_s: float = HEAD_S
    ) -> None:
        super().__init__(handler)
        self._count = count
        self._head_s = head_s

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return _Connection(
            self,
            loop=self._loop,
            count=self._count,
            head_s=self._head_s,
            access_log=None,
            keepalive_timeout=IDLE_S,
            lingering_time=0,
            max_line_size=MAX_LINE,
            max_field_size=MAX_FIELD,
            max_headers=MAX_HEADERS,
            auto_decompress=False,
        )
