"""The UET tag's table. Source: Microsoft's Conversions API guide, read 2026-11-24."""

import pytest

from firsthand.model import Kind, Value
from firsthand.vendors.microsoft.fields import EVENT_NAMES, FIELDS, TABLE, click, name_of

HEX = "7c1e90b4d2a84f6e8b3350f1c9a7d642"


def test_what_tells_of_a_visitor_is_not_called_commerce() -> None:
    kinds = {row.path: row.kind for row in FIELDS if row.path.startswith("userData.")}
    assert kinds == {
        "userData.anonymousId": Kind.BROWSER_ID,
        "userData.externalId": Kind.CONTACT,
        "userData.em": Kind.CONTACT,
        "userData.ph": Kind.CONTACT,
        "userData.msclkid": Kind.AD_ID,
        "userData.clientIpAddress": Kind.NETWORK,
        "userData.clientUserAgent": Kind.NETWORK,
    }


@pytest.mark.parametrize("mark", ["", "-0", "-1"])
def test_a_click_id_gets_its_dashes(mark: str) -> None:
    assert click(HEX + mark) == "7c1e90b4-d2a8-4f6e-8b33-50f1c9a7d642"
    assert click(f"{HEX}-2") is None


@pytest.mark.parametrize(
    ("wire", "told", "expected"),
    [
        ("prodid", "A,B,,C", ["A", "B", "C"]),
        ("prodid", ",", None),
        ("@item_ids", '["A,1","B"]', ["A,1", "B"]),
        ("@item_ids", "A", None),
    ],
)
def test_product_ids(wire: str, told: str, expected: Value | None) -> None:
    assert TABLE.take([(wire, told)]).fields.get("customData.itemIds") == expected


def test_a_name_is_an_action_of_a_hundred_characters() -> None:
    assert name_of("x" * 120) == "x" * 100
    assert name_of("\x00 ") == ""
    assert all(name_of(name) == name for name in EVENT_NAMES)
