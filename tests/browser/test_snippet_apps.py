"""Small apps of React, Vue and Angular with their own routers: one page view for each route."""

import fcntl
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPS = Path(__file__).parent / "apps"
BUILT = APPS / "dist"


@pytest.fixture(scope="module")
def apps() -> Path:
    """The folder of the bundled apps: built once, and again when a source or a package changes."""
    stamp = BUILT / "built-from"
    sources = [APPS / "package-lock.json", *sorted(APPS.glob("*.js"))]
    now = sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    with (APPS / "built.lock").open("w") as lock:
        # Workers that start together wait for the first of them.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != now:
            npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            subprocess.run(npm, cwd=APPS, check=True, capture_output=True)
            subprocess.run(["node", "build.js"], cwd=APPS, check=True, capture_output=True)
            stamp.write_text(now)
    return BUILT


# What is clicked, and the address of the view that follows, if one does.
WAY = [
    ("list", "/list"),
    ("list", None),  # the page one is on
    ("first", "/item/1"),
    ("second", "/item/2"),
    ("old", "/new"),  # a redirect
    ("page", "/list?page=2"),
    ("swap", "/new"),
    ("home", "/"),
    ("<", "/new"),
    ("<", "/new"),  # "swap" took the place of /list?page=2, so this is the redirect's entry
    ("<", "/item/2"),
    (">", "/new"),
    ("list", "/list"),
]


def views(stage: Stage) -> list[str]:
    told = [event for event in stage.told() if event["event_type"] == "page_view"]
    addresses = [event["properties"]["page_url"].split(f":{stage.port}")[1] for event in told]
    # A router that keeps its routes in the fragment adds one to the first address.
    return ["/" if address == "/#/" else address for address in addresses]


async def step(page: Page, way: str) -> None:
    if way in "<>":
        await page.evaluate("history.back()" if way == "<" else "history.forward()")
    else:
        await page.click(f"#{way}")


@pytest.mark.parametrize("history", ["path", "hash"])
@pytest.mark.parametrize("app", ["react", "vue", "angular"])
async def test_one_page_view_for_each_route(
    stage: Stage, apps: Path, app: str, history: str
) -> None:
    stage.modes = {"acme": {"1": "server"}}
    stage.html = (
        f"<!doctype html><html data-history={history}><head><base href='/'>{stage.snippet_tag}"
        "</head><body><div id=app></div><script src='/app.js'></script></body></html>"
    )
    assert stage.context
    await stage.context.route("**/app.js", lambda route: route.fulfill(path=apps / f"{app}.js"))
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.shown === 'home'")
    prefix = "/#" if history == "hash" else ""
    expected = ["/"]
    await stage.until(lambda: views(stage) == expected)
    for way, address in WAY:
        await step(page, way)
        after = "/" if address == "/" else f"{prefix}{address}"
        if address and expected[-1] != after:
            expected.append(after)
            await stage.until(lambda: len(views(stage)) >= len(expected))
        await page.wait_for_timeout(100)
    await page.wait_for_timeout(400)
    assert views(stage) == expected
