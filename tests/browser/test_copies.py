"""Modes ``shadow`` and ``both``: the vendor gets the original, we get a copy with its outcome."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from playwright.async_api import Page

from tests.browser.stage import Stage
from tests.browser.test_server_mode import TRANSPORTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"
BEACON = "px.acme.example/tr/"
SEEN_END = ("image", "fetch", "fetch cors", "xhr", "beacon", "beacon blob", "form")


async def shop(stage: Stage, mode: str = "both", headers: dict[str, str] | None = None) -> Page:
    stage.modes = {"acme": {"1": mode, "": mode}}
    stage.scripts[PIXEL] = "window.ran = 1"
    stage.html = f"<body>{stage.loader_tag(PIXEL)}</body>"
    stage.headers = headers or {}
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    return page


async def send(page: Page, stage: Stage, transport: str, query: str = "?id=1&ev=Purchase") -> None:
    await page.evaluate(f"u => {{ {TRANSPORTS[transport]} }}", stage.vendor(BEACON + query))


async def one_copy(stage: Stage, page: Page) -> dict[str, Any]:
    await stage.until(stage.copies)
    await page.wait_for_timeout(100)
    [copy] = stage.copies()
    return copy


def by_name(copies: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return copies by the name that their address carries; none comes twice."""
    named = {unquote(copy["url"].partition("&how=")[2].partition("&")[0]): copy for copy in copies}
    assert len(named) == len(copies)
    return named


@pytest.mark.parametrize("mode", ["shadow", "both"])
async def test_the_vendor_gets_the_original_and_we_a_copy(stage: Stage, mode: str) -> None:
    page = await shop(stage, mode)
    for name in TRANSPORTS:
        await send(page, stage, name, f"?id=1&ev=Purchase&how={quote(name)}")
    await stage.until(lambda: len(stage.copies()) >= len(TRANSPORTS))
    await stage.until(lambda: len(stage.at_vendors()) >= len(TRANSPORTS))
    await page.wait_for_timeout(100)
    copies = by_name(stage.copies())
    originals = {each.query["how"]: each for each in stage.at("px.acme.example")}
    assert set(copies) == set(originals) == set(TRANSPORTS)
    assert len(stage.at_vendors()) == len(TRANSPORTS)
    for name, copy in copies.items():
        key = originals[name].query["eid"]
        assert len(key) > 12
        assert copy["url"] == f"https://{BEACON}?id=1&ev=Purchase&how={quote(name)}&eid={key}"
        assert (copy["method"], copy["attempt"]) == (originals[name].method, 1), name
        assert copy["outcome"] == ("unknown" if name == "frame" else "ok"), name
    assert stage.moved(BEACON) == []


async def test_a_blocked_vendor_is_seen_as_failed(stage: Stage) -> None:
    page = await shop(stage)
    await page.route("**/px.acme.example*/**", lambda route: route.abort("blockedbyclient"))
    for name in SEEN_END:
        await send(page, stage, name, f"?id=1&ev=Purchase&how={quote(name)}")
    await stage.until(lambda: len(stage.copies()) >= len(SEEN_END))
    await page.wait_for_timeout(100)
    assert {copy["outcome"] for copy in by_name(stage.copies()).values()} == {"failed"}
    assert stage.at_vendors() == []
    stage.errors.clear()  # the page's own fetch, which nobody catches


async def test_a_blocked_script_beacon_is_unknown(stage: Stage) -> None:
    page = await shop(stage)
    await page.route("**/px.acme.example*/**", lambda route: route.abort("blockedbyclient"))
    await send(page, stage, "script")
    assert (await one_copy(stage, page))["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("?id=1&ev=Purchase&eid=own", "own"),
        ("?id=1&ev=Auto", None),  # the vendor's script made this event up
        ("?id=1", None),  # no event
        ("?eid=&id=1&ev=Purchase", "new"),
        ("?id=1&ev=Purchase", "new"),
    ],
)
async def test_keys_of_real_events_only(stage: Stage, query: str, key: str | None) -> None:
    page = await shop(stage)
    await send(page, stage, "image", query)
    copy = await one_copy(stage, page)
    [original] = stage.at("px.acme.example")
    found = original.query.get("eid")
    assert found == key or (key == "new" and found)
    assert copy["url"].count("eid=") == (0 if key is None else 1)


