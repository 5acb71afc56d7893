"""Scripts over a whole edge and a vendor's host on loopback: what a visitor gets.

Source of the rows on conditions and encodings: RFC 9110, sections 8.8, 12.5 and 13, 2022-06.
"""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import brotli
import pytest
from aiohttp import web

from firsthand.browser.rules import rules_of
from firsthand.edge.answers import Answers
from firsthand.edge.app import Edge
from firsthand.edge.bots import Watch
from firsthand.edge.intake import Intake
from firsthand.edge.requests import Front
from firsthand.edge.scripts import FOREVER, SHORT, TYPE, Scripts
from firsthand.edge.server import Server
from firsthand.edge.shelf import ADDRESSES, packed
from firsthand.edge.supply import Supply
from firsthand.edge.turns import FETCHES, WAITING
from firsthand.model import Note
from firsthand.rules.scriptjudge import judge_of
from firsthand.rules.site import Site
from firsthand.rules.wanted import wanted
from firsthand.store.meter import Meter
from firsthand.store.sqlite.custody import SqliteCustody, open_custody
from tests.edge.conftest import GRANTED, NOW, REFUSED, Kept, Public
from tests.edge.vendor_stand_in import GOOD, Vendor, client, reply, torn, vendor
from tests.samples import PIXEL, PROPERTY, SECOND, shop

FBEVENTS = "/connect.facebook.net/en_US/fbevents.js"
GTAG = f"/www.googletagmanager.com/gtag/js?id={PROPERTY}"
SNIPPET = "/fh.js"
PLATFORMS = "/fh_consent.js"
CHANGED = GOOD + b"/* changed */"
HASH = packed(GOOD).hash


@dataclass(frozen=True)
class Got:
    """An answer, taken apart. ``names`` are the header names as they came."""

    status: int
    headers: dict[str, str]
    names: list[str]
    body: bytes

    @property
    def plain(self) -> bytes:
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
        return bytes(unpack[self.headers.get("content-encoding", "")](self.body))


