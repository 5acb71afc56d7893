"""Whole decisions, from a line that describes a hit.

Source of the bodies: Meta, "Conversions API, using the API" and "Customer information parameters",
read 2026-02; Google, "Measurement Protocol reference" (GA4), read 2026-11-20. Orders, ids and
addresses are made up.
"""

import base64
import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.explain import explain, parse, sample
from firsthand.model import Mode
from firsthand.rules.consent.policy import Policy, WhenUnknown
from tests.events import raw as shop_event
from tests.samples import PIXEL, PROPERTY, shop

SITE = sample()
TRACKING = "https://trk.shop.example.com"
GRANTED = "fh_consent=1.a1m1.1795400000.fh"
JANE = "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"
USER = "85e8cbcc4fab8df4f45e9e396b5b367a54af6cc13f9b5433d3e12f4e9c0a1846"

AT = "2026-11-24T06:00:01Z"
PURCHASE = (
    "/www.facebook.com/tr/?id=1234567890123456&ev=Purchase"
    "&dl=https%3A%2F%2Fshop.example.com%2Fthanks%3Fo%3D991"
    "&rl=https%3A%2F%2Fshop.example.com%2Fcheckout&if=false&ts=1795500000123&cd[value]=49.90"
    "&cd[currency]=eur&cd[content_ids]=%5B%22SKU1%22%2C%22SKU2%22%5D"
    "&cd[contents]=%5B%7B%22id%22%3A%22SKU1%22%2C%22quantity%22%3A1%2C%22item_price%22%3A29.9%7D%2C"
    "%7B%22id%22%3A%22SKU2%22%2C%22quantity%22%3A2%2C%22item_price%22%3A10%7D%5D"
    f"&cd[content_type]=product&sw=1440&sh=900&ud[em]={JANE}&v=2.9.248&r=stable&ec=1&o=4126"
    "&fbp=fb.1.1795000000000.1098115397&fbc=fb.1.1795400000000.IwZXh0bgNhZW0-AbC_12"
    "&it=1795499999001&coo=false&eid=order-991&rqm=GET"
)
PURCHASE_BODY = {
    "data": [
        {
            "event_name": "Purchase",
            "event_time": 1795500000,
            "event_id": "order-991",
            "action_source": "website",
            "event_source_url": "https://shop.example.com/thanks?o=991",
            "referrer_url": "https://shop.example.com/checkout",
            "user_data": {
                "client_ip_address": "2001:db8::7",
                "client_user_agent": "UA",
                "em": [JANE],
                "fbp": "fb.1.1795000000000.1098115397",
                "fbc": "fb.1.1795400000000.IwZXh0bgNhZW0-AbC_12",
            },
            "custom_data": {
                "value": 49.9,
                "currency": "EUR",
                "content_ids": ["SKU1", "SKU2"],
                "content_type": "product",
                "contents": [
                    {"id": "SKU1", "quantity": 1, "item_price": 29.9},
                    {"id": "SKU2", "quantity": 2, "item_price": 10},
                ],
            },
        }
    ]
}
GA4_QUERY = (
    "/www.google-analytics.com/g/collect?v=2&tid=G-ABC123&cid=111.1780000000&sid=1790000000&sct=1"
    "&seg=1&gcs=G111&gcd=13r3r3r2u5l1&dl=https%3A%2F%2Fshop.example%2Fthanks&dt=Thanks"
)
GA4_LINES = (
    "en=purchase&cu=EUR&ep.transaction_id=T-1&epn.value=20.02&epn.tax=3.2"
    "&pr1=idSKU1~nmShirt~pr10.01~qt2&_et=1200\nen=user_engagement&_et=5000"
)


def line(target: str, **more: Any) -> str:
    """Return the line of a hit on ``target``, with consent given a day ago."""
    hit = {
        "method": "GET",
        "url": TRACKING + target,
        "headers": {"Cookie": GRANTED, "User-Agent": "UA"},
        "body": "",
        "ip": "203.0.113.9",
        "at": "2026-11-24T06:00:01Z",
        **more,
    }
    return orjson.dumps(hit).decode()


