import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
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

NAME = "TC_PRIVACY="
OWN = Groups(analytics=("2",), marketing=("3", "10001"))
ENDS = DECIDED + 180 * 86_400_000
TIMES = f"{DECIDED},{DECIDED},{ENDS}"


def plain(status: str, categories: str) -> str:
    return f"{status}@007|2|2|224|114|5380@{categories}@@{TIMES}@_v8AAAAAAAAAAAD-CgAA"


EXAMPLES = Examples(
    granted=NAME + encoded(plain("0", "1,2,3,10001")),
    denied=NAME + encoded(plain("1", "")),
    analytics=NAME + encoded(plain("0", "1,2")),
    groups=OWN,
)


# Commanders Act's knowledge base, "Consent cookie", read 2026-11-24; cookies seen on sites.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (NAME + plain("0", "2,3"), ANALYTICS),
        (NAME + plain("1", "2,3,10001"), NEITHER),
        (NAME + plain("0", ""), NEITHER),
        (NAME + encoded(encoded(plain("0", "2,3,10001"))), BOTH),
        (f"{NAME}0@019@2,3,10001@1@{DECIDED}@", BOTH),
        (f"{NAME}1@003@@@{DECIDED}@", NEITHER),
        (NAME + "0@064@ALL@", NOTHING),
        (NAME + "1@064@ALL@", NEITHER),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("commandersact", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, True, None)


def test_the_times_are_told() -> None:
    said = ask("commandersact", EXAMPLES.granted, OWN)
    assert (said.decided_at, said.expires_at) == (DECIDED, ENDS)


def test_without_a_map_it_says_nothing() -> None:
    assert says(ask("commandersact", EXAMPLES.granted)) == NOTHING


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "2@007@2,3@@",
        "0@007@2;3@@",
        "0@@2,3@@",
        "0@007@2,3",
        "0@007@2,,3@@",
        "0@007@2,3@@17936136@",
        f"0@007@2,3@@{DECIDED},{DECIDED}@",
        f"0@007@2,3@@{TIMES}",
        f"0@007@2,3@@{TIMES}@a b",
        f"0@007@2,3@@{TIMES}@x@y",
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("commandersact", NAME + value, OWN))
    assert ask("commandersact", NAME + OVERSIZED, OWN).error is Fault.OVERSIZED
