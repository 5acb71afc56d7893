"""Several processes that share the port: starts them, starts dead ones again, stops them all."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from firsthand.errors import ConfigError
from firsthand.serve.edge import taken
from firsthand.serve.plan import Plan
from firsthand.serve.worker import stand_ins, stop_event

log = logging.getLogger(__name__)

AGAIN_S = 0.5
PATIENCE_S = 20.0
PORT_TRIES = 12
PORT_PAUSE_S = 0.5
CANNOT_START = 2
"""Exit status of a worker whose configuration cannot work: another try would not help."""


def command(plan: Plan, number: int) -> list[str]:
    """Return the command line of one worker."""
    program = [sys.executable, "-m", "firsthand", "serve"]
    return [*program, "--config", str(plan.path), "--worker", str(number)]


def supervise(plan: Plan, workers: int, *, ready: Callable[[], None], sandbox: bool) -> None:
    """Keep ``workers`` processes running until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(_supervise(plan, workers, ready, sandbox=sandbox))


async def _supervise(plan: Plan, workers: int, ready: Callable[[], None], *, sandbox: bool) -> None:
    stop = stop_event()
    await find_port_free(plan)
    async with AsyncExitStack() as stack:
        if sandbox:
            await stack.enter_async_context(stand_ins(plan))
        async with asyncio.TaskGroup() as tasks:
            kept = [tasks.create_task(_keep(plan, number, stop)) for number in range(workers)]
            ready()
        unable = [number for number in (task.result() for task in kept) if number is not None]
        if unable:
            raise ConfigError(f"worker {unable[0]} cannot start; its message stands above")


async def find_port_free(plan: Plan) -> None:
    """Make sure that nobody has the public port. Raises ``ConfigError``.

    Workers share it, which the system allows to any process of ours that asks for it: another
    server would take its part of the requests unseen. Workers whose supervisor was killed are
    given time to leave.
    """
    listen = plan.config.listen
    loop = asyncio.get_running_loop()
    for left in reversed(range(PORT_TRIES)):
        try:
            server = await loop.create_server(
                asyncio.Protocol, listen.host, listen.port, start_serving=False
            )
        except OSError as error:
            if not left:
                raise taken(plan, error) from error
            await asyncio.sleep(PORT_PAUSE_S)
        else:
            server.close()
            return


async def _keep(plan: Plan, number: int, stop: asyncio.Event) -> int | None:
    """Run one worker, again whenever it dies, until stopped; then let it drain.

    Returns its number if it can never start: then all are stopped.
    """
    stopped = asyncio.ensure_future(stop.wait())  # noqa: TID251 - awaited below, in this function
    while not stop.is_set():
        # A session of its own: the terminal's Ctrl-C reaches workers through us alone, once.
        # Its input is a pipe that nobody writes to: it ends when we do, in whatever way.
        worker = await asyncio.create_subprocess_exec(
            *command(plan, number),
            env=os.environ,
            start_new_session=True,
            stdin=asyncio.subprocess.PIPE,
        )
        ended = asyncio.ensure_future(worker.wait())  # noqa: TID251 - awaited below
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if worker.returncode == CANNOT_START:
            stop.set()
            stopped.cancel()
            return number
        if not stop.is_set():
            log.warning("worker %s ended with %s, started again", number, worker.returncode)
            await asyncio.wait({stopped}, timeout=AGAIN_S)
            continue
        await _end(worker, ended)
    stopped.cancel()
    return None


async def _end(worker: asyncio.subprocess.Process, ended: "asyncio.Future[int]") -> None:
    if worker.returncode is None:
        worker.send_signal(signal.SIGTERM)
    _, late = await asyncio.wait({ended}, timeout=PATIENCE_S)
    if late:
        worker.kill()
        await ended
