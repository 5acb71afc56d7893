"""Reading and writing OpenAI events; the table and the answers have tests of their own."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Hit, Reading, Reason
from firsthand.vendor import Mint
from firsthand.vendors.openai import EVENT_NAMES, VENDOR, Settings, probe, read, write
from tests.factories import NOW, make_beacon, make_hit, make_reading

PIXEL = "PXexampleshop00112233x"
HOUR = 3_600_000
DAY = 24 * HOUR
PAGE = "https://shop.example.com/done"
OBREF = "6f1f4f0e-31c6-4a7e-8a55-3c0b9f1d2e77"
OPPREF = "gAAAAABqOwnClick_x-7="
DOOR = "https://trk.shop.example.com/bzr.openai.com/v1/sdk/events"


def single(name: str = "order_created", **changes: Any) -> dict[str, Any]:
    told = {"type": name, "id": "k-1", "source_url": PAGE, "data": {"type": "contents"}}
    return told | changes


def batch(*events: Any, **changes: Any) -> dict[str, Any]:
    return {"obref": OBREF, "oppref": OPPREF, "user": {}, "events": list(events)} | changes


def hit_of(body: object, query: str = f"pid={PIXEL}&st=oaiq-web", **given: Any) -> Hit:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return make_hit(DOOR, body=raw, query=query, **given)


def event(name: str = "order_created", around: Any = None, **changes: Any) -> Reading:
    [reading] = read(hit_of(batch(single(name, **changes), **(around or {}))))
    return reading


def image(query: str, **headers: str) -> Reading:
    [reading] = read(make_hit(DOOR, query=f"pid={PIXEL}&{query}", headers=headers))
    return reading


def beacon(name: str = "order_created", **given: Any) -> Beacon:
    reading = make_reading(account=PIXEL, name=name, fields=given.pop("fields", {}))
    return make_beacon(reading, vendor="openai", **given)


def sent(given: Beacon, *, now: int = NOW, **chosen: Any) -> Any:
    return orjson.loads(write([given], Settings(**chosen), now=now).body)


@pytest.mark.parametrize(("name", "canonical"), EVENT_NAMES.items())
def test_standard_names(name: str, canonical: str) -> None:
    reading = event(name)
    assert (reading.name, reading.canonical, reading.skip) == (name, canonical, Reason.NONE)


@pytest.mark.parametrize(
    ("name", "skip"),
    [
        ("openai::sdk_init", Reason.AUTOMATIC),
        ("oai::diagnostic", Reason.AUTOMATIC),
        ("oai::something_new", Reason.AUTOMATIC),
        ("app_installed", Reason.UNMAPPABLE),
        ("order_shipped", Reason.UNMAPPABLE),
        ("custom", Reason.UNMAPPABLE),  # without a name of its own
    ],
)
def test_what_goes_nowhere_holds_nothing(name: str, skip: Reason) -> None:
    reading = event(name)
    assert (reading.skip, reading.fields, reading.event_key) == (skip, {}, "")


@pytest.mark.parametrize(
    ("custom", "name", "skip"),
    [
        ("quiz_done", "quiz_done", Reason.NONE),
        ("Quiz-Done", "quiz-done", Reason.NONE),
        ("q", "q", Reason.NONE),
        ("_quiz", "custom", Reason.UNMAPPABLE),
        ("quiz_", "custom", Reason.UNMAPPABLE),
        ("quiz done", "custom", Reason.UNMAPPABLE),
        ("q" * 65, "custom", Reason.UNMAPPABLE),
        ("page_viewed", "custom", Reason.UNMAPPABLE),
        ("", "custom", Reason.UNMAPPABLE),
    ],
)
def test_a_custom_event_is_called_by_its_own_name(custom: str, name: str, skip: Reason) -> None:
    reading = event("custom", custom_event_name=custom, data={"type": "custom"})
    assert (reading.name, reading.canonical, reading.skip) == (name, "custom", skip)


def test_a_batch_is_one_reading_for_each_event_with_the_visitor_in_each() -> None:
    readings = list(read(hit_of(batch(single(id="a"), single("page_viewed", id="b")))))
    assert [each.event_key for each in readings] == ["a", "b"]
    for each in readings:
        assert (each.fields["user.obref"], each.fields["oppref"]) == (OBREF, OPPREF)


@pytest.mark.parametrize("around", [{}, {"obref": "", "oppref": "", "user": {}}])
def test_a_batch_that_tells_of_nobody_is_a_refusal(around: dict[str, Any]) -> None:
    body = {"events": [single(), single("oai::diagnostic")]} | around
    assert [each.skip for each in read(hit_of(body))] == [Reason.CONSENT, Reason.AUTOMATIC]


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (batch(single()), "pid="),
        (batch(single()), "st=oaiq-web"),
        (batch(single()), "pid=a%20b"),
        (b"{", f"pid={PIXEL}"),
        (b"[]", f"pid={PIXEL}"),
        (b"\xff", f"pid={PIXEL}"),
        (batch(), f"pid={PIXEL}"),
        ({"events": {"type": "page_viewed"}}, f"pid={PIXEL}"),
        ({"events": ["page_viewed", None, 7, {}]}, f"pid={PIXEL}"),
        (batch(single("")), f"pid={PIXEL}"),
    ],
)
def test_without_pixel_id_json_or_name_there_is_no_event(body: object, query: str) -> None:
    assert list(read(hit_of(body, query))) == []


def test_a_batch_has_a_limit() -> None:
    assert len(list(read(hit_of(batch(*[single()] * 300))))) == 100


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (NOW - 5, NOW - 5),
        (NOW + 300_000, NOW + 300_000),
        (NOW + 300_001, NOW),
        (NOW - 7 * DAY + HOUR, NOW - 7 * DAY + HOUR),
        (NOW - 7 * DAY + HOUR - 1, NOW),
        (NOW // 1000, NOW),
        ("soon", NOW),
        (None, NOW),
        (1.5, NOW),
    ],
)
def test_the_time_is_the_pixels_unless_openai_would_refuse_it(told: object, at: int) -> None:
    assert event(timestamp_ms=told).at == at


def test_an_address_goes_without_query_and_fragment() -> None:
    reading = event(source_url=f"{PAGE}?order=A-1#x")
    assert reading.fields["source_url"] == PAGE
    assert reading.page == f"{PAGE}?order=A-1#x"


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (f"{PAGE}?oppref={OPPREF}", True),
        (f"{PAGE}?oppref=gAAAAABother-click=", False),
        (f"{PAGE}?oppref=x", True),
    ],
)
def test_an_older_click_is_left_out(page: str, kept: bool) -> None:  # noqa: FBT001 - a case
    assert ("oppref" in event(source_url=page).fields) is kept


@pytest.mark.parametrize(
    ("name", "data", "left"),
    [
        ("order_created", {"amount": 1, "currency": "eur"}, {"amount": 1, "currency": "EUR"}),
        ("order_created", {"amount": "12497", "currency": "JPY"}, {"amount": 12497}),
        ("order_created", {"amount": 12.0, "currency": "EUR"}, {"amount": 12}),
        ("order_created", {"amount": 124.97, "currency": "EUR"}, {"amount": None}),
        ("order_created", {"amount": -1, "currency": "EUR"}, {"amount": None}),
        ("order_created", {"amount": 5}, {"amount": None}),
        ("order_created", {"plan_id": "p"}, {"plan_id": None}),
        ("order_created", {"color": "red"}, {"color": None}),
        ("lead_created", {"contents": [{"id": "a"}]}, {"contents": None}),
        ("trial_started", {"plan_id": "p"}, {"plan_id": "p"}),
    ],
)
def test_data_is_what_the_event_takes(name: str, data: Any, left: dict[str, Any]) -> None:
    fields = event(name, data={"type": "x"} | data).fields
    assert {key: fields.get(f"data.{key}") for key in left} == left


def test_contact_data_of_the_site_stands_apart_from_what_the_script_found() -> None:
    one, two = "a" * 64, "b" * 64
    user = {"in": {"em": one}, "fm": {"em": [one, two]}, "js": {"ph": two}, "zz": {"em": "c" * 64}}
    fields = event(around={"user": user}).fields
    assert fields["user.emails_sha256"] == [one]
    assert fields["auto.emails_sha256"] == [one, two]
    assert fields["auto.phone_numbers_sha256"] == [two]
    assert "c" * 64 not in repr(fields)


def test_three_values_of_a_kind_are_enough() -> None:
    many = [f"{n:064x}" for n in range(9)]
    fields = event(around={"user": {"in": {"em": many}, "ht": {"em": many}}}).fields
    assert fields["user.emails_sha256"] == many[:3] == fields["auto.emails_sha256"]


@pytest.mark.parametrize(("flag", "told"), [(True, True), ("true", True), (False, None), (3, None)])
def test_opt_out_goes_on_and_limits_nothing_else(flag: object, told: object) -> None:
    reading = event(opt_out=flag)
    assert reading.fields.get("opt_out") is told
    assert not reading.limited


def test_an_image_tag_is_one_event_at_the_time_of_arrival() -> None:
    data = "data[type]=contents&data%5Bamount%5D=2599&data[currency]=USD"
    items = "data[contents]=%5B%7B%22id%22%3A%22MUG%22%2C%22quantity%22%3A2%7D%5D"
    told = f"event=order_created&event_id=o-1&oppref={OPPREF}&{data}&{items}"
    reading = image(told, referer=f"{PAGE}?x=1")
    assert (reading.name, reading.event_key, reading.at) == ("order_created", "o-1", NOW)
    assert (reading.page, reading.fields["source_url"]) == (f"{PAGE}?x=1", PAGE)
    assert reading.fields["data.amount"] == 2599
    assert reading.fields["data.contents"] == [{"id": "MUG", "quantity": 2}]
    assert reading.fields["oppref"] == OPPREF


def test_names_of_the_request_itself_cannot_be_forged() -> None:
    for reading in (event(**{"@ip": "198.51.100.1"}), image("event=page_viewed&@ip=198.51.100.1")):
        assert reading.fields["user.ip_address"] == "203.0.113.7"


# Writing.


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("page_viewed", "contents"),
        ("appointment_scheduled", "customer_action"),
        ("trial_started", "plan_enrollment"),
        ("quiz_done", "custom"),
    ],
)
def test_name_and_shape_agree(name: str, shape: str) -> None:
    [written] = sent(beacon(name))["events"]
    assert written["data"] == {"type": shape}
    assert written["type"] == (name if name in EVENT_NAMES else "custom")
    assert written.get("custom_event_name", name) == name


def test_an_empty_user_is_left_out() -> None:
    [written] = sent(beacon())["events"]
    assert list(written) == ["id", "type", "timestamp_ms", "action_source", "data"]


def test_what_the_script_found_goes_only_if_the_operator_wants_it() -> None:
    one, two = "a" * 64, "b" * 64
    fields = {"user.emails_sha256": [one], "auto.emails_sha256": [one, two], "auto.cities": ["x"]}
    [without] = sent(beacon(fields=fields))["events"]
    assert without["user"] == {"emails_sha256": [one]}
    [found] = sent(beacon(fields=fields), forward_auto_matched=True)["events"]
    assert found["user"] == {"emails_sha256": [one, two], "cities": ["x"]}
    assert "auto" not in without | found


def test_the_time_is_never_ahead_of_the_call() -> None:
    assert sent(beacon(event_at=NOW + 5))["events"][0]["timestamp_ms"] == NOW
    assert sent(beacon(event_at=NOW - 5))["events"][0]["timestamp_ms"] == NOW - 5


def test_a_check_is_the_same_call_marked() -> None:
    call = write([beacon(), beacon("quiz_done")], Settings(), now=NOW)
    checked = probe(call)
    assert checked.url == call.url == f"https://bzr.openai.com/v1/events?pid={PIXEL}"
    assert orjson.loads(checked.body) == orjson.loads(call.body) | {"validate_only": True}


# The record.


def test_form_reading_is_switched_off_on_a_first_party_host() -> None:
    [door] = VENDOR.sinks
    assert orjson.loads(door.says) == {"automatic_advanced_matching_enabled": False}


def test_the_click_cookie_is_the_click_and_no_browser_id_is_made() -> None:
    oppref, obref = VENDOR.cookies
    assert oppref.mint is not None
    assert oppref.mint(Mint(OPPREF, NOW, 2, 7)) == OPPREF
    assert obref.mint is None
    assert re.fullmatch(obref.pattern, OBREF)
    assert not re.fullmatch(obref.pattern, OBREF[:-1])


def test_only_an_id_of_the_page_is_on_both_paths() -> None:
    assert VENDOR.dedup.from_page
    assert image("event=page_viewed").event_key == ""


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
        assert set(reading.fields) <= PATHS
        write([make_beacon(reading, vendor="openai")], Settings(), now=NOW)


@settings(max_examples=150, deadline=None)
@given(wire=st.sampled_from(WIRES), value=JSON, in_event=st.booleans())
def test_any_value_in_any_place_is_read_without_an_error(
    wire: str,
    value: Any,
    in_event: bool,  # noqa: FBT001 - drawn
) -> None:
    event = single()
    body = batch(event)
    place: Any = event if in_event else body
    *sections, last = wire.split(".")
    for section in sections:
        place = place.setdefault(section, {})
    place[last] = value
    check(hit_of(body))


WHOLE = orjson.dumps(batch(single(data={"contents": [{"id": 1}]}), user={"in": {"em": "a" * 64}}))


@settings(max_examples=150, deadline=None)
@given(where=st.integers(0, len(WHOLE)), cut=st.integers(0, 30), put=st.binary(max_size=4))
def test_mutated_bodies_are_read_without_an_error(where: int, cut: int, put: bytes) -> None:
    check(hit_of(WHOLE[:where] + put + WHOLE[where + cut :]))


@settings(max_examples=100, deadline=None)
@given(query=st.text(max_size=80))
def test_random_image_tags_are_read_without_an_error(query: str) -> None:
    check(make_hit(DOOR, query=f"pid={PIXEL}&event=page_viewed&data[contents]=[{query}&{query}"))


@settings(max_examples=60, deadline=None)
@given(name=st.from_regex(r"zz[a-z.]{3,8}", fullmatch=True), where=st.integers(0, 3))
def test_an_unlisted_member_goes_nowhere(name: str, where: int) -> None:
    canary = {name: "canary-4711"}
    events = (
        event(**canary),
        event(data=canary),
        event(around={"user": {"in": canary}}),
        event(around=canary),
    )
    assert "canary-4711" not in repr(events[where].fields)
    assert events[where].unlisted == 1
