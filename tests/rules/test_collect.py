from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import BadHit
from firsthand.model import Beacon, Hit, Mode, Origin, Reason
from firsthand.rules.backend import take
from firsthand.rules.collect import collect
from firsthand.rules.decide import Decision, decide
from firsthand.rules.respond import respond
from firsthand.store.sqlite.twinkeys import twin_key
from tests.events import ADA, CANARIES, JSON, OPEN, PLAIN, page_hit, raw, server_hit, written
from tests.samples import ANALYTICS_ONLY, GRANTED, NOW, PIXEL, REFUSED, ga4_hit, meta_hit, shop

SITE = shop()


def beacons(decision: Decision) -> dict[str, Beacon]:
    return {beacon.vendor: beacon for beacon in decision.beacons}


def test_an_event_goes_to_every_account() -> None:
    decision = collect(page_hit(raw()), SITE)
    found = beacons(decision)
    assert {vendor: each.name for vendor, each in found.items()} == {
        "meta": "Purchase",
        "ga4": "purchase",
    }
    assert {each.origin for each in found.values()} == {Origin.SNIPPET}
    assert found["meta"].fields["custom_data.value"] == 47.97
    assert len({each.id for each in found.values()}) == 2
    assert any(line.startswith("_fbp=") for line in decision.cookies)
    assert respond(page_hit(raw()), SITE).status == 204


def test_cookies_fill_in_what_the_event_cannot_know() -> None:
    cookie = f"{GRANTED}; _fbp=fb.1.1795000000000.1098115397; _ga=GA1.1.111.1780000000"
    found = beacons(collect(page_hit(raw(), cookie=cookie), SITE))
    assert found["meta"].fields["user_data.fbp"] == "fb.1.1795000000000.1098115397"
    assert found["ga4"].fields["client_id"] == "111.1780000000"


@pytest.mark.parametrize(
    "pixel",
    [
        meta_hit("Purchase", eid="purchase-7731"),
        ga4_hit("purchase", **{"ep.transaction_id": "7731"}),
    ],
)
def test_all_ways_of_one_event_lead_to_one_twin(pixel: Hit) -> None:
    door = SITE.doors.find(pixel.host, pixel.path)
    assert door is not None
    (seen,) = decide(pixel, SITE, SITE.vendors[door.vendor]).beacons
    snippet = beacons(collect(page_hit(raw()), SITE))[door.vendor]
    server = take(server_hit(raw()), OPEN).decision
    assert server is not None
    keys = {twin_key(SITE.secret, each) for each in (seen, snippet, beacons(server)[door.vendor])}
    assert len(keys) == 1
    assert snippet.canonical == seen.canonical


def test_a_pixels_own_key_holds_for_its_account() -> None:
    keys = {"firsthand": {"event_ids": {PIXEL: "k-1", "ga4": "k-2"}}}
    found = beacons(collect(page_hit(raw("page_view", ext=keys)), SITE))
    assert (found["meta"].event_key, found["ga4"].event_key) == ("k-1", "k-2")
    bought = beacons(collect(page_hit(raw(ext=keys)), SITE))
    assert (bought["meta"].event_key, bought["ga4"].event_key) == ("k-1", "7731")
    broken = {"firsthand": {"event_ids": {PIXEL: ["k-1"], "ga4": 7}}}
    kept = beacons(collect(page_hit(raw("page_view", ext=broken)), SITE))
    assert kept["meta"].event_key == "purchase-7731"


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.RELAY])
@pytest.mark.parametrize(
    ("kind", "properties", "paired"),
    [("purchase", {"transaction_id": "7731"}, True), ("page_view", None, False)],
)
def test_what_the_tag_tells_without_a_place_for_the_key_is_left_to_it(
    mode: Mode, kind: str, properties: Any, *, paired: bool
) -> None:
    decision = collect(page_hit(raw(kind, properties=properties)), shop(mode))
    expected = {"meta", "ga4"} if paired or mode is Mode.SERVER else {"meta"}
    assert set(beacons(decision)) == expected
    ended = {(end.note.vendor, end.note.reason) for end in decision.ended}
    assert ended == (set() if "ga4" in expected else {("ga4", Reason.NO_KEY)})


@pytest.mark.parametrize("properties", [{"transaction_id": "7731"}, None])
def test_what_is_relayed_is_left_to_the_tags(properties: Any) -> None:
    decision = collect(page_hit(raw("page_view", properties=properties)), shop(Mode.RELAY))
    assert beacons(decision) == {}
    assert {(end.note.vendor, end.note.reason) for end in decision.ended} == {
        ("meta", Reason.NO_BEACON),
        ("ga4", Reason.NO_BEACON),
    }


