"""ECAPI events at Snapchat. Source: Snap's pages on the Conversions API, read 2026-11."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.sandbox.snapchat import event_fault
from firsthand.vendors import snapchat
from firsthand.vendors.snapchat.events import NAMES, compose
from firsthand.vendors.snapchat.fields import EVENT_NAMES
from tests.events import ADA, DIGITS, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

PIXEL = "0f5d3c2b-7a61-4e98-b3c4-d5e6f7081920"
PAGE = "https://shop.example.com/thanks"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, snapchat.Settings())
    assert found is not None
    return found


def plain(**told: Any) -> dict[str, Any]:
    return dict(read(ext={"firsthand": {"plain": told}}).fields)


def user(reading: Reading) -> dict[str, Any]:
    lists = {path: value for path, value in reading.fields.items() if isinstance(value, list)}
    return {path[10:]: value for path, value in lists.items() if path.startswith("user_data.")}


def hashed(text: str) -> list[str]:
    return [sha256(text.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page_view", "PAGE_VIEW"),
        ("viewed_item", "VIEW_CONTENT"),
        ("view_item_list", "LIST_VIEW"),
        ("add_to_cart", "ADD_CART"),
        ("begin_checkout", "START_CHECKOUT"),
        ("add_payment_info", "ADD_BILLING"),
        ("purchase", "PURCHASE"),
        ("sign_up", "SIGN_UP"),
        ("schedule", "RESERVE"),
        ("level_up", "LEVEL_COMPLETE"),
        ("spend_virtual_currency", "SPENT_CREDITS"),
    ],
)
def test_names(kind: str, name: str) -> None:
    assert (read(kind).name, read(kind).canonical) == (name, kind)


@pytest.mark.parametrize(
    "kind", ["refund", "contact", "donate", "install", "viewed_cart", "remove_from_cart"]
)
def test_what_snapchat_gets_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), PIXEL, snapchat.Settings()) is None


def test_all_names_are_standard_ones() -> None:
    assert {EVENT_NAMES[name] for name in NAMES.values()} == set(NAMES)


@pytest.mark.parametrize("name", ["SIGN_UP", "CUSTOM_EVENT_2"])
def test_a_lead_has_the_name_that_the_operator_chose(name: str) -> None:
    chosen = snapchat.Settings(lead_event=name)
    found = compose(event("generate_lead"), PIXEL, chosen)
    assert found is not None
    assert (found.name, found.canonical) == (name, "generate_lead")
    assert compose(event("generate_lead"), PIXEL, snapchat.Settings()) is None


def test_a_name_of_the_shops_own_wins() -> None:
    assert read("custom", custom_event="Quiz done").name == "Quiz done"
    names = {"event_names": {"snapchat": "CUSTOM_EVENT_1"}}
    assert read("custom", custom_event="q", ext={"firsthand": names}).name == "CUSTOM_EVENT_1"


def test_a_purchase() -> None:
    found = read(source="website")
    assert (found.account, found.event_key) == (PIXEL, "purchase-7731")
    assert found.fields == {
        "action_source": "WEB",
        "event_source_url": PAGE,
        "user_data.client_ip_address": "203.0.113.7",
        "user_data.client_user_agent": "UA/1.0",
        "custom_data.value": 47.97,
        "custom_data.currency": "EUR",
        "custom_data.order_id": "7731",
        "custom_data.contents": [
            {"id": "SKU1", "quantity": "2", "item_price": "19.99"},
            {"id": "SKU9", "quantity": "1", "item_price": "3.99"},
        ],
        "custom_data.content_ids": ["SKU1", "SKU9"],
        "custom_data.num_items": 3,
    }
    assert not found.notes


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (
            [{"id": "A", "category": "Cups", "brand": "Acme"}, {"id": "B", "category": "Tea"}],
            {
                "contents": [{"id": "A", "brand": "Acme"}, {"id": "B"}],
                "content_ids": ["A", "B"],
                "content_category": "Cups,Tea",
                "num_items": 2,
            },
        ),
        (
            [{"id": "A", "quantity": 1.5}, {"name": "without id"}],
            {"contents": [{"id": "A", "quantity": "1.5"}], "content_ids": ["A"]},
        ),
        ([{"name": "without id"}], {}),
    ],
)
def test_items(items: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    fields = read("add_to_cart", value=None, currency_code=None, properties={"items": items}).fields
    told = {path: value for path, value in fields.items() if path.startswith("custom_data.")}
    assert told == {f"custom_data.{name}": value for name, value in expected.items()}


def test_an_order_is_the_key_of_a_purchase_without_one() -> None:
    """Source: Snap's page on deduplication: of purchases the order number counts as well."""
    assert read(id=None).event_key == "7731"
    assert read("add_to_cart", id=None).event_key == ""


