"""Kills a worker at random points of a burst: what it acknowledged is there, once, and so is the
consent receipt of each, in a chain that holds.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO

import orjson

from firsthand.rules.chain import check
from firsthand.rules.receipts import event_hash
from firsthand.store.contract import Durability
from firsthand.store.rollups import Slice, What
from firsthand.store.sqlite.book import open_book
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock, outbox_paths
from firsthand.store.sqlite.queue import SqliteQueue
from tests.store.backends import FAR, LANE

TOP = Path(__file__).parents[2]
ROUNDS = 8
MOST = 2_000


def burst(folder: Path, turn: int, output: IO[bytes], kill_after: int) -> set[int]:
    """Run a worker, kill it once so many are acknowledged, and return which were."""
    output.seek(0)
    output.truncate()
    child = subprocess.Popen(
        [sys.executable, str(TOP / "tests/store/crash_child.py"), str(folder), str(turn)],
        stdout=output,
        env={**os.environ, "PYTHONPATH": f"{TOP}:{TOP / 'proxy'}"},
    )
    with child:
        while os.fstat(output.fileno()).st_size < kill_after * 8:
            assert child.poll() is None, "the worker ended by itself"
        child.kill()
    output.seek(0)
    # The last line may be torn.
    return {int(line) for line in output.read().rpartition(b"\n")[0].split()}


async def receipts(folder: Path) -> Counter[str]:
    """Return how often each event has a receipt, after a check of the chain."""
    async with open_book(folder, Durability.PROCESS) as book:
        lines = [line async for line in book.lines()]
    assert check(lines).findings == []
    return Counter(orjson.loads(line)["event"] for line in lines[1:-1])


async def moved(folder: Path) -> list[str]:
    """Return the event keys in the queue, after what is left in the outboxes was moved."""
    held = ledger_lock(folder)
    assert held is not None
    async with open_delivering(
        folder, held, secret=b"s", kinds={}, windows={}, durability=Durability.PROCESS
    ) as parts:
        await parts.mover.move(now=FAR)
        queue: SqliteQueue = parts.queue
        leased = await queue.lease(LANE, now=FAR, limit=10**6, for_ms=1)
        counts = await parts.ledger.counts(Slice(since=0, until=FAR))
        facts = await parts.ledger.facts(Slice(since=0, until=FAR))
    held.release()
    assert sum(one.n for one in counts) == len(leased)
    assert {one.what: one.n for one in facts} == {What.TOTAL: len(leased)}
    return [one.beacon.event_key for one in leased]


def test_nothing_acknowledged_is_lost_or_moved_twice(tmp_path: Path) -> None:
    draw = random.Random(7)
    answered: set[int] = set()
    with tempfile.TemporaryFile() as output:
        for turn in range(1, ROUNDS + 1):
            answered |= burst(tmp_path, turn, output, draw.randint(1, MOST))
    assert len(answered) > ROUNDS
    keys = asyncio.run(moved(tmp_path))
    assert len(keys) == len(set(keys))
    assert {f"key-{number}" for number in answered} <= set(keys)
    assert outbox_paths(tmp_path) == []
    expected = {event_hash(b"s", "shop", key).hex() for key in keys}
    assert asyncio.run(receipts(tmp_path)) == Counter(expected)
