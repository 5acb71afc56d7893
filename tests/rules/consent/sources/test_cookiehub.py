import json
from base64 import b64encode

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

NAME = "cookiehub="


def plain(categories: object, **given: object) -> str:
    told = {
        "answered": True,
        "revision": 1,
        "dnt": False,
        "allowSale": True,
        "implict": False,
        "region": "",
        "token": "31i2TIzqEYcsxa6A",
        "timestamp": DECIDED_ISO,
        "allAllowed": False,
        "categories": categories,
        "vendors": [],
        "services": [],
    } | given
    return json.dumps(told, separators=(",", ":"))


def category(name: str, value: object) -> dict[str, object]:
    return {"cid": 1, "id": name, "value": value, "preconsent": False, "fired": False}


def chosen(*, analytics: bool, marketing: bool) -> list[dict[str, object]]:
    return [
        category("necessary", True),  # noqa: FBT003 - JSON's own
        category("analytics", analytics),
        category("marketing", marketing),
    ]


def cookie(text: str) -> str:
    return NAME + b64encode(text.encode()).decode()


EXAMPLES = Examples(
    granted=cookie(plain(chosen(analytics=True, marketing=True))),
    denied=cookie(plain(chosen(analytics=False, marketing=False))),
    analytics=cookie(plain(chosen(analytics=True, marketing=False))),
)
EVERYTHING = plain([], allAllowed=True)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (cookie(EVERYTHING), BOTH, True),
        (cookie(plain([])), NEITHER, True),
        (NAME + encoded(cookie(EVERYTHING).removeprefix(NAME)), BOTH, True),
        (cookie(plain([], allAllowed=True, implict=True)), BOTH, False),
        (cookie(plain([], allAllowed=True, implicit=True)), BOTH, False),
        (cookie(plain([], allAllowed=True, answered=False)), BOTH, False),
        (cookie(plain([], allAllowed=True, allowSale=False)), ANALYTICS, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("cookiehub", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)
    assert said.decided_at == DECIDED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        plain(None),
        plain({"marketing": True}),
        plain(["marketing"]),
        plain([category("marketing", 1)]),
        plain([category("marketing", False), category("marketing", True)]),  # noqa: FBT003
        plain([], allAllowed="true"),
        plain([], allAllowed=True, timestamp=None),
        EVERYTHING[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    assert is_broken(ask("cookiehub", cookie(text)))
    assert ask("cookiehub", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_renamed_groups_and_the_number_of_the_text() -> None:
    own = Groups(analytics=("statistics",), marketing=("marketing",))
    assert says(ask("cookiehub", EXAMPLES.granted, own)) == (Say.DENIED, Say.GRANTED)
    newer = Groups(analytics=("analytics",), marketing=("marketing",), version=2)
    assert says(ask("cookiehub", EXAMPLES.granted, newer)) == NOTHING
