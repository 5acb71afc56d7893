from dataclasses import replace
from typing import Any

import pytest

from firsthand.errors import BadHit
from firsthand.rules.events import clicks, is_ours, readings, unpack
from firsthand.vendors import VENDORS
from tests.events import event, page_hit, server_hit
from tests.samples import PIXEL, PROPERTY, shop

SITE = shop()
JSON = ("application/json",)


@pytest.mark.parametrize(
    ("body", "most", "expected"),
    [
        ({"a": 1}, 2, [{"a": 1}]),
        ([{"a": 1}, 7], 2, [{"a": 1}, 7]),
        ({"events": [{"a": 1}]}, 2, [{"a": 1}]),
        ({"events": []}, 2, []),
        ([], 2, []),
        ("[1,2,3]", 2, "too_many_events"),
        ({"events": {}}, 2, "bad_json"),
        ({"events": "x"}, 2, "bad_json"),
        ("7", 2, "bad_json"),
        ('"x"', 2, "bad_json"),
        ("null", 2, "bad_json"),
        ("{", 2, "bad_json"),
    ],
)
def test_what_a_body_holds(body: Any, most: int, expected: Any) -> None:
    found = server_hit(body)
    if not isinstance(expected, str):
        assert unpack(found, types=JSON, most=most) == expected
        return
    with pytest.raises(BadHit) as refused:
        unpack(found, types=JSON, most=most)
    assert (refused.value.status, refused.value.reason) == (400, expected)


@pytest.mark.parametrize("content_type", ["text/html", "application/jsonx", "", "multipart/x"])
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(BadHit) as refused:
        unpack(page_hit({}, headers={"content-type": content_type}), types=JSON, most=1)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, {("meta", PIXEL), ("ga4", PROPERTY)}),
        (["meta"], {("meta", PIXEL)}),
        ([PROPERTY], {("ga4", PROPERTY)}),
        (["nobody"], set()),
        ([7.5], set()),
    ],
)
def test_destinations_narrow(wanted: Any, expected: set[tuple[str, str]]) -> None:
    found = event(ext={"firsthand": {"destinations": wanted}})
    told = {(vendor.key, reading.account) for vendor, reading in readings(found, SITE)}
    assert told == expected


def test_a_vendor_that_takes_no_events_yet_gets_none() -> None:
    mute = replace(VENDORS["meta"], compose=None)
    accounts = {
        key: replace(account, vendor=mute) if key[0] == "meta" else account
        for key, account in SITE.accounts.items()
    }
    site = replace(SITE, accounts=accounts)
    assert [vendor.key for vendor, _ in readings(event(), site)] == ["ga4"]


def test_consent_strings_go_with_each_reading() -> None:
    found = event(user_data={"gpp_string": "DBABL~BVQqAAAAAg.Q", "gpp_sid": [7]})
    told = [reading.signals for _, reading in readings(found, SITE)]
    assert told == [{"gpp": "DBABL~BVQqAAAAAg.Q", "gpp_sid": "7"}] * 2


def test_a_lone_click_id_is_the_only_ad_vendors() -> None:
    found = event(user_data={"click_id": "IwAR1"})
    assert clicks(found, SITE) == {"fbclid": "IwAR1"}
    two = replace(SITE, vendors={**SITE.vendors, "tiktok": VENDORS["tiktok"]})
    assert clicks(found, two) == {}
    named = event(
        user_data={"click_id": "IwAR1"}, ext={"firsthand": {"click_ids": {"ttclid": "E"}}}
    )
    assert clicks(named, SITE) == {"ttclid": "E"}


def test_the_data_set_is_the_site() -> None:
    assert is_ours(event(), SITE)
    assert not is_ours(event(data_set_id="other"), SITE)
    assert is_ours(event(data_set_id="other"), replace(SITE, any_account=True))


def test_notes_name_their_vendor() -> None:
    found = event(user_data={"phone_numbers": ["a" * 64]})
    notes = [note for _, reading in readings(found, SITE) for note in reading.notes]
    assert notes == ["meta: phone: hash_not_portable"]