@pytest.mark.parametrize(
    ("cookie", "taken"),
    [(GRANTED, False), (f"{GRANTED}; _ga=GA1.1.111.1780000000", True), (REFUSED, False)],
)
def test_on_a_first_page_the_event_is_left_to_the_tag_that_makes_its_cookie(
    cookie: str, *, taken: bool
) -> None:
    decision = collect(page_hit(raw("page_view"), cookie=cookie), SITE)
    assert ("ga4" in beacons(decision)) is taken
    reasons = {end.note.reason for end in decision.ended if end.note.vendor == "ga4"}
    missing = {Reason.CONSENT if cookie == REFUSED else Reason.UNMAPPABLE}
    assert reasons == (set() if taken else missing)


@pytest.mark.parametrize(
    "pixel", [meta_hit("PageView", eid="v-1"), ga4_hit("page_view", fh_key="v-1")]
)
def test_a_page_view_of_pixel_and_snippet_is_one(pixel: Hit) -> None:
    door = SITE.doors.find(pixel.host, pixel.path)
    assert door is not None
    (seen,) = decide(pixel, SITE, SITE.vendors[door.vendor]).beacons
    snippet = beacons(collect(page_hit(raw("page_view", id="v-1")), SITE))[door.vendor]
    assert twin_key(SITE.secret, seen) == twin_key(SITE.secret, snippet)
    assert "fh_key" not in str(seen.fields)


def test_nothing_is_believed_of_visitor_and_consent() -> None:
    user = {
        "event_ip_address": "192.0.2.1",
        "event_user_agent": "CANARY",
        "landing_user_agent": "x",
    }
    yes = {"firsthand": {"consent": {"analytics": "granted", "marketing": "granted"}}}
    decision = collect(page_hit(raw(user_data=user, ext=yes)), SITE)
    fields = beacons(decision)["meta"].fields
    assert fields["user_data.client_ip_address"] == "203.0.113.9"
    assert fields["user_data.client_user_agent"] == "Mozilla/5.0 test"
    assert "CANARY" not in str(decision)
    assert not collect(page_hit(raw(ext=yes), cookie=REFUSED), SITE).beacons


def test_browser_ids_are_the_cookies_alone() -> None:
    ids = {"firsthand": {"browser_ids": {"fbp": "fb.1.1795000000000.666", "ga_client_id": "6.6"}}}
    decision = collect(page_hit(raw(ext=ids)), SITE)
    assert "666" not in str(asdict(decision))
    assert beacons(decision)["ga4"].fields.get("client_id") != "6.6"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (None, NOW),
        (NOW // 1000 - 10, NOW - NOW % 1000 - 10_000),
        (NOW // 1000 - 4000, NOW),
        (NOW // 1000 + 200, NOW),
        (NOW // 1000 + 400, NOW),
        ("x", NOW),
    ],
)
def test_the_time_is_about_now(stamp: Any, expected: int) -> None:
    decision = collect(page_hit(raw(timestamp=stamp)), SITE)
    assert beacons(decision)["meta"].event_at == expected


@pytest.mark.parametrize(
    ("changes", "odd", "value"),
    [
        ({"currency_code": None}, "event_required", False),
        ({"value": "x"}, "event_invalid_value", False),
        ({"event_type": "nope"}, "event_invalid_enum", None),
        ({"data_set_id": "other"}, "event_data_set", None),
        ({"data_set_id": None}, "event_data_set", None),
        ({"id": None}, "", True),
    ],
)
def test_what_is_wrong_is_counted_and_never_answered(
    changes: dict[str, Any], odd: str, *, value: bool | None
) -> None:
    decision = collect(page_hit(raw(**changes)), SITE)
    assert (odd in decision.odd) is bool(odd)
    if value is None:
        assert not decision.beacons
    else:
        assert ("custom_data.value" in beacons(decision)["meta"].fields) is value


def test_a_missing_id_is_made() -> None:
    found = beacons(collect(page_hit(raw(id=None, properties=None)), SITE))["meta"]
    assert found.key_made
    assert found.event_key == found.id


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://shop.example.com.evil.example"}, False),
        ({"origin": "http://shop.example.com"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
    ],
)
def test_only_pages_of_the_site_speak_for_it(headers: Mapping[str, str], *, kept: bool) -> None:
    decision = collect(page_hit(raw(), headers=headers), SITE)
    assert bool(decision.beacons) is kept
    assert ("event_foreign_page" in decision.odd) is not kept
    assert bool(decision.cookies) is kept


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"referer": "https://shop.example.com/a"}, True),
        ({"referer": "https://evil.example/shop.example.com"}, False),
    ],
)
def test_without_an_origin_something_else_must_speak(
    headers: dict[str, str], *, kept: bool
) -> None:
    found = page_hit(raw())
    bare = {name: each for name, each in found.headers.items() if name != "origin"}
    decision = collect(replace(found, headers={**bare, **headers}), SITE)
    assert bool(decision.beacons) is kept


