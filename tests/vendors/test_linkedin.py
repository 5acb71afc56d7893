"""Reading and writing LinkedIn conversions; the answers have tests of their own."""

import base64
import gzip
import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Hit, MatchKey, Reading, Reason
from firsthand.rules.doors import Doors, Use
from firsthand.vendor import Mint
from firsthand.vendors.linkedin import MAX_UNPACKED, VENDOR, Settings, read, unpacked, write
from tests.factories import NOW, make_beacon, make_hit, make_reading

TAG, OTHER, RULE = "810042", "912", "60417733"
CLICK = "9b2f7c10-5a1e-4c33-8d07-0e5f6a7b8c9d"
NEWER = "11aa22bb-33cc-44dd-95ee-66ff77008899"
PAGE = "https://shop.example.com/done"
MINUTE = 60_000
FAT = "userIds.LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
MAIL = "userIds.SHA256_EMAIL"
IP = "userIds.PLAINTEXT_IP_ADDRESS"


def hit_of(
    path: str = "/collect",
    host: str = "px.ads.linkedin.com",
    *,
    body: str | bytes = "",
    **given: Any,
) -> Hit:
    kept = {name: given.pop(name) for name in ("headers", "ip", "at") if name in given}
    told = {"v": "2", "fmt": "js", "pid": TAG, **given}
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in told.items())
    url = f"https://trk.shop.example.com/{host}{path}"
    return make_hit(url, query=query, body=body, **kept)


def event(**given: Any) -> Reading:
    [reading] = read(hit_of(**{"conversionId": RULE, **given}))
    return reading


def action(told: object, *, packed: bool = True) -> Hit:
    text = json.dumps(told).encode()
    body = base64.b64encode(gzip.compress(text, mtime=0)) if packed else text
    return hit_of("/wa/", body=body, headers={"Content-Type": "text/plain;charset=UTF-8"})


def beacon(name: str = RULE, key: str = "k-1", **given: Any) -> Beacon:
    reading = make_reading(account=TAG, name=name, event_key=key, fields=given.pop("fields", {}))
    return make_beacon(reading, vendor="linkedin", **given)


def sent(beacons: Sequence[Beacon], *, now: int = NOW, **chosen: Any) -> list[dict[str, Any]]:
    body = orjson.loads(write(beacons, Settings(**chosen), now=now).body)
    assert set(body) == {"elements"}
    return list(body["elements"])


# What an event is. Source: the tag's scripts of 2025, run in Chromium; captures of 2026-07.


@pytest.mark.parametrize(
    ("host", "path", "more", "skip"),
    [
        ("px.ads.linkedin.com", "/collect", {"conversionId": RULE}, Reason.NONE),
        ("px.ads.linkedin.com", "/collect/", {"conversionId": RULE}, Reason.NONE),
        ("dc.ads.linkedin.com", "/collect/", {"conversionId": RULE}, Reason.NONE),
        ("px.ads.linkedin.com", "/collect", {}, Reason.UNMAPPABLE),
        ("px.ads.linkedin.com", "/collect", {"conversionId": ""}, Reason.UNMAPPABLE),
        ("px.ads.linkedin.com", "/collect", {"conversionId": "buy"}, Reason.UNMAPPABLE),
        ("px4.ads.linkedin.com", "/collect", {"conversionId": RULE, "e_ipv6": "AQ"}, Reason.MIRROR),
        ("px4.ads.linkedin.com", "/collect", {}, Reason.MIRROR),
        (
            "px.ads.linkedin.com",
            "/collect",
            {"conversionId": RULE, "liSync": "true"},
            Reason.MIRROR,
        ),
        (
            "px.ads.linkedin.com",
            "/collect",
            {"conversionId": RULE, "cookiesTest": "true"},
            Reason.MIRROR,
        ),
    ],
)
def test_an_event_counts_once(host: str, path: str, more: dict[str, str], skip: Reason) -> None:
    [reading] = read(hit_of(path, host, **more))
    assert reading.skip is skip
    assert reading.account == TAG


def test_a_rule_is_the_name_and_a_page_view_has_none() -> None:
    assert (event().name, event().canonical) == (RULE, "custom")
    view = event(conversionId="")
    assert (view.name, view.canonical) == ("page_view", "page_view")


