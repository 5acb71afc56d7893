import pytest

from firsthand.sandbox.meta import ROLE
from firsthand.sandbox.role import Answer, Event, Way
from firsthand.sandbox.stand_in import KEPT, Hangs, Says, Seen, StandIn
from tests.sandbox.asking import MakeAsk


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn(ROLE)


@pytest.mark.parametrize(
    ("way", "shelf"),
    [
        (Way.BEACON, "beacons"),
        (Way.CALL, "calls"),
        (Way.PROBE, "probes"),
        (Way.SCRIPT, "scripts"),
        (Way.OTHER, "others"),
    ],
)
def test_requests_are_kept_by_kind(
    stand_in: StandIn, make_ask: MakeAsk, way: Way, shelf: str
) -> None:
    seen = Seen(way, make_ask(), 200)
    stand_in.note(seen)
    assert getattr(stand_in, shelf) == [seen]


def test_only_events_of_the_api_count_as_taken(stand_in: StandIn, make_ask: MakeAsk) -> None:
    event = Event("1", "Lead", "k", {"ev": "Lead"})
    stand_in.note(Seen(Way.BEACON, make_ask(), 200, b"", (event,)))
    assert stand_in.events == []
    assert stand_in.pixel_events == [event]
    stand_in.note(Seen(Way.CALL, make_ask(), 200, b"", (event,)))
    assert stand_in.events == [event]


def test_a_beacon_shows_its_first_event(make_ask: MakeAsk) -> None:
    event = Event("1", "Lead", "k", {"ev": "Lead"})
    assert Seen(Way.BEACON, make_ask(query="a=b"), 200, b"", (event,)).params == {"ev": "Lead"}
    assert Seen(Way.CALL, make_ask(query="a=b"), 200).params == {"a": "b"}


def test_misbehaviour_lasts_as_long_as_told(stand_in: StandIn) -> None:
    fault = Says(Answer(500))
    stand_in.misbehave(fault, times=2)
    assert stand_in.next_fault(Way.BEACON) is None
    assert [stand_in.next_fault(Way.CALL) for _ in range(3)] == [fault, fault, None]


def test_misbehaviour_without_number_lasts_until_it_is_ended(stand_in: StandIn) -> None:
    stand_in.misbehave(Hangs())
    assert [stand_in.next_fault(Way.CALL) for _ in range(3)] == [Hangs()] * 3
    stand_in.behave()
    assert stand_in.next_fault(Way.CALL) is None


def test_only_the_newest_are_kept(stand_in: StandIn, make_ask: MakeAsk) -> None:
    for number in range(KEPT + 2):
        stand_in.calls.append(Seen(Way.CALL, make_ask(at=number), 200))
    stand_in.note(Seen(Way.CALL, make_ask(at=-1), 200))
    assert (len(stand_in.calls), stand_in.calls[-1].ask.at) == (KEPT, -1)


def test_reset_forgets_everything(stand_in: StandIn, make_ask: MakeAsk) -> None:
    stand_in.note(Seen(Way.CALL, make_ask(), 200, b"", (Event("1", "Lead", "", {}),)))
    stand_in.limit_rate()
    stand_in.reset()
    assert (stand_in.calls, stand_in.events) == ([], [])
    assert stand_in.next_fault(Way.CALL) is None


def test_misbehaviour_of_every_so_many_requests(stand_in: StandIn) -> None:
    stand_in.misbehave(Hangs(), every=3, times=2)
    met = [stand_in.next_fault(Way.CALL) for _ in range(12)]
    assert [place for place, fault in enumerate(met, 1) if fault] == [3, 6]