@dataclass
class Place:
    """A running edge in front of a vendor."""

    wire: Public
    vendor: Vendor
    supply: Supply
    custody: SqliteCustody

    async def get(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> Got:
        raw = await self.wire.get(target, "Connection: close", *headers, method=method, body=body)
        head, _, rest = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = [
            (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
        ]
        return Got(int(status.split()[1]), dict(pairs), [name for name, _ in pairs], rest)


@asynccontextmanager
async def edge_before(here: Vendor, folder: Path, site: Site | None = None) -> AsyncIterator[Place]:
    """Run an edge that fetches its scripts from ``here`` and keeps them in ``folder``."""
    site = replace(site or shop(), vendor_suffix=here.suffix)
    kept = Kept()
    front = Front(frozenset({"trk.shop.example.com"}), wanted(site), lambda: NOW, Watch().signs)
    folder.mkdir(exist_ok=True)
    async with client() as session, open_custody(folder, judge_of(site)) as custody:
        intake = Intake(session, custody, site.vendor_suffix)
        supply = Supply(site.scripts, intake, custody, _counter(kept), lambda: NOW)
        scripts = Scripts(site, rules_of(site), supply)
        answers = Answers(session, (), "", lambda _reason: None)
        app = Edge(site, front, kept, scripts, answers, lambda: None, meter=Meter())
        runner = web.ServerRunner(Server(app.handle, count=app.count))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with asyncio.TaskGroup() as tasks:
            refreshing = tasks.create_task(supply.run())
            yield Place(Public(runner.addresses[0][1], kept, []), here, supply, custody)
            await runner.cleanup()
            refreshing.cancel()


def _counter(kept: Kept) -> Callable[[str], None]:
    def count(reason: str) -> None:
        kept.notes.append(Note("", "", "", reason))

    return count


@pytest.fixture
async def here() -> AsyncIterator[Vendor]:
    async with vendor() as running:
        yield running


@pytest.fixture
async def place(here: Vendor, tmp_path: Path) -> AsyncIterator[Place]:
    async with edge_before(here, tmp_path) as opened:
        yield opened


async def test_loader_version_and_live_file(place: Place) -> None:
    loader = await place.get(FBEVENTS)
    assert loader.status == 200
    assert HASH.encode() in loader.body
    assert b"connect.facebook.net/en_US/fbevents.js" in loader.body
    assert GOOD not in loader.body
    version = await place.get(f"{FBEVENTS}?fh={HASH}")
    live = await place.get(f"{FBEVENTS}?fh=live")
    assert version.body == live.body == GOOD
    assert f"Cache-Control: {version.headers['cache-control']}\r\n" == FOREVER
    for short in (loader, live):
        assert f"Cache-Control: {short.headers['cache-control']}\r\n" == SHORT
    assert len(place.vendor.asked) == 1


async def test_a_change_is_a_new_version_beside_the_old(place: Place) -> None:
    first = await place.get(FBEVENTS)
    place.vendor.answer = reply(CHANGED)
    assert (await place.get(FBEVENTS)).body == first.body, "nothing is fetched on the way"
    (wanted_file,) = place.supply._known.values()
    await place.supply.refresh(wanted_file)
    second = await place.get(FBEVENTS)
    assert second.headers["etag"] != first.headers["etag"]
    assert (await place.get(f"{FBEVENTS}?fh=live")).body == CHANGED
    assert (await place.get(f"{FBEVENTS}?fh={packed(CHANGED).hash}")).body == CHANGED
    assert (await place.get(f"{FBEVENTS}?fh={HASH}")).body == GOOD, "pages in use still ask for it"


@pytest.mark.parametrize(("target", "asked"), [(FBEVENTS, 1), (SNIPPET, 0)])
async def test_no_visitor_makes_a_difference(place: Place, target: str, asked: int) -> None:
    first = await place.get(target)
    for headers in (
        [f"Cookie: {GRANTED}; _fbp=fb.1.1795000000000.1098115397"],
        [f"Cookie: {REFUSED}", "User-Agent: Safari"],
        ["User-Agent: Googlebot/2.1"],
        ["Origin: https://shop.example.com", "Referer: https://shop.example.com/CANARY"],
        ["Sec-GPC: 1", "DNT: 1", "Accept-Language: de"],
        ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: evil.example"],
        ["X-Forwarded-Proto: http", "X-Forwarded-Prefix: /CANARY"],
        ["X-Original-URL: /CANARY", "X-Rewrite-URL: /CANARY", "X-HTTP-Method-Override: POST"],
        ["Forwarded: host=evil.example", "X-Host: evil.example"],
        ["Range: bytes=0-3", "If-Range: x", "If-Modified-Since: Tue, 24 Nov 2026 00:00:00 GMT"],
        ["Accept: text/html", "Sec-Fetch-Dest: document", "Purpose: prefetch"],
        ["Cache-Control: no-cache", "Pragma: no-cache"],
    ):
        again = await place.get(target, *headers)
        assert (again.status, again.body) == (200, first.body), headers
        assert again.headers["etag"] == first.headers["etag"]
        assert again.names == first.names
    assert len(place.vendor.asked) == asked


async def test_a_fat_get_makes_no_difference(place: Place) -> None:
    first = await place.get(FBEVENTS)
    fat = await place.get(FBEVENTS, body=b"callback=CANARY")
    assert (fat.status, fat.body) == (200, first.body)


async def test_parameters_outside_the_grammar_make_no_difference(place: Place) -> None:
    first = await place.get(FBEVENTS)
    for query in (
        "callback=alert(1)",
        "jsonp=CANARY&cb=1",
        "utm_source=CANARY",
        'id="};alert(1)//',
        "x=</script>",
        "x=\u2028".encode().decode("latin-1"),
        "url=http://127.0.0.1/&host=evil.example",
        "&&&=",
    ):
        again = await place.get(f"{FBEVENTS}?{query}")
        if again.status == 400:  # raw bytes beyond ASCII are no request at all
            assert again.body == b""
            continue
        assert (again.status, again.body) == (200, first.body), query
        assert again.headers["etag"] == first.headers["etag"]
    assert len(place.vendor.asked) == 1


@pytest.mark.parametrize(
    "target",
    [
        "/www.googletagmanager.com/gtag/js?id=G-OTHER00001",
        f"/www.googletagmanager.com/gtag/js?id={SECOND}",
        f"/www.googletagmanager.com/gtag/js?id={PROPERTY}%22%7D%3Balert(1)//",
        f"{GTAG}&l=%3C/script%3E",
        f"{GTAG}&l=a%E2%80%A8b",
        "/connect.facebook.net/signals/config/9999999999999999",
        f"/connect.facebook.net/signals/config/{PIXEL}?domain=evil.example",
        f"/connect.facebook.net/signals/config/{PIXEL}.js",
        "/connect.facebook.net/en_US/fbevents.js.map",
        "/connect.facebook.net/en_US/fbevents.js/x",
        "/connect.facebook.net/en_US/fbevents.js;.css",
        "/connect.facebook.net/evil/../en_US/fbevents.js",
        "/evil.example/en_US/fbevents.js",
        "/http://127.0.0.1/en_US/fbevents.js",
        f"{FBEVENTS}?fh=zz",
        f"{FBEVENTS}?fh=../../secret",
    ],
)
async def test_what_no_account_or_grammar_names_is_404(place: Place, target: str) -> None:
    got = await place.get(target)
    assert (got.status, got.body) == (404, b"")
    assert got.headers["cache-control"] == "no-store"
    assert "set-cookie" not in got.headers
    assert not place.vendor.asked, "a made-up address reached the vendor"


async def test_the_accounts_file_is_asked_for_as_the_page_spelled_it(place: Place) -> None:
    place.vendor.answer = reply(b"window.google_tag_manager={};")
    got = await place.get(f"{GTAG}&l=dataLayer&gtm=45je&CANARY=1", "Cookie: CANARY=1")
    assert got.status == 200
    assert place.vendor.asked[0].startswith(f"GET /gtag/js?id={PROPERTY}&l=dataLayer HTTP/1.1")
    assert "CANARY" not in place.vendor.asked[0]


@pytest.mark.parametrize(
    "target", [FBEVENTS, f"{FBEVENTS}?fh=live", f"{FBEVENTS}?fh={HASH}", SNIPPET]
)
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000,gzip ; q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0", ""),
        ("*;q=0, br", "br"),
        ("deflate", ""),
        ("br-x, xgzip", ""),
        (",,;;q=", ""),
        ("gzip" * 500, ""),
    ],
)
async def test_encodings(place: Place, target: str, accepted: str, encoding: str) -> None:
    await place.get(FBEVENTS)
    got = await place.get(target, f"Accept-Encoding: {accepted}")
    assert got.status == 200
    assert got.headers.get("content-encoding", "") == encoding
    assert int(got.headers["content-length"]) == len(got.body)
    assert got.plain == (await place.get(target)).body
    assert got.headers["etag"].endswith(f'-{encoding}"' if encoding else '"')


