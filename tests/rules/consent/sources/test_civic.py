import json

import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    DAY_MS,
    DECIDED,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

NAME = "CookieControl="


def plain(optional: object, **given: object) -> str:
    told = {
        "necessaryCookies": [],
        "optionalCookies": optional,
        "statement": {},
        "consentDate": DECIDED,
        "consentExpiry": 90,
        "interactedWith": True,
        "user": "11111111-2222-3333-4444-555555555555",
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(analytics: str, marketing: str) -> str:
    """Write the cookie as Civic does by default: JSON as it is."""
    return NAME + plain({"analytics": analytics, "marketing": marketing})


EVERY = {"analytics": "accepted", "marketing": "accepted"}
EXAMPLES = Examples(
    granted=cookie("accepted", "accepted"),
    denied=cookie("revoked", "revoked"),
    analytics=cookie("accepted", "revoked"),
)


# Civic's Cookie Control documentation, read 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (NAME + encoded(plain(EVERY)), BOTH, True),
        (NAME + encoded(encoded(plain(EVERY))), BOTH, True),
        (NAME + plain({}), NOTHING, True),
        (NAME + plain({"analytics": "accepted"}), (Say.GRANTED, Say.UNKNOWN), True),
        (NAME + plain(EVERY, interactedWith=False), BOTH, False),
        (NAME + plain(EVERY, interactedWith=1), BOTH, False),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("civic", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)
    assert (said.decided_at, said.expires_at) == (DECIDED, DECIDED + 90 * DAY_MS)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "true",
        plain([]),
        plain({"marketing": "Accepted"}),
        plain({"marketing": True}),
        plain({"marketing": ["accepted"]}),
        plain(EVERY, consentDate="2026-11-02"),
        plain(EVERY, consentDate=DECIDED // 1000),
        plain(EVERY, consentDate=None),
        plain(EVERY, consentExpiry="90"),
        plain(EVERY)[:-1],
        plain(EVERY).replace('"marketing"', '"marketing":"revoked","marketing"'),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("civic", NAME + value))
    assert ask("civic", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_a_sites_own_names() -> None:
    own = Groups(analytics=("performance",), marketing=("ads",))
    mine = NAME + plain({"performance": "accepted", "ads": "revoked"})
    assert says(ask("civic", mine, own)) == ANALYTICS
