"""ECAPI events at TikTok. Sources: its page on standard events (2025-09) and its server tag."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.sandbox.tiktok import event_problem
from firsthand.vendors import tiktok
from firsthand.vendors.tiktok.events import NAMES, compose
from firsthand.vendors.tiktok.fields import EVENT_NAMES
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

PIXEL = "CABC123DEF456GHI789J"
PAGE = "https://shop.example.com/thanks"
# SHA-256 of CUST-4711: TikTok keeps the case of an id.
AS_GIVEN = "006b4af636983c697e1efcf91639dfa0738d945014626fd5390f8841a84b787d"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, None)
    assert found is not None
    return found


def plain(**told: Any) -> dict[str, Any]:
    return dict(read(ext={"firsthand": {"plain": told}}).fields)


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page_view", "Pageview"),
        ("viewed_item", "ViewContent"),
        ("view_item_list", "ViewCategory"),
        ("add_to_cart", "AddToCart"),
        ("begin_checkout", "InitiateCheckout"),
        ("purchase", "Purchase"),
        ("generate_lead", "Lead"),
        ("sign_up", "CompleteRegistration"),
        ("donate", "Donate"),
    ],
)
def test_names_are_those_since_may_2025(kind: str, name: str) -> None:
    assert (read(kind).name, read(kind).canonical) == (name, kind)


@pytest.mark.parametrize("kind", ["refund", "login", "qualify_lead", "viewed_cart", "install"])
def test_what_tiktok_has_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), PIXEL, None) is None


def test_every_standard_event_has_its_word() -> None:
    former = {"CompletePayment", "SubmitForm"}
    standard = {name for name, word in EVENT_NAMES.items() if word != "custom"}
    assert standard - former <= set(NAMES.values())
    assert not former & set(NAMES.values())


def test_a_name_of_the_shops_own_wins() -> None:
    assert read("custom", custom_event="Quiz done").name == "Quiz done"
    names = {"event_names": {"tiktok": "CompletePayment"}}
    assert read(ext={"firsthand": names}).name == "CompletePayment"


def test_a_purchase() -> None:
    found = read()
    assert (found.account, found.event_key, found.skip) == (PIXEL, "purchase-7731", Reason.NONE)
    assert found.fields == {
        "properties.value": 47.97,
        "properties.currency": "EUR",
        "properties.order_id": "7731",
        "properties.contents": [
            {"content_id": "SKU1", "content_name": "Blue mug", "price": 19.99, "quantity": 2},
            {"content_id": "SKU9", "content_name": "Spoon", "price": 3.99, "quantity": 1},
        ],
        "properties.content_type": "product",
        "page.url": PAGE,
        "user.ip": "203.0.113.7",
        "user.user_agent": "UA/1.0",
    }
    assert not found.notes


def test_a_search_is_told_under_both_names() -> None:
    fields = read(
        "search", value=None, currency_code=None, properties={"search_term": "mug"}
    ).fields
    assert fields["properties.search_string"] == "mug"
    assert fields["properties.query"] == "mug"
    assert "properties.contents" not in fields


def test_a_currency_without_a_value_is_taken_out() -> None:
    found = read("add_to_cart", value=None)
    assert "properties.currency" not in found.fields
    assert found.notes == ("value and currency: TikTok wants both or none",)


def test_plain_contact_data_is_brought_to_tiktoks_form() -> None:
    fields = plain(**PLAIN | {"birth_date": "1985-12-10", "gender": "Female", "state": "New York"})
    assert {path: value for path, value in fields.items() if path.startswith("user.")} == {
        "user.ip": "203.0.113.7",
        "user.user_agent": "UA/1.0",
        "user.email": [ADA["email"]],
        "user.phone": [ADA["phone"]],
        "user.external_id": [AS_GIVEN],
        "user.first_name": ADA["first"],
        "user.last_name": ADA["last"],
        "user.zip_code": ADA["post"],
        "user.city": "berlin",
        "user.state": "newyork",
        "user.country": "de",
    }


@pytest.mark.parametrize(
    ("told", "path", "expected"),
    [
        ({"postal_code": "94025-1234"}, "user.zip_code", hashed("94025")),
        ({"postal_code": "SW1A 1AA"}, "user.zip_code", hashed("sw1a1aa")),
        ({"first_name": "Anna Maria"}, "user.first_name", hashed("annamaria")),
        ({"city": "St. Gallen"}, "user.city", "stgallen"),
        ({"phone": ["0151 12345678"], "country": "DE"}, "user.phone", [ADA["phone"]]),
        ({"phone": ["0151 12345678"]}, "user.phone", None),
        ({"email": ["a@b.io", "c@d.io"]}, "user.email", [hashed("a@b.io"), hashed("c@d.io")]),
        ({"email": ["nobody"]}, "user.email", None),
    ],
)
def test_contact_data(told: dict[str, Any], path: str, expected: Any) -> None:
    assert plain(**told).get(path) == expected


def test_hashes_go_on_unchanged_and_that_of_an_id_not_at_all() -> None:
    found = read(user_data=HASHED)
    assert {path: value for path, value in found.fields.items() if path.startswith("user.")} == {
        "user.email": [ADA["email"]],
        "user.phone": [ADA["phone"]],
        "user.first_name": ADA["first"],
        "user.last_name": ADA["last"],
        "user.zip_code": ADA["post"],
        "user.city": "berlin",
        "user.country": "de",
    }
    assert found.notes == ("external_id: hash_not_portable",)


@pytest.mark.parametrize(
    ("source", "skip"),
    [
        (None, Reason.NONE),
        ("website", Reason.NONE),
        ("app", Reason.UNMAPPABLE),
        ("physical_store", Reason.UNMAPPABLE),
        ("system_generated", Reason.UNMAPPABLE),
    ],
)
def test_a_pixel_takes_events_of_websites_only(source: str | None, skip: Reason) -> None:
    found = read(source=source)
    assert found.skip is skip
    assert bool(found.notes) is bool(skip)


def test_a_website_without_an_address_is_doubted() -> None:
    assert read(properties=None).notes == ("page_url: TikTok wants it of a website's event",)


def test_what_may_only_be_attributed_is_limited_data() -> None:
    found = read(user_data={"mmt_only": True})
    assert found.limited
    assert found.fields["limited_data_use"] is True
    assert not read().limited
    assert "limited_data_use" not in read().fields


def test_the_pixels_event_has_the_same_key_name_and_values() -> None:
    told = {
        "event": "Purchase",
        "event_id": "purchase-7731",
        "context": {"pixel": {"code": PIXEL}, "page": {"url": PAGE}},
        "properties": {"value": "47.97", "currency": "eur", "order_id": "7731"},
    }
    url = "https://trk.shop.example.com/analytics.tiktok.com/api/v2/pixel"
    [pixels] = tiktok.read(make_hit(url, body=orjson.dumps(told)))
    ours = read()
    for name in ("account", "name", "event_key", "page", "canonical"):
        assert getattr(pixels, name) == getattr(ours, name)
    assert pixels.fields.keys() - ours.fields.keys() == set()
    same = {path for path in pixels.fields if path.startswith("properties.")}
    assert {path: pixels.fields[path] for path in same} == {
        path: ours.fields[path] for path in same
    }


@pytest.mark.parametrize("kind", sorted(NAMES))
def test_the_call_is_one_that_tiktok_takes(kind: str) -> None:
    found = read(kind, ext={"firsthand": {"plain": PLAIN}})
    call = tiktok.write([make_beacon(found, vendor="tiktok")], tiktok.Settings(), now=found.at)
    [sent] = orjson.loads(call.body)["data"]
    assert event_problem(sent) is None
