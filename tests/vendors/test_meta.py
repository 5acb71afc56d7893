"""Reading and writing Meta events; the table and the answers have tests of their own."""

import re
from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from datetime import date
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Beacon, Fields, Hit, Reading, Reason
from firsthand.vendor import Mint
from firsthand.vendors.meta import (
    AUTOMATIC,
    VENDOR,
    Settings,
    click_of,
    matchable,
    read,
    write,
)
from tests.factories import NOW, make_beacon, make_hit, make_reading

MINUTE = 60_000
DAY = 86_400_000
PIXEL = "5550001112223334"
OTHER = "5550009998887776"
FBP = "fb.1.1795000111222.1902833746"
FBC = "fb.1.1795400333444.IwY2xjawTeSt_id-77"
PAGE = "https://shop.example.com/done"


def hit_of(*pairs: tuple[str, str], **given: Any) -> Hit:
    query = "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in pairs)
    return make_hit("https://trk.shop.example.com/www.facebook.com/tr/", query=query, **given)


def event(*pairs: tuple[str, str], name: str = "PageView", **headers: str) -> Reading:
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    [reading] = read(hit_of(("id", PIXEL), ("ev", name), *pairs, headers=named))
    return reading


def beacon(name: str = "Purchase", key: str = "k-1", to: str = PIXEL, **given: Any) -> Beacon:
    reading = make_reading(account=PIXEL, name=name, event_key=key, fields=given.pop("fields", {}))
    return make_beacon(reading, vendor="meta", to=to, **given)


def sent(beacons: Sequence[Beacon], *, now: int = NOW, **chosen: str) -> Any:
    return orjson.loads(write(beacons, Settings(**chosen), now=now).body)


# What the pixel calls an event.


@pytest.mark.parametrize("name", sorted(AUTOMATIC))
def test_automatic_events_are_recognised_and_get_no_key(name: str) -> None:
    reading = event(("cd[buttonText]", "Pay"), name=name)
    assert reading.skip is Reason.AUTOMATIC
    assert reading.fields == {}
    assert name in VENDOR.automatic


@pytest.mark.parametrize("source", ["automatic", "user_properties"])
def test_an_event_of_an_automatic_source_is_automatic(source: str) -> None:
    assert event(("es", source), name="Lead").skip is Reason.AUTOMATIC


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("PageView", "page_view"),
        ("ViewContent", "viewed_item"),
        ("InitiateCheckout", "begin_checkout"),
        ("Purchase", "purchase"),
        ("CompleteRegistration", "sign_up"),
        ("purchase", "custom"),  # names are spelt exactly; another case is another event
        ("Gift Wrapped", "custom"),
    ],
)
def test_names_stay_and_have_a_canonical_one(name: str, canonical: str) -> None:
    reading = event(name=name)
    assert (reading.name, reading.canonical, reading.skip) == (name, canonical, Reason.NONE)
    assert name not in VENDOR.automatic


@pytest.mark.parametrize(
    ("pairs", "key"),
    [
        ([("eid", "a-1")], "a-1"),
        ([("eid[]", "b-2")], "b-2"),
        ([("eid", ""), ("eid[]", "b-2")], "b-2"),
        ([("eid", ""), ("eid", "c-3")], "c-3"),
        ([("eid", "a-1"), ("eid", "c-3")], "a-1"),
        ([("eid", "Case_Kept.91")], "Case_Kept.91"),
        ([], ""),
    ],
)
def test_the_event_key_is_the_first_one_that_is_not_empty(
    pairs: list[tuple[str, str]], key: str
) -> None:
    assert event(*pairs).event_key == key


@pytest.mark.parametrize(
    "pairs",
    [
        [("ev", "PageView")],
        [("id", PIXEL)],
        [("id", ""), ("ev", "PageView")],
        [("id", "12"), ("ev", "PageView")],
        [("id", "١٢٣٤٥٦٧"), ("ev", "PageView")],  # digits, but not ASCII
        [("id", PIXEL), ("ev", "\x00 ")],
    ],
)
def test_without_a_pixel_id_or_a_name_there_is_no_event(pairs: list[tuple[str, str]]) -> None:
    assert list(read(hit_of(*pairs))) == []


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (str(NOW - 5), NOW - 5),
        (str(NOW + MINUTE), NOW + MINUTE),
        (str(NOW + MINUTE + 1), NOW),
        (str(NOW - 7 * DAY), NOW - 7 * DAY),
        (str(NOW - 7 * DAY - 1), NOW),
        (str(NOW // 1000 - 60), NOW - MINUTE),  # seconds
        ("", NOW),
        ("soon", NOW),
        ("0", NOW),
        ("-1795514400000", NOW),
        ("99999999999999999999", NOW),
    ],
)
def test_the_time_is_the_pixels_unless_it_cannot_be(told: str, at: int) -> None:
    assert event(("ts", told)).at == at


