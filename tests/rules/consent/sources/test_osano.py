import json

import pytest

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

NAME = "osano_consentmanager="


def cookie(analytics: str, marketing: str, opt_out: str = "DENY") -> str:
    told = {
        "ANALYTICS": analytics,
        "MARKETING": marketing,
        "PERSONALIZATION": "DENY",
        "STORAGE": "ACCEPT",
        "ESSENTIAL": "ACCEPT",
        "OPT_OUT": opt_out,
    }
    return NAME + encoded(json.dumps(told, separators=(",", ":")))


EXAMPLES = Examples(
    granted=cookie("ACCEPT", "ACCEPT"),
    denied=cookie("DENY", "DENY"),
    analytics=cookie("ACCEPT", "DENY"),
    counts=False,
)


# Osano's categories: documentation of its JavaScript API, read 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (cookie("ACCEPT", "ACCEPT", opt_out="ACCEPT"), ANALYTICS),
        (NAME + encoded(EXAMPLES.granted.removeprefix(NAME)), BOTH),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_plain_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("osano", header)
    assert (says(said), said.explicit, said.error) == (expected, False, None)


@pytest.mark.parametrize("value", ["Zx1y" * 20, "Zx1_-.y" * 12 + "==", encoded("Zx1/+y" * 9 + "=")])
def test_an_encrypted_cookie_says_nothing_and_stops_nobody(value: str) -> None:
    said = ask("osano", NAME + value)
    assert (says(said), said.error, said.notes) == (NOTHING, None, ("encrypted",))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ACCEPT",
        "{}",
        '{"ANALYTICS":"accept"}',
        '{"ANALYTICS":true}',
        '{"ANALYTICS":["ACCEPT"]}',
        '{"MARKETING":"DENY","MARKETING":"ACCEPT"}',
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("osano", NAME + value))
    assert ask("osano", NAME + OVERSIZED).error is Fault.OVERSIZED
