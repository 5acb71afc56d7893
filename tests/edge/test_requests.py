"""What becomes a Hit, and what never does: real requests, on a listener that only notes them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network

import pytest
from aiohttp import web

from firsthand.edge import requests
from firsthand.edge.requests import MAX_BODY, Front
from firsthand.edge.server import Server, build, refusal
from firsthand.errors import BadHit
from firsthand.model import Hit
from firsthand.rules.bots import BotSign
from firsthand.rules.cookies import Wanted
from tests.edge.conftest import NOW, Kept, Public

HERE = ("127.0.0.1", NOW)
FRONT = Front(
    hosts=frozenset({"trk.shop.example.com", "trk.shop.localhost:8080"}),
    wanted=Wanted.of(["fh_consent", "_ga_{account}"]),
    clock=lambda: NOW,
    signs=lambda _, *where: BotSign.BARE if where == HERE else BotSign.NAMELESS,
)
HEAD = b"GET /a.example/px?x=1 HTTP/1.1\r\nHost: trk.shop.example.com\r\n"


@dataclass
class Desk:
    """What came in: hits, or why not."""

    wire: Public
    hits: list[Hit] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, request: bytes) -> Hit | tuple[int, str]:
        """Return the Hit of a request, or status and reason of its refusal."""
        before = len(self.hits) + len(self.refused)
        await self.wire.raw(request)
        assert len(self.hits) + len(self.refused) == before + 1
        return self.hits.pop() if self.hits else self.refused.pop()

    async def hit(self, request: bytes) -> Hit:
        made = await self.send(request)
        assert isinstance(made, Hit), made
        return made


@asynccontextmanager
async def desk_with(front: Front) -> AsyncIterator[Desk]:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            target = requests.check(request, front)
            body = await requests.read_body(request)
            desk.hits.append(requests.hit(request, front, target, body))
        except BadHit as refused:
            desk.refused.append((refused.status, refused.reason))
            desk.came.set()
            return refusal(refused.status)
        return build(204)

    counted: list[str] = []
    runner = web.ServerRunner(Server(handle, count=counted.append))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk = Desk(Public(runner.addresses[0][1], Kept(), []))
    yield desk
    await runner.cleanup()
    assert not counted


Open = Callable[[Front], Awaitable[Desk]]


@pytest.fixture
async def open_desk() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:
        yield lambda front: stack.enter_async_context(desk_with(front))


@pytest.fixture
async def desk(open_desk: Open) -> Desk:
    return await open_desk(FRONT)


async def test_a_hit_is_what_rules_need_and_no_more(desk: Desk) -> None:
    hit = await desk.hit(
        b"POST /www.facebook.com/tr/?id=1&ev=%0d%0aX HTTP/1.1\r\n"
        b"Host: trk.shop.example.com\r\n"
        b"User-Agent: UA\r\nReferer: https://shop.example.com/\r\nContent-Type: text/plain\r\n"
        b"Sec-GPC: 1\r\nAuthorization: CANARY\r\nX-Forwarded-For: 192.0.2.1\r\nX-CANARY: 1\r\n"
        b"Cookie: PHPSESSID=CANARY; fh_consent=1; _ga_ABC=GS1; fh_consent=2; __Host-sid=CANARY\r\n"
        b"Content-Length: 3\r\n\r\na=b"
    )
    assert (hit.method, hit.host, hit.path) == ("POST", "www.facebook.com", "/tr/")
    assert hit.query == "id=1&ev=%0d%0aX"
    assert hit.body == b"a=b"
    assert hit.headers == {
        "user-agent": "UA",
        "referer": "https://shop.example.com/",
        "content-type": "text/plain",
        "sec-gpc": "1",
    }
    assert hit.cookies == {"fh_consent": ("1", "2"), "_ga_ABC": ("GS1",)}
    assert (hit.ip, hit.at, hit.bot, hit.bot_signs) == (*HERE, 60, BotSign.BARE)


async def test_two_cookie_lines_are_one_header(desk: Desk) -> None:
    hit = await desk.hit(HEAD + b"Cookie: fh_consent=yes\r\nCookie: fh_consent=no\r\n\r\n")
    assert hit.cookies == {"fh_consent": ("yes", "no")}


@pytest.mark.parametrize(
    "raw",
    [b"\xe9", b"\xff\xfe", b"\xc3\xa9", b"\xed\xa0\x80"],
    ids=["latin-1", "utf-16", "utf-8", "surrogate"],
)
async def test_bytes_that_are_no_text_are_replaced(desk: Desk, raw: bytes) -> None:
    hit = await desk.hit(
        HEAD
        + b"User-Agent: UA"
        + raw
        + b"\r\nReferer: https://shop.example.com/"
        + raw
        + b"\r\n\r\n"
    )
    shown = raw.decode("utf-8", "replace")
    assert hit.headers["user-agent"] == f"UA{shown}"
    assert hit.headers["referer"].endswith(shown)
    for text in hit.headers.values():
        text.encode()


async def test_a_long_cookie_header_is_read(desk: Desk) -> None:
    junk = b"; ".join(b"session%d=CANARY" % index for index in range(1300))
    assert len(junk) > 20_000
    hit = await desk.hit(HEAD + b"Cookie: " + junk + b"; fh_consent=1\r\n\r\n")
    assert hit.cookies == {"fh_consent": ("1",)}


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        (b"trk.shop.example.com", True),
        (b"TRK.Shop.Example.COM", True),
        (b"trk.shop.example.com.", True),
        (b"trk.shop.example.com:443", True),
        (b"trk.shop.example.com.:80", True),
        (b"trk.shop.localhost:8080", True),
        (b"trk.shop.example.com:8443", False),
        (b"trk.shop.localhost", False),
        (b"trk.shop.localhost:443", False),
        (b"trk.shop.example.com..", False),
        (b"trk.shop.example.com:", False),
        (b"trk.shop.example.com:80@evil.example", False),
        (b"evil.example", False),
        (b"xtrk.shop.example.com", False),
        (b"trk.shop.example.com.evil.example", False),
        (b"127.0.0.1", False),
        (b"[::1]", False),
        (b"trk_shop", False),
    ],
)
async def test_a_host_is_ours_or_it_is_not(desk: Desk, host: bytes, *, ours: bool) -> None:
    request = b"GET /a.example/px HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    made = await desk.send(request)
    assert isinstance(made, Hit) if ours else made == (421, "host")
    absolute = (
        b"GET http://" + host + b"/a.example/px HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n"
    )
    made = await desk.send(absolute)
    if ours:
        assert isinstance(made, Hit)
        assert made.path == "/px"
    else:
        assert made == (421, "absolute_target")


@pytest.mark.parametrize(
    ("request_bytes", "refusal_of"),
    [
        (b"DELETE /a/b HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n", (405, "method")),
        (HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", (405, "method")),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n", (400, "content_encoding")),
        (HEAD + b"Content-Encoding: br, gzip\r\n\r\n", (400, "content_encoding")),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400, "transfer_encoding")),
        (
            HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            (400, "transfer_encoding"),
        ),
        (b"OPTIONS * HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n", (404, "unknown_path")),
        (
            b"GET https://trk.shop.example.com/a HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n",
            (404, "unknown_path"),
        ),
    ],
)
async def test_what_is_never_answered_is_refused_with_a_reason(
    desk: Desk, request_bytes: bytes, refusal_of: tuple[int, str]
) -> None:
    assert await desk.send(request_bytes) == refusal_of


@pytest.mark.parametrize(
    "path",
    [
        b"/a.example/%2e%2e/px",
        b"/a.example%2fpx",
        b"/a.example/..;/px",
        b"/a.example/./px",
        b"/a.example/../px",
        b"//a.example/px",
        b"/a.example//px",
        b"/a.example/px%00",
        b"/a.example/px%0a.js",
        b"/a.example/%252e%252e/px",
        b"/a.example\\px",
    ],
)
async def test_a_path_with_tricks_is_unknown(desk: Desk, path: bytes) -> None:
    request = b"GET " + path + b" HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n"
    assert await desk.send(request) == (404, "unknown_path")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/m/a.example/px", "/px"),
        (b"http://trk.shop.example.com/m/a.example/px", "/px"),
        (b"/a.example/px", None),
        (b"/mm/a.example/px", None),
        (b"/m", None),
        (b"/M/a.example/px", None),
    ],
)
async def test_below_a_path_of_the_sites_own_host(
    open_desk: Open, target: bytes, path: str | None
) -> None:
    desk = await open_desk(replace(FRONT, base_path="/m"))
    made = await desk.send(b"GET " + target + b" HTTP/1.1\r\nHost: trk.shop.example.com\r\n\r\n")
    if path is None:
        assert made == (404, "unknown_path")
    else:
        assert isinstance(made, Hit)
        assert (made.host, made.path) == ("a.example", path)


@pytest.mark.parametrize(
    ("trusted", "header", "lines", "ip"),
    [
        ((), "X-Forwarded-For", [b"X-Forwarded-For: 198.51.100.7"], "127.0.0.1"),
        (("10.0.0.0/8",), "X-Forwarded-For", [b"X-Forwarded-For: 198.51.100.7"], "127.0.0.1"),
        (("127.0.0.0/8",), "X-Forwarded-For", [b"X-Forwarded-For: 198.51.100.7"], "198.51.100.7"),
        (
            ("127.0.0.0/8",),
            "X-Forwarded-For",
            [b"X-Forwarded-For: 192.0.2.66, 198.51.100.7", b"X-Forwarded-For: 127.0.0.3"],
            "198.51.100.7",
        ),
        (("127.0.0.0/8",), "X-Forwarded-For", [b"X-Forwarded-For: rubbish"], ""),
        (("127.0.0.0/8",), "X-Forwarded-For", [b"X-Real-IP: 198.51.100.7"], "127.0.0.1"),
        (
            ("127.0.0.0/8",),
            "CF-Connecting-IP",
            [b"CF-Connecting-IP: 2001:db8::7", b"X-Forwarded-For: 192.0.2.66"],
            "2001:db8::7",
        ),
    ],
)
async def test_the_visitors_address_is_believed_from_trusted_hops_only(
    open_desk: Open, trusted: tuple[str, ...], header: str, lines: list[bytes], ip: str
) -> None:
    networks = tuple(map(ip_network, trusted))
    desk = await open_desk(replace(FRONT, trusted=networks, forwarded=header))
    hit = await desk.hit(HEAD + b"\r\n".join(lines) + b"\r\n\r\n")
    assert hit.ip == ip


PLACED = replace(
    FRONT, trusted=(ip_network("127.0.0.0/8"),), country="CF-IPCountry", region="CF-Region-Code"
)


HAMBURG = [b"CF-IPCountry: DE", b"CF-Region-Code: HH"]


@pytest.mark.parametrize(
    ("front", "lines", "place"),
    [
        (PLACED, HAMBURG, "DE-HH"),
        (replace(PLACED, region=""), HAMBURG, "DE"),
        (replace(PLACED, trusted=(ip_network("192.0.2.0/24"),)), HAMBURG, ""),
        (replace(PLACED, trusted=()), HAMBURG, ""),
        (FRONT, HAMBURG, ""),
        (PLACED, [b"cf-ipcountry: de"], "DE"),
        (PLACED, [b"CF-IPCountry: XX"], ""),
        (PLACED, [b"CF-IPCountry: US", b"CF-IPCountry: DE"], ""),
        (PLACED, [b"X-Country: US"], ""),
        (PLACED, [], ""),
    ],
)
async def test_a_place_is_believed_from_trusted_hops_only(
    open_desk: Open, front: Front, lines: list[bytes], place: str
) -> None:
    desk = await open_desk(front)
    hit = await desk.hit(HEAD + b"\r\n".join([*lines, b"", b""]))
    assert hit.place == place


@pytest.mark.parametrize(
    ("path", "trusted", "told"),
    [
        (b"/fh/landing", "127.0.0.0/8", "/?fbclid=1"),
        (b"/fh/landing", "192.0.2.0/24", None),
        (b"/fh/consent", "127.0.0.0/8", None),
        (b"/www.facebook.com/tr/", "127.0.0.0/8", None),
    ],
)
async def test_a_page_is_told_by_trusted_hops_at_its_own_door_only(
    open_desk: Open, path: bytes, trusted: str, told: str | None
) -> None:
    desk = await open_desk(replace(FRONT, trusted=(ip_network(trusted),)))
    hit = await desk.hit(
        b"GET " + path + b" HTTP/1.1\r\nHost: trk.shop.example.com\r\n"
        b"X-Original-URI: /?fbclid=1\r\n\r\n"
    )
    assert hit.headers.get("x-original-uri") == told


CHUNKED = b"POST /a/b HTTP/1.1\r\nHost: trk.shop.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("framed", "body"),
    [
        (b"3\r\na=b\r\n0\r\n\r\n", b"a=b"),
        (b"1\r\na\r\n2\r\n=b\r\n0\r\n\r\n", b"a=b"),
        (b"0\r\n\r\n", b""),
        (b"%x\r\n" % MAX_BODY + b"a" * MAX_BODY + b"\r\n0\r\n\r\n", b"a" * MAX_BODY),
    ],
    ids=["whole", "in parts", "empty", "as long as may be"],
)
async def test_a_body_in_chunks_is_read(desk: Desk, framed: bytes, body: bytes) -> None:
    assert (await desk.hit(CHUNKED + framed)).body == body


@pytest.mark.parametrize(
    "request_bytes",
    [
        CHUNKED + b"%x\r\n" % (MAX_BODY + 1) + b"a" * (MAX_BODY + 1) + b"\r\n0\r\n\r\n",
        CHUNKED + (b"10000\r\n" + b"a" * 65_536 + b"\r\n") * 5,
        b"POST /a/b HTTP/1.1\r\nHost: trk.shop.example.com\r\nContent-Length: %d\r\n\r\n"
        % (MAX_BODY + 1),
    ],
    ids=["one chunk too many", "endless", "announced"],
)
async def test_a_body_above_the_limit_is_refused(desk: Desk, request_bytes: bytes) -> None:
    assert await desk.send(request_bytes) == (413, "body_size")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /a/b HTTP/1.1\r\nHost: trk.shop.example.com\r\nContent-Length: 10\r\n\r\nabc",
        CHUNKED + b"5\r\nabc",
    ],
    ids=["short of its length", "within a chunk"],
)
async def test_a_body_whose_sender_leaves_is_no_hit(desk: Desk, request_bytes: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", desk.wire.port)
    writer.write(request_bytes)
    await writer.drain()
    writer.close()
    async with asyncio.timeout(5):
        await desk.came.wait()
    assert desk.refused == [(400, "body")]
    assert not desk.hits
