"""The loader: vendor code runs once the visitor's choice allows it, and not before."""

import json

import pytest
from playwright.async_api import Page

from tests.browser.stage import CONSENT, HASH, Stage
from tests.rules.digests import DIGESTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
MORE = "cdn.acme.example/more.js"
TAG = "cdn.bolt.example/pixel.js"
SERVER = {"acme": {"1": "server", "": "server"}, "bolt": {"B-1": "server", "": "server"}}
BOTH = {"acme": {"1": "both", "": "both"}, "bolt": {"B-1": "both", "": "both"}}


def ready(stage: Stage, tags: str = "", modes: dict[str, dict[str, str]] = SERVER) -> None:
    stage.modes = dict(modes)
    stage.scripts[PIXEL] = "(window.ran = window.ran || []).push('acme')"
    stage.scripts[TAG] = "(window.ran = window.ran || []).push('bolt')"
    stage.html = f"<body>{tags or stage.loader_tag(PIXEL)}</body>"


async def settled(stage: Stage, page: Page) -> None:
    """Wait until the question was answered and whatever follows it has been asked for."""
    await stage.until(stage.asked)
    await page.wait_for_timeout(150)


def files(stage: Stage) -> list[tuple[str, str]]:
    """Return place and version of the vendor files that were asked for."""
    return [(each.path[1:], each.query["fh"]) for each in stage.at("trk") if "fh" in each.query]


@pytest.mark.parametrize("modes", [SERVER, BOTH])
@pytest.mark.parametrize(
    ("consent", "ran"),
    [("", None), ("none", None), ("bolt", None), ("acme", ["acme"]), ("acme+bolt", ["acme"])],
)
async def test_the_file_runs_after_a_yes_only(
    stage: Stage, consent: str, ran: list[str] | None, modes: dict[str, dict[str, str]]
) -> None:
    ready(stage, modes=modes)
    page = await stage.open(consent=consent)
    await settled(stage, page)
    assert await page.evaluate("window.ran") == ran
    assert files(stage) == ([(PIXEL, HASH)] if ran else [])
    assert stage.at_vendors() == []


