"""What the pixel scripts do on a page without a shop: commands that the demo shop does not use."""

from hashlib import sha256
from typing import Any

import pytest
from playwright.async_api import Page

from firsthand.sandbox.ga4 import MEASUREMENT, SECOND
from firsthand.sandbox.meta import PIXEL
from firsthand.sandbox.server import Sandbox
from tests.sandbox.waiting import seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

FBQ = """
window.fbq = function () {
  if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments); else fbq.queue.push(arguments);
};
fbq.queue = [];
"""
GTAG = "window.dataLayer = []; window.gtag = function () { dataLayer.push(arguments); };"


async def run(page: Page, live: Sandbox, code: str, script: str) -> None:
    """Open a page without tags, run ``code``, then load a vendor's script."""
    await page.goto(f"{live.shop_url}/_vendors")
    await page.evaluate(code)
    host, _, path = script.partition("/")
    await page.add_script_tag(url=f"http://{host}{live.suffix}/{path}")


async def run_fbq(page: Page, live: Sandbox, code: str) -> None:
    init = f"fbq('init', '{PIXEL}');"
    await run(page, live, f"{FBQ} {init} {code}", "connect.facebook.net/en_US/fbevents.js")


async def run_gtag(page: Page, live: Sandbox, code: str) -> None:
    tag = f"www.googletagmanager.com/gtag/js?id={MEASUREMENT}"
    await run(page, live, f"{GTAG} {code}", tag)


async def cookie_names(page: Page) -> set[str]:
    return {cookie["name"] for cookie in await page.context.cookies()}


async def test_revoked_consent_holds_events_and_cookies_back(live: Sandbox, page: Page) -> None:
    await run_fbq(page, live, "fbq('consent', 'revoke'); fbq('track', 'PageView');")
    await page.wait_for_load_state("networkidle")
    assert live.vendor("meta").beacons == []
    assert await cookie_names(page) == set()
    await page.evaluate("fbq('consent', 'grant')")
    await seen(live.vendor("meta"), "PageView")
    assert await cookie_names(page) == {"_fbp"}


async def test_nothing_is_sent_without_the_configuration(live: Sandbox, page: Page) -> None:
    await page.route("**/signals/config/**", lambda route: route.abort())
    await run_fbq(page, live, "fbq('track', 'PageView');")
    await page.wait_for_load_state("networkidle")
    assert live.vendor("meta").beacons == []


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (
            "fbq('dataProcessingOptions', ['LDU'], 1, 1000); fbq('track', 'Lead')",
            "Lead",
            {"dpo": "LDU", "dpoco": "1", "dpost": "1000"},
        ),
        ("fbq('trackCustom', 'Quiz', {score: 7})", "Quiz", {"tm": "4", "cd[score]": "7"}),
        (f"fbq('trackSingle', '{PIXEL}', 'Lead', {{}}, {{eventID: 'k'}})", "Lead", {"eid": "k"}),
        ("fbq('track', 'Lead')", "Lead", {"id": PIXEL, "ec": "0", "coo": "false", "if": "false"}),
    ],
)
async def test_commands_of_the_pixel(
    live: Sandbox, page: Page, code: str, name: str, expected: dict[str, str]
) -> None:
    await run_fbq(page, live, code)
    sent = (await seen(live.vendor("meta"), name)).data
    assert {key: sent.get(key) for key in expected} == expected


async def test_an_address_of_our_own_can_be_set(live: Sandbox, page: Page) -> None:
    other = f"http://www.facebook.com{live.suffix}/tr"
    await run_fbq(page, live, f"fbq('set', 'endpoint', '{other}'); fbq('track', 'Lead');")
    await seen(live.vendor("meta"), "Lead")
    assert live.vendor("meta").beacons[0].ask.path == "/tr"


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"email": " Max.MUSTER@Example.org "}, {"em": "max.muster@example.org"}),
        ({"em": "not an address"}, {}),
        ({"ph": "+1 (555) 010-1234"}, {"ph": "15550101234"}),
        ({"ph": "0049 30 555"}, {"ph": "4930555"}),
        ({"fn": "Chloë-Anne"}, {"fn": "chloëanne"}),
        # A city loses letters beyond ASCII, a name keeps them (2.9.241, run in Chromium).
        ({"ct": "São Tomé"}, {"ct": "sotom"}),
        ({"zp": "94025-7777"}, {"zp": "94025"}),
        ({"external_id": "Cust 7"}, {"external_id": "cust7"}),
    ],
)
async def test_contact_data(
    live: Sandbox, page: Page, given: dict[str, str], plain: dict[str, str]
) -> None:
    await page.goto(f"{live.shop_url}/_vendors")
    await page.evaluate(
        f"(user) => {{ {FBQ} fbq('init', '{PIXEL}', user); fbq('track', 'Lead'); }}", given
    )
    await page.add_script_tag(url=f"http://connect.facebook.net{live.suffix}/en_US/fbevents.js")
    sent = (await seen(live.vendor("meta"), "Lead")).data
    hashed = {key[3:-1]: value for key, value in sent.items() if key.startswith("ud[")}
    assert hashed == {key: sha256(text.encode()).hexdigest() for key, text in plain.items()}


async def test_a_hash_is_passed_on_in_lower_case(live: Sandbox, page: Page) -> None:
    code = f"fbq('init', '{PIXEL}', {{em: '{'AB' * 32}'}}); fbq('track', 'Lead');"
    await run(page, live, f"{FBQ} {code}", "connect.facebook.net/en_US/fbevents.js")
    assert (await seen(live.vendor("meta"), "Lead")).data["ud[em]"] == "ab" * 32


