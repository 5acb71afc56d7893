"""What relays share: a door's table, requests made of fields; what every vendor's relay keeps."""

import dataclasses
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.convert import address, amount, currency, email, hashed, json_value, text
from firsthand.mapping import Table, request_pairs
from firsthand.model import IDENTIFYING, Call, Kind, Value
from firsthand.vendor import Field, Vendor, relay_hosts
from firsthand.vendors import VENDORS
from firsthand.vendors.relaying import (
    AGENT,
    MAX_QUERY,
    bracketed,
    deep,
    google_contact,
    image_or_form,
    joined,
    path_of,
    plain,
    posted,
    rows,
    typed_rows,
)
from firsthand.vendors.snapchat.relay import CONTEXT
from tests.factories import make_beacon, make_hit, make_reading
from tests.vendors.test_contract import hostile

vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))

FIELDS = (
    Field("id", "", Kind.TECHNICAL, text),
    Field("v", "", Kind.TECHNICAL, text),
    Field("secret", "", Kind.CUSTOM, text),
    Field("cd[value]", "value", Kind.COMMERCE, amount),
    Field("c", "currency", Kind.COMMERCE, currency),
    Field("em", "email", Kind.CONTACT, hashed(email)),
    Field("dl", "page", Kind.PAGE, address),
    Field("items", "items", Kind.COMMERCE, json_value),
    Field("@referer", "page", Kind.PAGE, address),
    Field("@ip", "ip", Kind.NETWORK, text),
    Field("cd[*", "custom.*", Kind.CUSTOM, text),
)
TABLE = Table(rows(FIELDS, "v", page="dl"))
TYPED = Table(typed_rows(FIELDS, "v", page="dl"))


def digest(value: str) -> str:
    return sha256(value.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value", "told", "as_json"),
    [
        ("v", "2.9", {"v": "2.9"}, {"v": "2.9"}),
        ("v", "jane@example.com", {}, {}),
        ("v", "x" * 301, {}, {}),
        ("id", "1", {}, {}),
        ("secret", "x", {}, {}),
        ("unheard", "x", {}, {}),
        ("@ip", "203.0.113.9", {}, {}),
        ("cd[value]", "49.90", {"cd.value": "49.90"}, {"cd.value": 49.9}),
        ("cd[value]", "lots", {}, {}),
        ("c", "eur", {"c": "eur"}, {"c": "eur"}),
        ("em", " Jane@Example.com ", {"em": digest("jane@example.com")}, None),
        ("em", "not an address", {}, {}),
        ("dl", "https://shop.example/a", {"dl": "https://shop.example/a"}, None),
        ("dl", "javascript:alert(1)", {}, {}),
        ("@referer", "https://shop.example/b", {"dl": "https://shop.example/b"}, None),
        ("cd[colour]", "red", {"cd.colour": "red"}, {"cd.colour": "red"}),
        (AGENT, "UA\r\nX: y", {AGENT: "UAX: y"}, {AGENT: "UAX: y"}),
        ("items", '[{"id":"A","q":2,"deep":{"x":1},"a b":1}]', {"items": '[{"id":"A","q":2}]'},
         {"items": [{"id": "A", "q": 2}]}),
        ("items", '["A",1,null,{}]', {"items": '["A",1]'}, {"items": ["A", 1]}),
        ("items", '[{"deep":{}}]', {}, {}),
    ],
)  # fmt: skip
def test_a_table_follows_from_the_vendors_own(
    name: str, value: str, told: dict[str, str], as_json: dict[str, Value] | None
) -> None:
    assert TABLE.take([(name, value)]).fields == told
    typed = TYPED.take([(name, value)]).fields
    assert typed == (told if as_json is None else as_json)


def test_a_page_that_the_wire_names_wins_over_the_referrer() -> None:
    pairs = [("dl", "https://shop.example/a"), ("@referer", "https://shop.example/b")]
    assert TABLE.take(pairs).fields == {"dl": "https://shop.example/a"}


def test_own_rows_stand_in_place_of_derived_ones() -> None:
    own = (Field("c", "c", Kind.COMMERCE, str.lower),)
    made = [row for row in rows(FIELDS, "v", own=own) if row.wire == "c"]
    assert made == list(own)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": 1, "b": "x", "c": True, "d": 1.5}, {"a": 1, "b": "x", "c": True, "d": 1.5}),
        ({"name": "for jane@example.com", "id": "A"}, {"id": "A"}),
        ({"a": [1], "b": {"c": 1}}, None),
        ([[1], [2]], None),
        ([], None),
        (None, None),
        (["x"] * 300, ["x"] * 200),
    ],
)
def test_lists_and_objects_keep_plain_members(given: Any, kept: Any) -> None:
    assert plain(given) == kept


