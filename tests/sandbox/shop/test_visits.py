"""Visits to the shop's plain variant in Chromium: the stand-ins behave as the real pixels do."""

import json
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route

from firsthand.sandbox.ga4 import MEASUREMENT
from firsthand.sandbox.meta import PIXEL
from firsthand.sandbox.role import script
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.shop.pages import BASKET
from tests.sandbox.asking import MakeAsk
from tests.sandbox.waiting import seen

in_chromium = pytest.mark.asyncio(loop_scope="session")


async def visit(page: Page, live: Sandbox, choice: str) -> None:
    await page.goto(f"{live.shop_url}/")
    await page.get_by_role("link", name="From an ad on Facebook").click()
    await page.get_by_role("button", name=choice).click()


async def buy(page: Page, live: Sandbox, *, wait: bool = True) -> str:
    meta, ga4 = live.vendor("meta"), live.vendor("ga4")
    steps = (
        ("#main a[href$='/product/BRD-02']", "ViewContent", "view_item"),
        ("#add", "AddToCart", "add_to_cart"),
        ("#to-checkout", "InitiateCheckout", "begin_checkout"),
        ("#buy", "Purchase", "purchase"),
    )
    for selector, of_meta, of_ga4 in steps:
        await page.click(selector)
        if wait:
            await seen(meta, of_meta)
            await seen(ga4, of_ga4)
    return await page.locator("#order").inner_text()


@in_chromium
async def test_a_purchase_reaches_both_vendors(live: Sandbox, page: Page) -> None:
    meta, ga4 = live.vendor("meta"), live.vendor("ga4")
    await visit(page, live, "Accept all")
    landing = (await seen(meta, "PageView")).data
    first = (await seen(ga4, "page_view")).data
    assert (await seen(ga4, "view_item_list")).data["_s"] == first["_s"], "one body, two lines"
    order = await buy(page, live)
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}

    bought = await seen(meta, "Purchase")
    click = re.search(r"fbclid=([\w-]+)", landing["dl"])
    assert click
    assert (bought.account, bought.key) == (PIXEL, order)
    assert (bought.data["cd[value]"], bought.data["cd[currency]"]) == ("32.5", "EUR")
    assert json.loads(bought.data["cd[contents]"]) == [
        {"id": "BRD-02", "quantity": 1, "item_price": 32.5}
    ]
    assert bought.data["fbc"] == cookies["_fbc"]["value"]
    assert re.fullmatch(rf"fb\.1\.\d{{13}}\.{re.escape(click[1])}", bought.data["fbc"])
    assert bought.data["fbc"] == landing["fbc"], "the time of the click does not move"
    assert re.fullmatch(r"fb\.1\.\d{13}\.\d{1,10}", bought.data["fbp"])
    assert bought.data["fbp"] == cookies["_fbp"]["value"] == landing["fbp"]
    assert bought.data["rqm"] == "formPOST"
    assert landing["rqm"] == "GET"

    sold = await seen(ga4, "purchase")
    assert (sold.account, sold.key) == (MEASUREMENT, order)
    assert (sold.data["epn.value"], sold.data["cu"]) == ("32.5", "EUR")
    assert sold.data["pr1"] == "idBRD-02~nmOak bread board~caKitchen~pr32.5~qt1"
    assert cookies["_ga"]["value"] == f"GA1.2.{sold.data['cid']}"
    assert sold.data["cid"] == first["cid"]
    assert sold.data["gcs"] == "G111"
    assert (first["_fv"], first["_ss"], first["seg"], sold.data["seg"]) == ("1", "1", "0", "1")
    assert cookies["_ga_DEMO000001"]["value"].startswith(f"GS2.1.s{sold.data['sid']}$o1$g1$t")
    assert {cookies[name]["domain"] for name in ("_ga", "_fbp", "_fbc")} == {".shop.localhost"}


@in_chromium
async def test_contact_data_leaves_the_browser_normalised_and_hashed(
    live: Sandbox, page: Page
) -> None:
    await visit(page, live, "Accept all")
    await buy(page, live)
    sent = (await seen(live.vendor("meta"), "Purchase")).data
    plain = {
        "em": "jane.doe@example.com",
        "ph": "49301234567",
        "fn": "jane",
        "ln": "doe",
        "ct": "berlin",
        "zp": "10115",
        "country": "de",
        "external_id": "jane.doe@example.com",
    }
    hashes = {key: sha256(text.encode()).hexdigest() for key, text in plain.items()}
    assert {key: sent[f"ud[{key}]"] for key in plain} == hashes
    assert sent["cud[ph]"] == "+## ## #######"


@in_chromium
async def test_button_clicks_are_events_of_their_own_without_a_key(
    live: Sandbox, page: Page
) -> None:
    await visit(page, live, "Accept all")
    await seen(live.vendor("meta"), "PageView")
    await page.goto(f"{live.shop_url}/plain/product/MUG-01")
    await seen(live.vendor("meta"), "ViewContent")
    await page.click("#privacy-choices")
    click = await seen(live.vendor("meta"), "SubscribedButtonClick")
    assert click.key == ""
    assert (click.data["es"], click.data["tm"]) == ("automatic", "3")
    assert click.data["cd[buttonText]"] == "Privacy choices"


@in_chromium
async def test_engagement_is_told_when_the_page_is_left(live: Sandbox, page: Page) -> None:
    await visit(page, live, "Accept all")
    await seen(live.vendor("ga4"), "page_view")
    await page.goto("about:blank")
    left = await seen(live.vendor("ga4"), "user_engagement")
    assert int(left.data["_et"]) > 0


