"""The Insight Tag's table. Source: LinkedIn's Conversions API schema, read 2026-11."""

import pytest

from firsthand.model import Kind
from firsthand.vendors.linkedin.fields import FIELDS, TABLE, doubts, key_of, page_click

CLICK = "9b2f7c10-5a1e-4c33-8d07-0e5f6a7b8c9d"
OTHER = "11aa22bb-33cc-44dd-95ee-66ff77008899"


def test_kinds() -> None:
    kinds = {row.path: row.kind for row in FIELDS if row.path}
    assert kinds == {
        "userIds.SHA256_EMAIL": Kind.CONTACT,
        "userIds.LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID": Kind.AD_ID,
        "userIds.PLAINTEXT_IP_ADDRESS": Kind.NETWORK,
        "conversionValue.amount": Kind.COMMERCE,
        "conversionValue.currencyCode": Kind.COMMERCE,
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [("19.90", "19.90"), (" 5 ", "5"), ("-5", None), ("5,00", None), ("", None)],
)
def test_money_stays_a_text(told: str, expected: str | None) -> None:
    assert TABLE.take([("val", told)]).fields.get("conversionValue.amount") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"li_fat_id={CLICK}", CLICK),
        (f"a=1&li_fat_id={CLICK}&li_fat_id={OTHER}", CLICK),
        ("li_fat_id=short", ""),
        (f"x=1#li_fat_id={CLICK}", ""),
    ],
)
def test_the_pages_click(query: str, expected: str) -> None:
    assert page_click(f"https://shop.example.com/?{query}") == expected


def test_a_key_is_cut() -> None:
    assert key_of("k" * 80) == "k" * 64
    assert key_of("\x00") == ""


def test_an_event_of_nobody_is_doubted() -> None:
    assert doubts({"conversionValue.amount": "5"})
    assert not doubts({"userIds.SHA256_EMAIL": "0" * 64})
