"""Reading and writing X events; the answers have tests of their own."""

import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Beacon, Fields, Hit, MatchKey, Origin, Reading, Reason
from firsthand.rules.doors import Doors, Use
from firsthand.store.sqlite.twinkeys import twin_key
from firsthand.vendor import Mint
from firsthand.vendors.x import VENDOR, Settings, click_of, read, write
from tests.factories import NOW, make_beacon, make_hit, make_reading

PIXEL = "o7kilnp"
EVENT = "tw-o7kilnp-o7buyzz"
PAGE = "https://shop.example.com/done"
HOSTS = ("t.co", "analytics.twitter.com", "analytics.x.com")
PATHS = ("/i/adsct", "/1/i/adsct", "/i/adsctp", "/1/i/adsctp")


def hit_of(told: dict[str, str], host: str = "t.co", **given: Any) -> Hit:
    query = urlencode(told, quote_via=quote)
    return make_hit(f"https://trk.shop.example.com/{host}/1/i/adsct?{query}", **given)


def event(members: dict[str, Any] | None = None, **told: str) -> Reading:
    base = {"txn_id": EVENT, "event_id": "hit-1", "tw_document_href": PAGE}
    [reading] = read(hit_of({**base, "event": json.dumps(members or {}), **told}))
    return reading


def beacon(fields: Fields | None = None, key: str = "A-1", **given: Any) -> Beacon:
    reading = make_reading(account=PIXEL, name=EVENT, event_key=key, fields=fields or {})
    return make_beacon(reading, vendor="x", **given)


def conversion(one: Beacon, now: int = NOW) -> Any:
    [sent] = orjson.loads(write([one], Settings(), now=now).body)["conversions"]
    return sent


# Which event it is.


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", PATHS)
def test_every_door_is_a_beacon_and_one_host_counts(host: str, path: str) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert found is not None
    assert found.use is Use.BEACON
    [reading] = read(make_hit(f"https://trk/{host}{path}?txn_id={EVENT}"))
    assert reading.skip is (Reason.NONE if host == "t.co" else Reason.MIRROR)


@pytest.mark.parametrize(
    ("host", "path"),
    [("t.co", "/Ab3xYz9"), ("t.co", "/i/adsct/x"), ("x.com", "/i/adsct"), ("t.co", "/2/i/adsct")],
)
def test_a_foreign_path_is_no_door(host: str, path: str) -> None:
    assert Doors([VENDOR]).find(host, path) is None


def test_an_image_and_its_post_are_one_event_and_the_mirror_none() -> None:
    told = {"txn_id": EVENT, "event_id": "hit-1", "event": '{"value":5}'}
    form = {"content-type": "application/x-www-form-urlencoded"}
    [image] = read(hit_of(told))
    [post] = read(make_hit("https://trk/t.co/1/i/adsctp", body=urlencode(told), headers=form))
    [mirror] = read(hit_of(told, "analytics.twitter.com"))
    keys = {twin_key(b"s", make_beacon(one, vendor="x")) for one in (image, post)}
    assert len(keys) == 1
    assert mirror.skip is Reason.MIRROR
    assert mirror.fields == {}


@pytest.mark.parametrize(
    ("txn", "account", "name", "skip"),
    [
        (EVENT, PIXEL, EVENT, Reason.NONE),
        (PIXEL, PIXEL, "PageView", Reason.UNMAPPABLE),
        ("l5i06", "l5i06", "PageView", Reason.UNMAPPABLE),
    ],
)
def test_account_and_name_come_from_the_transaction(
    txn: str, account: str, name: str, skip: Reason
) -> None:
    reading = event(txn_id=txn)
    assert (reading.account, reading.name, reading.skip) == (account, name, skip)


@pytest.mark.parametrize(
    "txn", ["", "tw-", "tw-o8abc", "O8ABC", "tw-o8abc-", "a" * 13, "tw-o8-o9-o1"]
)
def test_without_a_pixel_there_is_no_event(txn: str) -> None:
    assert list(read(hit_of({"txn_id": txn}))) == []


@pytest.mark.parametrize(
    ("events", "name"),
    [
        ('[["pageview",{}]]', "PageView"),
        ('[["purchase",{"value":"1"}]]', "purchase"),
        ("[[]]", "PageView"),
        ('[["', "PageView"),
        ('[[{"a":1}]]', "PageView"),
        ("{}", "PageView"),
    ],
)
def test_the_oldest_spelling_names_events_that_the_api_cannot_take(events: str, name: str) -> None:
    reading = event(txn_id=PIXEL, events=events)
    assert (reading.name, reading.skip) == (name, Reason.UNMAPPABLE)


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"conversion_id": "A-1"}, "A-1"),
        ({"conversion_id": 771}, "771"),
        ({"conversion_id": ""}, "hit-1"),
        ({"conversion_id": True}, "hit-1"),
        ({"conversion_id": {"a": 1}}, "hit-1"),
        ({}, "hit-1"),
    ],
)
def test_the_event_key_is_the_pages_own_and_else_the_hits(
    members: dict[str, Any], key: str
) -> None:
    reading = event(members)
    assert reading.event_key == key
    assert any("conversion_id" in note for note in reading.notes) is (key == "hit-1")


