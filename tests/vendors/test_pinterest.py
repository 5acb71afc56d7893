"""Reading and writing Pinterest events; the table and the answers have tests of their own."""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Beacon, Hit, Reading, Reason
from firsthand.rules.doors import Doors, Use
from firsthand.rules.scriptdoor import asked
from firsthand.vendor import Mint
from firsthand.vendors.pinterest import (
    VENDOR,
    Settings,
    api_name,
    probe,
    read,
    write,
)
from firsthand.vendors.pinterest.fields import EVENT_NAMES
from tests.factories import NOW, make_beacon, make_hit, make_reading
from tests.samples import shop

TAG = "7100000000001"
HOST = "https://trk.shop.example.com/ct.pinterest.com"
PAGE = "https://shop.example.com/done"
CLICK = "dj0yJnU9TWFkZVVwQ2xpY2stMDE"
NEWER = "dj0yJnU9TmV3ZXJDbGljaw"
MINUTE, DAY = 60_000, 86_400_000


def hit_of(event: str = "checkout", path: str = "/v3/", **given: Any) -> Hit:
    """Make a beacon; ``ed``, ``pd``, ``ad`` and ``ov`` are objects, other names parameters."""
    kept = {name: given.pop(name) for name in ("headers", "ip", "at") if name in given}
    told = {"tid": TAG, **({"event": event} if event else {}), **given}
    query = "&".join(
        f"{name}={quote(value if isinstance(value, str) else json.dumps(value), safe='')}"
        for name, value in told.items()
    )
    return make_hit(f"{HOST}{path}", query=query, **kept)


def event(name: str = "checkout", **given: Any) -> Reading:
    [reading] = read(hit_of(name, **given))
    return reading


def beacon(name: str = "checkout", key: str = "k-1", **given: Any) -> Beacon:
    reading = make_reading(account=TAG, name=name, event_key=key, fields=given.pop("fields", {}))
    return make_beacon(reading, vendor="pinterest", **given)


def sent(beacons: Sequence[Beacon], *, now: int = NOW, **chosen: Any) -> list[dict[str, Any]]:
    body = orjson.loads(write(beacons, Settings(ad_account="549000000042", **chosen), now=now).body)
    assert set(body) == {"data"}
    return list(body["data"])


# What an event is. Source: the tag's builds of 2024-10 and 2025-11, run in Chromium.


@pytest.mark.parametrize(
    ("path", "name", "skip"),
    [
        ("/v3/", "checkout", Reason.NONE),
        ("/v3", "checkout", Reason.NONE),
        ("/v3/", "pagevisit", Reason.NONE),
        ("/v3/", "init", Reason.UNMAPPABLE),
        ("/v3/", "Init", Reason.UNMAPPABLE),
        ("/v3/", "externalmeasurement", Reason.UNMAPPABLE),
        ("/v3/", "", Reason.UNMAPPABLE),
        ("/user/", "checkout", Reason.MIRROR),
        ("/user/", "", Reason.MIRROR),
        ("/user", "init", Reason.MIRROR),
    ],
)
def test_an_event_counts_once(path: str, name: str, skip: Reason) -> None:
    [reading] = read(hit_of(name, path))
    assert reading.skip is skip


def test_both_requests_of_an_event_have_one_key() -> None:
    data = {"event_id": "k-8", "value": 5}
    [first], [second] = (read(hit_of("lead", path, ed=data)) for path in ("/user/", "/v3/"))
    assert (first.event_key, second.event_key) == ("k-8", "k-8")
    assert [each.skip for each in (first, second)] == [Reason.MIRROR, Reason.NONE]
    assert list(read(hit_of("lead", ed=data))) == [second], "a repeated request reads the same"


@pytest.mark.parametrize(
    ("wire", "name", "canonical", "api"),
    [
        ("pagevisit", "pagevisit", "page_view", "page_visit"),
        ("AddToCart", "addtocart", "add_to_cart", "add_to_cart"),
        ("ViewCategory", "viewcategory", "view_item_list", "view_category"),
        ("WATCHVIDEO", "watchvideo", "custom", "watch_video"),
        ("signup", "signup", "sign_up", "signup"),
        ("custom", "custom", "custom", "custom"),
        ("initiate_checkout", "initiate_checkout", "begin_checkout", "initiate_checkout"),
        ("SizeFinder Used", "SizeFinder Used", "custom", "size_finder_used"),
        ("gift-wrapped", "gift-wrapped", "custom", "gift_wrapped"),
        ("Größe", "Größe", "custom", "gr_e"),
        ("!!!", "!!!", "custom", "custom"),
    ],
)
def test_names(wire: str, name: str, canonical: str, api: str) -> None:
    reading = event(wire)
    assert (reading.name, reading.canonical) == (name, canonical)
    assert api_name(reading.name, own=True) == api
    assert sent([beacon(reading.name)])[0]["event_name"] == api


