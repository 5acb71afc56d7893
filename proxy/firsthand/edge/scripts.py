"""Answers requests for loaders, for ``fh.js`` and for the vendors' files.

A script's body depends on its address and the configuration alone: no cookie, no header of the
request, nothing of the vendor's response headers reaches it.
"""

import asyncio

from aiohttp import web
from cachetools import LRUCache

from firsthand.browser import Rules, ScriptFile, consent_js, fh_js, loader
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
PLATFORMS = "fh_consent.js"
OWN = frozenset({SNIPPET, PLATFORMS})
TYPE = "text/javascript; charset=utf-8"


class Scripts:
    """The scripts of a site, answered from ``supply``."""

    def __init__(self, site: Site, rules: Rules, supply: Supply) -> None:
        self._site = site
        self._rules = rules
        self._supply = supply
        self._own: dict[str, File] = {}
        self._loaders: LRUCache[tuple[str, str], File] = LRUCache(ADDRESSES)

    async def find(self, request: web.BaseRequest, target: str) -> Answer | None:
        """Return the answer if ``target`` is a script's address, else ``None``."""
        host, path, query = split(target)
        found = self._site.doors.find(host, path)
        own = _is_own(host, path)
        if not own and (found is None or found.use is not Use.SCRIPT):
            return None
        if request.headers.get("Service-Worker"):
            raise BadHit(403, "service_worker")
        if found is None:
            return serve(request, await self._own_script(host), SHORT)
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
        return found.use is Use.SCRIPT if found else _is_own(host, path)

    async def _own_script(self, name: str) -> File:
        """Return a script of our own, packed at the first request."""
        if name not in self._own:
            known = snippet_of(self._site)
            body = fh_js(self._rules, known) if name == SNIPPET else consent_js(known)
            self._own[name] = await asyncio.to_thread(packed, body)
        return self._own[name]

    async def _loader(self, wanted: Asked, live: File) -> File:
        key = (wanted.address, live.hash)
        if key not in self._loaders:
            script = ScriptFile(wanted.vendor, wanted.host + wanted.path, live.hash)
            body = loader(self._rules, script)
            self._loaders[key] = await asyncio.to_thread(packed, body)
        return self._loaders[key]


def _is_own(host: str, path: str) -> bool:
    return host in OWN and not path


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
