"""Serves loaders, ``fh.js`` and the vendors' files; fetches in the background, keeps the last good
copy.

A script's body depends on its address and the configuration alone: no cookie, no header of the
request, nothing of the vendor's response headers reaches it.
"""

import asyncio

from aiohttp import web
from cachetools import LRUCache

from firsthand.browser import Rules, ScriptFile, fh_js, loader
from firsthand.browser.rules import snippet_of
from firsthand.edge.server import Answer, build
from firsthand.edge.shelf import ADDRESSES, File, packed
from firsthand.edge.supply import Supply
from firsthand.errors import BadHit
from firsthand.rules.doors import Use, split
from firsthand.rules.scriptdoor import LIVE, Asked, asked
from firsthand.rules.site import Site

SHORT = "Cache-Control: public, max-age=300, stale-while-revalidate=600, stale-if-error=86400\r\n"
FOREVER = "Cache-Control: public, max-age=31536000, immutable\r\n"
SNIPPET = "fh.js"
TYPE = "text/javascript; charset=utf-8"


class Scripts:
    """The scripts of a site, answered from ``supply``."""

    def __init__(self, site: Site, rules: Rules, supply: Supply) -> None:
        self._site = site
        self._rules = rules
        self._shelf = shelf
        self._session = session
        self._count = count
        self._known: dict[str, Asked] = {}
        self._own: dict[str, str] = {}
        self._snippet: File | None = None
        self._loaders: LRUCache[tuple[str, str], File] = LRUCache(ADDRESSES)

    async def find(self, request: web.BaseRequest, target: str) -> Answer | None:
        """Return the answer if ``target`` is a script's address, else ``None``."""
        if not self.has(target):
            return None
        if request.headers.get("Service-Worker"):
            raise BadHit(403, "service_worker")
        host, path, query = split(target)
        found = self._site.doors.find(host, path)
        if found is None:
            return serve(request, await self._own_script(), SHORT)
        wanted = asked(found, host, path, query, self._site)
        live = self._supply.at_hand(wanted) or await self._supply.live(wanted)
        if wanted.version in {"", LIVE}:
            file = live if wanted.version else await self._loader(wanted, live)
            return serve(request, file, SHORT)
        if live.hash == wanted.version:
            return serve(request, live, FOREVER)
        kept = await self._supply.version(wanted, wanted.version)
        # A loader in some cache may name a version that is not served any more, or that nobody
        # had. The page gets the live file, not to be kept as that.
        return serve(request, kept, FOREVER) if kept else serve(request, live, SHORT)

    def has(self, target: str) -> bool:
        """Say whether ``target`` is a script's address."""
        host, path, _ = split(target)
        found = self._site.doors.find(host, path)
        return found.use is Use.SCRIPT if found else (host, path) == (SNIPPET, "")

    async def run(self) -> None:
        """Refresh what is kept, for ever: at times, and at once what came from the disk."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh_all())
            while True:
                await self._refresh(await self._loaded.get())

    async def _refresh_all(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*REFRESH_S))  # noqa: S311 - spreads load, no secret
            for wanted in list(self._known.values()):
                await self._refresh(wanted)

    async def _live(self, wanted: Asked) -> File:
        """Return the live copy; the first request of an address waits for it, once for all."""
        address = wanted.address
        file = self._shelf.live(address)
        if file is None:
            lock = self._locks.setdefault(address, asyncio.Lock())
            try:
                async with lock:
                    file = self._shelf.live(address) or await self._first(wanted)
            finally:
                # Those who wait have the lock in their hands; who comes later needs none.
                self._locks.pop(address, None)
        if file is None:
            raise BadHit(404, "script_missing")
        return file

    async def _first(self, wanted: Asked) -> File | None:
        """Return what an earlier run left on disk, to be refreshed soon, else the vendor's file."""
        if wanted.address in self._missing:
            return None
        own = self._claim(wanted)
        file = await asyncio.to_thread(self._shelf.load, wanted.address)
        if file is not None:
            await self._keep(wanted, file)
            self._loaded.put_nowait(wanted)
            return file
        return await (self._refresh(wanted) if own else self._in_turn(wanted))

    def _claim(self, wanted: Asked) -> bool:
        """Say whether this is the site's own script: the first plain one of its door and account.

        There are few of those, so they wait for nobody. Where a part of the path is free, whoever
        comes first decides which one it is; it stays that while there is a good copy.
        """
        if not wanted.own or (wanted.own not in self._own and len(self._own) >= OWN):
            return False
        return self._own.setdefault(wanted.own, wanted.address) == wanted.address

    async def _in_turn(self, wanted: Asked) -> File | None:
        if self._waiting >= WAITING:
            raise BadHit(404, "script_busy")
        self._waiting += 1
        try:
            async with self._fetching:
                return await self._refresh(wanted)
        finally:
            self._waiting -= 1

    async def _refresh(self, wanted: Asked) -> File | None:
        """Return the vendor's file, or the last good copy where there is none to be had."""
        body = await fetch(self._session, wanted, self._site.vendor_suffix)
        if isinstance(body, Unusable):
            self._count(f"script_unusable_{wanted.vendor}")
            log.warning("script %s not taken: %s", wanted.door, body.reason)
            return self._last_good(wanted)
        file = await asyncio.to_thread(packed, body)
        await self._keep(wanted, file)
        await self._on_disk(wanted.address, file)
        return file

    def _last_good(self, wanted: Asked) -> File | None:
        kept = self._shelf.live(wanted.address)
        if kept is None:
            self._missing[wanted.address] = True
            if self._own.get(wanted.own) == wanted.address:
                del self._own[wanted.own]
        return kept

    async def _keep(self, wanted: Asked, file: File) -> None:
        self._known[wanted.address] = wanted
        own = self._own.get(wanted.own) == wanted.address
        for gone in self._shelf.put(wanted.address, file, door=wanted.door, own=own):
            self._known.pop(gone, None)
            try:
                await asyncio.to_thread(self._shelf.drop, gone)
            except OSError as error:
                self._tell(error)

    async def _on_disk(self, address: str, file: File) -> None:
        try:
            await asyncio.to_thread(self._shelf.save, address, file)
        except OSError as error:  # served all the same; only a restart would miss it
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        self._count("script_not_kept")
        log.error("script not kept: %s", error.strerror or type(error).__name__)

    async def _own_script(self) -> File:
        """Return ``fh.js``, packed at the first request."""
        if self._snippet is None:
            body = fh_js(self._rules, snippet_of(self._site))
            self._snippet = await asyncio.to_thread(packed, body)
        return self._snippet

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
