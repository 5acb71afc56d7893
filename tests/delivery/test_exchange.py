import pytest

from firsthand.delivery.exchange import judged, told, unsent
from firsthand.errors import SendFailed
from firsthand.model import Accepted, Reason, Refused, Reply, Split, TryLater
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.delivery.acme import judge, make_beacon

BEACONS = [make_beacon(number=1), make_beacon(number=2)]


def test_judgement_passes() -> None:
    reply = Reply(200, {}, b'{"result": "taken"}', 1)
    assert judged(judge, reply, BEACONS) == [Accepted(), Accepted()]


def test_a_judge_that_fails_parks_its_events_and_tells_the_place_only() -> None:
    first, second = judged(judge, Reply(200, {}, b'{"crash": true}', 1), BEACONS)
    assert first == second
    assert isinstance(first, Refused)
    assert first.reason is Reason.FAULT
    assert first.message.startswith("ZeroDivisionError in judge (acme.py:")
    assert "jane" not in first.message


def test_a_judge_that_miscounts_is_a_fault() -> None:
    outcomes = judged(judge, Reply(200, {}, b'{"odd": true}', 1), BEACONS)
    assert [one.reason for one in outcomes] == [Reason.FAULT] * 2


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.key)
@pytest.mark.parametrize("status", [429, 503])
def test_every_vendor_is_waited_for(vendor: Vendor, status: int) -> None:
    reply = Reply(status, {"retry-after": "7"}, b"{}", 1)
    found = judged(vendor.judge, reply, [make_beacon(number=1)])[0]
    assert isinstance(found, TryLater)
    assert found.after_s == 7


def test_told_of_an_exception_that_was_never_raised() -> None:
    assert told(ValueError("x")) == "ValueError"


def test_what_was_not_sent_is_tried_again_over_or_halved() -> None:
    told = {reason: unsent(SendFailed(reason, "why")) for reason in Reason}
    assert told[Reason.FAULT] == Refused(Reason.FAULT, "why")
    assert told[Reason.READABLE] == Split(Reason.READABLE, "why")
    assert told[Reason.TIMEOUT] == TryLater(Reason.TIMEOUT, "why")
