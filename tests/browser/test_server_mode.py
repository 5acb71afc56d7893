"""Mode ``server``: whatever way a pixel sends by, its beacon ends at the tracking host."""

import pytest

from tests.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = "cdn.acme.example/pixel.js"

# How pixels send; ``u`` is the address of the beacon.
TRANSPORTS = {
    "image": "new Image().src = u",
    "image attribute": "document.createElement('img').setAttribute('SRC', u)",
    "image url object": "new Image().src = new URL(u)",
    "fetch": "fetch(u, {mode: 'no-cors', keepalive: true})",
    "fetch cors": "fetch(u).then(r => { if (r.status !== 204) throw r.status })",
    "fetch post": "fetch(u, {method: 'POST', body: 'ev=Purchase', credentials: 'omit'})",
    "fetch request": "fetch(new Request(u))",
    "fetch request post": "fetch(new Request(u, {method: 'POST', body: 'ev=Purchase'}))",
    "xhr": "{ const x = new XMLHttpRequest(); x.open('GET', u); x.send() }",
    "xhr post": "{ const x = new XMLHttpRequest(); x.open('POST', u, true); x.send('ev=P') }",
    "beacon": "if (!navigator.sendBeacon(u, 'ev=Purchase')) throw 1",
    "beacon blob": "navigator.sendBeacon(u, new Blob(['{}'], {type: 'text/plain'}))",
    "beacon form data": "{ const f = new FormData(); f.set('ev', 'X');"
    " navigator.sendBeacon(u, f) }",
    "script": "{ const s = document.createElement('script'); s.src = u; document.head.append(s) }",
    "script attribute": "{ const s = document.createElement('script'); s.setAttribute('src', u);"
    " document.head.append(s) }",
    "frame": "{ const f = document.createElement('iframe'); f.src = u; document.body.append(f) }",
    "form": """{
      const f = document.createElement('iframe'); f.name = 'f' + Math.random();
      const form = document.createElement('form'); document.body.append(f);
      Object.assign(form, {method: 'post', action: u, target: f.name, acceptCharset: 'utf-8'});
      const i = document.createElement('input'); i.name = 'ev'; i.value = 'Purchase';
      form.append(i); document.body.append(form); form.submit() }""",
    "blank frame image": """{
      const f = document.createElement('iframe'); document.body.append(f);
      new f.contentWindow.Image().src = u }""",
    "blank frame fetch": """{
      const f = document.createElement('iframe'); document.body.append(f);
      f.contentDocument.defaultView.fetch(u, {mode: 'no-cors'}) }""",
    "blank frame in a blank frame": """{
      const f = document.createElement('iframe'); document.body.append(f);
      const inner = f.contentDocument.createElement('iframe');
      f.contentDocument.body.append(inner);
      new inner.contentWindow.Image().src = u }""",
}


async def ready(stage: Stage, consent: str = "acme+bolt") -> None:
    stage.modes = {"acme": {"1": "server", "": "server"}, "bolt": {"B-1": "server", "": "server"}}
    stage.scripts[PIXEL] = "window.ran = 1"
    stage.html = f"<body>{stage.loader_tag(PIXEL)}</body>"
    await stage.context.add_cookies(
        [
            {"name": "_acme", "value": "v", "domain": ".shop.localhost", "path": "/"},
        ]
    )
    await stage.consent(consent)


async def test_every_transport_ends_here(stage: Stage) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    for name, script in TRANSPORTS.items():
        address = stage.vendor(f"px.acme.example/tr/?id=1&ev=Purchase&x=a%20b'c&how={name}")
        await page.evaluate(f"u => {{ {script} }}", address)
    await stage.until(lambda: len(stage.moved("px.acme.example/tr/")) >= len(TRANSPORTS))
    await page.wait_for_timeout(100)
    beacons = stage.moved("px.acme.example/tr/")
    assert sorted(each.query["how"] for each in beacons) == sorted(TRANSPORTS)
    for beacon in beacons:
        posts = any(word in beacon.query["how"] for word in ("post", "beacon", "form"))
        assert (beacon.method, bool(beacon.body)) == ("POST" if posts else "GET", posts), beacon
        assert (beacon.query["x"], beacon.cookies["_acme"]) == ("a b'c", "v"), beacon
    assert stage.at_vendors() == []
    assert stage.copies() == []


