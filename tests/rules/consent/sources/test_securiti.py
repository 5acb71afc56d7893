import json

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

NAME = "__privaci_cookie_consents="
OWN = Groups(analytics=("147",), marketing=("148", "150"))


def plain(consents: object, **given: object) -> str:
    told = {
        "consents": consents,
        "location": "BE#DE",
        "lang": "de",
        "gpcInBrowserOnConsent": False,
        "gpcStatusInPortalOnConsent": False,
        "status": "record-consent-success",
        "implicit_consent": False,
    } | given
    return json.dumps(told, separators=(",", ":"))


def chosen(analytics: object, marketing: object) -> dict[str, object]:
    return {"145": 1, "147": analytics, "148": marketing, "150": marketing}


EXAMPLES = Examples(
    granted=NAME + plain(chosen(1, 1)),
    denied=NAME + plain(chosen(0, 0)),
    analytics=NAME + plain(chosen(1, 0)),
    groups=OWN,
)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (NAME + encoded(plain(chosen(1, 1))), BOTH, True),
        (NAME + encoded(encoded(plain(chosen(1, 1)))), BOTH, True),
        (NAME + plain(chosen(1, 2)), ANALYTICS, True),
        (NAME + plain({"145": 1}), NOTHING, True),
        (NAME + plain(chosen(1, 1), implicit_consent=True), BOTH, False),
        (NAME + '{"consents":{"147":1,"148":1,"150":1},"lang":"pt-br"}', BOTH, False),
        (NAME + plain(chosen(1, 1), gpcInBrowserOnConsent=True), ANALYTICS, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("securiti", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_without_a_map_it_says_nothing() -> None:
    assert says(ask("securiti", EXAMPLES.granted)) == NOTHING


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        plain([1, 2]),
        plain(chosen("1", "1")),
        plain(chosen(True, True)),  # noqa: FBT003 - JSON's own
        plain(chosen(1, None)),
        plain(chosen(1, 1))[:-1],
        '{"consents":{"148":0,"148":1}}',
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("securiti", NAME + value, OWN))
    assert ask("securiti", NAME + OVERSIZED, OWN).error is Fault.OVERSIZED
