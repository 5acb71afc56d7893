import json

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

NAME = "CookieScriptConsent="


def plain(action: object, categories: object, **given: object) -> str:
    told = {
        "bannershown": 1,
        "action": action,
        "consenttime": DECIDED // 1000,
        "categories": categories,
        "key": "99a8bf43-ba89-444c-9333-2971c53e72a6",
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(action: str, *categories: str) -> str:
    return NAME + encoded(plain(action, json.dumps(categories)))


EXAMPLES = Examples(
    granted=cookie("accept", "targeting", "performance", "functionality"),
    denied=cookie("reject"),
    analytics=cookie("accept", "performance"),
)
EVERY = '["targeting","performance"]'


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (NAME + plain("accept", EVERY), BOTH, True),
        (NAME + encoded(encoded(plain("accept", EVERY))), BOTH, True),
        (NAME + plain("reject", EVERY), NEITHER, True),
        (NAME + plain("close", EVERY), NOTHING, False),
        (NAME + plain("", EVERY), NOTHING, False),
        (NAME + '{"action":"accept"}', NEITHER, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("cookiescript", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_the_time_is_that_of_the_answer() -> None:
    assert ask("cookiescript", EXAMPLES.granted).decided_at == DECIDED


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        plain(None, EVERY),
        plain("accept", ["targeting"]),
        plain("accept", "targeting"),
        plain("accept", '{"targeting":true}'),
        plain("accept", "[[]]"),
        plain("accept", "[" * 900),
        plain("accept", EVERY, consenttime="now"),
        plain("accept", EVERY, consenttime=DECIDED),
        plain("accept", EVERY)[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookiescript", NAME + encoded(value)))
    assert ask("cookiescript", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_renamed_groups() -> None:
    own = Groups(analytics=("performance", "unclassified"), marketing=("targeting",))
    assert says(ask("cookiescript", EXAMPLES.granted, own)) == (Say.DENIED, Say.GRANTED)


def test_the_decided_time_may_be_missing() -> None:
    told = json.loads(plain("accept", EVERY))
    del told["consenttime"]
    said = ask("cookiescript", NAME + json.dumps(told))
    assert (says(said), said.decided_at) == (BOTH, None)