@pytest.mark.parametrize(
    ("pid", "accounts"),
    [
        (TAG, [TAG]),
        (f"{TAG},{OTHER}", [TAG, OTHER]),
        (f"{TAG},{TAG}", [TAG]),
        (f"x,{OTHER},", [OTHER]),
        ("", []),
        ("7" * 13, []),
        ("\u0661" * 6, []),  # digits, but not ASCII
        (",".join(str(100 + n) for n in range(20)), [str(100 + n) for n in range(5)]),
    ],
)
def test_each_partner_id_has_an_event_of_its_own(pid: str, accounts: list[str]) -> None:
    readings = list(read(hit_of(pid=pid, conversionId=RULE)))
    assert [each.account for each in readings] == accounts


def test_a_repeated_request_reads_the_same() -> None:
    hit = hit_of(conversionId=RULE, eventId="k-8", time=str(NOW))
    assert list(read(hit)) == list(read(hit))


@pytest.mark.parametrize(
    ("told", "key"),
    [("k-8", "k-8"), ("", ""), ("x" * 64, "x" * 64), ("x" * 70, "x" * 64), (" a ", "a")],
)
def test_the_event_key(told: str, key: str) -> None:
    assert event(eventId=told).event_key == key


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (NOW - 350, NOW - 350),
        (NOW + 5 * MINUTE, NOW + 5 * MINUTE),
        (NOW + 5 * MINUTE + 1, NOW),
        (NOW - 5 * MINUTE - 1, NOW),
        ("", NOW),
        ("soon", NOW),
        (NOW // 1000, NOW),
    ],
)
def test_the_time_is_the_tags_if_its_clock_is_right(told: object, at: int) -> None:
    assert event(time=told).at == at


@pytest.mark.parametrize(
    ("given", "click"),
    [
        ({"li_fat_id": CLICK, "url": PAGE}, CLICK),
        ({"li_fat_id": CLICK, "url": f"{PAGE}?a=1&li_fat_id={NEWER}#top"}, NEWER),
        ({"url": f"{PAGE}?li_fat_id={NEWER}"}, NEWER),
        ({"li_fat_id": CLICK, "url": f"{PAGE}?li_fat_id=none"}, CLICK),
        ({"li_fat_id": "none"}, None),
        ({}, None),
    ],
)
def test_the_click_of_the_page_is_the_newest(given: dict[str, str], click: str | None) -> None:
    assert event(**given).fields.get(FAT) == click


@pytest.mark.parametrize(
    ("ip", "kept"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::9", None),
        ("10.0.0.1", None),
    ],
)
def test_only_a_public_ipv4_address_is_of_use(ip: str, kept: str | None) -> None:
    assert event(ip=ip).fields.get(IP) == kept


def test_an_address_is_hashed_once() -> None:
    digest = sha256(b"nora.blum@example.net").hexdigest()
    for told in ({"hem": digest}, {"hem": digest.upper()}, {"em": " Nora.Blum@Example.net "}):
        assert event(**told).fields[MAIL] == digest
    assert MAIL not in event(hem="ab" * 16).fields


@pytest.mark.parametrize(
    ("told", "kept"), [("142.5", "142.5"), ("7", "7"), ("0", "0"), ("-1", None), ("1,5", None)]
)
def test_a_value_stays_as_it_was_written(told: str, kept: str | None) -> None:
    assert event(val=told).fields.get("conversionValue.amount") == kept


def test_an_event_that_matches_nobody_is_doubted() -> None:
    assert event().notes == ()
    assert "nobody to match" in event(ip="10.0.0.1").notes[-1]


def test_the_page_is_the_referer_where_the_tag_names_none() -> None:
    assert event(headers={"Referer": PAGE}).page == PAGE
    assert event(url=f"{PAGE}?x=1", headers={"Referer": PAGE}).page == f"{PAGE}?x=1"


# Website actions. Source: the tag's scripts of 2025; what older ones sent, a public tag checker.


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("signal", ["PAGE_VISIT", "CLICK", "OTHER"])
def test_website_actions_are_telemetry_of_which_nothing_is_kept(
    signal: str,
    packed: bool,  # noqa: FBT001 - a case
) -> None:
    told = {"pids": [int(TAG), OTHER], "url": PAGE, "signalType": signal, "hem": "a" * 64}
    readings = list(read(action(told, packed=packed)))
    assert [each.account for each in readings] == [TAG, OTHER]
    for reading in readings:
        assert (reading.skip, reading.fields) == (Reason.AUTOMATIC, {})
        assert (reading.name, reading.page) == (signal, PAGE)


