"""ECAPI events at X. Source: X's guide and reference of web conversions, read 2026-11-24."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.vendors.x import VENDOR, Settings, write
from firsthand.vendors.x import read as read_pixel
from firsthand.vendors.x.events import compose
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

PIXEL = "o8abc"
BUY = "tw-o8abc-o9def"
CHOSEN = Settings(
    events={
        "purchase": BUY,
        "page_view": "opage",
        "add_to_cart": "ocart",
        "generate_lead": "olead",
        "search": "osearch",
        "quiz_done": "oquiz",
        "sign_up": "tw-other-osign",
        "donate": "Not an id",
    }
)


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, CHOSEN)
    assert found is not None
    return found


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def named(code: str) -> dict[str, Any]:
    return {"firsthand": {"event_names": {"x": code}}}


@pytest.mark.parametrize(
    ("kind", "changes", "name"),
    [
        ("purchase", {}, BUY),
        ("page_view", {}, "tw-o8abc-opage"),
        ("add_to_cart", {}, "tw-o8abc-ocart"),
        ("generate_lead", {}, "tw-o8abc-olead"),
        ("custom", {"custom_event": "quiz_done"}, "tw-o8abc-oquiz"),
        ("login", {"ext": named("ologin")}, "tw-o8abc-ologin"),
        ("purchase", {"ext": named("tw-o8abc-ovip")}, "tw-o8abc-ovip"),
    ],
)
def test_an_event_goes_by_the_id_that_is_set_up_for_it(
    kind: str, changes: dict[str, Any], name: str
) -> None:
    found = read(kind, **changes)
    assert (found.name, found.canonical, found.skip) == (name, kind, Reason.NONE)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [("login", {}), ("refund", {}), ("custom", {"custom_event": "quiz_started"})],
)
def test_what_no_id_is_set_up_for_is_not_sent(kind: str, changes: dict[str, Any]) -> None:
    assert compose(event(kind, **changes), PIXEL, CHOSEN) is None
    assert compose(event("purchase"), PIXEL, Settings()) is None


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("sign_up", {}),
        ("donate", {}),
        ("purchase", {"ext": named("tw-other-o9def")}),
        ("purchase", {"ext": named("tw-o8abc-")}),
        ("purchase", {"ext": named("Purchase")}),
        ("purchase", {"source": "physical_store"}),
        ("purchase", {"source": "app"}),
    ],
)
def test_what_x_would_refuse_with_the_whole_call_is_kept_out_of_it(
    kind: str, changes: dict[str, Any]
) -> None:
    assert read(kind, **changes).skip is Reason.UNMAPPABLE


def test_a_purchase() -> None:
    found = read()
    assert (found.account, found.event_key) == (PIXEL, "purchase-7731")
    assert found.fields == {
        "value": "47.97",
        "price_currency": "EUR",
        "number_items": 3,
        "contents": [
            {
                "content_id": "SKU1",
                "content_name": "Blue mug",
                "content_price": 19.99,
                "num_items": 2,
            },
            {
                "content_id": "SKU9",
                "content_name": "Spoon",
                "content_price": 3.99,
                "num_items": 1,
            },
        ],
        "identifiers.ip_address": "203.0.113.7",
        "identifiers.user_agent": "UA/1.0",
    }
    assert not found.notes


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ([{"id": "A"}, {"id": "B", "quantity": 2}], 3),
        ([{"id": "A", "quantity": 1.5}], None),
        ([], None),
    ],
)
def test_how_many_things_there_are(items: list[dict[str, Any]], count: int | None) -> None:
    assert read(properties={"items": items}).fields.get("number_items") == count


def test_a_search_says_what_for() -> None:
    found = read("search", value=None, properties={"search_term": "blue mug"})
    assert found.fields["search_string"] == "blue mug"
    assert "value" not in found.fields


@pytest.mark.parametrize(
    ("told", "path", "normal"),
    [
        ({"email": " Ada.Love+news@Example.com "}, "hashed_email", "ada.love+news@example.com"),
        ({"phone": "0151 12345678", "country": "DE"}, "hashed_phone_number", "+4915112345678"),
        ({"phone": "+1 123 456 7890"}, "hashed_phone_number", "+11234567890"),
    ],
)
def test_plain_contact_data_is_hashed_by_xs_rules(
    told: dict[str, str], path: str, normal: str
) -> None:
    found = read(ext={"firsthand": {"plain": told}})
    assert found.fields[f"identifiers.{path}"] == hashed(normal)


def test_what_x_has_no_identifier_for_stays_here() -> None:
    told = {**PLAIN, "birth_date": "1985-12-10", "gender": "f"}
    found = read(ext={"firsthand": {"plain": told}}, user_data=None)
    known = {path for path in found.fields if path.startswith("identifiers.")}
    assert known == {"identifiers.hashed_email", "identifiers.hashed_phone_number"}


def test_hashes_go_on_unchanged() -> None:
    found = read(user_data=HASHED)
    assert found.fields["identifiers.hashed_email"] == ADA["email"]
    assert found.fields["identifiers.hashed_phone_number"] == ADA["phone"]
    assert not found.notes


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        ({"user_data": {"event_user_agent": "UA/1.0"}}, ["no identifier yet"]),
        ({"id": None}, ["no conversion_id"]),
    ],
)
def test_what_x_will_refuse_or_count_twice_is_said(
    changes: dict[str, Any], notes: list[str]
) -> None:
    assert [note.partition(":")[0] for note in read(**changes).notes] == notes


def test_the_pixel_and_the_shops_server_tell_of_one_event() -> None:
    members = {
        "value": "47.97",
        "currency": "EUR",
        "conversion_id": "purchase-7731",
        "num_items": 3,
        "contents": [
            {"content_id": "SKU1", "content_name": "Mug", "content_price": 19.99, "num_items": 3}
        ],
        "email_address": ADA["email"],
    }
    page = "https://shop.example.com/thanks"
    told = {"txn_id": BUY, "event": orjson.dumps(members).decode(), "tw_document_href": page}
    address = f"https://trk/t.co/1/i/adsct?{urlencode(told, quote_via=quote)}"
    [seen] = read_pixel(make_hit(address, headers={"user-agent": "UA/1.0"}))
    item = {"id": "SKU1", "name": "Mug", "price": 19.99, "quantity": 3}
    server = {"event_ip_address": "203.0.113.7", "event_user_agent": "UA/1.0"}
    found = read(
        user_data={"email_address": [ADA["email"]], **server},
        properties={"page_url": page, "items": [item]},
    )
    assert (found.name, found.event_key, found.page) == (seen.name, seen.event_key, seen.page)
    assert found.fields == seen.fields


def test_the_call_names_event_and_key() -> None:
    beacon = make_beacon(read(), vendor="x")
    [sent] = orjson.loads(write([beacon], CHOSEN, now=beacon.at).body)["conversions"]
    assert (sent["event_id"], sent["conversion_id"]) == (BUY, "purchase-7731")
    assert sent["identifiers"] == [{"ip_address": "203.0.113.7", "user_agent": "UA/1.0"}]


def test_what_must_not_serve_optimisation_goes_nowhere() -> None:
    found = read(user_data={"mmt_only": True})
    assert (found.skip, found.limited) == (Reason.LIMITED_DATA, True)


def test_the_vendor_composes() -> None:
    assert VENDOR.compose is compose
