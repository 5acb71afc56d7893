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

NAME = "cookiefirst-consent="


def plain(performance: object, advertising: object, **given: object) -> str:
    told = {
        "necessary": True,
        "performance": performance,
        "functional": False,
        "advertising": advertising,
        "timestamp": DECIDED // 1000,
        "type": "category",
        "version": "7ff7db62-4f82-4346-af4a-421f8a8bf045",
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(*, analytics: bool, marketing: bool) -> str:
    return NAME + encoded(plain(analytics, marketing))


EXAMPLES = Examples(
    granted=cookie(analytics=True, marketing=True),
    denied=cookie(analytics=False, marketing=False),
    analytics=cookie(analytics=True, marketing=False),
)
ALL = plain(True, True)  # noqa: FBT003 - JSON's own


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (NAME + ALL, BOTH),
        (NAME + encoded(encoded(ALL)), BOTH),
        (NAME + plain(True, True, timestamp=DECIDED_ISO), BOTH),  # noqa: FBT003
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("cookiefirst", header)
    assert (says(said), said.explicit, said.error) == (expected, True, None)
    assert said.decided_at == DECIDED


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "true",
        ALL[:-1],
        plain("true", True),  # noqa: FBT003
        plain(1, 1),
        plain(True, True, timestamp=None),  # noqa: FBT003
        plain(True, True, timestamp="yesterday"),  # noqa: FBT003
        ALL.replace('"advertising"', '"advertising":false,"advertising"'),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookiefirst", NAME + value))
    assert ask("cookiefirst", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_renamed_groups() -> None:
    own = Groups(analytics=("functional",), marketing=("advertising", "absent"))
    assert says(ask("cookiefirst", EXAMPLES.granted, own)) == (Say.DENIED, Say.UNKNOWN)
    assert says(ask("cookiefirst", EXAMPLES.granted, Groups())) == NOTHING
