"""ECAPI events at Pinterest. Source: its OpenAPI description 5.23, read 2026-11."""

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.sandbox.pinterest import event_fault, schema_fault
from firsthand.vendors import pinterest
from firsthand.vendors.pinterest.events import NAMES, compose
from tests.events import ADA, DIGITS, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

TAG = "7100000000001"
PAGE = "https://shop.example.com/thanks"
ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9)"
IPHONE = "Shop/5.1 CFNetwork/3826.500.131 Darwin/24.5.0"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), TAG, pinterest.Settings())
    assert found is not None
    return found


def given(**person: Any) -> dict[str, Any]:
    return {"firsthand": {"plain": person}}


def person(reading: Reading) -> dict[str, Any]:
    told = reading.fields.items()
    plain = {"user_data.client_ip_address", "user_data.client_user_agent"}
    return {p[10:]: v for p, v in told if p.startswith("user_data.") and p not in plain}


def sent(reading: Reading) -> dict[str, Any]:
    beacon = make_beacon(reading, vendor="pinterest")
    settings = pinterest.Settings(ad_account="549000000042")
    [found] = orjson.loads(pinterest.write([beacon], settings, now=reading.at).body)["data"]
    return dict(found)


def hashed(text: str) -> list[str]:
    return [sha256(text.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("kind", "name", "at_the_api"),
    [
        ("page_view", "pagevisit", "page_visit"),
        ("viewed_item", "view_content", "view_content"),
        ("view_item_list", "viewcategory", "view_category"),
        ("add_to_cart", "addtocart", "add_to_cart"),
        ("begin_checkout", "initiate_checkout", "initiate_checkout"),
        ("purchase", "checkout", "checkout"),
        ("generate_lead", "lead", "lead"),
        ("sign_up", "signup", "signup"),
        ("search", "search", "search"),
        ("install", "app_install", "app_install"),
    ],
)
def test_names_are_the_tags_and_become_the_apis(kind: str, name: str, at_the_api: str) -> None:
    found = read(kind)
    assert (found.name, found.canonical) == (name, kind)
    assert sent(found)["event_name"] == at_the_api


@pytest.mark.parametrize("kind", ["refund", "login", "donate", "viewed_cart", "remove_from_cart"])
def test_what_pinterest_gets_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), TAG, pinterest.Settings()) is None


def test_a_name_of_the_shops_own_wins() -> None:
    found = read("custom", custom_event="Quiz done")
    assert (found.name, sent(found)["event_name"]) == ("Quiz done", "quiz_done")
    names = {"event_names": {"pinterest": "AddToCart"}}
    assert read("viewed_cart", ext={"firsthand": names}).name == "addtocart"


@pytest.mark.parametrize("name", ["init", "ExternalMeasurement"])
def test_names_that_the_api_does_not_know(name: str) -> None:
    assert read("custom", custom_event=name).skip is Reason.UNMAPPABLE


def test_a_purchase() -> None:
    found = read()
    assert (found.account, found.event_key, found.skip) == (TAG, "purchase-7731", Reason.NONE)
    assert found.fields == {
        "action_source": "web",
        "event_source_url": PAGE,
        "user_data.client_ip_address": "203.0.113.7",
        "user_data.client_user_agent": "UA/1.0",
        "custom_data.value": "47.97",
        "custom_data.currency": "EUR",
        "custom_data.order_id": "7731",
        "custom_data.contents": [
            {"id": "SKU1", "item_name": "Blue mug", "item_price": "19.99", "quantity": 2},
            {"id": "SKU9", "item_name": "Spoon", "item_price": "3.99", "quantity": 1},
        ],
        "custom_data.content_ids": ["SKU1", "SKU9"],
        "custom_data.num_items": 3,
    }
    assert not found.notes


def test_an_order_is_the_key_of_a_checkout_without_one() -> None:
    assert read(id=None).event_key == "7731"
    assert read("add_to_cart", id=None).event_key == ""


