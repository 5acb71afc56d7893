"""Parsed request -> Hit, bounded in every direction. What a rule does not need is dropped here."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.streams import StreamReader

from firsthand.errors import BadHit
from firsthand.model import Hit
from firsthand.rules import backend, collect, cookies, landing
from firsthand.rules.bots import BotSign, score
from firsthand.rules.clientip import Network, client_ip, is_trusted
from firsthand.rules.decide import HEADERS
from firsthand.rules.doors import split
from firsthand.rules.place import place_of
from firsthand.rules.proof import PATH, Told

VERSIONS = frozenset({HttpVersion10, HttpVersion11})
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
MAX_BODY = 262_144
_BODIES = {"/fh/collect": collect.MOST_BYTES, "/fh/events": backend.MOST_BYTES}
BODY_DEADLINE_S = 5.0

_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")
_WIRE_HEADERS = tuple((name, name.title()) for name in sorted(HEADERS))
_WITH_PAGE = tuple((name, name.title()) for name in sorted(HEADERS | {landing.URI}))
_WITH_PROOF = tuple((name, name.title()) for name in sorted(HEADERS | backend.HEADERS))


@dataclass(frozen=True, slots=True)
class Front:
    """How the public listener is reached.

    ``hosts``: names (with a port where it is not the default) under which we answer. ``trusted``:
    networks of front servers whose ``forwarded`` header is believed, and those in which they say
    from which ``country`` and ``region`` a visitor is. ``any_port``: the names count whatever port
    stands behind them. ``signs``: of a robot, by a request's headers, the visitor's address and the
    time.
    """

    hosts: frozenset[str]
    wanted: cookies.Wanted
    clock: Callable[[], int]
    signs: Callable[[Mapping[str, str], str, int], BotSign]
    base_path: str = ""
    trusted: Sequence[Network] = field(default=())
    forwarded: str = "X-Forwarded-For"
    country: str = ""
    region: str = ""
    any_port: bool = False


def check(request: web.BaseRequest, front: Front) -> str:
    """Return the raw target below our base path. Raises ``BadHit`` for what we never answer."""
    headers = request.headers
    if request.method not in METHODS or "Upgrade" in headers:
        raise BadHit(405, "method")
    if request.version not in VERSIONS:
        raise BadHit(400, "version")
    if "Transfer-Encoding" in headers and (
        request.version == HttpVersion10 or headers["Transfer-Encoding"].lower() != "chunked"
    ):
        raise BadHit(400, "transfer_encoding")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise BadHit(400, "content_encoding")
    hosts = headers.getall("Host", ())
    if len(hosts) != 1 or not _ours(hosts[0], front):
        raise BadHit(421, "host")
    return _below(request.raw_path, front)


def _ours(text: str, front: Front) -> bool:
    hosts = front.hosts
    if text in hosts:
        return True
    host = text.lower()
    if not _HOST.fullmatch(host):
        return False
    name, colon, port = host.partition(":")
    name = name.removesuffix(".")
    if name in hosts and (front.any_port or port in {"80", "443"}):
        return True
    return f"{name}{colon}{port}" in hosts


def _below(target: str, front: Front) -> str:
    if target[:7].lower() == "http://":
        authority, slash, rest = target[7:].partition("/")
        if not _ours(authority, front):
            raise BadHit(421, "absolute_target")
        target = slash + rest
    if not target.startswith(f"{front.base_path}/"):
        raise BadHit(404, "unknown_path")
    return target[len(front.base_path) :]


def came_plain(request: web.BaseRequest, front: Front) -> bool:
    """Say whether a trusted front got the request over plain HTTP: anybody can have changed it.

    The front nearest to us writes the last word of the header.
    """
    lines = request.headers.getall("X-Forwarded-Proto", ())
    if not lines or not is_trusted(request.remote or "", front.trusted):
        return False
    return lines[-1].rpartition(",")[2].strip().lower() == "http"


def longest(target: str) -> int:
    """Return how many bytes the body of a request to ``target`` may have."""
    return _BODIES.get(target.partition("?")[0], MAX_BODY)


async def read_body(request: web.BaseRequest, most: int = MAX_BODY) -> bytes:
    """Return the body. Raises ``BadHit`` if it is longer than ``most`` bytes, or too slow."""
    content = request.content
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > most:
        raise BadHit(413, "body_size")
    if content.at_eof():
        return b""
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            return await _collect(content, most)
    except TimeoutError:
        raise BadHit(408, "body_time") from None
    except (web.HTTPException, ValueError, ConnectionError):  # the last: the visitor is gone
        raise BadHit(400, "body") from None


async def _collect(content: StreamReader, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        chunk = await content.readany()
        if not chunk:
            return b"".join(chunks)
        size += len(chunk)
        if size > most:
            raise BadHit(413, "body_size")
        chunks.append(chunk)


def wires(host: str, path: str) -> Sequence[tuple[str, str]]:
    """Return the headers that enter a Hit on this door: lower-case name, name on the wire."""
    if host != "fh":
        return _WIRE_HEADERS
    return {"/events": _WITH_PROOF, "/landing": _WITH_PAGE}.get(path, _WIRE_HEADERS)


def hit(request: web.BaseRequest, front: Front, target: str, body: bytes) -> Hit:
    """Return the Hit of a checked request."""
    headers = request.headers
    host, path, query = split(target)
    kept = {name: headers[wire] for name, wire in wires(host, path) if wire in headers}
    lines = headers.getall("Cookie", ())
    peer = request.remote or ""
    if landing.URI in kept and not is_trusted(peer, front.trusted):
        del kept[landing.URI]
    if front.trusted:
        peer = client_ip(peer, ",".join(headers.getall(front.forwarded, ())), front.trusted)
    at = front.clock()
    signs = front.signs(headers, peer, at)
    return Hit(
        method=request.method,
        host=host,
        path=path,
        query=query,
        body=body,
        headers={name: _clean(value) for name, value in kept.items()},
        cookies=front.wanted.split("; ".join(lines)) if lines else {},
        ip=peer,
        at=at,
        bot=score(signs),
        bot_signs=signs.value,
        place=_place(request, front) if front.country else "",
    )


def _place(request: web.BaseRequest, front: Front) -> str:
    """Return where a trusted front says that the visitor is; two words for it are none."""
    if not is_trusted(request.remote or "", front.trusted):
        return ""
    names = (front.country, front.region)
    told = [request.headers.getall(name, ()) if name else () for name in names]
    country, part = (lines[0] if len(lines) == 1 else "" for lines in told)
    return place_of(country, part)


def _clean(value: str) -> str:
    """Replace bytes that are not UTF-8: the parser keeps them as lone surrogates."""
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def cookie_bytes(request: web.BaseRequest) -> int:
    """Return the length of all that came as cookies, not only of what we look at."""
    return sum(map(len, request.headers.getall("Cookie", ())))


def seen_as(request: web.BaseRequest, front: Front) -> Told:
    """Return who sent a request, as events would have it. Raises ``BadHit`` like ``hit``."""
    peer = request.remote or ""
    return Told(peer, hit(request, front, PATH, b"").ip, is_trusted(peer, front.trusted))
