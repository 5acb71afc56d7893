"""Where an outcome leaves an event, and how long acceptance took."""

from bisect import bisect_left

from firsthand.model import (
    Accepted,
    Expired,
    Outcome,
    Pending,
    Reason,
    Recorded,
    Refused,
    Sent,
    Server,
    Warned,
    Withheld,
)

BUCKETS_MS = (
    *(50, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000),
    *(60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000),
    *(21_600_000, 86_400_000, 259_200_000),
)
"""Upper bounds; rows that were counted by other bounds can be added up with these."""
BEYOND = -1
"""The bucket without an upper bound."""

ENDS_DEAD = frozenset({Server.REFUSED, Server.EXPIRED, Server.DEAD})
ENDS_ACCEPTED = frozenset({Server.ACCEPTED, Server.WARNED})


_STATES: dict[type[Outcome], Server] = {
    Accepted: Server.ACCEPTED,
    Warned: Server.WARNED,
    Refused: Server.REFUSED,
    Expired: Server.EXPIRED,
    Withheld: Server.WITHHELD,
    Recorded: Server.RECORDED,
    Pending: Server.SENT,
    Sent: Server.SENT,
}


def server_state(outcome: Outcome) -> tuple[Server, Reason]:
    """Return state and reason of an event that ended so. Raises ``TypeError`` if that is no end."""
    state = _STATES.get(type(outcome))
    if state is None:
        raise TypeError(f"{type(outcome).__name__} ends no event")
    if isinstance(outcome, Recorded) and outcome.validated:
        state = Server.VALIDATED
    return state, outcome.reason


def bucket(ms: int) -> int:
    """Return the upper bound of the histogram bucket that ``ms`` falls into."""
    place = bisect_left(BUCKETS_MS, ms)
    return BUCKETS_MS[place] if place < len(BUCKETS_MS) else BEYOND
