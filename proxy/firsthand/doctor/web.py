"""Fetches one address: bounded in time and size, no redirect followed, no cookie kept."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from firsthand import __version__
from firsthand.doctor.names import Names, NamesResolver

MAX_BODY = 1024 * 1024
TOTAL_S = 10.0
CONNECT_S = 4.0
_CHUNK = 16 * 1024
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "its name has no address"),
    (aiohttp.ClientSSLError, "its certificate is not accepted"),
    (ssl.SSLError, "its certificate is not accepted"),
    (TimeoutError, "no answer in time"),
    (aiohttp.ClientConnectorError, "nobody answers there"),
    (aiohttp.ClientError, "its answer breaks off"),
    (OSError, "nobody answers there"),
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``cookies`` are its ``Set-Cookie`` lines; ``whole``: the body was not cut."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    cookies: tuple[str, ...] = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer. ``why`` is a word of ours, never the library's: that names addresses."""

    why: str


class Web:
    """A client for looking."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Fetched | Failed:
        """Return the answer of ``url``, of its body 1 MiB at most."""
        try:
            async with self._session.request(
                method, url, headers=headers, allow_redirects=False
            ) as answer:
                body, whole = await _bounded(answer)
                return Fetched(
                    answer.status,
                    {name.lower(): value for name, value in answer.headers.items()},
                    tuple(answer.headers.getall("Set-Cookie", ())),
                    body,
                    whole,
                )
        except (aiohttp.ClientError, OSError) as error:
            return Failed(next(why for kind, why in _CAUSES if isinstance(error, kind)))


@asynccontextmanager
async def opened(names: Names) -> AsyncIterator[Web]:
    """Yield a client that finds hosts as ``names`` does."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=NamesResolver(names), ssl=ssl.create_default_context(), force_close=True
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S),
        headers={"User-Agent": f"firsthand-doctor/{__version__}"},
        trust_env=False,
    ) as session:
        yield Web(session)


async def _bounded(answer: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > MAX_BODY:
            answer.close()
            return bytes(body[:MAX_BODY]), False
    return bytes(body), True