def explained(target: str, **more: Any) -> dict[str, Any]:
    """Return the decision, after the way through JSON that it takes."""
    decision: dict[str, Any] = orjson.loads(orjson.dumps(explain(line(target, **more), SITE)))
    return decision


def test_a_meta_purchase() -> None:
    decision = explained(PURCHASE, ip="2001:db8::7")
    (call,) = decision["calls"]
    assert call["body"] == PURCHASE_BODY
    assert (call["vendor"], call["account"], call["beacon"]) == ("meta", PIXEL, 0)
    assert call["method"] == "POST"
    assert call["url"] == f"https://graph.facebook.com/v26.0/{PIXEL}/events"
    assert call["headers"]["Authorization"] == "Bearer ***"
    (beacon,) = decision["beacons"]
    assert (beacon["name"], beacon["canonical"]) == ("Purchase", "purchase")
    assert (beacon["event_key"], beacon["withheld"]) == ("order-991", [])
    assert beacon["fields"]["custom_data.value"] == 49.9
    assert decision["answer"] == {"status": 204, "headers": {}}
    assert decision["consent"]["marketing"] is True
    assert decision["consent"]["analytics"] is True


def test_a_meta_page_view_with_a_fresh_click() -> None:
    """The answer of this host cannot set cookies for the other domain; the event has the click."""
    decision = explained(
        "/www.facebook.com/tr/?id=1234567890123456&ev=PageView"
        "&dl=https%3A%2F%2Fwww.example.co.uk%2F%3Ffbclid%3DIwAR1a-b_c&rl=&if=false"
        "&ts=1795500100000&v=2.9.248&ec=0&rqm=GET",
        at="2026-11-24T06:01:40Z",
    )
    (event,) = decision["calls"][0]["body"]["data"]
    assert event["event_id"] == decision["beacons"][0]["event_key"]
    assert len(event.pop("event_id")) == 32
    assert re.fullmatch(r"fb\.2\.1795500100000\.[0-9]{1,10}", event["user_data"].pop("fbp"))
    assert event == {
        "event_name": "PageView",
        "event_time": 1795500100,
        "action_source": "website",
        "event_source_url": "https://www.example.co.uk/?fbclid=IwAR1a-b_c",
        "user_data": {
            "client_ip_address": "203.0.113.9",
            "client_user_agent": "UA",
            "fbc": "fb.2.1795500100000.IwAR1a-b_c",
        },
    }


def test_a_fresh_click_on_the_sites_own_domain_becomes_cookies() -> None:
    decision = explained(
        "/www.facebook.com/tr/?id=1234567890123456&ev=PageView"
        "&dl=https%3A%2F%2Fshop.example.com%2F%3Ffbclid%3DIwAR1a-b_c&ts=1795500000000",
    )
    (event,) = decision["calls"][0]["body"]["data"]
    assert event["user_data"]["fbc"] == "fb.1.1795500001000.IwAR1a-b_c"
    set_by_name = {each.partition("=")[0]: each for each in decision["cookies"]}
    assert {"_fbc", "_fbp", "fh_keep"} <= set(set_by_name)
    assert set_by_name["_fbc"] == (
        "_fbc=fb.1.1795500001000.IwAR1a-b_c; Domain=example.com; Path=/; Max-Age=7776000; Secure;"
        " SameSite=Lax"
    )
    assert f"_fbp={event['user_data']['fbp']};" in set_by_name["_fbp"]
    assert "HttpOnly" in set_by_name["fh_keep"]


