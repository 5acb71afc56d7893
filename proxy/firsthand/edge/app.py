"""The public listener's handler: check, read, respond, store, answer - in this order."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Hashable
from dataclasses import replace
from time import perf_counter

from aiohttp import web
from cachetools import LRUCache

from firsthand.edge import requests
from firsthand.edge.answers import Answers
from firsthand.edge.crowd import Crowd
from firsthand.edge.requests import Front
from firsthand.edge.scripts import Scripts
from firsthand.edge.server import Answer, build, refusal
from firsthand.errors import BadHit
from firsthand.model import Hit, Note
from firsthand.rules import proof
from firsthand.rules.aggregate import Window
from firsthand.rules.decide import Decision
from firsthand.rules.doors import split
from firsthand.rules.respond import JSON, Response, is_batch, respond, unkept
from firsthand.rules.site import Site
from firsthand.store.contract import Outbox
from firsthand.store.meter import Meter

log = logging.getLogger(__name__)

PRIVATE = "Cache-Control: private, no-store\r\nVary: Origin\r\n"
AGAIN = {
    401: "WWW-Authenticate: Bearer\r\n",
    500: "Retry-After: 30\r\n",
    503: "Retry-After: 30\r\n",
}
"""What a status says beside itself, to the shop's server."""

PREFLIGHT = (
    "Access-Control-Allow-Methods: GET, POST\r\n"
    "Access-Control-Allow-Headers: content-type\r\n"
    "Access-Control-Max-Age: 600\r\n"
)


TELL_MS = 1000
MOST_SEEN = 4096
"""Keepers of the moment that are held in memory, so that none is counted twice."""


