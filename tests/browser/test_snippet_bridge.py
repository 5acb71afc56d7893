"""The consent bridge: what a platform says in the page becomes the cookie that the server reads.

The platforms are played by their documented functions and events, read November 2026: Usercentrics,
"Web CMP v3: Control functionality, UC_CONSENT"; Osano, "Consent JavaScript API";
Termly, its resource blocker's ``on`` and the record that consent is kept in; IAB, "CMP API v2".
"""

import re

import pytest
from playwright.async_api import Page

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources import firsthand_cookie
from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = re.compile(r"1\.(a[01-]m[01-])\.[0-9]{10}\.([a-z0-9]+)")


async def opened(stage: Stage, platform: str = "") -> Page:
    stage.modes = {"acme": {"1": "server"}}
    stage.cookies = "^(?:choice|fh_consent)="
    stage.html = f"<body><script>{platform}</script>{stage.snippet_tag}</body>"
    page = await stage.open()
    await page.wait_for_function("window.firsthand.q.on")
    return page


async def cookie(stage: Stage) -> str:
    assert stage.context
    found = await stage.context.cookies()
    return next((each["value"] for each in found if each["name"] == "fh_consent"), "")


async def said(stage: Stage) -> tuple[str, str]:
    """Return choice and owner of the cookie, which the server must be able to read."""
    text = await cookie(stage)
    found = FORM.fullmatch(text)
    if found is None:
        assert not text
        return "", ""
    statement = firsthand_cookie.read({"fh_consent": (text,)}, Policy())
    assert statement
    assert statement.error is None
    return found[1], found[2]


async def becomes(stage: Stage, page: Page, choice: str, owner: str) -> None:
    await stage.holds(page, f"document.cookie.includes('fh_consent=1.{choice}.')")
    assert await said(stage) == (choice, owner)


V3 = """window.uc = %s; window.__ucCmp = {
  getConsentDetails: async () => ({ consent: {}, services: uc }) }"""
V3_NEW = """{ a: { category: 'functional', consent: { given: true, type: 'IMPLICIT' } },
  b: { category: 'marketing', consent: { given: true, type: 'IMPLICIT' } } }"""


def service(category: str, given: str) -> str:
    return f"{{ category: '{category}', consent: {{ given: {given}, type: 'EXPLICIT' }} }}"


def services(*given: tuple[str, bool]) -> str:
    return f"[{', '.join(service(name, str(yes).lower()) for name, yes in given)}]"


async def test_usercentrics_3(stage: Stage) -> None:
    page = await opened(stage, V3 % V3_NEW)
    await page.evaluate("dispatchEvent(new Event('UC_UI_INITIALIZED'))")
    await page.wait_for_timeout(100)
    assert await said(stage) == ("", ""), "what was set before any click is no decision"
    for given, choice in (
        ((("essential", True), ("functional", True), ("marketing", True)), "a1m1"),
        ((("essential", True), ("functional", True), ("marketing", False)), "a1m0"),
        ((("functional", False), ("marketing", False)), "a0m0"),
        ((("functional", True), ("analytics", False), ("marketing", True)), "a0m1"),
        ((("statistics", True), ("marketing", True), ("marketing", False)), "a1m0"),
        ((("essential", True), ("marketing", True)), "a-m1"),  # nobody asked about analytics
    ):
        await page.evaluate(f"uc = {services(*given)}; dispatchEvent(new Event('UC_CONSENT'))")
        await becomes(stage, page, choice, "usercentrics")


OSANO = """window.heard = {}; window.Osano = { cm: { addEventListener(name, act) {
  heard[name] = act; if (name === 'osano-cm-initialized') act(window.before) } } }"""


async def test_osano(stage: Stage) -> None:
    page = await opened(stage, OSANO)
    assert await said(stage) == ("", ""), "undefined: no choice yet"
    for told, choice in (
        ("{ANALYTICS: 'ACCEPT', MARKETING: 'ACCEPT'}", "a1m1"),
        ("{ANALYTICS: 'ACCEPT', MARKETING: 'DENY'}", "a1m0"),
        ("{ANALYTICS: 'DENY', MARKETING: 'DENY', OPT_OUT: 'DENY'}", "a0m0"),
        ("{ANALYTICS: 'ACCEPT', MARKETING: 'ACCEPT', OPT_OUT: 'ACCEPT'}", "a1m0"),
        ("{}", "a0m0"),
    ):
        await page.evaluate(f"heard['osano-cm-consent-saved']({told})")
        await becomes(stage, page, choice, "osano")


async def test_a_platform_may_come_late_and_know_the_choice(stage: Stage) -> None:
    page = await opened(stage)
    await page.evaluate(f"window.before = {{ANALYTICS: 'ACCEPT'}}; {OSANO}")
    await becomes(stage, page, "a1m0", "osano")


