"""Snapchat's part: its API over HTTP, its pixel in Chromium. Sources: ``sandbox/snapchat.py``."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from firsthand.model import Reason
from firsthand.sandbox.role import script
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.snapchat import PIXEL, ROLE, TOKEN, event_fault
from firsthand.sandbox.stand_in import StandIn
from firsthand.vendors.snapchat import VENDOR, Settings, judge, judge_probe, read, write
from firsthand.vendors.snapchat.cookies import click_of, cookie1_of
from tests.factories import make_beacon, make_hit, make_reply
from tests.sandbox.asking import Client, MakeAsk
from tests.sandbox.waiting import seen

NOW_S = 1_795_500_000
EMAIL = sha256(b"nora.blum@example.net").hexdigest()
HOST = "tr.snapchat.com"
PATH = f"/v3/{PIXEL}/events?access_token={TOKEN}"
VALIDATE = f"/v3/{PIXEL}/events/validate?access_token={TOKEN}"
CLICK = "b7a6d5c4-1f2e-4a3b-8c9d-0e1f2a3b4c5d"
ABSENT = object()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed, those of ``section`` where one is named."""
    base: dict[str, Any] = {
        "event_name": "PURCHASE",
        "event_time": NOW_S - 60,
        "event_id": "order-991",
        "action_source": "WEB",
        "event_source_url": "https://shop.example.com/thanks",
        "integration": "firsthand",
        "user_data": {
            "em": [EMAIL],
            "sc_click_id": CLICK,
            "sc_cookie1": CLICK,
            "client_ip_address": "2001:db8::7",
            "client_user_agent": "UA",
        },
        "custom_data": {
            "value": 49.9,
            "currency": "EUR",
            "content_ids": ["SKU1"],
            "contents": [{"id": "SKU1", "quantity": "1", "item_price": "49.9"}],
            "num_items": 1,
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
    "purchase": event(),
    "as old as it may be": event(event_time=NOW_S - 37 * 86400),
    "value 0": event("custom_data", value=0),
    "limited data": event(data_processing_options=["LDU"]),
    "address and agent only": event(
        user_data={"client_ip_address": "203.0.113.9", "client_user_agent": "UA"}
    ),
    "custom event": event(event_name="Quiz", custom_data={"custom_fields": {"score": "7"}}),
}
BAD = {
    "too old": (event(event_time=NOW_S - 37 * 86400 - 1), "event_time"),
    "milliseconds": (event(event_time=NOW_S * 1000), "event_time"),
    "time as text": (event(event_time=str(NOW_S)), "event_time"),
    "no name": (event(event_name=""), "event_name"),
    "id no text": (event(event_id=7), "event_id"),
    "small source": (event(action_source="website"), "action_source"),
    "no address": (event(event_source_url=ABSENT), "event_source_url"),
    "odd option": (event(data_processing_options=["lmu"]), "data_processing_options"),
    "no user": (event(user_data=ABSENT), "user_data"),
    "click only": (event(user_data={"sc_click_id": CLICK}), "user_data"),
    "bare address": (event("user_data", em=["nora.blum@example.net"]), "em"),
    "hash in no list": (event("user_data", em=EMAIL), "em"),
    "hash marked wrong": (event("user_data", em=["FFF" + EMAIL]), "em"),
    "encoded cookie": (event("user_data", sc_cookie1="9It8HwpSO45nb3Yh"), "sc_cookie1"),
    "IP": (event("user_data", client_ip_address="1.2.3"), "client_ip_address"),
    "no value": (event("custom_data", value=ABSENT), "custom_data"),
    "value as text": (event("custom_data", value="49.9"), "value"),
    "small currency": (event("custom_data", currency="eur"), "currency"),
    "ids as text": (event("custom_data", content_ids="SKU1"), "content_ids"),
    "item without id": (event("custom_data", contents=[{"quantity": "1"}]), "contents"),
    "items as text": (event("custom_data", num_items="1"), "num_items"),
    "custom data no object": (event(custom_data=[]), "custom_data"),
    "no object": ("PURCHASE", "event"),
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_good_events(given: Any) -> None:
    assert event_fault(given, NOW_S) == ""


@pytest.mark.parametrize(("given", "field"), BAD.values(), ids=BAD)
async def test_bad_events_over_http(
    client: Client, sandbox: Sandbox, given: Any, field: str
) -> None:
    data = {"data": [event(), given]}
    status, _, body = await client.vendor("POST", HOST, PATH, json=data)
    told = json.loads(body)
    assert (status, told["status"], told["event"]) == (400, "INVALID", 1)
    assert told["reason"].split()[0] == field
    assert sandbox.vendor("snapchat").events == []
    status, _, body = await client.vendor("POST", HOST, VALIDATE, json=data)
    assert status == 200
    assert [log["status"] for log in json.loads(body)["event_logs"]] == ["VALID", "INVALID"]


async def test_events_are_taken_and_kept(client: Client, sandbox: Sandbox) -> None:
    data = {"data": [event(), event(event_id="order-992")], "test_event_code": "T"}
    status, _, body = await client.vendor("POST", HOST, PATH, json=data)
    assert (status, json.loads(body)["status"]) == (200, "VALID")
    first, second = sandbox.vendor("snapchat").events
    assert (first.account, first.name, first.key) == (PIXEL, "PURCHASE", "order-991")
    assert first.around == {"test_event_code": "T"}
    assert second.key == "order-992"


async def test_the_validating_door_counts_nothing(client: Client, sandbox: Sandbox) -> None:
    _, _, body = await client.vendor("POST", HOST, VALIDATE, json={"data": [event()]})
    assert json.loads(body)["status"] == "VALID"
    assert sandbox.vendor("snapchat").events == []
    assert len(sandbox.vendor("snapchat").probes) == 1


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", f"/v3/{PIXEL}/events", {}, 401),
        ("POST", f"/v3/{PIXEL}/events?access_token=nope", {}, 401),
        ("POST", f"/v3/{CLICK}/events?access_token={TOKEN}", {}, 404),
        ("GET", PATH, {}, 405),
        ("POST", PATH, {"data": b"{"}, 400),
        ("POST", PATH, {"json": []}, 400),
        ("POST", PATH, {"json": {"data": []}}, 400),
        ("POST", PATH, {"json": {"data": [1] * 2001}}, 400),
        ("POST", PATH, {"data": io.BytesIO(b" " * 2_000_001)}, 413),
    ],
)
async def test_bad_requests(
    client: Client, method: str, path: str, given: Any, status: int
) -> None:
    assert (await client.vendor(method, HOST, path, **given))[0] == status


