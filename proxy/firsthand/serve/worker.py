"""One process: an edge, and the lead when it can have it; stops in the order that loses nothing."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop

from firsthand.errors import ConfigError
from firsthand.sandbox.server import Sandbox
from firsthand.serve.edge import open_edge
from firsthand.serve.lead import Lead
from firsthand.serve.plan import Plan

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
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
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
    if shared:
        leave_with_supervisor(sys.stdin.fileno(), stop)
    lead = Lead(plan)
    async with AsyncExitStack() as stack:
        if sandbox:
            await stack.enter_async_context(stand_ins(plan))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        async with open_edge(plan, number, lead.wake, shared=shared) as edge:
            lead.watch(edge.outbox)
            _settle_memory()
            leading = tasks.create_task(lead.run())
            ready()
            stopped = tasks.create_task(stop.wait())
            # A lead that fails takes the process with it: its supervisor starts it again.
            await asyncio.wait({leading, stopped}, return_when=asyncio.FIRST_COMPLETED)
        lead.stop()
        stopped.cancel()


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


def leave_with_supervisor(pipe: int, stop: asyncio.Event) -> None:
    """Set ``stop`` once the other end of ``pipe`` is closed, as it is when its process has ended.

    A worker that nobody supervises would hold its outbox and the port against every new start.
    """
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(pipe)
        log.warning("the supervisor is gone: draining")
        stop.set()

    loop.add_reader(pipe, gone)


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
