import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.rules.aggregate import HOUR_MS, Row, Sum
from firsthand.store.sqlite.aggregates import open_aggregates
from firsthand.store.sqlite.files import aggregates_path

ROW = Row(HOUR_MS, "ga4", "purchase", "/thanks", "DE", "mobile", "news", "", "", "EUR")


async def test_two_workers_add_to_one_row(tmp_path: Path) -> None:
    async with open_aggregates(tmp_path) as one, open_aggregates(tmp_path) as other:
        await asyncio.gather(one.add({ROW: Sum(10, 50)}), other.add({ROW: Sum(12, 1)}))
        await one.add({})
        (told,) = await other.newest(limit=5)
    assert (told.row, told.sum) == (ROW, Sum(22, 51))


async def test_the_newest_come_first_and_old_ones_go(tmp_path: Path) -> None:
    later, more = replace(ROW, at=2 * HOUR_MS), replace(ROW, at=2 * HOUR_MS, path="/")
    async with open_aggregates(tmp_path) as kept:
        await kept.add({ROW: Sum(10), later: Sum(10), more: Sum(30)})
        assert [each.row for each in await kept.newest(limit=9)] == [more, later, ROW]
        assert [each.row for each in await kept.newest(limit=1)] == [more]
        await kept.purge(before=2 * HOUR_MS)
        assert [each.row for each in await kept.newest(limit=9)] == [more, later]


async def test_what_the_disk_does_not_take_is_said(tmp_path: Path) -> None:
    async with open_aggregates(tmp_path) as kept:
        aggregates_path(tmp_path).chmod(0o400)
        await kept._writer._db.execute("PRAGMA query_only=ON")
        with pytest.raises(OSError, match=r"aggregates\.db"):
            await kept.add({ROW: Sum(10)})