@pytest.mark.parametrize(
    "told", [{}, [], {"pids": "1"}, {"pids": [None, {}, []]}, {"pids": {}}, {"pids": [True]}]
)
def test_an_action_that_names_no_tag_is_no_event(told: object) -> None:
    assert list(read(action(told))) == []


def packed(data: bytes) -> bytes:
    return base64.b64encode(gzip.compress(data, mtime=0))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"H4sI",
        b"H4sIAAAA====",
        b"\xff\xfe",
        packed(b'{"a":1}')[:-8],
        packed(b"\xff"),
        packed(b"[" * 5000),
        base64.b64encode(b"no gzip at all"),
    ],
)
def test_what_cannot_be_unpacked_is_empty(body: bytes) -> None:
    assert unpacked(body) == {}


def test_a_body_that_unpacks_to_too_much_is_left_alone() -> None:
    def padded(size: int) -> bytes:
        return packed(b'{"a":"' + b"x" * (size - 8) + b'"}')

    assert len(padded(50_000_000)) < MAX_UNPACKED
    assert unpacked(padded(50_000_000)) == {}
    assert unpacked(padded(MAX_UNPACKED + 1)) == {}
    assert set(unpacked(padded(MAX_UNPACKED - 1))) == {"a"}


# Writing. Source: LinkedIn, Conversions API schema, read 2026-11.


def test_a_batch_is_one_call_with_the_headers_that_linkedin_asks_for() -> None:
    beacons = [beacon(key=f"k-{n}") for n in range(3)]
    call = write(beacons, Settings(), now=NOW)
    assert (call.method, call.account) == ("POST", TAG)
    assert call.url == "https://api.linkedin.com/rest/conversionEvents"
    assert call.headers == {
        "content-type": "application/json",
        "linkedin-version": "202607",
        "x-restli-method": "BATCH_CREATE",
        "x-restli-protocol-version": "2.0.0",
    }
    assert [each["eventId"] for each in sent(beacons)] == ["k-0", "k-1", "k-2"]
    assert {VENDOR.batch_key(each) for each in beacons} == {TAG}
    older = write(beacons, Settings(version="202603"), now=NOW)
    assert older.headers["linkedin-version"] == "202603"


def test_an_event_is_complete() -> None:
    fields = {MAIL: "e", FAT: CLICK, IP: "203.0.113.9", "conversionValue.amount": "142.5"}
    assert sent([beacon(fields=fields, event_at=NOW - 1)], currency="eur") == [
        {
            "conversion": f"urn:lla:llaPartnerConversion:{RULE}",
            "conversionHappenedAt": NOW - 1,
            "eventId": "k-1",
            "conversionValue": {"currencyCode": "EUR", "amount": "142.5"},
            "user": {
                "userIds": [
                    {"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": CLICK},
                    {"idType": "PLAINTEXT_IP_ADDRESS", "idValue": "203.0.113.9"},
                    {"idType": "SHA256_EMAIL", "idValue": "e"},
                ]
            },
        }
    ]


def test_a_value_never_goes_without_a_currency() -> None:
    valued = beacon(fields={"conversionValue.amount": "1"})
    assert "conversionValue" not in sent([valued])[0]
    assert "conversionValue" not in sent([beacon()], currency="EUR")[0]


def test_another_rule_can_take_the_servers_events() -> None:
    [own, other] = sent([beacon(), beacon("1")], rules={RULE: "70000001"})
    assert own["conversion"].endswith(":70000001")
    assert other["conversion"].endswith(":1")


def test_the_ip_address_can_be_left_out() -> None:
    [written] = sent([beacon(fields={IP: "203.0.113.9", FAT: CLICK})], send_ip=False)
    assert [each["idValue"] for each in written["user"]["userIds"]] == [CLICK]


def test_times_are_never_ahead_of_the_call() -> None:
    [ahead] = sent([beacon(event_at=NOW + 30_000)], now=NOW + 999)
    assert ahead["conversionHappenedAt"] == NOW + 999


# The record.