def test_the_page_comes_from_the_referer_where_the_pixel_names_none() -> None:
    reading = event(("dl", "about:blank"), referer=PAGE)
    assert reading.page == PAGE
    assert reading.fields["event_source_url"] == PAGE


def test_names_of_the_request_itself_cannot_be_forged() -> None:
    reading = event(("@ip", "198.51.100.1"), ("@user_agent", "forged"), user_agent="real")
    assert reading.fields["user_data.client_ip_address"] == "203.0.113.7"
    assert reading.fields["user_data.client_user_agent"] == "real"


# Limited Data Use. Source: Data processing options for US users, read 2026-02.

OPTIONS = "data_processing_options"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("dpo", "LDU"), ("dpoco", "1"), ("dpost", "1000")], (["LDU"], 1, 1000)),
        ([("dpo", "LDU"), ("dpoco", "0"), ("dpost", "0")], (["LDU"], 0, 0)),
        ([("dpo", "LDU")], (["LDU"], 0, 0)),
        ([("dpo", "LDU"), ("dpost", "1000")], (["LDU"], 0, 0)),  # no state without a country
        ([("dpo", "LDU"), ("dpoco", "7"), ("dpost", "x")], (["LDU"], 0, 0)),
        ([("dpo", "LDU,OTHER")], (["LDU"], 0, 0)),
        ([("dpo", "ldu")], (["LDU"], 0, 0)),
        ([("dpo", "")], ([], None, None)),
        ([("dpo", ""), ("dpoco", "1"), ("dpost", "1000")], ([], None, None)),
        ([("dpoco", "1"), ("dpost", "1000")], (None, None, None)),
        ([], (None, None, None)),
    ],
)
def test_limited_data_use(pairs: list[tuple[str, str]], expected: tuple[Any, ...]) -> None:
    reading = event(*pairs)
    paths = (OPTIONS, f"{OPTIONS}_country", f"{OPTIONS}_state")
    assert tuple(reading.fields.get(path) for path in paths) == expected
    limited = bool(expected[0])
    assert reading.limited is limited
    assert reading.signals == ({"dpo": "LDU"} if limited else {})


# Cookies. Source: ClickID and the fbp and fbc parameters, read 2026-02.

FBC_COOKIE, FBP_COOKIE = VENDOR.cookies


@pytest.mark.parametrize(
    ("value", "click"),
    [
        (FBC, "IwY2xjawTeSt_id-77"),
        (FBC + ".AQ", "IwY2xjawTeSt_id-77"),
        (FBC + ".Bg", "IwY2xjawTeSt_id-77"),
        (FBC + ".AQMBAAEC", "IwY2xjawTeSt_id-77"),
        ("fb.2.1795400333444.a__DOT__b", "a__DOT__b"),
        ("fb.0.1.x", "x"),
        (FBC + ".XX", ""),
        (FBC + ".AQMBAAECD", ""),
        (FBC + ".AQ.AQ", ""),
        ("fb.1.1795400333444.", ""),
        ("fb.1.1795400333444", ""),
        ("fa.1.1795400333444.abc", ""),
        ("fb.x.1795400333444.abc", ""),
        ("fb.1.soon.abc", ""),
        ("fb.1.1795400333444.fb.1.1795400333444.abc", ""),  # wrapped twice
        ("fb.1.1795400333444.a%20b", ""),
        ("fb.1.1795400333444.abc\n", ""),
        ("fb.1.1795400333444." + "a" * 501, ""),
        ("", ""),
    ],
)
def test_an_fbc_has_four_parts_or_five(value: str, click: str) -> None:
    assert click_of(value) == click
    assert bool(re.fullmatch(FBC_COOKIE.pattern, value)) is bool(click)
    assert ("user_data.fbc" in event(("fbc", value)).fields) is bool(click)


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (FBP, True),
        ("fb.1.1795000111222.81726354463728190", True),  # newer pixels draw larger numbers
        (FBP + ".Ag", True),
        (FBP + ".AQMBAAEC", True),
        (FBP + ".ZZ", False),
        ("fb.1.1795000111222.abc", False),
        ("fb.1.1795000111222", False),
        ("1902833746", False),
    ],
)
def test_an_fbp_has_four_parts_or_five(value: str, good: bool) -> None:  # noqa: FBT001 - a case
    assert bool(re.fullmatch(FBP_COOKIE.pattern, value)) is good
    assert event(("fbp", value)).fields.get("user_data.fbp") == (value if good else None)