@in_chromium
@pytest.mark.parametrize(
    ("choice", "asked", "groups"),
    [
        ("Reject", set(), "C0001:1,C0002:0,C0003:0,C0004:0"),
        ("Analytics only", {"ga4"}, "C0001:1,C0002:1,C0003:0,C0004:0"),
    ],
)
async def test_the_plain_shop_asks_only_allowed_vendors(
    live: Sandbox, page: Page, choice: str, asked: set[str], groups: str
) -> None:
    await visit(page, live, choice)
    await buy(page, live, wait=False)
    if "ga4" in asked:
        assert (await seen(live.vendor("ga4"), "purchase")).data["gcs"] == "G101"
    await page.wait_for_load_state("networkidle")
    for key in {"meta", "ga4"} - asked:
        stand_in = live.vendor(key)
        assert (stand_in.beacons, stand_in.scripts, stand_in.others) == ([], [], [])
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    foreign = {"_fbp", "_fbc"} | (set() if asked else {"_ga", "_ga_DEMO000001"})
    assert not foreign & set(cookies)
    consent = parse_qs(cookies["OptanonConsent"]["value"])
    assert consent["groups"] == [groups]
    assert consent["interactionCount"] == ["1"]
    assert cookies["OptanonConsent"]["domain"] == ".shop.localhost"
    assert "OptanonAlertBoxClosed" in cookies


@in_chromium
async def test_nothing_is_asked_before_an_answer_and_a_choice_is_announced(
    live: Sandbox, page: Page
) -> None:
    await page.goto(f"{live.shop_url}/plain/shop?fbclid=abc")
    cookies = {cookie["name"] for cookie in await page.context.cookies()}
    assert cookies == {"OptanonConsent"}
    assert live.vendor("meta").scripts == live.vendor("ga4").scripts == []
    await page.evaluate(
        "window.addEventListener('OneTrustGroupsUpdated', (e) => { window.told = e.detail; })"
    )
    await page.get_by_role("button", name="Accept all").click()
    assert await page.evaluate("window.told") == ["C0001", "C0002", "C0003", "C0004"]
    assert await page.evaluate("window.OnetrustActiveGroups") == ",C0001,C0002,C0003,C0004,"
    await seen(live.vendor("meta"), "PageView")


@in_chromium
async def test_a_choice_can_be_taken_back(live: Sandbox, page: Page) -> None:
    await visit(page, live, "Accept all")
    await seen(live.vendor("meta"), "PageView")
    await page.get_by_role("button", name="Privacy choices").click()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Reject").click()
    before = len(live.vendor("meta").beacons)
    await buy(page, live, wait=False)
    assert len(live.vendor("meta").beacons) == before


def edited(body: bytes, old: str, new: str) -> Callable[[Route], Awaitable[None]]:
    text = body.decode()
    assert old in text

    async def serve(route: Route) -> None:
        await route.fulfill(body=text.replace(old, new), content_type="text/javascript")

    return serve


@in_chromium
async def test_an_edited_address_in_the_pixel_breaks_it(
    live: Sandbox, browser: Browser, make_ask: MakeAsk
) -> None:
    """Re-hosting by text replacement ends here, as it does with Meta's own script."""
    ask = make_ask(suffix=live.suffix)
    own = f"http://www.facebook.com{live.suffix}"
    pixel = script(ask, "fbevents.js", version="2.9.248").body
    page = await browser.new_page()
    await page.route("**/fbevents.js", edited(pixel, own, "http://trk.example/www.facebook.com"))
    await page.goto(f"{live.shop_url}/plain/shop")
    async with page.expect_event("pageerror") as fault:
        await page.get_by_role("button", name="Accept all").click()
    assert "Malformed tier" in str(await fault.value)
    assert live.vendor("meta").beacons == []
    await page.close()


@in_chromium
async def test_an_edited_host_in_the_tag_is_a_syntax_error(
    live: Sandbox, browser: Browser, make_ask: MakeAsk
) -> None:
    tag = script(make_ask(suffix=live.suffix), "gtag.js", id=MEASUREMENT).body
    host = "www.googletagmanager.com"
    page = await browser.new_page()
    await page.route("**/gtag/js?id=*", edited(tag, host, f"trk.example/{host}"))
    await page.goto(f"{live.shop_url}/plain/shop")
    async with page.expect_event("pageerror") as fault:
        await page.get_by_role("button", name="Accept all").click()
    assert "SyntaxError" in (await fault.value).name
    assert live.vendor("ga4").beacons == []
    await page.close()


PATHS = (
    "/",
    "/plain/shop",
    "/plain/product/LMP-03",
    "/plain/basket?added=LMP-03",
    "/plain/checkout",
    "/plain/nothing",
    "/_vendors",
)


@in_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_pages_are_accessible_and_fit_the_screen(
    live: Sandbox, browser: Browser, scheme: str, width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    basket = {"name": BASKET, "value": "LMP-03*1", "url": live.shop_url}
    await context.add_cookies([basket])
    page = await context.new_page()
    for path in PATHS:
        await page.goto(live.shop_url + path)
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
    await page.goto(f"{live.shop_url}/plain/checkout")
    await page.fill("#em", "")
    await page.get_by_role("button", name="Reject").click()
    await page.click("#buy")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await context.close()


@in_chromium
async def test_the_board_keeps_itself_up_to_date(live: Sandbox, page: Page) -> None:
    await page.goto(f"{live.shop_url}/_vendors")
    assert await page.locator("#board details").count() == 0
    other = await page.context.new_page()
    await visit(other, live, "Accept all")
    await seen(live.vendor("meta"), "PageView")
    await page.bring_to_front()
    await page.locator("#board summary", has_text="PageView").wait_for(timeout=10_000)
