from dataclasses import replace

import pytest

from firsthand.errors import BadHit
from firsthand.model import Mode
from firsthand.rules.doors import Doors
from firsthand.rules.respond import GIF, respond
from firsthand.vendor import Door
from firsthand.vendors import VENDORS
from firsthand.vendors.ga4.relay import TOLD_ADS
from tests.samples import ANALYTICS_ONLY, GRANTED, PROPERTY, REFUSED, hit, meta_hit, shop

SITE = shop()


@pytest.mark.parametrize(
    ("destination", "status", "body"),
    [
        ("image", 200, GIF),
        ("iframe", 200, GIF),
        ("script", 200, b""),
        ("empty", 204, b""),
        ("", 204, b""),
    ],
)
def test_a_beacon_hears_what_its_element_expects(
    destination: str, status: int, body: bytes
) -> None:
    found = meta_hit()
    headers = {**found.headers, "sec-fetch-dest": destination}
    response = respond(hit(f"{found.host}{found.path}?{found.query}", headers=headers), SITE)
    assert (response.status, response.body) == (status, body)
    assert response.decision is not None
    assert len(response.decision.beacons) == 1


@pytest.mark.parametrize(
    "address",
    [
        "evil.example/tr/",
        "www.facebook.com/other",
        "connect.facebook.net/en_US/fbevents.js",
        "fh/copy",
        "fh/other",
        "fh",
        "",
    ],
)
def test_other_doors_are_not_answered_here(address: str) -> None:
    with pytest.raises(BadHit) as refused:
        respond(hit(address), SITE)
    assert refused.value.status == 404


def test_doors_for_third_party_cookies_are_counted() -> None:
    response = respond(hit("stats.g.doubleclick.net/g/collect?x=1"), SITE)
    assert (response.status, response.decision, response.counted) == (204, None, "sink_ga4")


KEY_EVENT = f"www.google.com/measurement/conversion/?random=17&cv=11&tid={PROPERTY}&en=purchase"


def test_what_ga4_tells_google_ads_ends_here_where_nothing_is_relayed() -> None:
    response = respond(hit(KEY_EVENT, cookie=GRANTED), SITE)
    assert (response.status, response.decision, response.counted) == (204, None, "sink_ga4")


def test_a_relay_passes_it_on_but_never_as_the_event_itself() -> None:
    response = respond(hit(KEY_EVENT, cookie=GRANTED), shop(Mode.RELAY))
    assert response.decision is not None
    [beacon] = response.decision.beacons
    assert (beacon.name, beacon.door) == (TOLD_ADS, "www.google.com/measurement/conversion/")


@pytest.mark.parametrize("cookie", [REFUSED, ANALYTICS_ONLY, ""])
def test_nor_does_a_relay_pass_it_on_without_consent(cookie: str) -> None:
    response = respond(hit(KEY_EVENT, cookie=cookie), shop(Mode.RELAY))
    assert response.decision is not None
    assert not any(each.door for each in response.decision.beacons)


@pytest.mark.parametrize("site", ["same-site", "same-origin", None])
def test_the_question_can_be_asked_by_a_script_element(site: str | None) -> None:
    headers = {"sec-fetch-site": site} if site else {}
    response = respond(hit("fh/consent?js=1", headers=headers), SITE)
    assert response.content_type.startswith("text/javascript")
    assert response.body.startswith(b'__fh({"v":1,')
    plain = respond(hit("fh/consent", headers=headers), SITE)
    assert response.body == b"__fh(%s)" % plain.body


@pytest.mark.parametrize("site", ["cross-site", "none"])
def test_no_other_site_learns_the_answer_by_a_script(site: str) -> None:
    with pytest.raises(BadHit) as refused:
        respond(hit("fh/consent?js=1", headers={"sec-fetch-site": site}), SITE)
    assert refused.value.status == 403


@pytest.mark.parametrize("query", ["js=1&callback=alert", "callback=alert(1)", "js=alert"])
def test_no_name_from_outside_reaches_a_script(query: str) -> None:
    response = respond(hit(f"fh/consent?{query}"), SITE)
    assert response.content_type == "application/json"
    assert b"alert" not in response.body


def test_a_script_that_waits_for_json_gets_it() -> None:
    vendor = replace(
        VENDORS["meta"],
        beacons=(Door(("www.facebook.com",), ("/tr/",), says=b"{}"),),
        sinks=(Door(("www.facebook.com",), ("/sink",), says=b"[]"),),
    )
    site = replace(SITE, vendors={**SITE.vendors, "meta": vendor}, doors=Doors([vendor]))
    beacon = respond(meta_hit(), site)
    assert (beacon.status, beacon.body) == (200, b"{}")
    assert beacon.content_type == "application/json"
    assert beacon.decision is not None
    assert len(beacon.decision.beacons) == 1
    sink = respond(hit("www.facebook.com/sink"), site)
    assert (sink.status, sink.body, sink.counted) == (200, b"[]", "sink_meta")
