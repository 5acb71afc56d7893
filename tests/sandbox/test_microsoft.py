"""Microsoft's API and script as their stand-ins play them. Sources: ``sandbox/microsoft.py``."""

import json
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import Page

from firsthand.model import Accepted, Outcome, Refused, Reply, TryLater
from firsthand.sandbox.microsoft import ROLE, TAG, TOKEN, event_faults, refusal
from firsthand.sandbox.role import Event
from firsthand.sandbox.server import Sandbox
from firsthand.sandbox.stand_in import Says
from firsthand.vendors.microsoft import VENDOR, Settings, read, write
from tests.factories import make_beacon, make_hit
from tests.sandbox.asking import Client
from tests.sandbox.waiting import seen

NOW_S = 1_795_500_000
API = "capi.uet.microsoft.com"
PATH = f"/v1/{TAG}/events"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CLICK = "7c1e90b4d2a84f6e8b3350f1c9a7d642"
ABSENT = object()


def event(section: str = "", **changes: Any) -> dict[str, Any]:
    """Return a good purchase with some fields changed, those of ``section`` where one is named."""
    good: dict[str, Any] = {
        "eventType": "custom",
        "eventName": "purchase",
        "eventId": "ORD-1",
        "eventTime": NOW_S - 60,
        "adStorageConsent": "G",
        "userData": {"msclkid": "7c1e90b4-d2a8-4f6e-8b33-50f1c9a7d642", "em": "ab" * 32},
        "customData": {
            "value": 32.5,
            "currency": "EUR",
            "itemIds": ["BRD-02"],
            "items": [{"id": "BRD-02"}],
            "pageType": "purchase",
        },
    }
    target = good[section] if section else good
    target.update(changes)
    for name in [name for name, value in target.items() if value is ABSENT]:
        del target[name]
    return good


GOOD = {
    "purchase": event(),
    "page load": event(eventType="pageLoad", eventName=ABSENT, eventSourceUrl="https://a.bc/"),
    "as old as it may be": event(eventTime=NOW_S - 7 * 86_400),
    "only a visitor": event(userData={"anonymousId": "a1"}),
    "no custom data": event(customData=ABSENT),
    "IPv6": event("userData", clientIpAddress="2001:db8::7"),
}

BAD = {
    "kind": (event(eventType="purchase"), "eventType"),
    "no name": (event(eventName=ABSENT), "eventName"),
    "page without address": (event(eventType="pageLoad"), "eventSourceUrl"),
    "too old": (event(eventTime=NOW_S - 7 * 86_400 - 1), "eventTime"),
    "milliseconds": (event(eventTime=NOW_S * 1000), "eventTime"),
    "time as text": (event(eventTime=str(NOW_S)), "eventTime"),
    "consent": (event(adStorageConsent="granted"), "adStorageConsent"),
    "page-load id": (event(pageLoadId="x"), "pageLoadId"),
    "nobody": (event(userData={"clientIpAddress": "203.0.113.7"}), "userData"),
    "no user": (event(userData=ABSENT), "userData"),
    "click without dashes": (event("userData", msclkid=CLICK), "userData.msclkid"),
    "bare e-mail": (event("userData", em="a@b.cd"), "userData.em"),
    "hash in capitals": (event("userData", ph="AB" * 32), "userData.ph"),
    "address": (event("userData", clientIpAddress="1.2"), "userData.clientIpAddress"),
    "value as text": (event("customData", value="32.5"), "customData.value"),
    "currency": (event("customData", currency="eur"), "customData.currency"),
    "page type": (event("customData", pageType="quiz"), "customData.pageType"),
    "ids as text": (event("customData", itemIds="A,B"), "customData.itemIds"),
    "items as text": (event("customData", items="A"), "customData.items"),
    "custom data": (event(customData=[]), "customData"),
    "no object": ("purchase", "data"),
}


async def post(client: Client, data: Any, *, go_on: bool = True) -> tuple[int, Any]:
    body = {"data": data, "dataProvider": "test", "continueOnValidationError": go_on}
    status, _, told = await client.vendor("POST", API, PATH, headers=BEARER, json=body)
    return status, json.loads(told)


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_good_events(given: Any) -> None:
    assert event_faults(given, NOW_S) == []


