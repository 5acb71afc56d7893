"""What a long queue costs: put, move, lease and settle while 5 thousand events wait, and while 5
million do, in turns, in folders of their own. Each turn puts as many events as it settles.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from hashlib import sha256
from itertools import count
from pathlib import Path

from firsthand.model import Accepted, Beacon, Kind
from firsthand.store.contract import Durability, Lane, Mover, Outbox, Queue, Settled
from firsthand.store.sqlite.delivering import open_delivering
from firsthand.store.sqlite.files import ledger_lock, ledger_path
from firsthand.store.sqlite.outbox import open_outbox
from tests.factories import NOW, make_beacon

LANE = Lane("acme", "A-1")
SEED = 5_000
PUT = 50
"""Events of one put, as a shop's server sends them."""
BATCH = 200
LATER = NOW + 20_000_000
STEPS = ("put", "move", "lease and settle")
FIELDS = {f"group.field_{number}": f"value-{number}" for number in range(8)}

# The copies are what the mover would have entered: an event after the other, each with a twin and a
# visitor of its own. Keys ascend, evenly spread, and one index is made at the end: that is quicker,
# and what comes and goes later meets both anywhere, as keyed hashes do.
FILL = (
    "DROP INDEX queue_subjects",
    """
WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < :times)
INSERT INTO twins (key, owner, series, at, origin, seen, client, client_ms, server, reason,
  client_keys, server_keys, verdict, bot)
SELECT spread((n * :seed + old.id) * :apart), owner, series, old.at + n * :seed, origin, seen,
  client, client_ms, server, reason, client_keys, server_keys, verdict, bot
FROM step CROSS JOIN (SELECT * FROM twins ORDER BY id LIMIT :seed) AS old""",
    """
WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < :times)
INSERT INTO queue (lane, twin, at, due_at, subject, body)
SELECT lane, twin + n * :seed, at + n * :seed, due_at + n * :seed, lower(hex(randomblob(12))), body
FROM step CROSS JOIN (SELECT * FROM queue ORDER BY id LIMIT :seed) AS old""",
    "CREATE INDEX queue_subjects ON queue (id >> 12, subject) WHERE subject != ''",
    "UPDATE lanes SET waiting = waiting + :times * :seed",
)


class Stock:
    """One data folder with events that wait."""

    def __init__(self, outbox: Outbox, mover: Mover, queue: Queue, first: int) -> None:
        self._outbox = outbox
        self._mover = mover
        self._queue = queue
        self._numbers = count(first)

    def _beacon(self) -> Beacon:
        number = next(self._numbers)
        return make_beacon(
            id=f"{number:032x}",
            event_key=f"key-{number}",
            subject=sha256(b"%d" % number).hexdigest()[:24],
            at=NOW + number,
            fields=FIELDS,
        )

    async def put(self, events: int) -> None:
        """Acknowledge ``events``, as many at once as a shop's server sends."""
        puts = [[self._beacon() for _ in range(PUT)] for _ in range(events // PUT)]
        await asyncio.gather(*(self._outbox.put(beacons) for beacons in puts))

    async def move(self, events: int) -> None:
        """Carry them into the ledger."""
        if await self._mover.move(now=LATER) != events:
            raise SystemExit("not all were moved")

    async def settle(self, events: int) -> None:
        """Lease as many and settle them."""
        for _ in range(events // BATCH):
            leased = await self._queue.lease(LANE, now=LATER, limit=BATCH, for_ms=60_000)
            await self._queue.settle([Settled(one.row, Accepted()) for one in leased], now=LATER)

    async def turn(self, events: int) -> dict[str, float]:
        """Return the events a second of each step."""
        rates = {}
        for name, step in zip(STEPS, (self.put, self.move, self.settle), strict=True):
            begun = time.perf_counter()
            await step(events)
            rates[name] = events / (time.perf_counter() - begun)
        await self._outbox.trim()
        return rates


def _kind(_: str) -> Kind:
    return Kind.CUSTOM


@asynccontextmanager
async def stock(folder: Path, waiting: int) -> AsyncIterator[Stock]:
    """Yield a folder in which ``waiting`` events wait."""
    async with parts(folder, 0) as made:
        await made.put(SEED)
        await made.move(SEED)
    fill(ledger_path(folder), waiting // SEED - 1)
    async with parts(folder, waiting) as made:
        yield made


@asynccontextmanager
async def parts(folder: Path, first: int) -> AsyncIterator[Stock]:
    """Yield the storage of one process; its next event has the number ``first``."""
    held = ledger_lock(folder)
    if held is None:
        raise SystemExit(f"{folder} is in use")
    async with AsyncExitStack() as stack:
        stack.callback(held.release)
        power = Durability.POWER
        outbox = await stack.enter_async_context(
            open_outbox(folder, 0, clock=lambda: NOW, durability=power)
        )
        opened = await stack.enter_async_context(
            open_delivering(
                folder, held, secret=b"s", kinds={"acme": _kind}, windows={}, durability=power
            )
        )
        yield Stock(outbox, opened.mover, opened.queue, first)


def fill(ledger: Path, times: int) -> None:
    """Have ``times`` more events wait for each that does."""
    if not times:
        return
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        values = {"times": times, "seed": SEED, "apart": 2**62 // ((times + 2) * SEED)}
        db.create_function("spread", 1, lambda place: (4 * place).to_bytes(8, "big") + bytes(8))
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-1000000")
        db.execute("BEGIN")
        for statement in FILL:
            db.execute(statement, values)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode=WAL")


def megabytes(path: Path) -> float:
    """Return a file's size."""
    return path.stat().st_size / 1e6


async def measure(folder: Path, depths: list[int], rounds: int, events: int) -> None:
    """Print the table."""
    async with AsyncExitStack() as stack:
        stocks = {}
        for depth in depths:
            place = Path(tempfile.mkdtemp(dir=folder))
            stocks[depth] = await stack.enter_async_context(stock(place, depth))
            print(f"{depth:,} wait: {megabytes(ledger_path(place)):,.0f} MB", flush=True)
        found: dict[int, list[dict[str, float]]] = {depth: [] for depth in depths}
        for turn in range(rounds + 1):
            for depth, one in stocks.items():
                rates = await one.turn(events)
                if turn:  # the first one warms up
                    found[depth].append(rates)
    show(found)


def show(found: dict[int, list[dict[str, float]]]) -> None:
    """Print medians, and the ratio of each turn to the turn beside the shortest queue."""
    first = next(iter(found.values()))
    print(f"\n| step | {' | '.join(f'{depth:,} wait' for depth in found)} | ratio |")
    print(f"| --- |{' --- |' * len(found)} --- |")
    for step in STEPS:
        last = list(found.values())[-1]
        ratios = [mine[step] / theirs[step] for mine, theirs in zip(last, first, strict=True)]
        cells = " | ".join(
            f"{statistics.median(turn[step] for turn in turns):,.0f}" for turns in found.values()
        )
        print(f"| {step} | {cells} | {statistics.median(ratios):.2f} |")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=[5_000, 5_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, default=2_000, help="of a turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(Path(name), options.depths, options.rounds, options.events))


if __name__ == "__main__":
    main()
