from dataclasses import dataclass, replace

from firsthand.model import Note
from firsthand.store.sqlite.tally import DAY_MS, HOUR_MS, Tally, day, hour, note_key
from tests.factories import NOW


@dataclass(frozen=True, slots=True)
class At:
    at: int = NOW
    series: int = 1
    client: str = ""
    server: str = "queued"
    reason: str = ""
    arm: str = ""
    client_amount: int = 0
    client_currency: str = ""
    server_amount: int = 0
    server_currency: str = ""


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
    fired = At(client_amount=499_000, client_currency="EUR", arm="treated")
    tally.twin(fired, 1)
    tally.twin(fired, -1)
    tally.twin(replace(fired, client="ok"), 1)
    assert tally.rows()["counts"] == [
        (0, NOW, 1, "ok", "queued", "", 1),
        (1, day(NOW), 1, "ok", "queued", "", 1),
    ]
    assert tally.rows()["arms"] == [
        (0, NOW, 1, "treated", "ok", "queued", 1),
        (1, day(NOW), 1, "treated", "ok", "queued", 1),
    ]
    assert tally.rows()["money"] == [
        (0, NOW, 1, "ok", "queued", "", "EUR", 1, 499_000, 0),
        (1, day(NOW), 1, "ok", "queued", "", "EUR", 1, 499_000, 0),
    ]


def test_two_currencies_of_one_event_are_never_added_up() -> None:
    tally = Tally()
    told = At(client_amount=5, client_currency="EUR", server_amount=6, server_currency="USD")
    tally.twin(told, 1)
    hours = [row[6:] for row in tally.rows()["money"] if row[0] == 0]
    assert hours == [("EUR", 1, 5, 0), ("USD", 0, 0, 6)]


def test_a_fact_has_its_newest_twin_as_example() -> None:
    tally = Tally()
    for at, twin in ((NOW, 8), (NOW, 7), (NOW + HOUR_MS, 3)):
        tally.fact(at, 1, "late", twin)
    assert tally.rows()["facts"] == [
        (0, NOW, 1, "late", 2, 8),
        (0, NOW + HOUR_MS, 1, "late", 1, 3),
        (1, day(NOW), 1, "late", 3, 8),
    ]


def test_twins_are_counted_by_the_keys_that_they_have() -> None:
    tally = Tally()
    tally.keys(NOW, 1, "client", 0b1_0000_0101)
    tally.keys(NOW, 1, "client", 0b100)
    tally.keys(NOW, 1, "client", 0b100, -1)
    tally.keys(NOW, 1, "client", 0)
    hours = [row for row in tally.rows()["coverage"] if row[0] == 0]
    assert [row[4:] for row in hours] == [(0b1_0000_0101, 1)]


def test_notes_have_neither_site_nor_destination() -> None:
    assert note_key(Note("v", "a", "n", "r")) == ("", "v", "a", "", "n")