@pytest.mark.parametrize(
    ("place", "arrives"),
    [
        ("px.acme.example/sync?id=1", True),
        ("px.acme.example/frame?id=1", False),
        ("px.acme.example/tr?id=1", True),
    ],
)
async def test_kinds_of_address(stage: Stage, place: str, arrives: bool) -> None:  # noqa: FBT001
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    await page.evaluate(
        "u => { const f = document.createElement('iframe'); f.src = u; document.body.append(f);"
        " new Image().src = '/last' }",
        stage.vendor(place),
    )
    await stage.until(lambda: any(each.path == "/last" for each in stage.seen))
    await page.wait_for_timeout(50)
    assert bool(stage.moved(place.partition("?")[0])) is arrives
    assert stage.at_vendors() == []


@pytest.mark.parametrize(
    "place",
    [
        "px.acme.example/tr/?id=999",  # an account that nobody configured
        "px.acme.example/other?id=1",  # a path that is no door
        "px.other.example/tr/?id=1",  # another vendor
        "px.acme.example/tr/?id=letters",  # not an account of this vendor
    ],
)
async def test_other_addresses_are_left_alone(stage: Stage, place: str) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    await page.evaluate("u => { new Image().src = u }", stage.vendor(place))
    await stage.until(stage.at_vendors)
    assert stage.at_vendors() == [place.partition("?")[0]]


async def test_a_relative_and_a_broken_address_behave_as_ever(stage: Stage) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    found = await page.evaluate(
        """async () => {
          const i = new Image(); i.src = '/own.gif';
          const broken = await fetch('http://[px.acme.example').catch(e => e.name);
          let opened;
          try { new XMLHttpRequest().open('GET', 'http://[') } catch (e) { opened = e.name }
          return [i.src.endsWith('/own.gif'), broken, opened, fetch.name, fetch.length,
                  /native code/.test(fetch.toString()),
                  /native code/.test(Image.prototype.setAttribute.toString())] }"""
    )
    assert found == [True, "TypeError", "SyntaxError", "fetch", 1, True, True]


async def test_a_request_that_is_given_up_is_given_up(stage: Stage) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    error = await page.evaluate(
        """u => {
          const c = new AbortController();
          const sent = fetch(new Request(u, {signal: c.signal})).then(() => 'sent', e => e.name);
          c.abort();
          return sent }""",
        stage.vendor("px.acme.example/tr/?id=1"),
    )
    assert error == "AbortError"


async def test_wrappers_of_the_page_keep_working(stage: Stage) -> None:
    await ready(stage)
    stage.html = f"""<body><script>
      window.log = [];
      const before = navigator.sendBeacon;
      navigator.sendBeacon = function (u, d) {{
        log.push('before ' + u); return before.call(this, u, d) }};
    </script>{stage.loader_tag(PIXEL)}</body>"""
    page = await stage.open()
    await page.wait_for_function("window.ran")
    log = await page.evaluate(
        """u => {
          const native = window.fetch;
          window.fetch = function (...a) {
            log.push('after ' + a[0]); return native.apply(this, a) };
          const set = Element.prototype.setAttribute;
          Element.prototype.setAttribute = function (n, v) {
            log.push('attribute ' + v); set.call(this, n, v) };
          fetch(u + 'f'); navigator.sendBeacon(u + 'b');
          const frame = document.createElement('iframe');
          frame.setAttribute('src', u + 'i'); document.body.append(frame);
          return log }""",
        stage.vendor("px.acme.example/tr/?id=1&n="),
    )
    moved = f"{stage.tracking}/px.acme.example/tr/?id=1&n="
    assert log == [
        f"after {stage.vendor('px.acme.example/tr/?id=1&n=')}f",
        f"before {stage.vendor('px.acme.example/tr/?id=1&n=')}b",
        f"attribute {moved}i",
    ]
    await stage.until(lambda: len(stage.moved("px.acme.example/tr/")) >= 2)


async def test_a_blank_frame_is_hooked_once(stage: Stage) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    same = await page.evaluate(
        """() => { const f = document.createElement('iframe'); document.body.append(f);
          const first = f.contentWindow.fetch;
          return [f.contentDocument.defaultView, f.contentWindow].every(w => w.fetch === first) }"""
    )
    assert same


async def test_a_form_keeps_its_own_address(stage: Stage) -> None:
    await ready(stage)
    page = await stage.open()
    await page.wait_for_function("window.ran")
    address = stage.vendor("px.acme.example/tr/")
    script = TRANSPORTS["form"].rstrip(" }") + "; return form.getAttribute('action') }"
    script = script.replace("i.name = 'ev'", "i.name = 'id'").replace("'Purchase'", "'1'")
    assert await page.evaluate(f"u => {{ {script} }}", address) == address
    await stage.until(lambda: stage.moved("px.acme.example/tr/"))
    assert stage.at_vendors() == []
