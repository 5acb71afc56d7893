"""ECAPI events at OpenAI. Sources: the Conversions API and supported events, autumn 2026."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.vendors.openai import EVENT_NAMES, VENDOR, Settings, write
from firsthand.vendors.openai import read as read_pixel
from firsthand.vendors.openai.events import NAMES, compose, minor_units, slug
from tests.events import ADA, DIGITS, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

PIXEL = "PXexampleshop00112233x"
DEVICE = "38400000-8cf0-11bd-b23e-10b96e40000d"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), PIXEL, None)
    assert found is not None
    return found


def sent(reading: Reading) -> Any:
    beacon = make_beacon(reading, vendor="openai")
    [one] = orjson.loads(write([beacon], Settings(), now=beacon.at).body)["events"]
    return one


def hashed(text: str) -> list[str]:
    return [sha256(text.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page_view", "page_viewed"),
        ("viewed_item", "contents_viewed"),
        ("add_to_cart", "items_added"),
        ("begin_checkout", "checkout_started"),
        ("purchase", "order_created"),
        ("generate_lead", "lead_created"),
        ("sign_up", "registration_completed"),
        ("schedule", "appointment_scheduled"),
        ("subscribe", "subscription_created"),
        ("start_trial", "trial_started"),
        ("install", "app_installed"),
        ("search", "search"),
        ("donate", "donate"),
    ],
)
def test_names(kind: str, name: str) -> None:
    assert (read(kind).name, read(kind).canonical) == (name, kind)


@pytest.mark.parametrize("kind", ["refund", "login", "viewed_cart", "view_item_list", "share"])
def test_what_openai_has_no_event_for_is_not_sent(kind: str) -> None:
    assert compose(event(kind), PIXEL, None) is None


def test_every_standard_event_has_its_word() -> None:
    assert set(EVENT_NAMES) <= set(NAMES.values())


@pytest.mark.parametrize(
    ("own", "name", "skip"),
    [
        ("quiz_done", "quiz_done", Reason.NONE),
        ("Quiz done!", "quiz_done", Reason.NONE),
        ("--A--", "a", Reason.NONE),
        ("q" * 63 + "-x", "q" * 63, Reason.NONE),
        ("Custom", "custom", Reason.UNMAPPABLE),
        ("購入", "購入", Reason.UNMAPPABLE),
    ],
)
def test_a_custom_events_name_is_written_in_openais_letters(
    own: str, name: str, skip: Reason
) -> None:
    found = read("custom", custom_event=own)
    assert (found.name, found.skip) == (name, skip)


def test_a_custom_event_in_the_call() -> None:
    told = sent(read("custom", custom_event="Quiz done"))
    assert (told["type"], told["custom_event_name"]) == ("custom", "quiz_done")
    assert told["data"]["type"] == "custom"


def test_a_shops_own_choice_wins() -> None:
    own = {"firsthand": {"event_names": {"openai": "subscription_created"}}}
    assert sent(read(ext=own))["data"]["type"] == "plan_enrollment"


def test_a_purchase() -> None:
    found = read()
    assert (found.account, found.event_key) == (PIXEL, "purchase-7731")
    first = {"id": "SKU1", "name": "Blue mug", "quantity": 2, "amount": 1999}
    second = {"id": "SKU9", "name": "Spoon", "quantity": 1, "amount": 399}
    every = {"content_type": "product", "currency": "EUR"}
    assert found.fields == {
        "data.amount": 4797,
        "data.currency": "EUR",
        "data.contents": [first | every, second | every],
        "source_url": "https://shop.example.com/thanks",
        "user.ip_address": "203.0.113.7",
        "user.user_agent": "UA/1.0",
    }
    assert not found.notes
    assert sent(found)["data"]["type"] == "contents"


# Exponents: ISO 4217.
@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("47.97", "EUR", "4797"),
        ("0", "EUR", "0"),
        ("19.995", "USD", "2000"),
        ("0.30000000000000004", "USD", "30"),
        ("47.97", "JPY", "48"),
        ("47.5", "KRW", "48"),
        ("1.2345", "KWD", "1235"),
        ("1.5", "TND", "1500"),
        ("1", "CLF", "10000"),
        ("7", "XYZ", "700"),
    ],
)
def test_money_is_a_whole_number_of_the_smallest_unit(
    value: str, currency: str, minor: str
) -> None:
    assert minor_units(value, currency) == minor
    found = read(value=value, currency_code=currency)
    assert found.fields["data.amount"] == int(minor)


@pytest.mark.parametrize(("currency", "rounded"), [("EUR", False), ("JPY", True), ("KWD", False)])
def test_a_rounded_amount_is_said(currency: str, rounded: bool) -> None:  # noqa: FBT001 - a case
    notes = read(currency_code=currency).notes
    assert ("data.amount: rounded to the smallest unit" in notes) is rounded


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"id": 7, "item_variant": "blue", "brand": "Acme"},
            {"id": "7", "content_type": "product", "variant_dict": {"variant": "blue"}},
        ),
        ({"name": "Mug", "quantity": 1.5}, {"name": "Mug", "content_type": "product"}),
    ],
)
def test_items(item: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(properties={"items": [item]}).fields["data.contents"] == [expected]


def test_without_a_currency_there_is_no_money() -> None:
    item = {"id": "A", "price": 3}
    found = read(value=None, currency_code=None, properties={"items": [item]})
    assert found.fields["data.contents"] == [{"id": "A", "content_type": "product"}]
    assert "data.amount" not in found.fields


def test_a_lead_has_no_items() -> None:
    found = read("generate_lead")
    assert found.fields["data.amount"] == 4797
    assert "data.contents" not in found.fields
    assert found.notes == ("data.contents: OpenAI refuses it with lead_created",)


# The rules: OpenAI, Conversions API, user.
@pytest.mark.parametrize(
    ("told", "path", "values"),
    [
        ({"email": [" Ada@Example.com "]}, "emails_sha256", [ADA["email"]]),
        ({"phone": "0151 12345678", "country": "DE"}, "phone_numbers_sha256", [DIGITS]),
        ({"external_id": " CUST-4711 "}, "external_ids_sha256", hashed("CUST-4711")),
        ({"first_name": "Mary Ann"}, "first_names_sha256", hashed("maryann")),
        ({"last_name": "O'Connor"}, "last_names_sha256", hashed("oconnor")),
        ({"country": "de"}, "countries", ["DE"]),
        ({"state": "Bayern"}, "regions", ["bayern"]),
        ({"city": "São Paulo"}, "cities", ["são paulo"]),
        ({"postal_code": "SW1A 1AA"}, "postal_codes", ["SW1A 1AA"]),
    ],
)
def test_plain_contact_data_by_openais_rules(
    told: dict[str, Any], path: str, values: list[str]
) -> None:
    assert read(ext={"firsthand": {"plain": told}}).fields[f"user.{path}"] == values


def test_of_several_addresses_three_are_sent() -> None:
    emails = [f"{letter}@example.com" for letter in "abcd"]
    found = read(ext={"firsthand": {"plain": {"email": emails}}})
    assert found.fields["user.emails_sha256"] == [hashed(each)[0] for each in emails[:3]]


def test_what_openai_has_no_field_for_stays_here() -> None:
    told = {"street": "Main St. 1", "gender": "female", "birth_date": "1985-12-10"}
    user = {path for path in read(ext={"firsthand": {"plain": told}}).fields if path[:5] == "user."}
    assert user == {"user.ip_address", "user.user_agent"}


def test_hashes_go_on_unchanged_where_openai_makes_the_same() -> None:
    found = read(user_data=HASHED)
    assert found.fields["user.emails_sha256"] == [ADA["email"]]
    assert found.fields["user.first_names_sha256"] == [ADA["first"]]
    assert found.fields["user.last_names_sha256"] == [ADA["last"]]
    assert found.fields["user.countries"] == ["DE"]
    assert found.fields["user.cities"] == ["berlin"]
    lost = ("phone", "external_id", "postal_code")
    assert found.notes == tuple(f"{kind}: hash_not_portable" for kind in lost)
    assert not [
        path for path in found.fields if path.split("_")[0] in {"user.phone", "user.postal"}
    ]


def test_plain_wins_where_both_are_told() -> None:
    found = read(user_data=HASHED, ext={"firsthand": {"plain": PLAIN}})
    assert found.fields["user.phone_numbers_sha256"] == [DIGITS]
    assert found.fields["user.postal_codes"] == ["10115"]
    assert not found.notes


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("website", "web"),
        ("app", "mobile_app"),
        ("email", "email"),
        ("phone_call", "phone_call"),
        ("physical_store", "physical_store"),
        ("chat", "other"),
        ("system_generated", "other"),
        (None, "web"),
    ],
)
def test_the_call_says_where_it_happened(source: str | None, word: str) -> None:
    assert sent(read(source=source))["action_source"] == word


@pytest.mark.parametrize(
    ("kind", "source", "ifa", "sent_on"),
    [
        ("install", None, DEVICE, True),
        ("purchase", "app", DEVICE, True),
        ("purchase", "website", DEVICE, False),
        ("purchase", "app", DEVICE.upper(), False),
        ("purchase", "app", "00000000-0000-0000-0000-000000000000", False),
    ],
)
def test_an_apps_event_may_have_androids_device_id(
    kind: str, source: str | None, ifa: str, *, sent_on: bool
) -> None:
    told = sent(read(kind, source=source, user_data={"ifa": ifa}))
    device = told.get("user", {}).get("android_advertising_id")
    assert device == (DEVICE if sent_on else None)


def test_an_installation_is_always_an_apps() -> None:
    told = sent(read("install", source="website"))
    assert (told["type"], told["action_source"]) == ("app_installed", "mobile_app")
    assert told["data"]["type"] == "customer_action"
    assert "custom_event_name" not in told


def test_an_event_of_a_website_needs_its_page() -> None:
    found = read(source="website", properties={"transaction_id": "7731"})
    assert found.notes == ("source_url: OpenAI refuses a website's event without it",)
    page = "https://shop.example.com/thanks?order=7731#top"
    assert sent(read(properties={"page_url": page}))["source_url"] == page.partition("?")[0]


def test_opt_out() -> None:
    assert sent(read(user_data={"mmt_only": True}))["opt_out"] is True
    assert "opt_out" not in read().fields


def test_the_pixel_and_the_shops_server_tell_of_one_event() -> None:
    page = "https://shop.example.com/thanks"
    item = {"id": "SKU1", "name": "Mug", "content_type": "product", "quantity": 2}
    data = {
        "type": "contents",
        "amount": 4797,
        "currency": "EUR",
        "contents": [{**item, "amount": 1999, "currency": "EUR"}],
    }
    one = {"type": "order_created", "id": "purchase-7731", "source_url": page, "data": data}
    body = {"events": [one], "user": {"in": {"em": ADA["email"], "co": "DE"}}}
    door = f"https://trk/bzr.openai.com/v1/sdk/events?pid={PIXEL}"
    [seen] = read_pixel(make_hit(door, body=orjson.dumps(body), headers={"user-agent": "UA/1.0"}))
    found = read(
        user_data={
            "email_address": [ADA["email"]],
            "address": [{"country_code": "de"}],
            "event_ip_address": "203.0.113.7",
            "event_user_agent": "UA/1.0",
        },
        properties={
            "page_url": page,
            "items": [{"id": "SKU1", "name": "Mug", "price": 19.99, "quantity": 2}],
        },
    )
    assert (found.name, found.event_key, found.page) == (seen.name, seen.event_key, seen.page)
    assert found.fields == seen.fields


def test_slug() -> None:
    assert slug("Größe gewählt") == "gr_e_gew_hlt"
    assert slug("!!!") == ""


def test_the_vendor_composes() -> None:
    assert VENDOR.compose is compose
