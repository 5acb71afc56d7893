"""OpenAI's API over HTTP, its pixel in the plain shop. Sources: see ``sandbox/openai.py``."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.sandbox.openai import PIXEL, TOKEN, event_problem
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import StandIn
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

in_chromium = pytest.mark.asyncio(loop_scope="session")

NOW = 1_795_500_000_000
DAY = 86_400_000
API = "bzr.openai.com"
PATH = f"/v1/events?pid={PIXEL}"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
EMAIL = sha256(b"max@shop.example").hexdigest()
ABSENT = object()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good order with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "id": "buy-7",
        "type": "order_created",
        "timestamp_ms": NOW - 4000,
        "action_source": "web",
        "source_url": "https://shop.example.com/thanks",
        "oppref": "gAAAAABsandbox_1=",
        "user": {"emails_sha256": [EMAIL], "countries": ["DE"], "ip_address": "203.0.113.9"},
        "data": {
            "type": "contents",
            "amount": 2980,
            "currency": "EUR",
            "contents": [{"id": "MUG-01", "quantity": 2, "amount": 1490, "currency": "EUR"}],
        },
    }
    target = base[section] if section else base
    for key, value in changes.items():
        if value is ABSENT:
            del target[key]
        else:
            target[key] = value
    return base


def call(*events: Any, **changes: Any) -> dict[str, Any]:
    return {"headers": HEADERS, "json": {"events": list(events)} | changes}


CUSTOM = {"type": "custom", "custom_event_name": "quiz_done", "data": {"type": "custom", "x": [1]}}


@pytest.mark.parametrize(
    "good",
    [
        event(),
        event(timestamp_ms=NOW - 7 * DAY),
        event(timestamp_ms=NOW + 600_000),
        event(user=ABSENT, oppref=ABSENT),
        event(opt_out=True),
        event(**CUSTOM),
        event(type="lead_created", data={"type": "customer_action"}),
        event(type="trial_started", data={"type": "plan_enrollment", "plan_id": "team"}),
        event(action_source="offline", source_url=ABSENT),
    ],
)
def test_good_events(good: dict[str, Any]) -> None:
    assert event_problem(good, NOW) is None


BAD = {
    "no object": "order_created",
    "no id": event(id=""),
    "an unknown event": event(type="order_shipped"),
    "a field of old": event(event_name="order_created"),
    "a custom event without a name": event(type="custom", data={"type": "custom"}),
    "a name without a custom event": event(custom_event_name="quiz"),
    "a standard name as custom": event(**CUSTOM | {"custom_event_name": "page_viewed"}),
    "an empty click id": event(oppref=""),
    "seconds": event(timestamp_ms="1795500000"),
    "too far ahead": event(timestamp_ms=NOW + 600_001),
    "an odd source": event(action_source="website"),
    "no address": event(source_url=ABSENT),
    "an empty user": event(user={}),
    "an old name in user": event("user", email_sha256=EMAIL),
    "no list": event("user", emails_sha256=EMAIL),
    "bare address": event("user", emails_sha256=["max@shop.example"]),
    "no IP address": event("user", ip_address="1.2.3"),
    "the wrong shape": event("data", type="customer_action"),
    "items of a lead": event(type="lead_created", data={"type": "customer_action", "contents": []}),
    "major units": event("data", amount=29.8),
    "no currency": event("data", currency=ABSENT),
    "an unknown field of an item": event("data", contents=[{"id": "a", "color": "blue"}]),
    "half an item": event("data", contents=[{"id": "a", "quantity": 0.5}]),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_one_bad_event_fails_the_call(client: Client, sandbox: Sandbox, bad: Any) -> None:
    status, _, body = await client.vendor("POST", API, PATH, **call(event(), bad))
    error = json.loads(body)["error"]
    assert (status, error["code"], error["param"]) == (422, "invalid_event", "events[1]")
    assert sandbox.vendor("openai").events == []


async def test_an_old_event_has_a_code_of_its_own(client: Client) -> None:
    old = event(timestamp_ms=NOW - 7 * DAY - 1)
    status, _, body = await client.vendor("POST", API, PATH, **call(old))
    assert (status, json.loads(body)["error"]["code"]) == (422, "event_timestamp_too_old")


async def test_events_are_taken(client: Client, sandbox: Sandbox) -> None:
    custom = event(**CUSTOM | {"custom_event_name": "Quiz_Done"})
    given = call(event(), custom, integration_source="shop")
    status, _, body = await client.vendor("POST", API, PATH, **given)
    assert (status, json.loads(body)) == (200, {"accepted_events": 2})
    first, second = sandbox.vendor("openai").events
    assert (first.account, first.name, first.key) == (PIXEL, "order_created", "buy-7")
    assert first.around == {"integration_source": "shop"}
    assert second.name == "quiz_done"


async def test_a_check_keeps_nothing(client: Client, sandbox: Sandbox) -> None:
    status, _, body = await client.vendor("POST", API, PATH, **call(event(), validate_only=True))
    assert (status, json.loads(body)) == (200, {"accepted_events": 1})
    stand_in = sandbox.vendor("openai")
    assert (stand_in.events, stand_in.calls, len(stand_in.probes)) == ([], [], 1)


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        (PATH, call(event()) | {"headers": {}}, 401),
        (PATH, call(event()) | {"headers": {"Authorization": "Bearer other"}}, 401),
        ("/v1/events?pid=PXother000000000", call(event()), 404),
        (PATH, call(), 400),
        (PATH, {"headers": HEADERS, "json": event()}, 400),
        (PATH, {"headers": HEADERS, "data": b"{"}, 400),
        (PATH, call(event(), integration_source="_x"), 400),
    ],
)
async def test_bad_requests(client: Client, path: str, given: Any, status: int) -> None:
    assert (await client.vendor("POST", API, path, **given))[0] == status


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("openai").limit_rate(times=1)
    status, headers, _ = await client.vendor("POST", API, PATH, **call(event()))
    assert (status, headers["retry-after"]) == (429, "1")


async def test_an_image_tag_is_one_event(client: Client, sandbox: Sandbox) -> None:
    target = f"/v1/sdk/events?pid={PIXEL}&event=lead_created&event_id=l-1&data[type]=x"
    status, headers, _ = await client.vendor("GET", API, target)
    assert (status, headers["content-type"]) == (200, "image/gif")
    [told] = sandbox.vendor("openai").pixel_events
    assert (told.account, told.name, told.key) == (PIXEL, "lead_created", "l-1")


# The pixel.


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("openai",)) as running:
        yield running


async def visit(page: Page, shop: Sandbox) -> StandIn:
    await page.goto(f"{shop.shop_url}/plain/shop?oppref=gAAAAABdemo_1-x=")
    await page.get_by_role("button", name="Accept all").click()
    await seen(shop.vendor("openai"), "page_viewed")
    return shop.vendor("openai")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    openai = await visit(page, shop)
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "contents_viewed"),
        ("#add", "items_added"),
        ("#to-checkout", "checkout_started"),
        ("#buy", "order_created"),
    ):
        await page.click(selector)
        await seen(openai, name)
    order = await page.locator("#order").inner_text()
    bought = await seen(openai, "order_created")
    assert (bought.account, bought.key) == (PIXEL, order)
    item = {
        "id": "BRD-02",
        "name": "Oak bread board",
        "content_type": "product",
        "quantity": 1,
        "amount": 3250,
        "currency": "EUR",
    }
    assert bought.data["data"] == {
        "type": "contents",
        "amount": 3250,
        "currency": "EUR",
        "contents": [item],
    }
    assert bought.data["source_url"] == f"{shop.shop_url}/plain/thanks"
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert bought.around["oppref"] == cookies["__oppref"]["value"] == "gAAAAABdemo_1-x="
    assert bought.around["obref"] == cookies["__obref"]["value"]
    assert cookies["__obref"]["domain"] == ".shop.localhost"
    plain = {"em": "jane.doe@example.com", "ph": "49301234567", "fn": "jane"}
    told = bought.around["user"]["in"]
    assert {key: told[key] for key in plain} == {
        key: sha256(text.encode()).hexdigest() for key, text in plain.items()
    }
    assert (told["ct"], told["co"], told["pc"]) == ("Berlin", "DE", "10115")
    batch = [event.name for event in openai.beacons[0].events]
    assert batch == ["openai::sdk_init", "oai::diagnostic", "page_viewed"]
    assert openai.beacons[0].ask.headers["content-type"].startswith("text/plain")
    assert any(request.ask.path == f"/pixel-config/v1/{PIXEL}.json" for request in openai.others)


@in_chromium
async def test_a_refusal_tells_of_nobody_and_lasts(shop: Sandbox, page: Page) -> None:
    openai = await visit(page, shop)
    await page.evaluate("oaiq('consent', false)")
    names = {cookie["name"] for cookie in await page.context.cookies()}
    assert not names & {"__obref", "__oppref"}
    before = len(openai.beacons)
    await page.goto(f"{shop.shop_url}/plain/product/MUG-01")
    for _ in range(100):
        if len(openai.beacons) > before:
            break
        await page.wait_for_timeout(50)
    [told] = openai.beacons[before:]
    assert [event.name for event in told.events] == ["oai::diagnostic"]
    assert told.events[0].data["data"]["consent"] is False
    assert told.events[0].around == {}


@in_chromium
async def test_what_the_page_holds_is_read_where_the_account_wants_that(
    shop: Sandbox, page: Page
) -> None:
    openai = await visit(page, shop)
    await page.evaluate(
        "document.body.innerHTML += '<input type=email value=Max@Shop.example>';"
        "oaiq('measure', 'lead_created', {type: 'customer_action'}, {event_id: 'l-1'})"
    )
    lead = await seen(openai, "lead_created")
    assert lead.around["user"]["fm"] == {"em": [EMAIL]}


@in_chromium
@pytest.mark.parametrize(
    "code",
    [
        "oaiq('measure', 'order_created', {type: 'custom'})",
        "oaiq('measure', 'order_shipped', {type: 'contents'})",
        "oaiq('measure', 'custom', {type: 'custom'})",
    ],
)
async def test_a_broken_call_is_told_as_telemetry(shop: Sandbox, page: Page, code: str) -> None:
    openai = await visit(page, shop)
    before = len(openai.pixel_events)
    await page.evaluate(code)
    for _ in range(100):
        if len(openai.pixel_events) > before:
            break
        await page.wait_for_timeout(50)
    [told] = openai.pixel_events[before:]
    assert (told.name, told.data["data"]["dropped_event_count"]) == ("oai::diagnostic", 1)
