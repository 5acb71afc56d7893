import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import Beacon, Fields, Hit, MatchKey, Reading, Reason, Verdict
from firsthand.rules.doors import Doors, Use
from firsthand.vendors.google_ads import VENDOR, Settings, tags
from firsthand.vendors.google_ads.fields import TABLE
from tests.factories import NOW, make_beacon, make_hit

TAG = "123456789"
LABEL = "QrS-T_uv12"
ACCOUNT = f"AW-{TAG}/{LABEL}"
SETTINGS = Settings(customer="111-222-3333", action="700000001")
BASE = {"label": LABEL, "en": "conversion", "oid": "B-77", "gclaw": "Cj0KCQreadme-1_x"}
COUNT = f"www.googleadservices.com/pagead/conversion/{TAG}/"


def hit(address: str = COUNT, **params: str) -> Hit:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
    return make_hit(f"https://trk.shop.example.com/{address}?{query}")


def read(address: str = COUNT, **params: str) -> Reading:
    [reading] = VENDOR.read(hit(address, **{**BASE, **params}))
    return reading


def fields(**params: str) -> Fields:
    return read(**params).fields


def event(given: Reading | Beacon, now: int = NOW) -> dict[str, Any]:
    made = given if isinstance(given, Beacon) else make_beacon(given, vendor="google_ads")
    call = VENDOR.write([made], SETTINGS, now=now)
    [written] = json.loads(call.body)["events"]
    found: dict[str, Any] = written
    return found


# What gtag.js reached in Chromium, November 2026.
ADDRESSES = [
    (COUNT, Use.BEACON),
    (f"www.googleadservices.com/ccm/conversion/{TAG}/", Use.BEACON),
    (f"googleads.g.doubleclick.net/pagead/viewthroughconversion/{TAG}/", Use.BEACON),
    (f"www.google.com/rmkt/collect/{TAG}/", Use.BEACON),
    ("www.google.com/ccm/collect", Use.BEACON),
    ("pagead2.googlesyndication.com/ccm/collect", Use.BEACON),
    ("ad.doubleclick.net/ccm/s/collect", Use.BEACON),
    (f"www.google.com/ccm/form-data/{TAG}", Use.BEACON),
    (f"google.com/pagead/form-data/{TAG}", Use.BEACON),
    (f"www.google.com/pagead/1p-conversion/{TAG}/", Use.SINK),
    (f"www.google.com.br/pagead/1p-user-list/{TAG}/", Use.SINK),
    ("www.googleadservices.com/pagead/set_partitioned_cookie", Use.SINK),
    ("www.google.com/pagead/landing", Use.SINK),
    ("www.googletagmanager.com/gtag/js", Use.SCRIPT),
    ("www.googletagmanager.com/gtag/destination", Use.SCRIPT),
    ("www.googleadservices.com/pagead/conversion_async.js", Use.SCRIPT),
    (f"td.doubleclick.net/td/rul/{TAG}", Use.NEVER),
    ("ad.doubleclick.net/activity;src=1", None),  # Floodlight is another product
    ("www.google.com/search", None),
    (f"www.googleadservices.com/pagead/conversion/{TAG}/x", None),
    (f"evil.example/pagead/conversion/{TAG}/", None),
]


@pytest.mark.parametrize(("address", "use"), ADDRESSES)
def test_doors(address: str, use: Use | None) -> None:
    host, _, path = address.partition("/")
    found = Doors([VENDOR]).find(host, f"/{path}")
    assert (found.use if found else None) is use


def test_the_account_is_tag_and_label() -> None:
    assert read().account == ACCOUNT
    assert read(label="other").account == f"AW-{TAG}/other"
    assert tags(ACCOUNT) == (f"AW-{TAG}", TAG)
    assert tags(f"AW-{TAG}") == (f"AW-{TAG}", TAG)


