"""What is left of an event that ended: a count, and how its visitor stood."""

import pytest

from firsthand.model import Note, Origin, Reason, Verdict
from firsthand.rules.ended import end
from firsthand.rules.standing import Choice, Stand
from firsthand.vendors import VENDORS
from tests.factories import make_reading
from tests.samples import PIXEL, shop

NOBODY = Verdict(analytics=False, marketing=False, explicit=False)
META = VENDORS["meta"]
ACCOUNT = shop().accounts["meta", PIXEL]


@pytest.mark.parametrize(
    ("reason", "origin", "choice"),
    [
        (Reason.CONSENT, Origin.PIXEL, Choice(Stand.UNDECIDED, "none", "/thanks")),
        (Reason.AGGREGATE_ONLY, Origin.COPY, Choice(Stand.UNDECIDED, "none", "/thanks")),
        (Reason.CONSENT, Origin.BACKEND, None),
        (Reason.MIRROR, Origin.PIXEL, None),
    ],
)
def test_a_choice_is_told_of_events_that_ended_for_consent(
    reason: Reason, origin: Origin, choice: Choice | None
) -> None:
    found = end(META, ACCOUNT, make_reading(name="Purchase"), NOBODY, reason, origin)
    assert found.note == Note("meta", PIXEL, "Purchase", reason)
    assert found.choice == choice


def test_public_input_is_not_told() -> None:
    reading = make_reading(name="jane@example.com", account="jane")
    found = end(META, None, reading, NOBODY, Reason.UNKNOWN_ACCOUNT, Origin.PIXEL)
    assert found.note == Note("meta", "", "(custom)", "unknown_account")
