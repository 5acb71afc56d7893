"""Reading and writing Microsoft's events; the answers have tests of their own."""

import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import Beacon, Fields, Hit, MatchKey, Reading, Reason
from firsthand.rules.doors import Doors, Use
from firsthand.store.sqlite.twinkeys import twin_key
from firsthand.vendor import Mint
from firsthand.vendors.microsoft import AUTOMATIC, VENDOR, Settings, click_of, read, write
from tests.factories import NOW, make_beacon, make_hit, make_reading

TAG = "187001122"
MID = "5b2f8e14-7c3d-4a90-b6e1-0f9d2c8a7e35"
CLICK = "7c1e90b4d2a84f6e8b3350f1c9a7d642"
DASHED = "7c1e90b4-d2a8-4f6e-8b33-50f1c9a7d642"
VID = "1f0c3b80c90011f0b2c3d4e5f6071829"
PAGE = "https://shop.example.com/done"


def hit_of(told: dict[str, str], host: str = "bat.bing.com", **given: Any) -> Hit:
    query = urlencode(told, quote_via=quote)
    return make_hit(f"https://trk.shop.example.com/{host}/action/0?{query}", **given)


def event(host: str = "bat.bing.com", **told: str) -> Reading:
    base = {"ti": TAG, "Ver": "2", "mid": MID, "bo": "2", "evt": "custom", "ea": "purchase"}
    [reading] = read(hit_of({**base, "p": PAGE, **told}, host))
    return reading


def beacon(name: str = "purchase", fields: Fields | None = None, **given: Any) -> Beacon:
    reading = make_reading(account=TAG, name=name, event_key="A-1", fields=fields or {})
    return make_beacon(reading, vendor="microsoft", **given)


def sent(one: Beacon, now: int = NOW) -> Any:
    [made] = orjson.loads(write([one], Settings(), now=now).body)["data"]
    return made


# Which event it is.


@pytest.mark.parametrize(
    ("host", "path", "use"),
    [
        ("bat.bing.com", "/action/0", Use.BEACON),
        ("bat.bing.com", "/actionp/0", Use.BEACON),
        ("bat.bing.net", "/action/0", Use.BEACON),
        ("bat.bing.com", "/bat.js", Use.SCRIPT),
        ("bat.bing.com", f"/p/action/{TAG}.js", Use.SCRIPT),
        ("bat.bing.com", "/p/conversions/c/b", Use.SINK),
        ("c.bing.com", "/c.gif", Use.SINK),
    ],
)
def test_doors(host: str, path: str, use: Use) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert found is not None
    assert found.use is use


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("bat.bing.com", "/action/1"),
        ("www.bing.com", "/action/0"),
        ("www.clarity.ms", f"/tag/uet/{TAG}"),
        ("bat.bing.com", "/"),
    ],
)
def test_a_foreign_path_is_no_door(host: str, path: str) -> None:
    assert Doors([VENDOR]).find(host, path) is None


@pytest.mark.parametrize(
    ("told", "name", "canonical"),
    [
        ({"evt": "pageLoad"}, "pageLoad", "page_view"),
        ({}, "purchase", "purchase"),
        ({"ea": "PRODUCT_PURCHASE"}, "PRODUCT_PURCHASE", "purchase"),
        ({"ea": "view_item"}, "view_item", "viewed_item"),
        ({"ea": "Purchase"}, "Purchase", "custom"),
        ({"ea": "", "ec": "quiz"}, "quiz", "custom"),
        ({"ea": "q" * 200}, "q" * 100, "custom"),
    ],
)
def test_names(told: dict[str, str], name: str, canonical: str) -> None:
    reading = event(**told)
    assert (reading.name, reading.canonical, reading.skip) == (name, canonical, Reason.NONE)


@pytest.mark.parametrize("kind", [*sorted(AUTOMATIC), "something_new"])
def test_what_the_script_sends_by_itself_is_automatic(kind: str) -> None:
    reading = event(evt=kind, pid="em=" + "a" * 64)
    assert (reading.skip, reading.fields) == (Reason.AUTOMATIC, {})


def test_an_event_without_a_name_has_no_counterpart() -> None:
    assert event(ea="", prodid="A").skip is Reason.UNMAPPABLE


@pytest.mark.parametrize(
    ("host", "told", "skip"),
    [
        ("bat.bing.com", {"asc": "G"}, Reason.NONE),
        ("bat.bing.com", {}, Reason.NONE),
        ("bat.bing.com", {"asc": "D"}, Reason.CONSENT),
        ("bat.bing.net", {"asc": "D"}, Reason.CONSENT),
        ("bat.bing.net", {}, Reason.CONSENT),
        ("bat.bing.net", {"asc": "G"}, Reason.NONE),
        ("bat.bing.com", {"nwd": "1"}, Reason.BOT),
        ("bat.bing.com", {"nwd": "0"}, Reason.NONE),
    ],
)
def test_denied_and_driven_visits_are_not_sent(
    host: str, told: dict[str, str], skip: Reason
) -> None:
    reading = event(host, msclkid=f"{CLICK}-0", **told)
    assert reading.skip is skip
    assert bool(reading.fields) is not bool(skip)


