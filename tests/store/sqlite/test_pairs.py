from dataclasses import replace

import pytest

from firsthand.store.rollups import What
from firsthand.store.sqlite.pairs import Dedups, Pair, verdict

DAY = 86_400_000
PAIR = Pair("acme", "purchase", one_account=True, made=False, client="ok", server="accepted")
DEDUPS = Dedups({"acme": 2 * DAY}, {"ga": frozenset({"purchase"})})

CASES = [
    ({}, What.PAIR_ONCE),
    ({"server": "warned"}, What.PAIR_ONCE),
    ({"apart_ms": 2 * DAY}, What.PAIR_ONCE),
    ({"apart_ms": 2 * DAY + 1}, What.PAIR_LATE),
    ({"vendor": "silent", "apart_ms": 99 * DAY}, What.PAIR_ONCE),  # no window is known
    ({"made": True}, What.PAIR_MISSING),
    ({"made": True, "apart_ms": 9 * DAY}, What.PAIR_MISSING),
    ({"server": "recorded"}, What.WOULD_ONCE),
    ({"server": "validated", "made": True}, What.WOULD_MISSING),
    ({"vendor": "ga"}, What.PAIR_ONCE),
    ({"vendor": "ga", "name": "page_view"}, None),
    ({"one_account": False}, None),
    ({"client": "failed"}, None),
    ({"client": "unknown"}, None),
    ({"client": ""}, None),
    ({"server": "queued"}, None),
    ({"server": "sent"}, None),
    ({"server": "refused"}, None),
]


@pytest.mark.parametrize(("given", "what"), CASES)
def test_how_a_vendor_counts_a_pair(given: dict[str, object], what: What | None) -> None:
    assert verdict(replace(PAIR, **given), DEDUPS) is what  # type: ignore[arg-type]
