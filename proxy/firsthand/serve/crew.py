"""Several processes that share the port: starts them, starts dead ones again, stops them all."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from firsthand.errors import ConfigError
from firsthand.serve import logs
from firsthand.serve.link import Link
from firsthand.serve.listening import find_free, to_open
from firsthand.serve.notice import claim, name
from firsthand.serve.plan import Plan
from firsthand.serve.reload import Reloads
from firsthand.serve.systemd import handed
from firsthand.serve.worker import stand_ins, stop_event

log = logging.getLogger(__name__)

AGAIN_S = 0.5
LATER_S = 5.0
START_S = 30.0
"""A worker whose first try lasted for longer had started: what ended it came later."""
PATIENCE_S = 20.0
PORT_TRIES = 12
PORT_PAUSE_S = 0.5
CANNOT_START = 2
"""Exit status of a worker that lacks something it needs: configuration, port, usable files."""


def command(plan: Plan, number: int) -> list[str]:
    """Return the command line of one worker."""
    program = [sys.executable, "-m", "firsthand", "serve"]
    return [*program, "--config", str(plan.path), "--worker", str(number)]


def supervise(plan: Plan, workers: int, *, ready: Callable[[], None], sandbox: bool) -> None:
    """Keep ``workers`` processes running until SIGTERM or SIGINT."""
    asyncio.run(_supervise(plan, workers, ready, sandbox=sandbox))


async def _supervise(plan: Plan, workers: int, ready: Callable[[], None], *, sandbox: bool) -> None:
    stop = stop_event()
    crew = Crew(plan, stop)
    reloads = Reloads(plan, crew.adopt, stop)
    await find_port_free(plan)
    async with AsyncExitStack() as stack:
        stack.callback((await claim(plan.folder, name(plan.path))).release)
        if sandbox:
            await stack.enter_async_context(stand_ins(plan))
        async with asyncio.TaskGroup() as tasks:
            kept = [tasks.create_task(crew.keep(number)) for number in range(workers)]
            reloading = tasks.create_task(reloads.run())
            ready()
            await asyncio.wait(kept)
            reloading.cancel()
        unable = [number for number in (task.result() for task in kept) if number is not None]
        if unable:
            raise ConfigError(f"worker {unable[0]} cannot start; its message stands above")


async def find_port_free(plan: Plan) -> None:
    """Make sure that nobody has the public port. Raises ``ConfigError``.

    Workers share it, which the system allows to any process of ours that asks for it: another
    server would take its part of the requests unseen. Workers whose supervisor was killed are
    given time to leave.
    """
    wanted = to_open(plan)
    for left in reversed(range(PORT_TRIES)):
        try:
            return await find_free(plan, wanted)
        except ConfigError:
            if not left:
                raise
            await asyncio.sleep(PORT_PAUSE_S)
    return None


class Crew:
    """The workers. ``stop`` ends all of them."""

    def __init__(self, plan: Plan, stop: asyncio.Event) -> None:
        self._plan = plan
        self._stop = stop
        self._links: dict[int, Link] = {}

    async def adopt(self, plan: Plan) -> str:
        """Have every worker use ``plan``; return which do not, and why."""
        self._plan = plan
        logs.configure(plan.config.log.format)
        links = dict(self._links)
        answers = await asyncio.gather(*(link.tell(plan.text) for link in links.values()))
        told = zip(links, answers, strict=True)
        return "; ".join(f"worker {number}: {why}" for number, why in told if why)

    async def keep(self, number: int) -> int | None:
        """Run one worker, again whenever it dies, until stopped; then let it drain.

        Returns its number if it could not start at all: then all are stopped. One that ran before
        is tried again and again: a disk that is full or read-only for a while ends no other worker.
        """
        loop = asyncio.get_running_loop()
        new = True
        stopped = asyncio.ensure_future(self._stop.wait())  # noqa: TID251 - awaited below, in this function
        while not self._stop.is_set():
            begun = loop.time()
            worker = await self._start(number)
            ended = asyncio.ensure_future(worker.wait())  # noqa: TID251 - awaited below
            await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
            self._links.pop(number)
            unable = worker.returncode == CANNOT_START
            if unable and new and loop.time() - begun < START_S:
                self._stop.set()
                stopped.cancel()
                return number
            new = False
            if not self._stop.is_set():
                log.warning("worker %s ended with %s, started again", number, worker.returncode)
                await asyncio.wait({stopped}, timeout=LATER_S if unable else AGAIN_S)
                continue
            await _end(worker, ended)
        stopped.cancel()
        return None

    async def _start(self, number: int) -> asyncio.subprocess.Process:
        # A session of its own: the terminal's Ctrl-C reaches workers through us alone, once.
        # Its input is a pipe that ends when we do, in whatever way.
        worker = await asyncio.create_subprocess_exec(
            *command(self._plan, number),
            env=os.environ,
            pass_fds=handed(),
            start_new_session=True,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._links[number] = Link(worker, self._plan.text)
        return worker


async def _end(worker: asyncio.subprocess.Process, ended: "asyncio.Future[int]") -> None:
    if worker.returncode is None:
        worker.send_signal(signal.SIGTERM)
    _, late = await asyncio.wait({ended}, timeout=PATIENCE_S)
    if late:
        worker.kill()
        await ended
