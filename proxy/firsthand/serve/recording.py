"""Takes a sample of hits for ``firsthand plan``, beside the work: see ``[recording]``.

A hit waits in memory until a thread has redacted it; what does not fit is not waited for. A disk
that does not take it, or a fault of ours, costs the sample and nothing else: it is counted.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

import orjson

from firsthand.config.load import Config
from firsthand.errors import ConfigError
from firsthand.model import Hit
from firsthand.rules import recent
from firsthand.rules.redact import Redaction
from firsthand.rules.respond import Response
from firsthand.rules.site import Site
from firsthand.serve.plan import Plan, now
from firsthand.store.sqlite.recent import Caps, Recent, open_recent, recent_path
from firsthand.vendors import VENDORS

log = logging.getLogger(__name__)

PAUSE_S = 1.0
WAITING = 5
"""Hits of a pause, in each worker: what redacting costs at most is a few ms a second."""
HOUR_MS = 3_600_000
SWEEP_S = 300.0


def caps(config: Config) -> Caps:
    """Return what ``[recording]`` says."""
    section = config.recording
    return Caps(section.keep_hours * HOUR_MS, section.most_hits, section.most_mb * 1_000_000)


class Recorder:
    """The sample of one edge. ``count`` is told what went wrong."""

    def __init__(self, plan: Plan, count: Callable[[str], None]) -> None:
        self._waiting: deque[Hit] = deque(maxlen=WAITING)
        self._count = count
        self._key = secrets.token_bytes(32)  # nobody keeps it: no stand-in leads back
        self._stack = AsyncExitStack()
        self._file: Recent | None = None
        self.use(plan)

    def use(self, plan: Plan) -> None:
        """Record by ``plan`` from now on."""
        self._plan = plan
        self._caps = caps(plan.config)
        self._by = redaction(plan.site, self._key)
        self._waiting.clear()

    def note(self, hit: Hit, response: Response) -> None:
        """Take a hit that has been answered into the sample, if there is one with room."""
        room = self._caps.keep_ms and len(self._waiting) < WAITING
        if room and recent.promising(hit, response.decision):
            self._waiting.append(hit)

    async def run(self) -> None:
        """Write until cancelled."""
        async with self._stack:
            while True:
                await asyncio.sleep(PAUSE_S)
                if self._waiting:
                    await self.write()

    async def write(self) -> None:
        """Redact and keep what waits."""
        hits, plan, by = list(self._waiting), self._plan, self._by
        self._waiting.clear()
        try:
            lines = await asyncio.to_thread(_redacted, hits, plan.site, by)
            if lines and plan is self._plan:
                await (await self._opened()).add(lines, self._caps, now=now())
        except (OSError, ConfigError) as error:
            self._count("not_recorded")
            log.error("recording: %s", getattr(error, "strerror", None) or type(error).__name__)  # noqa: TRY400 - the disk's word is enough
        except Exception as fault:  # noqa: BLE001 - a fault of ours closes this path: counted, nothing kept
            self._count(f"fault_recording_{type(fault).__name__}")

    async def _opened(self) -> Recent:
        if self._file is None:
            self._file = await self._stack.enter_async_context(open_recent(self._plan.folder))
        return self._file


def redaction(site: Site, key: bytes) -> Redaction:
    """Return how a site's hits are redacted: by the tables of all vendors there are."""
    return Redaction.of(
        VENDORS.values(),
        key,
        hosts=site.hosts | {site.tracking_host.partition(":")[0]},
        domain=site.cookie_domain,
        suffix=site.vendor_suffix,
    )


def _redacted(hits: Iterable[Hit], site: Site, by: Redaction) -> list[bytes]:
    made = (recent.recorded(hit, site, by) for hit in hits)
    return [orjson.dumps(each) for each in made if each is not None]


async def sweep(plan: Callable[[], Plan]) -> None:
    """Let go what has been kept for long enough, all where nothing is to be, until cancelled."""
    while True:
        current = plan()
        try:
            if recent_path(current.folder).exists():
                async with open_recent(current.folder) as file:
                    await file.expire(now() - caps(current.config).keep_ms)
        except (OSError, ConfigError) as error:
            log.error("recording: %s", getattr(error, "strerror", None) or error)  # noqa: TRY400 - the disk's word is enough
        await asyncio.sleep(SWEEP_S)
