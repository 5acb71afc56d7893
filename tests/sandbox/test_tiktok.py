"""TikTok's API over HTTP, its pixel in the plain shop. Sources: see ``sandbox/tiktok.py``."""

import base64
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import StandIn
from firsthand.sandbox.tiktok import PIXEL, TOKEN, event_problem
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

in_chromium = pytest.mark.asyncio(loop_scope="session")

NOW_S = 1_795_500_000
API = "business-api.tiktok.com"
PATH = "/open_api/v1.3/event/track/"
HEADERS = {"Access-Token": TOKEN}
EMAIL = sha256(b"max@shop.example").hexdigest()
ABSENT = object()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "event": "Purchase",
        "event_time": NOW_S - 5,
        "event_id": "buy-7",
        "user": {
            "email": [EMAIL],
            "ttclid": "E.C.P.Sandbox_1",
            "ttp": "0aB1cD2eF3gH4iJ5kL6mN7oP8qR.tt.1",
            "ip": "203.0.113.9",
            "user_agent": "UA",
            "country": "de",
        },
        "page": {"url": "https://shop.example.com/thanks"},
        "properties": {
            "value": 29.8,
            "currency": "EUR",
            "contents": [{"content_id": "MUG-01", "price": 14.9, "quantity": 2}],
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
    body = {"event_source": "web", "event_source_id": PIXEL, "data": list(events)}
    return {"headers": HEADERS, "json": body | changes}


@pytest.mark.parametrize(
    "good",
    [
        event(),
        event(properties={}),
        event(event_id=""),
        event("user", email=EMAIL),
        event(user={"ip": "2001:db8::1", "user_agent": "UA"}),
        event(event="Quiz done", limited_data_use=True),
        event("properties", value=0),
    ],
)
def test_good_events(good: dict[str, Any]) -> None:
    assert event_problem(good) is None


BAD = {
    "no object": ("Purchase", ""),
    "no name": (event(event=" "), "event"),
    "time in text": (event(event_time="1795500000"), "event_time"),
    "a number as id": (event(event_id=7), "event_id"),
    "flag as text": (event(limited_data_use="true"), "limited_data_use"),
    "no user": (event(user=ABSENT), "user"),
    "nobody": (event(user={"ip": "203.0.113.9"}), "user"),
    "bare address": (event("user", email="max@shop.example"), "user.email"),
    "hash in capitals": (event("user", email=[EMAIL.upper()]), "user.email"),
    "id not hashed": (event("user", external_id="cust-1"), "user.external_id"),
    "no IP address": (event("user", ip="1.2.3"), "user.ip"),
    "country in capitals": (event("user", country="DE"), "user.country"),
    "no page": (event(page={}), "page.url"),
    "value without currency": (event("properties", currency=ABSENT), "properties.currency"),
    "value as text": (event("properties", value="29.8"), "properties.value"),
    "currency in small letters": (event("properties", currency="eur"), "properties.currency"),
    "a number as item id": (
        event("properties", contents=[{"content_id": 7}]),
        "properties.contents.0.content_id",
    ),
    "half an item": (
        event("properties", contents=[{"content_id": "a", "quantity": 0.5}]),
        "properties.contents.0.quantity",
    ),
}


@pytest.mark.parametrize(("bad", "path"), BAD.values(), ids=BAD)
async def test_a_wrong_form_refuses_the_whole_call(
    client: Client, sandbox: Sandbox, bad: Any, path: str
) -> None:
    status, _, body = await client.vendor("POST", API, PATH, **call(event(), bad))
    told = json.loads(body)
    assert (status, told["code"]) == (200, 40002)
    assert told["message"].startswith(f"Batch.1.{path}: ")
    assert sandbox.vendor("tiktok").events == []


async def test_a_late_event_is_left_out(client: Client, sandbox: Sandbox) -> None:
    late = event(event_id="late", event_time=NOW_S - 29 * 86_400)
    _, _, body = await client.vendor("POST", API, PATH, **call(event(), late, partner_name="p"))
    told = json.loads(body)
    assert told["code"] == 20001
    assert [each["order_in_batch"] for each in told["data"]["failed_events"]] == [1]
    [taken] = sandbox.vendor("tiktok").events
    assert (taken.account, taken.name, taken.key) == (PIXEL, "Purchase", "buy-7")
    assert taken.around["partner_name"] == "p"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (call(event()), 0),
        (call(event()) | {"headers": {}}, 40104),
        (call(event()) | {"headers": {"Access-Token": "other"}}, 40105),
        (call(event(), event_source_id="COTHER0000000000"), 40001),
        (call(event(), event_source="shop"), 40002),
        (call(), 40002),
        ({"headers": HEADERS, "data": b"{"}, 40000),
    ],
)
async def test_calls_are_answered_by_code(client: Client, given: Any, code: int) -> None:
    status, _, body = await client.vendor("POST", API, PATH, **given)
    assert (status, json.loads(body)["code"]) == (200, code)


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("tiktok").limit_rate(times=1)
    status, _, body = await client.vendor("POST", API, PATH, **call(event()))
    assert (status, json.loads(body)["code"]) == (200, 40100)


