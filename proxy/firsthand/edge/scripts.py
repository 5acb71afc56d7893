"""Serves loaders and the vendors' files; fetches in the background, keeps the last good copy.

A script's body depends on its address and the configuration alone: no cookie, no header of the
request, nothing of the vendor's response headers reaches it.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from aiohttp import ClientSession, web
from cachetools import LRUCache, TTLCache

from firsthand.browser import Rules, ScriptFile, loader
from firsthand.edge.server import Answer, build
from firsthand.edge.shelf import ADDRESSES, File, Shelf, packed
from firsthand.edge.upstream import Unusable, fetch
from firsthand.errors import BadHit
from firsthand.rules.doors import Use, split
from firsthand.rules.scriptdoor import LIVE, Asked, asked
from firsthand.rules.site import Site

log = logging.getLogger(__name__)

REFRESH_S = (900, 1800)
MISSING_S = 10
FETCHES = 4
"""Calls to vendors at a time: a flood of made-up variants must not become a flood of fetches."""

SHORT = "Cache-Control: public, max-age=300, stale-while-revalidate=600, stale-if-error=86400\r\n"
FOREVER = "Cache-Control: public, max-age=31536000, immutable\r\n"
TYPE = "text/javascript; charset=utf-8"


class Scripts:
    """The scripts of a site. ``run`` keeps them fresh; ``find`` answers requests."""

    def __init__(
        self,
        site: Site,
        rules: Rules,
        shelf: Shelf,
        session: ClientSession,
        count: Callable[[str], None],
    ) -> None:
        self._site = site
        self._rules = rules
        self._shelf = shelf
        self._session = session
        self._count = count
        self._known: LRUCache[str, Asked] = LRUCache(ADDRESSES)
        self._loaders: LRUCache[tuple[str, str], File] = LRUCache(ADDRESSES)
        self._locks: LRUCache[str, asyncio.Lock] = LRUCache(ADDRESSES)
        self._missing: TTLCache[str, bool] = TTLCache(ADDRESSES, ttl=MISSING_S)
        self._fetching = asyncio.Semaphore(FETCHES)

    async def find(self, request: web.BaseRequest, target: str) -> Answer | None:
        """Return the answer if ``target`` is a script's address, else ``None``."""
        host, path, query = split(target)
        found = self._site.doors.find(host, path)
        if found is None or found.use is not Use.SCRIPT:
            return None
        if request.headers.get("Service-Worker"):
            raise BadHit(403, "service_worker")
        wanted = asked(found, host, path, query, self._site)
        live = await self._live(wanted)
        if wanted.version in {"", LIVE}:
            file = live if wanted.version else await self._loader(wanted, live)
            return serve(request, file, SHORT)
        kept = self._shelf.version(wanted.address, wanted.version)
        # A loader in some cache may name a version that this process never had: after a restart, or
        # when another worker fetched it. The page gets the live file, which nobody may keep as that.
        return serve(request, kept, FOREVER) if kept else serve(request, live, SHORT)

    async def run(self) -> None:
        """Refresh what is kept, for ever."""
        while True:
            await asyncio.sleep(random.uniform(*REFRESH_S))  # noqa: S311 - spreads load, no secret
            for wanted in list(self._known.values()):
                await self._refresh(wanted)

    async def _live(self, wanted: Asked) -> File:
        """Return the live copy; the first request of an address waits for it, once for all."""
        file = self._shelf.live(wanted.address)
        if file is not None:
            self._known[wanted.address] = wanted
            return file
        async with self._locks.setdefault(wanted.address, asyncio.Lock()):
            file = self._shelf.live(wanted.address) or await self._refresh(wanted)
        if file is None:
            raise BadHit(404, "script_missing")
        self._known[wanted.address] = wanted
        return file

    async def _refresh(self, wanted: Asked) -> File | None:
        if wanted.address in self._missing:
            return None
        async with self._fetching:
            body = await fetch(self._session, wanted, self._site.vendor_suffix)
        if isinstance(body, Unusable):
            self._count(f"script_unusable_{wanted.vendor}")
            log.warning("script %s%s not taken: %s", wanted.host, wanted.path, body.reason)
            return await self._last_good(wanted.address)
        file = await asyncio.to_thread(packed, body)
        self._shelf.put(wanted.address, file)
        try:
            await asyncio.to_thread(self._shelf.save, wanted.address, file)
        except OSError as error:  # served all the same; only a restart would miss it
            self._count("script_not_kept")
            log.error("script not kept: %s", error.strerror or type(error).__name__)  # noqa: TRY400 - the disk's word is enough
        return file

    async def _last_good(self, address: str) -> File | None:
        """Return the live copy, else the one that an earlier run left on disk."""
        kept = self._shelf.live(address)
        if kept is None:
            kept = await asyncio.to_thread(self._shelf.load, address)
            if kept is None:
                self._missing[address] = True
            else:
                self._shelf.put(address, kept)
        return kept

    async def _loader(self, wanted: Asked, live: File) -> File:
        key = (wanted.address, live.hash)
        if key not in self._loaders:
            script = ScriptFile(wanted.vendor, wanted.host + wanted.path, live.hash)
            body = loader(self._rules, script)
            self._loaders[key] = await asyncio.to_thread(packed, body)
        return self._loaders[key]


def serve(request: web.BaseRequest, file: File, cache: str) -> Answer:
    """Return a file in the best encoding the client takes, or 304."""
    headers = request.headers
    encoding, body = _encoding(file, headers.get("Accept-Encoding", ""))
    etag = f'"{file.hash}{encoding and "-" + encoding}"'
    head = (
        f"{cache}ETag: {etag}\r\nVary: Accept-Encoding\r\nAccess-Control-Allow-Origin: *\r\n"
        "Cross-Origin-Resource-Policy: cross-origin\r\n"
    )
    close = not request.keep_alive
    if _same(headers.get("If-None-Match", ""), etag):
        return build(304, head, close=close)
    if encoding:
        head += f"Content-Encoding: {encoding}\r\n"
    empty = request.method == "HEAD"
    return build(200, head, body=body, content_type=TYPE, close=close, empty=empty)


def _encoding(file: File, accepted: str) -> tuple[str, bytes]:
    names = {
        name.strip().lower()
        for name, _, weight in (part.partition(";") for part in accepted.split(","))
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    }
    if "br" in names:
        return "br", file.br
    if "gzip" in names:
        return "gzip", file.gzip
    return "", file.plain


def _same(condition: str, etag: str) -> bool:
    """Compare weakly, as fronts that compress weaken our tags."""
    if condition.strip() == "*":
        return True
    return etag in {tag.strip().removeprefix("W/") for tag in condition.split(",")}
