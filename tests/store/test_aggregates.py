from pathlib import Path

from firsthand.rules.aggregate import Row, Sum
from firsthand.store.aggregates import Aggregates, Told
from firsthand.store.sqlite.aggregates import open_aggregates


async def test_sqlite_keeps_the_contract(tmp_path: Path) -> None:
    row = Row(0, "ga4", "purchase")
    async with open_aggregates(tmp_path) as made:
        kept: Aggregates = made
        assert list(await kept.newest(limit=1)) == []
        await kept.add({row: Sum(10, 5.0)})
        assert list(await kept.newest(limit=1)) == [Told(row, Sum(10, 5.0))]