@pytest.mark.parametrize(("given", "name"), BAD.values(), ids=BAD)
async def test_a_bad_event_is_named_and_the_good_one_kept(
    client: Client, sandbox: Sandbox, given: Any, name: str
) -> None:
    status, told = await post(client, [given, event()])
    [complaint] = told["error"]["details"]
    assert (status, told["eventsReceived"]) == (200, 1)
    assert (complaint["index"], complaint["propertyName"]) == (0, name)
    assert [each.key for each in sandbox.vendor("microsoft").events] == ["ORD-1"]


@pytest.mark.parametrize(
    ("data", "go_on"), [([event(), event(eventName=ABSENT)], False), ([event(eventName="")], True)]
)
async def test_all_is_lost_where_it_shall_not_go_on_or_nothing_is_good(
    client: Client, sandbox: Sandbox, data: Any, *, go_on: bool
) -> None:
    status, told = await post(client, data, go_on=go_on)
    assert (status, told["eventsReceived"]) == (400, 0)
    assert sandbox.vendor("microsoft").events == []


async def test_events_are_taken_and_kept(client: Client, sandbox: Sandbox) -> None:
    assert (await post(client, [event()]))[1]["eventsReceived"] == 1
    [kept] = sandbox.vendor("microsoft").events
    assert (kept.account, kept.name, kept.key) == (TAG, "purchase", "ORD-1")
    assert kept.around["dataProvider"] == "test"


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", PATH, {}, 401),
        ("POST", PATH, {"headers": {"Authorization": "Bearer x"}}, 401),
        ("GET", PATH, {"headers": BEARER}, 405),
        ("POST", "/v1/1/events", {"headers": BEARER}, 404),
        ("POST", PATH, {"headers": BEARER, "data": b"{"}, 400),
        ("POST", PATH, {"headers": BEARER, "json": {"data": []}}, 400),
        ("POST", PATH, {"headers": BEARER, "json": {"data": [event()] * 1001}}, 400),
    ],
)
async def test_bad_requests(
    client: Client, method: str, path: str, given: Any, status: int
) -> None:
    assert (await client.vendor(method, API, path, **given))[0] == status


async def judged(client: Client, data: list[Any]) -> list[Outcome]:
    body = {"data": data, "continueOnValidationError": True}
    status, headers, told = await client.vendor("POST", API, PATH, headers=BEARER, json=body)
    small = {name.lower(): text for name, text in headers.items()}
    return VENDOR.judge(
        Reply(status, small, told, 1), [make_beacon(vendor="microsoft")] * len(data)
    )


async def test_our_side_understands_its_answers(client: Client, sandbox: Sandbox) -> None:
    outcomes = await judged(client, [event(), event(eventName="")])
    assert [type(each) for each in outcomes] == [Accepted, Refused]
    stand_in = sandbox.vendor("microsoft")
    stand_in.limit_rate(times=1)
    [limited] = await judged(client, [event()])
    stand_in.misbehave(Says(refusal(401, "Unauthorized", "no")), times=1)
    [closed] = await judged(client, [event()])
    assert isinstance(limited, TryLater)
    assert isinstance(closed, TryLater)
    assert (limited.reason, limited.after_s, closed.reason) == ("rate_limit", 2.0, "auth")


# The shop, as a visitor's browser sees it.

in_chromium = pytest.mark.asyncio(loop_scope="session")
EMAIL = sha256(b"janedoe@example.com").hexdigest()
PHONE = sha256(b"+49301234567").hexdigest()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Sandbox]:
    async with Sandbox(vendors=("microsoft",)) as running:
        yield running


async def buy(page: Page, stage: Sandbox) -> str:
    await page.goto(f"{stage.shop_url}/plain/shop?msclkid={CLICK}")
    await page.get_by_role("button", name="Accept all").click()
    await seen(stage.vendor("microsoft"), "pageLoad")
    for selector, name in (
        ("#main a[href$='/product/BRD-02']", "view_item"),
        ("#add", "add_to_cart"),
        ("#to-checkout", "begin_checkout"),
        ("#buy", "purchase"),
    ):
        await page.click(selector)
        await seen(stage.vendor("microsoft"), name)
    await page.wait_for_load_state("networkidle")
    return await page.locator("#order").inner_text()


def named(events: list[Event], name: str) -> list[Event]:
    return [each for each in events if each.name == name]