def test_a_copy_without_a_key_of_the_pages_has_none() -> None:
    told = {"txn_id": EVENT, "event_id": "hit-1", "event": "{}"}
    [copy] = read(hit_of(told, origin=Origin.COPY))
    [own] = read(hit_of({**told, "event": '{"conversion_id":"A-1"}'}, origin=Origin.COPY))
    assert VENDOR.dedup.from_page
    assert (copy.event_key, own.event_key) == ("", "A-1")


@pytest.mark.parametrize(
    ("told", "limited"),
    [
        ({"restricted_data_use": "restrict_optimization"}, True),
        ({"restricted_data_use": "1"}, True),
        ({"restricted_data_use": "off"}, False),
        ({"us_privacy": "1YYN"}, True),
        ({"us_privacy": "1YNN"}, False),
        ({"us_privacy": "1---"}, False),
        ({}, False),
    ],
)
def test_restricted_use_is_withheld_because_the_api_has_no_flag(
    told: dict[str, str], *, limited: bool
) -> None:
    reading = event({"value": 5}, **told)
    assert reading.limited is limited
    assert (reading.skip is Reason.LIMITED_DATA) is limited
    assert bool(reading.fields) is not limited


def test_a_broken_event_is_noted() -> None:
    [reading] = read(hit_of({"txn_id": EVENT, "event": '{"value":5,"cur'}))
    assert "event: broken off" in reading.notes
    assert "value" not in reading.fields


# Values.


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (65.4, "65.40"),
        ("20.02", "20.02"),
        (1000, "1000.00"),
        (0.1 + 0.2, "0.30"),
        (0, None),
        ("0.00", None),
        (-5, None),
        ("12,50", None),
        ("1e3", None),
        ("free", None),
        (True, None),
        ([5], None),
    ],
)
def test_money_is_text_with_two_decimals(given: object, value: str | None) -> None:
    assert event({"value": given}).fields.get("value") == value


def test_the_event_speaks_before_the_older_parameters() -> None:
    fields = event({"value": 5, "num_items": 2}, tw_sale_amount="9", tw_order_quantity="7").fields
    assert (fields["value"], fields["number_items"]) == ("5.00", 2)


@pytest.mark.parametrize(
    ("contents", "items"),
    [
        (
            [{"content_id": "A", "content_price": "9.9"}],
            [{"content_id": "A", "content_price": 9.9}],
        ),
        ([{"content_id": 7, "num_items": 0}], [{"content_id": "7"}]),
        ([{"content_id": ["A"]}, {"shelf": "N"}, "A", None], None),
        ({"content_id": "A"}, [{"content_id": "A"}]),
        ("A", None),
        ([], None),
    ],
)
def test_items_have_the_members_that_x_documents(contents: object, items: object) -> None:
    assert event({"contents": contents}).fields.get("contents") == items


EMAIL = sha256(b"nora.blum+news@example.net").hexdigest()
PHONE = sha256(b"+41446681800").hexdigest()


@pytest.mark.parametrize(
    ("name", "given", "path", "digest"),
    [
        ("email_address", " Nora.Blum+news@Example.NET", "hashed_email", EMAIL),
        ("email_address", EMAIL.upper(), "hashed_email", EMAIL),
        ("email_address", "nobody", "hashed_email", None),
        ("email_address", "d41d8cd98f00b204e9800998ecf8427e", "hashed_email", None),
        ("phone_number", "+41 (44) 668-18-00", "hashed_phone_number", PHONE),
        ("phone_number", "0041446681800", "hashed_phone_number", PHONE),
        ("phone_number", PHONE, "hashed_phone_number", PHONE),
        ("phone_number", "12", "hashed_phone_number", None),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_contact_data_is_hashed_once(
    name: str, given: str, path: str, digest: str | None, *, inside: bool
) -> None:
    reading = event({name: given}) if inside else event(**{name: given})
    assert reading.fields.get(f"identifiers.{path}") == digest


def test_the_phone_hash_is_the_one_that_x_publishes() -> None:
    published = "1fa6b8d986d9b9cd01bf36951815158bbde9f520c0567c835dfe34783d0a4231"
    fields = event({"phone_number": "+11234567890"}).fields
    assert fields["identifiers.hashed_phone_number"] == published


@pytest.mark.parametrize(
    ("ip", "sent"),
    [("203.0.113.7", "203.0.113.7"), ("2001:db8::7", None), ("::ffff:203.0.113.7", "203.0.113.7")],
)
def test_only_dotted_addresses_are_sent(ip: str, sent: str | None) -> None:
    [reading] = read(hit_of({"txn_id": EVENT}, ip=ip))
    assert reading.fields.get("identifiers.ip_address") == sent


def test_match_keys() -> None:
    fields = event({"email_address": EMAIL, "phone_number": PHONE}, twclid="2-abc").fields
    keys = Table(VENDOR.fields).keys(fields)
    expected = MatchKey.EMAIL | MatchKey.PHONE | MatchKey.CLICK_ID | MatchKey.IP
    assert keys == expected | MatchKey.USER_AGENT


# Cookies.

PIXELS_OWN = quote(
    '{"pixelVersion":"2.3.29","timestamp":1795400333444,"twclid":"2-3kq9mzd71w0yv5","source":1}',
    safe="",
)


@pytest.mark.parametrize(
    ("value", "click"),
    [
        (PIXELS_OWN, "2-3kq9mzd71w0yv5"),
        (quote(PIXELS_OWN, safe=""), "2-3kq9mzd71w0yv5"),
        ("2-3kq9mzd71w0yv5", "2-3kq9mzd71w0yv5"),
        ("%7B%22twclid%22%3A%22a b%22%7D", ""),
        ("%7B%22twclid%22%3A7%7D", "7"),
        ("%7B", ""),
        ("", ""),
        ("%7B%7D", ""),
    ],
)
def test_the_click_is_taken_out_of_its_cookie(value: str, click: str) -> None:
    assert click_of(value) == click


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (PIXELS_OWN, True),
        ("2-3kq9mzd71w0yv5", False),  # a beacon's bare id must not become the pixel's cookie
        ("%7B%22a b%7D", False),
        ("%7B%7D;x", False),
        ("", False),
    ],
)
def test_only_the_pixels_own_form_is_a_click_cookie(value: str, *, good: bool) -> None:
    [row] = [each for each in VENDOR.cookies if each.name == "_twclid"]
    assert bool(re.fullmatch(row.pattern, value)) is good