@pytest.mark.parametrize(
    "told",
    [{"ti": ""}, {"ti": "x"}, {"ti": "1" * 13}, {"ti": "١٢٣٤٥"}, {"evt": ""}, {"evt": "\x00"}],
)
def test_without_a_tag_or_a_kind_there_is_no_event(told: dict[str, str]) -> None:
    assert list(read(hit_of({"ti": TAG, "evt": "pageLoad"} | told))) == []


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"event_id": "A-1"}, "A-1"),
        ({"event_id": ""}, f"{MID}-2"),
        ({"bo": "", "rn": "718050"}, f"{MID}-718050"),
        ({"bo": "", "rn": ""}, ""),
        ({"bo": "x"}, ""),
        ({"mid": "odd"}, ""),
    ],
)
def test_event_keys(told: dict[str, str], key: str) -> None:
    assert event(**told).event_key == key


def test_an_image_and_its_post_are_one_event() -> None:
    told = {"ti": TAG, "evt": "custom", "ea": "purchase", "event_id": "A-1"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    [image] = read(hit_of(told))
    [post] = read(
        make_hit("https://trk/bat.bing.com/actionp/0", body=urlencode(told), headers=form)
    )
    keys = {twin_key(b"s", make_beacon(one, vendor="microsoft")) for one in (image, post)}
    assert len(keys) == 1


# Values.


@pytest.mark.parametrize(
    ("value", "click", "noted"),
    [
        (f"{CLICK}-1", DASHED, False),
        (f"{CLICK}-0", DASHED, False),
        (CLICK, DASHED, False),
        (CLICK.upper(), DASHED, False),
        ("N", None, False),
        ("", None, False),
        (f"{CLICK}-7", None, True),
        (CLICK[:-1], None, True),
    ],
)
def test_click_ids_become_uuids(value: str, click: str | None, *, noted: bool) -> None:
    reading = event(msclkid=value)
    assert reading.fields.get("userData.msclkid") == click
    assert bool(reading.notes) is noted


def digest(plain: str) -> str:
    return sha256(plain.encode()).hexdigest()


@pytest.mark.parametrize(
    ("pid", "fields"),
    [
        ("em= Nora.Blum+news@Example.NET", {"em": digest("norablum@example.net")}),
        ("ph=+46 (8) 123-456-78", {"ph": digest("+46812345678")}),
        (f"em={'AB' * 32}&ph={'cd' * 32}", {"em": "ab" * 32, "ph": "cd" * 32}),
        ("em=nobody&ph=12", {}),
        (f"em={'ab' * 16}", {}),
        ("fn=nora", {}),
        ("", {}),
    ],
)
def test_contact_data_is_normalised_by_microsofts_rules_and_hashed_once(
    pid: str, fields: dict[str, str]
) -> None:
    found = event(pid=pid).fields
    own = {
        path[9:]: value for path, value in found.items() if path in {"userData.em", "userData.ph"}
    }
    assert own == fields


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("id=A&quantity=2&price=50", [{"id": "A", "quantity": 2, "price": 50}]),
        ("id=A&price=5,id=B&price=6", [{"id": "A", "price": 5}, {"id": "B", "price": 6}]),
        ("id=A&name=Cup%2C%20blue,id=B", [{"id": "A", "name": "Cup, blue"}, {"id": "B"}]),
        ("item_id=A&item_name=Cup, blue", [{"id": "A", "name": "Cup, blue"}]),
        ('[{"id":"A","price":"5"},{"id":7}]', [{"id": "A", "price": 5}, {"id": "7"}]),
        ("shelf=N4", None),
        ("A,B", None),
        ("[1]", None),
    ],
)
def test_items(items: str, expected: object) -> None:
    assert event(items=items).fields.get("customData.items") == expected


@pytest.mark.parametrize(
    ("wire", "value", "path", "expected"),
    [
        ("gv", "65.40", "value", 65.4),
        ("gv", "-1", "value", None),
        ("gv", "1,5", "value", None),
        ("gc", "sek", "currency", "SEK"),
        ("gc", "kr", "currency", None),
        ("ev", "-3", "eventValue", -3),
        ("prodid", "A,B", "itemIds", ["A", "B"]),
        ("prodid", ",", "itemIds", None),
        ("pagetype", "Product", "pageType", "product"),
        ("pagetype", "quiz", "pageType", None),
        ("ecomm_query", "cups", "searchTerm", "cups"),
        ("transaction_id", "A-1", "transactionId", "A-1"),
    ],
)
def test_values(wire: str, value: str, path: str, expected: object) -> None:
    assert event(**{wire: value}).fields.get(f"customData.{path}") == expected


