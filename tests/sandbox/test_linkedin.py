"""LinkedIn's API as its stand-in plays it, and its tag in Chromium: see its part there."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from gzip import compress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.sandbox import role
from firsthand.sandbox.linkedin import PARTNER, ROLE, RULES, TOKEN
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import StandIn
from firsthand.vendors.linkedin import VENDOR
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

NOW = 1_795_500_000_000
DAY = 86_400_000
API = "api.linkedin.com"
PATH = "/rest/conversionEvents"
CLICK = "9b2f7c10-5a1e-4c33-8d07-0e5f6a7b8c9d"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}",
    "LinkedIn-Version": "202607",
    "X-Restli-Protocol-Version": "2.0.0",
    "X-RestLi-Method": "BATCH_CREATE",
}
ABSENT = object()


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def user(*ids: tuple[str, str]) -> dict[str, Any]:
    return {"userIds": [{"idType": kind, "idValue": value} for kind, value in ids]}


def event(**changes: Any) -> dict[str, Any]:
    """Return a good conversion with some members changed."""
    base: dict[str, Any] = {
        "conversion": "urn:lla:llaPartnerConversion:60417733",
        "conversionHappenedAt": NOW - 60_000,
        "conversionValue": {"currencyCode": "EUR", "amount": "49.90"},
        "eventId": "order-991",
        "user": user(
            ("SHA256_EMAIL", digest("nora.blum@example.net")),
            ("LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", CLICK),
            ("PLAINTEXT_IP_ADDRESS", "203.0.113.9"),
        ),
        **changes,
    }
    return {name: value for name, value in base.items() if value is not ABSENT}


GOOD = {
    "purchase": event(),
    "as old as it may be": event(conversionHappenedAt=NOW - 90 * DAY),
    "no value": event(conversionValue=ABSENT),
    "no key": event(eventId=ABSENT),
    "click only": event(user=user(("LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", CLICK))),
}
BAD = {
    "no object": "order",
    "unknown field": event(event_name="purchase"),
    "no rule": event(conversion=ABSENT),
    "rule is a number": event(conversion=60417733),
    "no time": event(conversionHappenedAt=ABSENT),
    "seconds": event(conversionHappenedAt=NOW // 1000),
    "too old": event(conversionHappenedAt=NOW - 90 * DAY - 1),
    "in the future": event(conversionHappenedAt=NOW + 3_600_000),
    "amount as number": event(conversionValue={"currencyCode": "EUR", "amount": 49.9}),
    "amount alone": event(conversionValue={"amount": "1"}),
    "currency in small letters": event(conversionValue={"currencyCode": "eur", "amount": "1"}),
    "key too long": event(eventId="x" * 65),
    "key no text": event(eventId=7),
    "no user": event(user=ABSENT),
    "nobody": event(user=user()),
    "unknown id": event(user=user(("AXCIOM_ID", "x"))),
    "IPv6": event(user=user(("PLAINTEXT_IP_ADDRESS", "2001:db8::1"))),
    "bare address": event(user=user(("SHA256_EMAIL", "nora.blum@example.net"))),
    "hash in capitals": event(user=user(("SHA256_EMAIL", "AB" * 32))),
    "no click": event(user=user(("LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "abc"))),
}


async def post(client: Client, *events: Any, **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, body = await client.vendor(
        "POST", API, PATH, headers={**HEADERS, **named}, json={"elements": list(events)}
    )
    return status, json.loads(body)


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
async def test_good_events(client: Client, sandbox: Sandbox, given: Any) -> None:
    assert await post(client, given) == (200, {"elements": [{"status": 201}]})
    [taken] = sandbox.vendor("linkedin").events
    assert (taken.account, taken.name) == (PARTNER, "60417733")
    assert (taken.key, taken.data) == (given.get("eventId", ""), given)


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
async def test_a_bad_event_refuses_the_batch_and_is_named(
    client: Client, sandbox: Sandbox, given: Any
) -> None:
    status, told = await post(client, event(), given)
    assert status == 422
    assert re.fullmatch(r"Index: 1, ERROR :: .+", told["message"])
    assert sandbox.vendor("linkedin").events == []


async def test_a_rule_that_is_not_there_is_told_by_event(client: Client, sandbox: Sandbox) -> None:
    status, told = await post(client, event(conversion="urn:lla:llaPartnerConversion:1"), event())
    assert (status, [each["status"] for each in told["elements"]]) == (200, [404, 201])
    assert len(sandbox.vendor("linkedin").events) == 1


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer nope"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"LinkedIn_Version": ""}, 400, "VERSION_MISSING"),
        ({"LinkedIn_Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn_Version": "202701"}, 426, "NONEXISTENT_VERSION"),
        ({"X_Restli_Protocol_Version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({"X_RestLi_Method": "CREATE"}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
async def test_bad_headers(client: Client, headers: dict[str, str], status: int, code: str) -> None:
    answered, told = await post(client, event(), **headers)
    assert (answered, told["code"], told["status"]) == (status, code, status)


@pytest.mark.parametrize(
    ("method", "given", "status"),
    [
        ("GET", {}, 405),
        ("POST", {"data": b"{"}, 400),
        ("POST", {"json": []}, 400),
        ("POST", {"json": {"elements": []}}, 400),
        ("POST", {"json": {"elements": [1] * 5001}}, 400),
    ],
)
async def test_bad_requests(client: Client, method: str, given: Any, status: int) -> None:
    answered, _, _ = await client.vendor(method, API, PATH, headers=HEADERS, **given)
    assert answered == status


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("linkedin").limit_rate(times=1)
    assert (await post(client, event()))[0] == 429
    assert (await post(client, event()))[0] == 200


async def test_a_beacon_is_sent_on_to_the_other_host_and_counts_once(
    client: Client, sandbox: Sandbox
) -> None:
    target = f"/collect?v=2&fmt=js&pid={PARTNER}&conversionId=60417733&eventId=k-1&val=5"
    status, headers, _ = await client.vendor("GET", "px.ads.linkedin.com", target)
    assert status == 302
    assert f"//px4.ads.linkedin.com{sandbox.suffix}/collect?" in headers["location"]
    assert "e_ipv6=" in headers["location"]
    again = headers["location"].partition(sandbox.suffix)[2]
    status, headers, _ = await client.vendor("GET", "px4.ads.linkedin.com", again)
    assert (status, headers["content-type"]) == (200, "image/gif")
    [told] = sandbox.vendor("linkedin").pixel_events
    assert (told.account, told.name, told.key) == (PARTNER, "60417733", "k-1")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b64encode(compress(b'{"pids":[7475281],"signalType":"CLICK"}', mtime=0)), "CLICK"),
        (b'{"pids":[7475281],"signalType":"PAGE_VISIT"}', "PAGE_VISIT"),
        (b"H4sIAAAA", ""),
        (b"[]", ""),
    ],
)
async def test_website_actions(client: Client, sandbox: Sandbox, body: bytes, name: str) -> None:
    status, _, _ = await client.vendor("POST", "px.ads.linkedin.com", "/wa/?fmt=g", data=body)
    assert status == 204
    [told] = sandbox.vendor("linkedin").pixel_events
    assert told.name == name


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("insight.min.js", b"snap.licdn.com"),
        ("insight.beta.min.js", b"PACKED = 'yes' === 'yes'"),
        ("insight.old.min.js", b"PACKED = 'no' === 'yes'"),
    ],
)
async def test_scripts(client: Client, name: str, has: bytes) -> None:
    status, headers, body = await client.vendor(
        "GET", "snap.licdn.com", f"/li.lms-analytics/{name}"
    )
    assert (status, b"{{" in body, has in body) == (200, False, True)
    assert headers["content-type"].startswith("application/javascript")


def test_role_and_tag_name_what_the_others_name() -> None:
    assert (ROLE.key, ROLE.account) == ("linkedin", VENDOR.account_example)
    tag = Path(role.__file__).parent / "shop" / "templates" / "tags" / "linkedin.html"
    assert set(re.findall(r"\b604177\d\d\b", tag.read_text("utf-8"))) <= RULES


# The tag in Chromium.

in_chromium = pytest.mark.asyncio(loop_scope="session")
SNIPPET = f"""
window._linkedin_partner_id = '{PARTNER}';
window._linkedin_data_partner_ids = ['{PARTNER}'];
window.lintrk = function (name, options) {{ window.lintrk.q.push([name, options]); }};
window.lintrk.q = [];
"""


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("linkedin",)) as running:
        yield running


async def run(page: Page, shop: Sandbox, code: str, query: str = "") -> StandIn:
    """Open a page without tags, run ``code``, then load the script."""
    await page.goto(f"{shop.shop_url}/_vendors{query}")
    await page.evaluate(f"{SNIPPET} {code}")
    await page.add_script_tag(
        url=f"http://snap.licdn.com{shop.suffix}/li.lms-analytics/insight.min.js"
    )
    return shop.vendor("linkedin")


async def until(condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    vendor = shop.vendor("linkedin")
    await page.goto(f"{shop.shop_url}/plain/shop?li_fat_id={CLICK}")
    await page.get_by_role("button", name="Accept all").click()
    landing = await seen(vendor, "page_view")
    assert landing.data["url"].endswith(f"?li_fat_id={CLICK}")
    for selector, rule in (
        ("#main a[href$='/product/BRD-02']", "60417730"),
        ("#add", "60417731"),
        ("#to-checkout", "60417732"),
        ("#buy", "60417733"),
    ):
        await page.click(selector)
        await seen(vendor, rule)
    order = await page.locator("#order").inner_text()
    bought = await seen(vendor, "60417733")
    assert (bought.account, bought.key) == (PARTNER, order)
    told = {name: bought.data[name] for name in ("v", "fmt", "val", "li_fat_id")}
    assert told == {"v": "2", "fmt": "js", "val": "32.5", "li_fat_id": CLICK}
    assert bought.data["li_adsId"] == landing.data["li_adsId"]
    assert "hem" not in bought.data
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert (cookies["li_fat_id"]["value"], cookies["li_fat_id"]["domain"]) == (
        CLICK,
        ".shop.localhost",
    )
    assert [each.name for each in vendor.pixel_events].count("60417733") == 1
    await until(lambda: any(each.ask.path == "/attribution_trigger" for each in vendor.others))
    await until(lambda: any(each.ask.host == "px4.ads.linkedin.com" for each in vendor.others))


@in_chromium
async def test_website_actions_are_packed_and_carry_the_address(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, "lintrk('setUserData', {email: ' Nora.Blum@Example.net '});")
    visit = (await seen(vendor, "PAGE_VISIT")).data
    assert visit["pids"] == [int(PARTNER)]
    assert visit["hem"] == digest("nora.blum@example.net")
    [body] = [each.ask.body for each in vendor.beacons if each.ask.path == "/wa/"]
    assert body.startswith(b"H4sI")
    await page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<button id=go>Go</button>')"
    )
    await page.click("#go")
    click = (await seen(vendor, "CLICK")).data
    assert click["domAttributes"] == {"id": "go", "tag": "button"}


@in_chromium
async def test_old_browsers_get_another_build(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, "delete window.CompressionStream;")
    await seen(vendor, "PAGE_VISIT")
    [body] = [each.ask.body for each in vendor.beacons if each.ask.path == "/wa/"]
    assert body.startswith(b"{")
    assert vendor.scripts[-1].ask.path.endswith("insight.old.min.js")


@in_chromium
@pytest.mark.parametrize(
    ("code", "rule", "key"),
    [
        ("lintrk('track', {conversion_id: 7, event_id: 'k-1'});", "7", "k-1"),
        ("window._linkedin_event_id = 'k-2'; lintrk('track', {conversion_id: 7});", "7", "k-2"),
        ("lintrk('track', {conversion_id: 7});", "7", ""),
    ],
)
async def test_conversions(shop: Sandbox, page: Page, code: str, rule: str, key: str) -> None:
    vendor = await run(page, shop, code)
    assert (await seen(vendor, rule)).key == key
    await seen(vendor, "page_view")


@in_chromium
async def test_a_page_can_report_its_views_itself(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, "window._wait_for_lintrk = true;")
    await page.wait_for_load_state("networkidle")
    assert vendor.beacons == []
    await page.evaluate("window._linkedin_data_partner_ids.push('912'); lintrk('track')")
    assert (await seen(vendor, "page_view")).account == f"{PARTNER},912"


@in_chromium
async def test_a_click_that_is_none_is_ignored(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, "", "?li_fat_id=abc")
    assert "li_fat_id" not in (await seen(vendor, "page_view")).data
