"""Sends one call and returns the whole answer, or says where it broke.

Nothing leaves that the firewall stops: this is the one way out for what is delivered, and it is
looked at here whatever looked at it before. No redirects, no cookies, no proxy from the
environment, no address but the vendor's own. Messages of the client library are never passed on:
they hold the address, and with it a token.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from firsthand import __version__
from firsthand.delivery.auth import Signed
from firsthand.delivery.resolving import LoopbackResolver, PublicResolver
from firsthand.errors import SendFailed
from firsthand.model import Call, Reason, Reply
from firsthand.rules import firewall

MAX_REPLY = 256 * 1024
_CHUNK = 16 * 1024
_CAUSES: tuple[tuple[type[Exception], Reason], ...] = (
    (aiohttp.ClientConnectorDNSError, Reason.DNS),
    (aiohttp.ClientSSLError, Reason.TLS),
    (aiohttp.ServerFingerprintMismatch, Reason.TLS),
    (TimeoutError, Reason.TIMEOUT),
    (aiohttp.ServerDisconnectedError, Reason.BROKEN_REPLY),
    (aiohttp.ClientPayloadError, Reason.BROKEN_REPLY),
    (aiohttp.ClientResponseError, Reason.BROKEN_REPLY),
    (aiohttp.ClientError, Reason.CONNECT),
    (OSError, Reason.CONNECT),
)


class Sender(Protocol):
    """What carries a call to a vendor."""

    async def send(self, call: Call) -> Reply:
        """Return the answer. Raises ``SendFailed`` with its cause when there is no whole one."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: for the whole call, until connected (with TLS), between two reads."""

    total: float = 15.0
    connect: float = 5.0
    read: float = 10.0


class HttpSender:
    """A client of its own for one lane, so that a slow vendor fills no pool but its own.

    ``hosts``     the vendor's ``api_hosts``: no other is called.
    ``suffix``    the sandbox's ``.vendors.localhost:PORT``; empty in production. ``scheme`` is how
                  the sandbox is spoken to.
    ``resolver``  who turns names into addresses in production; public ones only by default.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        suffix: str = "",
        scheme: str = "http",
        timeouts: Timeouts | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._hosts = frozenset(hosts)
        self._suffix = suffix
        self._scheme = scheme
        self._timeouts = timeouts or Timeouts()
        self._resolver: AbstractResolver | None = resolver
        self._session: aiohttp.ClientSession | None = None

    async def send(self, call: Call) -> Reply:
        """Return the answer, at most 256 KiB of body.

        Raises ``SendFailed``: DNS, CONNECT, TLS, TIMEOUT, BROKEN_REPLY (torn, too big, a redirect),
        FAULT when the call is not for one of ``hosts``, or READABLE when the firewall stops it.
        """
        url = self._address(call)
        found = firewall.findings(call.bare if isinstance(call, Signed) else call)
        if found:
            raise SendFailed(Reason.READABLE, firewall.told(found))
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with self._open().request(
                call.method,
                url,
                headers=call.headers,
                data=call.body or None,
                allow_redirects=False,
            ) as answer:
                body = await _bounded(answer)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                status = answer.status
        except (aiohttp.ClientError, OSError) as error:
            raise _failed(error) from None
        if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
            told = f"HTTP {status}: a redirect, not followed"
            raise SendFailed(Reason.BROKEN_REPLY, told, redirected=True)
        return Reply(status, headers, body, round((loop.time() - start) * 1000))

    def _address(self, call: Call) -> URL:
        parts = urlsplit(call.url)
        host = parts.hostname or ""
        if parts.scheme != "https" or host not in self._hosts or "@" in parts.netloc:
            raise SendFailed(Reason.FAULT, "a call to an address that is not the vendor's")
        if self._suffix:
            parts = parts._replace(scheme=self._scheme, netloc=host + self._suffix)
        return URL(parts.geturl(), encoded=True)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self._timeouts
            self._resolver = self._resolve_with()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=self._resolver),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=limits.total, connect=limits.connect, sock_read=limits.read
                ),
                headers={"User-Agent": f"firsthand/{__version__}"},
                trust_env=False,
            )
        return self._session

    def _resolve_with(self) -> AbstractResolver:
        if self._suffix:
            return LoopbackResolver(self._suffix.partition(":")[0])
        return self._resolver or PublicResolver(aiohttp.DefaultResolver())

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None and self._resolver is not None:
            await self._session.close()
            await self._resolver.close()
            self._session = None


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > MAX_REPLY:
            answer.close()
            raise SendFailed(Reason.BROKEN_REPLY, f"an answer of more than {MAX_REPLY} bytes")
    return bytes(body)


def _failed(error: Exception) -> SendFailed:
    reason = next(reason for kind, reason in _CAUSES if isinstance(error, kind))
    if reason is Reason.CONNECT and _cut_off(error):
        reason = Reason.TLS
    return SendFailed(reason, type(error).__name__)


def _cut_off(error: Exception) -> bool:
    """Say whether a connection stood and was closed before it could be used: in the handshake."""
    cause = getattr(error, "os_error", None)  # of the errors of a connector
    return isinstance(cause, ConnectionResetError | ConnectionAbortedError)