MULTIPART = "".join(
    f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, value in {
        "id": "1234567890123456",
        "ev": "QuizDone",
        "ts": "1795500200999",
        "dl": "https://example.com/quiz",
        "cd[score]": "7",
        "dpo": "LDU",
        "dpoco": "1",
        "dpost": "1000",
        "ud[external_id]": USER,
        "eid": "q-1",
        "rqm": "SB",
    }.items()
)
QUIZ = {
    "event_name": "QuizDone",
    "event_time": 1795500200,
    "event_id": "q-1",
    "action_source": "website",
    "event_source_url": "https://example.com/quiz",
    "data_processing_options": ["LDU"],
    "data_processing_options_country": 1,
    "data_processing_options_state": 1000,
    "user_data": {
        "client_ip_address": "203.0.113.9",
        "client_user_agent": "UA",
        "external_id": [USER],
    },
    "custom_data": {"score": "7"},
}


@pytest.mark.parametrize("encoding", ["", "base64"])
def test_a_meta_custom_event_under_limited_data_use(encoding: str) -> None:
    body = f"{MULTIPART}--B--\r\n"
    decision = explained(
        "/www.facebook.com/tr/",
        method="POST",
        headers={
            "Cookie": GRANTED,
            "User-Agent": "UA",
            "Content-Type": "multipart/form-data; boundary=B",
        },
        body=base64.b64encode(body.encode()).decode() if encoding else body,
        body_encoding=encoding,
        at="2026-11-24T06:03:21Z",
    )
    (event,) = decision["calls"][0]["body"]["data"]
    assert event["user_data"].pop("fbp").startswith("fb.1.1795500201000.")
    assert event == QUIZ