async def test_a_form_carries_key_and_account_in_its_body(stage: Stage) -> None:
    page = await shop(stage)
    await page.evaluate(
        """u => {
          const f = document.createElement('iframe'); f.name = 'hidden';
          const form = document.createElement('form');
          Object.assign(form, {method: 'post', action: u, target: 'hidden'});
          for (const [name, value] of [['id', '1'], ['ev', 'Purchase'], ['cd[name]', 'a b+c']]) {
            const i = document.createElement('input'); i.name = name; i.value = value;
            form.append(i) }
          document.body.append(f, form);
          f.onload = () => { window.framed = 1; form.remove(); f.remove() };
          form.submit() }""",
        stage.vendor(BEACON),
    )
    await page.wait_for_function("window.framed")
    copy = await one_copy(stage, page)
    [original] = stage.at("px.acme.example")
    assert original.body == f"id=1&ev=Purchase&cd%5Bname%5D=a+b%2Bc&eid={original.sent['eid']}"
    assert (copy["body"], copy["outcome"]) == (original.body, "ok")
    assert copy["content_type"] == "application/x-www-form-urlencoded"


BODIES = {
    "text": ("'ev=Purchase'", "ev=Purchase&eid=KEY"),
    "parameters": ("new URLSearchParams({ev: 'Purchase'})", "ev=Purchase&eid=KEY"),
    "form data": ("form({ev: 'Purchase', a: 'b c'})", "ev=Purchase&a=b+c&eid=KEY"),
    "blob": ("new Blob(['{\"a\":1}'], {type: 'text/plain'})", '{"a":1}'),
    "json blob": ("new Blob(['{\"a\":1}'], {type: 'application/json'})", '{"a":1}'),
    "bytes": ("new TextEncoder().encode('Grüße')", "Grüße"),
}
SENDERS = {
    "beacon": "navigator.sendBeacon(u, b)",
    "fetch": "fetch(u, {method: 'POST', body: b})",
    "xhr": "{ const x = new XMLHttpRequest(); x.open('POST', u); x.send(b) }",
}
FORM = "o => { const f = new FormData(); for (const n in o) f.set(n, o[n]); return f }"


async def test_bodies_are_copied_as_text(stage: Stage) -> None:
    page = await shop(stage)
    cases = {f"{how}-{kind}": (how, kind) for how in SENDERS for kind in BODIES}
    for name, (how, kind) in cases.items():
        await page.evaluate(
            f"u => {{ const form = {FORM}; const b = {BODIES[kind][0]}; {SENDERS[how]} }}",
            stage.vendor(f"{BEACON}?id=1&how={quote(name)}"),
        )
    await stage.until(lambda: len(stage.copies()) >= len(cases))
    copies = by_name(stage.copies())
    originals = {each.query["how"]: each for each in stage.at("px.acme.example")}
    for name, (_, kind) in cases.items():
        text = BODIES[kind][1]
        key = copies[name]["body"].rpartition("eid=")[2]
        assert copies[name]["body"] == text.replace("KEY", key), name
        assert key in originals[name].body, name
        assert copies[name]["outcome"] == "ok", name


async def test_an_image_hears_how_it_ended(stage: Stage) -> None:
    page = await shop(stage)
    wait = "u => new Promise(done => { const i = new Image();"
    wait += " i.onload = () => done('load'); i.onerror = () => done('error'); i.src = u })"
    address = stage.vendor(BEACON + "?id=1&ev=Purchase")
    assert await page.evaluate(wait, address) == "load"
    await page.route("**/px.acme.example*/**", lambda route: route.abort())
    assert await page.evaluate(wait, address + "&n=2") == "error"


async def test_a_retry_has_the_same_key_and_is_counted(stage: Stage) -> None:
    page = await shop(stage)
    await send(page, stage, "image")
    await send(page, stage, "fetch")
    await stage.until(lambda: len(stage.copies()) == 2)
    first, second = sorted(stage.copies(), key=lambda copy: str(copy["attempt"]))
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert first["url"] == second["url"]