@pytest.mark.parametrize(("labels", "index"), [(2, 1), (3, 2)])
def test_cookies_are_minted_in_the_vendors_form(labels: int, index: int) -> None:
    mint = Mint(click="IwY9_new-Click", at=NOW, labels=labels, draw=1_442_031_337)
    assert FBC_COOKIE.mint is not None
    assert FBP_COOKIE.mint is not None
    fbc, fbp = FBC_COOKIE.mint(mint), FBP_COOKIE.mint(mint)
    assert fbc == f"fb.{index}.{NOW}.IwY9_new-Click"
    assert fbp == f"fb.{index}.{NOW}.1442031337"
    assert re.fullmatch(FBC_COOKIE.pattern, fbc)
    assert re.fullmatch(FBP_COOKIE.pattern, fbp)
    assert click_of(fbc) == "IwY9_new-Click"
    assert (FBC_COOKIE.click, FBP_COOKIE.click) == ("fbclid", "")
    assert (FBC_COOKIE.days, FBP_COOKIE.days) == (90, 90)


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (PAGE, True),
        (f"{PAGE}?fbclid=IwY2xjawTeSt_id-77", True),
        (f"{PAGE}?a=1&fbclid=IwY2xjawTeSt_id-77#top", True),
        (f"{PAGE}?fbclid=IwY2xjawTEST_id-77", False),  # case counts
        (f"{PAGE}?fbclid=not%20a%20click", True),
        (f"{PAGE}?xfbclid=other", True),
        (f"{PAGE}#?fbclid=other", True),
        (f"{PAGE}?fbclid=" + "a" * 501, True),  # the pixel ignores it as well
    ],
)
def test_an_fbc_of_an_older_click_is_left_out(page: str, kept: bool) -> None:  # noqa: FBT001 - a case
    assert ("user_data.fbc" in event(("dl", page), ("fbc", FBC)).fields) is kept


# Match requirements. Source: Conversions API, parameters, customer information, read 2026-01.


@pytest.mark.parametrize(
    ("fields", "enough"),
    [
        ({}, False),
        ({"user_data.client_user_agent": "UA"}, False),
        ({"user_data.country": ["x"], "user_data.client_user_agent": "UA"}, False),
        ({"user_data.ct": ["x"], "user_data.zp": ["x"], "user_data.ge": ["x"]}, False),
        ({"user_data.client_ip_address": "x", "user_data.client_user_agent": "UA"}, True),
        ({"user_data.em": ["x"]}, True),
        ({"user_data.external_id": ["x"]}, True),
        ({"user_data.fbp": FBP}, True),
    ],
)
def test_what_meta_can_match(fields: Fields, enough: bool) -> None:  # noqa: FBT001 - a case
    assert matchable(fields) is enough


def test_doubts_are_noted_and_left_to_meta() -> None:
    [reading] = read(hit_of(("id", PIXEL), ("ev", "Purchase"), ip="10.0.0.1"))
    assert reading.skip is Reason.NONE
    assert [note.partition(":")[0] for note in reading.notes] == [
        "@ip",
        "no match key yet",
        "purchase without value and currency",
    ]
    assert (
        event(("cd[value]", "0"), ("cd[currency]", "EUR"), name="Purchase", user_agent="UA").notes
        == ()
    )


def test_a_value_that_cannot_be_used_is_noted_without_being_told() -> None:
    [note] = event(("cd[value]", "12,50")).notes
    assert "cd[value]" in note
    assert "12" not in note


# Writing.


