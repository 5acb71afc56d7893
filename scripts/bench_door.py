"""From the HTTP door to settled: events that one core takes, stores, sends over TLS and settles.

``firsthand serve`` with one worker has core 0, the load and a bare HTTPS server that answers as
Meta does have core 1. Three doors: the shop's server with 500 events a post, the snippet with 20,
and a pixel's beacons, one a request. A run ends when the ledger says that every event was accepted;
then what the vendor got is counted, call by call. A CPU second is one of the server's core.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
from aiohttp import ClientSession, TCPConnector

from scripts.bench import cpu_seconds, free_port, now, wait_for
from scripts.bench_sending import certificate, pin, serve

PIXEL = "1234567890123456"
HOST = "graph.facebook.com.vendors.localhost"
KEY = "bench" * 8
CONNECTIONS = 32
PATIENCE_S = 120
ACCEPTED = "SELECT coalesce(sum(n), 0) FROM counts WHERE by_day = 0 AND server = 'accepted'"
CONFIG = """
[site]
name = "bench"
hosts = ["shop.localhost"]
tracking_host = "trk.shop.localhost:{edge}"
cookie_domain = "shop.localhost"
scheme = "http"
bots = "send"
vendor_suffix = ".vendors.localhost:{vendor}"
vendor_scheme = "https"
[listen]
port = {edge}
[admin]
port = {admin}
[store]
path = "data"
[ingest]
key = {{ env = "BENCH_INGEST" }}
[[meta]]
account = "{pixel}"
mode = "server"
token = {{ env = "BENCH_TOKEN" }}
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a load, made beforehand."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Ran:
    """Seconds of a run: until the last answer, until all was settled, of the server's CPU."""

    answered: float
    settled: float
    cpu: float


def events(size: int) -> Callable[[int], Iterator[Request]]:
    """Return what makes posts of the shop's server, ``size`` events in each."""

    def make(count: int) -> Iterator[Request]:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        for first in range(0, count, size):
            told = [event(number) for number in range(first, min(first + size, count))]
            yield Request("POST", "/fh/events", headers, orjson.dumps({"events": told}))

    return make


def snippet(count: int) -> Iterator[Request]:
    """Yield posts of the snippet, 20 events in each."""
    headers = {**visitor(), "Content-Type": "text/plain", "Origin": "http://shop.localhost"}
    for first in range(0, count, 20):
        told = [event(number) for number in range(first, min(first + 20, count))]
        yield Request("POST", "/fh/collect", headers, orjson.dumps({"events": told}))


def beacons(count: int) -> Iterator[Request]:
    """Yield a pixel's beacons."""
    page = quote("http://shop.localhost/thanks", safe="")
    for number in range(count):
        query = (
            f"id={PIXEL}&ev=Purchase&eid=order-{number}&ts={int(now()) * 1000}&dl={page}"
            f"&cd[value]=49.90&cd[currency]=EUR&cd[order_id]=order-{number}&ud[em]={'ab' * 32}"
        )
        yield Request("GET", f"/www.facebook.com/tr/?{query}", visitor())


def visitor() -> dict[str, str]:
    """Return the headers of a visitor who agreed."""
    moment = int(now())
    return {
        "Cookie": f"fh_consent=1.a1m1.{moment}.fh; _fbp=fb.1.{moment}000.1098115397",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Browser/1.0",
        "Sec-Fetch-Site": "same-site",
    }


def event(number: int) -> dict[str, object]:
    """Return a purchase as the shop tells it."""
    return {
        "data_set_id": "bench",
        "id": f"order-{number}",
        "timestamp": int(now()),
        "event_type": "purchase",
        "value": 49.9,
        "currency_code": "EUR",
        "properties": {
            "transaction_id": f"order-{number}",
            "page_url": "http://shop.localhost/thanks",
        },
        "user_data": {"email_address": [f"{number:064x}"]},
        "ext": {"firsthand": {"consent": {"analytics": "granted", "marketing": "granted"}}},
    }


DOORS = {
    "`/fh/events`, 500 events a post": events(500),
    "`/fh/events`, 50 events a post": events(50),
    "`/fh/collect`, 20 events a post": snippet,
    "a pixel's beacons, one a request": beacons,
}


