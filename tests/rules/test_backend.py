from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import BadHit
from firsthand.model import Beacon, Origin
from firsthand.rules.backend import take
from firsthand.rules.consent.policy import Policy, RuleSet, WhenUnknown
from firsthand.rules.respond import respond, unkept
from tests.events import (
    ADA,
    CANARIES,
    DIGITS,
    HASHED,
    JSON,
    KEY,
    OPEN,
    PLAIN,
    YES,
    raw,
    server_hit,
    signature,
    site,
    written,
)
from tests.samples import NOW, hit, meta_hit

DAY_S = 86_400


def said(body: Any, **given: Any) -> dict[str, Any]:
    """Return what the shop's server hears of its one event."""
    answer = take(server_hit(body), given.get("on", OPEN))
    assert answer.status == 200
    found: dict[str, Any] = orjson.loads(answer.body)["events"][0]
    return found


def kept(body: Any, on: Any = OPEN) -> dict[str, Beacon]:
    decision = take(server_hit(body), on).decision
    assert decision is not None
    return {beacon.vendor: beacon for beacon in decision.beacons}


def codes(answer: dict[str, Any], part: str = "warnings") -> set[tuple[str, str]]:
    return {(each.get("field", each.get("destination", "")), each["code"]) for each in answer[part]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": f"Bearer {KEY}"}, 200),
        ({"authorization": f"bearer {KEY}"}, 200),
        ({"x-signature": signature(raw())}, 200),
        ({"x-signature": signature(raw()).upper().replace("SHA256", "sha256")}, 200),
        ({"authorization": f"Bearer {KEY}", "x-signature": signature(raw())}, 200),
        ({}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {KEY}"}, 401),
        ({"authorization": KEY}, 401),
        ({"authorization": f"Bearer {KEY}x"}, 401),
        ({"authorization": "Bearer \udcff"}, 401),
        ({"x-signature": signature(raw(), "other key")}, 401),
        ({"x-signature": signature(raw(id="other"))}, 401),
        ({"x-signature": "sha256="}, 401),
        ({"authorization": f"Bearer {KEY}", "x-signature": "sha256=00"}, 401),
        ({"authorization": "Bearer wrong", "x-signature": signature(raw())}, 401),
    ],
)
def test_only_who_has_the_key_is_heard(headers: dict[str, str], status: int) -> None:
    response = respond(server_hit(raw(), headers=headers), OPEN)
    assert response.status == status
    assert (response.decision is not None) is (status == 200)
    assert response.counted == ("" if status == 200 else "events_401")


def test_the_door_is_shut_without_a_key() -> None:
    for headers in ({"authorization": "Bearer "}, {"x-signature": signature(raw(), "")}, {}):
        with pytest.raises(BadHit) as refused:
            respond(server_hit(raw(), headers=headers), site(ingest_key=b""))
        assert refused.value.status == 404


def test_an_event_is_accepted_for_every_account() -> None:
    answer = take(server_hit(raw()), OPEN)
    body = orjson.loads(answer.body)
    assert (body["received"], body["accepted"]) == (1, 1)
    assert body["events"] == [
        {"index": 0, "status": "accepted", "id": "purchase-7731", "warnings": []}
    ]
    found = kept(raw())
    assert {vendor: each.name for vendor, each in found.items()} == {
        "meta": "Purchase",
        "ga4": "purchase",
    }
    assert {each.origin for each in found.values()} == {Origin.BACKEND}
    assert answer.decision is not None
    assert answer.decision.cookies == ()


def test_the_visitor_is_the_events_not_the_senders() -> None:
    fields = kept(raw())["meta"].fields
    assert fields["user_data.client_ip_address"] == "203.0.113.7"
    assert fields["user_data.client_user_agent"] == "UA/1.0"
    alone = kept(raw(user_data=None))
    assert "198.51.100.20" not in str(alone)
    assert "Mozilla/5.0 test" not in str([asdict(each) for each in alone.values()])
    assert "user_data.fbp" not in alone["meta"].fields
    assert alone["meta"].bot == 0


