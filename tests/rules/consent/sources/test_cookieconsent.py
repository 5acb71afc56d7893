import pytest

from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    BOTH,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    is_broken,
    says,
)

NAME = "cookieconsent_status="
# One answer for everything: analytics alone cannot be allowed.
EXAMPLES = Examples(granted=f"{NAME}allow", denied=f"{NAME}deny", analytics=f"{NAME}deny")


# Its source code (osano/cookieconsent 3.1), read 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (f"{NAME}dismiss", NOTHING, False),
        (f"{NAME}allow; {NAME}deny", NEITHER, True),
        (f"{NAME}allow; {NAME}dismiss", NOTHING, False),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("cookieconsent", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


@pytest.mark.parametrize("value", ["", "Allow", "allowed", "true", "1", "%61llow", "allow%20"])
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookieconsent", NAME + value))
    assert ask("cookieconsent", NAME + OVERSIZED).error is Fault.OVERSIZED
