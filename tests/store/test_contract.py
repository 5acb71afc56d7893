"""One suite over every storage backend."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import (
    Accepted,
    Amend,
    Beacon,
    Client,
    Expired,
    MatchKey,
    Note,
    Origin,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Server,
    Split,
    TryLater,
    Verdict,
    Warned,
    Withdrawal,
    Withheld,
)
from firsthand.rules.holdout import Arm
from firsthand.rules.returns import Sighting
from firsthand.store.contract import Backlog, Lane, Retention, ReturnCount, Settled, Wanted
from firsthand.store.rollups import Course, Coverage, Latency, NoteCount, Slice, What
from tests.factories import NOW
from tests.store.backends import (
    BACKENDS,
    FAR,
    LANE,
    LATER,
    LEASE_MS,
    Backend,
    Open,
    beacons,
    event,
    keys,
)

HOUR = 3_600_000
DAY = 24 * HOUR
JANE = Withdrawal("jane", "acme")


@pytest.fixture(params=BACKENDS.values(), ids=BACKENDS.keys())
def open_backend(request: pytest.FixtureRequest) -> Open:
    opened: Open = request.param
    return opened


@pytest_asyncio.fixture
async def store(open_backend: Open, tmp_path: Path) -> AsyncIterator[Backend]:
    async with open_backend(tmp_path) as backend:
        yield backend


# Outbox and mover


async def test_a_beacon_comes_out_as_it_went_in(store: Backend) -> None:
    beacon = event(
        fields={"a": 1, "b.c": "ü\n\u2028", "items": [{"id": "x", "price": 1.5}], "flag": True},
        verdict=Verdict(
            analytics=True, marketing=False, explicit=True, sources=("x", "y"), without=("z",)
        ),
        origin=Origin.COPY,
        client=Client.FAILED,
        subject="someone",
        bot=7,
        shape="GET",
    )
    await store.take(beacon)
    (leased,) = await store.lease()
    assert leased.beacon == beacon
    assert leased.attempts == 0


async def test_a_beacon_that_json_cannot_carry_is_withheld_as_our_fault(store: Backend) -> None:
    await store.take(event(1, fields={"n": 2**70}), event(2, fields={"t": "\ud800"}, name="\udfff"))
    assert await store.states() == {("", "withheld", "fault"): 2}
    assert await store.lease() == []


async def test_all_outboxes_are_moved_once(store: Backend) -> None:
    first, second = store.outboxes
    await asyncio.gather(*(first.put([one]) for one in beacons(50)))
    await second.put([event(number) for number in range(50, 60)])
    assert await store.mover.move(now=LATER) == 60
    assert await store.mover.move(now=LATER) == 0
    assert keys(await store.lease()) == [f"key-{number}" for number in range(60)]


async def test_what_was_acknowledged_outlives_a_restart(open_backend: Open, tmp_path: Path) -> None:
    async with open_backend(tmp_path) as before:
        await before.take(*beacons(3))
        await before.settle_all()
        await before.outbox.put(beacons(5))
    async with open_backend(tmp_path) as after:
        assert await after.mover.move(now=LATER) == 5
        assert keys(await after.lease()) == ["key-3", "key-4"]
        assert await after.states() == {("", "accepted", ""): 3, ("", "queued", ""): 2}


async def test_what_waits_is_written_when_the_outbox_is_closed(
    open_backend: Open, tmp_path: Path
) -> None:
    async with asyncio.TaskGroup() as group, open_backend(tmp_path) as before:
        for one in beacons(3):
            group.create_task(before.outbox.put([one]))
        await asyncio.sleep(0)
        before.outbox.count(Note("acme", "A-1", "purchase", "late"))
    async with open_backend(tmp_path) as after:
        assert await after.mover.move(now=LATER) == 3
        assert await after.notes() == {("purchase", "late"): 1}


async def test_a_closed_outbox_takes_nothing(store: Backend) -> None:
    await store.outbox.close()
    with pytest.raises(OSError, match="closed"):
        await store.outbox.put(beacons(1))


async def test_a_waiter_that_gives_up_takes_nobody_with_it(store: Backend) -> None:
    async with asyncio.TaskGroup() as group:
        puts = [group.create_task(store.outbox.put([one])) for one in beacons(3)]
        await asyncio.sleep(0)
        puts[1].cancel()
    assert puts[1].cancelled()
    assert await store.mover.move(now=LATER) == 3


async def test_trimming_loses_nothing_that_was_not_moved(store: Backend) -> None:
    for one in beacons(10):
        await store.outbox.put([one])
    await store.outbox.trim()
    await store.mover.move(now=LATER)
    await store.outbox.put([event(10)])
    await store.outbox.trim()
    await store.outbox.trim()
    assert await store.mover.move(now=LATER) == 1
    assert len(await store.lease()) == 11


# Twins

TWICE = [
    # known client, told client -> joint state, notes, repetitions
    (Client.FIRED, Client.OK, "ok", 0),
    (Client.FIRED, Client.UNKNOWN, "unknown", 0),
    (Client.UNKNOWN, Client.FAILED, "failed", 0),
    (Client.FAILED, Client.OK, "ok", 0),
    (Client.OK, Client.FAILED, "ok", 1),
    (Client.OK, Client.OK, "ok", 1),
    (Client.FAILED, Client.UNKNOWN, "failed", 1),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("first", "then", "client", "repeated"), TWICE)
async def test_a_copy_that_comes_again_tells_the_better_outcome(
    store: Backend, first: Client, then: Client, client: str, repeated: int, *, together: bool
) -> None:
    one = event(1, origin=Origin.COPY, client=first)
    other = event(1, origin=Origin.COPY, client=then, id="f" * 32, at=NOW + 5)
    await store.outbox.put([one])
    if not together:
        await store.mover.move(now=LATER)
    await store.outbox.put([other])
    await store.mover.move(now=LATER)
    assert await store.states() == {(client, "queued", ""): 1}
    assert await store.states(by_day=True) == {(client, "queued", ""): 1}
    assert len(await store.lease()) == 1
    further = What.REPEATED if repeated else What.IMPROVED
    assert await store.facts() == {What.TOTAL: 1, further: 1}
    assert await store.notes() == ({("purchase", "duplicate"): 1} if repeated else {})


async def test_a_better_outcome_is_known_after_acceptance_too(store: Backend) -> None:
    await store.take(event(1, origin=Origin.COPY, client=Client.FIRED))
    await store.settle_all()
    await store.take(event(1, origin=Origin.COPY, client=Client.OK))
    assert await store.states() == {("ok", "accepted", ""): 1}
    assert await store.lease() == []


async def test_an_event_that_comes_by_another_way_is_no_duplicate(
    store: Backend,
) -> None:
    await store.take(event(1), event(1, origin=Origin.BACKEND))
    assert len(await store.lease()) == 1
    assert await store.notes() == {}
    assert await store.facts() == {What.TOTAL: 1, What.JOINED: 1}


DIFFERENT = [{"site": "other"}, {"vendor": "other"}, {"account": "other"}, {"name": "other"}]


@pytest.mark.parametrize("other", DIFFERENT)
async def test_a_key_counts_within_site_vendor_account_and_name(
    store: Backend, other: dict[str, str]
) -> None:
    await store.take(event(1), event(1, **other))
    assert await store.states() == {("", "queued", ""): 2}


async def test_events_without_a_key_are_nobodys_twins(store: Backend) -> None:
    await store.take(event(1, event_key=""), event(2, event_key=""))
    assert await store.states() == {("", "queued", ""): 2}


AGES = [
    # vendor, its window as the tests open the store, age of the first, events
    ("brief", 2 * DAY, 1),
    ("brief", 2 * DAY + 1, 2),
    ("acme", 7 * DAY, 1),  # says nothing: a week
    ("acme", 7 * DAY + 1, 2),
    ("forgetful", DAY, 1),  # forgets after a minute: what a server sends again comes once
    ("forgetful", DAY + 1, 2),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("vendor", "age", "events"), AGES)
async def test_a_key_comes_to_stand_for_a_new_event(
    store: Backend, vendor: str, age: int, events: int, *, together: bool
) -> None:
    came = [event(1, vendor=vendor, at=at) for at in (NOW, NOW + age, NOW + age)]
    for one in came:
        await store.outbox.put([one])
        if not together:
            await store.mover.move(now=FAR)
    await store.mover.move(now=FAR)
    lane = Lane(vendor, "A-1")
    leased = await store.queue.lease(lane, now=FAR, limit=9, for_ms=1)
    assert [one.beacon.at for one in leased] == [NOW, NOW + age][:events]
    assert await store.states() == {("", "queued", ""): events}
    facts = await store.facts()
    assert (facts[What.TOTAL], facts.get(What.CLASHES)) == (events, None)


BROWSERS = [Origin.PIXEL, Origin.COPY, Origin.SNIPPET]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("origin", BROWSERS)
async def test_a_key_that_another_visitor_has_loses_no_event(
    store: Backend, origin: Origin, *, together: bool
) -> None:
    came = [
        event(1, subject=subject, id=f"{n:032x}", origin=origin, fields={"n": n}, at=NOW + n)
        for n, subject in enumerate(["mallory", "jane", "joe", "jane", "mallory", "joe"])
    ]
    for one in came:
        await store.outbox.put([one])
        if not together:
            await store.mover.move(now=LATER)
    await store.mover.move(now=LATER)
    assert [one.beacon.fields["n"] for one in await store.lease()] == [0, 1, 2]
    assert await store.facts() == {What.TOTAL: 3, What.REPEATED: 3, What.CLASHES: 2}


ONE_EVENT = [
    [("jane", Origin.PIXEL), ("jane", Origin.COPY)],
    [("jane", Origin.PIXEL), ("", Origin.PIXEL)],
    [("", Origin.PIXEL), ("jane", Origin.PIXEL)],
    [("jane", Origin.PIXEL), ("", Origin.BACKEND)],
    [("jane", Origin.PIXEL), ("shop", Origin.BACKEND)],
    [("", Origin.BACKEND), ("jane", Origin.SNIPPET), ("", Origin.BACKEND)],
]


@pytest.mark.parametrize("ways", ONE_EVENT)
async def test_a_visitors_event_is_the_one_that_the_shop_tells_of(
    store: Backend, ways: list[tuple[str, Origin]]
) -> None:
    for subject, origin in ways:
        await store.take(event(1, subject=subject, origin=origin))
    assert len(await store.lease()) == 1
    facts = await store.facts()
    assert (facts[What.TOTAL], facts.get(What.CLASHES)) == (1, None)


async def test_who_comes_after_the_visitor_whose_order_it_is_clashes(store: Backend) -> None:
    await store.take(event(1, origin=Origin.BACKEND))
    await store.take(event(1, subject="jane"))
    await store.take(event(1, subject="mallory"))
    assert await store.states() == {("", "queued", ""): 2}


async def test_a_visitors_own_event_outlives_that_of_the_one_before(store: Backend) -> None:
    for subject, age in [("mallory", 0), ("jane", 6 * DAY), ("jane", 8 * DAY), ("jane", 9 * DAY)]:
        await store.take(event(1, subject=subject, at=NOW + age))
    leased = await store.lease(now=FAR)
    assert [one.beacon.subject for one in leased] == ["mallory", "jane"]


async def test_withheld_beacons_make_twins_and_are_not_queued(store: Backend) -> None:
    await store.take(
        event(1, withheld=Reason.CONSENT),
        event(2, withheld=Reason.BLOCKED, origin=Origin.COPY, client=Client.FAILED),
    )
    assert await store.states() == {
        ("", "withheld", "consent"): 1,
        ("failed", "withheld", "blocked"): 1,
    }
    assert await store.queue.lanes() == []


async def test_a_withheld_event_that_comes_again_with_consent_is_sent_once(store: Backend) -> None:
    blocked = event(1, origin=Origin.COPY, client=Client.FAILED, withheld=Reason.BLOCKED)
    through = event(1, origin=Origin.COPY, client=Client.OK, fields={"value": 5})
    await store.take(blocked)
    await store.take(through)
    await store.take(through)
    assert await store.states() == {("ok", "queued", ""): 1}
    (leased,) = await store.lease()
    assert leased.beacon.fields == {"value": 5}


async def test_a_mirror_leaves_a_note(store: Backend) -> None:
    await store.take(event(1), event(1, withheld=Reason.MIRROR))
    assert await store.states() == {("", "queued", ""): 1}
    assert await store.notes() == {("purchase", "mirror"): 1}


async def test_counts_are_kept_by_hour_and_day_of_the_first_arrival(store: Backend) -> None:
    await store.take(event(1, at=NOW), event(2, at=NOW + HOUR), event(3, at=NOW + DAY))
    await store.take(event(1, at=NOW + 2 * HOUR, origin=Origin.COPY, client=Client.OK))
    hours = await store.ledger.counts(Slice(since=0, until=FAR))
    start = NOW - NOW % HOUR
    assert [(one.at, one.n) for one in hours] == [
        (start, 1),
        (start + HOUR, 1),
        (start + DAY, 1),
    ]
    days = await store.ledger.counts(Slice(since=NOW, until=NOW + DAY, by_day=True))
    midnight = NOW - NOW % DAY
    assert {(one.at, one.client, one.n) for one in days} == {
        (midnight, Client.OK, 1),
        (midnight, Client.NONE, 1),
        (midnight + DAY, Client.NONE, 1),
    }
    assert len(await store.ledger.counts(Slice(since=NOW, until=NOW + 1))) == 1


async def test_names_that_visitors_make_up_are_bounded(store: Backend) -> None:
    made_up = [event(number, name=f"name {number}") for number in range(300)]
    await store.take(*made_up, event(300, name="jane@example.com"), event(301, name="n" * 500))
    found = await store.ledger.counts(Slice(since=0, until=FAR))
    assert sum(one.n for one in found) == 302
    assert len({one.name for one in found}) <= 201
    assert max(one.n for one in found if one.name == "(other)") >= 102
    assert not any("@" in one.name for one in found)


# Lanes


async def test_the_oldest_goes_first_and_no_lane_sees_another(store: Backend) -> None:
    other = Lane("acme", "A-2")
    await store.take(event(3), event(1), event(2, to="A-2"))
    assert await store.queue.lanes() == [LANE, other]
    assert keys(await store.lease(1)) == ["key-1"]
    assert keys(await store.lease(9)) == ["key-3"]
    got = await store.queue.lease(other, now=LATER, limit=9, for_ms=LEASE_MS)
    assert keys(got) == ["key-2"]
    nobody = Lane("acme", "A-9")
    assert await store.queue.lease(nobody, now=LATER, limit=9, for_ms=LEASE_MS) == []


async def test_a_lease_runs_out(store: Backend) -> None:
    await store.take(*beacons(2))
    assert len(await store.lease()) == 2
    assert await store.lease(now=LATER + LEASE_MS - 1) == []
    assert len(await store.lease(now=LATER + LEASE_MS)) == 2


async def test_concurrent_leases_never_give_the_same_beacon(store: Backend) -> None:
    await store.take(*beacons(40))
    leases = await asyncio.gather(*(store.lease(7) for _ in range(8)))
    rows = [one.row for lease in leases for one in lease]
    assert len(rows) == len(set(rows)) == 40


async def test_what_is_due_later_comes_forward_when_the_clock_was_set_back(
    store: Backend,
) -> None:
    await store.take(*beacons(2))
    first, _ = await store.lease()
    await store.queue.retry(
        [first.row], due_at=LATER + 5_000, reason=Reason.VENDOR_DOWN, message="503"
    )
    await store.queue.set_back(3_000, now=LATER)
    assert await store.lease(now=LATER + 1_999) == []
    assert [one.row for one in await store.lease(now=LATER + 2_000)] == [first.row]


async def test_released_beacons_are_due_at_once_and_retried_ones_later(store: Backend) -> None:
    await store.take(*beacons(2))
    first, second = await store.lease()
    await store.queue.release([first.row])
    await store.queue.retry(
        [second.row], due_at=LATER + 500, reason=Reason.TIMEOUT, message="no answer"
    )
    (again,) = await store.lease()
    assert (again.row, again.attempts) == (first.row, 0)
    assert await store.states() == {("", "queued", ""): 1, ("", "queued", "timeout"): 1}
    assert await store.lease(now=LATER + 499) == []
    (again,) = await store.lease(now=LATER + 500)
    assert (again.row, again.attempts) == (second.row, 1)


ENDS: list[tuple[Outcome, str, str, int]] = [
    (Accepted(), "accepted", "", 0),
    (Warned("odd"), "warned", "vendor_warning", 0),
    (Refused(Reason.BAD_EVENT, "no value"), "refused", "bad_event", 1),
    (Expired(Reason.TOO_OLD), "expired", "too_old", 1),
    (Withheld(Reason.WITHDRAWN), "withheld", "withdrawn", 0),
    (Recorded(validated=False), "recorded", "shadow", 0),
    (Recorded(validated=True), "validated", "shadow", 0),
]


@pytest.mark.parametrize(("outcome", "server", "reason", "dead"), ENDS)
async def test_settled_beacons_leave_the_lane(
    store: Backend, outcome: Outcome, server: str, reason: str, dead: int
) -> None:
    await store.take(event(1))
    await store.settle_all(outcome)
    assert await store.states() == {("", server, reason): 1}
    assert await store.states(by_day=True) == {("", server, reason): 1}
    assert await store.queue.lanes() == []
    assert await store.queue.backlog() == [Backlog(LANE, 0, 0, dead)]
    assert await store.lease(now=FAR) == []


async def test_settling_again_changes_nothing(store: Backend) -> None:
    await store.take(event(1))
    (leased,) = await store.lease()
    done = [Settled(leased.row, Accepted())]
    await store.queue.settle([*done, *done], now=LATER)
    await store.queue.settle([Settled(leased.row, Refused(Reason.BAD_EVENT))], now=LATER)
    assert await store.states() == {("", "accepted", ""): 1}
    assert await store.queue.backlog() == [Backlog(LANE, 0, 0, 0)]


@pytest.mark.parametrize(
    "outcome", [TryLater(Reason.TIMEOUT), Split(Reason.BAD_EVENT), Amend(("fbc",))]
)
async def test_what_is_no_end_cannot_be_settled(store: Backend, outcome: Outcome) -> None:
    await store.take(event(1))
    with pytest.raises(TypeError):
        await store.settle_all(outcome)
    assert await store.states() == {("", "queued", ""): 1}


async def test_a_pending_beacon_stays_with_its_ticket(store: Backend) -> None:
    await store.take(event(1))
    await store.settle_all(Pending("ticket-7", after_s=2.5))
    assert await store.states() == {("", "sent", "unconfirmed"): 1}
    assert await store.queue.backlog() == [Backlog(LANE, 1, NOW + 1, 0)]
    assert await store.lease(now=LATER + 2_499) == []
    (leased,) = await store.lease(now=LATER + 2_500)
    assert leased.ticket == "ticket-7"
    await store.queue.settle([Settled(leased.row, Accepted())], now=LATER + 3_000)
    assert await store.states() == {("", "accepted", ""): 1}


async def test_backlog_tells_what_waits_since_when(store: Backend) -> None:
    await store.take(event(5), event(2), event(9, to="A-2"))
    (leased, _) = await store.lease()
    await store.queue.retry([leased.row], due_at=FAR, reason=Reason.TIMEOUT, message="")
    assert await store.queue.backlog() == [
        Backlog(LANE, 2, NOW + 2, 0),
        Backlog(Lane("acme", "A-2"), 1, NOW + 9, 0),
    ]


async def test_a_clock_that_was_set_back_delays_nothing(store: Backend) -> None:
    await store.outbox.put([event(1, at=NOW + DAY)])
    await store.mover.move(now=LATER)
    assert len(await store.lease()) == 1


# Withdrawal


async def test_what_arrived_before_a_withdrawal_is_not_sent(store: Backend) -> None:
    await store.take(event(0, subject="jane", at=NOW - 5), event(1, subject="joe", at=NOW - 5))
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    assert keys(await store.lease()) == ["key-1"]
    assert await store.states() == {("", "withheld", "withdrawn"): 1, ("", "queued", ""): 1}
    assert await store.queue.backlog() == [Backlog(LANE, 1, NOW - 5, 0)]


async def test_what_arrives_after_it_is_sent(store: Backend) -> None:
    await store.outbox.put([event(0, subject="jane", at=NOW)], withdrawn=[JANE])
    await store.outbox.put([event(1, subject="jane", at=NOW + 1)])
    await store.mover.move(now=LATER)
    assert keys(await store.lease()) == ["key-1"]


async def test_withdrawal_reaches_what_waits_for_a_retry(store: Backend) -> None:
    await store.take(event(0, subject="jane"))
    (leased,) = await store.lease()
    await store.queue.retry([leased.row], due_at=LATER, reason=Reason.TIMEOUT, message="")
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    assert await store.lease() == []
    assert await store.states() == {("", "withheld", "withdrawn"): 1}


async def test_nobody_withdraws_for_beacons_without_a_subject(store: Backend) -> None:
    await store.take(event(0, subject="", at=NOW - 5))
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    assert len(await store.lease()) == 1


async def test_a_withdrawal_from_one_vendor_leaves_the_others(store: Backend) -> None:
    await store.take(event(0, subject="jane"), event(1, subject="jane", vendor="other", at=NOW))
    await store.outbox.put([], withdrawn=[Withdrawal("jane", "other")])
    await store.mover.move(now=LATER)
    assert keys(await store.lease()) == ["key-0"]
    other = Lane("other", "A-1")
    assert await store.queue.lease(other, now=LATER, limit=9, for_ms=LEASE_MS) == []
    assert await store.states() == {("", "withheld", "withdrawn"): 1, ("", "queued", ""): 1}


async def test_withdrawal_ends_what_waits_at_once_and_deletes_dead_letters(store: Backend) -> None:
    await store.take(event(0, subject="jane"), event(1, subject="joe"))
    await store.settle_all(Refused(Reason.BAD_EVENT))
    await store.take(event(2, subject="jane", at=NOW), event(3, to="A-9", subject="jane", at=NOW))
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    # No lane had to ask for them: that of an account which is not configured never does.
    assert await store.queue.lanes() == []
    assert await store.queue.backlog() == [
        Backlog(LANE, 0, 0, 1),
        Backlog(Lane("acme", "A-9"), 0, 0, 0),
    ]
    assert await store.states() == {
        ("", "withheld", "withdrawn"): 2,
        ("", "refused", "bad_event"): 2,
    }


async def test_what_is_being_sent_ends_as_its_lane_says_and_leaves_no_letter(
    store: Backend,
) -> None:
    await store.take(event(0, subject="jane"), event(1, subject="jane", at=NOW))
    first, second = await store.lease()
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    done = [Settled(first.row, Accepted()), Settled(second.row, Refused(Reason.BAD_EVENT))]
    await store.queue.settle(done, now=LATER)
    assert await store.states() == {("", "accepted", ""): 1, ("", "refused", "bad_event"): 1}
    assert await store.queue.backlog() == [Backlog(LANE, 0, 0, 0)]


# Retention

LIMITS = Retention(
    queue=3 * DAY, dead=30 * DAY, unreadable=30 * DAY, withdrawals=8 * DAY, twins=90 * DAY,
    hours=400 * DAY, days=775 * DAY, notes=403 * DAY,
)  # fmt: skip


async def purge(store: Backend, *, after: int) -> None:
    await store.keeping.purge(LIMITS, now=NOW + after)


async def test_nothing_is_deleted_before_its_time(store: Backend) -> None:
    await store.take(event(0), event(1), event(2, subject="jane", at=NOW))
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER)
    first, _ = await store.lease()
    await store.queue.settle([Settled(first.row, Refused(Reason.BAD_EVENT))], now=LATER)
    before = await store.queue.backlog(), await store.states(), await store.ledger.events()
    await purge(store, after=2 * DAY)
    after = await store.queue.backlog(), await store.states(), await store.ledger.events()
    assert after == before
    await store.outbox.put([event(3, subject="jane", at=NOW)])
    await store.mover.move(now=LATER)
    await purge(store, after=2 * DAY)
    assert "key-3" not in keys(await store.lease(now=NOW + 2 * DAY))


async def test_what_waits_too_long_expires_whatever_its_account(store: Backend) -> None:
    many = [event(n, to="A-gone", at=NOW) for n in range(600)]
    await store.take(*many, event(600, at=NOW + DAY))
    await purge(store, after=3 * DAY + 1)
    gone = Lane("acme", "A-gone")
    assert await store.queue.backlog() == [Backlog(LANE, 1, NOW + DAY, 0), Backlog(gone, 0, 0, 600)]
    assert await store.states() == {("", "expired", "too_old"): 600, ("", "queued", ""): 1}


async def test_what_is_being_sent_is_not_expired_meanwhile(store: Backend) -> None:
    await store.take(event(0))
    now = NOW + 4 * DAY
    (leased,) = await store.lease(now=now)
    await purge(store, after=4 * DAY)
    await store.queue.settle([Settled(leased.row, Accepted())], now=now)
    assert await store.states() == {("", "accepted", ""): 1}


async def test_dead_letters_go_after_their_time(store: Backend) -> None:
    await store.take(*beacons(3))
    await store.settle_all(Refused(Reason.BAD_EVENT))
    await purge(store, after=30 * DAY)
    assert await store.queue.backlog() == [Backlog(LANE, 0, 0, 3)]
    await purge(store, after=31 * DAY)
    assert await store.queue.backlog() == [Backlog(LANE, 0, 0, 0)]


async def test_dead_letters_are_found_by_what_is_asked(store: Backend) -> None:
    await store.take(*beacons(3), event(4, vendor="other", to="O-1"))
    await store.settle_all(Refused(Reason.BAD_EVENT, "no such event"))
    other = await store.queue.lease(Lane("other", "O-1"), now=LATER, limit=9, for_ms=LEASE_MS)
    await store.queue.settle([Settled(other[0].row, Expired(Reason.TOO_OLD))], now=LATER + 9)
    everything = await store.letters.find(Wanted())
    assert [one.lane.vendor for one in everything] == ["acme"] * 3 + ["other"]
    first = everything[0]
    assert (first.server, first.reason, first.message, first.ended) == (
        *(Server.REFUSED, Reason.BAD_EVENT, "no such event"),
        True,
    )
    assert first.beacon == event(0)
    for wanted, number in (
        (Wanted(vendor="other"), 1),
        (Wanted(account="A-1"), 3),
        (Wanted(reason="too_old"), 1),
        (Wanted(event=first.event), 1),
        (Wanted(event="x"), 0),
        (Wanted(since=LATER + 9), 1),
        (Wanted(since=LATER + 10), 0),
    ):
        assert len(await store.letters.find(wanted)) == number, wanted
    assert len(await store.letters.find(Wanted(), limit=2)) == 2
    assert await store.letters.find(Wanted(), after=everything[2].row) == everything[3:]


async def test_a_replayed_letter_is_sent_and_counted_once(store: Backend) -> None:
    await store.take(*beacons(2))
    await store.settle_all(Refused(Reason.BAD_EVENT))
    rows = [one.row for one in await store.letters.find(Wanted())]
    assert await store.letters.replay([rows[0], rows[0], 99], now=LATER + DAY) == 1
    assert await store.letters.replay(rows[:1], now=LATER + DAY) == 0
    assert await store.states() == {("", "queued", ""): 1, ("", "refused", "bad_event"): 1}
    assert await store.queue.backlog() == [Backlog(LANE, 1, NOW, 1)]
    (leased,) = await store.lease(now=LATER + DAY)
    assert (leased.beacon, leased.replayed_at, leased.attempts) == (event(0), LATER + DAY, 0)
    await store.queue.settle([Settled(leased.row, Accepted())], now=LATER + DAY)
    assert await store.states() == {("", "accepted", ""): 1, ("", "refused", "bad_event"): 1}
    assert await store.states(by_day=True) == await store.states()


async def test_a_replayed_letter_waits_as_long_as_a_new_event(store: Backend) -> None:
    await store.take(event(0))
    await store.settle_all(Expired(Reason.VENDOR_DOWN))
    rows = [one.row for one in await store.letters.find(Wanted())]
    assert await store.letters.replay(rows, now=NOW + 10 * DAY) == 1
    await purge(store, after=12 * DAY)
    assert await store.states() == {("", "queued", ""): 1}
    await purge(store, after=13 * DAY + 1)
    assert await store.states() == {("", "expired", "too_old"): 1}


async def test_no_letter_of_a_visitor_who_withdrew_comes_back(store: Backend) -> None:
    """The withdrawal may be entered before the letter is buried, or while it lies there."""
    await store.take(event(0, subject="jane"), event(1, subject="joe"))
    leased = await store.lease()
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER + 1)
    await store.queue.settle(
        [Settled(one.row, Refused(Reason.BAD_EVENT)) for one in leased], now=LATER + 2
    )
    rows = [one.row for one in await store.letters.find(Wanted())]
    assert await store.letters.replay([*rows, *(one.row for one in leased)], now=LATER + 3) == 1
    assert keys(await store.lease(now=LATER + 3)) == ["key-1"]


async def test_a_replayed_letter_is_barred_by_a_later_withdrawal(store: Backend) -> None:
    await store.take(event(0, subject="jane"))
    await store.settle_all(Refused(Reason.BAD_EVENT))
    rows = [one.row for one in await store.letters.find(Wanted())]
    assert await store.letters.replay(rows, now=LATER + DAY) == 1
    await store.outbox.put([], withdrawn=[JANE])
    await store.mover.move(now=LATER + DAY)
    assert await store.lease(now=LATER + DAY) == []
    assert await store.states() == {("", "withheld", "withdrawn"): 1}


async def test_events_go_with_their_traces_and_the_counts_stay(store: Backend) -> None:
    await store.take(*beacons(600), event(700, at=NOW + 50 * DAY))
    for _ in range(7):
        await store.settle_all(now=NOW + 51 * DAY)
    old = await store.ledger.events(limit=1, before=NOW + 1)
    await purge(store, after=91 * DAY)
    assert [one.at for one in await store.ledger.events()] == [NOW + 50 * DAY]
    assert await store.ledger.trace(old[0].id) is None
    assert await store.states() == {("", "accepted", ""): 601}
    await store.take(event(701, at=NOW + 91 * DAY))
    assert len({one.id for one in await store.ledger.events()}) == 2


async def test_counts_by_the_hour_go_before_those_by_the_day(store: Backend) -> None:
    late = NOW + 300 * DAY
    await store.outbox.put([], [Note("acme", "A-1", "purchase", "late")])
    await store.take(event(0, client_keys=1), event(1, at=NOW + HOUR), event(2, at=late))
    await store.settle_all(now=late)
    await purge(store, after=401 * DAY)
    assert [one.at for one in await store.ledger.counts(Slice(since=0, until=FAR))] == [
        late - late % HOUR
    ]
    assert sum((await store.states(by_day=True)).values()) == 3
    assert await store.notes() == {}
    assert await store.ledger.coverage(Slice(since=0, until=FAR)) == []
    assert (await store.facts())[What.TOTAL] == 1
    assert sum(one.n for one in await store.ledger.latency(Slice(since=0, until=FAR))) == 1
    await purge(store, after=776 * DAY)
    assert await store.states(by_day=True) == {("", "accepted", ""): 1}


# Ledger


async def test_notes_add_up(store: Backend) -> None:
    note = Note("acme", "A-1", "purchase", "refused")
    other = Note("", "", "", "bad_request")
    await store.outbox.put([event(1)], [note, note, other])
    await store.outbox.put([event(2)], [note])
    await store.mover.move(now=LATER)
    assert await store.ledger.notes(Slice(since=NOW, until=FAR)) == [
        NoteCount("", "", "", "bad_request", 1),
        NoteCount("acme", "A-1", "purchase", "refused", 3),
    ]
    assert await store.ledger.notes(Slice(since=NOW + HOUR, until=FAR)) == []


async def test_sightings_add_up_and_go_with_the_daily_counts(store: Backend) -> None:
    first, later = Sighting(20_000, "ios", 0), Sighting(20_001, "ios", 8)
    for one in (first, first, later):
        store.outbox.count(one)
    await store.take(event(1))
    store.outboxes[1].count(first)
    await store.outboxes[1].put([event(2)])
    await store.mover.move(now=LATER)
    assert await store.ledger.returns(since=0) == [ReturnCount(first, 3), ReturnCount(later, 1)]
    assert await store.ledger.returns(since=20_001) == [ReturnCount(later, 1)]
    assert await store.notes() == {}
    await purge(store, after=20_001 * DAY + 775 * DAY - NOW)
    assert await store.ledger.returns(since=0) == [ReturnCount(later, 1)]


async def test_coverage_counts_match_keys_on_both_paths(store: Backend) -> None:
    client, server = MatchKey.IP | MatchKey.BROWSER_ID, MatchKey.IP | MatchKey.EMAIL
    await store.take(
        event(1, client_keys=int(client), server_keys=int(server), origin=Origin.COPY),
        event(2, server_keys=int(MatchKey.IP)),
    )
    # The second copy of one event adds only what was not known.
    await store.take(event(1, client_keys=int(MatchKey.IP | MatchKey.PHONE), origin=Origin.COPY))
    assert await store.ledger.coverage(Slice(since=0, until=FAR)) == [
        Coverage("acme", "A-1", "purchase", "client", "phone", 1),
        Coverage("acme", "A-1", "purchase", "client", "browser_id", 1),
        Coverage("acme", "A-1", "purchase", "client", "ip", 1),
        Coverage("acme", "A-1", "purchase", "server", "email", 1),
        Coverage("acme", "A-1", "purchase", "server", "ip", 2),
    ]


async def test_latency_counts_from_arrival_to_acceptance(store: Backend) -> None:
    await store.take(*(event(number, at=NOW) for number in range(4)))
    ends = [
        (80, Accepted()),
        (200, Warned("")),
        (300_000_000, Accepted()),
        (80, Recorded(validated=True)),
    ]
    for (took, outcome), leased in zip(ends, await store.lease(), strict=True):
        await store.queue.settle([Settled(leased.row, outcome)], now=NOW + took)
    assert await store.ledger.latency(Slice(since=0, until=FAR)) == [
        Latency("acme", "A-1", "purchase", NOW, 100, 1),
        Latency("acme", "A-1", "purchase", NOW, 200, 1),
        Latency("acme", "A-1", "purchase", NOW, -1, 1),
    ]
    took = {one.id: one.accepted_ms for one in await store.ledger.events()}
    assert sorted(took.values(), key=str) == [200, 300_000_000, 80, None]


async def test_facts_tell_made_keys(store: Backend) -> None:
    await store.take(event(1, key_made=True), event(2))
    assert await store.facts(by_day=True) == {What.TOTAL: 2, What.MADE: 1}


COPY = {"origin": Origin.COPY, "client": Client.OK, "subject": "jane"}
BACKEND = {"origin": Origin.BACKEND}


async def test_pairs_by_how_their_vendor_counts_them(store: Backend) -> None:
    late = NOW + 7_200_000
    await store.take(
        event(1, **COPY),  # accepted below, in time
        event(2, **COPY, key_made=True),
        event(3, origin=Origin.COPY, client=Client.FAILED),
        event(4, **COPY, withheld=Reason.BOT),
        event(5, **COPY, to="second"),
    )
    await store.settle_all()
    await store.take(event(6, vendor="forgetful", **COPY))
    (leased,) = await store.queue.lease(Lane("forgetful", "A-1"), now=late, limit=9, for_ms=1)
    await store.queue.settle([Settled(leased.row, Accepted())], now=late)
    facts = await store.facts()
    pairs = {what: n for what, n in facts.items() if what.value.startswith("pair_")}
    assert pairs == {What.PAIR_ONCE: 1, What.PAIR_MISSING: 1, What.PAIR_LATE: 1}


async def test_a_pair_of_which_the_browsers_request_is_heard_later(store: Backend) -> None:
    await store.take(event(1, **BACKEND), event(2, vendor="forgetful", **BACKEND))
    await store.settle_all()
    (leased,) = await store.queue.lease(Lane("forgetful", "A-1"), now=LATER, limit=9, for_ms=1)
    await store.queue.settle([Settled(leased.row, Accepted())], now=LATER)
    await store.take(
        event(1, **COPY, at=NOW + 50_000), event(2, vendor="forgetful", **COPY, at=NOW + 90_000)
    )
    facts = await store.facts()
    assert (facts[What.PAIR_ONCE], facts[What.PAIR_LATE]) == (1, 1)


async def test_shadow_forecasts_how_pairs_would_be_counted(store: Backend) -> None:
    await store.take(event(1, **COPY), event(2, **COPY, key_made=True))
    await store.settle_all(Recorded(validated=False))
    facts = await store.facts()
    assert (facts[What.WOULD_ONCE], facts[What.WOULD_MISSING]) == (1, 1)


ORDERS = [
    # how the order comes again, changed keys
    ({"event_key": "7731"}, 1),
    ({"event_key": "7731", "name": "refund"}, 0),
    ({"event_key": "7731", "order": "7732"}, 0),
    ({"event_key": "7731", "order": ""}, 0),
    ({"event_key": "7731", "at": NOW + 8 * DAY}, 0),
    ({}, 0),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("again", "changed"), ORDERS)
async def test_an_order_under_another_key_is_counted_twice(
    store: Backend, again: dict[str, object], changed: int, *, together: bool
) -> None:
    await store.outbox.put([event(1, **COPY, order="7731")])
    if not together:
        await store.mover.move(now=LATER)
    await store.outbox.put(
        [event(2, **{"event_key": "key-1", "order": "7731", **BACKEND, **again})]
    )
    await store.mover.move(now=LATER)
    assert (await store.facts()).get(What.PAIR_CHANGED, 0) == changed


async def test_a_key_that_comes_again_with_another_amount_names_two_events(store: Backend) -> None:
    for amount in (5, 5, 7, 0):
        await store.take(event(1, **COPY, amount=amount, currency="EUR"))
    await store.take(event(1, **BACKEND, amount=9, currency="EUR"))
    facts = await store.facts()
    assert (facts[What.REUSED], facts[What.REPEATED], facts[What.JOINED]) == (1, 3, 1)


async def test_examples_are_events_whose_trace_is_kept(store: Backend) -> None:
    await store.take(event(1, key_made=True), event(2))
    (made,) = [one for one in await store.ledger.facts(Slice(0, FAR)) if one.what is What.MADE]
    trace = await store.ledger.trace(made.example)
    assert trace is not None
    await purge(store, after=91 * DAY)
    kept = await store.ledger.facts(Slice(0, FAR))
    assert {one.example for one in kept if one.what is What.MADE} == {""}


async def test_what_events_are_worth_moves_with_their_state(store: Backend) -> None:
    told = {"amount": 499_000, "currency": "EUR"}
    await store.take(
        event(1, **COPY, **told),
        event(2, origin=Origin.COPY, client=Client.FAILED, amount=10_000, currency="EUR"),
        event(3, **BACKEND, **told),
        event(4, **COPY),
    )
    await store.settle_all()
    await store.take(event(3, **COPY, amount=500_000, currency="EUR", at=NOW + 9))
    for by_day in (False, True):
        rows = await store.ledger.worth(Slice(0, FAR, by_day))
        states = {
            (row.state[0], row.state[1], row.currency): (row.n, row.client, row.server)
            for row in rows
        }
        assert states == {
            (Client.OK, Server.ACCEPTED, "EUR"): (2, 999_000, 998_000),
            (Client.FAILED, Server.ACCEPTED, "EUR"): (1, 10_000, 10_000),
        }


async def test_a_held_visitor_is_never_served_whoever_tells_the_event(store: Backend) -> None:
    held = {**COPY, "withheld": Reason.HOLDOUT, "arm": "held"}
    await store.take(event(1, **held), event(1, **BACKEND))
    await store.take(event(1, **BACKEND))
    await store.take(event(2, **COPY, arm="treated"), event(3, **BACKEND))
    await store.take(event(3, **held))  # too late to be kept from it
    await store.settle_all()
    assert {one.arm for one in await store.ledger.events()} == {"held", "treated"}
    arms = await store.ledger.arms(Slice(0, FAR))
    assert {(one.arm, one.client, one.server): one.n for one in arms} == {
        (Arm.HELD, Client.OK, Server.WITHHELD): 1,
        (Arm.HELD, Client.OK, Server.ACCEPTED): 1,
        (Arm.TREATED, Client.OK, Server.ACCEPTED): 1,
    }


async def test_signs_of_robots_are_counted(store: Backend) -> None:
    await store.take(event(1, bot=100, bot_signs=5, withheld=Reason.BOT), event(2, bot_signs=4))
    facts = await store.facts()
    assert (facts[What.SUSPECT], facts[What.SAYS_SO], facts[What.BARE]) == (2, 1, 2)
    listed = await store.ledger.events()
    assert {(one.bot, one.signs) for one in listed} == {(100, 5), (0, 4)}


async def test_a_slice_is_of_one_account(store: Backend) -> None:
    await store.take(event(1), event(2, account="A-2", to="A-2"), event(3, vendor="other"))
    one = Slice(0, FAR, vendor="acme", account="A-2")
    assert [(row.vendor, row.account) for row in await store.ledger.counts(one)] == [
        ("acme", "A-2")
    ]
    assert [row.n for row in await store.ledger.overview(one)] == [1]
    assert len(await store.ledger.overview(Slice(0, FAR, vendor="acme"))) == 2


async def test_an_overview_puts_all_names_together(store: Backend) -> None:
    await store.take(event(1), event(2, name="lead"), event(3, at=NOW + HOUR))
    rows = await store.ledger.overview(Slice(0, FAR))
    assert [(row.at, row.name, row.n) for row in rows] == [(0, "", 3)]


@pytest.mark.parametrize(
    ("outcome", "server"),
    [(Accepted(), 3), (Recorded(validated=False), 3), (Refused(Reason.BAD_EVENT), 0)],
)
async def test_courses_tell_of_both_paths_by_the_hour(
    store: Backend, outcome: Outcome, server: int
) -> None:
    failed = {"origin": Origin.COPY, "client": Client.FAILED}
    await store.take(event(1, **COPY), event(2, name="lead", **COPY), event(3, **failed))
    await store.settle_all(outcome)
    await store.take(event(4, at=NOW + HOUR))
    both = 2 if server else 0
    assert await store.ledger.courses(Slice(0, FAR)) == [
        Course(NOW, "acme", "A-1", total=3, browser=2, server=server, both=both),
        Course(NOW + HOUR, "acme", "A-1", total=1, browser=0, server=0, both=0),
    ]


async def test_events_are_listed_newest_first_and_by_pages(store: Backend) -> None:
    await store.take(*beacons(5), event(9, vendor="other", withheld=Reason.CONSENT))
    page = await store.ledger.events(limit=2)
    assert [one.at for one in page] == [NOW + 9, NOW + 4]
    page = await store.ledger.events(limit=2, before=page[-1].at)
    assert [one.at for one in page] == [NOW + 3, NOW + 2]
    assert [one.at for one in await store.ledger.events(vendor="other")] == [NOW + 9]
    (one,) = await store.ledger.events(server="withheld")
    assert (one.vendor, one.account, one.to, one.name) == ("other", "A-1", "A-1", "purchase")
    assert (one.origin, one.reason) == (Origin.PIXEL, Reason.CONSENT)
    assert await store.ledger.events(vendor="acme", server="withheld") == []


async def test_a_trace_shows_the_way_and_no_one(store: Backend) -> None:
    fields_ = {"email": "hash", "page": "https://shop.example/thanks?mail=x", "value": 5}
    await store.take(event(1, fields=fields_, shape="POST form"))
    (leased,) = await store.lease()
    done = Settled(leased.row, Warned("odd value"), call="the call", reply="the reply")
    await store.queue.settle([done], now=LATER)
    (listed,) = await store.ledger.events()
    trace = await store.ledger.trace(listed.id)
    assert trace is not None
    assert trace.event == listed
    assert (
        trace.fields == '{"email":"<4 characters>","page":"https://shop.example/thanks","value":5}'
    )
    assert (trace.shape, trace.call, trace.reply) == ("POST form", "the call", "the reply")
    assert trace.message == "odd value"
    assert trace.verdict == "analytics and marketing (explicit): test"


@pytest.mark.parametrize("unknown", ["", "x", "-1", "1 OR 1", "99", "9" * 400, "²"])
async def test_there_is_no_trace_of_an_unknown_event(store: Backend, unknown: str) -> None:
    await store.take(event(1))
    assert await store.ledger.trace(unknown) is None


# Whatever the order


@st.composite
def arrivals(draw: st.DrawFn) -> list[Beacon]:
    one = st.builds(
        event,
        st.integers(0, 5),
        origin=st.sampled_from(Origin),
        client=st.sampled_from(Client),
        withheld=st.sampled_from([Reason.NONE, Reason.NONE, Reason.CONSENT]),
        at=st.integers(NOW, NOW + 2 * DAY),
        client_keys=st.integers(0, 511),
        key_made=st.booleans(),
        amount=st.sampled_from([0, 499_000, 10_000]),
        currency=st.sampled_from(["EUR", "USD"]),
        order=st.sampled_from(["", "7731"]),
        arm=st.sampled_from(Arm),
    )
    return draw(st.lists(one, min_size=1, max_size=12))


@settings(max_examples=25)
@given(
    came=arrivals(),
    ends=st.lists(
        st.sampled_from([Accepted(), Refused(Reason.BAD_EVENT), Pending("t", 0)]), max_size=6
    ),
    moves=st.dictionaries(st.integers(0, 12), st.integers(0, 25), max_size=6),
    refused=st.integers(0, 3),
)
@pytest.mark.parametrize("name", BACKENDS)
def test_counts_add_up_whatever_comes_in_whatever_order(
    name: str, came: list[Beacon], ends: list[Outcome], moves: dict[int, int], refused: int
) -> None:
    async def run(folder: Path) -> None:
        async with BACKENDS[name](folder) as store:
            notes = [Note("acme", "A-1", "lead", "consent")] * refused
            for place, beacon in enumerate(came):
                await store.outboxes[place % 2].put([beacon], notes if place == 0 else ())
                if place in moves:
                    await cut_off(store, turns=moves[place])
                    await store.mover.move(now=FAR)
            await cut_off(store, turns=len(came))
            await store.mover.move(now=FAR)
            for outcome, leased in zip(ends, await store.lease(now=FAR), strict=False):
                await store.queue.settle([Settled(leased.row, outcome)], now=FAR)
            await check_sums(store, came, ends)
            told = await store.notes()
            assert told.get(("lead", "consent"), 0) == refused

    with TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def cut_off(store: Backend, *, turns: int) -> None:
    """Begin to move and break off after some turns of the loop, wherever that is."""
    async with asyncio.TaskGroup() as group:
        moving = group.create_task(store.mover.move(now=FAR))
        for _ in range(turns):
            await asyncio.sleep(0)
        moving.cancel()


async def check_sums(store: Backend, came: list[Beacon], ends: list[Outcome]) -> None:
    events = {one.event_key for one in came}
    sendable = {one.event_key for one in came if not one.withheld}
    for by_day in (False, True):
        states = await store.states(by_day=by_day)
        assert sum(states.values()) == len(events)
        withheld = sum(n for (_, server, _), n in states.items() if server == "withheld")
        assert withheld == len(events) - len(sendable)
    listed = await store.ledger.events()
    assert tally((one.client, one.server, one.reason) for one in listed) == states
    facts = await store.facts()
    assert facts[What.TOTAL] == len(events)
    further = (What.REPEATED, What.JOINED, What.IMPROVED)
    assert facts[What.TOTAL] + sum(facts.get(what, 0) for what in further) == len(came)
    drawn = sum(one.n for one in await store.ledger.arms(Slice(0, FAR)))
    assert drawn == len({one.event_key for one in came if one.arm})
    ended = ends[: len(sendable)]
    gone = [one for one in ended if not isinstance(one, Pending)]
    dead = [one for one in ended if isinstance(one, Refused)]
    backlog = await store.queue.backlog()
    assert sum(one.waiting for one in backlog) == len(sendable) - len(gone)
    assert sum(one.dead for one in backlog) == len(dead)


def tally(states: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for state in states:
        found[state] = found.get(state, 0) + 1
    return found