def test_plain_contact_data_is_hashed_by_pinterests_rules() -> None:
    more = {"gender": "Female", "birth_date": "1985-12-10", "state": "BE", "city": "Bad Ems"}
    assert person(read(ext=given(**PLAIN | more))) == {
        "em": [ADA["email"]],
        "ph": [DIGITS],
        "fn": [ADA["first"]],
        "ln": [ADA["last"]],
        "ge": hashed("f"),
        "db": hashed("19851210"),
        "ct": hashed("badems"),
        "st": hashed("be"),
        "zp": [ADA["post"]],
        "country": hashed("de"),
        "external_id": [ADA["id"]],
    }


@pytest.mark.parametrize(
    ("told", "name", "expected"),
    [
        ({"postal_code": "94025-1234"}, "zp", hashed("940251234")),
        ({"state": "California"}, "st", None),  # two letters
        ({"birth_date": "10.12.1985"}, "db", None),  # the year comes first
        ({"gender": "non-binary"}, "ge", hashed("n")),
        ({"phone": ["0151 12345678"], "country": "DE"}, "ph", [DIGITS]),
        ({"phone": ["0151 12345678"]}, "ph", None),
        ({"email": ["a@b.io", "c@d.io"]}, "em", hashed("a@b.io") + hashed("c@d.io")),
        ({"external_id": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}, "external_id", None),  # SHA-1
    ],
)
def test_contact_data(told: dict[str, Any], name: str, expected: list[str] | None) -> None:
    assert person(read(ext=given(**told))).get(name) == expected


def test_hashes_go_on_unchanged_and_the_phones_not_at_all() -> None:
    found = read(user_data={**HASHED, "gender": hashed("female")[0]})
    assert person(found) == {
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
    ("source", "agent", "expected"),
    [
        (None, "UA/1.0", "web"),
        ("website", "UA/1.0", "web"),
        ("physical_store", "UA/1.0", "offline"),
        ("phone_call", "UA/1.0", "offline"),
        ("system_generated", "UA/1.0", "offline"),
        ("app", ANDROID, "app_android"),
        ("app", IPHONE, "app_ios"),
    ],
)
def test_where_it_happened(source: str | None, agent: str, expected: str) -> None:
    user = {"event_ip_address": "203.0.113.7", "event_user_agent": agent}
    found = read(source=source, user_data=user)
    assert (sent(found)["action_source"], found.skip) == (expected, Reason.NONE)


def test_an_app_whose_system_nobody_names_is_not_sent() -> None:
    found = read(source="app")
    assert found.skip is Reason.UNMAPPABLE
    assert "action_source" not in found.fields
    assert len(found.notes) == 1


def test_what_may_only_be_attributed_is_an_opt_out() -> None:
    assert sent(read(user_data={"mmt_only": True}))["opt_out"] is True
    assert "opt_out" not in read().fields


def test_what_pinterest_will_refuse_is_said_in_advance() -> None:
    assert read(user_data=None, ext=given(phone=PLAIN["phone"])).notes == (
        "no address, and not both IP and user agent: Pinterest refuses the event",
    )


def test_the_tags_event_has_the_same_key_name_and_values() -> None:
    line = {"product_id": "SKU1", "product_name": "Blue mug", "product_price": 19.99}
    other = {"product_id": "SKU9", "product_name": "Spoon", "product_price": 3.99}
    lines = [{**line, "product_quantity": 2}, {**other, "product_quantity": 1}]
    data = {"value": 47.97, "currency": "eur", "order_id": "7731", "event_id": "purchase-7731"}
    told = {
        "tid": TAG,
        "event": "checkout",
        "ed": orjson.dumps({**data, "line_items": lines}).decode(),
        "ad": orjson.dumps({"loc": PAGE}).decode(),
    }
    url = f"https://trk.shop.example.com/ct.pinterest.com/v3/?{urlencode(told)}"
    [tags] = pinterest.read(make_hit(url.replace("+", "%20")))
    ours = read()
    for name in ("account", "name", "event_key", "page", "canonical"):
        assert getattr(tags, name) == getattr(ours, name)
    same = {path for path in tags.fields if not path.startswith("user_data.")}
    assert {path: tags.fields[path] for path in same} == {path: ours.fields[path] for path in same}


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_the_call_is_one_that_pinterest_takes(kind: str) -> None:
    found = read(kind, ext=given(**PLAIN), user_data={**HASHED, "mmt_only": True})
    assert schema_fault(sent(found)) == ""
    assert event_fault(sent(found), found.at // 1000) == ""
