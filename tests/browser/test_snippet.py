"""fh.js in a page: events wait for the visitor's choice, go out once, and none gets lost."""

import json
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.stage import CONSENT, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
SERVER = {"acme": {"1": "server", "": "server"}}
BOTH = {"acme": {"1": "both", "": "both"}}
BUY = """firsthand('track', 'purchase', {id: 'order-1', value: 49.9, currency_code: 'EUR',
  properties: {transaction_id: 'order-1', items: [{id: 'SKU1', price: 49.9, quantity: 1}]}})"""


def ready(stage: Stage, more: str = "", modes: Any = SERVER) -> None:
    stage.modes = modes
    stage.html = f"<body>{stage.snippet_tag}{more}</body>"


async def loaded(page: Page) -> None:
    await page.wait_for_function("window.firsthand.q && window.firsthand.q.on")


async def answered(stage: Stage, page: Page) -> None:
    """Wait until the question is answered and what could follow has followed."""
    await loaded(page)
    await stage.until(stage.asked)
    await page.wait_for_timeout(600)


async def choose(stage: Stage, page: Page, value: str) -> None:
    """Answer the banner while the page is open."""
    asked = len(stage.asked())
    await stage.consent(value)
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await stage.until(lambda: len(stage.asked()) > asked)


@pytest.mark.parametrize("modes", [SERVER, BOTH])
async def test_an_event_has_ecapis_shape(stage: Stage, modes: Any) -> None:
    ready(stage, f"<script>{BUY}</script>", modes=modes)
    page = await stage.open("/thanks?x=1#top", consent="acme")
    await stage.until(lambda: len(stage.told()) == 2)
    view, purchase = stage.told()
    address = f"http://shop.localhost:{stage.port}/thanks?x=1#top"
    assert view["event_type"] == "page_view"
    assert view["properties"] == {"page_url": address, "referrer": ""}
    assert purchase.pop("timestamp") > 1_700_000_000
    assert purchase.pop("ext") == {"firsthand": {"event_ids": {}}}
    assert purchase == {
        "data_set_id": "shop",
        "id": "order-1",
        "event_type": "purchase",
        "value": 49.9,
        "currency_code": "EUR",
        "properties": {
            "page_url": address,
            "referrer": "",
            "transaction_id": "order-1",
            "items": [{"id": "SKU1", "price": 49.9, "quantity": 1}],
        },
    }
    assert len(stage.collected()) == 1, "what happens together goes together"
    assert await page.evaluate("firsthand('track', 'contact')") is None
    await stage.until(lambda: len(stage.told()) == 3)
    assert len({event["id"] for event in stage.told()}) == 3
    assert stage.at_vendors() == []


async def test_visitors_cookies_go_along(stage: Stage) -> None:
    ready(stage)
    await stage.open(consent="acme")
    await stage.until(stage.told)
    assert stage.at("trk")[-1].cookies[CONSENT] == "acme"
    assert stage.at("trk")[-1].method == "POST"


@pytest.mark.parametrize("choice", ["", "none"])
async def test_without_a_yes_nothing_is_sent_and_nothing_stored(stage: Stage, choice: str) -> None:
    ready(stage, f"<script>{BUY}</script>")
    page = await stage.open("/?acclid=click-1", consent=choice)
    await answered(stage, page)
    await page.evaluate(BUY)
    await page.evaluate("dispatchEvent(new Event('pagehide'))")
    await page.wait_for_timeout(500)
    assert {each.path for each in stage.at("trk")} == {"/fh.js", "/fh/consent"}
    assert [each.method for each in stage.asked()] == ["GET"]
    assert stage.at_vendors() == []
    assert stage.context
    cookies = {cookie["name"] for cookie in await stage.context.cookies()}
    assert cookies <= {CONSENT, "fh_verdict"}
    assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert await page.evaluate("indexedDB.databases().then(found => found.length)") == 0


async def test_a_late_yes_sends_what_was_held_once(stage: Stage) -> None:
    ready(stage, f"<script>{BUY}</script>")
    page = await stage.open("/?acclid=click-1")
    await answered(stage, page)
    await page.evaluate("history.pushState(0, '', '/next'); dispatchEvent(new Event('pagehide'))")
    await choose(stage, page, "acme")
    await stage.until(lambda: len(stage.told()) == 3)
    kinds = [(event["event_type"], event["properties"]["page_url"]) for event in stage.told()]
    here = f"http://shop.localhost:{stage.port}"
    landing, after = f"{here}/?acclid=click-1", f"{here}/next"
    assert kinds == [("page_view", landing), ("purchase", landing), ("page_view", after)]
    question = stage.asked()[-1]
    assert (question.method, question.body) == ("POST", '{"landing":"?acclid=click-1"}')
    await choose(stage, page, "acme+bolt")
    await page.wait_for_timeout(500)
    assert len(stage.told()) == 3