@pytest.mark.parametrize(
    ("address", "params", "name", "skip"),
    [
        (COUNT, {}, "conversion", Reason.NONE),
        (COUNT, {"en": "book_a_table"}, "book_a_table", Reason.NONE),
        (COUNT, {"en": ""}, "conversion", Reason.NONE),
        (COUNT, {"label": ""}, "conversion", Reason.UNMAPPABLE),
        (COUNT, {"label": "no label"}, "conversion", Reason.UNMAPPABLE),
        (f"www.googleadservices.com/ccm/conversion/{TAG}/", {}, "conversion", Reason.MIRROR),
        (ADDRESSES[2][0], {}, "conversion", Reason.MIRROR),
        (ADDRESSES[2][0], {"label": "", "en": "gtag.config"}, "page_view", Reason.MIRROR),
        (ADDRESSES[2][0], {"label": "", "en": "add_to_cart"}, "add_to_cart", Reason.UNMAPPABLE),
        (ADDRESSES[2][0], {"label": "", "en": ""}, "page_view", Reason.UNMAPPABLE),
        (ADDRESSES[3][0], {"label": "", "en": ""}, "page_view", Reason.UNMAPPABLE),
        (ADDRESSES[7][0], {"label": "", "en": ""}, "form_data", Reason.AUTOMATIC),
    ],
)
def test_one_request_of_a_conversion_counts(
    address: str, params: dict[str, str], name: str, skip: Reason
) -> None:
    reading = read(address, **params)
    assert (reading.name, reading.skip) == (name, skip)
    assert bool(reading.fields) is (skip is Reason.NONE)


@pytest.mark.parametrize(
    ("params", "name", "skip"),
    [
        ({"tid": f"AW-{TAG}", "en": "page_view"}, "page_view", Reason.UNMAPPABLE),
        ({"tid": f"AW-{TAG}", "en": "user_id_update"}, "user_id_update", Reason.AUTOMATIC),
    ],
)
def test_pages_name_the_tag_in_the_query(params: dict[str, str], name: str, skip: Reason) -> None:
    [reading] = VENDOR.read(hit("www.google.com/ccm/collect", **params))
    assert (reading.account, reading.name, reading.skip) == (f"AW-{TAG}", name, skip)


@pytest.mark.parametrize("tid", ["", "G-SHOP12345", f"AW-{TAG}x", TAG])
def test_without_a_tag_there_is_no_event(tid: str) -> None:
    assert list(VENDOR.read(hit("www.google.com/ccm/collect", tid=tid, en="page_view"))) == []


@pytest.mark.parametrize(
    ("params", "canonical"),
    [
        ({"value": "9"}, "purchase"),
        ({"oid": "", "bttype": "purchase"}, "purchase"),
        ({"oid": "", "value": "9"}, "custom"),
        ({}, "custom"),
        ({"en": "purchase"}, "purchase"),
        ({"en": "generate_lead"}, "generate_lead"),
        ({"en": "something"}, "custom"),
    ],
)
def test_what_a_conversion_was_can_only_be_guessed(params: dict[str, str], canonical: str) -> None:
    assert read(**params).canonical == canonical


@pytest.mark.parametrize("told", ["", "null", "undefined", "1", "123", "{{order}}", "NaN"])
def test_an_order_id_that_a_template_left_behind_is_none(told: str) -> None:
    reading = read(oid=told)
    assert reading.event_key == ""
    assert ("oid: not usable" in reading.notes) is bool(told)


def test_the_order_is_the_key_on_both_paths() -> None:
    assert read().event_key == "B-77"
    assert event(read())["transactionId"] == "B-77"
    assert event(read(oid=""))["transactionId"] == "0" * 32, "ours: a retry counts once"


# Click ids: the page's address is newer than what a cookie told the tag.


