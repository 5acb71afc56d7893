"""How many events a second one core takes from the queue, sends over TLS and settles.

One process, on core 0, delivers through Meta's own file in batches of at least 50 to a bare HTTPS
server in a process of its own, which answers as Meta does. Counted twice: from the queue on, and
with the way into it (put in batches of 50, moved). An event a CPU second is what one core does
when it is left alone; the wall clock tells what this machine did meanwhile.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from firsthand.delivery.auth import EnvToken
from firsthand.delivery.pace import Clock
from firsthand.delivery.sender import HttpSender
from firsthand.delivery.worker import Delivery, Outlet
from firsthand.mapping import Table
from firsthand.model import Beacon, Mode
from firsthand.rules.site import Account
from firsthand.store.contract import Durability, Lane
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock
from firsthand.store.sqlite.outbox import open_outbox
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_beacon

HOST = "graph.facebook.com"
PIXEL = "1234567890123456"
META = VENDORS["meta"]
LANE = Lane("meta", PIXEL)
PUT = 50
FIELDS = {
    "event_source_url": "https://shop.example.com/thanks",
    "user_data.client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Browser/1.0",
    "user_data.client_ip_address": "203.0.113.7",
    "user_data.em": "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514",
    "user_data.fbp": "fb.1.1795500000123.1098115397",
    "custom_data.value": 49.9,
    "custom_data.currency": "EUR",
    "custom_data.order_id": "order-991",
}


# -- the vendor ------------------------------------------------------------------------------------


def serve(pipe: Connection, chain: Path, key: Path) -> None:
    """Answer as Meta does, on core 1, until the pipe closes."""
    pin(1)
    asyncio.run(_serve(pipe, chain, key))


async def _serve(pipe: Connection, chain: Path, key: Path) -> None:
    sizes: list[int] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        sizes.append(body.count(b'"event_name"'))
        return web.json_response({"events_received": sizes[-1], "fbtrace_id": "A1"})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{rest:.*}", take)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.to_thread(pipe.recv)
    pipe.send(sizes)
    await runner.cleanup()


def certificate(folder: Path, host: str = HOST) -> tuple[Path, Path]:
    """Make a certificate for the vendor's host; return it and its key."""
    chain, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *(
                "-nodes",
                "-days",
                "2",
                "-subj",
                f"/CN={host[:60]}",
                "-addext",
                f"subjectAltName=DNS:{host}",
            ),
            *("-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


class Local(AbstractResolver):
    """Leads the vendor's name to the stand-in."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002 - the interface names it
        family: int = 0,  # noqa: ARG002 - as above
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self._port, family=2, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


# -- delivery --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds."""

    wall: float
    cpu: float


class Watch:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), used()

    def spent(self) -> Spent:
        """Return what went by."""
        return Spent(time.perf_counter() - self._wall, used() - self._cpu)


def used() -> float:
    """Return the CPU seconds of this process, all threads, the system's part too."""
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime


def now() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def pin(core: int) -> None:
    """Keep this process on one core, where there are two."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def beacon(number: int, at: int) -> Beacon:
    """Return a purchase."""
    return make_beacon(
        id=f"{number:032x}",
        vendor="meta",
        account=PIXEL,
        to=PIXEL,
        name="Purchase",
        event_key=f"order-{number}",
        fields=FIELDS,
        subject=f"{number:024x}",
        at=at,
        event_at=at,
    )


async def measure(folder: Path, port: int, events: int) -> tuple[Spent, Spent]:
    """Return what taking in and what delivering ``events`` cost."""
    held = ledger_lock(folder)
    if held is None:
        raise SystemExit("the folder is in use")
    async with AsyncExitStack() as stack:
        stack.callback(held.release)
        power = Durability.POWER
        outbox = await stack.enter_async_context(
            open_outbox(folder, 0, clock=now, durability=power)
        )
        kinds = {"meta": Table(META.fields).kind}
        parts = await stack.enter_async_context(
            open_delivering(folder, held, secret=b"s", kinds=kinds, windows={}, durability=power)
        )
        watch, at = Watch(), now()
        for first in range(0, events, 20 * PUT):
            every = [beacon(number, at) for number in range(first, min(first + 20 * PUT, events))]
            groups = [every[place : place + PUT] for place in range(0, len(every), PUT)]
            await asyncio.gather(*(outbox.put(group) for group in groups))
        await parts.mover.move(now=now())
        taking = watch.spent()

        def sender(vendor: Vendor) -> HttpSender:
            return HttpSender(vendor.api_hosts, resolver=Local(port))

        settings = META.settings()
        outlet = Outlet(Account(META, PIXEL, Mode.SERVER, settings), EnvToken("BENCH_TOKEN"))
        delivery = Delivery(
            parts.queue, parts.mover, {LANE: outlet}, sender=sender, clock=Clock(now)
        )
        watch = Watch()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(delivery.run())
            while any(lane.waiting for lane in await parts.queue.backlog()):
                await asyncio.sleep(0.02)
            delivering = watch.spent()
            delivery.stop()
    return taking, delivering


def deliver(pipe: Connection, folder: Path, port: int, events: int) -> None:
    """Send what delivering cost through ``pipe``; runs on core 0."""
    pin(0)
    pipe.send(uvloop.run(measure(folder, port, events)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    events = parser.parse_args().events
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        chain, key = certificate(Path(name))
        # Read while the client library is imported, so by processes that begin after this.
        os.environ |= {"SSL_CERT_FILE": str(chain), "BENCH_TOKEN": "bench"}
        pipe, theirs = multiprocessing.Pipe()
        vendor = context.Process(target=serve, args=(theirs, chain, key))
        vendor.start()
        done, told = multiprocessing.Pipe()
        worker = context.Process(target=deliver, args=(told, Path(name), pipe.recv(), events))
        worker.start()
        taking, delivering = done.recv()
        pipe.send("end")
        sizes = pipe.recv()
        worker.join()
        vendor.join()
    if sum(sizes) != events:
        sys.exit(f"{events} events, but the vendor got {sum(sizes)}")
    show(events, taking, delivering, sizes)


def show(events: int, taking: Spent, delivering: Spent, sizes: list[int]) -> None:
    """Print events a second, and what the vendor saw."""
    whole = Spent(taking.wall + delivering.wall, taking.cpu + delivering.cpu)
    print("| way | events/s by the clock | events a CPU second |")
    print("| --- | --- | --- |")
    for name, spent in (("from the queue on", delivering), ("with put and move", whole)):
        print(f"| {name} | {events / spent.wall:,.0f} | {events / spent.cpu:,.0f} |")
    sizes.sort()
    print(f"\n{len(sizes)} calls over TLS, {sizes[len(sizes) // 2]} events in the median one")


if __name__ == "__main__":
    main()
