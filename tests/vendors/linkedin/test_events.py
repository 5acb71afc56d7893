"""ECAPI events at LinkedIn. Sources: Conversions API and its schema, read 2026-11."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from firsthand.model import Reading, Reason
from firsthand.vendors.linkedin import VENDOR, Settings
from firsthand.vendors.linkedin.events import compose
from tests.events import ADA, HASHED, PLAIN, event
from tests.factories import make_beacon, make_hit

TAG = "810042"
SETTINGS = Settings(
    events={
        "purchase": "60417733",
        "page_view": "101",
        "add_to_cart": "102",
        "generate_lead": "103",
        "quiz_done": "104",
        "sign_up": "no number",
    },
    rules={"103": "203"},
)
CLICK = "9b2f7c10-5a1e-4c33-8d07-0e5f6a7b8c9d"
FAT = "userIds.LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
MAIL = "userIds.SHA256_EMAIL"


def read(kind: str = "purchase", **changes: Any) -> Reading:
    found = compose(event(kind, **changes), TAG, SETTINGS)
    assert found is not None
    return found


def written(reading: Reading) -> Any:
    beacon = make_beacon(reading, vendor="linkedin")
    [sent] = orjson.loads(VENDOR.write([beacon], SETTINGS, now=reading.at).body)["elements"]
    return sent


def chosen(name: str) -> dict[str, Any]:
    return {"ext": {"firsthand": {"event_names": {"linkedin": name}}}}


@pytest.mark.parametrize(
    ("kind", "changes", "rule", "skip"),
    [
        ("purchase", {}, "60417733", Reason.NONE),
        ("page_view", {}, "101", Reason.NONE),
        ("add_to_cart", {}, "102", Reason.NONE),
        ("generate_lead", {}, "103", Reason.NONE),
        ("custom", {"custom_event": "quiz_done"}, "104", Reason.NONE),
        ("login", chosen("105"), "105", Reason.NONE),
        ("purchase", chosen("106"), "106", Reason.NONE),
        ("sign_up", {}, "no number", Reason.UNMAPPABLE),
        ("login", chosen("Login"), "Login", Reason.UNMAPPABLE),
    ],
)
def test_a_rule_stands_for_an_event(
    kind: str, changes: dict[str, Any], rule: str, skip: Reason
) -> None:
    found = read(kind, **changes)
    assert (found.name, found.canonical, found.skip) == (rule, kind, skip)


@pytest.mark.parametrize(
    ("kind", "changes"), [("login", {}), ("refund", {}), ("custom", {"custom_event": "other"})]
)
def test_an_event_without_a_rule_is_not_sent(kind: str, changes: dict[str, Any]) -> None:
    assert compose(event(kind, **changes), TAG, SETTINGS) is None
    assert compose(event("purchase"), TAG, Settings()) is None


def test_a_purchase() -> None:
    found = read()
    assert found.fields == {
        "conversionValue.amount": "47.97",
        "conversionValue.currencyCode": "EUR",
        "userIds.PLAINTEXT_IP_ADDRESS": "203.0.113.7",
    }
    assert not found.notes
    assert written(found) == {
        "conversion": "urn:lla:llaPartnerConversion:60417733",
        "conversionHappenedAt": found.at,
        "conversionValue": {"currencyCode": "EUR", "amount": "47.97"},
        "eventId": "purchase-7731",
        "user": {"userIds": [{"idType": "PLAINTEXT_IP_ADDRESS", "idValue": "203.0.113.7"}]},
    }


def test_another_rule_may_take_what_the_server_sends() -> None:
    assert written(read("generate_lead"))["conversion"].endswith(":203")


def test_the_tags_conversion_is_its_twin() -> None:
    long = "k" * 80
    query = f"pid={TAG}&conversionId=60417733&eventId={long}"
    [pixel] = VENDOR.read(
        make_hit(f"https://trk.shop.example.com/px.ads.linkedin.com/collect?{query}")
    )
    ours = read(id=long)
    for name in ("account", "name", "event_key"):
        assert getattr(pixel, name) == getattr(ours, name)


def test_an_address_is_hashed_with_its_dots_and_a_hash_is_left_alone() -> None:
    plain = {**PLAIN, "email": [" Ada.Lovelace+shop@GMail.com "]}
    found = read(ext={"firsthand": {"plain": plain}})
    assert found.fields[MAIL] == sha256(b"ada.lovelace+shop@gmail.com").hexdigest()
    assert not [word for word in ("Ada", "Lovelace", "10115", "DE'") if word in str(found.fields)]
    by_hash = read(user_data=HASHED)
    assert by_hash.fields == {
        MAIL: ADA["email"],
        "conversionValue.amount": "47.97",
        "conversionValue.currencyCode": "EUR",
    }
    assert not by_hash.notes


def test_of_network_addresses_only_version_4_is_taken() -> None:
    found = read(user_data={"event_ip_address": "2a02:8071:1::7"})
    assert found.notes[0] == "@ip: not usable"
    assert "nobody to match yet" in found.notes[1]


def test_the_pages_click() -> None:
    page = f"https://shop.example.com/done?li_fat_id={CLICK}"
    assert read(properties={"page_url": page}).fields[FAT] == CLICK
    told = read(user_data=None, ext={"firsthand": {"click_ids": {"li_fat_id": CLICK}}})
    assert not told.notes


def test_measurement_only_counts_as_limited() -> None:
    assert read(user_data={"mmt_only": True}).limited
    assert not read().limited
