import pytest

from firsthand.model import (
    Accepted,
    Amend,
    Expired,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Sent,
    Server,
    Split,
    TryLater,
    Warned,
    Withheld,
)
from firsthand.rules.outcomes import BEYOND, bucket, server_state

STATES: list[tuple[Outcome, Server, Reason]] = [
    (Accepted(), Server.ACCEPTED, Reason.NONE),
    (Warned("x"), Server.WARNED, Reason.VENDOR_WARNING),
    (Refused(Reason.BAD_EVENT), Server.REFUSED, Reason.BAD_EVENT),
    (Expired(Reason.TOO_OLD), Server.EXPIRED, Reason.TOO_OLD),
    (Withheld(Reason.WITHDRAWN), Server.WITHHELD, Reason.WITHDRAWN),
    (Sent(), Server.SENT, Reason.RELAYED),
    (Recorded(validated=False), Server.RECORDED, Reason.SHADOW),
    (Recorded(validated=True), Server.VALIDATED, Reason.SHADOW),
    (Pending("t", 1), Server.SENT, Reason.UNCONFIRMED),
]


@pytest.mark.parametrize(("outcome", "server", "reason"), STATES)
def test_outcomes_have_states(outcome: Outcome, server: Server, reason: Reason) -> None:
    assert server_state(outcome) == (server, reason)


@pytest.mark.parametrize("outcome", [TryLater(Reason.DNS), Split(Reason.BAD_EVENT), Amend(("a",))])
def test_what_asks_for_more_is_no_end(outcome: Outcome) -> None:
    with pytest.raises(TypeError, match=type(outcome).__name__):
        server_state(outcome)


@pytest.mark.parametrize(
    ("ms", "bound"),
    [(0, 50), (50, 50), (51, 100), (259_200_000, 259_200_000), (259_200_001, BEYOND)],
)
def test_buckets(ms: int, bound: int) -> None:
    assert bucket(ms) == bound