@pytest.mark.parametrize("handler", ["pagehide", "beforeunload", "visibilitychange"])
@pytest.mark.parametrize("transport", ["beacon", "image", "fetch"])
async def test_what_leaves_with_the_page_is_copied(
    stage: Stage, transport: str, handler: str
) -> None:
    page = await shop(stage)
    await page.evaluate(
        f"u => {{ addEventListener('{handler}', () => {{ {TRANSPORTS[transport]} }}) }}",
        stage.vendor(BEACON + "?id=1&ev=Bye"),
    )
    await page.evaluate("document.cookie = 'choice=acme'")
    await page.goto("about:blank")
    copy = await one_copy(stage, page)
    # Before the page unloads it still lives, and may see how the original ended.
    assert copy["outcome"] in ({"unknown", "ok"} if handler == "beforeunload" else {"unknown"})
    assert "ev=Bye" in copy["url"]


async def test_what_is_under_way_when_the_page_leaves_is_copied(stage: Stage) -> None:
    page = await shop(stage)
    stage.slow = 3.0
    await send(page, stage, "image")
    await stage.until(lambda: stage.at("px.acme.example"))
    assert stage.copies() == []
    await page.goto("about:blank")
    await stage.until(stage.copies)
    assert stage.copies()[0]["outcome"] == "unknown"


async def test_more_than_the_keepalive_budget_is_not_failed(stage: Stage) -> None:
    page = await shop(stage)
    await page.evaluate(
        """u => { for (let n = 0; n < 4; n++)
          navigator.sendBeacon(u + n, 'ev=Purchase&x=' + 'x'.repeat(30000)) }""",
        stage.vendor(BEACON + "?id=1&n="),
    )
    await stage.until(lambda: len(stage.copies()) == 4)
    assert {copy["outcome"] for copy in stage.copies()} == {"ok"}
    assert len(stage.at("px.acme.example")) == 4


async def test_answers_that_nobody_reads_leave_the_budget_to_the_page(stage: Stage) -> None:
    page = await shop(stage)
    stage.talks = True  # and says no-store, with which Chromium keeps what is not read open
    address = stage.vendor(BEACON + "?id=1&n=")
    for n in range(8):
        await page.evaluate(
            "u => { navigator.sendBeacon(u, 'ev=Purchase&x=' + 'x'.repeat(9000)) }", f"{address}{n}"
        )
        await stage.until(lambda n=n: len(stage.copies()) == n + 1)
    assert await page.evaluate("navigator.sendBeacon('/own', 'x'.repeat(40000))")
    assert {copy["outcome"] for copy in stage.copies()} == {"ok"}
    assert len(stage.at("px.acme.example")) == 8


async def test_a_withdrawal_ends_the_copies_and_leaves_the_vendor_alone(stage: Stage) -> None:
    page = await shop(stage)
    await stage.consent("none")
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await stage.until(lambda: len(stage.asked()) >= 2)
    await page.wait_for_timeout(100)
    await send(page, stage, "image")
    await stage.until(stage.at_vendors)
    await page.wait_for_timeout(100)
    assert stage.copies() == []
    assert "eid" not in stage.at("px.acme.example")[0].query


async def test_frames_and_cookie_doors_stay_with_the_vendor(stage: Stage) -> None:
    page = await shop(stage)
    for place in ("px.acme.example/frame?id=1", "px.acme.example/sync?id=1"):
        await page.evaluate(
            "u => { const f = document.createElement('iframe'); f.src = u;"
            " document.body.append(f) }",
            stage.vendor(place),
        )
    await stage.until(lambda: len(stage.at_vendors()) == 2)
    assert stage.copies() == []


async def test_modes_hold_for_one_account_each(stage: Stage) -> None:
    stage.modes = {"acme": {"1": "both", "2": "server", "": "shadow"}}
    stage.scripts[PIXEL] = "window.ran = 1"
    stage.html = f"<body>{stage.loader_tag(PIXEL)}</body>"
    page = await stage.open(consent="acme")
    await page.wait_for_function("window.ran")
    for account in "123":
        await send(page, stage, "fetch post", f"?id={account}&ev=Purchase")
    await stage.until(lambda: len(stage.at_vendors()) == 2 and stage.copies())
    assert [each.query["id"] for each in stage.moved(BEACON)] == ["2"]
    assert sorted(each.query["id"] for each in stage.at("px.acme.example")) == ["1", "3"]
    assert len(stage.copies()) == 1
