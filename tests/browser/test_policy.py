"""Pages whose Content-Security-Policy or Trusted Types do not know us."""

import pytest
from playwright.async_api import Page

from tests.browser.stage import Stage
from tests.browser.test_server_mode import TRANSPORTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
MORE = "cdn.acme.example/more.js"
BEACON = "px.acme.example/tr/"


async def shop(stage: Stage, mode: str, *, policy: str, nonce: str = "n0") -> Page:
    stage.modes = {"acme": {"1": mode, "": mode}}
    stage.scripts[PIXEL] = "window.ran = 1"
    tag = stage.loader_tag(PIXEL, f"nonce='{nonce}'")
    stage.html = f"<body>{tag}</body>"
    vendors = f"px.acme.example{stage.suffix} cdn.acme.example{stage.suffix}"
    policy = policy.replace("VENDORS", vendors).replace("TRACKING", stage.tracking)
    stage.headers = {"Content-Security-Policy": policy}
    page = await stage.open(consent="acme")
    await stage.holds(page, "window.ran")
    await page.evaluate("addEventListener('unhandledrejection', e => e.preventDefault())")
    return page


async def test_the_question_is_asked_by_a_script_where_fetch_is_refused(stage: Stage) -> None:
    await shop(stage, "server", policy="script-src 'nonce-n0'; connect-src VENDORS")
    [asked] = stage.asked()
    assert asked.query == {"js": "1"}


GO_BACK = ("image", "image attribute", "fetch", "fetch post", "beacon", "form", "frame", "xhr")


@pytest.mark.parametrize("known", [False, True], ids=["asked here", "asked on the page before"])
async def test_moved_beacons_go_back_to_the_vendor(stage: Stage, known: bool) -> None:  # noqa: FBT001
    policy = (
        "script-src 'nonce-n0'; connect-src VENDORS; img-src VENDORS; frame-src VENDORS;"
        " form-action VENDORS"
    )
    page = await shop(stage, "server", policy=policy)
    if known:
        await stage.remember("acme")
        await page.reload()
        await stage.holds(page, "window.ran")
        await page.evaluate("addEventListener('unhandledrejection', e => e.preventDefault())")
        stage.errors.clear()
    for name in GO_BACK:
        for n in "12":
            address = stage.vendor(f"{BEACON}?id=1&n={name}{n}")
            await page.evaluate(f"u => {{ {TRANSPORTS[name]} }}", address)
            await stage.arrived(f"{name}{n}")
    await page.wait_for_timeout(100)
    expected = [f"{name}{n}" for name in GO_BACK for n in "12"]
    assert [each.query["n"] for each in stage.at("px.acme.example")] == expected
    assert stage.moved(BEACON) == []
    stage.errors.clear()  # a first fetch is refused for the page, whose script does not catch it


async def test_a_refused_fetch_still_answers(stage: Stage) -> None:
    page = await shop(stage, "server", policy="script-src 'nonce-n0'; connect-src VENDORS")
    status = await page.evaluate(
        "u => fetch(u).then(r => r.status)", stage.vendor(f"{BEACON}?id=1")
    )
    assert status == 204
    assert len(stage.at("px.acme.example")) == 1


async def test_chained_code_goes_back_to_the_vendor(stage: Stage) -> None:
    page = await shop(stage, "server", policy="script-src 'nonce-n0' VENDORS; connect-src TRACKING")
    stage.scripts[MORE] = "window.more = 1"
    await page.evaluate(
        """u => { const s = document.createElement('script'); s.src = u;
          s.onload = () => { window.loaded = 1 }; document.body.append(s) }""",
        stage.vendor(MORE),
    )
    await stage.holds(page, "window.more && window.loaded")
    assert stage.at_vendors() == [MORE]


async def test_originals_go_by_image_where_only_images_may(stage: Stage) -> None:
    policy = "script-src 'nonce-n0'; connect-src TRACKING; img-src VENDORS"
    page = await shop(stage, "both", policy=policy)
    for n in "12":
        await page.evaluate(
            f"u => {{ {TRANSPORTS['image']} }}", stage.vendor(f"{BEACON}?id=1&ev=Purchase&n={n}")
        )
        await stage.until(lambda n=n: len(stage.copies()) == int(n))
        await stage.arrived(n)  # an image whose end is not observed may come after its copy
    assert [copy["outcome"] for copy in stage.copies()] == ["unknown", "unknown"]
    assert [each.query["n"] for each in stage.at("px.acme.example")] == ["1", "2"]
    assert all(each.query["eid"] for each in stage.at("px.acme.example"))


async def test_originals_go_by_form_where_only_forms_may(stage: Stage) -> None:
    policy = "script-src 'nonce-n0'; connect-src TRACKING; form-action VENDORS; frame-src VENDORS"
    page = await shop(stage, "both", policy=policy)
    address = stage.vendor(f"{BEACON}?id=1")
    await page.evaluate(f"u => {{ {TRANSPORTS['form']} }}", address)
    await stage.until(stage.copies)
    await stage.until(stage.at_vendors)
    [original] = stage.at("px.acme.example")
    assert f"eid={original.sent['eid']}" in str(stage.copies()[0]["body"])


async def test_trusted_types_are_answered_with_our_own(stage: Stage) -> None:
    policy = (
        "script-src 'nonce-n0' 'strict-dynamic'; require-trusted-types-for 'script';"
        " trusted-types firsthand page"
    )
    page = await shop(stage, "server", policy=policy)
    stage.scripts[MORE] = "window.more = 1"
    await page.evaluate(
        """u => { const p = trustedTypes.createPolicy('page', {createScriptURL: a => a});
          for (const put of [s => { s.src = p.createScriptURL(u + "?a=1") },
                             s => s.setAttribute('src', p.createScriptURL(u))]) {
            const s = document.createElement('script'); put(s); document.body.append(s) } }""",
        stage.vendor(MORE),
    )
    await stage.holds(page, "window.more")
    await stage.until(lambda: len(stage.moved(MORE)) == 2)
    assert stage.at_vendors() == []


async def test_strict_dynamic_with_a_nonce_works(stage: Stage) -> None:
    page = await shop(stage, "server", policy="script-src 'nonce-n0' 'strict-dynamic'")
    await page.evaluate("u => { new Image().src = u }", stage.vendor(f"{BEACON}?id=1"))
    await stage.until(lambda: stage.moved(BEACON))
