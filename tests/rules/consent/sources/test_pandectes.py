import json
from base64 import b64encode

import pytest

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

NAME = "_pandectes_gdpr="


def plain(status: object, refused: object, **given: object) -> str:
    told = {
        "country": {"code": "ES", "state": "AN", "detected": 1731515986},
        "status": status,
        "timestamp": DECIDED // 1000,
        "preferences": refused,
        "id": "6734d660250df40335cbfb9d",
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(status: object, refused: object, **given: object) -> str:
    return NAME + b64encode(plain(status, refused, **given).encode()).decode()


EXAMPLES = Examples(
    granted=cookie("allow", 0), denied=cookie("deny", 7), analytics=cookie("mixed", 4)
)


# Cookies and readers of them seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (cookie("mixed", 2), (Say.DENIED, Say.GRANTED), True),
        (cookie("mixed", 1), BOTH, True),
        (cookie("deny", 0), NEITHER, True),
        (cookie("allow", 6), NEITHER, True),
        (cookie("", None, timestamp=None), NOTHING, False),
        (cookie("dismiss", 0), NOTHING, True),
        (cookie("dismiss", 4), (Say.UNKNOWN, Say.DENIED), True),
        (NAME + encoded(EXAMPLES.granted.removeprefix(NAME)), BOTH, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("pandectes", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_the_time_is_that_of_the_answer() -> None:
    assert ask("pandectes", EXAMPLES.granted).decided_at == DECIDED


@pytest.mark.parametrize(
    ("status", "refused", "given"),
    [
        (None, 0, {}),
        (True, 0, {}),
        ("allow", None, {}),
        ("allow", "0", {}),
        ("allow", False, {}),
        ("allow", -1, {}),
        ("allow", 8, {}),
        ("allow", 0, {"timestamp": None}),
        ("allow", 0, {"timestamp": DECIDED}),
    ],
)
def test_what_cannot_be_read_is_an_error(
    status: object, refused: object, given: dict[str, object]
) -> None:
    assert is_broken(ask("pandectes", cookie(status, refused, **given)))
    assert is_broken(ask("pandectes", NAME + "garbage"))
    assert ask("pandectes", NAME + OVERSIZED).error is Fault.OVERSIZED
