"""What the report costs: over 10 thousand and over 10 million events, side by side, and what noting
one event adds to its way.

Ledgers of the same shop, eleven vendors with eight events each: 10 thousand events of one day; 10
million of a year, as many a day as there are; 10 million of one day, the densest that can be. Each
is filled with roll-ups and twins as the mover would have entered them; the traffic's shares of
states are the same. The ledgers are read in turns; ratios are taken turn by turn.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

from firsthand.admin.overview import read_overview
from firsthand.admin.report import build
from firsthand.admin.rows import DAY_MS, HOUR_MS, SPANS, collect, span
from firsthand.model import Client, Mode, Origin, Reason, Server
from firsthand.rules.site import Account, Site
from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import LEDGER, Writer, opened
from firsthand.store.sqlite.files import ledger_path
from firsthand.store.sqlite.ledger import SqliteLedger, open_ledger
from firsthand.store.sqlite.pairs import Dedups
from firsthand.store.sqlite.queue import SqliteQueue
from firsthand.store.sqlite.tally import Tally
from firsthand.store.sqlite.twins import Arrivals, Told
from firsthand.vendors import VENDORS
from tests.factories import NOW, make_beacon
from tests.samples import shop

EVENTS = ("page_view", "view", "search", "cart", "checkout", "pay", "purchase", "lead")
STATES = (
    ("ok", "accepted", "", 0.80),
    ("failed", "accepted", "", 0.09),
    ("unknown", "accepted", "", 0.03),
    ("", "accepted", "", 0.02),
    ("ok", "withheld", "bot", 0.02),
    ("failed", "withheld", "blocked", 0.01),
    ("ok", "refused", "bad_event", 0.01),
    ("ok", "expired", "vendor_down", 0.01),
    ("ok", "queued", "", 0.01),
)
BUCKETS = ((200, 0.2), (500, 0.4), (1000, 0.3), (2000, 0.08), (5000, 0.02))
KEYS = (0b1_1110_0000, 0b1_1111_0001)
FEW = 300
LEDGERS = {
    "10 thousand, one day": (10_000, 1),
    "10 million, a year": (10_000_000, 365),
    "10 million, one day": (10_000_000, 1),
}
ADD_SERIES = """
INSERT INTO series (site, vendor, account, destination, name) VALUES ('shop', ?1, ?2, ?2, ?3)"""
Read = Callable[[], Awaitable[object]]


def account(vendor: str) -> Account:
    """Return an account in mode ``both``."""
    known = VENDORS[vendor]
    return Account(known, known.account_example, Mode.BOTH, known.settings())


def names() -> list[tuple[str, str, str]]:
    """Return vendor, account and name of every series."""
    return [(key, account(key).id, name) for key in VENDORS for name in EVENTS]


def site() -> Site:
    """Return a shop with an account at each vendor."""
    accounts = [account(key) for key in VENDORS]
    made = {(each.vendor.key, each.id): each for each in accounts}
    return replace(shop(), accounts=made, vendors=dict(VENDORS))


def spread(total: int, days: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (by_day, at, series, events), hours and days, that add up to ``total`` for each."""
    series = range(1, len(VENDORS) * len(EVENTS) + 1)
    hours = [NOW - NOW % HOUR_MS - n * HOUR_MS for n in range(24 * days)]
    cells = len(series) * len(hours)
    seen: dict[tuple[int, int], int] = {}
    for place, (at, one) in enumerate(product(hours, series)):
        n = total * (place + 1) // cells - total * place // cells
        if n:
            yield 0, at, one, n
            key = (at - at % DAY_MS, one)
            seen[key] = seen.get(key, 0) + n
    for (at, one), n in seen.items():
        yield 1, at, one, n


def shares(n: int, draw: Random) -> Iterator[tuple[int, int]]:
    """Divide ``n`` events by the shares of states, few by chance: (state, events) of each."""
    weights = [state[3] for state in STATES]
    if n <= FEW:
        yield from Counter(draw.choices(range(len(STATES)), weights, k=n)).items()
        return
    for number, weight in enumerate(weights):
        yield number, round(n * weight)


