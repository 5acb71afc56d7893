"""A vendor's script host on loopback that answers with whatever bytes a test gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from firsthand.delivery.resolving import LoopbackResolver

GOOD = b"!function(){window.fbq=window.fbq||function(){};'facebook'}();"
TYPE = "application/x-javascript; charset=utf-8"


def reply(body: bytes = GOOD, *lines: str, status: int = 200, kind: str = TYPE) -> bytes:
    """Return a whole answer with its length; ``lines`` are further header lines."""
    return torn(body, f"Content-Length: {len(body)}", *lines, status=status, kind=kind)


def torn(body: bytes, *lines: str, status: int = 200, kind: str = TYPE) -> bytes:
    """Return an answer as it is told to be, without a length of its own."""
    head = [f"HTTP/1.1 {status} So", f"Content-Type: {kind}", "Connection: close", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@dataclass
class Vendor:
    """A running stand-in. ``asked`` holds the heads of requests; ``open`` lets answers out."""

    port: int = 0
    answer: bytes = reply()
    asked: list[str] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def suffix(self) -> str:
        return f".vendors.localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            async with self.changed:
                self.asked.append(head.decode("latin-1"))
                self.changed.notify_all()
            await self.open.wait()
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked had heard enough
        finally:
            writer.close()

    async def was_asked(self, times: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.asked) >= times)


@asynccontextmanager
async def vendor() -> AsyncIterator[Vendor]:
    """Run a stand-in that answers with a good script."""
    here = Vendor()
    here.open.set()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    yield here
    here.open.set()
    server.close()


@asynccontextmanager
async def client() -> AsyncIterator[ClientSession]:
    """Open a session that finds names under ``.vendors.localhost`` and nothing else."""
    connector = TCPConnector(resolver=LoopbackResolver(".vendors.localhost"), force_close=True)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as session:
        yield session