@pytest.mark.parametrize("target", [FBEVENTS, SNIPPET])
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('W/"other",W/{etag}', 304),
        ("*", 304),
        (" * ", 304),
        ('"other"', 200),
        ("{bare}", 200),
        ("", 200),
        ('"', 200),
        ("w/{etag}", 200),
    ],
)
async def test_conditions(place: Place, condition: str, status: int, target: str) -> None:
    for encoding in ("", "br", "gzip"):
        accept = f"Accept-Encoding: {encoding}"
        whole = await place.get(target, accept)
        etag = whole.headers["etag"]
        asked = condition.format(etag=etag, bare=etag.strip('"'))
        got = await place.get(target, accept, f"If-None-Match: {asked}")
        assert got.status == status
        assert got.headers["etag"] == etag
        assert got.headers["cache-control"] == whole.headers["cache-control"]
        assert got.headers["vary"] == "Accept-Encoding"
        assert got.body == (b"" if status == 304 else whole.body)


async def test_a_tag_of_another_encoding_does_not_match(place: Place) -> None:
    brotli_tag = (await place.get(FBEVENTS, "Accept-Encoding: br")).headers["etag"]
    got = await place.get(FBEVENTS, "Accept-Encoding: gzip", f"If-None-Match: {brotli_tag}")
    assert got.status == 200
    assert got.headers["content-encoding"] == "gzip"


