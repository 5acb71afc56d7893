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

NAME = "tarteaucitron="
OWN = Groups(analytics=("gtag",), marketing=("facebookpixel", "linkedin"))


def plain(gtag: str, pixel: str, linkedin: str) -> str:
    return f"!gtag={gtag}!facebookpixel={pixel}!linkedin={linkedin}!youtube=wait"


EXAMPLES = Examples(
    granted=NAME + plain("true", "true", "true"),
    denied=NAME + plain("false", "false", "false"),
    analytics=NAME + plain("true", "false", "false"),
    groups=OWN,
)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (NAME + plain("true", "true", "false"), ANALYTICS, True),
        (NAME + plain("wait", "wait", "wait"), NOTHING, False),
        (NAME + plain("true", "true", "wait"), (Say.GRANTED, Say.UNKNOWN), True),
        (NAME + "!gtag=true", (Say.GRANTED, Say.UNKNOWN), True),
        (NAME + "!id=a5c8-f1d1!gtag=true!", (Say.GRANTED, Say.UNKNOWN), True),
        (NAME + encoded(plain("true", "true", "true").replace("!", "%21")), BOTH, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("tarteaucitron", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_without_a_map_it_says_nothing() -> None:
    assert says(ask("tarteaucitron", EXAMPLES.granted)) == NOTHING


@pytest.mark.parametrize(
    "value",
    [
        "",
        "!",
        "true",
        "gtag=true",
        "!gtag",
        "!gtag=",
        "!gtag=yes",
        "!gtag=true!gtag=true",
        "!gtag=true!facebookpixel=false!facebookpixel=true",
        "!gtag=true !linkedin=true",
        "!gtag=true!!",
        "!gtag=true!x=<script>",
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("tarteaucitron", NAME + value, OWN))
    assert ask("tarteaucitron", NAME + OVERSIZED, OWN).error is Fault.OVERSIZED
