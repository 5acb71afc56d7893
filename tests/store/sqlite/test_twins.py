from dataclasses import replace

import pytest

from firsthand.model import Client, Origin, Reason, Verdict
from firsthand.store.sqlite.pairs import Dedups
from firsthand.store.sqlite.tally import DAY_MS, Tally
from firsthand.store.sqlite.twinkeys import KEY_BYTES
from firsthand.store.sqlite.twins import Arrivals, Told, better, verdict_bits
from tests.factories import NOW, make_beacon

KEY = b"k" * KEY_BYTES


ORDER = [Client.NONE, Client.FIRED, Client.UNKNOWN, Client.FAILED, Client.OK]


@pytest.mark.parametrize("known", ORDER)
@pytest.mark.parametrize("told", ORDER)
def test_the_outcome_that_says_more_wins(known: Client, told: Client) -> None:
    assert better(known.value, told) == max(known, told, key=ORDER.index)


@pytest.mark.parametrize(
    ("verdict", "bits"),
    [
        (Verdict(analytics=False, marketing=False, explicit=False), 0),
        (Verdict(analytics=True, marketing=False, explicit=False), 1),
        (Verdict(analytics=False, marketing=True, explicit=True), 6),
    ],
)
def test_verdicts_are_kept_as_bits(verdict: Verdict, bits: int) -> None:
    assert verdict_bits(verdict) == bits


def arrivals() -> Arrivals:
    return Arrivals({}, 7, Tally())


def test_a_first_beacon_makes_a_twin_that_waits() -> None:
    got = arrivals()
    got.add(Told(KEY, 3, make_beacon(at=NOW), b"json"))
    (twin,) = got.fresh.values()
    assert (twin.id, twin.series, twin.at, twin.server, twin.reason) == (7, 3, NOW, "queued", "")
    assert got.next_id == 8
    assert [(one.twin, one.body) for one in got.waiting] == [(7, b"json")]


def test_within_a_batch_too_an_event_is_one_twin() -> None:
    got = arrivals()
    for client in (Client.FIRED, Client.OK, Client.OK):
        got.add(Told(KEY, 3, make_beacon(origin=Origin.COPY, client=client, client_ms=9), b""))
    (twin,) = got.fresh.values()
    assert (twin.client, twin.client_ms) == ("ok", 9)
    assert len(got.waiting) == 1
    assert got.changed == {}


def test_a_known_twin_is_changed_only_when_something_is_new() -> None:
    first = arrivals()
    first.add(Told(KEY, 3, make_beacon(), b""))
    known = Arrivals(first.fresh, 8, Tally())
    known.add(Told(KEY, 3, make_beacon(), b""))
    assert (known.changed, known.fresh, known.waiting) == ({}, {}, [])
    known.add(Told(KEY, 3, make_beacon(origin=Origin.COPY, client=Client.OK), b""))
    assert known.changed[KEY].client == "ok"
    assert known.next_id == 8


def test_a_withheld_twin_opens_with_the_later_verdict() -> None:
    got = arrivals()
    implied = Verdict(analytics=True, marketing=True, explicit=False)
    explicit = replace(implied, explicit=True)
    got.add(Told(KEY, 3, make_beacon(withheld=Reason.BLOCKED, verdict=implied), b""))
    assert got.waiting == []
    got.add(Told(KEY, 3, make_beacon(verdict=explicit, server_keys=5), b""))
    (twin,) = got.fresh.values()
    assert (twin.server, twin.reason, twin.verdict, twin.server_keys) == ("queued", "", 7, 5)
    got.add(Told(KEY, 3, make_beacon(withheld=Reason.CONSENT), b""))
    assert got.fresh[KEY].server == "queued"
    assert len(got.waiting) == 1


def test_of_three_ages_within_a_batch_the_last_has_the_key() -> None:
    got = Arrivals({}, 7, Tally(), Dedups({"acme": 2 * DAY_MS}))
    for days in (0, 3, 6, 7):
        got.add(Told(KEY, 3, make_beacon(at=NOW + days * DAY_MS), b""))
    assert [twin.id for twin in got.aged] == [7, 8]
    assert got.fresh[KEY].id == 9
    assert len(got.waiting) == 3
    known = Arrivals(got.fresh, 10, Tally(), Dedups({"acme": 2 * DAY_MS}))
    known.add(
        Told(KEY, 3, make_beacon(at=NOW + 6 * DAY_MS, origin=Origin.COPY, client=Client.OK), b"")
    )
    known.add(Told(KEY, 3, make_beacon(at=NOW + 9 * DAY_MS), b""))
    known.add(Told(KEY, 3, make_beacon(at=NOW + 12 * DAY_MS), b""))
    assert known.retired == {9}
    assert [twin.id for twin in known.aged] == [10]
    assert (known.changed[KEY].id, known.fresh[KEY].id) == (9, 11)
