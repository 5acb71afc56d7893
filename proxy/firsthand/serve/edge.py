"""The public side of one process: outbox, scripts, listeners."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, ThreadedResolver

from firsthand.browser.rules import rules_of
from firsthand.delivery.resolving import LoopbackResolver, PublicResolver
from firsthand.edge.answers import Answers
from firsthand.edge.app import Edge
from firsthand.edge.intake import Intake
from firsthand.edge.scripts import Scripts
from firsthand.edge.supply import Supply
from firsthand.model import Note
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.serve.aggregating import aggregate
from firsthand.serve.listening import Listening, listening
from firsthand.serve.plan import Plan, now
from firsthand.serve.recording import Recorder
from firsthand.store.contract import Outbox
from firsthand.store.meter import Meter, meter_path, open_meter
from firsthand.store.sqlite.aggregates import SqliteAggregates, open_aggregates
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from firsthand.store.sqlite.outbox import open_outbox
from firsthand.vendor import relay_hosts

log = logging.getLogger(__name__)

TRIM_S = 2.0
SHUTDOWN_S = 5.0


@dataclass(frozen=True, slots=True)
class Sources:
    """What outlives a plan, and what is made of it anew for each.

    Vendors are asked by two clients: for scripts, and for what their scripts wait for.
    """

    session: ClientSession
    asking: ClientSession
    outbox: Outbox
    custody: SqliteCustody

    def scripts(self, plan: Plan) -> tuple[Scripts, Supply]:
        """Return who answers for the scripts of a plan, and from where."""
        self.custody.use(judge_of(plan.site))
        intake = Intake(self.session, self.custody, plan.site.vendor_suffix)
        supply = Supply(plan.site.scripts, intake, self.custody, self.count, now)
        return Scripts(plan.site, rules_of(plan.site), supply), supply

    def answers(self, plan: Plan) -> Answers:
        """Return who asks vendors what their scripts wait for: at the beacon doors' hosts only."""
        hosts = {host for vendor in plan.site.vendors.values() for host in relay_hosts(vendor)}
        return Answers(self.asking, hosts, plan.site.vendor_suffix, self.count)

    def count(self, reason: str) -> None:
        """Count what leaves nothing else behind."""
        self.outbox.count(Note("", "", "", reason))


@dataclass(slots=True)
class Public:
    """A listening edge. ``use`` has it follow another plan."""

    plan: Plan
    edge: Edge
    listeners: Listening
    _sources: Sources
    _recorder: Recorder
    _tasks: asyncio.TaskGroup
    _refreshing: asyncio.Task[None]

    def use(self, plan: Plan) -> None:
        """Answer by ``plan``. No connection is touched; ports and folders stay as they are.

        Scripts begin anew, from the copies in custody: what is fetched, and what loaders say,
        follows from the accounts.
        """
        self.plan = plan
        scripts, supply = self._sources.scripts(plan)
        self._recorder.use(plan)
        self.edge.use(plan.site, plan.front, scripts, self._sources.answers(plan))
        self.listeners.use(plan)
        self._refreshing.cancel()
        self._refreshing = self._tasks.create_task(supply.run())

    def end(self) -> None:
        """Refresh no more."""
        self._refreshing.cancel()


@asynccontextmanager
async def open_edge(
    plan: Plan, number: int, woken: Callable[[], None], *, shared: bool = False
) -> AsyncIterator[Public]:
    """Yield a listening edge; at the end it has answered what it had begun.

    ``shared``: other workers listen on the same port, and each takes a part of the requests.
    Raises ``ConfigError`` when port or data folder cannot be had.
    """
    async with AsyncExitStack() as stack:
        store = plan.config.store
        outbox = await stack.enter_async_context(
            open_outbox(plan.folder, number, clock=now, durability=store.durability)
        )
        kept = await stack.enter_async_context(_aggregates(plan))
        session = await stack.enter_async_context(_client(plan.site))
        custody = await stack.enter_async_context(
            open_custody(plan.folder, judge_of(plan.site), durability=store.durability)
        )
        asking = await stack.enter_async_context(_client(plan.site))
        sources = Sources(session, asking, outbox, custody)
        meter = _meter(plan, number)
        stack.callback(meter.close)
        recorder = Recorder(plan, sources.count)
        edge, supply = _edge(plan, sources, recorder, woken, meter)
        listeners = await stack.enter_async_context(listening(plan, edge, shared=shared))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        refreshing = tasks.create_task(supply.run())
        public = Public(plan, edge, listeners, sources, recorder, tasks, refreshing)
        counting = aggregate(edge.window, kept, lambda: public.plan.config)
        running = (_trim(outbox), recorder.run(), listeners.follow(), counting)
        beside = [tasks.create_task(each) for each in running]
        try:
            yield public
        finally:
            public.end()
            for task in beside:
                task.cancel()


def _edge(
    plan: Plan, sources: Sources, recorder: Recorder, woken: Callable[[], None], meter: Meter
) -> tuple[Edge, Supply]:
    scripts, supply = sources.scripts(plan)
    edge = Edge(
        plan.site,
        plan.front,
        sources.outbox,
        scripts,
        sources.answers(plan),
        woken,
        meter=meter,
        noted=recorder.note,
    )
    return edge, supply


def _aggregates(plan: Plan) -> AbstractAsyncContextManager[SqliteAggregates]:
    return open_aggregates(plan.folder, durability=plan.config.store.durability)


def _meter(plan: Plan, number: int) -> Meter:
    """Return the counts that the metrics page shows; a disk without room costs only them."""
    try:
        return open_meter(meter_path(plan.folder, number))
    except OSError as error:
        log.error("metrics of worker %s are not shared: %s", number, error.strerror)  # noqa: TRY400 - the disk's word is enough
        return Meter()


def _client(site: Site) -> ClientSession:
    """Return a client for scripts or answers: no cookies, no environment, public addresses only."""
    suffix = site.vendor_suffix.partition(":")[0]
    resolver = LoopbackResolver(suffix) if suffix else PublicResolver(ThreadedResolver())
    return ClientSession(
        connector=TCPConnector(resolver=resolver, limit=8),
        cookie_jar=DummyCookieJar(),
        trust_env=False,
    )


async def _trim(outbox: Outbox) -> None:
    while True:
        await asyncio.sleep(TRIM_S)
        try:
            await outbox.trim()
        except OSError as error:
            log.error("outbox not trimmed: %s", error.strerror)  # noqa: TRY400 - the next try is near