HASH = urlsafe_b64encode(sha256(b"x").digest()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"tv.1~em.{HASH}", f"tv.1~em.{HASH}"),
        (f"tv.1~em.{HASH}~ct0.Berlin~co0.DE~pc0.10115", f"tv.1~em.{HASH}~co0.DE"),
        (f"tv.1~fn0.{HASH}~ln0.{HASH}~sa0.{HASH}", f"tv.1~fn0.{HASH}~ln0.{HASH}~sa0.{HASH}"),
        ("tv.1~em.jane@example.com", None),
        ("tv.1~ec.e3", None),
        (f"tv.2~em.{HASH}", None),
        ("", None),
    ],
)
def test_googles_contact_data_is_hashes_or_nothing(given: str, kept: str | None) -> None:
    assert google_contact(given) == kept


def test_a_query_is_bounded_by_whole_parameters() -> None:
    pairs = [(f"p{n}", "x" * 999) for n in range(20)]
    made = joined(pairs)
    assert len(made) <= MAX_QUERY
    assert [name for name, _ in parse_qsl(made)] == [f"p{n}" for n in range(7)]


def test_what_is_too_long_for_a_query_goes_into_the_body() -> None:
    beacon = make_beacon(door="www.google-analytics.com/g/collect")
    pairs = [(f"p{n}", "x" * 999) for n in range(20)]
    call = posted(beacon, pairs)
    told = parse_qsl(urlsplit(call.url).query) + parse_qsl(call.body.decode())
    assert told == pairs
    assert posted(beacon, pairs[:3]).body == b""


def test_a_long_image_is_a_form() -> None:
    beacon = make_beacon(door="www.facebook.com/tr/")
    assert image_or_form(beacon, [("a", "x" * 100)]).method == "GET"
    long = image_or_form(beacon, [("a", "x" * 3000)])
    assert (long.method, long.url) == ("POST", "https://www.facebook.com/tr/")
    assert long.headers["content-type"] == "application/x-www-form-urlencoded"


def test_names_and_values_cannot_leave_their_place() -> None:
    beacon = make_beacon(door="www.facebook.com/tr/")
    [pair] = bracketed([("cd.a&b=c#", "1&x=2#\n")])
    call = image_or_form(beacon, [pair])
    assert parse_qsl(urlsplit(call.url).query) == [("cd[a&b=c#]", "1&x=2#\n")]
    assert urlsplit(call.url).fragment == ""


def test_paths_become_objects() -> None:
    given: dict[str, Value] = {"a.b.c": 1, "a.d": 2, "e": 3, AGENT: "UA", "e.f": 4}
    assert deep(given) == {"a": {"b": {"c": 1}, "d": 2}, "e": 3}


# -- every vendor ----------------------------------------------------------------------------------


@vendors
def test_a_relay_is_sound(vendor: Vendor) -> None:
    relay = vendor.relay
    assert relay is not None
    table, hosts = Table(relay.fields), relay_hosts(vendor)
    doors = [*vendor.beacons, *(door for door in vendor.sinks if door.relayed)]
    assert hosts == tuple(dict.fromkeys(host for door in doors for host in door.hosts))
    assert relay.losses
    assert set(relay.ids) <= {cookie.field for cookie in vendor.cookies}
    for path in relay.ids.values():
        assert table.row(path) is not None
    times = Counter(row.wire for row in relay.fields)
    assert max(times.values()) == 1, "a second row of a parameter is never reached"
    kinds: dict[str, Kind] = {}
    for row in relay.fields:
        assert row.path, row.wire
        assert not row.path.endswith("*") or row.kind is Kind.CUSTOM, row.wire
        assert kinds.setdefault(row.path, row.kind) is row.kind, row.path


@vendors
def test_a_relay_sends_nothing_that_the_vendors_own_table_does_not_know(vendor: Vendor) -> None:
    relay, own = vendor.relay, Table(vendor.fields)
    assert relay is not None
    for row in relay.fields:
        if row.wire[:1] != "@":
            known = own.take([(row.wire.replace("*", "x]"), "")])
            assert not known.unlisted, row.wire


@vendors
def test_contact_data_is_classed_as_such_on_both_ways(vendor: Vendor) -> None:
    relay = vendor.relay
    assert relay is not None
    theirs = {row.wire: row.kind for row in vendor.fields}
    for row in relay.fields:
        if theirs.get(row.wire) in {Kind.CONTACT, Kind.AD_ID, Kind.BROWSER_ID, Kind.ORDER_ID}:
            assert row.kind is theirs[row.wire], row.wire