async def send(port: int, requests: Sequence[Request]) -> None:
    """Send all, some at a time; every answer must be a good one."""
    waiting = iter(requests)
    host = {"Host": f"trk.shop.localhost:{port}"}

    async def one(session: ClientSession) -> None:
        for each in waiting:
            headers = {**each.headers, **host}
            address = f"http://127.0.0.1:{port}{each.path}"
            async with session.request(
                each.method, address, headers=headers, data=each.body or None
            ) as answer:
                await answer.read()
                if answer.status not in {200, 204}:
                    raise SystemExit(f"answered {answer.status}")

    async with (
        ClientSession(connector=TCPConnector(limit=CONNECTIONS)) as session,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(min(CONNECTIONS, len(requests))):
            tasks.create_task(one(session))


def wait_settled(folder: Path, count: int) -> None:
    """Wait until the ledger has accepted ``count`` events."""
    over = time.monotonic() + PATIENCE_S
    while accepted(folder) < count:
        if time.monotonic() > over:
            raise SystemExit("the ledger never accepted all")
        time.sleep(0.1)


def accepted(folder: Path) -> int:
    """Return how many events the ledger has accepted, -1 while there is none."""
    ledger = f"file:{folder / 'data' / 'ledger.db'}?mode=ro"
    try:
        with closing(sqlite3.connect(ledger, uri=True)) as db:
            return int(db.execute(ACCEPTED).fetchone()[0])
    except sqlite3.OperationalError:
        return -1


@contextmanager
def server(folder: Path, vendor: int, chain: Path) -> Iterator[tuple[int, int]]:
    """Run Firsthand on core 0; yield its port and process id."""
    edge, admin = free_port(), free_port()
    (folder / "data").mkdir(parents=True)
    config = folder / "bench.toml"
    text = CONFIG.format(edge=edge, admin=admin, vendor=vendor, pixel=PIXEL)
    config.write_text(text, "utf-8")
    secrets = {"SSL_CERT_FILE": str(chain), "BENCH_TOKEN": "bench", "BENCH_INGEST": KEY}
    command = [sys.executable, "-m", "firsthand", "serve", "--config", str(config)]
    process = subprocess.Popen(
        ["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, env={**os.environ, **secrets}
    )
    try:
        wait_for(edge)
        wait_settled(folder, 0)
        yield edge, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def run(folder: Path, vendor: int, chain: Path, requests: Sequence[Request], count: int) -> Ran:
    """Return what ``count`` events took from the first request to the last settlement."""
    with server(folder, vendor, chain) as (port, pid):
        before, begun = cpu_seconds(pid), time.perf_counter()
        asyncio.run(send(port, requests))
        answered = time.perf_counter() - begun
        wait_settled(folder, count)
        return Ran(answered, time.perf_counter() - begun, cpu_seconds(pid) - before)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    rows: dict[str, list[Ran]] = {name: [] for name in DOORS}
    with tempfile.TemporaryDirectory() as name:
        chain, key = certificate(Path(name), HOST)
        pipe, theirs = multiprocessing.Pipe()
        vendor = context.Process(target=serve, args=(theirs, chain, key))
        vendor.start()
        port = pipe.recv()
        pin(1)
        for turn in range(options.rounds):
            for place, (door, make) in enumerate(DOORS.items()):
                folder = Path(name) / f"{turn}-{place}"
                requests = list(make(options.events))
                rows[door].append(run(folder, port, chain, requests, options.events))
        pipe.send("end")
        sizes = pipe.recv()
        vendor.join()
    show(rows, options.events)
    sizes.sort()
    print(f"\n{len(sizes)} calls over TLS, {sizes[len(sizes) // 2]} events in the median one")
    if sum(sizes) != options.events * options.rounds * len(DOORS):
        sys.exit(f"the vendor got {sum(sizes)} events")


def show(rows: dict[str, list[Ran]], count: int) -> None:
    """Print events a second: answered, settled, and by the server's CPU; medians."""
    print("| door | answered, events/s | settled, events/s | settled, events a CPU second |")
    print("| --- | --- | --- | --- |")
    for door, runs in rows.items():
        columns = zip(*((each.answered, each.settled, each.cpu) for each in runs), strict=True)
        cells = [
            f"{statistics.median(count / spent for spent in column):,.0f}" for column in columns
        ]
        print(f"| {door} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