async def test_a_refusal_drops_what_was_held(stage: Stage) -> None:
    ready(stage, f"<script>{BUY}</script>")
    page = await stage.open()
    await answered(stage, page)
    await choose(stage, page, "none")
    await page.wait_for_timeout(300)
    await page.evaluate("firsthand('track', 'contact')")
    await choose(stage, page, "acme")
    await page.evaluate("firsthand('track', 'search')")
    await stage.until(stage.told)
    await page.wait_for_timeout(300)
    assert [event["event_type"] for event in stage.told()] == ["search"]


async def test_the_verdict_cookie_tells_a_refusal_too(stage: Stage) -> None:
    ready(stage, f"<script>{BUY}</script>")
    await stage.consent("none")
    await stage.remember("none")
    page = await stage.open()
    await loaded(page)
    await page.wait_for_timeout(400)
    assert stage.asked() == []
    await choose(stage, page, "acme")
    await page.evaluate("firsthand('track', 'search')")
    await stage.until(stage.told)
    assert [event["event_type"] for event in stage.told()] == ["search"]


async def test_a_withdrawal_ends_it_at_once(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    # The cookie has changed, and no event has said so yet.
    await page.evaluate(f"document.cookie = '{CONSENT}=none; domain=shop.localhost'; {BUY}")
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(500)
    assert [event["event_type"] for event in stage.told()] == ["page_view"]


async def test_a_bounded_number_is_held_the_landing_among_them(stage: Stage) -> None:
    many = "for (let i = 0; i < 80; i++) firsthand('track', 'contact', {id: 'c' + i})"
    ready(stage, f"<script>{many}</script>")
    page = await stage.open()
    await answered(stage, page)
    await choose(stage, page, "acme")
    await stage.until(lambda: len(stage.told()) == 50)
    await page.wait_for_timeout(300)
    ids = [event["id"] for event in stage.told()]
    assert stage.told()[0]["event_type"] == "page_view"
    assert ids[1:] == [f"c{n}" for n in range(31, 80)]
    assert [len(batch) for batch in stage.collected()] == [20, 20, 10]


async def test_long_events_go_in_requests_that_the_server_takes(stage: Stage) -> None:
    many = (
        "for (let i = 0; i < 12; i++) firsthand('track', 'contact', {x: '\\u{1F600}'.repeat(3000)})"
    )
    ready(stage, f"<script>{many}</script>")
    await stage.open(consent="acme")
    await stage.until(lambda: len(stage.told()) == 13)
    bodies = [each.body.encode() for each in stage.at("trk") if each.path == "/fh/collect"]
    assert max(map(len, bodies)) < 65_536


async def test_offline_then_online(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    assert stage.context
    await stage.context.set_offline(True)
    await page.evaluate(BUY)
    await page.wait_for_timeout(500)
    assert len(stage.told()) == 1
    await stage.context.set_offline(False)
    await stage.until(lambda: len(stage.told()) == 2)
    await page.wait_for_timeout(400)
    assert [event["event_type"] for event in stage.told()] == ["page_view", "purchase"]


async def test_a_question_that_failed_offline_is_asked_again(stage: Stage) -> None:
    ready(stage)
    assert stage.context
    await stage.context.route("**/fh/consent*", lambda route: route.abort())
    page = await stage.open(consent="acme")
    await loaded(page)
    await page.wait_for_timeout(300)
    await stage.context.unroute("**/fh/consent*")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await stage.until(stage.told)


NO_BEACON = "navigator.sendBeacon = () => false"


async def test_where_a_beacon_is_refused_a_fetch_follows(stage: Stage) -> None:
    ready(stage)
    assert stage.context
    await stage.context.add_init_script(NO_BEACON)
    await stage.open(consent="acme")
    await stage.until(stage.told)
    assert len(stage.told()) == 1


async def test_what_failed_is_tried_a_few_times(stage: Stage) -> None:
    ready(stage)
    assert stage.context
    await stage.context.add_init_script(NO_BEACON)
    failed: list[str] = []

    async def fail(route: Any) -> None:
        failed.append(route.request.post_data)
        await route.abort()

    await stage.context.route("**/fh/collect", fail)
    page = await stage.open(consent="acme")
    await stage.until(lambda: failed)
    for _ in range(8):
        await page.evaluate("dispatchEvent(new Event('online'))")
        await page.wait_for_timeout(100)
    assert len({json.loads(body)["events"][0]["id"] for body in failed}) == 1
    # Keepalive and a plain fetch behind it, five times.
    assert len(failed) == 10
    await stage.context.unroute("**/fh/collect")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.evaluate(BUY)
    await stage.until(stage.told)
    assert [event["event_type"] for event in stage.told()] == ["purchase"]


async def test_what_got_old_is_not_sent(stage: Stage) -> None:
    ready(stage, f"<script>{BUY}</script>")
    page = await stage.open()
    await answered(stage, page)
    await page.evaluate("{ const now = Date.now; Date.now = () => now() + 3700000 }")
    await page.evaluate("firsthand('track', 'contact')")
    await choose(stage, page, "acme")
    await stage.until(stage.told)
    assert [event["event_type"] for event in stage.told()] == ["contact"]


@pytest.mark.parametrize("leave", ["location = '/other'", "window.close()"])
async def test_the_page_leaves_and_its_events_go(stage: Stage, leave: str) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.evaluate(f"setTimeout(() => {{ {BUY}; {leave} }})")
    await stage.until(lambda: "purchase" in [event["event_type"] for event in stage.told()])


STRICT = "default-src 'none'; script-src 'nonce-n' {trk}; connect-src {to}"


@pytest.mark.parametrize("listed", [True, False])
async def test_a_policy(stage: Stage, *, listed: bool) -> None:
    ready(stage)
    stage.html = stage.html.replace("<script", "<script nonce=n")
    to = stage.tracking if listed else "'self'"
    stage.headers = {"Content-Security-Policy": STRICT.format(trk=stage.tracking, to=to)}
    page = await stage.open(consent="acme")
    if listed:
        await stage.until(stage.told)
        return
    # The answer comes by a script element; nothing can be posted, and the page goes on.
    await stage.until(lambda: [each for each in stage.asked() if each.query])
    await page.wait_for_timeout(500)
    assert stage.told() == []
    assert await page.evaluate("typeof firsthand") == "function"


@pytest.mark.parametrize("modes", [SERVER, BOTH])
@pytest.mark.parametrize("first", ["snippet", "loader"])
async def test_beside_a_loader_one_shim_and_one_question(
    stage: Stage, first: str, modes: Any
) -> None:
    stage.modes = modes
    stage.scripts[PIXEL] = "window.ran = (window.ran || 0) + 1"
    loader = f"<script src='{stage.tracking}/{PIXEL}'></script>"
    tag = stage.snippet_tag.replace(" async", "")
    stage.html = f"<body>{tag + loader if first == 'snippet' else loader + tag}</body>"
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.wait_for_function("window.ran === 1")
    assert len(stage.asked()) == 1
    await page.evaluate("u => { new Image().src = u }", stage.vendor("px.acme.example/tr/?id=1"))
    if modes is SERVER:
        await stage.until(lambda: stage.moved("px.acme.example/tr/"))
        assert stage.at_vendors() == []
    else:
        await stage.until(stage.copies)
        assert len(stage.at("px.acme.example")) == 1


async def test_pasted_twice_it_works_once(stage: Stage) -> None:
    ready(stage)
    stage.html += stage.snippet_tag
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.wait_for_timeout(500)
    assert len(stage.told()) == 1


async def test_whatever_a_page_passes_it_goes_on(stage: Stage) -> None:
    ready(stage, "<script>firsthand('nonsense'); firsthand(); firsthand('consent')</script>")
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.evaluate(
        """() => { const loop = {}; loop.loop = loop;
          firsthand('track', 'contact', loop); firsthand('track', 'contact', {n: 1n});
          firsthand('track', 'contact', {ext: null}); firsthand('track');
          firsthand('constructor', 1); firsthand(Symbol()) }"""
    )
    old = "(window.kept || window.firsthand)('track', 'search', null)"
    await page.evaluate(old)
    await stage.until(lambda: "search" in [event.get("event_type") for event in stage.told()])


async def test_a_page_that_kept_the_first_function_is_heard(stage: Stage) -> None:
    ready(stage)
    stage.html = stage.html.replace(
        "<script async", "<script>window.kept = window.firsthand</script><script async"
    )
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.evaluate("kept('track', 'search')")
    await stage.until(lambda: len(stage.told()) == 2)


async def test_objects_of_the_page_are_copied(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await stage.until(stage.told)
    await page.evaluate(
        """const told = {id: 'a', properties: {items: [{id: '1'}]}};
           firsthand('track', 'contact', told); told.properties.items[0].id = '2'"""
    )
    await stage.until(lambda: len(stage.told()) == 2)
    assert stage.told()[1]["properties"]["items"] == [{"id": "1"}]