async def test_head_is_get_without_a_body(place: Place) -> None:
    for target in (FBEVENTS, f"{FBEVENTS}?fh={HASH}", SNIPPET):
        whole = await place.get(target)
        head = await place.get(target, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.body))
        assert head.names == whole.names
        same = f"If-None-Match: {whole.headers['etag']}"
        assert (await place.get(target, same, method="HEAD")).status == 304


@pytest.mark.parametrize("target", [FBEVENTS, f"{FBEVENTS}?fh=live", GTAG, SNIPPET, PLATFORMS])
async def test_no_script_becomes_a_service_worker(place: Place, target: str) -> None:
    got = await place.get(target, "Service-Worker: script")
    assert (got.status, got.body) == (403, b"")
    assert place.vendor.asked == []
    assert "service_worker" in place.wire.kept.reasons()


@pytest.mark.parametrize("target", [FBEVENTS, SNIPPET])
async def test_a_script_is_not_posted_to(place: Place, target: str) -> None:
    assert (await place.get(target, method="POST", body=b"x")).status == 404
    assert place.vendor.asked == []


async def test_the_snippet_is_the_sites_own(place: Place) -> None:
    got = await place.get(f"{SNIPPET}?v=2")
    assert (got.status, got.headers["content-type"]) == (200, TYPE)
    assert f"Cache-Control: {got.headers['cache-control']}\r\n" == SHORT
    assert "set-cookie" not in got.headers
    assert b'"name":"shop"' in got.body
    assert b'"base":"https://trk.shop.example.com"' in got.body
    assert place.vendor.asked == [], "it waits for no vendor"


async def test_so_is_what_hears_the_consent_platforms(place: Place) -> None:
    got = await place.get(PLATFORMS)
    assert (got.status, got.headers["content-type"]) == (200, TYPE)
    assert "set-cookie" not in got.headers
    assert b'"domain":"example.com"' in got.body
    assert place.vendor.asked == []


@pytest.mark.parametrize(
    "target", ["/fh.js/", "/fh_consent.js/x", "/x/fh.js", "/fh/fh.js", "/FH.JS"]
)
async def test_the_snippet_has_one_address(place: Place, target: str) -> None:
    assert (await place.get(target)).status == 404


async def test_nothing_of_the_vendors_headers_passes(place: Place) -> None:
    place.vendor.answer = reply(
        GOOD,
        "Set-Cookie: CANARY=1; Domain=example.com",
        'Clear-Site-Data: "*"',
        "Strict-Transport-Security: max-age=1; includeSubDomains",
        "Service-Worker-Allowed: /",
        "Link: </CANARY>; rel=preload",
        "SourceMap: /CANARY.map",
        "X-SourceMap: /CANARY.map",
        'Alt-Svc: h3=":443"',
        "NEL: {}",
        "Report-To: {}",
        'ETag: "CANARY"',
        "Last-Modified: Tue, 24 Nov 2026 00:00:00 GMT",
        "Cache-Control: private, max-age=1",
        "Vary: Cookie, User-Agent",
        "X-Canary: CANARY",
        "Server: CANARY",
    )
    allowed = {
        "date",
        "cache-control",
        "etag",
        "vary",
        "access-control-allow-origin",
        "cross-origin-resource-policy",
        "content-length",
        "content-type",
        "content-encoding",
        "x-content-type-options",
        "connection",
    }
    for target in (FBEVENTS, f"{FBEVENTS}?fh=live", f"{FBEVENTS}?fh={HASH}"):
        for accept in ("", "br"):
            got = await place.get(target, f"Accept-Encoding: {accept}", f"Cookie: {GRANTED}")
            assert got.status == 200
            assert set(got.names) <= allowed
            assert len(got.names) == len(set(got.names))
            assert got.headers["vary"] == "Accept-Encoding"
            assert got.headers["content-type"] == "text/javascript; charset=utf-8"
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "CANARY" not in str(got.headers)


