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
from firsthand.rules.scriptjudge import judge_of
from firsthand.serve.plan import Plan, now
from firsthand.serve.retention import keep, keep_scripts, limits, windows
from firsthand.store.contract import Mover, Outbox
from firsthand.store.custody import Custody
from firsthand.store.sqlite.custody import open_custody
from firsthand.store.sqlite.delivering import Delivering, open_delivering
from firsthand.store.sqlite.files import Held, ledger_lock
from firsthand.vendor import Vendor, relay_hosts

log = logging.getLogger(__name__)

LOOK_S = 1.0
ADMIN_TRIES = 20
ADMIN_PAUSE_S = 0.5
ROOM = 64 * 1024 * 1024
HOUR_MS = 3_600_000


class Lead:
    """Waits for the ledger's lock, then leads until stopped."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._delivery: Delivery | None = None
        self._outbox: Outbox | None = None
        self._mover: Mover | None = None
        self._stopping = asyncio.Event()

    def watch(self, outbox: Outbox) -> None:
        """Have the health page tell how this process' outbox is."""
        self._outbox = outbox

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
        kinds = {key: plan.site.kinds(key) for key in plan.site.tables}
        async with AsyncExitStack() as stack:
            stack.callback(held.release)
            parts = await stack.enter_async_context(
                open_delivering(
                    plan.folder,
                    held,
                    secret=plan.site.secret,
                    kinds=kinds,
                    windows=windows(plan.site.vendors),
                    durability=plan.config.store.durability,
                )
            )
            custody = await stack.enter_async_context(
                open_custody(
                    plan.folder, judge_of(plan.site), durability=plan.config.store.durability
                )
            )
            pages = await self._pages(parts, custody, stack)
            self._mover = parts.mover
            self._delivery = _delivery(plan, parts)
            if self._stopping.is_set():
                self._delivery.stop()
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(keep(parts.keeping, limits(plan.config))),
                    tasks.create_task(keep_scripts(custody)),
                    tasks.create_task(self._show(pages)),
                ]
                await self._delivery.run()
                for task in beside:
                    task.cancel()

    async def _pages(
        self, parts: Delivering, custody: Custody, stack: AsyncExitStack
    ) -> web.AppRunner:
        admin = self._plan.config.admin
        pages = app(
            ledger=parts.ledger,
            queue=parts.queue,
            custody=custody,
            site=self._plan.site,
            token=self._plan.token,
            hosts=frozenset(admin.hosts),
            health=self._health,
            clock=now,
        )
        runner = web.AppRunner(pages, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        return runner

    async def _show(self, pages: web.AppRunner) -> None:
        """Listen for the operator. Events matter more than pages: delivery does not wait for this.

        There is one leader, so the port is shared with nobody; the one before this may need some
        seconds to let it go.
        """
        admin = self._plan.config.admin
        where = f"{admin.host}:{admin.port}"
        for left in reversed(range(ADMIN_TRIES)):
            try:
                return await web.TCPSite(pages, admin.host, admin.port).start()
            except OSError as error:
                if not left:
                    log.error("admin pages: %s cannot be had (%s)", where, error.strerror)  # noqa: TRY400 - the system's word is enough
                elif left == ADMIN_TRIES - 1:
                    log.warning("admin pages: %s is taken, tried again for a while", where)
            await _within(self._stopping, ADMIN_PAUSE_S)
        return None

    async def _health(self) -> tuple[Part, ...]:
        free = shutil.disk_usage(self._plan.folder).free
        strangers = self._delivery.strangers() if self._delivery else []
        return (
            Part("disk", free > ROOM, "" if free > ROOM else "less than 64 MiB left"),
            *self._storage(),
            Part("delivery", self._delivery is not None),
            Part("accounts", not strangers, "events of unknown accounts wait" if strangers else ""),
        )

    def _storage(self) -> tuple[Part, ...]:
        """Return how storing went the last time, step by step."""
        put = self._outbox.last_error if self._outbox else ""
        trim = self._outbox.trim_error if self._outbox else ""
        move = self._mover.last_error if self._mover else ""
        return (
            _part("outbox", "what arrives is not stored", put),
            _part("mover", "what is stored is not moved to delivery", move),
            _part("trim", "what was moved is not deleted", trim),
        )


def _part(name: str, trouble: str, cause: str) -> Part:
    return Part(name, not cause, f"{trouble}: {cause}" if cause else "")


def _delivery(plan: Plan, parts: Delivering) -> Delivery:
    settings = plan.config.delivery
    timeouts = Timeouts(total=settings.timeout_s)

    def sender(vendor: Vendor) -> Sender:
        hosts = (*vendor.api_hosts, *relay_hosts(vendor))
        return HttpSender(hosts, suffix=plan.site.vendor_suffix, timeouts=timeouts)

    return Delivery(
        parts.queue,
        parts.mover,
        plan.outlets,
        sender=sender,
        clock=Clock(now),
        pace=Pace(
            linger_ms=settings.linger_ms, retry=Policy(max_keep_ms=settings.keep_hours * HOUR_MS)
        ),
        check_share=settings.check_share,
    )


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