def test_keys_stand_in_the_order_of_the_table() -> None:
    fields = {
        "custom_data.gift": "x",
        "user_data.fbc": FBC,
        "custom_data.value": 1,
        "user_data.fbp": FBP,
        "user_data.em": ["e"],
        "referrer_url": "r",
        "user_data.client_ip_address": "i",
        "event_source_url": "u",
    }
    [written] = sent([beacon(fields=fields)])["data"]
    assert list(written) == [
        "event_name",
        "event_time",
        "event_id",
        "action_source",
        "event_source_url",
        "referrer_url",
        "user_data",
        "custom_data",
    ]
    assert list(written["user_data"]) == ["client_ip_address", "em", "fbp", "fbc"]
    assert list(written["custom_data"]) == ["value", "gift"]


def test_a_batch_is_one_call_in_order_to_the_destination() -> None:
    beacons = [beacon(key=f"k-{n}", to=OTHER) for n in range(3)]
    call = write(beacons, Settings(), now=NOW)
    assert (call.method, call.account) == ("POST", OTHER)
    assert call.url == f"https://graph.facebook.com/v26.0/{OTHER}/events"
    assert [each["event_id"] for each in orjson.loads(call.body)["data"]] == ["k-0", "k-1", "k-2"]
    assert {VENDOR.batch_key(each) for each in beacons} == {OTHER}