async def test_too_many_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.vendor("snapchat").limit_rate(times=1)
    status, headers, body = await client.vendor("POST", HOST, PATH, json={"data": [event()]})
    assert (status, headers["retry-after"]) == (429, "30")
    [outcome] = judge(make_reply(status, body, **{"retry-after": "30"}), [make_beacon()])
    assert outcome.reason is Reason.RATE_LIMIT


async def test_what_we_write_is_taken_and_its_answer_understood(
    client: Client, sandbox: Sandbox
) -> None:
    context = {"url": "https://shop.example.com/done", "ts": NOW_S * 1000, "c1": CLICK}
    items = [
        {"t": {"pid": PIXEL, "ev": "PURCHASE", "cdid": "b-1", "e_pr": 5, "e_cur": "eur"}},
        {"t": {"pid": PIXEL, "ev": "ADD_CART", "contents": [{"id": 7, "quantity": 1}]}},
        {"t": {"pid": PIXEL, "ev": "PURCHASE", "cdid": "b-2", "e_lv": "3"}},
    ]
    hit = make_hit(
        f"https://t/{HOST}/p", body=json.dumps({"ctx": context, "req": items}), at=NOW_S * 1000
    )
    beacons = [make_beacon(each, vendor="snapchat") for each in read(hit)]
    good = write(beacons[:2], Settings(), now=NOW_S * 1000)
    status, _, answer = await client.vendor("POST", HOST, PATH, data=good.body)
    assert [type(each).__name__ for each in judge(make_reply(status, answer), beacons[:2])] == [
        "Accepted"
    ] * 2
    assert [each.key for each in sandbox.vendor("snapchat").events] == ["b-1", "0" * 32]
    spoilt = write(beacons, Settings(), now=NOW_S * 1000)
    for path, verdict, kinds in (
        (PATH, judge, ["Split", "Split", "Refused"]),
        (VALIDATE, judge_probe, ["Recorded", "Recorded", "Refused"]),
    ):
        status, _, answer = await client.vendor("POST", HOST, path, data=spoilt.body)
        outcomes = verdict(make_reply(status, answer), beacons)
        assert [type(each).__name__ for each in outcomes] == kinds


