import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import (
    Accepted,
    Beacon,
    Fields,
    Hit,
    Kind,
    MatchKey,
    Outcome,
    Reading,
    Reason,
    Recorded,
    Refused,
    Split,
    TryLater,
    Value,
)
from firsthand.rules.doors import Doors, Use
from firsthand.vendors.ga4 import TABLE, VENDOR, Settings
from tests.factories import NOW, make_beacon, make_hit, make_reply

ACCOUNT = "G-SHOP12345"
BASE = {"v": "2", "tid": ACCOUNT, "cid": "1.2", "_p": "100", "_s": "1", "sid": "1795514399"}


def hit(body: str = "", *, base: Mapping[str, str] = BASE, **params: str) -> Hit:
    query = "&".join(f"{name}={quote(value)}" for name, value in {**base, **params}.items())
    return make_hit(
        f"https://trk.shop.example.com/www.google-analytics.com/g/collect?{query}", body=body
    )


def read(body: str = "", **params: str) -> list[Reading]:
    return list(VENDOR.read(hit(body, **params)))


def only(**params: str) -> Reading:
    [reading] = read(**params)
    return reading


def beacon(name: str = "purchase", *, client: str = "1.2", **fields: Value) -> Beacon:
    """Make a beacon whose ``fields`` are parameters; ``__`` stands for a dot."""
    paths: Fields = {
        (path.replace("__", ".") if "__" in path else f"params.{path}"): value
        for path, value in fields.items()
    }
    made = make_beacon(vendor="ga4", account=ACCOUNT, to=ACCOUNT, name=name)
    return replace(made, fields={"client_id": client} | paths)


def body_of(*beacons: Beacon, now: int = NOW, settings: Settings | None = None) -> dict[str, Any]:
    call = VENDOR.write(beacons, settings or Settings(), now=now)
    body: dict[str, Any] = json.loads(call.body)
    return body


def params_of(made: Beacon, now: int = NOW) -> dict[str, Any]:
    params: dict[str, Any] = body_of(made, now=now)["events"][0]["params"]
    return params


# Doors: what gtag.js reached in Chromium, November 2026.
ADDRESSES = [
    ("www.google-analytics.com/g/collect", Use.BEACON),
    ("analytics.google.com/g/collect", Use.BEACON),
    ("region1.google-analytics.com/g/collect", Use.BEACON),
    ("region1.analytics.google.com/g/collect", Use.BEACON),
    ("www.googletagmanager.com/gtag/js", Use.SCRIPT),
    ("www.googletagmanager.com/gtag/destination", Use.SCRIPT),
    ("www.googletagmanager.com/td", Use.SINK),
    ("www.googletagmanager.com/a", Use.SINK),
    ("stats.g.doubleclick.net/g/collect", Use.SINK),
    ("www.google.co.uk/ads/ga-audiences", Use.SINK),
    ("www.google.com/measurement/conversion", Use.SINK),
    ("www.googletagmanager.com/static/service_worker/5b1/sw_iframe.html", Use.NEVER),
    ("td.doubleclick.net/td/rul/123", Use.NEVER),
    ("www.google-analytics.com/mp/collect", None),
    ("www.google-analytics.com/g/collect/", None),
    ("www.google-analytics.com.example.com/g/collect", None),
    ("evil.example/g/collect", None),
    ("www.google.com/search", None),
    ("www.googletagmanager.com/gtm.js", None),
]


@pytest.mark.parametrize(("address", "use"), ADDRESSES)
def test_doors(address: str, use: Use | None) -> None:
    host, _, path = address.partition("/")
    found = Doors([VENDOR]).find(host, f"/{path}")
    assert (found.use if found else None) is use


def test_a_lines_parameter_wins_over_the_querys() -> None:
    first, second = read("en=a&dt=Line\r\nen=b", dt="Query", cu="EUR")
    assert (first.fields["params.page_title"], second.fields["params.page_title"]) == (
        "Line",
        "Query",
    )
    assert first.fields["params.currency"] == "EUR"


@pytest.mark.parametrize("body", ["en=a\r\nen=b", "en=a\nen=b\n", "\r\nen=a\r\n\r\nen=b\r\n"])
def test_each_line_is_an_event(body: str) -> None:
    assert [reading.name for reading in read(body)] == ["a", "b"]


def test_a_body_holds_at_most_fifty_events() -> None:
    assert len(read("en=a\r\n" * 500)) == 50


def test_plus_is_a_plus() -> None:
    [reading] = VENDOR.read(replace(hit(), query=hit(en="x").query + "&dt=1+1%20is%202"))
    assert reading.fields["params.page_title"] == "1+1 is 2"