MESSAGE = {"event": "Lead", "event_id": "l-1", "context": {"pixel": {"code": PIXEL}}}


async def test_a_beacon_is_json_or_base64_in_an_image(client: Client, sandbox: Sandbox) -> None:
    text = json.dumps(MESSAGE)
    packed = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    await client.vendor("POST", "analytics.tiktok.com", "/api/v2/pixel", data=text)
    target = f"/api/v2/pixel?analytics_message={packed}"
    _, headers, _ = await client.vendor("GET", "analytics.tiktok.com", target)
    assert headers["content-type"] == "image/gif"
    events = sandbox.vendor("tiktok").pixel_events
    assert [(each.account, each.name, each.key) for each in events] == [(PIXEL, "Lead", "l-1")] * 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"event":"Lead"}'])
async def test_a_broken_beacon_is_no_event(client: Client, sandbox: Sandbox, text: str) -> None:
    status, _, _ = await client.vendor("POST", "analytics.tiktok.com", "/api/v2/pixel", data=text)
    assert status == 200
    assert sandbox.vendor("tiktok").pixel_events == []


async def test_the_script_is_made_for_a_pixel(client: Client) -> None:
    path = "/i18n/pixel/events.js"
    status, _, body = await client.vendor(
        "GET", "analytics.tiktok.com", f"{path}?sdkid={PIXEL}&lib=ttq"
    )
    assert status == 200
    assert PIXEL.encode() in body
    assert b"{{" not in body
    assert (await client.vendor("GET", "analytics.tiktok.com", path))[0] == 404


# The pixel.


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("tiktok",)) as running:
        yield running


async def visit(page: Page, shop: Sandbox) -> StandIn:
    await page.goto(f"{shop.shop_url}/plain/shop?ttclid=E.C.P.Demo-1")
    await page.get_by_role("button", name="Accept all").click()
    await seen(shop.vendor("tiktok"), "Pageview")
    return shop.vendor("tiktok")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    tiktok = await visit(page, shop)
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "ViewContent"),
        ("#add", "AddToCart"),
        ("#to-checkout", "InitiateCheckout"),
        ("#buy", "Purchase"),
    ):
        await page.click(selector)
        await seen(tiktok, name)
    order = await page.locator("#order").inner_text()
    bought = await seen(tiktok, "Purchase")
    assert (bought.account, bought.key) == (PIXEL, order)
    assert bought.data["properties"] == {
        "value": 32.5,
        "currency": "EUR",
        "content_type": "product",
        "contents": [
            {
                "content_id": "BRD-02",
                "content_name": "Oak bread board",
                "content_category": "Kitchen",
                "price": 32.5,
                "quantity": 1,
            }
        ],
        "order_id": order,
    }
    context = bought.data["context"]
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert context["ad"]["callback"] == cookies["ttclid"]["value"] == "E.C.P.Demo-1"
    assert context["user"]["anonymous_id"] == cookies["_ttp"]["value"]
    assert (cookies["_ttp"]["domain"], cookies["ttclid"]["domain"]) == (
        ".shop.localhost",
        "shop.localhost",
    )
    plain = {"email": "jane.doe@example.com", "phone_number": "+49301234567", "zip_code": "10115"}
    hashes = {key: sha256(text.encode()).hexdigest() for key, text in plain.items()}
    assert {key: context["user"][key] for key in plain} == hashes
    assert context["user"]["external_id"] == "jane.doe@example.com"
    assert context["user"]["city"] == "Berlin"
    enriched = await seen(tiktok, "EnrichAM")
    assert enriched.key == ""
    others = {request.ask.path for request in tiktok.others}
    assert others >= {"/api/v2/pixel/act", "/api/v2/performance_interaction"}
    assert others >= {"/ipv6/enrich_ipv6"}
    assert [event.name for event in tiktok.pixel_events].count("Purchase") == 1


@in_chromium
@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("ttq.holdConsent(); ttq.track('Lead'); ttq.grantConsent()", True),
        ("ttq.holdConsent(); ttq.track('Lead')", False),
        ("ttq.revokeConsent(); ttq.track('Lead')", False),
    ],
)
async def test_consent_calls(shop: Sandbox, page: Page, code: str, *, sent: bool) -> None:
    tiktok = await visit(page, shop)
    await page.evaluate(f"() => {{ {code}; }}")
    if sent:
        await seen(tiktok, "Lead")
    await page.wait_for_load_state("networkidle")
    assert ("Lead" in [event.name for event in tiktok.pixel_events]) is sent


@in_chromium
async def test_what_the_beacon_queue_refuses_goes_as_an_image(shop: Sandbox, page: Page) -> None:
    tiktok = await visit(page, shop)
    await page.evaluate(
        "navigator.sendBeacon = () => false; ttq.track('SubmitForm', {}, {event_id: 'l-9'})"
    )
    lead = await seen(tiktok, "Lead")
    assert lead.key == "l-9"
    assert tiktok.beacons[-1].ask.method == "GET"