def test_times_are_whole_seconds_and_never_ahead_of_the_call() -> None:
    early, ahead = beacon(event_at=NOW - 1), beacon(event_at=NOW + 30_000)
    times = [each["event_time"] for each in sent([early, ahead], now=NOW + 999)["data"]]
    assert times == [NOW // 1000 - 1, NOW // 1000]


def test_settings_reach_the_call() -> None:
    assert set(sent([beacon()])) == {"data"}
    body = sent([beacon()], test_event_code="TEST7", partner_agent="shop-1")
    assert (body["test_event_code"], body["partner_agent"]) == ("TEST7", "shop-1")
    assert "/v25.0/" in write([beacon()], Settings(version="v25.0"), now=NOW).url


def test_every_setting_is_described_and_none_is_a_secret() -> None:
    for each in dataclass_fields(Settings):
        assert each.metadata["doc"]
        assert "token" not in each.name


# The record.


def test_the_default_version_is_known_and_answers() -> None:
    [version] = [each for each in VENDOR.versions if each.name == Settings().version]
    assert version.ends is None or version.ends > date(2027, 11, 24)


def test_only_the_beacon_door_takes_beacons() -> None:
    [door] = VENDOR.beacons
    assert door.hosts == ("www.facebook.com",)
    assert set(door.paths) == {"/tr", "/tr/"}
    for other in VENDOR.never:
        assert not (set(other.hosts) & set(door.hosts) and set(other.paths) & set(door.paths))


def test_the_configuration_script_is_told_apart_by_account_and_page() -> None:
    [script] = [each for each in VENDOR.scripts if "/signals/config/{account}" in each.paths]
    assert script.chained
    assert script.query["domain"] == "{site}"
    assert re.fullmatch(script.query["ex_m"], "67,118,105")
    assert not re.fullmatch(script.query["ex_m"], "67,")
    assert re.fullmatch(script.query["hme"], "0" * 64)


@pytest.mark.parametrize(
    ("value", "good"),
    [("IwY9_new-Click", True), ("a" * 500, True), ("a" * 501, False), ("a b", False), ("", False)],
)
def test_a_click_id_is_base64url(value: str, good: bool) -> None:  # noqa: FBT001 - a case
    [click] = VENDOR.click_ids
    assert click.param == "fbclid"
    assert bool(re.fullmatch(click.pattern, value)) is good


# Anything at all.

LISTED = [row.wire for row in VENDOR.fields if "*" not in row.wire and row.wire[0] != "@"]
FREE = ["cd[a]", "cd[a][b]", "cd[a.b]", "cd[", "cd[]", "ud[em][0]", "ud[", "ie[a]"]
NAMES = st.sampled_from([*LISTED, *FREE]) | st.text(max_size=12)
VALUES = st.text(max_size=40) | st.sampled_from(
    ["[", "{}", '[{"id":1}]', '{"id":{}}', "[[null]]", "1e400", "-0", "LDU", FBC, FBP, PAGE]
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
PATHS = {row.path for row in VENDOR.fields if row.path}


def check(hit: Hit) -> None:
    for reading in read(hit):
        orjson.dumps([reading.fields, reading.name, reading.event_key, reading.page, reading.notes])
        for path in reading.fields:
            assert path.count(".") <= 1
            assert path in PATHS or path.startswith("custom_data.")


@settings(max_examples=150, deadline=None)
@given(pairs=PAIRS, as_body=st.booleans())
def test_random_parameters_are_read_without_an_error(
    pairs: list[tuple[str, str]],
    as_body: bool,  # noqa: FBT001 - drawn
) -> None:
    named = [("id", PIXEL), ("ev", "Purchase"), *pairs]
    encoded = "&".join(
        f"{quote_plus(name, errors='replace')}={quote_plus(value, errors='replace')}"
        for name, value in named
    )
    query, body = ("", encoded.encode()) if as_body else (encoded, b"")
    check(Hit("POST", "www.facebook.com", "/tr/", query, body, {}, {}, "203.0.113.9", NOW))


@settings(max_examples=150, deadline=None)
@given(
    query=st.text(max_size=200),
    body=st.binary(max_size=300),
    content_type=st.sampled_from(["", "multipart/form-data; boundary=b", "text/plain"]),
    ip=st.text(max_size=20),
)
def test_random_requests_are_read_without_an_error(
    query: str, body: bytes, content_type: str, ip: str
) -> None:
    headers = {"content-type": content_type, "user-agent": query[:20], "referer": ip}
    start = f"id={PIXEL}&ev=Lead&{query}"
    check(Hit("POST", "www.facebook.com", "/tr/", start, body, headers, {}, ip, NOW))


WHOLE = (
    f"id={PIXEL}&ev=Purchase&dl=https%3A%2F%2Fshop.example.com%2F&ts={NOW}&cd[value]=1.5"
    f"&cd[contents]=%5B%7B%22id%22%3A1%7D%5D&ud[em]={'a' * 64}&fbp={FBP}&fbc={FBC}&dpo=LDU&eid=e"
)


@settings(max_examples=150, deadline=None)
@given(where=st.integers(0, len(WHOLE)), cut=st.integers(0, 30), put=st.text(max_size=4))
def test_mutated_beacons_are_read_without_an_error(where: int, cut: int, put: str) -> None:
    query = WHOLE[:where] + put + WHOLE[where + cut :]
    check(Hit("GET", "www.facebook.com", "/tr/", query, b"", {}, {}, "203.0.113.9", NOW))


@settings(max_examples=100, deadline=None)
@given(
    name=st.text(st.characters(codec="ascii", exclude_characters="\x00@"), min_size=3, max_size=12)
)
def test_an_unlisted_parameter_goes_nowhere(name: str) -> None:
    if name in LISTED or name.startswith("cd["):
        return
    told = event(("dl", PAGE), (name, "canary-4711"))
    assert "canary-4711" not in repr(told)


# Bodies.

FORM = {"content-type": 'multipart/form-data; boundary="b"'}


def part(name: str, value: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


def posted(body: str) -> Reading:
    hit = hit_of(("id", PIXEL), ("ev", "Lead"), body=f"{body}--b--\r\n", headers=FORM)
    [reading] = read(hit)
    return reading


def test_query_and_multipart_body_are_one_beacon() -> None:
    reading = posted(part("cd[plan]", "a\r\n+b%20c") + part("eid", "k-9"))
    assert reading.event_key == "k-9"
    assert reading.fields["custom_data.plan"] == "a+b%20c"  # not decoded twice


def test_files_and_cut_off_parts_are_left_out() -> None:
    assert "custom_data.a" not in posted(part("cd[a]", "x", '; filename="f"')).fields
    cut = part("cd[b]", "1") + part("cd[value]", "142.5")
    hit = hit_of(("id", PIXEL), ("ev", "Lead"), body=cut.removesuffix("2\r\n"), headers=FORM)
    [reading] = read(hit)
    assert reading.fields["custom_data.b"] == "1"
    assert "custom_data.value" not in reading.fields


def test_deeply_nested_bodies_do_no_harm() -> None:
    nest = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(1500)
    )
    hit = hit_of(
        ("id", PIXEL),
        ("ev", "Lead"),
        body=nest,
        headers={"content-type": "multipart/form-data; boundary=b0"},
    )
    assert len(list(read(hit))) == 1