def test_an_event_on_a_foreign_page_is_counted_only() -> None:
    decision = collect(page_hit(raw(properties={"page_url": "https://evil.example/"})), SITE)
    assert not decision.beacons
    assert {ended.note.reason for ended in decision.ended} == {"foreign_page"}


def test_a_click_id_that_the_snippet_kept_becomes_cookie_and_field() -> None:
    kept = {"firsthand": {"click_ids": {"fbclid": "IwAR1a-b_c"}}}
    decision = collect(page_hit(raw(ext=kept)), SITE)
    assert beacons(decision)["meta"].fields["user_data.fbc"] == f"fb.1.{NOW}.IwAR1a-b_c"
    assert any(line.startswith(f"_fbc=fb.1.{NOW}.IwAR1a-b_c;") for line in decision.cookies)


def test_readable_contact_data_of_pages_is_taken_only_where_the_site_says_so() -> None:
    given = raw(user_data={"email_address": ["Eve@example.com", ADA["email"]]}, ext=None)
    closed = beacons(collect(page_hit(given), SITE))["meta"].fields
    assert closed["user_data.em"] == [ADA["email"]]
    plain = raw(ext={"firsthand": {"plain": PLAIN}})
    assert "user_data.em" not in beacons(collect(page_hit(plain), SITE))["meta"].fields
    opened = replace(SITE, page_contacts=True)
    assert beacons(collect(page_hit(plain), opened))["meta"].fields["user_data.em"] == [
        ADA["email"]
    ]


def test_a_batch_is_of_twenty_at_most() -> None:
    many = [raw(id=f"e{index}") for index in range(20)]
    decision = collect(page_hit({"events": many}), SITE)
    assert len({beacon.id for beacon in decision.beacons}) == 40
    assert sum(line.startswith("fh_keep=") for line in decision.cookies) == 1
    with pytest.raises(BadHit) as refused:
        collect(page_hit({"events": [*many, raw()]}), SITE)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("", {}, 400),
        ("{", {}, 400),
        ("7", {}, 400),
        ({}, {"content-type": "text/html"}, 415),
    ],
)
def test_what_is_no_event_is_refused(body: Any, headers: dict[str, str], status: int) -> None:
    found = replace(page_hit(body, headers=headers), method="POST")
    with pytest.raises(BadHit) as refused:
        collect(found, SITE)
    assert refused.value.status == status


@pytest.mark.parametrize("kind", ["purchase", "custom", "page_view"])
@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, "", "fh_consent=1.a1m-.1795400000.x"])
def test_without_marketing_no_canary_survives(cookie: str, kind: str) -> None:
    site = replace(SITE, page_contacts=True)
    response = respond(page_hit(raw(kind, **CANARIES), cookie=cookie), site)
    assert response.decision is not None
    assert not response.decision.beacons
    kept = str(asdict(response.decision))
    for secret in ("CANARY", "198.51.100.77", ADA["email"], ADA["first"], ADA["id"], "203.0.113.9"):
        assert secret not in kept
    assert response.body == b""


@settings(max_examples=200, deadline=None)
@given(
    anything=JSON,
    changes=st.dictionaries(st.sampled_from(sorted(raw())), JSON, max_size=5),
    cookie=st.sampled_from([GRANTED, REFUSED, ""]),
)
def test_any_json_gives_an_answer(anything: Any, changes: dict[str, Any], cookie: str) -> None:
    for body in (anything, raw(**changes)):
        try:
            response = respond(page_hit(written(body), cookie=cookie), SITE)
        except BadHit as refused:
            assert refused.status == 400
            continue
        assert response.status == 204
        for beacon in response.decision.beacons if response.decision else ():
            orjson.dumps(beacon)