def test_a_users_id_is_never_an_address() -> None:
    assert event(uid="member-77").fields["userData.externalId"] == "member-77"
    assert "userData.externalId" not in event(uid="nora@example.net").fields


def test_match_keys() -> None:
    fields = event(msclkid=CLICK, vid=VID, pid=f"em={'ab' * 32}", uid="u-1").fields
    expected = MatchKey.CLICK_ID | MatchKey.BROWSER_ID | MatchKey.EMAIL | MatchKey.EXTERNAL_ID
    assert Table(VENDOR.fields).keys(fields) == expected | MatchKey.IP | MatchKey.USER_AGENT


# Cookies.


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("_uetmsclkid", f"_uet{CLICK}", DASHED),
        ("_uetmsclkid", f"_uet{CLICK}|1|0", DASHED),
        ("_uetvid", VID, VID),
        ("_uetvid", f"{VID}|a1b2|1795400333444", VID),
    ],
)
def test_cookies_fill_what_a_beacon_lacks(name: str, value: str, field: str) -> None:
    [row] = [each for each in VENDOR.cookies if each.name == name]
    assert re.fullmatch(row.pattern, value)
    assert row.to_field(value) == field


@pytest.mark.parametrize("value", [CLICK, f"_uet{CLICK}0", "_uetN", f"_uet{CLICK};x", ""])
def test_other_click_cookies_are_left_alone(value: str) -> None:
    [row] = [each for each in VENDOR.cookies if each.name == "_uetmsclkid"]
    assert not re.fullmatch(row.pattern, value)


def test_a_click_cookie_is_minted_as_the_script_writes_it() -> None:
    [row] = [each for each in VENDOR.cookies if each.name == "_uetmsclkid"]
    assert row.mint is not None
    assert row.mint(Mint(CLICK, NOW, 2, 7)) == f"_uet{CLICK}"
    assert click_of(f"_uet{CLICK}") == CLICK


def test_a_session_is_never_given_back() -> None:
    [row] = [each for each in VENDOR.cookies if each.name == "_uetsid"]
    assert (row.restore, row.days) == (False, 1)


# Calls.


def test_a_call() -> None:
    call = write([beacon(), beacon("lead")], Settings(data_provider="shop-1"), now=NOW)
    assert call.url == f"https://capi.uet.microsoft.com/v1/{TAG}/events"
    body = orjson.loads(call.body)
    assert (body["dataProvider"], body["continueOnValidationError"]) == ("shop-1", True)
    assert [each["eventName"] for each in body["data"]] == ["purchase", "lead"]


def test_a_page_load_has_no_event_name() -> None:
    made = sent(beacon("pageLoad", {"eventSourceUrl": PAGE, "userData.anonymousId": VID}))
    assert made == {
        "eventType": "pageLoad",
        "eventId": "A-1",
        "eventTime": NOW // 1000,
        "adStorageConsent": "G",
        "eventSourceUrl": PAGE,
        "userData": {"anonymousId": VID},
    }


@pytest.mark.parametrize(
    ("at", "now", "seconds"),
    [
        (NOW - 1, NOW, NOW // 1000 - 1),
        (NOW + 60_000, NOW, NOW // 1000),
        (NOW, NOW + 9_000, NOW // 1000),
    ],
)
def test_times_are_whole_seconds_and_never_lie_ahead(at: int, now: int, seconds: int) -> None:
    assert sent(beacon(event_at=at), now)["eventTime"] == seconds


# Anything at all.

NAMES = st.sampled_from([row.wire.replace("*", "x") for row in VENDOR.fields if row.wire[0] != "@"])
VALUES = st.text(max_size=30) | st.sampled_from(
    [
        "N",
        CLICK,
        f"em={'ab' * 32}&ph=x",
        "id=A,id=B",
        '[{"id":{}}]',
        "[[]]",
        ",,",
        "=&=",
        "pageLoad",
    ]
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), st.booleans())
def test_anything_can_be_read_and_what_is_read_can_be_sent(
    pairs: list[tuple[str, str]],
    inside: bool,  # noqa: FBT001 - drawn
) -> None:
    told = {"ti": TAG, "evt": "custom", "ea": "x"} | dict(pairs)
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in told.items())
    address = "https://trk/bat.bing.com/action/0"
    hit = make_hit(address, body=query) if inside else make_hit(address, query=query)
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.notes])
        made = sent(make_beacon(reading, vendor="microsoft"), now=reading.at)
        assert made["eventType"] in {"pageLoad", "custom"}
        assert all(isinstance(each, dict) for each in made.get("customData", {}).get("items", []))