async def test_beacons_are_taken_apart(client: Client, sandbox: Sandbox) -> None:
    body = json.dumps(
        {
            "ctx": {"ts": 1},
            "req": [
                {"t": {"pid": PIXEL, "ev": "PURCHASE", "cdid": "k"}, "del": 3},
                {"md": {"pids": [PIXEL]}},
            ],
        }
    )
    assert (await client.vendor("POST", "tr6.snapchat.com", "/p", data=body))[0] == 200
    await client.vendor("GET", HOST, f"/p?pid={PIXEL}&ev=ADD_CART&cdid=c")
    events = sandbox.vendor("snapchat").pixel_events
    assert [(each.name, each.key) for each in events] == [
        ("PURCHASE", "k"),
        ("(md)", ""),
        ("ADD_CART", "c"),
    ]
    assert events[0].around == {"ctx": {"ts": 1}, "del": 3}


@pytest.mark.parametrize(
    ("host", "target", "has"),
    [
        ("sc-static.net", "/scevent.min.js", b"snapchat.com"),
        (HOST, f"/config/com/{PIXEL}.js?v=3.53.5-2512082216", PIXEL.encode()),
        (HOST, f"/config/de/{PIXEL}.json", b'"gw":null'),
    ],
)
async def test_scripts(
    client: Client, sandbox: Sandbox, host: str, target: str, has: bytes
) -> None:
    status, _, body = await client.vendor("GET", host, target)
    assert status == 200
    assert has in body
    assert b"{{" not in body
    assert len(sandbox.vendor("snapchat").scripts) == 1


def test_the_real_guards_are_there(make_ask: MakeAsk) -> None:
    text = script(make_ask(), "scevent.js").body.decode()
    assert "tr.snapchat.com" not in text, "the address is joined at run time"
    assert all(mark.decode() in text for mark in VENDOR.scripts[0].sentinels)
    config = script(make_ask(), "sc_config.js", pixel=PIXEL).body
    assert all(mark in config for mark in VENDOR.scripts[2].sentinels)
    assert (ROLE.key, ROLE.account) == ("snapchat", PIXEL)


# In Chromium.

in_chromium = pytest.mark.asyncio(loop_scope="session")
SNIPPET = """
window.snaptr = function () {
  if (snaptr.handleRequest) snaptr.handleRequest.apply(snaptr, arguments);
  else snaptr.queue.push(arguments);
};
snaptr.queue = [];
"""


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("snapchat",)) as running:
        yield running


async def run(page: Page, shop: Sandbox, code: str, query: str = "") -> StandIn:
    """Open a page without tags, run ``code``, then load the script."""
    await page.goto(f"{shop.shop_url}/_vendors{query}")
    await page.evaluate(f"{SNIPPET} {code}")
    await page.add_script_tag(url=f"http://sc-static.net{shop.suffix}/scevent.min.js")
    return shop.vendor("snapchat")


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


@in_chromium
async def test_a_purchase_in_the_plain_shop(shop: Sandbox, page: Page) -> None:
    vendor = shop.vendor("snapchat")
    await page.goto(f"{shop.shop_url}/plain/shop?ScCid={CLICK}")
    await page.get_by_role("button", name="Accept all").click()
    landing = await seen(vendor, "PAGE_VIEW")
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "VIEW_CONTENT"),
        ("#add", "ADD_CART"),
        ("#to-checkout", "START_CHECKOUT"),
        ("#buy", "PURCHASE"),
    ):
        await page.click(selector)
        await seen(vendor, name)
    order = await page.locator("#order").inner_text()
    bought = await seen(vendor, "PURCHASE")
    assert (bought.account, bought.key) == (PIXEL, order)
    about = {key: bought.data[key] for key in ("e_pr", "e_cur", "e_tid", "e_iids", "e_ni")}
    assert about == {
        "e_pr": 32.5,
        "e_cur": "EUR",
        "e_tid": order,
        "e_iids": ["BRD-02"],
        "e_ni": 1,
    }
    assert bought.data["u_hem"] == sha256(b"jane.doe@example.com").hexdigest()
    assert bought.data["u_hpn"] == sha256(b"49301234567").hexdigest()
    cookies = {each["name"]: each for each in await page.context.cookies()}
    assert cookie1_of(cookies["_scid"]["value"]) == bought.around["ctx"]["c1"]
    assert click_of(cookies["_scsrid"]["value"]) == bought.around["ctx"]["sr"] == CLICK
    assert landing.around["ctx"]["c1"] == bought.around["ctx"]["c1"]
    assert cookies["_scid"]["domain"] == ".shop.localhost"
    kinds = {each.ask.headers["content-type"] for each in vendor.beacons}
    assert kinds == {"text/plain;charset=UTF-8"}
    await until(lambda: any(each.name == "(i)" for each in vendor.pixel_events))
    assert any(each.name == "(md)" for each in vendor.pixel_events)
    assert any(each.ask.path == "/cm/i" for each in vendor.others)


