"""The Google Ads tag's table. Source: Data Manager API, events and formatting, read 2026-11."""

import pytest

from firsthand.model import IDENTIFYING, Kind
from firsthand.vendors.google_ads.fields import FIELDS, doubts, order_of, page_clicks

BY_WIRE = {row.wire: row for row in FIELDS}


def test_contact_data_clicks_and_network_are_told_apart() -> None:
    kinds = {row.path: row.kind for row in FIELDS if row.path}
    assert {kind for path, kind in kinds.items() if path.startswith("userData")} == {Kind.CONTACT}
    landing = kinds.pop("adIdentifiers.landingPageDeviceInfo")
    assert {kind for path, kind in kinds.items() if path.startswith("adId")} == {Kind.AD_ID}
    assert kinds["eventDeviceInfo.ipAddress"] is kinds["eventDeviceInfo.userAgent"] is landing
    assert landing is Kind.NETWORK
    assert {kind for path, kind in kinds.items() if path.startswith("consent")} == {Kind.CONSENT}
    assert Kind.COMMERCE not in IDENTIFYING


def test_what_the_api_has_no_field_for_is_read_and_not_sent() -> None:
    for wire in ("auid", "tiba", "data", "userId", "url", "ref", "em", "u_w", "@em.sa0"):
        assert BY_WIRE[wire].path == ""


def test_the_pages_click_stands_before_the_cookies() -> None:
    order = [row.wire for row in FIELDS if row.path == "adIdentifiers.gclid"]
    assert order == ["@page.gclid", "gclid", "gclaw"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("T-1001", "T-1001"),
        (" 7731 ", "7731"),
        ("undefined", ""),
        ("{{order}}", ""),
        ("0", ""),
        ("x" * 600, "x" * 512),
    ],
)
def test_what_templates_leave_behind_is_no_order(told: str, expected: str) -> None:
    assert order_of(told) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("gclid=A&GBRAID=B", [("@page.gclid", "A"), ("@page.gbraid", "B")]),
        ("gclid=A&gclsrc=aw.ds", [("@page.gclid", "A")]),
        ("gclid=A&gclsrc=3p.ds&wbraid=C", [("@page.wbraid", "C")]),
        ("x=1", []),
    ],
)
def test_clicks_of_a_page(query: str, expected: list[tuple[str, str]]) -> None:
    assert page_clicks(f"https://shop.example.com/?{query}#gclid=F") == expected


def test_an_event_of_nobody_is_doubted() -> None:
    assert doubts({"conversionValue": 1, "eventDeviceInfo.ipAddress": "203.0.113.7"})
    assert not doubts({"userData.phoneNumber": "0" * 64})
