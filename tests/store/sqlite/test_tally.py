from firsthand.model import Note
from firsthand.store.sqlite.tally import DAY_MS, HOUR_MS, Tally, day, hour, note_key
from tests.factories import NOW


def test_hours_and_days_begin_in_utc() -> None:
    assert hour(NOW + 1) == NOW  # 10:00
    assert hour(NOW - 1) == NOW - HOUR_MS
    assert day(NOW) == NOW - 10 * HOUR_MS
    assert day(day(NOW) - 1) == day(NOW) - DAY_MS


def test_rows_are_added_up_for_hours_and_days() -> None:
    tally = Tally()
    tally.note(NOW, 1, "late", n=2)
    tally.note(NOW + 5, 1, "late")
    tally.note(NOW + HOUR_MS, 1, "late")
    assert tally.rows()["notes"] == [
        (0, NOW, 1, "late", 3),
        (0, NOW + HOUR_MS, 1, "late", 1),
        (1, day(NOW), 1, "late", 4),
    ]


def test_what_cancels_out_leaves_no_row() -> None:
    tally = Tally()
    tally.state(NOW, 1, "", "queued", "", n=1)
    tally.state(NOW, 1, "", "queued", "", n=-1)
    tally.state(NOW, 1, "ok", "queued", "", n=1)
    assert tally.rows()["counts"] == [
        (0, NOW, 1, "ok", "queued", "", 1),
        (1, day(NOW), 1, "ok", "queued", "", 1),
    ]


def test_each_bit_is_a_key() -> None:
    tally = Tally()
    tally.keys(NOW, 1, "client", 0b1_0000_0101)
    tally.keys(NOW, 1, "client", 0b100)
    hours = [row for row in tally.rows()["coverage"] if row[0] == 0]
    assert [row[4:] for row in hours] == [(1, 1), (4, 2), (256, 1)]


def test_notes_have_neither_site_nor_destination() -> None:
    assert note_key(Note("v", "a", "n", "r")) == ("", "v", "a", "", "n")