@vendors
def test_a_name_that_both_tables_have_is_of_one_class_or_hidden(vendor: Vendor) -> None:
    relay, own = vendor.relay, Table(vendor.fields)
    assert relay is not None
    for row in relay.fields:
        known = own.row(row.path)
        assert known is None or known.kind in {row.kind, *IDENTIFYING}, row.path


FIXED = {
    "ga4": {"v", "tid", "_uip"},
    "linkedin": {"pid", "eventId"},
    "meta": {"id", "eid"},
    "microsoft": {"ti"},
    "openai": {"pid", "ec"},
    "pinterest": {"tid"},
    "reddit": {"id"},
    "snapchat": {"pid", "cdid", "del"},
    "tiktok": {"event_id", "context.pixel.code"},
    "x": {"event"},
}
"""What a request holds beside rows of the table: account, key, what the protocol wants."""


def leaves(given: Any, table: Table, path: str = "") -> Iterator[str]:
    """Yield the paths of an object's members, down to what a row of the table stands for."""
    if (path and table.row(path)) or not isinstance(given, dict) or not given:
        yield path
        return
    for name, value in given.items():
        yield from leaves(value, table, f"{path}.{name}" if path else name)


def parts(vendor: Vendor, call: Call, table: Table) -> Iterator[str]:
    """Yield the paths of all that a request says, as the table names them."""
    query = parse_qsl(urlsplit(call.url).query, keep_blank_values=True)
    if call.body[:1] == b"{":
        yield from leaves(unwrapped(vendor, orjson.loads(call.body)), table)
    else:
        query += parse_qsl(call.body.decode(), keep_blank_values=True)
    for name, value in query:
        path = path_of(name)
        if vendor.key == "microsoft" and name == "pid":
            yield from (f"pid.{key}" for key, _ in parse_qsl(value))
        elif value[:1] == "{" and table.row(path) is None:
            yield from leaves(orjson.loads(value), table, path)
        else:
            yield path


def unwrapped(vendor: Vendor, body: Any) -> dict[str, Any]:
    """Return a JSON body as the table names its members."""
    if vendor.key == "openai":
        [event] = body.pop("events")
        return {**body, **event}
    if vendor.key == "snapchat":
        flat = {there: here for here, there in CONTEXT.items()}
        [item] = body["req"]
        shared = {flat[name]: value for name, value in body["ctx"].items()}
        return {**shared, **item["t"], "del": item["del"]}
    found: dict[str, Any] = body
    return found


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [str(value)]


@vendors
@given(data=st.data())
def test_a_hostile_beacon_is_relayed_by_the_table_or_not_at_all(
    vendor: Vendor, data: st.DataObject
) -> None:
    """What leaves was made by a row from a parameter of that row, and is bounded."""
    found = data.draw(hostile(vendor))
    name = data.draw(st.from_regex(r"zz[a-z]{3,8}", fullmatch=True))
    spoilt = dataclasses.replace(found, query=f"{found.query}&{name}=canary-7d1f")
    relay = vendor.relay
    assert relay is not None
    table = Table(relay.fields)
    for reading in vendor.read(spoilt):
        taken = table.take([*reading.wire, *request_pairs(spoilt)])
        orjson.dumps(taken.fields)
        beacon = make_beacon(
            dataclasses.replace(make_reading(account=reading.account), fields=taken.fields),
            vendor=vendor.key,
            door=f"{found.host}{found.path}",
        )
        call = relay.write(beacon)
        assert urlsplit(call.url).netloc in relay_hosts(vendor)
        said = set(parts(vendor, call, table)) - FIXED.get(vendor.key, set())
        assert not [path for path in said if table.row(path) is None]
        assert len(call.url) < 9_000
        assert len(call.body) < 200_000
        assert set(call.headers) <= {"user-agent", "content-type"}
        assert "\n" not in f"{call.url}{call.headers}"
        if not any("canary" in each for each in texts(reading.fields)):
            assert "canary-7d1f" not in f"{call.url}{call.headers}{call.body.decode()}"


def test_a_hit_has_no_request_header_among_its_wire() -> None:
    hit = make_hit("https://trk.shop.example.com/t.co/i/adsct?txn_id=o8abc&@user_agent=x")
    [reading] = VENDORS["x"].read(hit)
    assert not [name for name, _ in reading.wire if name[:1] == "@"]