def ga4_expected() -> dict[str, Any]:
    return {
        "client_id": "111.1780000000",
        "user_agent": "UA",
        "ip_override": "203.0.113.9",
        "consent": {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"},
        "events": [
            {
                "name": "purchase",
                "params": {
                    "session_id": "1790000000",
                    "engagement_time_msec": 1200,
                    "page_location": "https://shop.example/thanks",
                    "page_title": "Thanks",
                    "currency": "EUR",
                    "value": 20.02,
                    "tax": 3.2,
                    "transaction_id": "T-1",
                    "items": [
                        {"item_id": "SKU1", "item_name": "Shirt", "price": 10.01, "quantity": 2}
                    ],
                },
            }
        ],
    }


def test_two_ga4_events_in_one_post() -> None:
    decision = explained(GA4_QUERY, method="POST", body=GA4_LINES)
    (call,) = decision["calls"]
    assert call["body"] == ga4_expected()
    assert call["url"] == (
        "https://www.google-analytics.com/mp/collect?measurement_id=G-ABC123&api_secret=***"
    )
    purchase, engagement = decision["beacons"]
    assert (purchase["event_key"], purchase["withheld"]) == ("T-1", [])
    assert (engagement["name"], engagement["withheld"]) == ("user_engagement", ["unmappable"])
    assert engagement["fields"] == {}


def test_a_denied_ga4_ping_gives_no_call() -> None:
    decision = explained(
        "/www.google-analytics.com/g/collect?v=2&tid=G-ABC123&cid=999.1790000000&en=page_view"
        "&gcs=G100&gcd=13p3p3p2p5l1&dl=https%3A%2F%2Fshop.example.com%2F"
    )
    assert decision["calls"] == []
    assert [each["withheld"] for each in decision["beacons"]] == [["consent"]]
    assert decision["answer"]["status"] == 204


@pytest.mark.parametrize(
    ("cookie", "meta", "ga4"),
    [
        ("fh_consent=1.a0m0.1795400000.fh", "consent", "consent"),
        ("fh_consent=1.a1m0.1795400000.fh", "consent", "aggregate_only"),
        ("", "consent", "consent"),
        ([GRANTED, "fh_consent=1.a0m0.1795400000.fh"], "consent", "consent"),
    ],
)
def test_without_consent_there_is_no_call_no_cookie_and_no_field(
    cookie: str | list[str], meta: str, ga4: str
) -> None:
    for target, reason in ((PURCHASE, meta), (f"{GA4_QUERY}&en=page_view", ga4)):
        decision = explained(target, headers={"Cookie": cookie, "User-Agent": "CANARY"})
        assert decision["calls"] == []
        assert decision["cookies"] == []
        assert [(each["withheld"], each["fields"]) for each in decision["beacons"]] == [
            ([reason], {})
        ]
        assert "CANARY" not in str(decision)
        assert JANE not in str(decision)


def test_lines_of_one_header_are_joined_in_whatever_case_they_come() -> None:
    refused = "fh_consent=1.a0m0.1795400000.fh"
    for headers in (
        {"Cookie": [GRANTED, refused]},
        {"Cookie": GRANTED, "cookie": refused},
        {"COOKIE": refused, "cookie": [GRANTED]},
    ):
        assert explained(PURCHASE, headers=headers)["calls"] == []
    plain = explained(PURCHASE, headers={"cOOkie": ["a=b", GRANTED], "user-AGENT": ["UA"]})
    assert plain["calls"][0]["body"]["data"][0]["user_data"]["client_user_agent"] == "UA"


@pytest.mark.parametrize(
    ("target", "more", "status", "note"),
    [
        ("/nothing/here", {}, 404, "unknown_path"),
        ("/www.facebook.com/tr/%2e%2e/x", {}, 404, "unknown_path"),
        ("/www.facebook.com/tr/x.js", {}, 404, "unknown_path"),
        ("/evil.example/tr/", {}, 404, "unknown_path"),
        ("", {}, 404, "unknown_path"),
        ("/", {"url": "https://evil.example/www.facebook.com/tr/"}, 421, "host"),
        ("/", {"url": "https://trk.shop.example.com@evil.example/"}, 421, "host"),
        ("/", {"url": "https://trk.shop.example.com:8443/"}, 421, "host"),
        ("/", {"url": "/www.facebook.com/tr/"}, 421, "host"),
        ("/", {"url": ""}, 421, "host"),
        ("/www.facebook.com/tr/", {"method": "DELETE"}, 405, "method"),
        ("/www.facebook.com/tr/", {"method": "POST", "body": "a" * 262_145}, 413, "body_size"),
        ("/www.facebook.com/tr/", {"headers": {"Cookie": "a=b; " * 9000}}, 431, "cookie_header"),
        ("/fh/copy", {"method": "POST", "body": "[]"}, 400, "copy_json"),
        ("/stats.g.doubleclick.net/g/collect?x=y", {}, 204, "sink_"),
        ("/www.facebook.com/tr/", {"method": "OPTIONS"}, 204, "preflight"),
        ("/connect.facebook.net/en_US/fbevents.js", {}, 200, "script connect.facebook.net/en_US"),
        ("/connect.facebook.net/en_US/fbevents.js?v=%22", {}, 404, "script_query"),
    ],
)
def test_other_answers(target: str, more: dict[str, Any], status: int, note: str) -> None:
    decision = explained(target, **more)
    assert decision["answer"]["status"] == status
    assert decision["notes"][0].startswith(note)
    assert decision["calls"] == decision["beacons"] == decision["cookies"] == []


def test_an_image_is_answered_with_one() -> None:
    decision = explained(PURCHASE, headers={"Cookie": GRANTED, "Sec-Fetch-Dest": "image"})
    assert decision["answer"] == {"status": 200, "headers": {"Content-Type": "image/gif"}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "7",
        "null",
        '"text"',
        "{}",
        '{"url": 7}',
        '{"url": "http://[::1"}',
        line("/x", headers=[]),
        line("/x", headers={"Cookie": 7}),
        line("/x", headers={"Cookie": [7]}),
        line("/x", headers={"Cookie": None}),
        line("/x", method=7),
        line("/x", body=7),
        line("/x", body="%%%", body_encoding="base64"),
        line("/x", body="é", body_encoding="base64"),
        line("/x", ip="not an ip"),
        line("/x", at="yesterday"),
        line("/x", at=7),
        "[" * 100_000,
        '{"url": "\\ud800"}',
    ],
)
def test_a_line_that_is_no_hit_is_answered_with_an_error(text: str) -> None:
    told = explain(text, SITE)
    assert set(told) == {"error"}
    assert told["error"].startswith("not a hit: ")