@in_chromium
async def test_what_the_pixel_sends_is_read_and_taken(shop: Sandbox, page: Page) -> None:
    vendor = await run(
        page,
        shop,
        f"snaptr('init', '{PIXEL}', {{user_email: 'wrong', geo_city: 'Wien'}});"
        "snaptr('track', 'add cart', {price: '9.5', currency: 'EUR', client_dedup_id: 'c-1'});",
        f"?sccid={CLICK}",
    )
    await seen(vendor, "ADD_CART")
    [beacon] = [each for each in vendor.beacons if each.events[0].name == "ADD_CART"]
    hit = make_hit(f"https://t/{HOST}/p", body=beacon.ask.body, at=beacon.ask.at)
    [reading] = [each for each in read(hit) if not each.skip]
    assert reading.unlisted == 0
    assert reading.fields["custom_data.value"] == 9.5
    assert reading.fields["user_data.sc_click_id"] == CLICK
    assert "user_data.em" not in reading.fields, "the pixel said that it is no address"
    call = write([make_beacon(reading, vendor="snapchat")], Settings(), now=beacon.ask.at)
    assert event_fault(json.loads(call.body)["data"][0], beacon.ask.at // 1000) == ""


@in_chromium
async def test_nothing_is_sent_before_the_configuration(shop: Sandbox, page: Page) -> None:
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route("**/config/**", hold)
    vendor = await run(page, shop, f"snaptr('init', '{PIXEL}'); snaptr('track', 'LOGIN');")
    await until(lambda: bool(held))
    assert vendor.beacons == []
    await held[0].continue_()
    await seen(vendor, "LOGIN")


@in_chromium
async def test_without_a_configuration_it_goes_on_with_everything_on(
    shop: Sandbox, page: Page
) -> None:
    await page.route("**/config/**", lambda route: route.abort())
    vendor = await run(page, shop, f"snaptr('init', '{PIXEL}'); snaptr('track', 'LOGIN');")
    await seen(vendor, "LOGIN")


@in_chromium
async def test_a_page_that_says_nothing_gets_an_automatic_view(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, f"snaptr('init', '{PIXEL}');")
    view = await seen(vendor, "PAGE_VIEW")
    assert view.data["ae"] is True
    assert view.key.startswith("@-")


@in_chromium
async def test_form_fields_are_read_without_being_asked(shop: Sandbox, page: Page) -> None:
    vendor = await run(page, shop, f"snaptr('init', '{PIXEL}'); snaptr('track', 'LOGIN');")
    await seen(vendor, "LOGIN")
    await page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<input type=email id=mail>')"
    )
    await page.fill("#mail", "nora.blum@example.net")
    await page.locator("#mail").blur()
    assert (await seen(vendor, "(pc)")).data["u_hems"] == EMAIL


@in_chromium
async def test_served_as_a_file_from_elsewhere_it_asks_that_host(
    shop: Sandbox, page: Page, make_ask: MakeAsk
) -> None:
    body = script(make_ask(suffix=shop.suffix), "scevent.js").body
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{shop.shop_url}/_vendors")
    await page.evaluate(f"{SNIPPET} snaptr('init', '{PIXEL}'); snaptr('track', 'LOGIN');")
    other = f"http://other.localhost:{shop.port}"

    async def serve(route: Route) -> None:
        await route.fulfill(body=body, content_type="text/javascript")

    await page.route(f"{other}/scevent.min.js", serve)
    await page.add_script_tag(url=f"{other}/scevent.min.js")
    await seen(shop.vendor("snapchat"), "LOGIN")
    assert any(each.startswith(f"{other}/config/localhost/{PIXEL}.js") for each in asked)
