"""What one process does for all: move outboxes into the ledger, deliver, show the admin pages."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace

from aiohttp import web

from firsthand.admin.app import app
from firsthand.admin.guard import Desk
from firsthand.delivery.pace import Clock, Pace
from firsthand.delivery.sender import HttpSender, Sender, Timeouts
from firsthand.delivery.worker import Delivery
from firsthand.edge.keyring import Keyring
from firsthand.rules.retry import Policy
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.serve.alarm import Alarm
from firsthand.serve.auditing import keep_audit
from firsthand.serve.health import Health
from firsthand.serve.plan import Plan, now
from firsthand.serve.recording import sweep
from firsthand.serve.retention import (
    Bookkeeping,
    deduplicated,
    keep,
    keep_scripts,
    kept,
    limits,
    windows,
)
from firsthand.store.contract import Outbox
from firsthand.store.sqlite.aggregates import open_aggregates
from firsthand.store.sqlite.audit import open_audit
from firsthand.store.sqlite.book import open_book
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from firsthand.store.sqlite.delivering import Delivering, open_delivering
from firsthand.store.sqlite.files import Held, ledger_lock
from firsthand.vendor import Vendor, relay_hosts
from firsthand.vendors import VENDORS

log = logging.getLogger(__name__)

LOOK_S = 1.0
ADMIN_TRIES = 20
ADMIN_PAUSE_S = 0.5
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Senders:
    """Makes the client of a lane."""

    suffix: str
    scheme: str
    timeouts: Timeouts

    def __call__(self, vendor: Vendor) -> Sender:
        """Return a client that calls ``vendor`` and nobody else."""
        hosts = (*vendor.api_hosts, *relay_hosts(vendor))
        return HttpSender(hosts, suffix=self.suffix, scheme=self.scheme, timeouts=self.timeouts)


class Lead:
    """Waits for the ledger's lock, then leads until stopped."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._health = Health(plan.folder)
        self._delivery: Delivery | None = None
        self._desk: Desk | None = None
        self._custody: SqliteCustody | None = None
        self._books: Bookkeeping | None = None
        self._changed = asyncio.Event()
        self._alarm: Alarm | None = None
        self._stopping = asyncio.Event()

    def watch(self, outbox: Outbox, keyring: Keyring | None = None) -> None:
        """Have the health page tell how this process' outbox and certificates are."""
        self._health.outbox = outbox
        self._health.keyring = keyring

    def use(self, plan: Plan) -> None:
        """Lead by ``plan`` from now on, if this process leads, or once it does."""
        self._plan = plan
        self._changed.set()
        if self._custody is not None:
            self._custody.use(judge_of(plan.site))
        if self._books is not None:
            self._books.use(plan.site, kept(plan.config))
        if self._alarm is not None:
            self._alarm.use(plan.alerting, plan.site)
        if self._desk is not None:
            hosts = frozenset(plan.config.admin.hosts)
            self._desk.use(plan.site, hosts, plan.token, plan.keys)
        if self._delivery is not None:
            self._delivery.use(
                plan.outlets,
                sender=_senders(plan),
                pace=_pace(plan),
                check_share=plan.config.delivery.check_share,
            )

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
        async with AsyncExitStack() as stack:
            stack.callback(held.release)
            plan = self._plan
            parts = await stack.enter_async_context(delivering_parts(plan, held))
            self._custody = await stack.enter_async_context(
                open_custody(
                    plan.folder, judge_of(plan.site), durability=plan.config.store.durability
                )
            )
            alarm = self._alarm = Alarm(plan.folder, parts.ledger, self._custody, now)
            pages, desk = await self._pages(parts, self._custody, stack)
            self._delivery = self._health.delivery = _delivery(self._plan, parts)
            alarm.delivery, self._health.alarm = self._delivery, alarm
            alarm.use(self._plan.alerting, self._plan.site)
            self._health.mover = parts.mover
            books = self._books = Bookkeeping(
                parts.receipts, self._plan.site, kept(self._plan.config)
            )
            if self._stopping.is_set():
                self._delivery.stop()
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(keep(parts.keeping, lambda: limits(self._plan.config))),
                    tasks.create_task(keep_scripts(self._custody)),
                    tasks.create_task(sweep(lambda: self._plan)),
                    tasks.create_task(books.run()),
                    tasks.create_task(keep_audit(desk.audit, lambda: self._plan, self._changed)),
                    tasks.create_task(alarm.run()),
                    tasks.create_task(self._show(pages)),
                ]
                await self._delivery.run()
                for task in beside:
                    task.cancel()

    async def _pages(
        self, parts: Delivering, custody: SqliteCustody, stack: AsyncExitStack
    ) -> tuple[web.AppRunner, Desk]:
        # Once more: another plan may have come while it was opened.
        custody.use(judge_of(self._plan.site))
        book = await stack.enter_async_context(
            open_book(self._plan.folder, self._plan.config.store.durability)
        )
        audit = await stack.enter_async_context(
            open_audit(self._plan.folder, self._plan.config.store.durability)
        )
        desk = self._desk = Desk(
            ledger=parts.ledger,
            queue=parts.queue,
            custody=custody,
            book=book,
            audit=audit,
            site=self._plan.site,
            token=self._plan.token,
            keys=self._plan.keys,
            hosts=frozenset(self._plan.config.admin.hosts),
            health=self._health.parts,
            figures=lambda: self._health.figures(parts.queue),
            clock=now,
            aggregates=await stack.enter_async_context(
                open_aggregates(self._plan.folder, durability=self._plan.config.store.durability)
            ),
            alerts=lambda: self._alarm.alerts() if self._alarm else (),
        )
        runner = web.AppRunner(app(desk), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        return runner, desk

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


def delivering_parts(plan: Plan, held: Held) -> AbstractAsyncContextManager[Delivering]:
    """Open the ledger for every vendor there is: a new configuration may name any of them."""
    whole = replace(plan.site, tables=Site.tables_of(VENDORS), relays=Site.relays_of(VENDORS))
    return open_delivering(
        plan.folder,
        held,
        secret=plan.site.secret,
        kinds={key: whole.kinds(key) for key in VENDORS},
        windows=windows(VENDORS),
        only=deduplicated(VENDORS),
        durability=plan.config.store.durability,
    )


def _senders(plan: Plan) -> Senders:
    scheme = plan.config.site.vendor_scheme
    timeouts = Timeouts(total=plan.config.delivery.timeout_s)
    return Senders(plan.site.vendor_suffix, scheme, timeouts)


def _pace(plan: Plan) -> Pace:
    settings = plan.config.delivery
    return Pace(
        linger_ms=settings.linger_ms, retry=Policy(max_keep_ms=settings.keep_hours * HOUR_MS)
    )


def _delivery(plan: Plan, parts: Delivering) -> Delivery:
    return Delivery(
        parts.queue,
        parts.mover,
        plan.outlets,
        sender=_senders(plan),
        clock=Clock(now),
        pace=_pace(plan),
        check_share=plan.config.delivery.check_share,
    )


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
