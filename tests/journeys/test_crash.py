"""kill -9 in the middle of a burst: what was answered arrives, once, with one consent receipt each;
another worker takes over.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientError, ClientSession, TCPConnector

from firsthand.rules.chain import check
from firsthand.rules.receipts import event_hash
from firsthand.sandbox import meta
from firsthand.sandbox.server import Sandbox
from firsthand.serve.plan import plan
from firsthand.store.contract import Durability
from firsthand.store.sqlite.book import open_book
from tests.journeys.conftest import free_port, serving, written

BURST = 2_000
AT_A_TIME = 50
CONSENT = "fh_consent=1.a1m1.{now}.fh"


async def burst(edge: int, first: int, count: int, now: int) -> set[str]:
    """Send ``count`` beacons; return the event keys of those that were answered."""
    answered: set[str] = set()
    numbers = iter(range(first, first + count))
    cookie = CONSENT.format(now=now // 1000)
    headers = {"Host": f"trk.shop.localhost:{edge}", "Cookie": cookie, "User-Agent": "UA"}

    async def send(session: ClientSession) -> None:
        for number in numbers:
            query = f"id={meta.PIXEL}&ev=PageView&eid=e{number}&dl=http://shop.localhost/&ts={now}"
            try:
                async with session.get(
                    f"http://127.0.0.1:{edge}/www.facebook.com/tr/?{query}", headers=headers
                ) as answer:
                    if answer.status in {200, 204}:
                        answered.add(f"e{number}")
            except (ClientError, OSError):
                return

    async with ClientSession(connector=TCPConnector(limit=AT_A_TIME)) as session:
        await asyncio.gather(*(send(session) for _ in range(AT_A_TIME)))
    return answered


async def arrived(sandbox: Sandbox, keys: set[str]) -> Counter[str]:
    """Wait until the API has taken all ``keys``; return how often it took each."""
    async with asyncio.timeout(30):
        while True:
            found = Counter(event.key for event in sandbox.vendor("meta").events)
            if keys <= found.keys():
                return found
            await asyncio.sleep(0.1)


async def receipts(config: Path) -> Counter[str]:
    """Return how often each event has a consent receipt, after a check of the chain."""
    made = plan(config)
    async with open_book(made.folder, Durability.POWER) as book:
        lines = [line async for line in book.lines()]
    assert check(lines).findings == []
    return Counter(str(orjson.loads(line).get("event", "")) for line in lines)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_answered_survives_a_kill(tmp_path: Path, seed: int) -> None:
    edge = free_port()
    async with Sandbox() as sandbox:
        config = written(tmp_path, "server", "", edge, free_port(), sandbox)
        now = sandbox._clock()
        async with serving(config) as server:
            sending = asyncio.ensure_future(burst(edge, 0, BURST, now))  # noqa: TID251 - awaited
            await asyncio.sleep(random.Random(seed).uniform(0.2, 0.7))
            server.send_signal(signal.SIGKILL)
            answered = await sending
        assert answered
        async with serving(config):
            answered |= await burst(edge, BURST, 10, now)
            found = await arrived(sandbox, answered)
            entered = await receipts(config)
        site = plan(config).site
        wanted = [event_hash(site.secret, site.name, key).hex() for key in answered]
        assert {entered[event] for event in wanted} == {1}
        twice = [key for key, times in found.items() if times > 1]
        assert len(twice) <= 2 * 1000, "more than the batches in flight went out again"


async def test_another_worker_takes_over(tmp_path: Path) -> None:
    edge = free_port()
    async with Sandbox() as sandbox:
        config = written(tmp_path, "server", "", edge, free_port(), sandbox)
        now = sandbox._clock()
        async with serving(config, "--workers", "2"):
            await arrived(sandbox, await until_answered(edge, 0, now))
            lead = holder(tmp_path / "data" / "ledger.lock")
            assert lead
            os.kill(lead, signal.SIGKILL)
            keys = await until_answered(edge, 1000, now)
            await arrived(sandbox, keys)


async def until_answered(edge: int, first: int, now: int) -> set[str]:
    """Send until some beacons were answered: workers may still be starting."""
    for attempt in range(100):
        answered = await burst(edge, first + attempt * 20, 20, now)
        if answered:
            return answered
        await asyncio.sleep(0.1)
    raise AssertionError("nothing was answered")


def holder(lock: Path) -> int:
    """Return the process that holds a lock, as the kernel lists it."""
    inode = lock.stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[5].endswith(f":{inode}") and "->" not in line:
            return int(fields[4])
    return 0