@pytest.mark.parametrize(
    ("host", "path", "use"),
    [
        ("px.ads.linkedin.com", "/collect", Use.BEACON),
        ("px4.ads.linkedin.com", "/collect", Use.BEACON),
        ("px.ads.linkedin.com", "/wa/", Use.BEACON),
        ("px.ads.linkedin.com", "/attribution_trigger", Use.SINK),
        ("www.linkedin.com", "/px/li_sync", Use.NEVER),
        ("cdn.linkedin.oribi.io", "/partner/1/domain/shop.example.com/token", Use.NEVER),
        ("snap.licdn.com", "/li.lms-analytics/insight.min.js", Use.SCRIPT),
        ("snap.licdn.com", "/li.lms-analytics/insight.beta.min.js", Use.SCRIPT),
        ("px4.ads.linkedin.com", "/wa/", None),
        ("px.ads.linkedin.com", "/collect/x", None),
        ("www.linkedin.com", "/feed", None),
        ("snap.licdn.com", "/li.lms-analytics/other.js", None),
    ],
)
def test_addresses(host: str, path: str, use: Use | None) -> None:
    found = Doors([VENDOR]).find(host, path)
    assert (found.use if found else None) == use


def test_the_first_of_several_ids_names_the_account() -> None:
    for value in ("810042", "810042,912", "810042%2C912"):
        found = re.match(VENDOR.account_value, value)
        assert found is not None
        assert found[1] == TAG


def test_a_click_makes_its_cookie() -> None:
    fat, giant = VENDOR.cookies
    assert fat.mint is not None
    assert fat.click_of is not None
    assert fat.mint(Mint(click=CLICK, at=NOW, labels=2, draw=1)) == CLICK
    assert fat.click_of(CLICK) == CLICK
    assert (fat.days, giant.days, giant.mint) == (90, 7, None)
    [click] = VENDOR.click_ids
    assert re.fullmatch(click.pattern, CLICK.upper())
    assert not re.fullmatch(click.pattern, CLICK[:-1])


def test_match_keys() -> None:
    rows = {row.path: row.match for row in VENDOR.fields if row.match}
    assert rows == {FAT: MatchKey.CLICK_ID, MAIL: MatchKey.EMAIL, IP: MatchKey.IP}


# Anything at all.

LISTED = [row.wire for row in VENDOR.fields if row.wire[0] != "@"]
PATHS = {row.path for row in VENDOR.fields if row.path}


@settings(max_examples=150, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from(LISTED), st.text(max_size=40)), max_size=10),
    as_body=st.booleans(),
)
def test_random_parameters_are_read_without_an_error(
    pairs: list[tuple[str, str]],
    as_body: bool,  # noqa: FBT001 - drawn
) -> None:
    text = "&".join(
        f"{quote(name)}={quote(value, errors='replace', safe='')}"
        for name, value in [("pid", TAG), ("conversionId", RULE), *pairs]
    )
    url = "https://trk.shop.example.com/px.ads.linkedin.com/collect"
    hit = make_hit(url, query="" if as_body else text, body=text if as_body else b"")
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page])
        assert reading.fields.keys() <= PATHS
        assert orjson.loads(write([make_beacon(reading)], Settings(), now=NOW).body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**9) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    told=st.dictionaries(st.sampled_from(["pids", "url", "signalType", "time", "hem"]), JSON),
    cut=st.integers(0, 60),
    put=st.binary(max_size=4),
)
def test_random_actions_are_read_without_an_error(
    told: dict[str, Any], cut: int, put: bytes
) -> None:
    whole = packed(json.dumps({"pids": [int(TAG)], **told}).encode())
    for body in (whole, whole[:cut] + put + whole[cut:], whole[: len(whole) - cut]):
        for reading in read(hit_of("/wa/", body=body)):
            orjson.dumps([reading.name, reading.page])
            assert re.fullmatch(VENDOR.account_pattern, reading.account)


@settings(max_examples=100, deadline=None)
@given(name=st.from_regex(r"[a-zA-Z_]{3,12}", fullmatch=True))
def test_an_unlisted_parameter_goes_nowhere(name: str) -> None:
    if name not in LISTED:
        reading = event(**{f"x{name}": "canary-4711"})
        assert reading.unlisted == 1
        assert "canary-4711" not in repr(reading.fields)
