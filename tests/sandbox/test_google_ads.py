"""Google Ads' doors as its stand-in plays them. Sources: see ``sandbox/google_ads.py``."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.sandbox.ga4 import MEASUREMENT
from firsthand.sandbox.google_ads import (
    ACCESS,
    ACCOUNT,
    ACTION,
    CUSTOMER,
    KEY,
    LABEL,
    SCOPE,
    SERVICE,
    TAG,
    failure,
    status,
)
from firsthand.sandbox.role import Way
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import Says
from firsthand.vendors.google_ads import VENDOR, Settings
from tests.factories import make_beacon
from tests.sandbox.asking import Client
from tests.sandbox.conftest import NOW
from tests.sandbox.waiting import seen
from tests.vendors.test_cases import hit_of

in_chromium = pytest.mark.asyncio(loop_scope="session")
HOST = "datamanager.googleapis.com"
INGEST = "/v1/events:ingest"
CASES = sorted((Path(__file__).parents[1] / "vendors" / "cases" / "google_ads").glob("*.json"))
BEARER = {"Authorization": f"Bearer {ACCESS}"}
HASH = "0123456789abcdef" * 4

GOOD: dict[str, Any] = {
    "destinations": [
        {
            "reference": "d",
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": CUSTOMER},
            "productDestinationId": ACTION,
        }
    ],
    "encoding": "HEX",
    "events": [
        {
            "destinationReferences": ["d"],
            "transactionId": "T-1",
            "eventTimestamp": "2026-11-24T05:50:00.123Z",
            "eventSource": "WEB",
            "currency": "EUR",
            "conversionValue": 20.02,
            "adIdentifiers": {"gclid": "Cj0K"},
            "userData": {"userIdentifiers": [{"emailAddress": HASH}]},
            "consent": {"adUserData": "CONSENT_GRANTED"},
            "cartData": {
                "merchantId": "5",
                "items": [{"itemId": "A", "quantity": "2", "unitPrice": 10.01}],
            },
        }
    ],
}
ADDRESS = {"givenName": HASH, "familyName": HASH, "regionCode": "DE", "postalCode": "10115"}


def body(event: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    made = deepcopy(GOOD) | changes
    for name, value in (event or {}).items():
        if value is None:
            made["events"][0].pop(name)
        else:
            made["events"][0][name] = value
    return made


def person(**given: Any) -> dict[str, Any]:
    return body({"userData": {"userIdentifiers": [given]}})


def to(**changes: Any) -> dict[str, Any]:
    return body(destinations=[{**GOOD["destinations"][0], **changes}])


PROBLEMS = {
    "no destination": (body(destinations=[]), "REQUIRED_FIELD_MISSING"),
    "11 destinations": (body(destinations=GOOD["destinations"] * 11), "TOO_MANY_DESTINATIONS"),
    "no account": (to(operatingAccount=None), "REQUIRED_FIELD_MISSING"),
    "account of another kind": (
        to(operatingAccount={"accountType": "GOOGLE", "accountId": CUSTOMER}),
        "INVALID_DESTINATION",
    ),
    "no action": (to(productDestinationId=""), "INVALID_CONVERSION_ACTION_ID"),
    "unknown reference": (body({"destinationReferences": ["e"]}), "INVALID_DESTINATION"),
    "no events": (body(events=[]), "REQUIRED_FIELD_MISSING"),
    "2,001 events": (body(events=GOOD["events"] * 2001), "TOO_MANY_EVENTS"),
    "event no object": (body(events=["x"]), "INVALID_EVENT"),
    "unknown member": (body({"event_name": "x"}), "INVALID_FORMAT"),
    "no transaction": (body({"transactionId": None}), "REQUIRED_FIELD_MISSING"),
    "long transaction": (body({"transactionId": "x" * 513}), "FIELD_VALUE_TOO_LONG"),
    "no time": (body({"eventTimestamp": None}), "REQUIRED_FIELD_MISSING"),
    "time in ms": (body({"eventTimestamp": NOW}), "INVALID_FORMAT"),
    "time of last year": (body({"eventTimestamp": "2025-11-24T06:00:00Z"}), "EVENT_TIME_INVALID"),
    "time ahead": (body({"eventTimestamp": "2026-11-24T08:00:00Z"}), "EVENT_TIME_INVALID"),
    "source": (body({"eventSource": "web"}), "INVALID_FORMAT"),
    "currency": (body({"currency": "eur"}), "INVALID_CURRENCY_CODE"),
    "value": (body({"conversionValue": "20.02"}), "INVALID_FORMAT"),
    "consent": (body({"consent": {"adUserData": "GRANTED"}}), "INVALID_FORMAT"),
    "nobody": (body({"userData": None, "adIdentifiers": None}), "NO_IDENTIFIERS_PROVIDED"),
    "plain address": (person(emailAddress="a@b.example"), "INVALID_SHA256_FORMAT"),
    "base64": (
        person(phoneNumber="rwEcuxqNxopl6_4AAc2LXtrNxUqdz1q0SUnd4rDN5sE"),
        "INVALID_SHA256_FORMAT",
    ),
    "half an address": (person(address={"givenName": HASH}), "REQUIRED_FIELD_MISSING"),
    "plain name": (person(address=ADDRESS | {"givenName": "Ada"}), "INVALID_SHA256_FORMAT"),
    "region": (person(address=ADDRESS | {"regionCode": "de"}), "INVALID_REGION_CODE"),
    "11 identifiers": (
        body({"userData": {"userIdentifiers": [{"emailAddress": HASH}] * 11}}),
        "TOO_MANY_USER_IDENTIFIERS",
    ),
    "no encoding": (body(encoding=""), "REQUIRED_FIELD_MISSING"),
    "merchant": (body({"cartData": {"merchantId": "shop"}}), "INVALID_FORMAT"),
    "quantity": (body({"cartData": {"items": [{"quantity": "1.5"}]}}), "INVALID_FORMAT"),
    "price": (body({"cartData": {"items": [{"unitPrice": "5"}]}}), "INVALID_FORMAT"),
}


@pytest.mark.parametrize(("given", "reason"), PROBLEMS.values(), ids=list(PROBLEMS))
async def test_a_bad_call_is_refused_as_a_whole(
    client: Client, sandbox: Sandbox, given: Any, reason: str
) -> None:
    for extra in ({}, {"validateOnly": True}):
        code, _, answer = await client.vendor(
            "POST", HOST, INGEST, headers=BEARER, json={**given, **extra}
        )
        assert code == 400
        violations = json.loads(answer)["error"]["details"][0]["fieldViolations"]
        assert reason in [each["reason"] for each in violations]
    stand_in = sandbox.vendor("google_ads")
    assert (len(stand_in.calls), len(stand_in.probes), stand_in.events) == (1, 1, [])


async def test_a_bad_event_is_named(client: Client) -> None:
    bad = {**GOOD["events"][0], "currency": "x"}
    given = body(events=[GOOD["events"][0], bad])
    _, _, answer = await client.vendor("POST", HOST, INGEST, headers=BEARER, json=given)
    [violation] = json.loads(answer)["error"]["details"][0]["fieldViolations"]
    assert violation["field"] == "events.events[1].currency"


async def test_a_good_call_is_taken_and_can_be_asked_for(client: Client, sandbox: Sandbox) -> None:
    given = person(address=ADDRESS)
    code, _, answer = await client.vendor("POST", HOST, INGEST, headers=BEARER, json=given)
    assert code == 200
    [event] = sandbox.vendor("google_ads").events
    assert (event.account, event.key) == (ACCOUNT, "T-1")
    assert event.data == given["events"][0]
    assert event.around["destinations"] == GOOD["destinations"]
    ticket = json.loads(answer)["requestId"]
    target = f"/v1/requestStatus:retrieve?requestId={ticket}"
    code, _, answer = await client.vendor("GET", HOST, target, headers=BEARER)
    [told] = json.loads(answer)["requestStatusPerDestination"]
    assert (code, told["requestStatus"]) == (200, "SUCCESS")
    assert (await client.vendor("GET", HOST, f"{target[:-20]}x", headers=BEARER))[0] == 404
    assert (await client.vendor("GET", HOST, target))[0] == 401


async def test_a_check_takes_nothing(client: Client, sandbox: Sandbox) -> None:
    code, _, answer = await client.vendor(
        "POST", HOST, INGEST, headers=BEARER, json=body(validateOnly=True)
    )
    stand_in = sandbox.vendor("google_ads")
    assert (code, json.loads(answer)) == (200, {})
    assert (stand_in.calls, stand_in.events, len(stand_in.probes)) == ([], [], 1)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
async def test_without_a_token_nothing_is_taken(client: Client, headers: dict[str, str]) -> None:
    code, _, answer = await client.vendor("POST", HOST, INGEST, headers=headers, json=GOOD)
    assert (code, json.loads(answer)["error"]["status"]) == (401, "UNAUTHENTICATED")


async def test_another_customer_is_not_ours(client: Client) -> None:
    given = to(operatingAccount={"accountType": "GOOGLE_ADS", "accountId": "9998887777"})
    assert (await client.vendor("POST", HOST, INGEST, headers=BEARER, json=given))[0] == 403


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_what_firsthand_writes_is_taken(client: Client, path: Path) -> None:
    """The API wants to know whose event it is: of nobody, it refuses that alone."""
    case = json.loads(path.read_text("utf-8"))
    if "call" not in case:
        return
    hit = hit_of(case["hit"])
    readings = [make_beacon(each, vendor="google_ads") for each in VENDOR.read(hit)]
    call = VENDOR.write(readings, Settings(CUSTOMER, ACTION), now=NOW)
    late = {"eventTimestamp": "2026-11-24T05:50:00Z"}
    given = json.loads(call.body)
    given["events"] = [event | late for event in given["events"]]
    code, _, answer = await client.vendor("POST", HOST, INGEST, headers=BEARER, json=given)
    assert code == 200, answer


async def test_every_answer_can_be_told(client: Client, sandbox: Sandbox) -> None:
    stand_in = sandbox.vendor("google_ads")
    stand_in.limit_rate(times=1)
    code, _, answer = await client.vendor("POST", HOST, INGEST, headers=BEARER, json=GOOD)
    assert code == 429
    assert "PerMinute" in json.loads(answer)["error"]["details"][0]["metadata"]["quota_limit"]
    stand_in.misbehave(Says(failure(503, "UNAVAILABLE")), times=1)
    assert (await client.vendor("POST", HOST, INGEST, headers=BEARER, json=GOOD))[0] == 503
    partly = status("PARTIAL_SUCCESS", CLICK_NOT_FOUND=2)
    stand_in.misbehave(Says(partly), times=1, on=Way.OTHER)
    _, _, answer = await client.vendor("GET", HOST, "/v1/requestStatus:retrieve", headers=BEARER)
    [told] = json.loads(answer)["requestStatusPerDestination"]
    [count] = told["errorInfo"]["errorCounts"]
    assert count["reason"] == "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND"


# Tokens.


def assertion(**changes: Any) -> dict[str, str]:
    claims = {
        "iss": SERVICE,
        "scope": SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": NOW // 1000,
        "exp": NOW // 1000 + 3600,
        **changes,
    }
    middle = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": f"head.{middle}.signature",
    }


USER = {**json.loads(KEY), "grant_type": "refresh_token"}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (USER, 200),
        (USER | {"refresh_token": "other"}, 400),
        (USER | {"grant_type": "password"}, 400),
        (assertion(), 200),
        (assertion(iss="other@demo.iam.gserviceaccount.com"), 400),
        (assertion(scope="https://www.googleapis.com/auth/adwords"), 400),
        (assertion(exp=NOW // 1000 + 7200), 400),
        (assertion(iat=NOW // 1000 - 7200, exp=NOW // 1000 - 3600), 400),
        ({"grant_type": assertion()["grant_type"], "assertion": "x"}, 400),
        ({}, 400),
    ],
)
async def test_tokens(client: Client, form: dict[str, str], code: int) -> None:
    status_code, _, answer = await client.vendor(
        "POST",
        "oauth2.googleapis.com",
        "/token",
        data=urlencode(form),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    told = json.loads(answer)
    assert status_code == code
    assert told.get("access_token") == (ACCESS if code == 200 else None)
    assert code == 200 or told["error"] == "invalid_grant"


# The tag, over HTTP and in Chromium.


@pytest.mark.parametrize(
    ("target", "vendor", "code"),
    [
        (f"/gtag/js?id={TAG}", "google_ads", 200),
        (f"/gtag/destination?id={TAG}&l=dataLayer&cx=c", "google_ads", 200),
        (f"/gtag/js?id={MEASUREMENT}", "ga4", 200),
        ("/gtag/js?id=AW-", "ga4", 404),
    ],
)
async def test_one_address_has_two_tags(
    client: Client, sandbox: Sandbox, target: str, vendor: str, code: int
) -> None:
    status_code, _, _ = await client.vendor("GET", "www.googletagmanager.com", target)
    stand_in = sandbox.vendor(vendor)
    assert status_code == code
    assert len(stand_in.scripts) == (1 if code == 200 else 0)


@pytest_asyncio.fixture(loop_scope="session")
async def ads() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("google_ads",)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def both() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("ga4", "google_ads")) as running:
        yield running


async def visit(page: Page, live: Sandbox, query: str, choice: str = "Accept all") -> None:
    await page.goto(f"{live.shop_url}/plain/shop?{query}")
    await page.get_by_role("button", name=choice).click()


async def buy(page: Page) -> str:
    for selector in ("#main a[href$='/product/BRD-02']", "#add", "#to-checkout", "#buy"):
        await page.click(selector)
    return await page.locator("#order").inner_text()


def paths(live: Sandbox) -> list[str]:
    found = live.vendor("google_ads")
    return [f"{each.ask.host}{each.ask.path}" for each in (*found.beacons, *found.others)]


def digest(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")


@in_chromium
async def test_a_purchase_is_a_conversion(ads: Sandbox, page: Page) -> None:
    stand_in = ads.vendor("google_ads")
    await visit(page, ads, "gclid=EAIaIQdemo-1&gad_source=1&wbraid=CjgKdemo")
    await seen(stand_in, "page_view")
    await seen(stand_in, "view_item_list")
    order = await buy(page)
    sold = await seen(stand_in, "conversion")
    cookies = {each["name"]: each["value"] for each in await page.context.cookies()}
    assert (sold.account, sold.key) == (ACCOUNT, order)
    assert (sold.data["value"], sold.data["currency_code"]) == ("32.5", "EUR")
    assert (sold.data["bttype"], sold.data["item"]) == ("purchase", "(32.5*1*BRD-02)")
    assert (sold.data["mid"], sold.data["fcntr"], sold.data["vdnc"]) == ("5550001", "DE", "true")
    assert sold.data["gclaw"] == "EAIaIQdemo-1"
    assert sold.data["gclgb"] == "CjgKdemo"
    assert re.fullmatch(r"GCL\.\d{10}\.EAIaIQdemo-1", cookies["_gcl_aw"])
    assert re.fullmatch(r"2\.1\.k1\$i\d{10}\$u1", cookies["_gcl_gs"])
    assert cookies["_gcl_au"] == f"1.1.{sold.data['auid']}"
    assert (sold.data["gcs"], sold.data["ec_mode"]) == ("G111", "c")
    assert sold.data["em"] == "~".join(
        (
            "tv.1",
            f"em.{digest('jane.doe@example.com')}",
            f"pn.{digest('+49301234567')}",
            f"fn0.{digest('jane')}",
            f"ln0.{digest('doe')}",
            "pc0.10115",
            "co0.DE",
        )
    )
    digits = TAG.removeprefix("AW-")
    assert {
        f"www.googleadservices.com/pagead/conversion/{digits}/",
        f"googleads.g.doubleclick.net/pagead/viewthroughconversion/{digits}/",
        "www.google.com/ccm/collect",
        "www.googleadservices.com/pagead/set_partitioned_cookie",
        "www.googletagmanager.com/static/service_worker/6b10/sw_iframe.html",
    } == set(paths(ads))
    names = [event.name for event in stand_in.pixel_events]
    assert names.count("conversion") == 1
    assert {"view_item", "add_to_cart", "begin_checkout", "gtag.config"} <= set(names)


@in_chromium
async def test_beside_analytics_the_conversion_has_a_mirror(both: Sandbox, page: Page) -> None:
    stand_in = both.vendor("google_ads")
    await visit(page, both, "")
    order = await buy(page)
    await seen(both.vendor("ga4"), "purchase")
    await seen(stand_in, "conversion")
    await page.wait_for_load_state("networkidle")
    sold = [event for event in stand_in.pixel_events if event.name == "conversion"]
    doors = [each.ask.path for each in stand_in.beacons if f"label={LABEL}" in each.ask.query]
    digits = TAG.removeprefix("AW-")
    assert sorted(doors) == [f"/ccm/conversion/{digits}/", f"/pagead/conversion/{digits}/"]
    assert [event.key for event in sold] == [order, order]
    assert all("ep.user_data" not in event.data for event in both.vendor("ga4").pixel_events)
    assert {event.account for event in both.vendor("ga4").pixel_events} == {MEASUREMENT}


@in_chromium
async def test_refused_means_that_the_tag_never_loads(ads: Sandbox, page: Page) -> None:
    await visit(page, ads, "gclid=EAIaIQdemo-1", "Analytics only")
    await buy(page)
    stand_in = ads.vendor("google_ads")
    assert (stand_in.beacons, stand_in.scripts, stand_in.others) == ([], [], [])
    assert not [each for each in await page.context.cookies() if each["name"].startswith("_gcl")]


@in_chromium
async def test_denied_storage_is_a_ping_without_ids(ads: Sandbox, page: Page) -> None:
    await page.goto(f"{ads.shop_url}/_vendors?gclid=EAIaIQdemo-1")
    await page.evaluate(
        "window.dataLayer = []; window.gtag = function () { dataLayer.push(arguments); };"
        "gtag('consent', 'default', {ad_storage: 'denied', ad_user_data: 'denied'});"
        f"gtag('config', '{TAG}'); gtag('event', 'conversion', {{send_to: '{ACCOUNT}'}});"
    )
    await page.add_script_tag(url=f"http://www.googletagmanager.com{ads.suffix}/gtag/js?id={TAG}")
    sent = (await seen(ads.vendor("google_ads"), "conversion")).data
    assert (sent["gcs"], sent["gcd"][:4]) == ("G10-", "13p3")
    assert not {"gclaw", "auid", "em"} & sent.keys()
    assert "gclid" not in sent["url"]
    first = (await seen(ads.vendor("google_ads"), "page_view")).data
    assert "gclid" not in first["dl"]
    assert await page.context.cookies() == []