def test_the_page_is_the_beacons_or_else_the_referers() -> None:
    assert only(en="x", dl="https://shop.example.com/a").page == "https://shop.example.com/a"
    referred = make_hit(
        "https://trk.shop.example.com/www.google-analytics.com/g/collect?"
        f"tid={ACCOUNT}&en=x&dl=javascript:alert(1)",
        headers={"Referer": "https://shop.example.com/b"},
    )
    [reading] = VENDOR.read(referred)
    assert reading.page == "https://shop.example.com/b"
    assert "params.page_location" not in reading.fields


# Event keys.


def test_a_retry_has_the_key_of_the_first_try() -> None:
    assert only(en="x", tfd="100").event_key == only(en="x", tfd="4100").event_key


@pytest.mark.parametrize("change", [{"cid": "1.3"}, {"_p": "101"}, {"_s": "2"}, {"en": "y"}])
def test_another_event_has_another_key(change: dict[str, str]) -> None:
    assert only(**{"en": "x"} | change).event_key != only(en="x").event_key


def test_equal_events_of_one_request_are_two_events() -> None:
    keys = [reading.event_key for reading in read("en=x\r\nen=x")]
    assert len(set(keys)) == 2
    assert all(len(key) == 32 for key in keys)


def test_only_a_purchase_is_known_by_its_order() -> None:
    order = {"ep.transaction_id": "T-9"}
    assert only(en="purchase", **order).event_key == "T-9"
    assert only(en="refund", **order).event_key != "T-9"
    assert only(en="purchase", fh_key="k-1", **order).event_key == "T-9"
    assert [each.event_key for each in read("en=x&fh_key=k-1\r\nen=y&fh_key=k-2")] == ["k-1", "k-2"]
    assert len(only(en="purchase", **{"ep.transaction_id": ""}).event_key) == 32


# Names.


@pytest.mark.parametrize(
    "name",
    [
        "user_engagement",
        "session_start",
        "first_visit",
        "app_remove",
        "ad_click",
        "firebase_x",
        "ga_event",
        "google_x",
        "_private",
        "1st",
        "two words",
        "x" * 41,
        "Ünicode",
        "screen_view",
    ],
)
def test_names_the_api_refuses_end_here(name: str) -> None:
    assert only(en=name).skip is Reason.UNMAPPABLE


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("page_view", "page_view"),
        ("view_item", "viewed_item"),
        ("view_cart", "viewed_cart"),
        ("generate_lead", "generate_lead"),
        ("scroll", "custom"),
        ("my_event", "custom"),
    ],
)
def test_canonical_names(name: str, canonical: str) -> None:
    reading = only(en=name)
    assert (reading.canonical, reading.skip) == (canonical, Reason.NONE)


@pytest.mark.parametrize(
    "account", ["", "UA-1-2", "AW-123456", "G-", "G-abc123", "G-ABC123 ", "GT-AB12"]
)
def test_what_is_no_measurement_id_is_not_read(account: str) -> None:
    assert read(tid=account, en="x") == []


# Fields. Wire parameter and value -> API path and value, or nothing.
FIELDS: list[tuple[str, str, str, Value | None]] = [
    ("epn.value", "59.970000000000006", "params.value", 59.970000000000006),
    ("ep.value", "12.5", "params.value", 12.5),
    ("ep.value", "12,5", "params.value", None),
    ("cu", "usd", "params.currency", "USD"),
    ("cu", "US$", "params.currency", None),
    ("epn.transaction_id", "1001", "params.transaction_id", "1001"),
    ("uid", "u" * 300, "user_id", "u" * 256),
    ("cid", "abc;def", "client_id", None),
    ("sid", "17x", "params.session_id", None),
    ("_dbg", "1", "params.debug_mode", 1),
    ("ep.debug_mode", "true", "params.debug_mode", 1),
    ("ep.debug_mode", "false", "params.debug_mode", None),
    ("epn.percent_scrolled", "90", "params.percent_scrolled", 90),
    ("epn.percent_scrolled", "many", "params.percent_scrolled", None),
    ("ep.note", "n" * 300, "params.note", "n" * 100),
    ("up.plan", "gold", "user_properties.plan", "gold"),
    ("ep.session_id", "99", "params.session_id", "1795514399"),
    ("dl", "https://user:pass@shop.example.com/", "params.page_location", None),
    ("em", "tv.1~em.tooshort", "user_data.sha256_email_address", None),
    ("em", "ec.e3", "user_data.sha256_email_address", None),
]


@pytest.mark.parametrize(("wire", "text", "path", "value"), FIELDS)
def test_field(wire: str, text: str, path: str, value: Value | None) -> None:
    assert only(en="x", **{wire: text}).fields.get(path) == value


def test_the_wire_cannot_speak_for_the_request() -> None:
    query = hit(en="x").query + "&@ip=192.0.2.66&%40user_agent=mine&@em.em=x&@ad_user_data=granted"
    [reading] = VENDOR.read(replace(hit(), query=query, ip="", headers={}))
    assert set(reading.fields) == {"client_id", "params.session_id"}