@in_chromium
async def test_a_purchase_as_the_script_tells_it(stage: Sandbox, page: Page) -> None:
    order = await buy(page, stage)
    told = stage.vendor("microsoft").pixel_events
    landing, sent = named(told, "pageLoad")[0].data, named(told, "purchase")[0].data
    assert (sent["ti"], sent["event_id"], sent["transaction_id"]) == (TAG, order, order)
    assert (sent["gv"], sent["gc"], sent["prodid"]) == ("32.5", "EUR", "BRD-02")
    assert sent["items"] == "id=BRD-02&name=Oak%20bread%20board&quantity=1&price=32.5"
    assert sent["pid"] == f"em={EMAIL}&ph={PHONE}"
    assert (landing["msclkid"], sent["msclkid"]) == (f"{CLICK}-1", f"{CLICK}-0")
    assert (landing["vids"], sent["vids"]) == ("1", "0")
    assert named(told, "pageHide")
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
    assert cookies["_uetmsclkid"] == f"_uet{CLICK}"
    assert cookies["_uetvid"] == sent["vid"]
    assert re.fullmatch("[0-9a-f]{32}", cookies["_uetsid"])
    tags = [each.ask.path for each in stage.vendor("microsoft").scripts]
    assert f"/p/action/{TAG}.js" in tags


@in_chromium
async def test_our_side_reads_what_the_script_sends_and_the_api_takes_it(
    stage: Sandbox, page: Page
) -> None:
    order = await buy(page, stage)
    asks = [each.ask for each in stage.vendor("microsoft").beacons]
    hits = [
        make_hit(
            f"https://trk/{each.host}{each.path}?{each.query}",
            body=each.body,
            headers=dict(each.headers),
            at=each.at,
        )
        for each in asks
    ]
    readings = [each for hit in hits for each in read(hit) if not each.skip]
    names = [each.name for each in readings if each.name != "pageLoad"]
    assert names == ["view_item", "add_to_cart", "begin_checkout", "purchase"]
    assert len(readings) - len(names) == 5
    assert all(each.unlisted == 0 for each in readings)
    assert all(each.notes == () for each in readings)
    assert readings[-1].event_key == order
    body = write(
        [make_beacon(each, vendor="microsoft") for each in readings], Settings(), now=asks[-1].at
    ).body
    faults = [event_faults(each, asks[-1].at // 1000) for each in orjson.loads(body)["data"]]
    assert faults == [[]] * len(readings)


@in_chromium
async def test_denied_storage_moves_the_beacons_and_sets_no_cookie(
    stage: Sandbox, page: Page
) -> None:
    await page.goto(f"{stage.shop_url}/_vendors")
    await page.add_script_tag(url=f"http://bat.bing.com{stage.suffix}/bat.js")
    await page.evaluate(
        "(tag) => { const q = []; q.push('consent', 'default', {ad_storage: 'denied'});"
        " q.push('pageLoad'); new UET({ti: tag, q}); }",
        TAG,
    )
    sent = (await seen(stage.vendor("microsoft"), "pageLoad")).data
    assert (sent["asc"], sent["msclkid"]) == ("D", "N")
    assert "vid" not in sent
    assert {each.ask.host for each in stage.vendor("microsoft").beacons} == {"bat.bing.net"}
    assert await page.context.cookies() == []


@in_chromium
async def test_a_long_event_goes_by_post_and_contact_data_by_themselves(
    stage: Sandbox, page: Page
) -> None:
    await page.goto(f"{stage.shop_url}/_vendors")
    await page.add_script_tag(url=f"http://bat.bing.com{stage.suffix}/bat.js")
    await page.evaluate(
        "(tag) => { const uet = new UET({ti: tag, q: ['pageLoad']});"
        " uet.push('event', 'quiz', {event_label: 'l'.repeat(3000)});"
        " uet.push('set', {pid: {em: 'Jane.Doe+x@example.com'}}); }",
        TAG,
    )
    await seen(stage.vendor("microsoft"), "quiz")
    told = await seen(stage.vendor("microsoft"), "pid")
    assert told.data["pid"] == f"em={EMAIL}"
    paths = {each.events[0].name: each.ask.path for each in stage.vendor("microsoft").beacons}
    assert (paths["quiz"], paths["pageLoad"]) == ("/actionp/0", "/action/0")


def test_the_role_uses_the_tag_of_the_demo_shop() -> None:
    assert (ROLE.key, ROLE.account) == ("microsoft", TAG)