@pytest.mark.parametrize(
    ("address", "cookie"),
    [
        ("?fbclid=new", "new"),
        ("?fbclid=old", "old"),
        ("", "old"),
        ("?fbclid=" + "x" * 501, "old"),
    ],
)
async def test_a_click_id_moves_only_with_a_new_click(
    live: Sandbox, page: Page, address: str, cookie: str
) -> None:
    old = "fb.1.1700000000000.old"
    await page.context.add_cookies(
        [{"name": "_fbc", "value": old, "domain": ".shop.localhost", "path": "/"}]
    )
    await page.goto(f"{live.shop_url}/_vendors{address}")
    await page.evaluate(f"{FBQ} fbq('init', '{PIXEL}'); fbq('track', 'Lead');")
    await page.add_script_tag(url=f"http://connect.facebook.net{live.suffix}/en_US/fbevents.js")
    sent = (await seen(live.vendor("meta"), "Lead")).data["fbc"]
    assert sent.endswith(f".{cookie}")
    assert (sent == old) is (cookie == "old")


async def test_denied_analytics_is_a_ping_without_cookies(live: Sandbox, page: Page) -> None:
    denied = "gtag('consent', 'default', {ad_storage: 'denied', analytics_storage: 'denied'});"
    await run_gtag(page, live, f"{denied} gtag('config', '{MEASUREMENT}');")
    sent = (await seen(live.vendor("ga4"), "page_view")).data
    assert (sent["gcs"], sent["gcd"]) == ("G100", "13p3p3l2l5l1")
    assert await cookie_names(page) == set()


async def test_without_consent_mode_there_is_no_gcs(live: Sandbox, page: Page) -> None:
    await run_gtag(page, live, f"gtag('config', '{MEASUREMENT}');")
    sent = (await seen(live.vendor("ga4"), "page_view")).data
    assert "gcs" not in sent
    assert sent["gcd"] == "13l3l3l3l1l1"
    assert sent["gtm"].endswith("za200")


async def test_hits_wait_for_the_update_that_was_announced(live: Sandbox, page: Page) -> None:
    await run_gtag(
        page,
        live,
        "gtag('consent', 'default', {analytics_storage: 'denied', wait_for_update: 60000});"
        f"gtag('config', '{MEASUREMENT}');",
    )
    await page.wait_for_load_state("networkidle")
    assert live.vendor("ga4").beacons == []
    await page.evaluate("gtag('consent', 'update', {analytics_storage: 'granted'})")
    assert (await seen(live.vendor("ga4"), "page_view")).data["gcs"] == "G1-1"
    assert "_ga" in await cookie_names(page)


async def test_a_second_id_brings_its_own_file(live: Sandbox, page: Page) -> None:
    await run_gtag(page, live, f"gtag('config', '{MEASUREMENT}'); gtag('config', '{SECOND}');")
    first = await seen(live.vendor("ga4"), "page_view", MEASUREMENT)
    second = await seen(live.vendor("ga4"), "page_view", SECOND)
    assert first.data["cid"] == second.data["cid"]
    ids = [request.ask.params["id"] for request in live.vendor("ga4").scripts]
    assert ids == [MEASUREMENT, SECOND]


async def test_a_container_address_takes_all_hits(live: Sandbox, page: Page) -> None:
    own = f"http://region1.google-analytics.com{live.suffix}"
    options = f"{{server_container_url: '{own}/'}}"
    await run_gtag(page, live, f"gtag('config', '{MEASUREMENT}', {options});")
    await seen(live.vendor("ga4"), "page_view")
    assert live.vendor("ga4").beacons[0].ask.host == "region1.google-analytics.com"


async def test_items_and_parameters(live: Sandbox, page: Page) -> None:
    event: dict[str, Any] = {
        "currency": "EUR",
        "value": 1.5,
        "method": "card",
        "items": [{"item_id": "A~B", "item_name": "Hat é", "price": 2, "size": "XL"}],
        "send_to": MEASUREMENT,
    }
    await page.goto(f"{live.shop_url}/_vendors")
    await page.evaluate(
        f"(event) => {{ {GTAG} gtag('config', '{MEASUREMENT}', {{send_page_view: false}});"
        " gtag('event', 'add_to_cart', event); }",
        event,
    )
    await page.add_script_tag(
        url=f"http://www.googletagmanager.com{live.suffix}/gtag/js?id={MEASUREMENT}"
    )
    sent = (await seen(live.vendor("ga4"), "add_to_cart")).data
    assert sent["pr1"] == "idA~~B~nmHat é~pr2~k0size~v0XL"
    assert (sent["cu"], sent["epn.value"], sent["ep.method"]) == ("EUR", "1.5", "card")
    assert "ep.send_to" not in sent
    assert [event.name for event in live.vendor("ga4").pixel_events] == ["add_to_cart"]


@pytest.mark.parametrize(("age", "number", "fresh"), [(60, "3", False), (3600, "4", True)])
async def test_a_session_goes_on_for_half_an_hour_and_then_another_begins(
    live: Sandbox, page: Page, age: int, number: str, *, fresh: bool
) -> None:
    last = int(await page.evaluate("Math.floor(Date.now() / 1000)")) - age
    value = f"GS2.1.s1790000000$o3$g1$t{last}$j60$l0$h0"
    await page.context.add_cookies(
        [{"name": "_ga_DEMO000001", "value": value, "domain": ".shop.localhost", "path": "/"}]
    )
    await run_gtag(page, live, f"gtag('config', '{MEASUREMENT}');")
    sent = (await seen(live.vendor("ga4"), "page_view")).data
    assert (sent["sct"], "_ss" in sent) == (number, fresh)
    assert (sent["sid"] == "1790000000") is not fresh
