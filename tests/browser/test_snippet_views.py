"""Page views of fh.js: one for each address that a visitor comes to, whatever a router does."""

import pytest
from playwright.async_api import Page

from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


def ready(stage: Stage, before: str = "") -> None:
    stage.modes = {"acme": {"1": "server"}}
    stage.html = (
        f"<body>{stage.snippet_tag.replace('<script async', before + '<script async')}</body>"
    )


def views(stage: Stage) -> list[str]:
    """Return the addresses of the page views, without scheme and host."""
    told = [event for event in stage.told() if event["event_type"] == "page_view"]
    return [event["properties"]["page_url"].split(f":{stage.port}")[1] for event in told]


async def opened(stage: Stage, path: str = "/", before: str = "") -> Page:
    ready(stage, before)
    page = await stage.open(path, consent="acme")
    await stage.until(stage.told)
    return page


PUSH = "history.pushState({{}}, '', '{}')"
REPLACE = "history.replaceState({{}}, '', '{}')"

# What routers and pages do, step by step, and the address of the view that follows, if one does.
WAYS = [
    [
        (REPLACE.format("/"), None),  # its own state, as each router keeps
        (PUSH.format("/"), None),
        (PUSH.format("#part"), None),  # a place in the page
        ("location.hash = 'other'", None),
        ("location.hash = '#/'", None),  # the first route
        ("location.hash = '#/route'", "/#/route"),
        (PUSH.format("#/pushed"), "/#/pushed"),
        ("history.back()", "/#/route"),
        ("location.hash = '#!route'", "/#!route"),
        ("location.hash = '#/'", "/#/"),
    ],
    [
        (PUSH.format("/a"), "/a"),
        (REPLACE.format("/a"), None),
        (REPLACE.format("/a") + ";" + PUSH.format("/b") + ";" + REPLACE.format("/b"), "/b"),
        ("history.pushState(0, '')", None),
        (PUSH.format("?x=1"), "/b?x=1"),
        (REPLACE.format("/c"), "/c"),
        ("history.back()", "/b"),
        ("history.back()", None),
        ("history.back()", "/a"),
        ("history.forward()", "/b"),
    ],
    [
        (PUSH.format("/old") + ";" + REPLACE.format("/new"), "/new"),  # a redirect
        (PUSH.format("/old") + ";" + PUSH.format("/new"), None),  # one that was refused
        ("try { history.pushState(0, '', 'https://other.example/') } catch (e) {}", None),
        ("History.prototype.pushState.call(history, 0, '', '/unseen')", None),
        (PUSH.format("/b"), "/b"),
    ],
]


@pytest.mark.parametrize("way", WAYS)
async def test_one_view_for_each_address(stage: Stage, way: list[tuple[str, str | None]]) -> None:
    page = await opened(stage)
    expected = ["/"]
    for step, address in way:
        await page.evaluate(step)
        if address is None:
            await page.wait_for_timeout(200)
        else:
            expected.append(address)
            await stage.until(lambda: len(views(stage)) >= len(expected))
    await page.wait_for_timeout(500)
    assert views(stage) == expected


async def test_a_view_names_the_one_before(stage: Stage) -> None:
    page = await opened(stage, "/first#top")
    await page.evaluate(PUSH.format("/second"))
    await page.evaluate("firsthand('track', 'contact')")
    await stage.until(lambda: len(stage.told()) == 3)
    here = f"http://shop.localhost:{stage.port}"
    first, second, contact = (event["properties"] for event in stage.told())
    assert first["referrer"] == ""
    assert second == {"page_url": f"{here}/second", "referrer": f"{here}/first"}
    assert contact == second, "an event comes after the view that it happened in"


async def test_an_address_gone_in_a_moment_is_told_when_the_page_leaves(stage: Stage) -> None:
    page = await opened(stage)
    await page.evaluate(f"{PUSH.format('/a')}; dispatchEvent(new Event('pagehide'))")
    await stage.until(lambda: len(stage.told()) == 2)
    assert views(stage) == ["/", "/a"]


async def test_a_page_out_of_the_cache_is_seen_again(stage: Stage) -> None:
    page = await opened(stage)
    await page.evaluate(
        """dispatchEvent(new PageTransitionEvent('pageshow', {persisted: false}));
           dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"""
    )
    await stage.until(lambda: len(stage.told()) == 2)
    await page.wait_for_timeout(300)
    assert views(stage) == ["/", "/"]


async def test_a_page_that_is_only_prepared_is_not_seen(stage: Stage) -> None:
    ready(stage)
    assert stage.context
    await stage.context.add_init_script(
        "Object.defineProperty(document, 'prerendering', {value: true, configurable: true})"
    )
    page = await stage.open(consent="acme")
    await page.evaluate("firsthand('track', 'contact')")
    await page.wait_for_timeout(500)
    assert stage.asked() == []
    await page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")
    await stage.until(lambda: len(stage.told()) == 2)
    assert views(stage) == ["/"]


@pytest.mark.parametrize("told", ["false", "true", "undefined"])
async def test_views_can_be_switched_off(stage: Stage, told: str) -> None:
    ready(stage, f"<script>firsthand('config', {{page_views: {told}}})</script>")
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.firsthand.q.on")
    await page.evaluate(PUSH.format("/a"))
    # A page view of the page's own is one more.
    await page.evaluate("firsthand('track', 'page_view')")
    expected = ["/a"] if told == "false" else ["/", "/a", "/a"]
    await stage.until(lambda: len(stage.told()) == len(expected))
    await page.wait_for_timeout(200)
    assert views(stage) == expected


async def test_wrappers_of_the_page_work_on(stage: Stage) -> None:
    wrapper = """<script>{ const push = History.prototype.pushState; window.pushed = [];
      History.prototype.pushState = function (...args) {
        pushed.push(args[2]); return push.apply(this, args) } }</script>"""
    page = await opened(stage, before=wrapper)
    later = wrapper.partition(">")[2].rpartition("<")[0].replace("window.pushed = [];", "")
    await page.evaluate(f"{later}; 0")
    await page.evaluate(PUSH.format("/a"))
    await stage.until(lambda: len(stage.told()) == 2)
    assert await page.evaluate("pushed") == ["/a", "/a"]
