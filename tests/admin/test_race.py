"""The page of consent as numbers: nothing counted twice, nothing left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.race import HEIGHT, SHOWN_PAGES, Problem, Race, build
from firsthand.admin.rows import DAY_MS, HOUR_MS, span
from firsthand.rules.chain import Head
from firsthand.rules.standing import OTHER_PAGE, Stand
from firsthand.store.receipts import Early, StandCount
from firsthand.store.rollups import NoteCount
from tests.admin.sample import NOW

HEAD = Head(0, "0" * 64)


def race(
    stands: list[StandCount] | None = None,
    early: list[Early] | None = None,
    notes: list[NoteCount] | None = None,
    over: str = "24h",
) -> Race:
    return build(span(over, now=NOW), stands or [], early or [], notes or [], HEAD)


COUNTS = st.lists(
    st.builds(
        StandCount,
        at=st.integers(0, 23).map(lambda hours: NOW - hours * HOUR_MS),
        stand=st.sampled_from(Stand),
        n=st.integers(1, 10**6),
    ),
    max_size=20,
)


@given(COUNTS, st.sampled_from(["24h", "7d", "30d"]))
def test_drawing_and_table_hold_every_event_once(counts: list[StandCount], over: str) -> None:
    found = race(counts, over=over)
    whole = sum(one.n for one in counts)
    assert found.total == sum(one.total for one in found.moments) == whole
    assert sum(bar.n for bar in found.bars) == whole
    assert found.early == sum(one.n for one in counts if one.stand is Stand.UNDECIDED)
    for bar in found.bars:
        assert 0 <= bar.x < bar.x + bar.width <= 100.01
        assert -0.1 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.1


def test_long_spans_are_told_by_the_day() -> None:
    day = NOW - NOW % DAY_MS
    counts = [StandCount(day + hour * HOUR_MS, Stand.GRANTED, 1) for hour in range(9)]
    assert [(one.at, one.total) for one in race(counts, over="7d").moments] == [(day, 9)]


def test_pages_come_by_number_and_the_rest_together() -> None:
    early = [Early(f"/{n}", "none", 100 - n) for n in range(SHOWN_PAGES + 2)]
    early.append(Early(OTHER_PAGE, "onetrust", 5))
    places = race(early=early).places
    assert [one.page for one in places[:2]] == ["/0", "/1"]
    assert len(places) == SHOWN_PAGES + 2
    assert [(one.page, one.source, one.n) for one in places[-2:]] == [
        (OTHER_PAGE, "none", 75 + 74),
        (OTHER_PAGE, "onetrust", 5),
    ]
    assert sum(one.share for one in places) == pytest.approx(1)


def test_parse_errors_are_told_by_source_and_reason() -> None:
    notes = [
        NoteCount("", "", "", "consent_onetrust:malformed", 2),
        NoteCount("", "", "", "consent_tcf:version", 3),
        NoteCount("", "", "", "consent_onetrust:malformed", 2),
        NoteCount("", "", "", "not_stored", 9),
        NoteCount("meta", "1", "Purchase", "consent", 9),
    ]
    assert race(notes=notes).problems == (
        Problem("onetrust", "malformed", 4),
        Problem("tcf", "version", 3),
    )


def test_nothing_is_no_division_by_zero() -> None:
    found = race()
    assert (found.total, found.share, found.bars, found.places) == (0, 0.0, (), ())
