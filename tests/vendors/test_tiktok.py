"""Reading and writing TikTok events; the table and the answers have tests of their own."""

import base64
import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Hit, Reading, Reason
from firsthand.vendor import Mint
from firsthand.vendors.tiktok import AUTOMATIC, EVENTS, MIRRORS, VENDOR, Settings, read, write
from tests.factories import NOW, make_beacon, make_hit, make_reading

PIXEL = "CQ7T5KLC77U9EXAMPLE0"
DAY = 86_400_000
PAGE = "https://shop.example.com/done"
TTP = "2cX9kLmQ0rStUvWxYzAbCdEfGh7.tt.1"


def message(**changes: Any) -> dict[str, Any]:
    """Return the pixel's JSON; ``user``, ``ad``, ``page`` and ``properties`` are parts of it."""
    context = {
        "pixel": {"code": changes.pop("code", PIXEL)},
        "page": {"url": PAGE, "referrer": ""} | changes.pop("page", {}),
        "ad": changes.pop("ad", {}),
        "user": changes.pop("user", {}),
    }
    return {"event": "Purchase", "event_id": "k-1", "context": context, "properties": {}} | changes


def hit_of(body: object, path: str = EVENTS, **given: Any) -> Hit:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return make_hit(f"https://trk.shop.example.com/analytics.tiktok.com{path}", body=raw, **given)


def event(**changes: Any) -> Reading:
    [reading] = read(hit_of(message(**changes)))
    return reading


def sent(beacon: Beacon, *, now: int = NOW, **chosen: str) -> Any:
    return orjson.loads(write([beacon], Settings(**chosen), now=now).body)


def beacon(**given: Any) -> Beacon:
    reading = make_reading(account=PIXEL, name="Purchase", fields=given.pop("fields", {}))
    return make_beacon(reading, vendor="tiktok", **given)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("Pageview", "page_view"),
        ("ViewContent", "viewed_item"),
        ("Purchase", "purchase"),
        ("CompletePayment", "purchase"),
        ("Lead", "generate_lead"),
        ("SubmitForm", "generate_lead"),
        ("PlaceAnOrder", "custom"),
        ("purchase", "custom"),
        ("Gift Wrapped", "custom"),
    ],
)
def test_names_stay_and_have_a_canonical_one(name: str, canonical: str) -> None:
    reading = event(event=name)
    assert (reading.name, reading.canonical, reading.skip) == (name, canonical, Reason.NONE)


@pytest.mark.parametrize(
    ("changes", "path", "name", "skip"),
    [
        *(({"event": name}, EVENTS, name, Reason.AUTOMATIC) for name in sorted(AUTOMATIC)),
        *(({"event": name}, EVENTS, name, Reason.MIRROR) for name in sorted(MIRRORS)),
        ({"event": ""}, EVENTS, "pixel", Reason.AUTOMATIC),
        ({"event": "", "action": "Click"}, f"{EVENTS}/act", "Click", Reason.AUTOMATIC),
        ({"event": "Purchase"}, "/api/v2/performance", "Purchase", Reason.AUTOMATIC),
        ({"event": ""}, "/api/v2/interaction", "interaction", Reason.AUTOMATIC),
        ({"tt_test_id": "t-1"}, EVENTS, "Purchase", Reason.AUTOMATIC),
    ],
)
def test_what_is_no_event_of_the_site_holds_nothing(
    changes: dict[str, Any], path: str, name: str, skip: Reason
) -> None:
    [reading] = read(hit_of(message(**changes), path, headers={"referer": PAGE}))
    assert (reading.name, reading.skip) == (name, skip)
    assert (reading.fields, reading.event_key) == ({}, "")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"event_id": "a-1"}, "a-1"),
        ({"event_id": 991}, "991"),
        ({"event_id": "", "properties": {"event_id": "b-2"}}, "b-2"),
        ({"event_id": "", "properties": {"eventID": "c-3"}}, "c-3"),
        ({"event_id": "a-1", "properties": {"event_id": "b-2"}}, "a-1"),
        ({"event_id": None}, ""),
        ({"event_id": ""}, ""),
    ],
)
def test_the_event_key(changes: dict[str, Any], key: str) -> None:
    assert event(**changes).event_key == key


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        message(code=""),
        message(code="abc"),
        message(code={}),
        {"event": "Purchase"},
        message(context=[]),
        message(properties=[[[[[[[[[[]]]]]]]]]]),
    ],
)
def test_without_json_or_a_pixel_code_there_is_no_event(body: object) -> None:
    assert list(read(hit_of(body))) == []