async def test_the_next_page_uses_the_verdict_cookie(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    await page.goto(f"http://shop.localhost:{stage.port}/next")
    await page.wait_for_function("window.ran")
    assert len(stage.asked()) == 1


async def test_a_changed_choice_makes_the_verdict_cookie_worthless(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    await stage.consent("none")
    await page.goto(f"http://shop.localhost:{stage.port}/next")
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(150)
    assert await page.evaluate("window.ran") is None


async def test_the_page_has_the_servers_digest(stage: Stage) -> None:
    ready(stage)
    stage.cookies = "^(?:c|p-[^=]*)="
    for header, expected in DIGESTS:
        await stage.context.clear_cookies()
        pairs = [pair for pair in header.split("; ") if pair]
        # A second cookie of one name needs another path.
        lines = [f"{pair}; path=/{'deep' if i else ''}" for i, pair in enumerate(pairs)]
        lines.append(f"fh_verdict=1.{expected}.acme; path=/")
        lines = [f"document.cookie = {json.dumps(line)}" for line in lines]
        stage.html = f"<script>{';'.join(lines)}</script>{stage.loader_tag(PIXEL)}"
        page = await stage.open("/deep/page")
        await page.wait_for_function("window.ran")
        assert stage.asked() == [], header
        await page.close()


async def test_global_privacy_control_is_not_answered_from_the_cookie(stage: Stage) -> None:
    ready(stage)
    await stage.context.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    await page.goto(f"http://shop.localhost:{stage.port}/next")
    await page.wait_for_function("window.ran")
    assert len(stage.asked()) == 2


@pytest.mark.parametrize(
    "announce",
    [
        "",  # seen within a second
        "dispatchEvent(new Event('focus'))",
        "dispatchEvent(new Event('fh:consent'))",
    ],
)
async def test_a_late_yes_loads_on_the_same_page(stage: Stage, announce: str) -> None:
    ready(stage)
    page = await stage.open("/?acclid=click-1")
    await settled(stage, page)
    await page.evaluate("history.pushState(0, '', '/elsewhere')")
    await page.evaluate(f"document.cookie = 'choice=acme; domain=shop.localhost'; {announce}")
    await page.wait_for_function("window.ran")
    first, *_, last = stage.asked()
    assert first.method == "GET"
    assert (last.method, last.body) == ("POST", '{"landing":"?acclid=click-1"}')
    order = [each.path for each in stage.at("trk")]
    assert order.index(f"/{PIXEL}") < order.index("/fh/consent")
    assert order[-1] == f"/{PIXEL}"


@pytest.mark.parametrize("where", ["window", "document", "document.body"])
async def test_an_event_of_the_platform_is_heard_wherever_it_is_told(
    stage: Stage, where: str
) -> None:
    ready(stage)
    stage.html = f"<script>window.setInterval = () => 0</script>{stage.html}"
    page = await stage.open()
    await settled(stage, page)
    await page.evaluate(
        f"document.cookie = 'choice=acme; domain=shop.localhost';"
        f"{where}.dispatchEvent(new Event('acme:chosen'))"
    )
    await page.wait_for_function("window.ran")


async def test_an_early_yes_needs_no_landing_address(stage: Stage) -> None:
    ready(stage)
    page = await stage.open("/?acclid=click-1", consent="acme")
    await page.wait_for_function("window.ran")
    assert [each.method for each in stage.asked()] == ["GET"]


async def test_a_late_no_keeps_the_landing_address_in_the_page(stage: Stage) -> None:
    ready(stage)
    page = await stage.open("/?acclid=click-1")
    await settled(stage, page)
    await page.evaluate(
        "document.cookie = 'choice=none; domain=shop.localhost'; dispatchEvent(new Event('focus'))"
    )
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(150)
    assert [each.method for each in stage.asked()] == ["GET", "GET"]
    assert await page.evaluate("window.ran") is None


async def test_a_withdrawal_ends_the_beacons(stage: Stage) -> None:
    ready(stage)
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    await page.evaluate(f"document.cookie = '{CONSENT}=none; domain=shop.localhost'")
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(100)
    answers = await page.evaluate(
        """async u => {
          new Image().src = u;
          const x = new XMLHttpRequest(); x.open('POST', u, false); x.send('a=1');
          return [navigator.sendBeacon(u, 'a=1'), (await fetch(u)).status, x.status] }""",
        stage.vendor("px.acme.example/tr/?id=1"),
    )
    assert answers == [True, 200, 200]
    assert stage.moved("px.acme.example/tr/") == []
    assert stage.at_vendors() == []


async def test_several_loaders_share_one_question(stage: Stage) -> None:
    ready(stage, stage.loader_tag(PIXEL) * 2 + stage.loader_tag(TAG))
    page = await stage.open(consent="acme+bolt")
    await page.wait_for_function("(window.ran || []).length === 3")
    assert sorted(await page.evaluate("ran")) == ["acme", "acme", "bolt"]
    assert len(stage.asked()) == 1


async def test_the_page_is_hooked_once(stage: Stage) -> None:
    ready(stage, stage.loader_tag(PIXEL))
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    same = await page.evaluate(
        """async tag => {
          const before = [fetch, Image.prototype.setAttribute, window.__fh];
          const s = document.createElement('script'); s.src = tag; document.body.append(s);
          await new Promise(done => s.onload = done);
          return before[0] === fetch && before[1] === Image.prototype.setAttribute
            && before[2] === window.__fh }""",
        f"{stage.tracking}/{PIXEL}",
    )
    assert same


async def test_load_waits_for_the_file(stage: Stage) -> None:
    tag = stage.loader_tag(PIXEL, "onload='window.onloadRan = window.ran.length'")
    ready(stage, tag)
    page = await stage.open()
    await settled(stage, page)
    assert await page.evaluate("window.onloadRan") is None
    await stage.consent("acme")
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await page.wait_for_function("window.onloadRan === 1")


async def test_a_missing_file_is_an_error_of_the_original(stage: Stage) -> None:
    ready(stage, stage.loader_tag(PIXEL, "onload='window.bad = 1' onerror='window.failed = 1'"))
    stage.lost.add(PIXEL)
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.failed")
    assert await page.evaluate("window.bad") is None


async def test_the_file_stands_beside_the_original_and_looks_like_it(stage: Stage) -> None:
    attributes = "id='first' nonce='n' data-layer='d' crossorigin='use-credentials'"
    ready(stage, stage.loader_tag(PIXEL, attributes + " referrerpolicy='origin'") + "<p></p>")
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    found = await page.evaluate(
        """() => { const s = document.getElementById('first').nextSibling;
          return [s.src, s.nonce, s.dataset.layer, s.crossOrigin, s.referrerPolicy, s.id] }"""
    )
    address = f"{stage.tracking}/{PIXEL}?fh={HASH}"
    assert found == [address, "n", "d", "use-credentials", "origin", ""]


async def test_the_query_is_kept(stage: Stage) -> None:
    ready(stage, stage.loader_tag(TAG + "?id=B-1&amp;l=layer"))
    page = await stage.open(consent="bolt")
    await page.wait_for_function("window.ran")
    assert stage.at("trk")[-1].query == {"id": "B-1", "l": "layer", "fh": HASH}


@pytest.mark.parametrize("modes", [SERVER, BOTH])
@pytest.mark.parametrize(
    ("consent", "version"), [("acme+bolt", "live"), ("acme", None)], ids=["allowed", "refused"]
)
async def test_chained_code_is_gated_by_vendor(
    stage: Stage, consent: str, version: str | None, modes: dict[str, dict[str, str]]
) -> None:
    chain = """const s = document.createElement('script'); s.src = '%s';
      s.onload = () => { window.chained = 1 }; document.head.append(s); window.ran = 1"""
    ready(stage, modes=modes)
    stage.scripts[PIXEL] = chain % stage.vendor(TAG + "?id=B-1")
    stage.scripts[TAG] = "window.second = 1"
    page = await stage.open(consent=consent)
    await page.wait_for_function("window.ran")
    await stage.until(lambda: stage.moved(TAG))
    await page.wait_for_timeout(150)
    assert [each.query.get("fh") for each in stage.moved(TAG)] == [version]
    assert await page.evaluate("[window.second, window.chained]") == [1 if version else None] * 2
    assert stage.at_vendors() == []


async def test_code_of_a_refused_vendor_waits_for_its_yes(stage: Stage) -> None:
    ready(stage, stage.loader_tag(TAG))
    page = await stage.open(consent="bolt")
    await page.wait_for_function("window.ran")
    await page.evaluate(
        "u => { const s = document.createElement('script'); s.src = u; document.body.append(s) }",
        stage.vendor(PIXEL),
    )
    await stage.until(lambda: stage.moved(PIXEL))
    await page.wait_for_timeout(150)
    assert await page.evaluate("ran") == ["bolt"]
    await stage.consent("acme+bolt")
    await page.wait_for_function("ran.length === 2")
    assert stage.at_vendors() == []


async def test_code_by_fetch_is_not_answered_with_a_loader(stage: Stage) -> None:
    ready(stage, stage.loader_tag(TAG))
    stage.scripts["cdn.acme.example/config/1"] = "settings"
    page = await stage.open(consent="bolt")
    await page.wait_for_function("window.ran")
    ask = "u => fetch(u).then(r => r.text())"
    address = stage.vendor("cdn.acme.example/config/1")
    assert await page.evaluate(ask, address) == ""
    await stage.consent("acme+bolt")
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(100)
    assert await page.evaluate(ask, address) == "settings"
    assert stage.at_vendors() == []


async def test_a_frame_without_cookies_loads_nothing_and_hears_of_no_error(stage: Stage) -> None:
    inner = stage.loader_tag(PIXEL).replace('"', "&quot;")
    ready(stage, f'<iframe sandbox="allow-scripts" srcdoc="{inner}"></iframe>')
    page = await stage.open(consent="acme")
    await stage.until(lambda: stage.moved(PIXEL))
    await page.wait_for_timeout(150)
    assert (files(stage), stage.asked(), stage.errors) == ([], [], [])


async def test_without_a_gate_nothing_is_asked(stage: Stage) -> None:
    ready(stage)
    stage.gate = False
    page = await stage.open()
    await page.wait_for_function("window.ran")
    assert stage.asked() == []
