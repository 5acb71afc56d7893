"""ECAPI events at Reddit. Sources: "About the Conversions API", API reference, read 2026-11."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from firsthand.model import Reading
from firsthand.vendors.reddit import VENDOR, Settings, write
from firsthand.vendors.reddit import read as read_pixel
from firsthand.vendors.reddit.events import NAMES, compose
from firsthand.vendors.reddit.fields import EVENT_NAMES
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

PIXEL = "a2_q7w8e9r0t1y2"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, None)
    assert found is not None
    return found


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def plain(**told: Any) -> dict[str, Any]:
    return {"firsthand": {"plain": told}}


@pytest.mark.parametrize(
    ("kind", "name", "tracking"),
    [
        ("page_view", "PageVisit", "PAGE_VISIT"),
        ("viewed_item", "ViewContent", "VIEW_CONTENT"),
        ("search", "Search", "SEARCH"),
        ("add_to_cart", "AddToCart", "ADD_TO_CART"),
        ("add_to_wishlist", "AddToWishlist", "ADD_TO_WISHLIST"),
        ("purchase", "Purchase", "PURCHASE"),
        ("generate_lead", "Lead", "LEAD"),
        ("sign_up", "SignUp", "SIGN_UP"),
    ],
)
def test_names(kind: str, name: str, tracking: str) -> None:
    found = read(kind)
    assert (found.name, found.canonical) == (name, kind)
    assert found.fields["type.tracking_type"] == tracking
    assert "type.custom_event_name" not in found.fields


@pytest.mark.parametrize(
    ("kind", "changes", "name"),
    [
        ("begin_checkout", {}, "begin_checkout"),
        ("donate", {}, "donate"),
        ("custom", {"custom_event": "Size finder"}, "Size finder"),
        ("custom", {"custom_event": "Custom"}, "Custom"),
        ("refund", {"ext": {"firsthand": {"event_names": {"reddit": "Refund"}}}}, "Refund"),
    ],
)
def test_what_has_no_type_is_a_custom_event(kind: str, changes: dict[str, Any], name: str) -> None:
    found = read(kind, **changes)
    assert found.name == name
    assert found.fields["type.tracking_type"] == "CUSTOM"
    assert found.fields["type.custom_event_name"] == name


@pytest.mark.parametrize("spelt", ["SignUp", "SIGN_UP"])
def test_a_shops_own_choice_may_be_spelt_as_in_the_pixel_or_in_the_api(spelt: str) -> None:
    found = read("subscribe", ext={"firsthand": {"event_names": {"reddit": spelt, "x": "no"}}})
    assert (found.name, found.fields["type.tracking_type"]) == ("SignUp", "SIGN_UP")


@pytest.mark.parametrize("kind", ["refund", "login", "viewed_cart", "install", "ad_impression"])
def test_what_reddit_has_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), PIXEL, None) is None


def test_every_standard_event_has_its_word() -> None:
    assert {name for name, word in EVENT_NAMES.items() if word != "custom"} <= set(NAMES.values())


def test_a_purchase() -> None:
    found = read()
    assert (found.account, found.event_key) == (PIXEL, hashed("purchase-7731"))
    assert found.fields == {
        "type.tracking_type": "PURCHASE",
        "metadata.value": 47.97,
        "metadata.currency": "EUR",
        "metadata.item_count": 3,
        "metadata.products": [{"id": "SKU1", "name": "Blue mug"}, {"id": "SKU9", "name": "Spoon"}],
        "event_source_url": "https://shop.example.com/thanks",
        "user.ip_address": "203.0.113.7",
        "user.user_agent": "UA/1.0",
    }
    assert not found.notes


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        ("viewed_item", {"value", "currency", "products", "item_count"}),
        ("generate_lead", {"products", "item_count"}),
        ("add_to_cart", set()),
        ("schedule", set()),
    ],
)
def test_what_a_type_may_not_carry_is_left_out_and_said(kind: str, left_out: set[str]) -> None:
    found = read(kind)
    every = {"value", "currency", "products", "item_count"}
    kept = {path.removeprefix("metadata.") for path in found.fields}
    assert kept & every == every - left_out
    assert len(found.notes) == len(left_out)
    assert all(": none with " in note for note in found.notes)


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ([{"id": "A"}, {"id": "B", "quantity": 2}], 3),
        ([{"name": "without id", "quantity": "4"}], 4),
        ([{"id": "A", "quantity": 1.5}], None),
        ([], None),
    ],
)
def test_how_many_things_there_are(items: list[dict[str, Any]], count: int | None) -> None:
    fields = read(properties={"items": items}).fields
    assert fields.get("metadata.item_count") == count


def test_a_products_category_is_told() -> None:
    fields = read(properties={"items": [{"id": 7, "category": "Mugs", "price": 3}]}).fields
    assert fields["metadata.products"] == [{"id": "7", "category": "Mugs"}]


# The rules: Reddit, API reference, user.
@pytest.mark.parametrize(
    ("told", "path", "normal"),
    [
        ({"email": " Ada.Love+news@Example.com "}, "email", "adalove@example.com"),
        ({"phone": "0151 12345678", "country": "DE"}, "phone_number", "+4915112345678"),
        ({"phone": "+49 (151) 123-45678"}, "phone_number", "+4915112345678"),
        ({"external_id": " CUST-4711 "}, "external_id", "CUST-4711"),
    ],
)
def test_plain_contact_data_is_hashed_by_reddits_rules(
    told: dict[str, str], path: str, normal: str
) -> None:
    assert read(ext=plain(**told)).fields[f"user.{path}"] == hashed(normal)


def test_what_reddit_has_no_field_for_stays_here() -> None:
    told = {**PLAIN, "gender": "female", "birth_date": "1985-12-10", "state": "Berlin"}
    found = read(ext=plain(**told))
    user = {path for path in found.fields if path.startswith("user.")}
    contacts = {"user.email", "user.phone_number", "user.external_id"}
    assert user == contacts | {"user.ip_address", "user.user_agent"}


def test_hashes_go_on_unchanged_where_reddit_makes_the_same() -> None:
    found = read(user_data=HASHED)
    assert found.fields["user.email"] == ADA["email"]
    assert found.fields["user.phone_number"] == ADA["phone"]
    assert "user.external_id" not in found.fields
    assert found.notes == ("external_id: hash_not_portable",)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"id": "123"}, "a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3"),
        ({"id": None}, hashed("7731")),
        ({"id": None, "properties": None}, ""),
        ({"id": ADA["id"].upper()}, ADA["id"]),
    ],
)
def test_the_key_is_the_hash_that_the_pixel_sends(changes: dict[str, Any], key: str) -> None:
    """A captured beacon has this hash of the conversion id 123."""
    assert read(**changes).event_key == key


def test_the_pixel_and_the_shops_server_tell_of_one_event() -> None:
    told = {
        "id": PIXEL,
        "event": "Purchase",
        "m.valueDecimal": "47.97",
        "m.currency": "EUR",
        "m.itemCount": "3",
        "m.products": '[{"id":"SKU1","name":"Blue mug"},{"id":"SKU9","name":"Spoon"}]',
        "m.conversionId": hashed("purchase-7731"),
        "esurl": "https://shop.example.com/thanks",
        "em": ADA["email"],
    }
    address = f"https://trk/alb.reddit.com/rp.gif?{urlencode(told, quote_via=quote)}"
    [seen] = read_pixel(make_hit(address, headers={"user-agent": "UA/1.0"}))
    server = {"event_ip_address": "203.0.113.7", "event_user_agent": "UA/1.0"}
    found = read(user_data={"email_address": [ADA["email"]], **server})
    assert (found.name, found.event_key, found.page) == (seen.name, seen.event_key, seen.page)
    assert found.fields == seen.fields


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("website", "WEBSITE"),
        ("app", "APP"),
        ("physical_store", "PHYSICAL_STORE"),
        ("phone_call", "OTHER"),
        ("system_generated", "OTHER"),
        (None, "WEBSITE"),
    ],
)
def test_the_call_says_where_it_happened(source: str | None, word: str) -> None:
    beacon = make_beacon(read(source=source), vendor="reddit")
    [sent] = orjson.loads(write([beacon], Settings(), now=beacon.at).body)["data"]["events"]
    assert sent["action_source"] == word
    assert sent["metadata"]["conversion_id"] == hashed("purchase-7731")


def test_what_must_not_serve_optimisation_is_of_limited_use() -> None:
    found = read(user_data={"mmt_only": True})
    assert found.limited
    assert found.fields["user.data_processing_options"] == {"modes": ["LDU"]}
    assert not read().limited


def test_the_vendor_composes() -> None:
    assert VENDOR.compose is compose