def test_consent_is_given_on_only_where_something_is_said() -> None:
    assert not [path for path in only(en="x", gcd="13l3l3l3l1l1").fields if path[:7] == "consent"]
    reading = only(en="x", gcd="13r3r3r2u5l1", gcs="G111", npa="1", gdpr_consent="CPxyz")
    assert reading.fields["consent.ad_user_data"] == "GRANTED"
    assert reading.fields["consent.ad_personalization"] == "DENIED"
    assert reading.signals == {
        "gcs": "G111",
        "gcd": "13r3r3r2u5l1",
        "npa": "1",
        "gdpr_consent": "CPxyz",
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("client_id", Kind.BROWSER_ID),
        ("params.session_id", Kind.BROWSER_ID),
        ("user_id", Kind.CONTACT),
        ("user_data.sha256_email_address", Kind.CONTACT),
        ("params.transaction_id", Kind.ORDER_ID),
        ("params.items", Kind.COMMERCE),
        ("params.page_location", Kind.PAGE),
        ("params.anything", Kind.CUSTOM),
        ("user_properties.anything", Kind.CUSTOM),
        ("ip_override", Kind.NETWORK),
        ("consent.ad_user_data", Kind.CONSENT),
    ],
)
def test_privacy_kinds(path: str, kind: Kind) -> None:
    assert TABLE.kind(path) is kind


def test_match_keys() -> None:
    keys = TABLE.keys(only(en="x", uid="u").fields)
    assert keys == (MatchKey.BROWSER_ID | MatchKey.EXTERNAL_ID | MatchKey.IP | MatchKey.USER_AGENT)


# The call.


def test_region_chooses_the_host() -> None:
    call = VENDOR.write([beacon()], Settings(region="region1"), now=NOW)
    assert call.url == f"https://region1.google-analytics.com/mp/collect?measurement_id={ACCOUNT}"


def test_the_call_goes_to_the_destination_account() -> None:
    call = VENDOR.write([replace(beacon(), to="G-SECOND1")], Settings(), now=NOW)
    assert (call.account, call.url.rpartition("=")[2]) == ("G-SECOND1", "G-SECOND1")


def test_events_of_one_client_share_a_call() -> None:
    body = body_of(beacon("a"), beacon("b"), beacon("c"))
    assert [event["name"] for event in body["events"]] == ["a", "b", "c"]
    assert body["client_id"] == "1.2"


@pytest.mark.parametrize(
    "other",
    [
        beacon(client="9.9"),
        replace(beacon(), fields={"client_id": "1.2", "user_id": "u"}),
        beacon(consent__ad_user_data="DENIED"),
        beacon(user_properties__plan="gold"),
        replace(beacon(), to="G-SECOND1"),
    ],
)
def test_what_the_body_holds_once_is_what_a_batch_has_in_common(other: Beacon) -> None:
    assert VENDOR.batch_key(other) != VENDOR.batch_key(beacon())


def test_parameters_do_not_part_a_batch() -> None:
    assert VENDOR.batch_key(beacon("a", value=1)) == VENDOR.batch_key(beacon("b", value=2))


def test_a_late_event_carries_its_time_in_microseconds() -> None:
    assert "timestamp_micros" not in params_of(beacon(), now=NOW + 5_000)
    assert params_of(beacon(), now=NOW + 5_001)["timestamp_micros"] == NOW * 1000


def test_a_page_view_counts_as_engaged() -> None:
    assert params_of(beacon("page_view")) == {"engagement_time_msec": 1}
    assert params_of(beacon("page_view", engagement_time_msec=7)) == {"engagement_time_msec": 7}
    assert params_of(beacon("scroll")) == {}


def test_of_many_parameters_the_important_25_go_out() -> None:
    free: dict[str, Value] = {f"own_{n:02d}": n for n in range(40)}
    params = params_of(beacon(**free, session_id="5", value=1, page_title="T", items=[{"a": 1}]))
    assert len(params) == 25
    assert {"session_id", "value", "page_title", "items"} <= set(params)


def test_lengths_and_names_of_the_api() -> None:
    long = "https://shop.example.com/" + "a" * 2000
    given: dict[str, Value] = {"page_location": long, "page_title": "t" * 999, "note": "n" * 999}
    refused: dict[str, Value] = {"ga_x": "1", "_x": "1", "two words": "1", "n" * 41: "1"}
    params = params_of(beacon(**given, **refused))
    assert {name: len(value) for name, value in params.items()} == {
        "page_location": 1000,
        "page_title": 300,
        "note": 100,
    }


def test_user_properties_have_values_and_the_apis_names() -> None:
    names = ["plan", "user_id", "first_open_time", "ga_x", "n" * 25, "user_identity"]
    properties: dict[str, Value] = {f"user_properties__{name}": 0 for name in names}
    assert body_of(beacon(**properties))["user_properties"] == {
        "plan": {"value": 0},
        "user_identity": {"value": 0},
    }


