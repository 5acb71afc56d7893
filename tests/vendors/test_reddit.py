"""Reading and writing Reddit events; the table and the answers have tests of their own."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Fields, Hit, Mode, Reading, Reason
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Doors, Use
from firsthand.rules.site import Account, Site
from firsthand.vendors.reddit import EVENT_NAMES, VENDOR, Settings, read, write
from firsthand.vendors.reddit.fields import TYPES
from tests.factories import NOW, make_beacon, make_hit, make_reading
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, shop

PIXEL = "a2_q7w8e9r0t1y2"
OTHER = "t2_z9x8c7v6"
PERSON = "4f0e9c3a-8d1b-4c57-9e62-70b1c2d3e4f5"
PAGE = "https://shop.example.com/done"
KEY = sha256(b"pay-7").hexdigest()
ORDER = sha256(b"A-7").hexdigest()
EMAIL = sha256(b"norablum@example.net").hexdigest()
MINUTE = 60_000


def hit_of(path: str = "rp.gif", body: str = "", /, **pairs: str) -> Hit:
    given_pairs = {"id": PIXEL, "event": "PageVisit", "ts": str(NOW), **pairs}
    query = urlencode(given_pairs, quote_via=quote)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    address = f"https://trk.shop.example.com/alb.reddit.com/{path}?{query}"
    return make_hit(address, body=body.encode(), headers=form)


def event(name: str = "Purchase", **pairs: str) -> Reading:
    named = {key.replace("__", "."): value for key, value in pairs.items()}
    [reading] = read(hit_of(event=name, **named))
    return reading


def beacon(name: str = "Purchase", **given_beacon: Any) -> Beacon:
    fields = given_beacon.pop("fields", {})
    reading = make_reading(account=PIXEL, name=name, event_key=KEY, fields=fields)
    return make_beacon(reading, vendor="reddit", **given_beacon)


def sent(beacons: Sequence[Beacon], *, now: int = NOW, **chosen: str) -> Any:
    return orjson.loads(write(beacons, Settings(**chosen), now=now).body)["data"]


# What is an event.


def test_every_name_has_a_type_and_a_canonical_name() -> None:
    assert set(TYPES) == set(EVENT_NAMES)
    assert event("SignUp").fields["type.tracking_type"] == "SIGN_UP"
    assert event("Lead").canonical == "generate_lead"


def test_a_custom_event_goes_by_its_own_name() -> None:
    reading = event("Custom", m__customEventName="Size finder")
    assert (reading.name, reading.canonical) == ("Size finder", "custom")
    assert reading.fields["type.custom_event_name"] == "Size finder"
    assert reading.fields["type.tracking_type"] == "CUSTOM"
    assert "type.custom_event_name" not in event("Lead", m__customEventName="x").fields


@pytest.mark.parametrize("name", ["Custom", "purchase", "Checkout"])
def test_what_the_api_has_no_type_for_is_not_mapped(name: str) -> None:
    reading = event(name, em=EMAIL)
    assert (reading.skip, reading.fields) == (Reason.UNMAPPABLE, {})


@pytest.mark.parametrize(
    "pairs",
    [{"id": ""}, {"id": "undefined"}, {"id": "b3_abc"}, {"event": ""}, {"id": "a2_" + "x" * 41}],
)
def test_without_a_pixel_or_an_event_there_is_nothing(pairs: dict[str, str]) -> None:
    assert list(read(hit_of(**pairs))) == []


@pytest.mark.parametrize(
    ("pairs", "key"),
    [
        ({"m__conversionId": KEY, "m__transactionId": ORDER}, KEY),
        ({"m__conversionId": "", "m__transactionId": ORDER}, ORDER),
        ({"m__conversionId": "undefined"}, ""),
        ({"m__conversionId": "Given_by.hand"}, "Given_by.hand"),
        ({}, ""),
    ],
)
def test_the_key_is_what_the_pixel_sends_unchanged(pairs: dict[str, str], key: str) -> None:
    assert event(**pairs).event_key == key


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (str(NOW - 10 * MINUTE), NOW - 10 * MINUTE),
        (str(NOW - 10 * MINUTE - 1), NOW),
        (str(NOW + 5 * MINUTE), NOW + 5 * MINUTE),
        (str(NOW + 5 * MINUTE + 1), NOW),
        (f"{NOW}.5", NOW),
        ("", NOW),
        ("now", NOW),
    ],
)
def test_the_time_is_the_pixels_unless_its_clock_is_wrong(told: str, at: int) -> None:
    assert event(ts=told).at == at


def test_unset_values_are_no_values() -> None:
    reading = event(em="undefined", pn="null", m__value="", click_id="undefined")
    assert set(reading.fields) == {
        "type.tracking_type",
        "user.ip_address",
        "user.user_agent",
    }
    assert reading.notes == ()


def test_a_long_beacon_has_its_rest_in_a_form() -> None:
    body = urlencode({"event": "Lead", "m.conversionId": KEY, "em": EMAIL, "esurl": PAGE})
    [reading] = read(hit_of("rp", body))
    assert reading.name == "PageVisit"  # the query comes first
    assert (reading.event_key, reading.page) == (KEY, PAGE)
    assert reading.fields["user.email"] == EMAIL


def test_screen_sides_have_changed_places_on_the_wire() -> None:
    found = event(sh="1280", sw="720").fields["user.screen_dimensions"]
    assert found == {"width": 1280, "height": 720}


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ({"m__valueDecimal": "20,02", "m__value": "9900"}, 20.02),
        ({"m__value": "2002", "m__currency": "EUR"}, 20.02),
        ({"m__value": "2000", "m__currency": "jpy"}, 2000),
        ({"m__value": "20.5"}, None),
        ({"m__valueDecimal": "0"}, 0),
    ],
)
def test_value_in_whole_units(pairs: dict[str, str], value: float | None) -> None:
    assert event(**pairs).fields.get("metadata.value") == value


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (PAGE, True),
        (f"{PAGE}?rdt_cid=click-1", True),
        (f"{PAGE}?rdt_cid=click-2", False),
        (f"{PAGE}?rdt_cid=a%20b", True),
    ],
)
def test_an_older_click_is_left_out(page: str, kept: bool) -> None:  # noqa: FBT001 - a case
    assert ("click_id" in event(esurl=page, click_id="click-1").fields) is kept


def test_what_the_pixel_found_on_the_page_by_itself_stays_here() -> None:
    fields = event(auto_em=EMAIL, auto_pn=f"495~{EMAIL}").fields
    assert EMAIL not in repr(fields)


@pytest.mark.parametrize("told", ["1", "true", "yes"])
def test_an_opt_out_is_a_refusal_and_nothing_of_it_is_read(told: str) -> None:
    reading = event(opt_out=told, em=EMAIL, click_id="click-1", uuid=PERSON)
    assert (reading.skip, reading.fields) == (Reason.CONSENT, {})
    assert reading.signals == {"opt_out": told}


def test_limited_data_use() -> None:
    reading = event(dpm="LDU", dpcc="US", dprc="CA", opt_out="0")
    assert reading.limited
    assert reading.fields["user.data_processing_options"] == {
        "modes": ["LDU"],
        "country": "US",
        "region": "CA",
    }
    assert not event(dpm="").limited


def test_what_a_type_may_not_carry_is_noted_and_not_written() -> None:
    reading = event("ViewContent", m__valueDecimal="5", m__currency="EUR", m__conversionId=KEY)
    assert reading.notes == (
        "metadata.value: none with VIEW_CONTENT",
        "metadata.currency: none with VIEW_CONTENT",
    )
    [written] = sent([make_beacon(reading, vendor="reddit")])["events"]
    assert written["metadata"] == {"conversion_id": KEY}
    lead = event("Lead", m__valueDecimal="5", m__itemCount="2")
    [written] = sent([make_beacon(lead, vendor="reddit")])["events"]
    assert set(written["metadata"]) == {"conversion_id", "value"}


# Writing.


def test_a_batch_is_one_call_to_the_destination() -> None:
    fields: Fields = {"type.tracking_type": "LEAD", "user.uuid": PERSON, "click_id": "c"}
    beacons = [beacon(to=OTHER, fields=fields), beacon(to=OTHER, event_at=NOW + 9_000)]
    call = write(beacons, Settings(), now=NOW + 2_000)
    assert call.url == f"https://ads-api.reddit.com/api/v3/pixels/{OTHER}/conversion_events"
    first, second = orjson.loads(call.body)["data"]["events"]
    assert first == {
        "event_at": NOW,
        "action_source": "WEBSITE",
        "metadata": {"conversion_id": KEY},
        "type": {"tracking_type": "LEAD"},
        "click_id": "c",
        "user": {"uuid": PERSON},
    }
    assert second["event_at"] == NOW + 2_000
    assert {VENDOR.batch_key(each) for each in beacons} == {OTHER}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Purchase", {"tracking_type": "PURCHASE"}),
        ("Gift", {"tracking_type": "CUSTOM", "custom_event_name": "Gift"}),
    ],
)
def test_an_event_without_a_type_gets_that_of_its_name(name: str, kind: dict[str, str]) -> None:
    [written] = sent([beacon(name)])["events"]
    assert written["type"] == kind


def test_settings_stand_beside_the_events() -> None:
    assert set(sent([beacon()])) == {"events"}
    data = sent([beacon()], test_id="t-1", partner="FOLD")
    assert (data["test_id"], data["partner"]) == ("t-1", "FOLD")


# The record, and a visitor.


@pytest.mark.parametrize(
    ("host", "path", "use"),
    [
        ("alb.reddit.com", "/rp.gif", Use.BEACON),
        ("alb.reddit.com", "/rp", Use.BEACON),
        ("alb.reddit.com", "/snoo.gif", Use.BEACON),
        ("www.redditstatic.com", "/ads/pixel.js", Use.SCRIPT),
        ("pixel-config.reddit.com", f"/pixels/{PIXEL}/config", Use.SINK),
        (
            "www.redditstatic.com",
            f"/ads/conversions-config/v1/pixel/config/{PIXEL}_telemetry",
            Use.SINK,
        ),
        ("error-tracking.reddit.com", "/reports", Use.SINK),
        ("www.reddit.com", "/rp.gif", None),
        ("alb.reddit.com", "/", None),
        ("www.redditstatic.com", "/ads/other.js", None),
        ("ads-api.reddit.com", f"/api/v3/pixels/{PIXEL}/conversion_events", None),
    ],
)
def test_doors(host: str, path: str, use: Use | None) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert (found.use if found else None) is use


def site(*, forward_limited: bool = False) -> Site:
    account = Account(VENDOR, PIXEL, Mode.SERVER, Settings(), forward_limited=forward_limited)
    vendors = {VENDOR.key: VENDOR}
    return replace(
        shop(),
        accounts={(VENDOR.key, PIXEL): account},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
    )


def visit(hit: Hit, cookie: str, found: Site | None = None) -> Decision:
    cookies = make_hit(headers={"Cookie": cookie}).cookies
    return decide(replace(hit, cookies=cookies), found or site(), VENDOR)


@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, ""])
def test_without_marketing_nothing_goes_on(cookie: str) -> None:
    decision = visit(hit_of(em=EMAIL, click_id="c"), cookie)
    assert decision.beacons == ()
    assert [ended.note.reason for ended in decision.ended] == [Reason.CONSENT]
    assert decision.cookies == ()


def test_limited_data_goes_on_only_where_the_site_says_so() -> None:
    hit = hit_of(dpm="LDU", esurl=PAGE)
    [ended] = visit(hit, GRANTED).ended
    assert ended.note.reason == Reason.LIMITED_DATA
    assert len(visit(hit, GRANTED, site(forward_limited=True)).beacons) == 1
    opted_out = hit_of(opt_out="1", esurl=PAGE)
    assert visit(opted_out, GRANTED, site(forward_limited=True)).beacons == ()


def test_click_and_browser_come_from_address_and_cookie() -> None:
    cookie = f"{GRANTED}; _rdt_uuid=1790000000123.{PERSON}; _rdt_em={EMAIL}"
    decision = visit(hit_of(esurl=f"{PAGE}?rdt_cid=click.9"), cookie)
    [made] = decision.beacons
    assert (made.fields["click_id"], made.fields["user.uuid"]) == ("click.9", PERSON)
    assert "user.email" not in made.fields
    assert any(line.startswith("_rdt_cid=click.9;") for line in decision.cookies)
    assert not any(line.startswith("_rdt_em") for line in decision.cookies)


# Anything at all.

LISTED = [row.wire for row in VENDOR.fields if row.wire[0] != "@"]
NAMES = st.sampled_from(LISTED) | st.text(max_size=10)
VALUES = st.text(max_size=40) | st.sampled_from(
    ["[", '[{"id":{}}]', "1e400", "-0", "LDU", "0" * 64, "undefined", PAGE, EMAIL, "Custom", "|"]
)
PATHS = {row.path for row in VENDOR.fields if row.path}


def check(hit: Hit) -> None:
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page])
        assert set(reading.fields) <= PATHS
        call = write([make_beacon(reading, vendor="reddit")], Settings(), now=NOW)
        assert orjson.loads(call.body)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), st.booleans(), st.sampled_from([*TYPES]))
def test_random_parameters_are_read_without_an_error(
    pairs: list[tuple[str, str]],
    as_body: bool,  # noqa: FBT001 - drawn
    name: str,
) -> None:
    start = [("id", PIXEL), ("event", name)]
    text = urlencode([*start, *pairs], errors="replace")
    query, body = ("", text.encode()) if as_body else (text, b"")
    check(Hit("POST", "alb.reddit.com", "/rp", query, body, {}, {}, "203.0.113.9", NOW))


WHOLE = f"id={PIXEL}&event=Purchase&ts={NOW}&m.valueDecimal=1%2C5&em={EMAIL}&dpm=LDU&sh=1&sw=2"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.text(max_size=4))
def test_damaged_beacons_are_read_without_an_error(where: int, cut: int, put: str) -> None:
    query = WHOLE[:where] + put + WHOLE[where + cut :]
    check(Hit("GET", "alb.reddit.com", "/rp.gif", query, b"", {}, {}, "203.0.113.9", NOW))
