"""ECAPI events at Google Ads. Sources: Data Manager API, events and formatting, read 2026-11."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from firsthand.model import Reading
from firsthand.vendors.google_ads import VENDOR, Settings
from firsthand.vendors.google_ads.events import compose
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

ACCOUNT = "AW-123456789/QrS-T_uv12"
LABEL = "QrS-T_uv12"
SETTINGS = Settings(
    customer="111-222-3333",
    action="700000001",
    events=("purchase", "page_view", "add_to_cart", "generate_lead", "subscribe", "quiz_done"),
)


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), ACCOUNT, SETTINGS)
    assert found is not None
    return found


def written(*readings: Reading) -> Any:
    beacons = [make_beacon(each, vendor="google_ads") for each in readings]
    return json.loads(VENDOR.write(beacons, SETTINGS, now=readings[0].at).body)["events"]


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def chosen(name: str) -> dict[str, Any]:
    return {"ext": {"firsthand": {"event_names": {"google_ads": name}}}}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("purchase", {}),
        ("page_view", {}),
        ("add_to_cart", {}),
        ("generate_lead", {}),
        ("custom", {"custom_event": "quiz_done"}),
        ("login", chosen(LABEL)),
        ("login", chosen(ACCOUNT)),
    ],
)
def test_an_event_with_this_action_is_its_conversion(kind: str, changes: dict[str, Any]) -> None:
    found = read(kind, **changes)
    assert (found.account, found.name, found.canonical) == (ACCOUNT, "conversion", kind)


@pytest.mark.parametrize(
    ("kind", "changes", "account", "settings"),
    [
        ("login", {}, ACCOUNT, SETTINGS),
        ("custom", {"custom_event": "other"}, ACCOUNT, SETTINGS),
        ("purchase", {}, ACCOUNT, Settings()),
        ("purchase", {}, "AW-123456789", SETTINGS),
        ("purchase", chosen("another"), ACCOUNT, SETTINGS),
        ("refund", {}, ACCOUNT, Settings(events=("refund",))),
        ("refund", chosen(LABEL), ACCOUNT, SETTINGS),
        ("custom", {"custom_event": "refund"}, ACCOUNT, Settings(events=("refund",))),
    ],
)
def test_no_other_event_is(
    kind: str, changes: dict[str, Any], account: str, settings: Settings
) -> None:
    assert compose(event(kind, **changes), account, settings) is None


def test_a_purchase() -> None:
    found = read(source="website", ext={"firsthand": {"click_ids": {"gclid": "Cj0KCQtest_1"}}})
    assert found.fields == {
        "conversionValue": 47.97,
        "currency": "EUR",
        "cartData.items": [
            {"merchantProductId": "SKU1", "itemId": "SKU1", "quantity": "2", "unitPrice": 19.99},
            {"merchantProductId": "SKU9", "itemId": "SKU9", "quantity": "1", "unitPrice": 3.99},
        ],
        "eventSource": "WEB",
        "eventDeviceInfo.ipAddress": "203.0.113.7",
        "eventDeviceInfo.userAgent": "UA/1.0",
    }
    assert not found.notes
    assert any("no match key" in note for note in read().notes)


@pytest.mark.parametrize(
    ("kind", "changes", "key"),
    [
        ("purchase", {}, "7731"),
        ("subscribe", {}, "7731"),
        ("generate_lead", {}, "purchase-7731"),
        ("purchase", {"properties": None}, "purchase-7731"),
        ("purchase", {"properties": {"transaction_id": "undefined"}}, "purchase-7731"),
    ],
)
def test_a_sale_is_known_by_its_order(kind: str, changes: dict[str, Any], key: str) -> None:
    assert read(kind, **changes).event_key == key


def test_the_tags_conversion_is_its_twin() -> None:
    path = "www.googleadservices.com/pagead/conversion/123456789/"
    items = quote("(19.99*2*SKU1)(3.99*1*SKU9)", safe="")
    query = f"label={LABEL}&oid=7731&value=47.97&currency_code=EUR&item={items}"
    [pixel] = VENDOR.read(make_hit(f"https://trk.shop.example.com/{path}?{query}"))
    ours = read()
    for name in ("account", "name", "event_key", "canonical"):
        assert getattr(pixel, name) == getattr(ours, name)
    for path in ("conversionValue", "currency", "cartData.items"):
        assert pixel.fields[path] == ours.fields[path]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"id": "A*(1)", "price": "5"}, {"itemId": "A*(1)", "quantity": "1", "unitPrice": 5}),
        ({"id": "A", "quantity": 2.0}, {"itemId": "A", "quantity": "2"}),
        ({"id": "A", "quantity": 1.5, "price": 2}, {"itemId": "A", "unitPrice": 2}),
        ({"id": "Größe 4", "quantity": 1}, {"itemId": "Größe 4", "quantity": "1"}),
        ({"name": "without id"}, None),
    ],
)
def test_items(item: dict[str, Any], expected: dict[str, Any] | None) -> None:
    found = read(properties={"items": [item], "coupon": ["NOV10"]}).fields
    items = [{"merchantProductId": expected["itemId"], **expected}] if expected else None
    assert found.get("cartData.items") == items
    assert ("cartData.couponCodes" in found) is bool(expected)


def test_discounts_are_summed_and_coupons_listed() -> None:
    items = [{"id": "A", "discount": "0.10", "quantity": 3}, {"id": "B", "discount": 0.2}]
    found = read(properties={"items": items, "coupon": ["NOV10", "VIP"]}).fields
    assert found["cartData.transactionDiscount"] == 0.5
    assert found["cartData.couponCodes"] == ["NOV10", "VIP"]
    assert "cartData.transactionDiscount" not in read().fields


def test_plain_contact_data_is_hashed_by_googles_rules() -> None:
    plain = {**PLAIN, "email": ["Ada.Lovelace@gmail.com", "ada@example.com"], "city": "Berlin"}
    found = read(ext={"firsthand": {"plain": plain}})
    assert found.fields["userData.emailAddress"] == [
        hashed("adalovelace@gmail.com"),
        ADA["email"],
    ]
    assert found.fields["userData.phoneNumber"] == ADA["phone"]
    [sent] = written(found)
    assert sent["userData"]["userIdentifiers"] == [
        {"emailAddress": hashed("adalovelace@gmail.com")},
        {"emailAddress": ADA["email"]},
        {"phoneNumber": ADA["phone"]},
        {
            "address": {
                "givenName": ADA["first"],
                "familyName": ADA["last"],
                "regionCode": "DE",
                "postalCode": "10115",
            }
        },
    ]


def test_ten_identifiers_are_all_that_google_takes() -> None:
    mails = [f"ada{number}@example.com" for number in range(15)]
    [sent] = written(read(ext={"firsthand": {"plain": {**PLAIN, "email": mails}}}))
    found = sent["userData"]["userIdentifiers"]
    assert len(found) == 10
    assert "address" in found[-1]


def test_hashes_go_on_unchanged_and_an_address_needs_its_postcode_plain() -> None:
    found = read(user_data=HASHED)
    assert found.fields["userData.emailAddress"] == ADA["email"]
    assert found.fields["userData.phoneNumber"] == ADA["phone"]
    assert found.fields["userData.givenName"] == ADA["first"]
    assert found.notes == ("postal_code: hash_not_portable",)
    [sent] = written(found)
    assert sent["userData"]["userIdentifiers"] == [
        {"emailAddress": ADA["email"]},
        {"phoneNumber": ADA["phone"]},
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("website", "WEB"),
        ("app", "APP"),
        ("physical_store", "IN_STORE"),
        ("phone_call", "PHONE"),
        ("chat", "MESSAGE"),
        ("system_generated", "OTHER"),
        (None, "WEB"),
    ],
)
def test_source(source: str | None, expected: str) -> None:
    found = read(source=source)
    [sent] = written(found)
    assert sent["eventSource"] == expected
    beacon, web = (make_beacon(each, vendor="google_ads") for each in (found, read()))
    assert (VENDOR.batch_key(beacon) == VENDOR.batch_key(web)) is (expected == "WEB")


def test_measurement_only_is_a_word_of_consent() -> None:
    [sent] = written(read(user_data={"mmt_only": True}))
    assert sent["consent"]["adPersonalization"] == "CONSENT_DENIED"


def test_landing_device_and_the_pages_click() -> None:
    device = "6d92078a-8246-4ba4-ae5b-76104861e7dc"
    user = {"landing_ip_address": "203.0.113.9", "landing_user_agent": "UA/2", "ifa": device}
    page = "https://shop.example.com/?gclid=Cj0KCQtest_1"
    [sent] = written(read(user_data=user, properties={"page_url": page}))
    assert sent["adIdentifiers"] == {
        "gclid": "Cj0KCQtest_1",
        "landingPageDeviceInfo": {"ipAddress": "203.0.113.9", "userAgent": "UA/2"},
        "mobileDeviceId": device,
    }
