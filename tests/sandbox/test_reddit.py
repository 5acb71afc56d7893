"""Reddit's part: its API over HTTP, its pixel in Chromium. Sources: see ``sandbox/reddit.py``."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.model import Reason
from firsthand.sandbox.reddit import PIXEL, ROLE, TOKEN, event_fault
from firsthand.sandbox.role import script
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import StandIn
from firsthand.vendors.reddit import VENDOR, Settings, judge, read, write
from tests.factories import make_beacon, make_hit, make_reply
from tests.sandbox.asking import Client, MakeAsk
from tests.sandbox.waiting import seen

NOW = 1_795_500_000_000
HOST = "ads-api.reddit.com"
PATH = f"/api/v3/pixels/{PIXEL}/conversion_events"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PERSON = "4f0e9c3a-8d1b-4c57-9e62-70b1c2d3e4f5"
ABSENT = object()


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "event_at": NOW - 60_000,
        "action_source": "WEBSITE",
        "event_source_url": "https://shop.example.com/thanks",
        "type": {"tracking_type": "PURCHASE"},
        "click_id": "5998877665544332211",
        "metadata": {
            "conversion_id": digest("order-991"),
            "value": 49.9,
            "currency": "EUR",
            "item_count": 1,
            "products": [{"id": "SKU1", "category": "Shirts"}],
        },
        "user": {
            "email": digest("norablum@example.net"),
            "uuid": PERSON,
            "ip_address": "203.0.113.9",
            "user_agent": "UA",
            "screen_dimensions": {"width": 1280, "height": 720},
        },
    }
    target = base[section] if section else base
    for key, value in changes.items():
        if value is ABSENT:
            del target[key]
        else:
            target[key] = value
    return base


CUSTOM = {"tracking_type": "CUSTOM", "custom_event_name": "Quiz"}
GOOD = {
    "purchase": event(),
    "as old as it may be": event(event_at=NOW - 7 * 86_400_000),
    "a clock ahead": event(event_at=NOW + 5 * 60_000),
    "custom": event(type=CUSTOM),
    "click only": event(user={}),
    "address and agent only": event(
        click_id=ABSENT, user={"ip_address": "203.0.113.9", "user_agent": "UA"}
    ),
    "limited data": event("user", data_processing_options={"modes": ["LDU"], "country": "US"}),
    "lead with a value": event(
        type={"tracking_type": "LEAD"}, metadata={"value": 5, "currency": "EUR"}
    ),
    "view": event(type={"tracking_type": "PAGE_VISIT"}, metadata={"conversion_id": "k"}),
}
BAD = {
    "too old": (event(event_at=NOW - 7 * 86_400_000 - 1), "event_at"),
    "in the future": (event(event_at=NOW + 6 * 60_000), "event_at"),
    "seconds": (event(event_at=NOW // 1000), "event_at"),
    "time as text": (event(event_at="2026-11-24T06:00:00Z"), "event_at"),
    "small source": (event(action_source="website"), "action_source"),
    "type of version 2": (event(type={"tracking_type": "Purchase"}), "type.tracking_type"),
    "no type": (event(type=ABSENT), "type.tracking_type"),
    "custom without a name": (
        event(type={"tracking_type": "CUSTOM"}),
        "type.custom_event_name",
    ),
    "nobody": (event(click_id=ABSENT, user={"user_agent": "UA"}), "user"),
    "bare address": (event("user", email="nora.blum@example.net"), "user.email"),
    "screen": (event("user", screen_dimensions={"width": "1280"}), "user.screen_dimensions"),
    "value of a view": (event(type={"tracking_type": "VIEW_CONTENT"}), "metadata.value"),
    "items of a lead": (
        event(type={"tracking_type": "LEAD"}, metadata={"item_count": 1}),
        "metadata.item_count",
    ),
    "value as text": (event("metadata", value="49.9"), "metadata.value"),
    "small currency": (event("metadata", currency="eur"), "metadata.currency"),
    "count as text": (event("metadata", item_count="1"), "metadata.item_count"),
    "a price in a product": (
        event("metadata", products=[{"id": "A", "price": 5}]),
        "metadata.products",
    ),
    "key no text": (event("metadata", conversion_id=7), "metadata.conversion_id"),
    "odd mode": (
        event("user", data_processing_options={"modes": []}),
        "user.data_processing_options",
    ),
    "no object": ("PURCHASE", "event"),
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_good_events(given: Any) -> None:
    assert event_fault(given, NOW) is None


@pytest.mark.parametrize(("given", "field"), BAD.values(), ids=BAD)
async def test_bad_events_over_http(
    client: Client, sandbox: Sandbox, given: Any, field: str
) -> None:
    body = {"data": {"events": [event(), given]}}
    status, _, told = await client.vendor("POST", HOST, PATH, headers=BEARER, json=body)
    [complaint] = json.loads(told)["error"]["fields"]
    assert (status, complaint["field"]) == (400, f"data.events[1].{field}")
    assert sandbox.vendor("reddit").events == []
    assert len(sandbox.vendor("reddit").calls) == 1


async def test_events_are_taken_and_kept(client: Client, sandbox: Sandbox) -> None:
    body = {"data": {"events": [event(), event(type=CUSTOM)], "partner": "FOLD"}}
    status, _, told = await client.vendor("POST", HOST, PATH, headers=BEARER, json=body)
    assert (status, "message" in json.loads(told)["data"]) == (200, True)
    first, second = sandbox.vendor("reddit").events
    assert (first.account, first.name, first.key) == (PIXEL, "PURCHASE", digest("order-991"))
    assert first.around == {"partner": "FOLD"}
    assert second.name == "Quiz"


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", PATH, {}, 401),
        ("POST", PATH, {"headers": {"Authorization": "Bearer nope"}}, 401),
        ("POST", "/api/v3/pixels/a2_other/conversion_events", {"headers": BEARER}, 403),
        ("GET", PATH, {"headers": BEARER}, 405),
        ("POST", PATH, {"headers": BEARER, "data": b"{"}, 400),
        ("POST", PATH, {"headers": BEARER, "json": {"events": [event()]}}, 400),
        ("POST", PATH, {"headers": BEARER, "json": {"data": {"events": []}}}, 400),
        ("POST", PATH, {"headers": BEARER, "json": {"data": {"events": [1] * 1001}}}, 400),
        (
            "POST",
            PATH,
            {"headers": BEARER, "json": {"data": {"events": [event()] * 2, "test_id": "t"}}},
            400,
        ),
    ],
)
async def test_bad_requests(
    client: Client, method: str, path: str, given: Any, status: int
) -> None:
    assert (await client.vendor(method, HOST, path, **given))[0] == status


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("reddit").limit_rate(times=1)
    status, headers, body = await client.vendor("POST", HOST, PATH, headers=BEARER, json={})
    assert (status, headers["retry-after"]) == (429, "30")
    [outcome] = judge(make_reply(status, body, **{"retry-after": "30"}), [make_beacon()])
    assert outcome.reason is Reason.RATE_LIMIT


async def test_what_we_write_is_taken_and_its_answer_understood(
    client: Client, sandbox: Sandbox
) -> None:
    beacons = []
    for number, value in enumerate(("5,50", "6")):
        query = f"id={PIXEL}&event=Purchase&m.valueDecimal={value}&m.conversionId=k{number}"
        [reading] = read(make_hit(f"https://t/alb.reddit.com/rp.gif?{query}", at=NOW))
        beacons.append(make_beacon(reading, vendor="reddit"))
    good = write(beacons, Settings(), now=NOW)
    status, _, told = await client.vendor("POST", HOST, PATH, headers=BEARER, data=good.body)
    outcomes = judge(make_reply(status, told), beacons)
    assert [type(each).__name__ for each in outcomes] == ["Accepted"] * 2
    assert [each.key for each in sandbox.vendor("reddit").events] == ["k0", "k1"]
    late = make_beacon(reading, vendor="reddit", event_at=NOW - 8 * 86_400_000)
    spoilt = write([*beacons, late], Settings(), now=NOW)
    status, _, told = await client.vendor("POST", HOST, PATH, headers=BEARER, data=spoilt.body)
    outcomes = judge(make_reply(status, told), [*beacons, late])
    assert [type(each).__name__ for each in outcomes] == ["Split", "Split", "Refused"]


async def test_beacons(client: Client, sandbox: Sandbox) -> None:
    target = f"/rp.gif?id={PIXEL}&event=Lead&m.conversionId=k-1"
    status, headers, body = await client.vendor("GET", "alb.reddit.com", target)
    assert (status, headers["content-type"], body[:6]) == (200, "image/gif", b"GIF89a")
    form = {"m.conversionId": "k-2", "event": "Search"}
    await client.vendor("POST", "alb.reddit.com", f"/rp?id={PIXEL}&event=Lead", data=form)
    events = sandbox.vendor("reddit").pixel_events
    assert [(each.name, each.key) for each in events] == [("Lead", "k-1"), ("Lead", "k-2")]


@pytest.mark.parametrize(
    ("host", "target", "has"),
    [
        ("www.redditstatic.com", f"/ads/pixel.js?pixel_id={PIXEL}", b"callQueue"),
        ("pixel-config.reddit.com", f"/pixels/{PIXEL}/config", b"autoMatching"),
        (
            "www.redditstatic.com",
            f"/ads/conversions-config/v1/pixel/config/{PIXEL}_telemetry",
            b"telemetry",
        ),
    ],
)
async def test_scripts_and_switches(client: Client, host: str, target: str, has: bytes) -> None:
    status, _, body = await client.vendor("GET", host, target)
    assert status == 200
    assert has in body
    assert b"{{" not in body


def test_a_good_file_is_recognised(make_ask: MakeAsk) -> None:
    text = script(make_ask(), "reddit_pixel.js").body
    assert all(mark in text for mark in VENDOR.scripts[0].sentinels)
    assert (ROLE.key, ROLE.account) == ("reddit", PIXEL)


# In Chromium.

in_chromium = pytest.mark.asyncio(loop_scope="session")
SNIPPET = """
window.rdt = function () {
  if (rdt.sendEvent) rdt.sendEvent.apply(rdt, arguments); else rdt.callQueue.push(arguments);
};
rdt.callQueue = [];
"""


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("reddit",)) as running:
        yield running


async def run(page: Page, shop: Sandbox, code: str, query: str = "") -> StandIn:
    """Open a page without tags, run ``code``, then load the script."""
    await page.goto(f"{shop.shop_url}/_vendors{query}")
    await page.evaluate(f"{SNIPPET} {code}")
    await page.add_script_tag(url=f"http://www.redditstatic.com{shop.suffix}/ads/pixel.js")
    return shop.vendor("reddit")


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    vendor = shop.vendor("reddit")
    await page.goto(f"{shop.shop_url}/plain/shop?rdt_cid=5998877665544332211")
    await page.get_by_role("button", name="Accept all").click()
    landing = (await seen(vendor, "PageVisit")).data
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "ViewContent"),
        ("#add", "AddToCart"),
        ("#to-checkout", "Custom"),
        ("#buy", "Purchase"),
    ):
        await page.click(selector)
        await seen(vendor, name)
    order = await page.locator("#order").inner_text()
    bought = await seen(vendor, "Purchase")
    assert (bought.account, bought.key) == (PIXEL, digest(order))
    assert bought.data["m.transactionId"] == digest(order)
    assert (bought.data["m.valueDecimal"], bought.data["m.currency"]) == ("32.5", "EUR")
    assert json.loads(bought.data["m.products"]) == [
        {"id": "BRD-02", "category": "Kitchen", "name": "Oak bread board"}
    ]
    assert bought.data["em"] == digest("janedoe@example.com")
    assert bought.data["pn"] == digest("+49301234567")
    assert bought.data["click_id"] == landing["click_id"] == "5998877665544332211"
    cookies = {each["name"]: each["value"] for each in await page.context.cookies()}
    assert cookies["_rdt_uuid"].endswith("." + bought.data["uuid"])
    assert cookies["_rdt_cid"] == "5998877665544332211"
    assert landing["uuid"] == bought.data["uuid"]
    asked = {each.ask.host for each in vendor.others}
    assert asked == {"pixel-config.reddit.com", "www.redditstatic.com"}
    assert (await seen(vendor, "Custom")).data["m.customEventName"] == "begin_checkout"


@in_chromium
async def test_what_the_pixel_sends_is_read_and_taken(shop: Sandbox, page: Page) -> None:
    vendor = await run(
        page,
        shop,
        f"rdt('init', '{PIXEL}', {{email: 'wrong', externalId: 'Cust-7', dpm: 'LDU'}});"
        "rdt('track', 'Lead', {value: '5,5', currency: 'EUR', conversionId: 'l-1'});",
        "?rdt_cid=click-9",
    )
    sent = await seen(vendor, "Lead")
    assert sent.data["em"] == "0" * 64
    size = await page.evaluate("[screen.width, screen.height]")
    assert [sent.data["sh"], sent.data["sw"]] == [str(side) for side in size]
    [beacon] = vendor.beacons
    address = f"https://t/alb.reddit.com/rp.gif?{beacon.ask.query}"
    [reading] = read(make_hit(address, at=beacon.ask.at))
    assert (reading.unlisted, reading.limited) == (0, True)
    assert reading.fields["metadata.value"] == 5.5
    assert reading.fields["click_id"] == "click-9"
    assert reading.event_key == digest("l-1")
    assert "user.email" not in reading.fields
    call = write([make_beacon(reading, vendor="reddit")], Settings(), now=beacon.ask.at)
    assert event_fault(json.loads(call.body)["data"]["events"][0], beacon.ask.at) is None


@in_chromium
async def test_a_long_event_is_a_form(shop: Sandbox, page: Page) -> None:
    products = "[" + ",".join(f"{{id: 'SKU{n}', name: '{'x' * 60}'}}" for n in range(30)) + "]"
    vendor = await run(
        page,
        shop,
        f"rdt('init', '{PIXEL}'); rdt('track', 'AddToCart', {{products: {products}}});",
    )
    await seen(vendor, "AddToCart")
    [beacon] = vendor.beacons
    assert (beacon.ask.method, beacon.ask.path) == ("POST", "/rp")
    assert set(beacon.ask.params) == {"ts", "id", "event"}
    hit = make_hit(
        f"https://t/alb.reddit.com/rp?{beacon.ask.query}",
        body=beacon.ask.body,
        headers={"content-type": beacon.ask.headers["content-type"]},
        at=beacon.ask.at,
    )
    [reading] = read(hit)
    found = reading.fields["metadata.products"]
    assert isinstance(found, list)
    assert len(found) == 30


@in_chromium
async def test_the_oldest_browser_id_counts_and_an_opt_out_still_tells_all(
    shop: Sandbox, page: Page
) -> None:
    old = f"1700000000000.{PERSON}"
    await page.context.add_cookies(
        [
            {"name": "_rdt_uuid", "value": old, "domain": ".shop.localhost", "path": "/"},
            {
                "name": "_rdt_uuid",
                "value": f"1790000000000.{PERSON[::-1]}",
                "domain": "shop.localhost",
                "path": "/_vendors",
            },
        ]
    )
    vendor = await run(
        page,
        shop,
        f"rdt('init', '{PIXEL}', {{optOut: true, email: 'a.b@example.net'}});"
        "rdt('track', 'SignUp');",
    )
    sent = (await seen(vendor, "SignUp")).data
    assert sent["uuid"] == PERSON
    assert (sent["opt_out"], sent["em"]) == ("1", digest("ab@example.net"))
    await until(lambda: len(vendor.others) == 2)
