import json

import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    DECIDED,
    DECIDED_ISO,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

NAME = "CookieInformationConsent="


def plain(approved: object, denied: object, **given: object) -> str:
    told = {
        "website_uuid": "806ef00f-64ee-4fb7-b3f1-11cf4b723213",
        "timestamp": DECIDED_ISO,
        "consent_url": "https://shop.example.com/",
        "consent_website": "shop.example.com",
        "consent_domain": "shop.example.com",
        "user_uid": "66a92362-5c54-4d89-b7d9-75e3918b6c0d",
        "consents_approved": approved,
        "consents_denied": denied,
        "user_agent": "Mozilla/5.0",
    } | given
    return json.dumps(told, separators=(",", ":"))


EVERY = ["cookie_cat_necessary", "cookie_cat_statistic", "cookie_cat_marketing"]


def cookie(approved: list[str]) -> str:
    return NAME + encoded(plain(approved, [name for name in EVERY if name not in approved]))


EXAMPLES = Examples(granted=cookie(EVERY), denied=cookie(EVERY[:1]), analytics=cookie(EVERY[:2]))


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (NAME + plain(EVERY, []), BOTH),
        (NAME + encoded(encoded(plain(EVERY, []))), BOTH),
        (NAME + plain(EVERY, EVERY), NEITHER),
        (NAME + plain(EVERY[:2], []), (Say.GRANTED, Say.UNKNOWN)),
        (NAME + plain([], []), NOTHING),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("cookie_information", header)
    assert (says(said), said.explicit, said.error) == (expected, True, None)
    assert said.decided_at == DECIDED


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        plain("cookie_cat_marketing", []),
        plain(EVERY, "cookie_cat_marketing"),
        plain([["cookie_cat_marketing"]], []),
        plain(None, []),
        plain(EVERY, [], timestamp=""),
        plain(EVERY, [], timestamp=DECIDED),
        plain(EVERY, [])[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookie_information", NAME + encoded(value)))
    assert ask("cookie_information", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_renamed_groups() -> None:
    own = Groups(analytics=("cookie_cat_functional",), marketing=("cookie_cat_marketing",))
    assert says(ask("cookie_information", EXAMPLES.granted, own)) == (Say.UNKNOWN, Say.GRANTED)