class Edge:
    """What the listener needs. ``woken`` is called when something new waits for delivery, ``noted``
    with each hit that was decided on; ``window`` holds what is counted of visitors who agreed to
    analytics alone.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that the composition root brings together
        self,
        site: Site,
        front: Front,
        outbox: Outbox,
        scripts: Scripts,
        answers: Answers,
        woken: Callable[[], None],
        *,
        meter: Meter,
        noted: Callable[[Hit, Response], None] = lambda _hit, _response: None,
    ) -> None:
        self.outbox = outbox
        self.woken = woken
        self.meter = meter
        self._noted = noted
        self.window = Window()
        self._untold = 0
        self._told_at = 0
        self._seen: LRUCache[Hashable, bool] = LRUCache(MOST_SEEN)
        self.use(site, front, scripts, answers)

    def use(self, site: Site, front: Front, scripts: Scripts, answers: Answers) -> None:
        """Answer by these from now on. Requests that have come so far are answered as well."""
        self.site = site
        self.front = front
        self.scripts = scripts
        self.answers = answers
        self.crowd = Crowd(site.consent.page_crowd)
        self._https = site.tracking_url.startswith("https:")
        exposed = _exposed(site)
        self._cors = {
            origin: f"Access-Control-Allow-Origin: {origin}\r\n"
            f"Access-Control-Allow-Credentials: true\r\n{exposed}"
            for origin in site.origins
        }

    def count(self, reason: str) -> None:
        """Count a request that leaves nothing else behind."""
        self.outbox.count(Note("", "", "", reason))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; with 5xx only the shop's own server, which is to send again."""
        try:
            target = requests.check(request, self.front)
            if self._https and requests.came_plain(request, self.front):
                return self.upgrade(request, target)
            if target.startswith(proof.PATH):
                return self._prove(request, target)
            if request.method == "OPTIONS":
                return self._preflight(request)
            if request.method == "POST":
                return await self._beacon(
                    request, target, await requests.read_body(request, requests.longest(target))
                )
            script = await self.scripts.find(request, target)
            return script or await self._beacon(request, target, b"")
        except BadHit as refused:
            self.count(refused.reason)
            return refusal(refused.status)

    def upgrade(self, request: web.BaseRequest, target: str) -> Answer:
        """Send what came without TLS to https, but for what carries data: its cookies came open.

        Raises ``BadHit``: a page that tells us something that way is to be mended, not helped.
        """
        if request.method not in {"GET", "HEAD"} or not self._harmless(target):
            raise BadHit(403, "plain_http")
        location = f"{self.site.tracking_url}{target}"
        return build(308, f"Cache-Control: no-store\r\nLocation: {location}\r\n")

    def _prove(self, request: web.BaseRequest, target: str) -> Answer:
        """Answer ``firsthand doctor``, who proves to be the operator; nobody else."""
        path, _, query = target.partition("?")
        nonce = proof.asked(self.site, query, self.front.clock() // 1000)
        if path != proof.PATH or request.method != "GET" or not nonce:
            raise BadHit(404, "unknown_path")
        told = requests.seen_as(request, self.front)
        body = proof.answer(self.site, nonce, told)
        return build(200, "Cache-Control: no-store\r\n", body=body, content_type=JSON)

    def _harmless(self, target: str) -> bool:
        """Say whether an address is none of those that take or give what a visitor did."""
        if self.scripts.has(target):
            return True
        host, path, _ = split(target)
        return host != "fh" and self.site.doors.find(host, path) is None

    def _preflight(self, request: web.BaseRequest) -> Answer:
        cors = self._cors.get(request.headers.get("Origin", ""), "")
        return build(204, f"{PRIVATE}{cors}{PREFLIGHT if cors else ''}")

    async def _beacon(self, request: web.BaseRequest, target: str, body: bytes) -> Answer:
        came = perf_counter()
        hit = requests.hit(request, self.front, target, body)
        self.meter.weighed(requests.cookie_bytes(request))
        try:
            response = await self._respond(hit)
        except BadHit:
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours fails closed: counted, nothing kept
            self._fault(fault)
            return self._answer(hit, unkept(hit, fault=True), request)
        if response.counted:
            self.count(response.counted)
        stored = await self._store(response, came, hit.ip)
        self._noted(hit, response)
        kept = await self._asked(response) if stored else unkept(hit, fault=False)
        return self._answer(hit, kept, request)

    async def _asked(self, response: Response) -> Response:
        """Put the vendor's answer in place of the door's own, if there is one in time."""
        if response.asked is None:
            return response
        body = await self.answers.get(response.asked)
        return response if body is None else replace(response, body=body)

    async def _respond(self, hit: Hit) -> Response:
        """Decide; on a server's batch beside the loop, as it would hold up the pages."""
        if is_batch(hit):
            return await asyncio.to_thread(respond, hit, self.site)
        return respond(hit, self.site)

    def _fault(self, fault: Exception) -> None:
        """Say where, never with which values: an exception's text may hold a visitor's."""
        frame = traceback.extract_tb(fault.__traceback__)[-1]
        self.count(f"fault_{type(fault).__name__}")
        log.error("fault %s at %s:%s", type(fault).__name__, frame.filename, frame.lineno)

    async def _store(self, response: Response, came: float, ip: str) -> bool:
        """Make the decision durable; say whether the disk took it."""
        decision = response.decision
        if decision is None:
            return True
        for ended in decision.ended:
            self.outbox.count(ended.note)
            if ended.choice is not None:
                self.outbox.count(self.crowd.told(ended.choice, ip))
        for reason in decision.odd:
            self.count(reason)
        self._count_shown(decision)
        for row, more in decision.rows:
            self.window.add(row, more)
        if not decision.beacons and not decision.withdrawn:
            return True
        try:
            await self.outbox.put(decision.beacons, withdrawn=decision.withdrawn)
        except OSError as error:
            self._not_stored(error)
            return False
        self.meter.acked(perf_counter() - came)
        self.woken()
        return True

    def _count_shown(self, decision: Decision) -> None:
        """Count a keeper once, though a page's requests bring it all at the same time."""
        shown = decision.shown
        if shown is not None and shown.once not in self._seen:
            self._seen[shown.once] = True
            self.outbox.count(shown.sighting)

    def _not_stored(self, error: OSError) -> None:
        """Count, and say why: at most once a second, however many there are."""
        self.count("not_stored")
        self.meter.failed()
        self._untold += 1
        now = self.front.clock()
        if not 0 <= now - self._told_at < TELL_MS:
            why = error.strerror or type(error).__name__
            log.error("not stored: %s (requests since last told: %s)", why, self._untold)
            self._untold, self._told_at = 0, now

    def _answer(self, hit: Hit, response: Response, request: web.BaseRequest) -> Answer:
        head = [
            PRIVATE,
            self._cors.get(hit.headers.get("origin", ""), ""),
            AGAIN.get(response.status, ""),
        ]
        if response.decision is not None:
            head += [f"Set-Cookie: {line}\r\n" for line in response.decision.cookies]
        return build(
            response.status,
            "".join(head),
            body=response.body,
            content_type=response.content_type,
            close=not request.keep_alive,
            empty=hit.method == "HEAD",
        )


def _exposed(site: Site) -> str:
    """Return the header line that lets pages read what vendors' scripts look for in answers."""
    names = sorted(
        {
            name
            for vendor in site.vendors.values()
            for door in vendor.beacons + vendor.sinks
            for name in door.exposes
        }
    )
    return f"Access-Control-Expose-Headers: {', '.join(names)}\r\n" if names else ""
