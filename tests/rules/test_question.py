from dataclasses import replace
from typing import Any

import orjson
import pytest

from firsthand.rules.consent.policy import Policy, WhenUnknown
from firsthand.rules.decide import Decision
from firsthand.rules.question import answer
from firsthand.rules.site import Site
from firsthand.rules.verdict import decode
from tests.rules.consent.writer import tc, vendors
from tests.samples import ANALYTICS_ONLY, GRANTED, REFUSED, hit, shop

SITE = shop()


def asked(
    cookie: str, body: str = "", origin: str = "https://shop.example.com", site: Site = SITE
) -> tuple[Any, Decision]:
    found = answer(hit("fh/consent", cookie=cookie, body=body, headers={"origin": origin}), site)
    return orjson.loads(found.body), found.decision


@pytest.mark.parametrize(
    ("cookie", "meta", "ga4"),
    [
        (GRANTED, True, True),
        (ANALYTICS_ONLY, False, True),
        (REFUSED, False, False),
        ("", False, False),
        (f"euconsent-v2={tc()}", True, True),
        (f"euconsent-v2={tc(vendors=vendors([804]))}", True, False),
        (f"euconsent-v2={tc()}; addtl_consent=1~7", False, True),
    ],
)
def test_each_vendor_may_load_by_its_own_purpose(cookie: str, *, meta: bool, ga4: bool) -> None:
    body, decision = asked(cookie)
    assert body["allow"] == {"ga4": ga4, "meta": meta}
    assert decision.cookies[-1].startswith(f"fh_verdict=1.{body['digest']}.")


@pytest.mark.parametrize(
    ("cookie", "refused"),
    [(GRANTED, False), (ANALYTICS_ONLY, False), (REFUSED, True), ("", False)],
)
def test_a_refusal_is_told_from_silence(cookie: str, *, refused: bool) -> None:
    body, decision = asked(cookie)
    assert body["refused"] is refused
    remembered = decode(decision.cookies[-1].partition("=")[2].partition(";")[0])
    assert remembered is not None
    assert remembered.refused is refused


def test_another_choice_has_another_digest() -> None:
    assert asked(GRANTED)[0]["digest"] != asked(REFUSED)[0]["digest"]


def test_after_a_yes_the_landing_click_is_kept() -> None:
    landing = orjson.dumps({"landing": "?utm_source=x&fbclid=IwAR1a-b_c"}).decode()
    _, decision = asked(GRANTED, landing)
    assert any(".IwAR1a-b_c;" in line for line in decision.cookies if line.startswith("_fbc="))


@pytest.mark.parametrize(
    ("cookie", "body", "origin"),
    [
        (REFUSED, '{"landing": "?fbclid=IwAR1a-b_c"}', "https://shop.example.com"),
        (GRANTED, '{"landing": "?fbclid=IwAR1a-b_c"}', "https://evil.example"),
        (GRANTED, '{"landing": "?fbclid=a;b"}', "https://shop.example.com"),
        (GRANTED, '{"landing": 7}', "https://shop.example.com"),
        (GRANTED, "[]", "https://shop.example.com"),
        (GRANTED, "rubbish", "https://shop.example.com"),
        (GRANTED, '{"landing": "?fbclid=%s"}' % ("a" * 5000), "https://shop.example.com"),
    ],
)
def test_a_landing_that_cannot_be_trusted_sets_no_click(
    cookie: str, body: str, origin: str
) -> None:
    _, decision = asked(cookie, body, origin)
    assert not [line for line in decision.cookies if line.startswith("_fbc=")]


def test_a_refusal_sets_nothing_but_the_verdict_and_expires_the_keeper() -> None:
    _, decision = asked(GRANTED)
    keeper = next(line for line in decision.cookies if line.startswith("fh_keep=")).split(";")[0]
    _, refused = asked(f"{REFUSED}; {keeper}")
    assert refused.withdrawn
    kept = [line for line in refused.cookies if "Max-Age=0" not in line]
    assert [line.partition("=")[0] for line in kept] == ["fh_verdict"]


def test_a_site_whose_tags_decide_by_themselves_is_asked_all_the_same() -> None:
    body, _ = asked(REFUSED, site=replace(SITE, gate_scripts=False))
    assert body["allow"] == {"ga4": False, "meta": False}


def test_what_was_ignored_is_counted_and_a_yes_that_ends_soon_ends_its_cookies() -> None:
    _, decision = asked(f"{GRANTED}; _fbc=forged")
    assert "cookie:_fbc:malformed" in decision.odd
    # 180 days (the default) after the choice of 2026-05-28T07:00:01Z, an hour from now
    _, soon = asked("fh_consent=1.a1m1.1779951601.fh")
    lives = {int(line.split("Max-Age=")[1].partition(";")[0]) for line in soon.cookies}
    assert lives == {3600}


def test_where_silence_depends_on_the_place_a_traveller_is_soon_asked_about_again() -> None:
    policy = Policy(by_place=True, unknown=WhenUnknown.ALLOW)
    site = replace(SITE, consent=policy)
    for place, cookie, life in (("US", "", 3600), ("DE", "", 3600), ("US", GRANTED, 86_400)):
        there = replace(hit("fh/consent", cookie=cookie), place=place)
        found = answer(there, site)
        assert orjson.loads(found.body)["allow"]["meta"] is (place == "US")
        assert f"Max-Age={life};" in f"{found.decision.cookies[-1]};"
