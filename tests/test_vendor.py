from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from firsthand.vendor import Dedup, Limits, Mint
from firsthand.vendors import VENDORS


@pytest.mark.parametrize(
    ("events", "name", "covered"),
    [
        (None, "purchase", True),
        (None, "anything", True),
        (frozenset({"purchase"}), "purchase", True),
        (frozenset({"purchase"}), "Purchase", False),
        (frozenset({"purchase"}), "page_view", False),
        (frozenset(), "purchase", False),
    ],
)
def test_a_vendor_counts_once_what_its_deduplication_covers(
    events: frozenset[str] | None, name: str, *, covered: bool
) -> None:
    assert Dedup("event_id", timedelta(hours=48), events).covers(name) is covered


def test_what_each_vendor_covers() -> None:
    """Sources: Meta, "Deduplicate pixel and server events", read 2026-02; GA4 has no event id."""
    assert VENDORS["meta"].dedup.covers("PageView")
    assert VENDORS["ga4"].dedup.covers("purchase")
    assert not VENDORS["ga4"].dedup.covers("page_view")


def test_records_of_the_contract_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        VENDORS["meta"].title = "x"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Mint("click", 1, 2, 3).draw = 4  # type: ignore[misc]
    limits = Limits(1, 1, timedelta(1), 1.0)
    assert limits.in_flight == 2
