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

OWN = Groups(analytics=("matomo",), marketing=("meta", "tiktok"))


def cookie(matomo: str, meta: str, tiktok: str) -> str:
    return "klaro=" + encoded(f'{{"matomo":{matomo},"meta":{meta},"tiktok":{tiktok}}}')


EXAMPLES = Examples(
    granted=cookie("true", "true", "true"),
    denied=cookie("false", "false", "false"),
    analytics=cookie("true", "false", "false"),
    groups=OWN,
)


# Klaro's source code (kiprotect/klaro), read 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (cookie("true", "true", "false"), ANALYTICS),
        ('klaro={"matomo":true,"meta":true,"tiktok":true}', BOTH),
        ("klaro=" + encoded(EXAMPLES.granted.removeprefix("klaro=")), BOTH),
        ('klaro={"matomo":true,"meta":true}', (Say.GRANTED, Say.UNKNOWN)),
        ('klaro={"other":true}', NOTHING),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("klaro", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, True, None)


def test_without_a_map_it_says_nothing() -> None:
    assert says(ask("klaro", EXAMPLES.granted)) == NOTHING


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "true",
        "[true]",
        '{"meta":"true"}',
        '{"meta":1}',
        '{"meta":null}',
        '{"meta":{"x":true}}',
        '{"meta":false,"meta":true}',
        '{"meta":true}}',
        '{"meta":NaN}',
        '{"a":' * 900,
        encoded(encoded(encoded('{"meta":true}'))),
        "%ff" + encoded('{"meta":true}'),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("klaro", f"klaro={value}", OWN))
    assert ask("klaro", f"klaro={OVERSIZED}", OWN).error is Fault.OVERSIZED
