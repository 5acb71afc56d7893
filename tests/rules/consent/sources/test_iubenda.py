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
    answer,
    ask,
    encoded,
    is_broken,
    says,
)

NAME = "_iub_cs-12345678"


def value(**given: object) -> str:
    told = {"timestamp": DECIDED_ISO, "version": "1.99.0"} | given
    told |= {"id": 12345678, "cons": {"rand": "ab12cd"}}
    return encoded(json.dumps(told, separators=(",", ":")))


def purposes(*, analytics: bool, marketing: bool) -> str:
    told = {"1": True, "2": False, "3": False, "4": analytics, "5": marketing}
    return f"{NAME}={value(purposes=told)}"


EXAMPLES = Examples(
    granted=purposes(analytics=True, marketing=True),
    denied=purposes(analytics=False, marketing=False),
    analytics=purposes(analytics=True, marketing=False),
)
US = f"{NAME}-uspr="


# iubenda's help pages on purposes, read 2026-11-20; cookies seen in public code of sites.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (f"{NAME}={value(consent=True)}", BOTH, True),
        (f"{NAME}={value(consent=False)}", NEITHER, True),
        (f"{NAME}={value(purposes={'1': True, '4': True})}", (Say.GRANTED, Say.UNKNOWN), True),
        (NAME + "=%7B%22id%22%3A12345678%7D", NOTHING, False),
        (f"{NAME}={encoded(value(consent=True))}", BOTH, True),
        (EXAMPLES.granted + "; " + EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.granted + f"; _iub_cs-87654321={value(consent=False)}", NEITHER, True),
        (EXAMPLES.granted + f"; {NAME}-granular=x", BOTH, True),
        (EXAMPLES.granted + f'; {US}{{"s":true,"sh":false,"adv":true}}', ANALYTICS, True),
        (f'{US}{{"s":true,"sh":true,"adv":true}}', NOTHING, True),
        (f'{US}{{"adv":false}}', (Say.UNKNOWN, Say.DENIED), True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("iubenda", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_the_time_is_that_of_the_answer() -> None:
    assert ask("iubenda", EXAMPLES.granted).decided_at == DECIDED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "true",
        "{}",
        '{"purposes":{"4":true,"5":true}}',
        value(purposes=[4, 5]),
        value(purposes={"4": True, "5": "true"}),
        value(purposes={"4": True, "5": 1}),
        value(consent="true"),
        value(consent=True, timestamp="2026-11-02"),
        value(consent=True, timestamp=None),
        value(consent=True)[:-3],
        '{"id":1,"consent":false,"consent":true}',
    ],
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    assert is_broken(ask("iubenda", f"{NAME}={text}"))
    assert ask("iubenda", f"{NAME}={OVERSIZED}").error is Fault.OVERSIZED


@pytest.mark.parametrize("text", ["", "{}", '{"s":1}', '{"x":true}', "null"])
def test_a_broken_objection_is_an_error(text: str) -> None:
    assert ask("iubenda", f"{EXAMPLES.granted}; {US}{text}").error is Fault.MALFORMED


def test_other_cookies_of_that_name_say_nothing() -> None:
    assert answer("iubenda", f"{NAME}-granular=x; _iub_cs-s123=y") is None


def test_a_sites_own_purposes() -> None:
    own = Groups(analytics=("3", "4"), marketing=("5",))
    assert says(ask("iubenda", EXAMPLES.granted, own)) == (Say.DENIED, Say.GRANTED)
