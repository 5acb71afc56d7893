import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

ALL = (
    "consentid:Qk1hcGxlVHJlZQ==,consent:yes,action:yes,necessary:yes,functional:no,"
    "analytics:yes,performance:no,advertisement:yes,other:no"
)
NAME = "cookieyes-consent="
AUDIENCE = ALL.replace("advertisement:yes", "advertisement:no")
NONE = AUDIENCE.replace("analytics:yes", "analytics:no").replace("consent:yes", "consent:no")

EXAMPLES = Examples(granted=NAME + ALL, denied=NAME + NONE, analytics=NAME + AUDIENCE)


# Cookies seen on sites, and CookieYes's page on its cookies, read 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (NAME + encoded(ALL), BOTH, True),
        (NAME + encoded(encoded(ALL)), BOTH, True),
        (NAME + ALL.replace("action:yes", "action:"), BOTH, False),
        (NAME + ALL.replace("consent:yes", "consent:no"), NEITHER, True),
        (NAME + ALL + ",lastRenewedDate:1793613600000", BOTH, True),
        (NAME + "consentid:x,consent:yes,action:yes,necessary:yes", NOTHING, True),
        (f"{NAME}{ALL}; {NAME}{AUDIENCE}", ANALYTICS, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("cookieyes", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)
    assert said.decided_at is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yes",
        "analytics:yes,advertisement:yes",
        ALL.replace("advertisement:yes", "advertisement:true"),
        ALL.replace("advertisement:yes", "advertisement:yes,advertisement:yes"),
        ALL.replace("advertisement:yes", "advertisement:"),
        ALL.replace(":yes", "=yes"),
        ALL.replace(",", ";x"),
        ALL.replace(",", ", "),
        ALL + ",",
        ALL + ",x",
        "{" + ALL + "}",
        encoded(encoded(encoded(ALL))),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookieyes", NAME + value))
    assert ask("cookieyes", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_a_sites_own_categories() -> None:
    own = Groups(analytics=("analytics", "performance"), marketing=("advertisement",))
    assert says(ask("cookieyes", EXAMPLES.granted, own)) == (Say.DENIED, Say.GRANTED)
    absent = Groups(analytics=("statistics",), marketing=("advertisement",))
    assert says(ask("cookieyes", EXAMPLES.granted, absent)) == (Say.UNKNOWN, Say.GRANTED)
