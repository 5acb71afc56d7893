import re

import pytest

from firsthand.rules.holding import Seen, hold
from firsthand.rules.keeper import Kept
from firsthand.vendor import IdCookie, Mint
from firsthand.vendors.google_ads.cookies import COOKIES
from tests.factories import NOW

ROWS = {row.name: row for row in COOKIES}
MINT = Mint(click="EAIaQob-_1", at=NOW, labels=2, draw=5)


# Formats: gtag.js of 2026-01 in Chromium; FP*: what a tagging server's conversion linker sets.
VALUES = [
    ("_gcl_aw", "GCL.1795000000.EAIaQob-_1", "EAIaQob-_1"),
    ("_gcl_aw", "1.1795000000.EAIaQob-_1", "EAIaQob-_1"),
    ("_gcl_aw", "GCL.1795000000.EAIaQob-_1.lab-1.lab2", "EAIaQob-_1"),
    ("_gcl_gb", "GCL.1795000000.CjgK_x", "CjgK_x"),
    ("_gcl_dc", "GCL.1795000000.CjgK_x", "CjgK_x"),
    ("_gcl_ag", "2.1.k0AAAA-b$i1795000000", "0AAAA-b"),
    ("_gcl_ag", "2.1.k0AAAA-b$i1795000000$u3$bZZ", "0AAAA-b"),
    ("FPGCLAW", "2.1.kEAIaQob-_1$i1795000000$u1", "EAIaQob-_1"),
    ("FPGCLGB", "2.1.kCjgK_x$i1795000000", "CjgK_x"),
    ("FPGCLAG", "2.1.k0AAAA-b$i1795000000", "0AAAA-b"),
]


@pytest.mark.parametrize(("name", "value", "click"), VALUES)
def test_the_click_is_taken_out(name: str, value: str, click: str) -> None:
    row = ROWS[name]
    assert re.fullmatch(row.pattern, value)
    assert row.to_field(value) == click
    assert row.click_of is None or row.click_of(value) == click


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_gcl_aw", "GCL.1795000000."),
        ("_gcl_aw", "GCL.x.EAIaQob"),
        ("_gcl_aw", "GCL.1795000000.a;b"),
        ("_gcl_ag", "2.1.k$i1795000000"),
        ("_gcl_ag", "GCL.1795000000.x"),
        ("_gcl_au", "1.1.x.y"),
        ("FPGCLAW", "EAIaQob"),
    ],
)
def test_what_is_malformed_is_left_alone(name: str, value: str) -> None:
    assert not re.fullmatch(ROWS[name].pattern, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_gcl_aw", "GCL.1795514400.EAIaQob-_1"),
        ("_gcl_gb", "GCL.1795514400.EAIaQob-_1"),
        ("_gcl_ag", "2.1.kEAIaQob-_1$i1795514400"),
        ("_gcl_gs", "2.1.kEAIaQob-_1$i1795514400"),
    ],
)
def test_a_cookie_is_made_from_a_click(name: str, value: str) -> None:
    mint = ROWS[name].mint
    assert mint is not None
    assert mint(MINT) == value
    assert re.fullmatch(ROWS[name].pattern, value)


def test_the_browsers_own_id_is_kept_and_never_made() -> None:
    row = ROWS["_gcl_au"]
    assert re.fullmatch(row.pattern, "1.1.336759441.1795497149")
    assert re.fullmatch(row.pattern, "1.1.336759441.1795497149.88.1795497150")
    assert (row.mint, row.field, row.restore) == (None, "", True)


def test_cookies_of_a_tagging_server_are_not_written() -> None:
    assert all(not row.restore for name, row in ROWS.items() if name.startswith("FP"))


def held(row: IdCookie, value: str) -> Kept | None:
    seen = Seen({row.name: (value,)}, {}, {}, {}, "example.com", mints=True, now=NOW, digest=b"x")
    found = hold(row.name, row, seen, [])
    return found.kept if found else None


@pytest.mark.parametrize(
    ("name", "value"), [("_gcl_aw", "GCL.{}.EAIaQob-_1"), ("_gcl_ag", "2.1.k0AAAA-b$i{}")]
)
def test_a_click_counts_for_ninety_days_from_the_click(name: str, value: str) -> None:
    day = 86_400
    fresh = held(ROWS[name], value.format(NOW // 1000 - 89 * day))
    assert fresh is not None
    assert fresh.since == NOW - 89 * day * 1000
    assert held(ROWS[name], value.format(NOW // 1000 - 91 * day)) is None
