import asyncio
from pathlib import Path

import pytest

from firsthand.config.load import Config
from firsthand.rules.aggregate import HOUR_MS, Row, Sum, Window
from firsthand.serve.aggregating import MONTH_MS, aggregate, write
from firsthand.serve.plan import now
from firsthand.store.sqlite.aggregates import open_aggregates


def config(**aggregates: object) -> Config:
    return Config(
        site={"hosts": ["shop.example.com"], "tracking_host": "trk.shop.example.com"},
        aggregates=aggregates,
    )  # type: ignore[arg-type]


def row(at: int) -> Row:
    return Row(at, "ga4", "purchase", "/thanks")


async def test_an_hour_that_is_over_is_written_and_the_last_one_at_the_end(tmp_path: Path) -> None:
    this = now() // HOUR_MS * HOUR_MS
    window = Window()
    for at in (this - HOUR_MS, this):
        window.add(row(at), Sum(12))
        window.add(Row(at, "ga4", "login"), Sum(9))
    async with open_aggregates(tmp_path) as kept:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(aggregate(window, kept, config, 0.01))
            async with asyncio.timeout(20):
                while not (written := await kept.newest(limit=9)):
                    await asyncio.sleep(0.01)
            running.cancel()
        told = await kept.newest(limit=9)
    assert {each.row.at for each in written} == {this - HOUR_MS}
    assert {(each.row.name, each.sum.n) for each in told} == {("purchase", 12)}
    assert {each.row.at for each in told} == {this - HOUR_MS, this}


async def test_switched_off_nothing_is_written_and_nothing_is_kept(tmp_path: Path) -> None:
    window = Window()
    window.add(row(0), Sum(100))
    async with open_aggregates(tmp_path) as kept:
        await write(window, kept, config(enabled=False), before=HOUR_MS)
        await write(window, kept, config(), before=HOUR_MS)
        assert not await kept.newest(limit=1)


async def test_old_rows_go(tmp_path: Path) -> None:
    window = Window()
    window.add(row(now() - 26 * MONTH_MS), Sum(100))
    async with open_aggregates(tmp_path) as kept:
        await write(window, kept, config(), before=now())
        assert not await kept.newest(limit=1)


async def test_a_full_disk_costs_the_rows_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    window = Window()
    window.add(row(0), Sum(100))
    async with open_aggregates(tmp_path) as kept:
        await kept._writer._db.execute("PRAGMA query_only=ON")
        await write(window, kept, config(), before=HOUR_MS)
    assert "aggregates not written" in caplog.text
    assert window.close(k=1, before=HOUR_MS) == {}