def fill(path: Path, total: int, days: int) -> None:
    """Enter the roll-ups of ``total`` events, and as many twins."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        db.executemany(ADD_SERIES, names())
        draw = Random(7)  # noqa: S311 - made-up traffic
        for by_day, at, series, n in spread(total, days):
            enter(db, (by_day, at, series), n, draw)
        db.execute(
            """INSERT INTO totals SELECT by_day, at, vendor, account, client, server, reason, sum(n)
            FROM counts JOIN series ON series.id = series GROUP BY 1, 2, 3, 4, 5, 6, 7"""
        )
        twins(db, total, days, len(names()))
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode=WAL")


def enter(db: sqlite3.Connection, cell: tuple[int, int, int], n: int, draw: Random) -> None:
    """Enter the rows of one series and one hour or day (by_day, at, series)."""
    states = [(*cell, *STATES[number][:3], some) for number, some in shares(n, draw)]
    db.executemany("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?)", states)
    if EVENTS[(cell[2] - 1) % len(EVENTS)] in {"purchase", "lead"}:
        worth = [(*row[:6], "EUR", row[6], row[6] * 499_000, row[6] * 499_000) for row in states]
        db.executemany("INSERT INTO money VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", worth)
    took = [(*cell, bound, round(n * share)) for bound, share in BUCKETS if round(n * share)]
    db.executemany("INSERT INTO latency VALUES (?, ?, ?, ?, ?)", took)
    keys = [(*cell, path, bits, n // 2) for path in ("client", "server") for bits in KEYS if n > 1]
    db.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?)", keys)
    facts = [(*cell, what, n, 1) for what in ("total", "pair_once", "joined")]
    db.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?)", facts)


def twins(db: sqlite3.Connection, total: int, days: int, series: int) -> None:
    """Enter the twins of ``total`` events, evenly over the days."""
    db.execute(
        """WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < ?1)
        INSERT INTO twins (id, key, owner, series, at, origin, seen, client, client_ms, server,
          reason, client_keys, server_keys, verdict, bot, accepted_ms)
        SELECT n, NULL, x'', 1 + n % ?2, ?3 + n * ?4 / ?1, 'copy', 2, 'ok', 9, 'accepted', '', 3,
          3, 7, 0, 400 FROM step""",
        (total, series, NOW - days * DAY_MS, days * DAY_MS),
    )


async def reads(stack: AsyncExitStack, folder: Path, whole: Site, over: str) -> Mapping[str, Read]:
    """Return what is measured on one ledger."""
    ledger: SqliteLedger = await stack.enter_async_context(open_ledger(folder))
    path = ledger_path(folder)
    db = await stack.enter_async_context(opened(path, LEDGER, Durability.PROCESS))
    queue = SqliteQueue(Writer(db, path))
    when = span(over, now=NOW)

    async def overview() -> object:
        return await read_overview(ledger, queue, whole, when)

    async def one() -> object:
        rows = await collect(ledger, queue, when, vendor="meta", account=account("meta").id)
        return build(rows, whole, when)

    return {"overview": overview, "one account, whole": one}


async def measure(folder: Path, rounds: int, over: str) -> None:
    """Print the table."""
    whole = site()
    async with AsyncExitStack() as stack:
        sides = {}
        for number, (name, (total, days)) in enumerate(LEDGERS.items()):
            place = folder / str(number)
            place.mkdir()
            async with open_ledger(place):
                pass
            fill(ledger_path(place), total, days)
            sides[name] = await reads(stack, place, whole, over)
            print(f"{name}: {ledger_path(place).stat().st_size / 1e6:,.0f} MB", flush=True)
        found: dict[tuple[str, str], list[float]] = {}
        for turn in range(rounds + 1):
            for (name, side), what in product(sides.items(), ("overview", "one account, whole")):
                begun = time.perf_counter()
                await side[what]()
                if turn:  # the first one warms up
                    found.setdefault((name, what), []).append(time.perf_counter() - begun)
    show(found, over)


def show(found: Mapping[tuple[str, str], list[float]], over: str) -> None:
    """Print medians, and the ratio of each turn to the one beside it on the smallest ledger."""
    print(f"\n| {over} | ms | of the smallest |")
    print("| --- | --- | --- |")
    smallest = next(iter(LEDGERS))
    for (name, what), took in found.items():
        ratio = statistics.median(
            mine / theirs for mine, theirs in zip(took, found[smallest, what], strict=True)
        )
        print(f"| {what}, {name} | {statistics.median(took) * 1000:.1f} | {ratio:.2f} |")


async def note(folder: Path, events: int, rounds: int) -> None:
    """Print what the counting adds to an event: its share of a tally and of writing the tally."""
    taken = [arrivals(number, events) for number in range(rounds)]
    counted, written = [], []
    async with opened(folder / "note.db", LEDGER, Durability.PROCESS) as db:
        await db.executemany(ADD_SERIES, names())
        for batch in taken:
            tally = Tally()
            begun = time.perf_counter()
            for twin in batch:
                count(tally, twin)
            middle = time.perf_counter()
            await db.execute("BEGIN")
            await tally.write(db)
            await db.execute("ROLLBACK")
            counted.append((middle - begun) / events * 1e6)
            written.append((time.perf_counter() - middle) / events * 1e6)
    print("\n| noting one event of a batch | us |\n| --- | --- |")
    print(f"| counting it in memory | {statistics.median(counted):.1f} |")
    print(f"| its share of writing the roll-ups | {statistics.median(written):.1f} |")


def arrivals(batch: int, events: int) -> list[Arrivals]:
    """Return arrivals that are counted on their own, one event each."""
    made = []
    for number in range(events):
        key = f"{batch}-{number}"
        beacon = make_beacon(
            id=f"{number:032x}",
            event_key=key,
            at=NOW + number,
            origin=Origin.COPY,
            client=Client.OK,
            client_keys=0b1_1111_1111,
            server_keys=0b1_1111_1111,
            amount=499_000,
            currency="EUR",
        )
        alone = Arrivals({}, number + 1, Tally(), Dedups())
        alone.add(Told(key.encode().ljust(16)[:16], 1 + number % 88, beacon, b"{}"))
        made.append(alone)
    return made


def count(tally: Tally, arrived: Arrivals) -> None:
    """Count one event as arrival and acceptance do."""
    (twin,) = arrived.fresh.values()
    tally.twin(twin, 1)
    tally.keys(twin.at, twin.series, "client", twin.client_keys)
    tally.keys(twin.at, twin.series, "server", twin.server_keys)
    tally.fact(twin.at, twin.series, "total", twin.id)
    tally.twin(twin, -1)
    tally.twin(replace(twin, server=Server.ACCEPTED.value, reason=Reason.NONE.value), 1)
    tally.accepted(twin.at, twin.series, 500)
    tally.fact(twin.at, twin.series, "pair_once", twin.id)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--span", choices=SPANS, default="24h")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(note(Path(name), 250, 40))
        asyncio.run(measure(Path(name), options.rounds, options.span))


if __name__ == "__main__":
    main()
