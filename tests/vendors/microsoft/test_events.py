"""ECAPI events at Microsoft. Sources: Microsoft's Conversions API guide, read 2026-11."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.vendors.microsoft import VENDOR, Settings
from firsthand.vendors.microsoft.events import NAMES, compose
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

TAG = "187001122"
CLICK = "7c1e90b4d2a84f6e8b3350f1c9a7d642"
DASHED = "7c1e90b4-d2a8-4f6e-8b33-50f1c9a7d642"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), TAG, None)
    assert found is not None
    return found


def written(reading: Reading) -> Any:
    beacon = make_beacon(reading, vendor="microsoft")
    [sent] = orjson.loads(VENDOR.write([beacon], Settings(), now=reading.at).body)["data"]
    return sent


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("purchase", "purchase"),
        ("page_view", "pageLoad"),
        ("viewed_item", "view_item"),
        ("viewed_cart", "view_cart"),
        ("add_to_cart", "add_to_cart"),
        ("generate_lead", "generate_lead"),
        ("qualify_lead", "qualify_lead"),
        ("schedule", "book_appointment"),
        ("login", "login"),
    ],
)
def test_names(kind: str, name: str) -> None:
    found = read(kind)
    assert (found.name, found.canonical, found.skip) == (name, kind, Reason.NONE)


@pytest.mark.parametrize(
    "kind", ["refund", "donate", "install", "ad_impression", "add_shipping_info", "level_up"]
)
def test_what_microsoft_has_no_event_for_is_not_sent(kind: str) -> None:
    assert kind not in NAMES
    assert compose(event(kind), TAG, None) is None


@pytest.mark.parametrize(
    ("own", "name", "skip"),
    [
        ("Quiz done", "Quiz done", Reason.NONE),
        ("x" * 100, "x" * 100, Reason.NONE),
        ("(remarketing)", "(remarketing)", Reason.UNMAPPABLE),
    ],
)
def test_a_custom_event_keeps_its_name(own: str, name: str, skip: Reason) -> None:
    found = read("custom", custom_event=own)
    assert (found.name, found.skip) == (name, skip)


def test_a_goals_own_action_wins() -> None:
    names = {"microsoft": "PRODUCT_PURCHASE"}
    assert read(ext={"firsthand": {"event_names": names}}).name == "PRODUCT_PURCHASE"


def test_a_page_load_needs_a_page() -> None:
    assert written(read("page_view"))["eventType"] == "pageLoad"
    assert read("page_view", properties=None).skip is Reason.UNMAPPABLE
    assert read("generate_lead", properties=None).skip is Reason.NONE


def test_a_purchase() -> None:
    found = read(properties={**event_properties(), "search_term": "mug"})
    assert (found.account, found.event_key) == (TAG, "purchase-7731")
    assert found.fields == {
        "customData.value": 47.97,
        "customData.currency": "EUR",
        "customData.transactionId": "7731",
        "customData.searchTerm": "mug",
        "customData.items": [
            {"id": "SKU1", "name": "Blue mug", "price": 19.99, "quantity": 2},
            {"id": "SKU9,b", "name": "Spoon", "price": 3.99, "quantity": 1},
        ],
        "customData.itemIds": ["SKU1", "SKU9,b"],
        "customData.pageType": "purchase",
        "eventSourceUrl": "https://shop.example.com/thanks",
        "referrerUrl": "https://shop.example.com/cart",
        "userData.clientIpAddress": "203.0.113.7",
        "userData.clientUserAgent": "UA/1.0",
    }
    assert not found.notes
    sent = written(found)
    assert (sent["eventType"], sent["eventName"]) == ("custom", "purchase")
    assert (sent["eventId"], sent["eventTime"]) == ("purchase-7731", found.at // 1000)


def event_properties() -> dict[str, Any]:
    return {
        "transaction_id": "7731",
        "page_url": "https://shop.example.com/thanks",
        "referrer": "https://shop.example.com/cart",
        "items": [
            {"id": "SKU1", "name": "Blue mug", "price": 19.99, "quantity": 2, "brand": "Acme"},
            {"id": "SKU9,b", "name": "Spoon", "price": 3.99, "quantity": 1},
            {"name": "without id"},
        ],
    }


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("viewed_item", "product"),
        ("add_to_cart", "cart"),
        ("search", "searchresults"),
        ("view_item_list", "category"),
        ("generate_lead", None),
    ],
)
def test_kind_of_page(kind: str, page: str | None) -> None:
    assert read(kind).fields.get("customData.pageType") == page


def test_the_tags_event_is_its_twin() -> None:
    query = f"ti={TAG}&evt=custom&ea=purchase&event_id=purchase-7731&gv=47.97&gc=EUR"
    [pixel] = VENDOR.read(make_hit(f"https://trk.shop.example.com/bat.bing.com/action/0?{query}"))
    ours = read()
    for name in ("account", "name", "event_key", "canonical"):
        assert getattr(pixel, name) == getattr(ours, name)
    for path in ("customData.value", "customData.currency"):
        assert pixel.fields[path] == ours.fields[path]


def test_plain_contact_data_is_hashed_by_microsofts_rules() -> None:
    plain = {**PLAIN, "email": ["Ada.Love.Lace+shop@Example.com"]}
    fields = read(ext={"firsthand": {"plain": plain}}).fields
    assert fields["userData.em"] == hashed("adalovelace@example.com")
    assert fields["userData.ph"] == ADA["phone"]
    assert fields["userData.externalId"] == ADA["id"]
    assert not [word for word in ("Ada", "Lovelace", "10115", "Berlin") if word in str(fields)]


def test_hashes_go_on_unchanged() -> None:
    found = read(user_data=HASHED)
    assert found.fields["userData.em"] == ADA["email"]
    assert found.fields["userData.ph"] == ADA["phone"]
    assert found.fields["userData.externalId"] == ADA["id"]
    assert not found.notes


def test_the_pages_click_gets_its_dashes() -> None:
    page = f"https://shop.example.com/?msclkid={CLICK}&x=1"
    assert read(properties={"page_url": page}).fields["userData.msclkid"] == DASHED


def test_measurement_only_counts_as_limited() -> None:
    assert read(user_data={"mmt_only": True}).limited
    assert not read().limited