def test_what_may_be_left_out() -> None:
    bare = orjson.dumps({"url": TRACKING + PURCHASE}).decode()
    hit = parse(bare, SITE)
    assert (hit.method, hit.body, hit.ip, hit.at, dict(hit.headers)) == ("GET", b"", "", 0, {})
    assert explain(bare, SITE)["calls"] == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-24T06:00:01Z", 1_795_500_001_000),
        ("2026-11-24T07:00:01.250+01:00", 1_795_500_001_250),
        ("2026-11-24T06:00:01", 1_795_500_001_000),
    ],
)
def test_the_time_of_arrival(at: str, expected: int) -> None:
    assert parse(line("/x", at=at), SITE).at == expected


def test_the_same_line_gives_the_same_decision() -> None:
    for target in (PURCHASE.replace("&eid=order-991", ""), f"{GA4_QUERY}&en=page_view"):
        once, again = explain(line(target), SITE), explain(line(target), SITE)
        assert once == again
        assert once == explain(line(target), sample())
        assert once["calls"]
    no_key = PURCHASE.replace("&eid=order-991", "")
    keys = {
        explain(line(no_key, **more), SITE)["beacons"][0]["event_key"]
        for more in ({}, {"at": "2026-11-24T06:00:02Z"}, {"ip": "203.0.113.10"})
    }
    assert len(keys) == 3


def test_only_the_headers_that_rules_know_enter() -> None:
    hit = parse(line("/x", headers={"X-Forwarded-For": "192.0.2.1", "Authorization": "x"}), SITE)
    assert dict(hit.headers) == {}
    assert hit.ip == "203.0.113.9"
    hit = parse(line("/x", headers={"Cookie": f"PHPSESSID=CANARY; {GRANTED}"}), SITE)
    assert set(hit.cookies) == {"fh_consent"}