def test_plain_contact_data_is_hashed_by_snaps_rules() -> None:
    person = PLAIN | {"gender": "Female", "state": "New York", "city": "Bad Ems"}
    assert user(read(ext=given(person))) == {
        "em": [ADA["email"]],
        "ph": [DIGITS],
        "fn": [ADA["first"]],
        "ln": [ADA["last"]],
        "ge": hashed("f"),
        "ct": hashed("badems"),
        "st": hashed("newyork"),
        "zp": [ADA["post"]],
        "country": hashed("de"),
        "external_id": [ADA["id"]],
    }


def given(person: dict[str, Any]) -> dict[str, Any]:
    return {"firsthand": {"plain": person}}


@pytest.mark.parametrize(
    ("told", "name", "expected"),
    [
        ({"phone": ["+44 844 412 4653"]}, "ph", hashed("448444124653")),  # Snap's own example
        ({"phone": ["0151 12345678"], "country": "DE"}, "ph", [DIGITS]),
        ({"phone": ["0151 12345678"]}, "ph", None),
        ({"email": ["a@b.io", "A@b.io"]}, "em", hashed("a@b.io")),
        ({"email": ["a@b.io", "c@d.io"]}, "em", hashed("a@b.io") + hashed("c@d.io")),
        ({"postal_code": "SW1A 1AA"}, "zp", hashed("sw1a1aa")),
        ({"country": "Germany"}, "country", None),
        ({"birth_date": "1985-12-10"}, "db", None),
    ],
)
def test_contact_data(told: dict[str, Any], name: str, expected: list[str] | None) -> None:
    assert plain(**told).get(f"user_data.{name}") == expected


def test_hashes_go_on_unchanged_and_the_phones_not_at_all() -> None:
    found = read(user_data={**HASHED, "gender": hashed("female")[0]})
    assert user(found) == {
        "em": [ADA["email"]],
        "fn": [ADA["first"]],
        "ln": [ADA["last"]],
        "zp": [ADA["post"]],
        "ct": hashed("berlin"),
        "country": hashed("de"),
        "external_id": [ADA["id"]],
    }
    assert found.notes == ("phone: hash_not_portable", "gender: hash_not_portable")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("website", "WEB"),
        ("physical_store", "OFFLINE"),
        ("phone_call", "OFFLINE"),
        ("email", "OFFLINE"),
        ("system_generated", "OFFLINE"),
    ],
)
def test_where_it_happened(source: str, expected: str) -> None:
    found = read(source=source)
    assert sent(found)["action_source"] == expected
    assert found.skip is Reason.NONE
    assert sent(read())["action_source"] == "WEB"


def test_a_pixel_takes_no_events_of_apps() -> None:
    """Source: Snap's page "Using the API": they need the id of an app, and data of the device."""
    found = read(source="app")
    assert found.skip is Reason.UNMAPPABLE
    assert found.notes == ("source: a pixel takes no events of apps",)


def test_what_may_only_be_attributed_is_an_opt_out() -> None:
    assert sent(read(user_data={"mmt_only": True}))["opt_out"] is True
    assert "opt_out" not in read().fields


def test_what_snap_will_refuse_is_said_in_advance() -> None:
    found = read(value=None, user_data={"event_ip_address": "203.0.113.7"})
    assert [note.partition(":")[0] for note in found.notes] == [
        "no match key",
        "purchase without value and currency",
    ]


def test_the_pixels_event_has_the_same_key_name_and_values() -> None:
    told = {"pid": PIXEL, "ev": "PURCHASE", "cdid": "purchase-7731", "e_pr": 47.97, "e_cur": "eur"}
    told |= {"e_tid": "7731", "e_iids": ["SKU1", "SKU9"], "e_ni": 3}
    batch = {"ctx": {"url": PAGE, "ts": event().at}, "req": [{"t": told}]}
    url = "https://trk.shop.example.com/tr.snapchat.com/p"
    [pixels] = snapchat.read(make_hit(url, body=orjson.dumps(batch)))
    ours = read()
    for name in ("account", "name", "event_key", "page", "canonical"):
        assert getattr(pixels, name) == getattr(ours, name)
    same = {path for path in pixels.fields if not path.startswith("user_data.")}
    assert {path: pixels.fields[path] for path in same} == {
        path: ours.fields[path] for path in same
    }


@pytest.mark.parametrize("source", ["website", "physical_store"])
@pytest.mark.parametrize("kind", sorted(NAMES))
def test_the_call_is_one_that_snap_takes(kind: str, source: str) -> None:
    found = read(kind, source=source, ext=given(PLAIN))
    assert event_fault(sent(found), found.at // 1000) == ""


def sent(reading: Reading) -> dict[str, Any]:
    beacon = make_beacon(reading, vendor="snapchat")
    [found] = orjson.loads(snapchat.write([beacon], snapchat.Settings(), now=reading.at).body)[
        "data"
    ]
    return dict(found)