TERMLY = """window.heard = []; window.Termly = { on: (name, act) => heard.push(act) };
  window.keep = value => { localStorage.TERMLY_API_CACHE =
    JSON.stringify({ TERMLY_COOKIE_CONSENT: { value } }); heard.forEach(act => act()) }"""


async def test_termly(stage: Stage) -> None:
    page = await opened(stage, TERMLY)
    await page.evaluate("heard.forEach(act => act())")
    assert await said(stage) == ("", "")
    for told, choice in (
        ("{analytics: true, advertising: true}", "a1m1"),
        ("{analytics: true, advertising: false}", "a1m0"),
        ("{essential: true}", "a0m0"),
        ("{analytics: true, advertising: true, do_not_sell: true}", "a1m0"),
    ):
        await page.evaluate(f"keep({told})")
        await becomes(stage, page, choice, "termly")


V2 = """window.uc = %s; window.UC_UI = { getServicesBaseInfo: () => uc }"""


def service_2(category: str, given: str, how: str = "explicit") -> str:
    history = f"[{{ type: 'implicit' }}, {{ type: '{how}' }}]"
    return f"{{ categorySlug: '{category}', consent: {{ status: {given}, history: {history} }} }}"


async def test_usercentrics_2(stage: Stage) -> None:
    before = f"[{service_2('marketing', 'true', 'implicit')}]"
    page = await opened(stage, V2 % before)
    await page.evaluate("dispatchEvent(new Event('UC_UI_INITIALIZED'))")
    await page.wait_for_timeout(100)
    assert await said(stage) == ("", ""), "what was set before any click is no decision"
    for analytics, marketing, choice in (
        ("true", "true", "a1m1"),
        ("true", "false", "a1m0"),
        ("false", "false", "a0m0"),
    ):
        told = f"[{service_2('analytics', analytics)}, {service_2('marketing', marketing)}]"
        await page.evaluate(f"dispatchEvent(new Event('UC_UI_CMP_EVENT')); uc = {told}")
        await becomes(stage, page, choice, "usercentrics2")


GPP = """window.__gpp = (name, act) => {
  window.tell = (signalStatus, parsedSections) =>
    act({ eventName: 'signalStatus', pingData: { signalStatus, parsedSections } }, true) }"""
NATIONAL = "{{ usnat: [{{ SaleOptOut: {sale}, SharingOptOut: 2 }}, {{ Gpc: {gpc} }}] }}"


@pytest.mark.parametrize(
    ("status", "sections", "choice"),
    [
        ("not ready", NATIONAL.format(sale=1, gpc="true"), ""),
        ("ready", NATIONAL.format(sale=2, gpc="false"), ""),  # no opt-out is no consent either
        ("ready", NATIONAL.format(sale=0, gpc="false"), ""),
        ("ready", NATIONAL.format(sale=1, gpc="false"), "a-m0"),
        ("ready", NATIONAL.format(sale=2, gpc="true"), "a-m0"),
        ("ready", "{ usva: [{ SaleOptOut: 2, TargetedAdvertisingOptOut: 1 }] }", "a-m0"),
        ("ready", "{ usca: [{ SaleOptOut: 2, SharingOptOut: 1 }] }", "a-m0"),
        ("ready", "{ tcfeuv2: [{ PurposeConsent: [1] }] }", ""),
        ("ready", "undefined", ""),
    ],
)
async def test_an_opt_out_in_gpp(stage: Stage, status: str, sections: str, choice: str) -> None:
    page = await opened(stage, GPP)
    await page.wait_for_function("!!window.tell")
    await page.evaluate(f"tell('{status}', {sections})")
    if choice:
        await becomes(stage, page, choice, "gpp")
        await page.evaluate("tell('ready', { usnat: [{ SaleOptOut: 2 }] })")
        await stage.holds(page, "!document.cookie.includes('fh_consent')")
    else:
        await page.wait_for_timeout(100)
        assert await said(stage) == ("", "")
    assert stage.errors == []


USP = """window.us = '%s'; window.__uspapi = (name, version, act) =>
  act({ version: 1, uspString: us }, us !== null)"""


@pytest.mark.parametrize(
    ("text", "choice"), [("1YYN", "a-m0"), ("1NyN", "a-m0"), ("1YNN", ""), ("1---", ""), ("x", "")]
)
async def test_an_opt_out_in_us_privacy(stage: Stage, text: str, choice: str) -> None:
    page = await opened(stage, USP % text)
    if choice:
        await becomes(stage, page, choice, "usp")
        await page.evaluate("us = '1YNN'")
        await stage.holds(page, "!document.cookie.includes('fh_consent')")
    else:
        await stage.until(lambda: any(each.path == "/fh_consent.js" for each in stage.at("trk")))
        await page.wait_for_timeout(200)
        assert await said(stage) == ("", "")
    assert stage.errors == []


async def test_a_page_without_a_platform_loads_nothing_for_one(stage: Stage) -> None:
    page = await opened(stage)
    await page.wait_for_timeout(700)
    assert not any(each.path == "/fh_consent.js" for each in stage.at("trk"))