def test_names_of_ones_own_can_go_as_custom() -> None:
    assert sent([beacon("SizeFinder")], own_names=False)[0]["event_name"] == "custom"
    assert sent([beacon("pagevisit")], own_names=False)[0]["event_name"] == "page_visit"


def test_a_name_of_the_api_stays_what_it_is() -> None:
    assert all(re.fullmatch(r"[a-z_]+", api_name(name, own=False)) for name in EVENT_NAMES)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"ed": {"event_id": "a"}}, "a"),
        ({"ed": {"eventID": "b"}}, "b"),
        ({"ed": {"eid": "c"}}, "c"),
        ({"ed": {"eid": "c", "event_id": "a"}}, "a"),
        ({"ed": {"event_id": 77}}, "77"),
        ({"ed": {"event_id": ""}, "ov": {"event_id": "d"}}, "d"),
        ({"ed[event_id]": "e"}, "e"),
        ({"ed": {"order_id": "O-1"}}, "O-1"),
        ({"ed": {"order_id": "O-1", "event_id": "a"}}, "a"),
        ({"ed": {"value": 1}}, ""),
        ({}, ""),
    ],
)
def test_the_event_key(given: dict[str, Any], key: str) -> None:
    assert event("checkout", **given).event_key == key


def test_an_order_is_the_key_of_a_checkout_only() -> None:
    assert event("lead", ed={"order_id": "O-1"}).event_key == ""


@pytest.mark.parametrize("tid", ["", "123", "71000000x0001", "\u0667" * 13, "1" * 21])
def test_without_a_tag_there_is_no_event(tid: str) -> None:
    assert list(read(hit_of(tid=tid))) == []


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (str(NOW - 350), NOW - 350),
        (str(NOW + 5 * MINUTE), NOW + 5 * MINUTE),
        (str(NOW + 5 * MINUTE + 1), NOW),
        (str(NOW - 7 * DAY - 1), NOW),
        ("", NOW),
        ("soon", NOW),
        (str(NOW // 1000), NOW),
    ],
)
def test_the_time_is_the_tags_unless_it_cannot_be(told: str, at: int) -> None:
    assert event(cb=told).at == at


# Pages and clicks. Source: woocommerce/pinterest-for-woocommerce issue 1203, read 2026-11.


@pytest.mark.parametrize(
    ("given", "click"),
    [
        ({"pd": {"epik": CLICK}, "ad": {"loc": PAGE}}, CLICK),
        ({"pd": {"epik": CLICK}, "ad": {"loc": f"{PAGE}?epik={NEWER}"}}, NEWER),
        ({"ad": {"loc": f"{PAGE}?a=1&epik={NEWER}#top"}}, NEWER),
        ({"pd[epik]": CLICK, "headers": {"Referer": f"{PAGE}?epik={NEWER}"}}, NEWER),
        ({"pd": {"epik": CLICK}, "ad": {"loc": f"{PAGE}?epik=not%20one"}}, CLICK),
        ({"pd": {"derived_epik": CLICK}}, None),
        ({"pd": {"epik": "a b"}}, None),
    ],
)
def test_the_click_of_the_page_is_the_newest(given: dict[str, Any], click: str | None) -> None:
    assert event(**given).fields.get("user_data.click_id") == click


def test_the_page_is_the_referer_where_the_tag_names_none() -> None:
    reading = event(headers={"Referer": PAGE})
    assert (reading.page, reading.fields["event_source_url"]) == (PAGE, PAGE)
    named = event(ad={"loc": f"{PAGE}?x=1"}, headers={"Referer": PAGE})
    assert named.page == f"{PAGE}?x=1"


# Data.


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ed": {"order_quantity": 4, "line_items": [{"product_id": "A"}]}}, (4, ["A"])),
        ({"ed": {"line_items": [{"product_id": "A", "product_quantity": 2}]}}, (2, ["A"])),
        (
            {
                "ed": {
                    "product_ids": ["X", 7, "X"],
                    "line_items": [
                        {"product_id": "A", "product_quantity": 2},
                        {"product_id": "B", "product_quantity": 1},
                    ],
                }
            },
            (3, ["X", "7"]),
        ),
        ({"ed": {"product_id": "A"}}, (None, ["A"])),
        ({"ed": {"line_items": {"product_id": "A", "product_quantity": 1}}}, (1, ["A"])),
        (
            {"ed[line_items][0][product_id]": "A", "ed[line_items][1][product_id]": "B"},
            (None, ["A", "B"]),
        ),
        ({"ed": {"line_items": "A"}}, (None, None)),
        ({"ed": {"line_items": []}}, (None, None)),
    ],
)
def test_counts_and_ids_follow_from_the_items(
    given: dict[str, Any], expected: tuple[int | None, list[str] | None]
) -> None:
    fields = event(**given).fields
    assert (fields.get("custom_data.num_items"), fields.get("custom_data.content_ids")) == expected