@pytest.mark.parametrize(
    ("page", "click"),
    [
        ("https://shop.example.com/?gclid=EAIaNewer12", "EAIaNewer12"),
        ("https://shop.example.com/?GCLID=EAIaNewer12&gclsrc=aw.ds", "EAIaNewer12"),
        ("https://shop.example.com/?gclid=EAIaOther12&gclsrc=3p.ds", "Cj0KCQreadme-1_x"),
        ("https://shop.example.com/?gclid=a%20b", "Cj0KCQreadme-1_x"),
        ("https://shop.example.com/#gclid=EAIaNewer12", "Cj0KCQreadme-1_x"),
    ],
)
def test_the_click_of_the_page_wins(page: str, click: str) -> None:
    assert fields(url=page)["adIdentifiers.gclid"] == click


@pytest.mark.parametrize(
    ("wire", "path", "value", "click"),
    [
        ("gclaw", "gclid", "GCL.1795000000.Cj0K", "Cj0K"),
        ("gclaw", "gclid", "Cj0K.AbC.dEf", "Cj0K"),
        ("gclgb", "wbraid", "GCL.1795000000.WB-1", "WB-1"),
        ("gclag", "gbraid", "2.1.k0AAA$i1795000000", "0AAA"),
        ("gclag", "gbraid", "0AAA", "0AAA"),
    ],
)
def test_click_ids_on_the_wire(wire: str, path: str, value: str, click: str) -> None:
    reading = read(**{"gclaw": "", wire: value})
    assert reading.fields[f"adIdentifiers.{path}"] == click


def test_one_click_id_goes_out_and_braids_take_no_cart() -> None:
    cart = {"item": "(5*1*A)", "mid": "5"}
    both = event(read(gclag="GB12345678", gclgb="WB12345678", **cart))
    assert both["adIdentifiers"] == {"gclid": "Cj0KCQreadme-1_x"}
    assert "cartData" in both
    braid = event(read(gclaw="", gclag="GB12345678", gclgb="WB12345678", **cart))
    assert braid["adIdentifiers"] == {"gbraid": "GB12345678"}
    assert "cartData" not in braid


# User data. Hashes: SHA-256 of what the comment names.

MAIL = "rwEcuxqNxopl6_4AAc2LXtrNxUqdz1q0SUnd4rDN5sE"


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("Jo.Roe@Example.org ", "jo.roe@example.org"),
        ("Jo.Roe+x@Gmail.com", "joroe+x@gmail.com"),
        ("jo.roe@googlemail.com", "joroe@googlemail.com"),
    ],
)
def test_a_plain_address_is_made_as_google_wants_it(given: str, normal: str) -> None:
    assert fields(em=f"tv.1~em.{given}")["userData.emailAddress"] == sha(normal)