def test_ids_are_what_the_server_tells() -> None:
    told = {
        **YES,
        "click_ids": {"FBCLID": "IwAR1"},
        "browser_ids": {
            "fbp": "fb.1.1795000000000.1098115397",
            "ga_client_id": "GA1.1.111.1780000000",
            "ga_session_id": "1795499000",
            "_fbc": "not one",
        },
    }
    found = kept(raw(ext={"firsthand": told}))
    at = found["meta"].event_at
    assert found["meta"].fields["user_data.fbc"] == f"fb.1.{at}.IwAR1"
    assert found["meta"].fields["user_data.fbp"] == "fb.1.1795000000000.1098115397"
    assert found["ga4"].fields["client_id"] == "111.1780000000"
    assert found["ga4"].fields["params.session_id"] == "1795499000"


@pytest.mark.parametrize(
    ("policy", "consent", "status"),
    [
        (Policy(), {"analytics": "granted", "marketing": "granted"}, "accepted"),
        (Policy(), {"analytics": "granted", "marketing": "denied"}, "suppressed"),
        (Policy(), {"analytics": "granted"}, "suppressed"),
        (Policy(), {"marketing": "granted"}, "accepted"),  # Meta; GA4 wants analytics too
        (Policy(), {}, "suppressed"),
        (Policy(), None, "suppressed"),
        (Policy(), "granted", "suppressed"),
        (Policy(), {"marketing": "granted", "decided_at": NOW // 1000 - 200 * DAY_S}, "suppressed"),
        (Policy(), {"marketing": "granted", "decided_at": NOW // 1000 + 2 * DAY_S}, "suppressed"),
        (Policy(RuleSet.OPTOUT, WhenUnknown.ALLOW), None, "accepted"),
        (Policy(RuleSet.OPTOUT, WhenUnknown.DENY), None, "suppressed"),
        (Policy(RuleSet.OPTOUT, WhenUnknown.ALLOW), {"marketing": "denied"}, "suppressed"),
        (Policy(RuleSet.OPTOUT, WhenUnknown.ALLOW), {"marketing": "?"}, "suppressed"),
    ],
)
def test_consent(policy: Policy, consent: Any, status: str) -> None:
    firsthand = {} if consent is None else {"consent": consent}
    on = site(consent=policy)
    answer = said(raw(ext={"firsthand": firsthand}), on=on)
    assert answer["status"] == status
    assert bool(kept(raw(ext={"firsthand": firsthand}), on)) is (status == "accepted")


def test_cookies_and_headers_of_the_server_say_nothing() -> None:
    found = replace(server_hit(raw(ext=None)), cookies={"fh_consent": ("1.a1m1.1795400000.fh",)})
    decision = take(found, OPEN).decision
    assert decision is not None
    assert not decision.beacons


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event_type": None}, ("event_type", "required")),
        ({"event_type": "buy"}, ("event_type", "invalid_enum")),
        ({"currency_code": None}, ("currency_code", "required")),
        ({"value": -1}, ("value", "invalid_value")),
        ({"timestamp": None}, ("timestamp", "required")),
        ({"timestamp": NOW // 1000 + 400}, ("timestamp", "in_future")),
        ({"timestamp": NOW // 1000 - 91 * DAY_S}, ("timestamp", "too_old")),
        ({"data_set_id": None}, ("data_set_id", "required")),
        ({"data_set_id": "other"}, ("data_set_id", "invalid_value")),
        ({"id": "x" * 300}, ("id", "too_long")),
    ],
)
def test_what_is_wrong_is_rejected_with_field_and_code(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    given = {name: each for name, each in {**raw(), **changes}.items() if each is not None}
    answer = said(given)
    assert answer["status"] == "rejected"
    assert expected in codes(answer, "errors")
    assert not kept(given)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": None}, ("id", "no_id")),
        ({"value": None}, ("value", "missing_value")),
        ({"color": "red"}, ("color", "unknown_field")),
        (
            {"user_data": {"email_address": ["a@b.example"]}},
            ("user_data.email_address", "not_hashed"),
        ),
        ({"timestamp": NOW // 1000 - 4 * DAY_S}, ("ga4", "too_old")),  # 72 hours at GA4
    ],
)
def test_what_is_doubtful_is_accepted_with_a_warning(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = said(raw(**changes))
    assert answer["status"] == "accepted"
    assert expected in codes(answer)


def test_an_event_that_nobody_takes_is_suppressed() -> None:
    answer = said(raw(ext={"firsthand": {**YES, "destinations": ["nobody"]}}))
    assert answer["status"] == "suppressed"
    assert codes(answer) == {("", "no_destination")}


def test_one_bad_event_does_not_spoil_the_others() -> None:
    batch = [raw(), raw("nope"), 7, raw("begin_checkout"), raw(id="other")]
    answer = take(server_hit({"events": batch}), OPEN)
    body = orjson.loads(answer.body)
    assert [each["status"] for each in body["events"]] == [
        "accepted",
        "rejected",
        "rejected",
        "accepted",
        "accepted",
    ]
    assert (body["received"], body["accepted"]) == (5, 3)
    assert ("id", "id_reused") in codes(body["events"][3])
    assert answer.decision is not None
    assert len({beacon.id for beacon in answer.decision.beacons}) == 6


def test_a_trial_stores_nothing() -> None:
    answer = take(server_hit(raw(), query="validate_only=true"), OPEN)
    assert orjson.loads(answer.body)["accepted"] == 1
    assert answer.decision is None


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ("{", {}, 400, "bad_json"),
        ("7", {}, 400, "bad_json"),
        ([raw()] * 501, {}, 400, "too_many_events"),
        (raw(), {"content-type": "text/plain"}, 415, "content_type"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(
    body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    key = {"authorization": f"Bearer {KEY}"}
    response = respond(server_hit(body, headers={**key, **headers}), OPEN)
    assert response.status == status
    assert orjson.loads(response.body)["error"]["code"] == code
    assert response.decision is None


def test_five_hundred_events_are_taken() -> None:
    answer = take(server_hit([raw(id=f"e{index}") for index in range(500)]), OPEN)
    assert orjson.loads(answer.body)["accepted"] == 500


@pytest.mark.parametrize("user", ["plain", "hashed", "both"])
def test_contact_data_is_hashed_once_by_each_vendors_rule(user: str) -> None:
    firsthand = {**YES, "plain": PLAIN} if user != "hashed" else YES
    found = kept(raw(user_data=HASHED if user != "plain" else None, ext={"firsthand": firsthand}))
    meta, ga4 = found["meta"].fields, found["ga4"].fields
    assert meta["user_data.em"] == ga4["user_data.sha256_email_address"] == [ADA["email"]]
    assert meta["user_data.external_id"] == [ADA["id"]]
    assert meta["user_data.zp"] == [ADA["post"]]
    assert ga4["user_data.sha256_phone_number"] == [ADA["phone"]]
    assert meta.get("user_data.ph") == (None if user == "hashed" else [DIGITS])
    stored = str([asdict(each) for each in found.values()])
    for plain in ("Ada", "Lovelace", "151123", "CUST", "@example.com"):
        assert plain not in stored


@pytest.mark.parametrize("kind", ["purchase", "custom", "page_view"])
@pytest.mark.parametrize("marketing", ["denied", "?", None])
def test_without_marketing_no_canary_survives(marketing: str | None, kind: str) -> None:
    consent = {"analytics": "granted", "marketing": marketing}
    ext = {"firsthand": {**CANARIES["ext"]["firsthand"], "consent": consent}}
    response = respond(server_hit(raw(kind, **{**CANARIES, "ext": ext})), OPEN)
    assert response.decision is not None
    assert not response.decision.beacons
    seen = str(asdict(response.decision)) + response.body.decode()
    for secret in ("CANARY", "198.51.100", ADA["email"], ADA["first"], ADA["id"]):
        assert secret not in seen


def test_no_value_is_repeated_in_an_error() -> None:
    bad = raw("CANARY1", value="CANARY2", id=["CANARY3"], currency_code="CANARY4")
    bad["CANARY 5"] = 1
    assert b"CANARY" not in take(server_hit(bad), OPEN).body


def test_a_fault_or_a_full_disk_asks_the_server_to_send_again() -> None:
    assert [unkept(server_hit(raw()), fault=fault).status for fault in (True, False)] == [500, 503]
    for other in (meta_hit(), hit("fh/collect"), hit("fh/consent")):
        assert unkept(other, fault=True).status == 202


@settings(max_examples=200, deadline=None)
@given(anything=JSON, changes=st.dictionaries(st.sampled_from(sorted(raw())), JSON, max_size=5))
def test_any_json_gives_an_answer(anything: Any, changes: dict[str, Any]) -> None:
    for body in (anything, [anything], raw(**changes)):
        response = respond(server_hit(written(body)), OPEN)
        assert response.status in {200, 400}
        orjson.loads(response.body)
        for beacon in response.decision.beacons if response.decision else ():
            orjson.dumps(beacon)
