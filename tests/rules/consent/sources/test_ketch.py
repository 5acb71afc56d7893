import json
from base64 import b64encode

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

NAME = "_ketch_consent_v1_="


def plain(analytics: object, marketing: object) -> str:
    told = {
        "analytics": {"status": analytics, "canonicalPurposes": ["analytics"]},
        "behavioral_advertising": {"status": marketing},
        "essential_services": {"status": "granted"},
    }
    return json.dumps(told, separators=(",", ":"))


def cookie(text: str) -> str:
    return NAME + b64encode(text.encode()).decode()


EXAMPLES = Examples(
    granted=cookie(plain("granted", "granted")),
    denied=cookie(plain("denied", "denied")),
    analytics=cookie(plain("granted", "denied")),
    counts=False,
)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (NAME + encoded(EXAMPLES.granted.removeprefix(NAME)), BOTH),
        (cookie('{"essential_services":{"status":"granted"}}'), NOTHING),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("ketch", header)
    assert (says(said), said.explicit, said.error) == (expected, False, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        plain("Granted", "granted"),
        plain(True, True),  # noqa: FBT003 - JSON's own
        plain(["granted"], "granted"),
        '{"analytics":"granted"}',
        '{"analytics":{}}',
        plain("granted", "granted")[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    assert is_broken(ask("ketch", cookie(text)))
    assert ask("ketch", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_renamed_groups() -> None:
    own = Groups(analytics=("essential_services",), marketing=("targeted_advertising",))
    assert says(ask("ketch", EXAMPLES.denied, own)) == (Say.GRANTED, Say.UNKNOWN)