def test_a_configured_site_knows_its_own_accounts_and_pages_only() -> None:
    site = shop(Mode.BOTH)
    known = explain(line(PURCHASE), site)
    assert [call["account"] for call in known["calls"]] == [PIXEL]
    foreign = explain(line(PURCHASE.replace(PIXEL, "9999999999999999")), site)
    assert [each["withheld"] for each in foreign["beacons"]] == [["unknown_account"]]
    page = explain(line(PURCHASE.replace("shop.example.com", "evil.example")), site)
    assert [each["withheld"] for each in page["beacons"]] == [["foreign_page"]]
    second = explain(
        line(f"/www.google-analytics.com/g/collect?v=2&tid={PROPERTY}&cid=1.1&en=page_view"), site
    )
    assert [call["account"] for call in second["calls"]] == ["G-SHOP000002"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
TARGETS = st.sampled_from(
    ["/www.facebook.com/tr/", "/www.google-analytics.com/g/collect", "/fh/copy"]
)


@given(
    target=TARGETS,
    query=st.text(max_size=60),
    part=st.sampled_from(["method", "url", "headers", "body", "body_encoding", "ip", "at", "x"]),
    value=JSON | st.just("base64") | st.dictionaries(st.sampled_from(["Cookie", "x"]), JSON),
)
def test_any_line_gives_a_decision_or_an_error(
    target: str, query: str, part: str, value: Any
) -> None:
    told = explain(line(f"{target}?{query}", **{part: value}), SITE)
    orjson.dumps(told)
    assert set(told) == {"error"} or told["answer"]["status"] in {
        200,
        204,
        400,
        404,
        405,
        413,
        421,
        431,
    }


@given(st.text(max_size=200))
def test_any_text_gives_an_error(text: str) -> None:
    assert "error" in explain(text, SITE)


def posted(door: str, body: Any, **headers: str) -> dict[str, Any]:
    given = {"Content-Type": "application/json", **headers}
    line = {"method": "POST", "url": TRACKING + door, "headers": given, "ip": "203.0.113.7"}
    text = orjson.dumps(body).decode()
    return explain(
        orjson.dumps({**line, "body": text, "at": "2026-11-24T06:00:01Z"}).decode(), SITE
    )


def test_an_event_of_a_server() -> None:
    told = posted("/fh/events", shop_event(), Authorization="Bearer sample")
    assert told["answer"]["status"] == 200
    (event,) = told["answer"]["body"]["events"]
    assert (event["status"], event["id"]) == ("accepted", "purchase-7731")
    assert told["consent"]["sources"] == ["backend: analytics granted, marketing granted"]
    names = {each["vendor"]: each["name"] for each in told["beacons"]}
    assert names["meta"] == "Purchase"
    assert names["ga4"] == "purchase"
    assert {call["vendor"] for call in told["calls"]} == set(names)
    refused = posted("/fh/events", shop_event(), Authorization="Bearer other")
    assert refused["answer"]["status"] == 401
    assert not refused["beacons"]


def test_an_event_of_a_page() -> None:
    told = posted("/fh/collect", shop_event(), Cookie=GRANTED)
    assert told["answer"] == {"status": 204, "headers": {}}
    assert "Purchase" in {each["name"] for each in told["beacons"]}
    assert posted("/fh/collect", shop_event())["calls"] == []


def test_a_relay_shows_the_request_that_goes_to_the_door() -> None:
    site = shop(Mode.RELAY)
    url = TRACKING + PURCHASE
    headers = {"Cookie": GRANTED, "User-Agent": "UA"}
    line = {"method": "GET", "url": url, "headers": headers, "ip": "2001:db8::7", "at": AT}
    shown = explain(orjson.dumps(line).decode(), site)
    [call] = shown["calls"]
    assert call["url"].startswith("https://www.facebook.com/tr/?id=1234567890123456&eid=order-991&")
    assert call["headers"] == {"user-agent": "UA"}
    assert shown["beacons"][0]["fields"]["cd.value"] == "49.90"


def test_a_relay_says_that_the_vendor_is_asked() -> None:
    site = sample()
    accounts = {key: replace(each, mode=Mode.RELAY) for key, each in site.accounts.items()}
    url = f"{TRACKING}/ct.pinterest.com/user/?tid=2612345678901&dep=2%2CPAGE_LOAD"
    line = {"method": "GET", "url": url, "headers": {"Cookie": GRANTED}, "ip": "", "at": AT}
    shown = explain(orjson.dumps(line).decode(), replace(site, accounts=accounts))
    assert shown["answer"]["body"] == {}
    assert shown["calls"] == []
    assert "the vendor is asked at once: https://ct.pinterest.com/user/" in shown["notes"]


def test_a_place_is_read_where_the_site_asks_for_it() -> None:
    policy = Policy(by_place=True, unknown=WhenUnknown.ALLOW)
    site = replace(sample(), consent=policy, place_headers=("CF-IPCountry", ""))
    for country, marketing in (("US", True), ("DE", False), ("", False)):
        headers = {"CF-IPCountry": country}
        line = {"method": "GET", "url": TRACKING + PURCHASE, "headers": headers, "ip": "", "at": AT}
        shown = explain(orjson.dumps(line).decode(), site)
        assert shown["consent"]["marketing"] is marketing
        assert bool(shown["calls"]) is marketing


def test_a_call_that_the_firewall_stops_is_not_shown() -> None:
    mail = "jane.doe@example.com"
    url = f"{TRACKING}{PURCHASE}".replace("order-991", f"{mail}-991")
    line = {"method": "GET", "url": url, "headers": {"Cookie": GRANTED}, "ip": "", "at": AT}
    shown = explain(orjson.dumps(line).decode(), sample())
    assert shown["calls"] == []
    assert shown["beacons"][0]["withheld"] == ["readable"]
    assert [note for note in shown["notes"] if note.startswith("blocked by the firewall: e-mail")]
    assert mail not in orjson.dumps(shown).decode()