@pytest.mark.parametrize("padding", [True, False])
def test_an_image_carries_the_same_as_a_body(padding: bool) -> None:  # noqa: FBT001 - a case
    body = message(properties={"value": 1, "currency": "EUR", "description": "für ?>~ Zoë"})
    packed = base64.urlsafe_b64encode(orjson.dumps(body)).decode()
    told = packed if padding else packed.rstrip("=")
    url = f"https://trk.shop.example.com/analytics.tiktok.com{EVENTS}?analytics_message={told}"
    [by_image] = read(make_hit(url))
    [by_body] = read(hit_of(body))
    assert by_image == by_body


@pytest.mark.parametrize("told", ["", "!!!", "a", "e30", "eyJ"])
def test_an_image_without_a_message_is_no_event(told: str) -> None:
    url = f"https://trk.shop.example.com/analytics.tiktok.com{EVENTS}?analytics_message={told}"
    assert list(read(make_hit(url))) == []


# 2026-11-24T10:00:00Z is NOW.
@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-11-24T09:59:59.500Z", NOW - 500),
        ("2026-11-24T10:01:00Z", NOW + 60_000),
        ("2026-11-24T10:01:00.001Z", NOW),
        ("2026-11-17T10:00:00Z", NOW - 7 * DAY),
        ("2026-11-17T09:59:59Z", NOW),
        ("soon", NOW),
        ("", NOW),
        (1_795_514_000_000, NOW),
        ("0001-01-01T00:00:00", NOW),
    ],
)
def test_the_time_is_the_pixels_unless_it_cannot_be(told: object, at: int) -> None:
    assert event(timestamp=told).at == at


@pytest.mark.parametrize(
    ("flag", "limited"), [(True, True), ("true", True), (False, False), (None, False), (7, False)]
)
def test_limited_data_use(flag: object, limited: bool) -> None:  # noqa: FBT001 - a case
    reading = event(limited_data_use=flag)
    assert reading.limited is limited
    assert reading.fields.get("limited_data_use", False) is limited
    assert bool(reading.signals) is limited


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (PAGE, True),
        (f"{PAGE}?ttclid=E.C.P.One", True),
        (f"{PAGE}?a=1&ttclid=E.C.P.one#x", False),
        (f"{PAGE}?ttclid=not%20a%20click", True),
        (f"{PAGE}#?ttclid=E.C.P.Two", True),
    ],
)
def test_an_older_click_is_left_out(page: str, kept: bool) -> None:  # noqa: FBT001 - a case
    reading = event(ad={"callback": "E.C.P.One"}, page={"url": page})
    assert ("user.ttclid" in reading.fields) is kept


def test_the_page_comes_from_the_referer_where_the_pixel_names_none() -> None:
    [reading] = read(hit_of(message(page={"url": ""}), headers={"referer": PAGE}))
    assert reading.page == PAGE
    assert reading.fields["page.url"] == PAGE


@pytest.mark.parametrize(
    ("properties", "left"),
    [
        ({"value": 5}, {}),
        ({"currency": "EUR"}, {}),
        ({"value": "5,00", "currency": "EUR"}, {}),
        ({"value": -1, "currency": "EUR"}, {}),
        ({"value": 0, "currency": "eur"}, {"value": 0, "currency": "EUR"}),
    ],
)
def test_value_and_currency_go_together(properties: Any, left: dict[str, Any]) -> None:
    reading = event(properties=properties)
    assert {path[11:]: value for path, value in reading.fields.items() if "prop" in path} == left
    assert bool(reading.notes) is not bool(left)


def test_contact_data_is_a_list_in_the_order_of_its_sources() -> None:
    one, two, three = ("a" * 64, "b" * 64, "c" * 64)
    user = {"auto_email": two, "eb_email": three.upper(), "email": one, "auto_phone_number": ""}
    fields = event(user=user).fields
    assert fields["user.email"] == [one, two, three]
    assert "user.phone" not in fields


def test_names_of_the_request_itself_cannot_be_forged() -> None:
    fields = event(**{"@ip": "198.51.100.1", "@user_agent": "forged"}).fields
    assert fields["user.ip"] == "203.0.113.7"
    assert fields["user.user_agent"] != "forged"


# Writing.


def test_a_call_names_the_pixel_once() -> None:
    body = sent(beacon(to="COTHERPIXEL000000000"))
    assert (body["event_source"], body["event_source_id"]) == ("web", "COTHERPIXEL000000000")
    assert set(body) == {"event_source", "event_source_id", "data"}
    more = sent(beacon(), test_event_code="T1", partner_name="shop")
    assert (more["test_event_code"], more["partner_name"]) == ("T1", "shop")