def test_a_large_basket_is_read_whole() -> None:
    items = [
        {"product_id": f"SKU-{n}", "product_price": 1.5, "product_quantity": 1} for n in range(200)
    ]
    fields = event(ed={"value": 300, "line_items": items}).fields
    assert fields["custom_data.value"] == "300"
    assert fields["custom_data.num_items"] == 200


@pytest.mark.parametrize("text", ["{", '{"value":1', "[1]", "null", "value", '{"a":' * 20])
def test_data_that_is_no_object_is_noted_and_not_used(text: str) -> None:
    reading = event(ed=text)
    assert not any(path.startswith("custom_data.") for path in reading.fields)
    assert "ed: not JSON" in reading.notes


@pytest.mark.parametrize(
    ("told", "limited"),
    [
        ("LDP", True),
        ("ldp", True),
        ("LDP,OTHER", True),
        ("", False),
        ("XLDP", False),
        ("no", False),
    ],
)
def test_limited_data_processing(told: str, limited: bool) -> None:  # noqa: FBT001 - a case
    reading = event("lead", pd={"opt_out_type": told})
    assert reading.limited is limited
    assert reading.fields.get("custom_data.opt_out_type") == ("LDP" if limited else None)
    assert reading.signals == ({"opt_out_type": "LDP"} if limited else {})


def test_a_doubt_is_noted_and_left_to_pinterest() -> None:
    assert event(headers={"user-agent": "UA"}).notes == ()
    [note] = event(ip="10.0.0.1", pd={"ph": "a" * 64}).notes[1:]
    assert "refuses" in note
    assert event(ip="10.0.0.1", pd={"em": "a" * 64}).notes == ("@ip: not usable",)


# Writing. Source: Pinterest's OpenAPI description 5.23, events/create, read 2026-11.


def test_a_batch_is_one_call_to_the_ad_account() -> None:
    beacons = [beacon(key=f"k-{n}") for n in range(3)]
    call = write(beacons, Settings(ad_account="549000000042"), now=NOW)
    assert (call.method, call.account) == ("POST", TAG)
    assert call.url == "https://api.pinterest.com/v5/ad_accounts/549000000042/events"
    assert [each["event_id"] for each in orjson.loads(call.body)["data"]] == ["k-0", "k-1", "k-2"]
    assert {VENDOR.batch_key(each) for each in beacons} == {TAG}


def test_an_event_is_complete_and_ordered() -> None:
    fields = {
        "custom_data.value": "1.50",
        "user_data.click_id": CLICK,
        "user_data.em": ["e"],
        "event_source_url": PAGE,
    }
    [written] = sent([beacon(fields=fields, event_at=NOW - 1)])
    assert written == {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": NOW // 1000 - 1,
        "event_id": "k-1",
        "partner_name": "ss-firsthand",
        "event_source_url": PAGE,
        "user_data": {"em": ["e"], "click_id": CLICK},
        "custom_data": {"value": "1.50"},
    }
    assert list(written["user_data"]) == ["em", "click_id"]


def test_times_are_never_ahead_of_the_call() -> None:
    [ahead] = sent([beacon(event_at=NOW + 30_000)], now=NOW + 999)
    assert ahead["event_time"] == NOW // 1000


def test_an_event_always_has_user_data_and_a_partner_only_if_named() -> None:
    [bare] = sent([beacon()], partner_name="")
    assert bare["user_data"] == {}
    assert "partner_name" not in bare


def test_the_checking_door_gets_the_same_call() -> None:
    call = write([beacon()], Settings(ad_account="549000000042"), now=NOW)
    checked = probe(call)
    assert checked.url == f"{call.url}?test=true"
    assert checked.body == call.body


# The record.