def sha(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - here only

    return sha256(text.encode()).hexdigest()


def test_user_data_hashed_is_turned_to_hex_and_plain_is_hashed_once() -> None:
    hashed = fields(em=f"tv.1~em.{MAIL}~pn.{sha('x').upper()}~fn0.Ada ~ln0.~co0.de~pc0.10 115")
    assert hashed["userData.emailAddress"] == (
        "af011cbb1a8dc68a65ebfe0001cd8b5edacdc54a9dcf5ab44949dde2b0cde6c1"
    )
    assert hashed["userData.phoneNumber"] == sha("x")
    assert hashed["userData.givenName"] == sha("ada")
    assert (hashed["userData.regionCode"], hashed["userData.postalCode"]) == ("DE", "10 115")
    assert fields(em="tv.1~pn.0049 30/1234567")["userData.phoneNumber"] == sha("+49301234567")


def test_an_address_goes_out_as_a_whole_or_not_at_all() -> None:
    whole = event(read(em="tv.1~fn0.Ada~ln0.Roe~co0.DE~pc0.10115"))
    assert whole["userData"]["userIdentifiers"] == [
        {
            "address": {
                "givenName": sha("ada"),
                "familyName": sha("roe"),
                "regionCode": "DE",
                "postalCode": "10115",
            }
        }
    ]
    assert "userData" not in event(read(em="tv.1~fn0.Ada~ln0.Roe~co0.DE"))


@pytest.mark.parametrize(
    "em", ["tv.1", "ec.e3", "tv.2~em.x", "tv.1~em.not an address", "tv.1~zz.1"]
)
def test_user_data_that_is_none(em: str) -> None:
    assert not [path for path in fields(em=em) if path.startswith("userData")]


# Items: (price*quantity*id), more of each behind it.


@pytest.mark.parametrize(
    ("told", "items"),
    [
        ("(9.5*2*A-1)", [("A-1", "2", 9.5)]),
        ("(9.5*2*A-1)(3*1*B%2A2*2026-01-01*2026-02-01)", [("A-1", "2", 9.5), ("B*2", "1", 3)]),
        ("(**A-1)", [("A-1", None, None)]),
        ("(x*-1*A-1)", [("A-1", None, None)]),
        ("(9.5*2*A-1)(3*1*B", [("A-1", "2", 9.5)]),
    ],
)
def test_items(told: str, items: list[tuple[str, str | None, float | None]]) -> None:
    found: Any = fields(item=told)["cartData.items"]
    assert [
        (each["itemId"], each.get("quantity"), each.get("unitPrice")) for each in found
    ] == items
    assert all(each["merchantProductId"] == each["itemId"] for each in found)


@pytest.mark.parametrize("told", ["elngth", "()", "(1*2*)", "x" * 100])
def test_items_that_are_none_are_noted(told: str) -> None:
    reading = read(item=told)
    assert "cartData.items" not in reading.fields
    assert "item: not usable" in reading.notes


def test_at_most_two_hundred_items() -> None:
    found: Any = fields(item="(1*1*A)" * 300)["cartData.items"]
    assert len(found) == 200


@pytest.mark.parametrize(
    ("param", "value", "path"),
    [
        ("value", "-3", "conversionValue"),
        ("value", "12,50", "conversionValue"),
        ("currency_code", "EURO", "currency"),
        ("mid", "shop", "cartData.merchantId"),
        ("vdnc", "maybe", "userProperties.customerType"),
    ],
)
def test_values_that_google_refuses_are_left_out_with_a_note(
    param: str, value: str, path: str
) -> None:
    reading = read(**{param: value})
    assert path not in reading.fields
    assert f"{param}: not usable" in reading.notes


def test_a_value_whose_currency_is_lost_is_lost_too() -> None:
    assert "conversionValue" not in fields(value="5", currency_code="EU")
    assert fields(value="5", currency_code="")["conversionValue"] == 5


@pytest.mark.parametrize(
    ("random", "at"),
    [
        (str(NOW - 4000), NOW - 4000),
        (str(NOW + 30_000), NOW + 30_000),
        (str(NOW + 90_000), NOW),
        (str(NOW - 8 * 86_400_000), NOW),
        ("", NOW),
        ("abc", NOW),
    ],
)
def test_the_browsers_clock_is_believed_within_reason(random: str, at: int) -> None:
    assert read(random=random).at == at


def test_no_event_is_in_googles_future() -> None:
    assert event(read(random=str(NOW + 30_000)))["eventTimestamp"] == "2026-11-24T10:00:00.000Z"


# Consent.


@pytest.mark.parametrize(
    ("params", "explicit", "consent"),
    [
        ({}, True, ("GRANTED", "GRANTED")),
        ({}, False, None),
        ({"gcd": "13t3t3t2t5l1"}, False, ("GRANTED", "GRANTED")),
        ({"npa": "1"}, True, ("GRANTED", "DENIED")),
        ({"rdp": "1"}, True, ("GRANTED", "DENIED")),
    ],
)
def test_consent_is_told_to_google(
    params: dict[str, str],
    consent: tuple[str, str] | None,
    *,
    explicit: bool,
) -> None:
    verdict = Verdict(analytics=True, marketing=True, explicit=explicit)
    made = make_beacon(read(**params), vendor="google_ads", verdict=verdict)
    said = event(made).get("consent")
    told = said and (said["adUserData"][8:], said["adPersonalization"][8:])
    assert told == consent


def test_restricted_data_is_limited_data() -> None:
    assert read(rdp="1").limited
    assert not read(rdp="0").limited


def test_consent_parameters_are_passed_to_the_gate() -> None:
    assert read(gcd="13p3p3p2p5l1", gcs="G100", npa="1").signals == {
        "gcd": "13p3p3p2p5l1",
        "gcs": "G100",
        "npa": "1",
    }


# The call.


def test_a_destination_is_a_conversion_action_of_a_customer() -> None:
    settings = replace(SETTINGS, login_customer="444-555-6666", quota_project="cloud-1")
    call = VENDOR.write([make_beacon(read(), vendor="google_ads")], settings, now=NOW)
    body = json.loads(call.body)
    assert (call.method, call.url) == (
        "POST",
        "https://datamanager.googleapis.com/v1/events:ingest",
    )
    assert call.headers["x-goog-user-project"] == "cloud-1"
    assert body["encoding"] == "HEX"
    assert "validateOnly" not in body
    assert body["destinations"] == [
        {
            "reference": LABEL,
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1112223333"},
            "loginAccount": {"accountType": "GOOGLE_ADS", "accountId": "4445556666"},
            "productDestinationId": "700000001",
        }
    ]
    assert body["events"][0]["destinationReferences"] == [LABEL]
    bare = VENDOR.write([make_beacon(read(), vendor="google_ads")], SETTINGS, now=NOW)
    assert "x-goog-user-project" not in bare.headers
    assert "loginAccount" not in json.loads(bare.body)["destinations"][0]


def test_the_probe_is_the_same_call_to_be_forgotten() -> None:
    call = VENDOR.write([make_beacon(read(), vendor="google_ads")], SETTINGS, now=NOW)
    assert VENDOR.probe is not None
    probe = VENDOR.probe(call)
    assert probe is not None
    assert json.loads(probe.body) == {**json.loads(call.body), "validateOnly": True}


def test_events_of_nobody_do_not_spoil_the_others() -> None:
    known = make_beacon(read(), vendor="google_ads")
    mailed = make_beacon(read(gclaw="", em=f"tv.1~em.{MAIL}"), vendor="google_ads")
    nobody = make_beacon(read(gclaw=""), vendor="google_ads")
    other = make_beacon(read(label="other"), vendor="google_ads")
    keys = [VENDOR.batch_key(each) for each in (known, mailed, nobody, other)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert any("no match key" in note for note in read(gclaw="").notes)


def test_match_keys() -> None:
    found = TABLE.keys(read(em=f"tv.1~em.{MAIL}").fields)
    assert found == MatchKey.EMAIL | MatchKey.CLICK_ID | MatchKey.IP | MatchKey.USER_AGENT


@given(
    st.dictionaries(
        st.sampled_from(["item", "em", "url", "oid", "random", "value", "gclaw", "label", "vdnc"]),
        st.text(max_size=60) | st.from_regex(r"\([0-9.]*\*[0-9]*\*\w*\)", fullmatch=True),
    )
)
def test_whatever_comes_is_fit_to_send(params: dict[str, str]) -> None:
    for reading in VENDOR.read(hit(**{**BASE, **params})):
        written = event(reading)
        assert 0 < len(written["transactionId"]) <= 512
        for item in written.get("cartData", {}).get("items", []):
            assert set(item) <= {"merchantProductId", "itemId", "quantity", "unitPrice"}
        for one in written.get("userData", {}).get("userIdentifiers", []):
            assert set(one) <= {"emailAddress", "phoneNumber", "address"}
