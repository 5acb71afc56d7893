"""One process: an edge, and the lead when it can have it; stops in the order that loses nothing."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import uvloop

from firsthand.errors import ConfigError
from firsthand.sandbox.server import Sandbox
from firsthand.serve import logs
from firsthand.serve.edge import open_edge
from firsthand.serve.lead import Lead
from firsthand.serve.link import answer, commands, unframed
from firsthand.serve.notice import claim, name
from firsthand.serve.plan import Plan
from firsthand.serve.plan import plan as build_plan
from firsthand.serve.reload import Adopt, Reloads, attempt

log = logging.getLogger(__name__)


def work(
    plan: Plan,
    number: int,
    *,
    ready: Callable[[], None],
    sandbox: bool = False,
    shared: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT. ``ready`` is called once the port answers.

    ``shared``: one of several workers, whose supervisor holds the other end of standard input.
    Raises ``ConfigError`` when port, data folder or databases cannot be had.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_work(plan, number, ready, sandbox=sandbox, shared=shared))
        except ExceptionGroup as group:
            raise told(group) from None


def told(group: ExceptionGroup[Exception]) -> Exception:
    """Return what an operator can act on, out of a group of tasks that failed; else the group."""
    wrong, _ = group.split(ConfigError)
    while isinstance(wrong, ExceptionGroup):
        first = wrong.exceptions[0]
        if not isinstance(first, ExceptionGroup):
            return first
        wrong = first
    return group


async def _work(
    plan: Plan, number: int, ready: Callable[[], None], *, sandbox: bool, shared: bool
) -> None:
    stop = stop_event()
    lead = Lead(plan)
    async with AsyncExitStack() as stack:
        if sandbox:
            await stack.enter_async_context(stand_ins(plan))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        async with open_edge(plan, number, lead.wake, shared=shared) as public:
            lead.watch(public.edge.outbox, public.listeners.keyring)
            _settle_memory()

            async def adopt(plan: Plan) -> str:
                logs.configure(plan.config.log.format)
                public.use(plan)
                lead.use(plan)
                _settle_memory()
                return ""

            listening = await _listening(plan, adopt, stop, stack, shared=shared)
            following = tasks.create_task(listening)
            leading = tasks.create_task(lead.run())
            ready()
            stopped = tasks.create_task(stop.wait())
            # A lead that fails takes the process with it: its supervisor starts it again.
            await asyncio.wait({leading, stopped}, return_when=asyncio.FIRST_COMPLETED)
            following.cancel()
        lead.stop()
        stopped.cancel()


async def _listening(
    plan: Plan, adopt: Adopt, stop: asyncio.Event, stack: AsyncExitStack, *, shared: bool
) -> Coroutine[Any, Any, None]:
    """Return what hears of a new configuration: from the supervisor, or by a signal of its own."""
    if shared:
        # Only the supervisor's word counts; a signal to the whole group must not end a worker.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return follow(await commands(), plan, adopt, stop)
    reloads = Reloads(plan, adopt, stop)
    stack.callback((await claim(plan.folder, name(plan.path))).release)
    return reloads.run()


async def follow(
    supervisor: asyncio.StreamReader, plan: Plan, adopt: Adopt, stop: asyncio.Event
) -> None:
    """Use each configuration that the supervisor sends. Set ``stop`` once the supervisor is gone.

    A worker that nobody supervises would hold its outbox and the port against every new start.
    """
    while line := await supervisor.readline():
        number, text = unframed(line)
        _, why = await attempt(partial(build_plan, plan.path, text), adopt)
        answer(number, why)
    log.warning("the supervisor is gone: draining")
    stop.set()


def _settle_memory() -> None:
    """Take what start-up built out of the collector's sight, and have it look less often.

    A hit makes hundreds of short-lived values without a cycle; looking for cycles among tables that
    never change cost a tenth of a beacon (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def stand_ins(plan: Plan) -> AsyncIterator[Sandbox]:
    """Run the sandbox that belongs to a plan: its port stands in ``site.vendor_suffix``.

    Raises ``ConfigError`` when the port cannot be had.
    """
    port = int(plan.site.vendor_suffix.rpartition(":")[2])
    sandbox = Sandbox(
        port=port,
        tracking_url=plan.site.tracking_url,
        report_url=plan.report_url,
        vendors=tuple(plan.site.vendors),
    )
    try:
        await sandbox.start()
    except OSError as error:
        raise ConfigError(
            f"{plan.path}: the sandbox needs port {port}, which cannot be had ({error.strerror});"
            " end what listens there, or change the port in hosts and vendor_suffix"
        ) from error
    try:
        yield sandbox
    finally:
        await sandbox.stop()