@pytest.mark.parametrize(
    ("host", "path", "use"),
    [
        ("ct.pinterest.com", "/v3/", Use.BEACON),
        ("ct.pinterest.com", "/user/", Use.BEACON),
        ("ct.pinterest.com", "/md/", Use.SINK),
        ("ct.pinterest.com", "/stats/", Use.SINK),
        ("ct.pinterest.com", "/ct.html", Use.NEVER),
        ("ct.pinterest.com", "/static/ct/token_create.js", Use.NEVER),
        ("s.pinimg.com", "/ct/core.js", Use.SCRIPT),
        ("s.pinimg.com", "/ct/lib/main.0a1b2c3d.js", Use.SCRIPT),
        ("s.pinimg.com", "/v3/", None),
        ("ct.pinterest.com", "/v3/x", None),
        ("ct.pinterest.com", "/events/v3", None),
        ("www.pinterest.com", "/v3/", None),
        ("s.pinimg.com", "/ct/lib/main.0a/x.js", None),
    ],
)
def test_addresses(host: str, path: str, use: Use | None) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert (found.use if found else None) == use


def test_the_question_is_answered_with_json_for_the_tag_waits_for_it() -> None:
    says = {path: Doors([VENDOR]).find("ct.pinterest.com", path) for path in ("/user/", "/v3/")}
    assert [found.says if found else None for found in says.values()] == [b"{}", b""]


def test_a_script_address_loses_what_it_does_not_need() -> None:
    found = Doors([VENDOR]).find("s.pinimg.com", "/ct/core.js")
    assert found is not None
    told = asked(found, "s.pinimg.com", "/ct/core.js", "tid=1&x=2", shop())
    assert told.address == "s.pinimg.com/ct/core.js"


def test_a_click_makes_its_cookie_and_ids_of_pinterest_are_never_made_up() -> None:
    epik, derived, browser = VENDOR.cookies
    assert epik.mint is not None
    assert epik.click_of is not None
    assert epik.mint(Mint(click=CLICK, at=NOW, labels=2, draw=1)) == CLICK
    assert epik.click_of(CLICK) == CLICK
    assert (derived.mint, browser.mint) == (None, None)
    assert {row.days for row in VENDOR.cookies} == {365}
    [click] = VENDOR.click_ids
    assert re.fullmatch(click.pattern, "dj0yJnU9aGk=")
    assert not re.fullmatch(click.pattern, "a" * 513)


# Anything at all.

LISTED = [row.wire for row in VENDOR.fields if "*" not in row.wire and row.wire[0] != "@"]
ODD = ["ed[a]", "ed[", "pd[]", "ad[loc][x]", "ed[line_items][0][product_id]", "ed[line_items][x]"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["value", "line_items", "em", "epik", "loc", "product_id", "event_id", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
VALUES = st.text(max_size=30) | JSON.map(json.dumps)
TABLE = Table(VENDOR.fields)


@settings(max_examples=150, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from([*LISTED, *ODD]), VALUES), max_size=10),
    as_body=st.booleans(),
)
def test_random_parameters_are_read_without_an_error(
    pairs: list[tuple[str, str]],
    as_body: bool,  # noqa: FBT001 - drawn
) -> None:
    text = "&".join(
        f"{quote(name)}={quote(value, errors='replace', safe='')}"
        for name, value in [("tid", TAG), ("event", "checkout"), *pairs]
    )
    hit = make_hit(f"{HOST}/v3/", query="" if as_body else text, body=text if as_body else b"")
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page])
        assert all(TABLE.row(path) for path in reading.fields)
        assert orjson.loads(write([make_beacon(reading)], Settings(), now=NOW).body)


WHOLE = str(
    hit_of(
        ed={
            "event_id": "k",
            "value": 5.5,
            "line_items": [{"product_id": "A", "product_price": 5.5}],
        },
        pd={"em": "a" * 64, "epik": CLICK},
        ad={"loc": PAGE},
        cb=str(NOW),
    ).query
)


@settings(max_examples=150, deadline=None)
@given(where=st.integers(0, len(WHOLE)), cut=st.integers(0, 40), put=st.text(max_size=4))
def test_mutated_beacons_are_read_without_an_error(where: int, cut: int, put: str) -> None:
    query = WHOLE[:where] + put + WHOLE[where + cut :]
    for reading in read(make_hit(f"{HOST}/v3/", query=query)):
        orjson.dumps(reading.fields)


@settings(max_examples=100, deadline=None)
@given(name=st.from_regex(r"[a-z_]{3,12}", fullmatch=True))
def test_what_the_api_does_not_know_goes_nowhere(name: str) -> None:
    canary = "canary-4711"
    item = {"product_id": "A", f"product_{name}_x": canary}
    told = event(ed={f"x_{name}": canary, "line_items": [item]}, pd={f"x_{name}": canary})
    assert canary not in repr(told.fields)