def test_an_empty_order_is_never_sent() -> None:
    assert "transaction_id" not in params_of(beacon(transaction_id=""))
    assert "params.transaction_id" not in only(en="purchase", **{"ep.transaction_id": " "}).fields


# Answers. Documented: 2xx for anything; not 2xx: the request is bad and must not be repeated.
ANSWERS: list[tuple[int, int, Outcome]] = [
    (204, 1, Accepted()),
    (200, 2, Accepted()),
    (400, 1, Refused(Reason.BAD_EVENT, "HTTP 400")),
    (413, 2, Split(Reason.BAD_EVENT, "HTTP 413")),
    (401, 2, TryLater(Reason.AUTH, "HTTP 401")),
    (403, 1, TryLater(Reason.AUTH, "HTTP 403")),
    (429, 1, TryLater(Reason.RATE_LIMIT, "HTTP 429")),
    (500, 1, TryLater(Reason.VENDOR_DOWN, "HTTP 500")),
    (503, 2, TryLater(Reason.VENDOR_DOWN, "HTTP 503")),
    (302, 1, TryLater(Reason.VENDOR_DOWN, "HTTP 302")),
]


@pytest.mark.parametrize(("status", "count", "outcome"), ANSWERS)
def test_judge(status: int, count: int, outcome: Outcome) -> None:
    assert VENDOR.judge(make_reply(status), [beacon()] * count) == [outcome] * count


def test_an_event_without_a_client_is_not_called_accepted() -> None:
    lost = replace(beacon(), fields={})
    assert VENDOR.judge(make_reply(204), [lost, beacon()]) == [
        Refused(Reason.BAD_EVENT, "no client id"),
        Accepted(),
    ]


def probed(*messages: dict[str, str], beacons: int = 2) -> list[Outcome]:
    assert VENDOR.judge_probe is not None
    body = json.dumps({"validationMessages": messages}).encode()
    return VENDOR.judge_probe(make_reply(200, body), [beacon()] * beacons)


def test_the_probe_is_the_same_call_to_the_validation_door() -> None:
    assert VENDOR.probe is not None
    call = VENDOR.write([beacon()], Settings(), now=NOW)
    probe = VENDOR.probe(call)
    assert probe is not None
    assert probe.url == call.url.replace("/mp/", "/debug/mp/")
    assert replace(probe, url=call.url) == call


def test_no_complaint_is_a_valid_event() -> None:
    assert probed() == [Recorded(validated=True)] * 2


# Documented answer: the index of the event stands in the words, not in the path.
COMPLAINT = {
    "fieldPath": "events",
    "description": "Event at index: [1] has invalid name [_bad]. It must start with a letter.",
    "validationCode": "NAME_INVALID",
}


def test_a_complaint_is_about_the_event_it_names_and_repeats_no_value() -> None:
    first, second = probed(COMPLAINT)
    assert first == Recorded(validated=True)
    assert isinstance(second, Refused)
    assert second.reason is Reason.BAD_EVENT
    assert second.message.startswith("NAME_INVALID events: Event at index: [1]")
    assert "_bad" not in second.message


def test_an_index_in_the_path_counts_too() -> None:
    words = {"description": "Item param [price] has an unsupported value.", "validationCode": "V"}
    first, second = probed({"fieldPath": "events[0].params.items[3]"} | words)
    assert isinstance(first, Refused)
    assert second == Recorded(validated=True)


def test_a_complaint_without_an_event_is_about_all() -> None:
    words = {
        "fieldPath": "client_id",
        "description": "Required.",
        "validationCode": "VALUE_REQUIRED",
    }
    assert all(isinstance(each, Refused) for each in probed(words))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (204, b""),
        (503, b'{"validationMessages":[]}'),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b"[]"),
        (200, b'{"validationMessages":[1]}'),
        (200, b'{"validationMessages":null}'),
    ],
)
def test_an_answer_that_says_nothing_validates_nothing(status: int, body: bytes) -> None:
    assert VENDOR.judge_probe is not None
    message = f"HTTP {status}"
    assert VENDOR.judge_probe(make_reply(status, body), [beacon()]) == [
        Recorded(validated=False, message=message)
    ]


@given(st.binary(max_size=200), st.text(max_size=200))
def test_any_bytes_are_read_and_what_is_read_can_be_sent(body: bytes, query: str) -> None:
    start = hit(en="x").query
    for reading in VENDOR.read(replace(hit(), body=body, query=f"{start}&{query}")):
        call = VENDOR.write([make_beacon(reading, vendor="ga4")], Settings(), now=NOW)
        assert len(call.body) < VENDOR.limits.max_bytes
