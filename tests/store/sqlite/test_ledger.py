import asyncio
from pathlib import Path

import pytest

from firsthand.store.rollups import Slice
from firsthand.store.sqlite import ledger as module
from firsthand.store.sqlite.ledger import SqliteLedger, open_ledger
from tests.factories import NOW
from tests.store.backends import FAR, beacons, event, open_sqlite
from tests.store.sqlite.plans import Given, large_scans

SPAN = {"by_day": 0, "since": 1, "until": 2, "vendor": "", "account": ""}
PAGE = {"limit": 1, "vendor": "", "server": "", "before": 1}
STATEMENTS: list[tuple[str, Given]] = [
    (module.RETURNS, (1,)),
    (module.COUNTS, SPAN),
    (module.NOTES, SPAN),
    (module.COVERAGE, SPAN),
    (module.LATENCY, SPAN),
    (module.FACTS, SPAN),
    (module.WORTH, SPAN),
    (module.ARMS, SPAN),
    (module.OVERVIEW, SPAN),
    (module.COURSES, SPAN),
    (module.EVENTS, PAGE),
    (module.TRACE, (1,)),
]


@pytest.mark.parametrize(("sql", "given"), STATEMENTS)
async def test_no_report_goes_through_the_twins(tmp_path: Path, sql: str, given: Given) -> None:
    async with open_ledger(tmp_path) as ledger:
        assert await large_scans(ledger._db, sql, given) == []


async def test_a_new_ledger_is_empty(tmp_path: Path) -> None:
    async with open_ledger(tmp_path) as ledger:
        assert await ledger.counts(Slice(since=0, until=FAR)) == []
        assert await ledger.coverage(Slice(since=0, until=FAR)) == []
        assert await ledger.events() == []


async def test_it_is_read_beside_the_process_that_writes(tmp_path: Path) -> None:
    async with open_ledger(tmp_path) as early, open_sqlite(tmp_path) as store:
        await store.take(*beacons(3))
        (count,) = await early.counts(Slice(since=0, until=FAR))
        assert count.n == 3
        async with open_ledger(tmp_path) as late:
            assert len(await late.events()) == 3


async def test_readers_do_not_wait_for_a_transaction(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(event(1))
        async with store.mover._writer.transaction() as db:  # type: ignore[attr-defined]
            await db.execute("DELETE FROM counts")
            (count,) = await store.ledger.counts(Slice(since=NOW, until=FAR))
            assert count.n == 1


async def test_it_cannot_be_written_through(tmp_path: Path) -> None:
    async with open_ledger(tmp_path) as ledger:
        with pytest.raises(OSError, match=r"readonly.*ledger\.db"):
            await ledger._read("DELETE FROM twins", ())


async def test_a_file_that_breaks_is_an_os_error(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        ledger = store.ledger
        assert isinstance(ledger, SqliteLedger)
        async with store.mover._writer.transaction() as db:  # type: ignore[attr-defined]
            await db.execute("DROP TABLE traces")
        with pytest.raises(OSError, match="no such table"):
            await ledger.trace("1")


async def test_concurrent_reads_are_all_answered(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await store.take(*beacons(5))
        pages = await asyncio.gather(*(store.ledger.events(limit=n) for n in range(1, 6)))
        assert [len(page) for page in pages] == [1, 2, 3, 4, 5]