def test_a_minted_click_cookie_is_as_the_pixel_writes_it() -> None:
    [row] = [each for each in VENDOR.cookies if each.name == "_twclid"]
    assert row.mint is not None
    made = row.mint(Mint("2-abc", 1_795_400_333_444, 2, 7))
    assert made == PIXELS_OWN.replace("2.3.29", "2.3.35").replace("2-3kq9mzd71w0yv5", "2-abc")
    assert click_of(made) == "2-abc"


# Calls.


def test_a_call_names_version_and_pixel() -> None:
    call = write([beacon(), beacon(key="A-2")], Settings(version="13"), now=NOW)
    assert call.url == f"https://ads-api.x.com/13/measurement/conversions/{PIXEL}"
    sent = orjson.loads(call.body)["conversions"]
    assert [each["conversion_id"] for each in sent] == ["A-1", "A-2"]


@pytest.mark.parametrize(
    ("at", "now", "spelled"),
    [
        (NOW, NOW, "2026-11-24T10:00:00.000Z"),
        (NOW + 7, NOW + 900, "2026-11-24T10:00:00.007Z"),
        (NOW + 60_000, NOW, "2026-11-24T10:00:00.000Z"),
    ],
)
def test_times_have_milliseconds_and_never_lie_ahead(at: int, now: int, spelled: str) -> None:
    assert conversion(beacon(event_at=at), now)["conversion_time"] == spelled


def test_each_identifier_is_an_object_and_the_network_one() -> None:
    fields: Fields = {
        "identifiers.user_agent": "UA",
        "identifiers.ip_address": "203.0.113.7",
        "identifiers.hashed_email": EMAIL,
        "identifiers.twclid": "2-abc",
        "value": "5.00",
    }
    assert conversion(beacon(fields)) == {
        "conversion_time": "2026-11-24T10:00:00.000Z",
        "event_id": EVENT,
        "conversion_id": "A-1",
        "identifiers": [
            {"twclid": "2-abc"},
            {"hashed_email": EMAIL},
            {"ip_address": "203.0.113.7", "user_agent": "UA"},
        ],
        "value": "5.00",
    }


def test_what_x_will_refuse_travels_by_itself() -> None:
    good = beacon({"identifiers.twclid": "2-abc"})
    bad = beacon({"identifiers.user_agent": "UA"})
    assert VENDOR.batch_key(good) == PIXEL
    assert VENDOR.batch_key(bad) != VENDOR.batch_key(good)


def test_a_full_quarter_of_an_hour_stays_within_the_quota() -> None:
    limits = VENDOR.limits
    assert limits.max_batch <= 500
    assert limits.max_batch * limits.calls_per_second * 900 <= 60_000


# Anything at all.

NAMES = st.sampled_from([row.wire for row in VENDOR.fields if row.wire[0] != "@"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["value", "currency", "num_items", "contents", "conversion_id", "twclid"]), JSON
)


@given(st.lists(st.tuples(NAMES, st.text(max_size=30)), max_size=8), MEMBERS)
def test_anything_can_be_read_and_what_is_read_can_be_sent(
    pairs: list[tuple[str, str]], members: dict[str, Any]
) -> None:
    told = {"txn_id": EVENT, "event": json.dumps(members)} | dict(pairs)
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in told.items())
    for reading in read(make_hit("https://trk/t.co/1/i/adsct", query=query)):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.notes])
        sent = conversion(make_beacon(reading, vendor="x"), now=reading.at)
        assert "value" not in sent or float(sent["value"]) > 0
        assert all(isinstance(one, dict) for one in sent["identifiers"])


@given(st.text(max_size=60))
def test_no_cookie_breaks_the_reader(value: str) -> None:
    click_of(value)
