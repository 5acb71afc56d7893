"""What one process does for all: move outboxes into the ledger, deliver, show the admin pages."""

import asyncio
import logging
import shutil
from contextlib import AsyncExitStack

from aiohttp import web

from firsthand.admin.app import app
from firsthand.admin.guard import Part
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.sender import HttpSender, Sender, Timeouts
from firsthand.delivery.worker import Delivery
from firsthand.rules.retry import Policy
from firsthand.serve.plan import Plan, now
from firsthand.store.sqlite.delivering import Delivering, open_delivering
from firsthand.store.sqlite.files import Held, ledger_lock
from firsthand.vendor import Vendor

log = logging.getLogger(__name__)

LOOK_S = 1.0
ROOM = 64 * 1024 * 1024
HOUR_MS = 3_600_000


class Lead:
    """Waits for the ledger's lock, then leads until stopped."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._delivery: Delivery | None = None
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Have what the edge has just stored moved at once, if this process leads."""
        if self._delivery is not None:
            self._delivery.wake.set()

    def stop(self) -> None:
        """Have ``run`` drain and end."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()

    async def run(self) -> None:
        """Lead as soon as nobody else does. Raises ``ConfigError`` if the ledger is unusable."""
        while not self._stopping.is_set():
            held = ledger_lock(self._plan.folder)
            if held is not None:
                await self._lead(held)
                return
            await _within(self._stopping, LOOK_S)

    async def _lead(self, held: Held) -> None:
        plan = self._plan
        kinds = {key: table.kind for key, table in plan.site.tables.items()}
        async with AsyncExitStack() as stack:
            stack.callback(held.release)
            parts = await stack.enter_async_context(
                open_delivering(
                    plan.folder,
                    held,
                    secret=plan.site.secret,
                    kinds=kinds,
                    durability=plan.config.store.durability,
                )
            )
            await self._open_admin(parts, stack)
            self._delivery = _delivery(plan, parts)
            if self._stopping.is_set():
                self._delivery.stop()
            await self._delivery.run()

    async def _open_admin(self, parts: Delivering, stack: AsyncExitStack) -> None:
        admin = self._plan.config.admin
        pages = app(
            ledger=parts.ledger,
            queue=parts.queue,
            site=self._plan.site,
            token=self._plan.token,
            hosts=frozenset(admin.hosts),
            health=self._health,
            clock=now,
        )
        runner = web.AppRunner(pages, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, admin.host, admin.port, reuse_port=True).start()
        except OSError as error:
            # Events matter more than pages: delivery goes on, and says so.
            log.warning("admin pages: port %s cannot be had (%s)", admin.port, error.strerror)

    async def _health(self) -> tuple[Part, ...]:
        free = shutil.disk_usage(self._plan.folder).free
        strangers = self._delivery.strangers() if self._delivery else []
        return (
            Part("disk", free > ROOM, "" if free > ROOM else "less than 64 MiB left"),
            Part("delivery", self._delivery is not None),
            Part("accounts", not strangers, "events of unknown accounts wait" if strangers else ""),
        )


def _delivery(plan: Plan, parts: Delivering) -> Delivery:
    settings = plan.config.delivery
    timeouts = Timeouts(total=settings.timeout_s)

    def sender(vendor: Vendor) -> Sender:
        return HttpSender(vendor.api_hosts, suffix=plan.site.vendor_suffix, timeouts=timeouts)

    return Delivery(
        parts.queue,
        parts.mover,
        plan.outlets,
        sender=sender,
        clock=Clock(now),
        pace=Pace(
            linger_ms=settings.linger_ms, retry=Policy(max_keep_ms=settings.keep_hours * HOUR_MS)
        ),
    )


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
