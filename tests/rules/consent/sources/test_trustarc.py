import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    NEITHER,
    OVERSIZED,
    Examples,
    answer,
    ask,
    is_broken,
    says,
)

EXPRESSED = "notice_behavior=expressed,eu"


def cookies(zero: str, one: str, highest: str) -> str:
    return (
        f"{EXPRESSED}; notice_preferences={highest}; notice_gdpr_prefs={zero}; "
        f"cmapi_gtm_bl=; cmapi_cookie_privacy={one}"
    )


EXAMPLES = Examples(
    granted=cookies("0,1,2:1a8b5228dd7ff071", "permit 1,2,3", "2:"),
    denied=cookies("0:", "permit 1 required", "0:"),
    analytics=cookies("0,1:", "permit 1,2", "1:"),
)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (cookies("0|1|2:", "permit_1|2|3", "2:"), BOTH, True),
        (cookies("0%2C1%2C2%3A", "permit%201%2C2%2C3", "2%3A"), BOTH, True),
        (cookies("0%252C1%252C2%253A", "permit 1,2,3", "2:"), BOTH, True),
        (f"{EXPRESSED}; notice_gdpr_prefs=0,1,2:", BOTH, True),
        (f"{EXPRESSED}; cmapi_cookie_privacy=permit 1,2", ANALYTICS, True),
        (f"{EXPRESSED}; notice_preferences=1:", ANALYTICS, True),
        (f"{EXPRESSED}; notice_gdpr_prefs=0,2:", (Say.DENIED, Say.GRANTED), True),
        ("notice_behavior=implied,us; notice_gdpr_prefs=0,1,2:", BOTH, False),
        ("notice_behavior=implied,eu; notice_gdpr_prefs=0::implied,eu", NEITHER, False),
        ("notice_gdpr_prefs=0,1,2:", BOTH, False),
        (cookies("0,1,2:", "permit 1", "2:"), NEITHER, True),
        (cookies("0,1,2:", "permit 1,2,3", "0:"), NEITHER, True),
        (f"{EXAMPLES.granted}; notice_gdpr_prefs=0,1:", ANALYTICS, True),
        (f"{EXAMPLES.granted}; notice_behavior=implied,eu", BOTH, False),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("trustarc", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


@pytest.mark.parametrize(
    "header",
    [
        "notice_gdpr_prefs=",
        "notice_gdpr_prefs=0,1,2",
        "notice_gdpr_prefs=0,,2:",
        "notice_gdpr_prefs=0,1,2:x y",
        "notice_gdpr_prefs=0-2:",
        "notice_gdpr_prefs=a:",
        "cmapi_cookie_privacy=permit",
        "cmapi_cookie_privacy=1,2,3",
        "cmapi_cookie_privacy=Permit 1,2,3",
        "cmapi_cookie_privacy=permit 1,2,3 4",
        "notice_preferences=2",
        "notice_preferences=22:",
        "notice_gdpr_prefs=0,1,2:; notice_behavior=maybe",
        "notice_gdpr_prefs=0,1,2:; notice_preferences=all",
    ],
)
def test_what_cannot_be_read_is_an_error(header: str) -> None:
    assert is_broken(ask("trustarc", header))
    assert is_broken(ask("trustarc", f"notice_preferences={OVERSIZED}"), Fault.OVERSIZED)
    many = "; ".join(["notice_preferences=2:"] * 17)
    assert is_broken(ask("trustarc", many), Fault.COPIES)


def test_a_sites_own_levels() -> None:
    own = Groups(analytics=("2",), marketing=("3",))
    four = f"{EXPRESSED}; notice_gdpr_prefs=0,1,2,3:"
    assert says(ask("trustarc", four, own)) == BOTH
    assert says(ask("trustarc", EXAMPLES.granted, own)) == ANALYTICS


def test_the_behavior_alone_says_nothing() -> None:
    assert answer("trustarc", EXPRESSED) is None
