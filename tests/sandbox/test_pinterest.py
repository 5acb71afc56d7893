"""Pinterest's API as its stand-in plays it, and its tag in Chromium: see its part there."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.sandbox.pinterest import AD_ACCOUNT, BUILD, ROLE, TAG, TOKEN
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import StandIn
from firsthand.vendors.pinterest import VENDOR
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

NOW_S = 1_795_500_000
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = f"/v5/ad_accounts/{AD_ACCOUNT}/events"
API = "api.pinterest.com"
ABSENT = object()
CLICK = "dj0yJnU9U2FuZGJveENsaWNr"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good checkout with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": NOW_S - 60,
        "event_id": "order-991",
        "event_source_url": "https://shop.example.com/thanks",
        "partner_name": "ss-firsthand",
        "user_data": {
            "client_ip_address": "2001:db8::7",
            "client_user_agent": "UA",
            "em": [digest("nora.blum@example.net")],
            "click_id": CLICK,
        },
        "custom_data": {
            "value": "49.90",
            "currency": "EUR",
            "content_ids": ["SKU1"],
            "contents": [{"id": "SKU1", "quantity": 1, "item_price": "49.90"}],
            "num_items": 1,
            "order_id": "order-991",
        },
    }
    target = base[section] if section else base
    for key, value in changes.items():
        if value is ABSENT:
            del target[key]
        else:
            target[key] = value
    return base


GOOD = {
    "checkout": event(),
    "as old as it may be": event(event_time=NOW_S - 7 * 86400),
    "a clock a little ahead": event(event_time=NOW_S + 60),
    "value 0": event("custom_data", value="0"),
    "no custom data": event(custom_data=ABSENT),
    "address only": event(user_data={"em": ["ab" * 32]}),
    "IP and agent only": event(
        user_data={"client_ip_address": "1.2.3.4", "client_user_agent": "UA"}
    ),
    "limited": event("custom_data", opt_out_type="LDP"),
}
REFUSED = {
    "unknown field": event(user_agent="UA"),
    "unknown user field": event("user_data", pin_unauth="x"),
    "unknown custom field": event("custom_data", promo_code="x"),
    "unknown item field": event("custom_data", contents=[{"id": "A", "variant": "L"}]),
    "no name": event(event_name=ABSENT),
    "no id": event(event_id=ABSENT),
    "id no text": event(event_id=7),
    "no user": event(user_data=ABSENT),
    "odd source": event(action_source="website"),
    "time as text": event(event_time=str(NOW_S)),
    "value as number": event("custom_data", value=49.9),
    "price as number": event("custom_data", contents=[{"id": "A", "item_price": 1}]),
    "quantity as text": event("custom_data", contents=[{"id": "A", "quantity": "1"}]),
    "hash not in a list": event("user_data", em=digest("a")),
    "no object": "checkout",
}
FAILED = {
    "too old": event(event_time=NOW_S - 7 * 86400 - 1),
    "in the future": event(event_time=NOW_S + 3600),
    "milliseconds": event(event_time=NOW_S * 1000),
    "phone only": event(user_data={"ph": [digest("4930555010")]}),
    "click only": event(user_data={"click_id": CLICK}),
    "IP without agent": event(user_data={"client_ip_address": "1.2.3.4"}),
    "bare address": event("user_data", em=["nora.blum@example.net"]),
    "hash in capitals": event("user_data", em=[digest("a").upper()]),
    "currency in small letters": event("custom_data", currency="eur"),
    "value with a comma": event("custom_data", value="49,90"),
}


async def post(client: Client, *events: Any, path: str = PATH) -> tuple[int, Any]:
    status, _, body = await client.vendor(
        "POST", API, path, headers=BEARER, json={"data": list(events)}
    )
    return status, json.loads(body)


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
async def test_good_events(client: Client, sandbox: Sandbox, given: Any) -> None:
    status, told = await post(client, given)
    assert (status, told["num_events_processed"]) == (200, 1)
    [taken] = sandbox.vendor("pinterest").events
    assert (taken.account, taken.name, taken.key) == (AD_ACCOUNT, "checkout", "order-991")
    assert taken.data == given


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
async def test_what_the_schema_refuses_refuses_all(
    client: Client, sandbox: Sandbox, given: Any
) -> None:
    status, told = await post(client, event(), given)
    assert (status, told["code"]) == (400, 4196)
    assert "data[1]" in told["message"]
    assert sandbox.vendor("pinterest").events == []


@pytest.mark.parametrize("given", FAILED.values(), ids=FAILED)
async def test_a_failed_event_leaves_the_others_alone(
    client: Client, sandbox: Sandbox, given: Any
) -> None:
    status, told = await post(client, event(), given)
    assert (status, told["num_events_received"], told["num_events_processed"]) == (422, 2, 1)
    assert [each["status"] for each in told["events"]] == ["processed", "failed"]
    assert told["events"][1]["error_message"]
    assert len(sandbox.vendor("pinterest").events) == 1


async def test_an_odd_name_is_a_warning(client: Client) -> None:
    _, told = await post(client, event(event_name="size_finder_used"))
    assert told["events"][0]["status"] == "processed"
    assert told["events"][0]["warning_message"]


async def test_the_checking_door_counts_nothing(client: Client, sandbox: Sandbox) -> None:
    status, told = await post(client, event(), path=f"{PATH}?test=true")
    stand_in = sandbox.vendor("pinterest")
    assert (status, told["num_events_processed"]) == (200, 1)
    assert (stand_in.events, stand_in.calls, len(stand_in.probes)) == ([], [], 1)
    await post(client, event(), path=f"{PATH}?test=false")
    assert len(stand_in.calls) == 1


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "code"),
    [
        ("POST", PATH, {}, 401, 2),
        ("POST", PATH, {"headers": {"Authorization": "Bearer nope"}}, 401, 2),
        ("POST", "/v5/ad_accounts/1/events", {"headers": BEARER}, 403, 29),
        ("POST", f"/v5/ad_accounts/{TAG}/events", {"headers": BEARER}, 403, 29),
        ("GET", PATH, {"headers": BEARER}, 405, 12),
        ("POST", PATH, {"headers": BEARER, "data": b"{"}, 400, 4196),
        ("POST", PATH, {"headers": BEARER, "json": []}, 400, 4196),
        ("POST", PATH, {"headers": BEARER, "json": {"data": []}}, 400, 4196),
        ("POST", PATH, {"headers": BEARER, "json": {"data": [event()], "x": 1}}, 400, 4196),
        ("POST", PATH, {"headers": BEARER, "json": {"data": [event()] * 1001}}, 400, 4196),
    ],
)
async def test_bad_requests(
    client: Client, method: str, path: str, given: Any, status: int, code: int
) -> None:
    answered, _, body = await client.vendor(method, API, path, **given)
    assert (answered, json.loads(body)["code"]) == (status, code)


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("pinterest").limit_rate(times=1)
    status, told = await post(client, event())
    assert (status, told["code"]) == (429, 8)
    assert (await post(client, event()))[0] == 200


async def test_who_this_is_can_be_read_across_origins(client: Client, sandbox: Sandbox) -> None:
    target = f"/user/?tid={TAG}&event=checkout"
    status, headers, body = await client.vendor(
        "GET", "ct.pinterest.com", target, headers={"Origin": "http://shop.localhost"}
    )
    assert (status, json.loads(body)["frame"]) == (200, True)
    assert headers["access-control-allow-origin"] == "http://shop.localhost"
    assert "Pin-Unauth" in headers["access-control-expose-headers"]
    assert headers["pin-unauth"].startswith("dWlkP")
    assert sandbox.vendor("pinterest").beacons == []


@pytest.mark.parametrize(
    ("target", "given", "key", "data"),
    [
        ("/v3/?tid=1&event=lead&ed=%7B%22event_id%22%3A%22k%22%7D", {}, "k", {"event_id": "k"}),
        ("/v3/?tid=1&event=lead&ed=%7B", {}, "", "{"),
        ("/v3?tid=1&event=lead&ed[event_id]=k", {}, "k", None),
        (
            "/v3/",
            {"data": {"tid": "1", "event": "lead", "ed": '{"event_id":"k"}'}},
            "k",
            {"event_id": "k"},
        ),
    ],
)
async def test_beacons(
    client: Client, sandbox: Sandbox, target: str, given: Any, key: str, data: Any
) -> None:
    method = "POST" if given else "GET"
    status, headers, _ = await client.vendor(method, "ct.pinterest.com", target, **given)
    assert (status, headers["content-type"]) == (200, "image/gif")
    [told] = sandbox.vendor("pinterest").pixel_events
    assert (told.account, told.name, told.key) == ("1", "lead", key)
    assert told.data.get("ed") == data


@pytest.mark.parametrize(
    ("target", "has"),
    [("/ct/core.js", b"pintrk"), (f"/ct/lib/main.{BUILD}.js", b"ct.pinterest.com")],
)
async def test_scripts(client: Client, target: str, has: bytes) -> None:
    status, headers, body = await client.vendor("GET", "s.pinimg.com", target)
    assert (status, b"{{" in body, has in body) == (200, False, True)
    assert headers["content-type"].startswith("application/javascript")


def test_the_role_uses_the_tag_that_the_vendor_shows_as_an_example() -> None:
    assert (ROLE.key, ROLE.account) == ("pinterest", VENDOR.account_example)


# The tag in Chromium.

in_chromium = pytest.mark.asyncio(loop_scope="session")
SNIPPET = """
window.pintrk = function () { pintrk.queue.push(Array.prototype.slice.call(arguments)); };
pintrk.queue = [];
"""


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("pinterest",)) as running:
        yield running


async def arrive(page: Page, shop: Sandbox) -> StandIn:
    await page.goto(f"{shop.shop_url}/plain/shop?epik={CLICK}")
    await page.get_by_role("button", name="Accept all").click()
    return shop.vendor("pinterest")


async def run(page: Page, shop: Sandbox, code: str, query: str = "") -> StandIn:
    """Open a page without tags, run ``code``, then load the script."""
    await page.goto(f"{shop.shop_url}/_vendors{query}")
    await page.evaluate(f"{SNIPPET} pintrk('load', '{TAG}'); {code}")
    await page.add_script_tag(url=f"http://s.pinimg.com{shop.suffix}/ct/core.js")
    return shop.vendor("pinterest")


async def until(condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    vendor = await arrive(page, shop)
    landing = (await seen(vendor, "init")).data
    await seen(vendor, "viewcategory")
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "pagevisit"),
        ("#add", "addtocart"),
        ("#to-checkout", "initiate_checkout"),
        ("#buy", "checkout"),
    ):
        await page.click(selector)
        await seen(vendor, name)
    order = await page.locator("#order").inner_text()
    bought = await seen(vendor, "checkout")
    assert (bought.account, bought.key) == (TAG, order)
    assert bought.data["ed"] == {
        "value": 32.5,
        "currency": "EUR",
        "order_quantity": 1,
        "event_id": order,
        "order_id": order,
        "line_items": [
            {
                "product_id": "BRD-02",
                "product_name": "Oak bread board",
                "product_category": "Kitchen",
                "product_price": 32.5,
                "product_quantity": 1,
            }
        ],
    }
    person = bought.data["pd"]
    assert person["em"] == person["external_id"] == digest("jane.doe@example.com")
    assert person["epik"] == CLICK
    assert person["pin_unauth"].startswith("dWlkP")
    assert person["derived_epik"].startswith("dj0y")
    assert landing["ad"]["loc"].endswith(f"/plain/shop?epik={CLICK}")
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert {cookies[name]["domain"] for name in ("_epik", "_pin_unauth")} == {".shop.localhost"}
    names = [each.name for each in vendor.pixel_events]
    assert names.count("checkout") == 1
    assert names.count("init") == 5


@in_chromium
async def test_the_first_event_of_a_page_is_told_twice_and_counts_once(
    shop: Sandbox, page: Page
) -> None:
    vendor = await run(page, shop, "pintrk('track', 'lead', {event_id: 'k-1'});")
    event = await seen(vendor, "lead")
    [asked] = [each.ask for each in vendor.others if each.ask.path == "/user/"]
    assert asked.params["event"] == "lead"
    assert json.loads(asked.params["ed"])["event_id"] == event.key == "k-1"
    await page.evaluate("pintrk('track', 'lead', {event_id: 'k-2'})")
    await until(lambda: len(vendor.pixel_events) == 2)
    assert sum(each.ask.path == "/user/" for each in vendor.others) == 1


@in_chromium
async def test_nothing_is_sent_before_the_answer_is_json(shop: Sandbox, page: Page) -> None:
    await page.route("**/user/**", lambda route: route.fulfill(status=204))
    vendor = await run(page, shop, "pintrk('track', 'lead', {event_id: 'k-1'});")
    await until(lambda: any(each.ask.path == "/stats/" for each in vendor.others))
    assert vendor.beacons == []


@in_chromium
async def test_a_long_event_is_a_form(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, f"pintrk('track', 'lead', {{x: '{'y' * 2048}', value: '7'}});")
    event = await seen(vendor, "lead")
    [beacon] = vendor.beacons
    assert beacon.ask.method == "POST"
    assert event.data["ed"]["value"] == 7
    assert len(event.key) == 36, "the tag makes a key where the page gives none"


@in_chromium
@pytest.mark.parametrize(
    ("code", "key", "value"),
    [
        ("pintrk('set', {em: ' Nora.Blum@Example.net '})", "em", digest("nora.blum@example.net")),
        (f"pintrk('set', {{em: '{'AB' * 16}'}})", "em", "ab" * 16),
        ("pintrk('set', {external_id: ['a', 'b']})", "external_id", [digest("a"), digest("b")]),
        ("pintrk('set', {opt_out_type: 'LDP'})", "opt_out_type", "LDP"),
    ],
)
async def test_user_data(shop: Sandbox, page: Page, code: str, key: str, value: Any) -> None:
    vendor = await run(page, shop, f"{code}; pintrk('track', 'signup', {{note: 'a@b.example'}});")
    event = await seen(vendor, "signup")
    assert event.data["pd"][key] == value
    assert event.data["ed"]["note"] == digest("a@b.example")


@in_chromium
async def test_an_address_in_a_form_goes_along_by_itself(shop: Sandbox, page: Page) -> None:
    await page.goto(f"{shop.shop_url}/_vendors")
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<input type=email>')")
    await page.fill("input[type=email]", "Nora.Blum@Example.net")
    await page.evaluate(f"{SNIPPET} pintrk('load', '{TAG}'); pintrk('track', 'lead', {{}});")
    await page.add_script_tag(url=f"http://s.pinimg.com{shop.suffix}/ct/core.js")
    event = await seen(shop.vendor("pinterest"), "lead")
    assert event.data["pd"]["aem"] == digest("nora.blum@example.net")


@in_chromium
async def test_refused_consent_ends_cookies_and_events(shop: Sandbox, page: Page) -> None:
    code = "pintrk('page'); "
    vendor = await run(page, shop, code, f"?epik={CLICK}")
    await seen(vendor, "init")
    await page.evaluate("pintrk('setconsent', false); pintrk('track', 'lead', {event_id: 'k'});")
    await page.wait_for_load_state("networkidle")
    assert [each.name for each in vendor.pixel_events] == ["init"]
    assert await page.context.cookies() == []


@in_chromium
async def test_only_pinterests_own_frame_is_believed(shop: Sandbox, page: Page) -> None:
    await run(page, shop, "pintrk('page');")
    await page.wait_for_function("window.pintrk.frame === 'ready'")
    await page.evaluate("window.postMessage('forged', '*')")
    await page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert await page.evaluate("window.pintrk.frame") == "ready"