TCF = """window._sp_ = {}; window.__tcfapi = (name, version, act) => {
  const object = numbers => Object.fromEntries(numbers.map(n => [n, true]));
  window.tell = (eventStatus, purposes, vendors, gdprApplies = true) => act({
    eventStatus, gdprApplies,
    purpose: { consents: object(purposes) }, vendor: { consents: object(vendors) } }, true) }"""


async def test_sourcepoint(stage: Stage) -> None:
    page = await opened(stage, TCF)
    await page.evaluate("tell('cmpuishown', [1, 2, 3, 4, 7, 8], [755])")
    await page.evaluate("tell('tcloaded', [], [], false)")
    assert await said(stage) == ("", "")
    for told, choice in (
        ("'useractioncomplete', [1, 2, 3, 4, 7, 8], [755]", "a1m1"),
        ("'tcloaded', [1, 3, 4, 7, 8], [1, 2]", "a1m0"),  # the site's vendor was refused
        ("'tcloaded', [1, 3, 4, 7, 8], [755]", "a1m1"),
        ("'tcloaded', [1, 8], [755]", "a1m0"),
        ("'tcloaded', [1, 3, 4, 7], [755]", "a0m1"),
        ("'tcloaded', [2, 3, 4, 7, 8], [755]", "a0m0"),
        ("'tcloaded', [1, 8], []", "a1m0"),
        ("'tcloaded', [], []", "a0m0"),
    ):
        await page.evaluate(f"tell({told})")
        await becomes(stage, page, choice, "sourcepoint")


async def test_a_banner_of_the_sites_own(stage: Stage) -> None:
    page = await opened(stage)
    await stage.until(stage.asked)
    for told, choice in (
        ("{analytics: true, marketing: false}", "a1m0"),
        ("{analytics: true, marketing: true}", "a1m1"),
        ("{analytics: true}", "a1m-"),
        ("{analytics: 'yes', marketing: 1}", "a0m0"),  # only true is a yes
        ("{}", "a-m-"),
    ):
        asked = len(stage.asked())
        await page.evaluate(f"firsthand('consent', {told})")
        await becomes(stage, page, choice, "site")
        await stage.until(lambda asked=asked: len(stage.asked()) > asked)
        assert stage.asked()[-1].cookies["fh_consent"] == await cookie(stage)


async def test_the_cookie_is_the_sites(stage: Stage) -> None:
    page = await opened(stage)
    await page.evaluate("firsthand('consent', {analytics: true, marketing: true})")
    await becomes(stage, page, "a1m1", "site")
    assert stage.context
    (found,) = [each for each in await stage.context.cookies() if each["name"] == "fh_consent"]
    assert (found["domain"], found["path"]) == (".shop.localhost", "/")
    assert (found["sameSite"], found["httpOnly"]) == ("Lax", False)


async def test_the_same_choice_keeps_its_time(stage: Stage) -> None:
    page = await opened(stage)
    await page.evaluate(
        "document.cookie = 'fh_consent=1.a1m0.1700000000.site; domain=shop.localhost'"
    )
    await page.evaluate("firsthand('consent', {analytics: true, marketing: false})")
    assert await cookie(stage) == "1.a1m0.1700000000.site"
    await page.evaluate("firsthand('consent', {analytics: true, marketing: true})")
    await becomes(stage, page, "a1m1", "site")
    assert not (await cookie(stage)).startswith("1.a1m1.1700000000")


@pytest.mark.parametrize(("owner", "left"), [("osano", False), ("site", True)])
async def test_a_platform_without_a_choice_takes_back_its_own_word_alone(
    stage: Stage, owner: str, *, left: bool
) -> None:
    page = await opened(stage, OSANO)
    value = f"1.a1m1.1700000000.{owner}"
    await page.evaluate(f"document.cookie = 'fh_consent={value}; domain=shop.localhost; path=/'")
    await page.evaluate("heard['osano-cm-initialized'](undefined)")
    assert await cookie(stage) == (value if left else "")


BROKEN = [
    "window.__ucCmp = { getConsentDetails: async () => null }",
    "window.__ucCmp = { getConsentDetails: () => Promise.reject(new Error('gone')) }",
    "window.__ucCmp = {}",
    "window.Osano = { cm: { addEventListener: (n, act) => act({ get ANALYTICS() { throw 1 } }) } }",
    "localStorage.TERMLY_API_CACHE = '{'; window.Termly = { on: (name, act) => act() }",
    "window._sp_ = {}; window.__tcfapi = (n, v, act) => act({ eventStatus: 'tcloaded' }, true)",
    "Object.defineProperty(window, 'Osano', { get() { throw new Error('gone') } })",
]


async def test_a_platform_that_changed_harms_nobody(stage: Stage) -> None:
    for platform in BROKEN:
        page = await opened(stage, platform)
        await page.wait_for_timeout(50)
        assert await said(stage) == ("", ""), platform
        assert stage.errors == [], platform
        await page.close()
