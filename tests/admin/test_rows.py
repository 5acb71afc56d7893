import pytest

from firsthand.admin.rows import DAY_MS, HOUR_MS, SPANS, Rows, collect, span
from tests.admin.sample import NOW, MemoryQueue, full_ledger, full_queue


@pytest.mark.parametrize(
    ("name", "back", "by_day"),
    [
        ("1h", HOUR_MS, False),
        ("24h", DAY_MS, False),
        ("7d", 7 * DAY_MS + 10 * HOUR_MS, True),  # 10:00, so ten hours back to midnight
        ("30d", 30 * DAY_MS + 10 * HOUR_MS, True),
        ("a week", DAY_MS, False),
    ],
)
def test_span_starts_where_a_roll_up_starts(name: str, back: int, *, by_day: bool) -> None:
    over = span(name, now=NOW)
    assert over.since == NOW - back
    assert over.until == NOW + 1
    assert over.by_day is by_day
    assert over.name == (name if name in SPANS else "24h")


def test_span_in_the_middle_of_an_hour() -> None:
    assert span("1h", now=NOW + 1_234_567).since == NOW - HOUR_MS


async def test_collect_asks_for_everything() -> None:
    rows = await collect(full_ledger(), full_queue(), span("24h", now=NOW))
    assert all(getattr(rows, part) for part in Rows.__slots__)
    assert await collect(full_ledger(), MemoryQueue(), span("1h", now=NOW)) != rows