BAD = {
    "500": reply(status=500),
    "page with 200": reply(b"<!DOCTYPE html><p>fbq facebook</p>"),
    "empty": reply(b""),
    "three bytes": reply(b"x=1"),
    "another type": reply(kind="text/html"),
    "no script": reply(GOOD + b"function(){"),
    "redirect": reply(b"", "Location: https://evil.example/x.js", status=302),
    "cut": torn(GOOD, "Content-Length: 1000"),
    "no end": torn(GOOD),
    "gone": b"",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_the_last_good_copy_outlives_the_vendor(
    here: Vendor, tmp_path: Path, bad: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "firsthand")
    async with edge_before(here, tmp_path) as place:
        first = await place.get(FBEVENTS)
        here.answer = bad
        (wanted_file,) = place.supply._known.values()
        await place.supply.refresh(wanted_file)
        again = await place.get(FBEVENTS)
        assert (again.status, again.body) == (200, first.body)
        assert "script_unusable_meta" in place.wire.kept.reasons()
        entry = await place.custody.entry(FBEVENTS[1:])
        assert entry is not None
        assert (len(entry.versions), entry.trouble_since) == (1, NOW)
        assert entry.trouble
        assert "not taken" in caplog.text
    async with edge_before(here, tmp_path) as restarted:
        before = len(here.asked)
        after = await restarted.get(f"{FBEVENTS}?fh=live")
        assert (after.status, after.body) == (200, GOOD)
        assert (await restarted.get(FBEVENTS)).headers["etag"] == first.headers["etag"]
        await here.was_asked(before + 1)
        here.answer = reply(CHANGED)
        (wanted_file,) = restarted.supply._known.values()
        await restarted.supply.refresh(wanted_file)
        assert (await restarted.get(f"{FBEVENTS}?fh=live")).body == CHANGED


async def test_without_any_copy_there_is_none(place: Place) -> None:
    place.vendor.answer = reply(status=500)
    for _ in range(5):
        got = await place.get(FBEVENTS)
        assert (got.status, got.body, got.headers["cache-control"]) == (404, b"", "no-store")
    assert len(place.vendor.asked) == 1, "each visitor knocked at a broken door"
    assert "script_missing" in place.wire.kept.reasons()


async def test_a_disk_that_takes_nothing_does_not_reach_the_page(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await place.custody._writer._db.execute("PRAGMA query_only=ON")
    assert (await place.get(FBEVENTS)).status == 200
    assert (await place.get(f"{FBEVENTS}?fh=live")).body == GOOD
    assert (await place.get(f"{FBEVENTS}?fh={HASH}")).body == GOOD
    assert "script_custody" in place.wire.kept.reasons()
    assert "script custody: " in caplog.text
    place.vendor.answer = reply(CHANGED)
    (wanted_file,) = place.supply._known.values()
    await place.supply.refresh(wanted_file)
    assert (await place.get(f"{FBEVENTS}?fh=live")).body == GOOD, "nothing new goes unrecorded"
    await place.custody._writer._db.execute("PRAGMA query_only=OFF")
    await place.supply.refresh(wanted_file)
    assert (await place.get(f"{FBEVENTS}?fh=live")).body == CHANGED


async def test_many_first_requests_make_one_fetch(place: Place) -> None:
    place.vendor.open.clear()
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(place.get(FBEVENTS)) for _ in range(20)]
        await place.vendor.was_asked(1)
        for _ in range(20):  # each is answered after all that came before it was read
            await place.get("/")
        assert not any(task.done() for task in asking)
        place.vendor.open.set()
    assert {task.result().status for task in asking} == {200}
    assert len({task.result().body for task in asking}) == 1
    assert len(place.vendor.asked) == 1


async def test_a_vendor_that_hangs_holds_nobody_else(place: Place) -> None:
    await place.get(FBEVENTS)
    place.vendor.open.clear()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(place.get(GTAG))
        await place.vendor.was_asked(2)
        assert (await place.get(FBEVENTS)).status == 200
        assert not waiting.done()
        place.vendor.open.set()
    assert waiting.result().status == 404, "the stand-in's script is not Google's"


def variant(number: int) -> str:
    return f"{GTAG}&l=v{number}"


async def test_made_up_variants_wait_for_a_turn_and_no_more_than_a_few(place: Place) -> None:
    place.vendor.open.clear()
    place.vendor.answer = reply(b"window.google_tag_manager={};")
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(place.get(variant(n))) for n in range(WAITING + 20)]
        await place.vendor.was_asked(FETCHES)
        busy, waiting = await asyncio.wait(flood, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        while len(busy) < 20:
            more, waiting = await asyncio.wait(
                waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED
            )
            busy |= more
        assert {task.result().status for task in busy} == {404}
        assert len(place.vendor.asked) == FETCHES
        own = group.create_task(place.get(GTAG))
        await place.vendor.was_asked(FETCHES + 1)
        assert place.vendor.asked[-1].startswith(f"GET /gtag/js?id={PROPERTY} HTTP/1.1")
        place.vendor.open.set()
    assert own.result().status == 200, "the site's own script waited behind made-up ones"
    assert [task.result().status for task in flood].count(200) == WAITING
    assert "script_busy" in place.wire.kept.reasons()


async def test_what_the_disk_has_is_served_while_the_vendor_hangs(
    here: Vendor, tmp_path: Path
) -> None:
    here.answer = reply(b"window.google_tag_manager={};")
    async with edge_before(here, tmp_path) as place:
        first = [(await place.get(target)).body for target in (GTAG, variant(0))]
    here.open.clear()
    async with edge_before(here, tmp_path) as restarted, asyncio.TaskGroup() as group:
        flood = [group.create_task(restarted.get(variant(n + 1))) for n in range(30)]
        await here.was_asked(2 + FETCHES)
        again = [(await restarted.get(target)).body for target in (GTAG, variant(0))]
        assert again == first
        here.open.set()
        await asyncio.wait(flood)


async def test_variants_neither_fill_custody_nor_push_out_the_sites_own(
    here: Vendor, tmp_path: Path
) -> None:
    async with edge_before(here, tmp_path) as place:
        assert (await place.get(FBEVENTS)).status == 200
        here.answer = reply(b"window.google_tag_manager={};")
        assert (await place.get(GTAG)).status == 200
        for number in range(ADDRESSES + 5):
            assert (await place.get(variant(number))).status == 200
        before = len(here.asked)
        for target in (GTAG, FBEVENTS, variant(ADDRESSES + 4)):
            assert (await place.get(target)).status == 200
        assert len(here.asked) == before, "one of these was pushed out"
        kept = {entry.address for entry in await place.custody.entries()}
        assert len(kept) == ADDRESSES + 2
        assert {FBEVENTS[1:], GTAG[1:]} <= kept
        assert len(place.supply._known) == ADDRESSES + 2, "all that is kept is refreshed"
        assert not place.supply._locks


async def test_a_script_is_own_by_its_account_however_it_is_spelled(place: Place) -> None:
    place.vendor.answer = reply(b"window.google_tag_manager={};")
    spellings = [GTAG, GTAG.replace("G-", "%47-"), GTAG.replace("id=G", "id=%47"), f"{GTAG}&id=%20"]
    for target in spellings:
        await place.get(target)
    assert len(place.supply._turns._own) == 1


async def test_no_log_holds_what_a_visitor_chose(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "firsthand")
    place.vendor.answer = reply(status=500)
    for target in ("/connect.facebook.net/CANARY/fbevents.js", f"{GTAG}&l=CANARY"):
        assert (await place.get(target)).status == 404
    assert "connect.facebook.net/*/fbevents.js not taken: status 500" in caplog.text
    assert "CANARY" not in caplog.text


async def test_a_version_that_this_process_never_had_is_answered_by_the_live_file(
    place: Place,
) -> None:
    got = await place.get(f"{FBEVENTS}?fh={'0' * 32}")
    assert (got.status, got.body) == (200, GOOD)
    assert "immutable" not in got.headers["cache-control"]
