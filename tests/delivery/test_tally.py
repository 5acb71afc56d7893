from firsthand.delivery.tally import Spread, Tally
from firsthand.model import Accepted, Expired, Reason, Recorded, Refused, Warned
from firsthand.rules.outcomes import BUCKETS_MS
from tests.delivery.acme import make_beacon


def test_ends_are_counted_by_state_and_reason() -> None:
    tally = Tally()
    beacon = make_beacon(at=1_000)
    for outcome in (
        Accepted(),
        Accepted(Reason.UNCONFIRMED),
        Warned("odd"),
        Refused(Reason.BAD_EVENT),
        Refused(Reason.BAD_EVENT, "another text"),
        Expired(Reason.TOO_OLD),
        Recorded(validated=True),
    ):
        tally.end(beacon, outcome, now=1_250)
    assert {key[2:]: n for key, n in tally.ended.items()} == {
        ("accepted", ""): 1,
        ("accepted", "unconfirmed"): 1,
        ("warned", Warned("odd").reason.value): 1,
        ("refused", "bad_event"): 2,
        ("expired", "too_old"): 1,
        ("validated", Recorded(validated=True).reason.value): 1,
    }
    assert {key[:2] for key in tally.ended} == {("acme", "A-1")}
    took = tally.took["acme"]
    assert (sum(took.counts), took.total_ms) == (3, 750)
    assert took.counts[BUCKETS_MS.index(300)] == 3


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    tally = Tally()
    tally.end(make_beacon(at=5_000), Accepted(), now=1_000)
    assert tally.took["acme"].total_ms == 0


def test_tries_in_vain_are_counted_by_their_cause() -> None:
    tally = Tally()
    for reason in (Reason.TIMEOUT, Reason.TIMEOUT, Reason.RATE_LIMIT):
        tally.again(make_beacon(), reason)
    assert tally.retried == {("acme", "A-1", "timeout"): 2, ("acme", "A-1", "rate_limit"): 1}


def test_a_bound_belongs_to_its_bucket() -> None:
    spread = Spread()
    for ms in (0, BUCKETS_MS[0], BUCKETS_MS[0] + 1, BUCKETS_MS[-1] + 1):
        spread.add(ms)
    assert (spread.counts[0], spread.counts[1], spread.counts[-1]) == (2, 1, 1)
