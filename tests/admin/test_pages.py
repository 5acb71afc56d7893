"""The pages in a real browser: no axe violation, no overflow, nothing that the policy blocks."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Request, async_playwright

from firsthand.model import Client, Mode, Server
from firsthand.rules.alerts import Alert, On
from firsthand.store.audit import Act
from tests.admin.listener import TOKEN, Listener, listening
from tests.admin.people import KEYS, PASSWORD
from tests.admin.sample import (
    GA4,
    HOSTILE,
    META,
    NOW,
    MemoryLedger,
    MemoryQueue,
    account,
    count,
    full_ledger,
    make_site,
)
from tests.custody import FBEVENTS, digest

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
ARGS += ["--disable-background-networking", "--disable-component-update"]
PHONE, DESKTOP = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
FRAMED = ("/report", "/events", "/consent", "/delivery", "/scripts", "/audit")
ACCOUNTS = (f"/accounts/meta/{META}", f"/accounts/ga4/{GA4}?span=7d")
PAGES = (
    "/overview",
    *ACCOUNTS,
    "/report",
    "/events",
    f"/events/{4:032x}",
    "/consent",
    "/aggregates",
    "/delivery",
    "/scripts",
    "/audit",
    "/sign-out",
    "/nowhere",
)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listener() -> AsyncIterator[Listener]:
    async with listening() as running:
        running.firing = (
            Alert("low-rate", On.MATCH_RATE, "meta", META, NOW - 7_200_000, 0.9, 0.847, 7000),
            Alert("script", On.SCRIPT_HELD, "meta", "", NOW - 60_000, 0, 1, 0),
        )
        yield running


async def enter(browser: Browser, address: str, **context: object) -> tuple[Page, list[str]]:
    """Open ``address`` with the token; what the console and the page complain about is listed."""
    page = await (await browser.new_context(**context)).new_page()  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{address}{'&' if '?' in address else '?'}token={TOKEN}")
    return page, complaints


async def check(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_every_page_can_be_used_by_everybody(
    browser: Browser, listener: Listener, scheme: str, viewport: dict[str, int]
) -> None:
    page, complaints = await enter(
        browser, f"{listener.address}/report", color_scheme=scheme, viewport=viewport
    )
    assert TOKEN not in page.url
    for path in PAGES:
        await page.goto(listener.address + path)
        await check(page)
    assert [text for text in complaints if "404" not in text] == []
    await page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_empty_and_closed_pages_too(browser: Browser, scheme: str) -> None:
    site = make_site(account("meta", META, Mode.SERVER))
    async with listening(MemoryLedger(), MemoryQueue(), site, scripts=False) as empty:
        page, complaints = await enter(
            browser, f"{empty.address}/report", color_scheme=scheme, viewport=PHONE
        )
        for path in ("/overview", ACCOUNTS[0], *FRAMED):
            await page.goto(empty.address + path)
            await check(page)
        assert not complaints
        stranger = await browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        await stranger.goto(f"{empty.address}/report")
        await check(stranger)
        await stranger.get_by_label("Token").fill(TOKEN)
        await stranger.get_by_role("button", name="Open").click()
        await stranger.wait_for_url(re.compile(r"/report$"))


@pytest.mark.parametrize(
    ("path", "drawings", "tables"), [("/report", 2, 7), ("/overview", 2, 1), (ACCOUNTS[0], 2, 6)]
)
async def test_every_drawing_has_its_numbers_beside_it(
    browser: Browser, listener: Listener, path: str, drawings: int, tables: int
) -> None:
    page, _ = await enter(browser, listener.address + path)
    images = page.get_by_role("img")
    assert await images.count() == drawings
    for image in await images.all():
        told = await image.get_attribute("aria-label") or ""
        assert re.search(r"\d|table below", told)
    for closed in await page.locator("details > summary").all():
        await closed.press("Enter")
    assert await page.get_by_role("table").count() == tables
    await check(page)
    await page.context.close()


async def test_a_name_with_markup_runs_nothing(browser: Browser, listener: Listener) -> None:
    for path in ("/report", "/events", "/consent", ACCOUNTS[0]):
        page, complaints = await enter(browser, listener.address + path)
        assert await page.get_by_text(HOSTILE).count() > 0
        assert await page.locator("main img").count() == 0
        assert not complaints


async def test_the_report_keeps_itself_current_until_it_is_paused(browser: Browser) -> None:
    ledger = full_ledger()
    ledger.rows = [count(1, Client.OK, Server.ACCEPTED)]
    async with listening(ledger) as running:
        page, complaints = await enter(browser, f"{running.address}/report")
        await page.clock.install()
        await page.reload()
        await page.get_by_text("1 of 1;").wait_for()
        ledger.rows.append(count(1, Client.FAILED, Server.ACCEPTED))
        await page.clock.run_for(6000)
        await page.get_by_text("1 of 2;").wait_for()
        await page.get_by_role("button", name="Live").click()
        ledger.rows.append(count(1, Client.FAILED, Server.ACCEPTED))
        await page.clock.run_for(20_000)
        assert await page.get_by_text("1 of 2;").count() == 1
        await page.get_by_role("link", name="Refresh").click()
        await page.get_by_text("1 of 3;").wait_for()
        assert await page.get_by_role("button", name="Paused").count() == 1
        assert not complaints


async def test_all_that_can_be_done_can_be_done_by_keyboard(
    browser: Browser, listener: Listener
) -> None:
    page, _ = await enter(browser, f"{listener.address}/report")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"span=1h"))
    assert await page.locator("[aria-current=true]").inner_text() == "1h"


async def test_page_weight(browser: Browser, listener: Listener) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for path in ("/overview", ACCOUNTS[0], "/report", "/events"):
        context = await browser.new_context(extra_http_headers=headers)  # nothing cached
        requests: list[Request] = []
        page = await context.new_page()
        page.on("requestfinished", lambda request, of=requests: of.append(request))  # type: ignore[misc]
        await page.goto(listener.address + path, wait_until="networkidle")
        sizes = [(await request.sizes())["responseBodySize"] for request in requests]
        assert len(sizes) >= 3 - (path == "/events")
        assert sum(sizes) < 150 * 1024
        await context.close()


async def test_a_link_of_another_site_that_has_the_token_opens_the_page(
    browser: Browser, listener: Listener
) -> None:
    async with listening() as elsewhere:
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{elsewhere.address}/healthz".replace("127.0.0.1", "localhost"))
        await page.evaluate(
            "address => location.assign(address)", f"{listener.address}/report?token={TOKEN}"
        )
        await page.wait_for_url(f"{listener.address}/report")
        await page.get_by_role("table").first.wait_for()


@pytest.mark.parametrize("scripted", [True, False])
async def test_a_held_version_is_approved_and_rolled_back_by_hand(
    browser: Browser, *, scripted: bool
) -> None:
    async with listening() as running:
        page, complaints = await enter(
            browser, f"{running.address}/scripts", java_script_enabled=scripted, viewport=PHONE
        )
        held = page.locator("section", has_text=FBEVENTS)
        assert await held.get_by_text("A new version is held").count() == 1
        assert await held.get_by_text("cards.example").count() > 0
        assert await held.locator("img").count() == 0
        await held.get_by_label("Reason, for the log").first.fill("seen with the vendor")
        await held.get_by_role("button", name="Approve").first.click()
        await page.get_by_role("status").wait_for()
        entry = await running.custody.entry(FBEVENTS)
        assert entry is not None
        assert entry.live == digest("skimmer")
        for summary in await page.locator("summary").all():
            await summary.click()
        if scripted:
            await check(page)
        await held.get_by_role("button", name="Roll back").first.click()
        await page.get_by_text("The earlier version is served now.").wait_for()
        entry = await running.custody.entry(FBEVENTS)
        assert entry is not None
        assert entry.live == digest("one")
        last = (await running.custody.log())[-3:]
        assert [line.what for line in last] == ["approved", "rejected", "rolled back to"]
        assert last[0].reason == "seen with the vendor"
        assert {line.who for line in last} == {"admin page"}
        assert not complaints
        await page.context.close()


@pytest.mark.parametrize("scripted", [True, False])
async def test_somebody_signs_in_decides_and_signs_out(browser: Browser, *, scripted: bool) -> None:
    async with listening(keys=KEYS) as running:
        context = await browser.new_context(java_script_enabled=scripted, viewport=PHONE)
        page = await context.new_page()
        await page.goto(f"{running.address}/scripts")
        if scripted:
            await check(page)
        for word in ("wrong", PASSWORD):
            await page.get_by_label("Name").fill("ada")
            await page.get_by_label("Password").fill(word)
            await page.get_by_role("button", name="Sign in").click()
            if word == "wrong":
                await page.get_by_role("alert").wait_for()
                if scripted:
                    await check(page)
        await page.wait_for_url(f"{running.address}/scripts")
        held = page.locator("section", has_text=FBEVENTS)
        await held.get_by_role("button", name="Approve").first.click()
        await page.get_by_role("status").wait_for()
        given = {each["name"]: each for each in await context.cookies()}
        assert set(given) == {"fh_session", "fh_known"}
        assert all(each["httpOnly"] and each["sameSite"] == "Strict" for each in given.values())
        await page.get_by_role("link", name="Sign out").click()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("heading", name="Signed out").wait_for()
        assert {each["name"] for each in await context.cookies()} == {"fh_known"}
        await page.goto(f"{running.address}/report")
        await page.get_by_label("Password").wait_for()
        told = [(line.who, line.what) for line in reversed(await running.audit.lines(limit=9))]
        assert told == [
            ("", Act.SIGN_IN_FAILED),
            ("ada", Act.SIGN_IN),
            ("ada", Act.APPROVE),
            ("ada", Act.SIGN_OUT),
        ]
        await context.close()