def test_times_are_whole_seconds_and_never_ahead_of_the_call() -> None:
    [early] = sent(beacon(event_at=NOW - 1))["data"]
    [ahead] = sent(beacon(event_at=NOW + 30_000), now=NOW + 999)["data"]
    assert (early["event_time"], ahead["event_time"]) == (NOW // 1000 - 1, NOW // 1000)


def test_an_event_has_a_user_and_sections() -> None:
    [bare] = sent(beacon())["data"]
    assert (bare["user"], bare["event_id"]) == ({}, "key-1")
    fields = {"properties.value": 1, "user.ttp": TTP, "page.url": PAGE, "limited_data_use": True}
    [full] = sent(beacon(fields=fields))["data"]
    assert list(full) == [
        "event",
        "event_time",
        "event_id",
        "user",
        "page",
        "properties",
        "limited_data_use",
    ]


# Cookies.


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (TTP, True),
        ("2cX9kLmQ0rStUvWxYzAbCdEfGh7", True),
        ("2cX9kLmQ0rStUvWxYzAbCdEfGh7.tt.", False),
        ("short", False),
        ("2cX9kLmQ0rStUvWxYzAbCd;Gh7", False),
    ],
)
def test_the_form_of_a_browser_id(value: str, good: bool) -> None:  # noqa: FBT001 - a case
    _, ttp = VENDOR.cookies
    assert bool(re.fullmatch(ttp.pattern, value)) is good
    assert ("user.ttp" in event(user={"anonymous_id": value}).fields) is good
    assert ttp.mint is None


def test_the_click_cookie_is_the_click() -> None:
    ttclid, _ = VENDOR.cookies
    assert ttclid.mint is not None
    assert ttclid.click_of is not None
    made = ttclid.mint(Mint(click="E.C.P.One-1", at=NOW, labels=2, draw=7))
    assert made == ttclid.click_of(made) == "E.C.P.One-1"
    assert ttclid.days == 90


def test_what_the_pixel_invents_or_repeats_gets_no_key() -> None:
    assert {"EnrichAM", "EnrichIpv6", "LandingPageView"} <= VENDOR.automatic
    assert VENDOR.dedup.from_page


# Anything at all.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
WIRES = [row.wire for row in VENDOR.fields if row.wire[:1] != "@"]
PATHS = {row.path for row in VENDOR.fields if row.path}


def check(hit: Hit) -> None:
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page, reading.notes])
        for path in reading.fields:
            assert path in PATHS or re.fullmatch(r"properties\.[^.]+", path)
        write([make_beacon(reading, vendor="tiktok")], Settings(), now=NOW)


@settings(max_examples=150, deadline=None)
@given(wire=st.sampled_from(WIRES), value=JSON)
def test_any_value_in_any_place_is_read_without_an_error(wire: str, value: Any) -> None:
    body = message()
    place = body
    *sections, last = wire.split(".")
    for section in sections:
        inner = place.setdefault(section, {})
        place = inner if isinstance(inner, dict) else {}
    place[last] = value
    check(hit_of(body))


@settings(max_examples=100, deadline=None)
@given(key=st.text(max_size=12), value=JSON)
def test_any_free_key_is_read_without_an_error(key: str, value: Any) -> None:
    check(hit_of(message(properties={key: value, "contents": value})))


WHOLE = orjson.dumps(message(user={"email": "a" * 64}, properties={"contents": [{"price": 1}]}))


@settings(max_examples=150, deadline=None)
@given(where=st.integers(0, len(WHOLE)), cut=st.integers(0, 30), put=st.binary(max_size=4))
def test_mutated_bodies_are_read_without_an_error(where: int, cut: int, put: bytes) -> None:
    check(hit_of(WHOLE[:where] + put + WHOLE[where + cut :]))


@settings(max_examples=60, deadline=None)
@given(name=st.from_regex(r"zz[a-z.]{3,8}", fullmatch=True), section=st.sampled_from(["", "user"]))
def test_an_unlisted_member_goes_nowhere(name: str, section: str) -> None:
    canary = {name: "canary-4711"}
    told = event(user=canary) if section else event(**canary)
    assert "canary-4711" not in repr(told.fields)
    assert told.unlisted == 1


def test_a_message_has_a_limit() -> None:
    big = message(properties={"description": "x" * 300_000})
    assert list(read(hit_of(big))) == []
