"""Reading and writing Snapchat events; table, cookies and answers have tests of their own."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Client, Fields, Hit, Mode, Origin, Reading, Reason
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Doors, Use
from firsthand.rules.site import Account, Site
from firsthand.vendors.snapchat import VENDOR, Settings, probe, read, write
from firsthand.vendors.snapchat.fields import EVENT_NAMES
from tests.factories import NOW, make_beacon, make_hit, make_reading
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, shop

PIXEL = "0f5d3c2b-7a61-4e98-b3c4-d5e6f7081920"
OTHER = "9a8b7c6d-5e4f-4a3b-a2c1-0d9e8f7a6b5c"
PERSON = "4f0e9c3a-8d1b-4c57-9e62-70b1c2d3e4f5"
CLICK = "b7a6d5c4-1f2e-4a3b-8c9d-0e1f2a3b4c5d"
PAGE = "https://shop.example.com/done"
DAY = 86_400_000
EMAIL = sha256(b"nora.blum@example.net").hexdigest()


def batch(*events: dict[str, Any], host: str = "tr.snapchat.com", **context: Any) -> Hit:
    items = [event if "t" in event else {"t": {"pid": PIXEL, **event}} for event in events]
    ctx = {"url": PAGE, "ts": NOW, "c1": PERSON, **context}
    return raw(orjson.dumps({"ctx": ctx, "req": items, "u_scsid": PERSON}), host=host)


def raw(body: bytes, host: str = "tr.snapchat.com", **given_hit: Any) -> Hit:
    return make_hit(
        f"https://trk.shop.example.com/{host}/p",
        body=body,
        headers={"Content-Type": "text/plain;charset=UTF-8"},
        **given_hit,
    )


def one(event: dict[str, Any], **context: Any) -> Reading:
    [reading] = read(batch({"ev": "PURCHASE", **event}, **context))
    return reading


def flat(**pairs: str) -> Reading:
    query = urlencode({"pid": PIXEL, "ev": "ADD_CART", "pl": PAGE, **pairs})
    [reading] = read(make_hit(f"https://trk.shop.example.com/tr.snapchat.com/p?{query}"))
    return reading


def beacon(name: str = "PURCHASE", **given_beacon: Any) -> Beacon:
    fields = given_beacon.pop("fields", {})
    reading = make_reading(account=PIXEL, name=name, event_key="k-1", fields=fields)
    return make_beacon(reading, vendor="snapchat", **given_beacon)


def sent(beacons: Sequence[Beacon], *, now: int = NOW, **chosen: str) -> Any:
    return orjson.loads(write(beacons, Settings(**chosen), now=now).body)


# What is an event.


def test_a_batch_holds_events_of_several_pixels_and_telemetry() -> None:
    hit = batch(
        {"ev": "PAGE_VIEW", "cdid": "a"},
        {"t": {"pid": OTHER, "ev": "PAGE_VIEW", "cdid": "a"}, "del": 40},
        {"t": {}, "log": {"name": "STEK"}},
        {"t": None, "md": {"pids": [PIXEL, "x", 7], "md": [{"tagData": {"a": [[[[[1]]]]]}}]}},
        {"t": None, "pc": {"pids": [PIXEL], "u_hems": EMAIL}},
        {"t": None, "i": {"pids": [OTHER]}},
    )
    told = [(each.account, each.name, each.skip) for each in read(hit)]
    assert told == [
        (PIXEL, "PAGE_VIEW", Reason.NONE),
        (OTHER, "PAGE_VIEW", Reason.NONE),
        (PIXEL, "(page metadata)", Reason.AUTOMATIC),
        (PIXEL, "(form fields)", Reason.AUTOMATIC),
        (OTHER, "(IPv6 ping)", Reason.AUTOMATIC),
    ]
    assert EMAIL not in repr([each.fields for each in read(hit)])


@pytest.mark.parametrize("hit", [
    batch({"ev": "PURCHASE", "cdid": "a"}, host="tr6.snapchat.com"),
    batch({"ev": "PURCHASE", "cdid": "a", "virt": "gtm"}),
    raw(orjson.dumps({"virt": "gtm", "req": [{"t": {"pid": PIXEL, "ev": "PURCHASE"}}]})),
])  # fmt: skip
def test_the_second_copy_of_an_event_is_a_mirror(hit: Hit) -> None:
    [reading] = read(hit)
    assert (reading.name, reading.skip, reading.fields) == ("PURCHASE", Reason.MIRROR, {})


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("PAGE_VIEW", "page_view"),
        ("ADD_CART", "add_to_cart"),
        ("START_CHECKOUT", "begin_checkout"),
        ("SIGN_UP", "sign_up"),
        ("CUSTOM_EVENT_3", "custom"),
        ("Gift wrapped", "custom"),
    ],
)
def test_names_stay_and_have_a_canonical_one(name: str, canonical: str) -> None:
    reading = one({"ev": name})
    assert (reading.name, reading.canonical) == (name, canonical)


def test_all_standard_names_are_known() -> None:
    assert len(EVENT_NAMES) == 33


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"cdid": "pay-7", "e_tid": "A-7"}, "pay-7"),
        ({"cdid": "@-1f2e"}, "@-1f2e"),
        ({"e_tid": "A-7"}, "A-7"),
        ({"ev": "ADD_CART", "e_tid": "A-7"}, ""),
        ({"cdid": "  "}, ""),
        ({}, ""),
    ],
)
def test_the_key_is_the_pages_own_or_a_purchases_number(event: dict[str, str], key: str) -> None:
    assert one(event).event_key == key


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}",
        b'{"req":{}}',
        b'{"req":[1,null,[],{"t":[]}]}',
        orjson.dumps({"req": [{"t": {"ev": "PURCHASE"}}]}),
        orjson.dumps({"req": [{"t": {"pid": PIXEL}}]}),
        orjson.dumps({"req": [{"t": {"pid": "1", "ev": "PURCHASE"}}]}),
        orjson.dumps({"ctx": [], "req": [{"t": {"pid": [PIXEL], "ev": "PURCHASE"}}]}),
        b'{"req":[{"t":{"pid":"%s","ev":"A","x":%s%s}}]}'
        % (PIXEL.encode(), b"[" * 400, b"]" * 400),
        orjson.dumps({"req": [{"t": {"pid": PIXEL, "ev": "PURCHASE"}}]})[:-2],
    ],
)
def test_what_is_no_whole_batch_is_no_event(body: bytes) -> None:
    assert list(read(raw(body))) == []


def test_a_batch_is_bounded() -> None:
    assert len(list(read(batch(*[{"ev": "RATE"}] * 300)))) == 50


@pytest.mark.parametrize(
    ("late", "told", "at"),
    [
        (350, NOW, NOW - 350),
        (0, NOW, NOW),
        (None, NOW, NOW),
        (None, 0, NOW),
        (None, "soon", NOW),
        (None, NOW + 3_600_000, NOW),
        (7 * DAY, NOW, NOW - 7 * DAY),
        (7 * DAY + 1, NOW, NOW),
    ],
)
def test_the_time_is_when_it_was_sent_less_the_delay(late: int | None, told: Any, at: int) -> None:
    event = {"t": {"pid": PIXEL, "ev": "RATE"}} | ({} if late is None else {"del": late})
    [reading] = read(batch(event, ts=told))
    assert reading.at == at


def test_the_context_belongs_to_every_event_and_the_event_comes_first() -> None:
    reading = one({"u_c1": OTHER}, sr=CLICK)
    assert reading.page == PAGE
    assert reading.fields["user_data.sc_cookie1"] == OTHER
    assert reading.fields["user_data.sc_click_id"] == CLICK
    assert reading.unlisted == 0
    assert one({"zz_new": 1}).unlisted == 1


def test_contact_data_becomes_lists_without_doubles() -> None:
    other = sha256(b"other@example.net").hexdigest()
    fields = one({"u_hem": EMAIL, "em": other, "u_fn": "FFF" + EMAIL, "fn": EMAIL}).fields
    assert fields["user_data.em"] == [EMAIL, other]
    assert fields["user_data.fn"] == [EMAIL]
    assert one({"u_hem": EMAIL, "em": EMAIL}).fields["user_data.em"] == [EMAIL]


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (PAGE, True),
        (f"{PAGE}?ScCid={CLICK}", True),
        (f"{PAGE}?sccid={CLICK.upper()}", True),
        (f"{PAGE}?ScCid={OTHER}", False),
        (f"{PAGE}?ScCid=no-uuid", True),
        (f"{PAGE}#?ScCid={OTHER}", True),
    ],
)
def test_an_older_click_is_left_out(page: str, kept: bool) -> None:  # noqa: FBT001 - a case
    assert ("user_data.sc_click_id" in one({}, sr=CLICK, url=page).fields) is kept


# Limited data use. Source: Snap's pixel options ``data_use`` and ``limited_ad_tracking``.


@pytest.mark.parametrize(
    ("event", "limited"),
    [
        ({"du": ["lmu"]}, True),
        ({"du": "['lmu']"}, True),
        ({"du": "LDU"}, True),
        ({"d_lat": True}, True),
        ({"d_lat": "1"}, True),
        ({"du": []}, False),
        ({"du": "none"}, False),
        ({"d_lat": False}, False),
        ({}, False),
    ],
)
def test_limited_data_use(event: dict[str, Any], limited: bool) -> None:  # noqa: FBT001 - a case
    reading = one({**event, "u_hem": EMAIL})
    assert reading.limited is limited
    assert reading.fields.get("data_processing_options") == (["LDU"] if limited else None)
    assert ("user_data.em" in reading.fields) is not limited
    assert bool(reading.signals) is limited


def test_nobody_limits_from_outside() -> None:
    assert not flat(**{"@limited": "1", "@ip": "198.51.100.1"}).limited
    assert flat(**{"@ip": "198.51.100.1"}).fields["user_data.client_ip_address"] == "203.0.113.7"


# The flat form.


def test_the_flat_form_is_read_from_query_and_form() -> None:
    reading = flat(ts=str(NOW - 9), s_r_id=CLICK, u_c1=PERSON, e_pr="29.95", e_cur="EUR")
    assert (reading.account, reading.at) == (PIXEL, NOW - 9)
    assert reading.fields["custom_data.value"] == 29.95
    body = urlencode({"pid": PIXEL, "ev": "ADD_CART", "e_desc": "a b"}).encode()
    [posted] = read(make_hit("https://trk.shop.example.com/tr.snapchat.com/p", body=body))
    assert posted.fields["custom_fields.description"] == "a b"


def test_doubts_are_noted_and_left_to_snapchat() -> None:
    [reading] = read(replace(batch({"ev": "PURCHASE"}), ip="10.0.0.1"))
    assert reading.skip is Reason.NONE
    assert [note.partition(":")[0] for note in reading.notes] == [
        "@ip",
        "no match key",
        "purchase without value and currency",
    ]


# Writing.


def test_a_batch_is_one_call_to_the_destination() -> None:
    beacons = [beacon(to=OTHER), beacon(to=OTHER, event_at=NOW + 9_000)]
    call = write(beacons, Settings(), now=NOW + 1_999)
    assert call.url == f"https://tr.snapchat.com/v3/{OTHER}/events"
    first, second = orjson.loads(call.body)["data"]
    assert first == {
        "event_name": "PURCHASE",
        "event_time": NOW // 1000,
        "event_id": "k-1",
        "action_source": "WEB",
        "integration": "firsthand",
    }
    assert second["event_time"] == NOW // 1000 + 1
    assert {VENDOR.batch_key(each) for each in beacons} == {OTHER}
    assert probe(call) == replace(call, url=f"{call.url}/validate")


def test_free_fields_stand_inside_the_custom_data() -> None:
    fields: Fields = {"custom_fields.level": "5", "user_data.em": [EMAIL], "event_source_url": PAGE}
    [written] = sent([beacon(fields=fields)])["data"]
    assert written["custom_data"] == {"custom_fields": {"level": "5"}}
    [both] = sent([beacon(fields=fields | {"custom_data.value": 1})])["data"]
    assert both["custom_data"] == {"value": 1, "custom_fields": {"level": "5"}}
    assert list(both)[5:] == ["event_source_url", "user_data", "custom_data"]


def test_the_test_code_stands_beside_the_events() -> None:
    assert set(sent([beacon()])) == {"data"}
    assert sent([beacon()], test_event_code="T-1")["test_event_code"] == "T-1"


# The record, and a visitor.


@pytest.mark.parametrize(
    ("host", "path", "use"),
    [
        ("tr.snapchat.com", "/p", Use.BEACON),
        ("tr6.snapchat.com", "/p", Use.BEACON),
        ("tr.snapchat.com", "/cm/i", Use.SINK),
        ("tr-shadow.snapchat.com", "/p", Use.NEVER),
        ("sc-static.net", "/scevent.min.js", Use.SCRIPT),
        ("tr.snapchat.com", f"/config/com/{PIXEL}.js", Use.SCRIPT),
        ("tr.snapchat.com", f"/config/com/{PIXEL}.json", None),
        ("tr.snapchat.com", "/gateway/p", None),
        ("tr.snapchat.com", "/v3/x/events", None),
        ("www.snapchat.com", "/p", None),
        ("tr.snapchat.com.evil.example", "/p", None),
    ],
)
def test_doors(host: str, path: str, use: Use | None) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert (found.use if found else None) is use
    if found and path.startswith("/config"):
        assert found.account == PIXEL


def site() -> Site:
    account = Account(VENDOR, PIXEL, Mode.SERVER, VENDOR.settings())
    vendors = {VENDOR.key: VENDOR}
    return replace(
        shop(),
        accounts={(VENDOR.key, PIXEL): account},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
    )


def visit(hit: Hit, cookie: str) -> Decision:
    cookies = make_hit(headers={"Cookie": cookie}).cookies
    return decide(replace(hit, cookies=cookies), site(), VENDOR)


@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, ""])
def test_without_marketing_nothing_goes_on(cookie: str) -> None:
    decision = visit(batch({"ev": "PURCHASE", "u_hem": EMAIL}), cookie)
    assert decision.beacons == ()
    assert [ended.note.reason for ended in decision.ended] == [Reason.CONSENT]
    assert decision.cookies == ()


@pytest.mark.parametrize(("key", "ended"), [("", [Reason.NO_KEY]), ("pay-7", [])])
def test_in_mode_both_an_event_without_a_key_stays_with_the_pixel(
    key: str, ended: list[Reason]
) -> None:
    account = Account(VENDOR, PIXEL, Mode.BOTH, VENDOR.settings())
    both = replace(site(), accounts={(VENDOR.key, PIXEL): account})
    copy = replace(batch({"ev": "ADD_CART", "cdid": key}), origin=Origin.COPY, client=Client.OK)
    cookies = make_hit(headers={"Cookie": GRANTED}).cookies
    decision = decide(replace(copy, cookies=cookies), both, VENDOR)
    assert [each.note.reason for each in decision.ended] == ended


def test_click_and_browser_come_from_address_and_cookie() -> None:
    hidden = "9It8HwpSO45nb3YhDF3n9BuQOKkT00wY"
    event = {"pid": PIXEL, "ev": "PAGE_VIEW"}
    hit = raw(orjson.dumps({"ctx": {"url": f"{PAGE}?ScCid={CLICK}"}, "req": [{"t": event}]}))
    decision = visit(hit, f"{GRANTED}; _scid={hidden}")
    [made] = decision.beacons
    assert made.fields["user_data.sc_click_id"] == CLICK
    assert made.fields["user_data.sc_cookie1"] == "7c1f0a52-3b8e-4d6f-9a21-0c5de7f41b90"
    assert any(line.startswith(f"_scclid={CLICK};") for line in decision.cookies)
    assert any(line.startswith(f"_scid={hidden};") for line in decision.cookies)


# Anything at all.

NAMES = st.sampled_from([row.wire for row in VENDOR.fields]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from([PIXEL, PAGE, EMAIL, "FFF" + EMAIL, "lmu", "[", '[{"id":{}}]']),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PATHS = {row.path for row in VENDOR.fields if row.path}


def check(hit: Hit) -> None:
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page])
        assert set(reading.fields) <= PATHS
        call = write([make_beacon(reading, vendor="snapchat")], Settings(), now=NOW)
        assert orjson.loads(call.body)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.dictionaries(NAMES, VALUES, max_size=5))
def test_random_events_are_read_without_an_error(event: Any, context: Any) -> None:
    event |= {"pid": PIXEL, "ev": "PURCHASE"}
    body = json.dumps({"ctx": context, "req": [{"t": event, "del": 1}]})
    check(raw(body.encode()))


WHOLE = orjson.dumps(
    {
        "ctx": {"url": PAGE, "ts": NOW, "c1": PERSON, "sr": CLICK},
        "req": [{"t": {"pid": PIXEL, "ev": "PURCHASE", "e_pr": 5, "u_hem": EMAIL}, "del": 3}],
    }
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.binary(max_size=4))
def test_damaged_beacons_are_read_without_an_error(where: int, cut: int, put: bytes) -> None:
    check(raw(WHOLE[:where] + put + WHOLE[where + cut :]))
