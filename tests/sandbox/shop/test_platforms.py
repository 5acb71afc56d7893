"""Every platform that the banner plays, and what is read from the traces that it leaves."""

import json
from collections.abc import Mapping

import pytest
from playwright.async_api import Page

from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.shop.platforms import COOKIE, PLATFORMS, USUAL, played, remembered
from tests.rules.consent.sources.examples import source_of
from tests.samples import hit


@pytest.mark.parametrize(
    ("params", "cookies", "expected"),
    [
        ({}, {}, USUAL),
        ({"platform": "cookiebot"}, {}, "cookiebot"),
        ({}, {COOKIE: "cookiebot"}, "cookiebot"),
        ({"platform": "onetrust"}, {COOKIE: "cookiebot"}, "onetrust"),
        ({"platform": "../x"}, {}, USUAL),
        ({}, {COOKIE: "nobody"}, USUAL),
    ],
)
def test_which_one_is_played(
    params: Mapping[str, str], cookies: Mapping[str, str], expected: str
) -> None:
    assert played(params, cookies) == expected


def test_a_choice_is_remembered() -> None:
    assert remembered({"platform": "cookiebot"}) == {COOKIE: "cookiebot"}
    assert remembered({"platform": "nobody"}) == {COOKIE: USUAL}
    assert remembered({}) == {}


async def cookie_header(page: Page) -> str:
    cookies = await page.context.cookies()
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)


async def verdict(page: Page) -> tuple[bool, bool, bool]:
    """Return what the gate reads from the browser's cookies."""
    now = await page.evaluate("Date.now()")
    found = gate.verdict(hit("fh/consent", cookie=await cookie_header(page), at=now), Policy())
    assert not found.problems
    return found.analytics, found.marketing, found.explicit


WRITING = [platform for platform in PLATFORMS if source_of(platform).cookies]
CALLING = [platform for platform in PLATFORMS if source_of(platform).events]


def test_every_kind_of_platform_is_played() -> None:
    assert {"onetrust", "cookiebot", "tcf", "gpp", "consent_mode"} == set(PLATFORMS)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("platform", WRITING)
async def test_what_it_writes_is_what_is_read(live: Sandbox, page: Page, platform: str) -> None:
    await page.goto(f"{live.shop_url}/plain/shop?platform={platform}")
    assert await verdict(page) == (False, False, False)
    choices = {
        "Accept all": (True, True, True),
        "Analytics only": (True, False, True),
        "Reject": (False, False, False),
    }
    for choice, expected in choices.items():
        if not await page.locator("#consent").is_visible():
            await page.get_by_role("button", name="Privacy choices").click()
        await page.get_by_role("button", name=choice).click()
        await page.locator("#consent").wait_for(state="hidden")
        assert await verdict(page) == expected


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("platform", CALLING)
async def test_it_announces_as_its_source_expects(live: Sandbox, page: Page, platform: str) -> None:
    await page.goto(f"{live.shop_url}/plain/shop?platform={platform}")
    names = json.dumps(source_of(platform).events)
    await page.evaluate(
        f"{names}.forEach((name) => addEventListener(name, () => {{ window.told = name; }}))"
    )
    await page.get_by_role("button", name="Accept all").click()
    assert await page.evaluate("window.told") in source_of(platform).events


@pytest.mark.asyncio(loop_scope="session")
async def test_the_iabs_functions_answer_with_the_cookies_string(live: Sandbox, page: Page) -> None:
    asked = {
        "tcf": "__tcfapi('addEventListener', 2, (told) => { window.told = told.tcString; })",
        "gpp": "__gpp('addEventListener', (told) => { window.told = told.pingData.gppString; })",
    }
    for platform, question in asked.items():
        await page.goto(f"{live.shop_url}/plain/shop?platform={platform}")
        await page.evaluate(question)
        assert await page.evaluate("window.told") == ""
        await page.get_by_role("button", name="Accept all").click()
        told = await page.evaluate("window.told")
        assert told
        assert f"={told}" in await cookie_header(page)


@pytest.mark.asyncio(loop_scope="session")
async def test_consent_mode_is_told_in_googles_words(live: Sandbox, page: Page) -> None:
    await page.goto(f"{live.shop_url}/plain/shop?platform=consent_mode")
    await page.get_by_role("button", name="Analytics only").click()
    said = await page.evaluate(
        "dataLayer.filter((each) => each[0] === 'consent').map((each) => ({...each[2]}))"
    )
    assert said[0]["ad_storage"] == said[0]["analytics_storage"] == "denied"
    assert (said[-1]["ad_storage"], said[-1]["analytics_storage"]) == ("denied", "granted")
    assert await verdict(page) == (False, False, False)


@pytest.mark.asyncio(loop_scope="session")
async def test_another_platform_starts_without_the_first_ones_traces(
    live: Sandbox, page: Page
) -> None:
    await page.goto(f"{live.shop_url}/plain/shop?platform=cookiebot")
    await page.get_by_role("button", name="Accept all").click()
    assert "CookieConsent=" in await cookie_header(page)
    await page.goto(f"{live.shop_url}/plain/shop?platform=onetrust")
    assert "CookieConsent=" not in await cookie_header(page)
    assert await page.locator("#consent").is_visible()
