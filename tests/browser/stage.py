"""A small server that plays the shop, the tracking host and the vendors ``acme`` and ``bolt``."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from aiohttp import web
from playwright.async_api import BrowserContext, Page

from firsthand.browser import (
    KeyRules,
    Rules,
    ScriptFile,
    Snippet,
    VendorRules,
    consent_js,
    fh_js,
    loader,
)
from firsthand.rules import verdict

GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
HASH = "0123456789abcdef0123456789abcdef"
CONSENT = "choice"

SNIPPET = Snippet(
    "shop",
    "shop.localhost",
    life=3600,
    tcf=(755,),
    types={"acme": {"PageView": "page_view", "Purchase": "purchase", "Lead": "generate_lead"}},
    details={"acme": "detail"},
    own={"bolt": "en"},
)
FLAT = KeyRules("eid", "ev", names="^(?!Auto$).+$")


@dataclass
class Seen:
    """A request that reached one of the hosts."""

    host: str
    method: str
    path: str
    query: dict[str, str]
    body: str
    cookies: dict[str, str]

    @property
    def sent(self) -> dict[str, str]:
        """Return what query and form body say together."""
        pairs = [part.partition("=") for part in self.body.split("&")] if self.body else []
        return {**self.query, **{name: value for name, _, value in pairs}}


@dataclass
class Stage:
    """The hosts of one test. ``scripts`` are the vendors' files by host and path."""

    port: int = 0
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    modes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    gate: bool = True
    cookies: str = f"^(?:{CONSENT})="
    key: KeyRules = FLAT
    vendors: Mapping[str, VendorRules] = field(default_factory=dict)  # beside the two
    snippet: Snippet = SNIPPET
    scripts: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)  # files that the tracking host does not have
    slow: float = 0.0  # seconds that a vendor takes to answer
    talks: bool = False  # vendors answer every beacon with a body
    context: BrowserContext | None = None

    @property
    def suffix(self) -> str:
        return f".vendors.localhost:{self.port}"

    @property
    def tracking(self) -> str:
        return f"http://trk.shop.localhost:{self.port}"

    def vendor(self, place: str) -> str:
        """Return the address of a vendor's host and path, as the page knows it."""
        host, slash, path = place.partition("/")
        return f"http://{host}{self.suffix}{slash}{path}"

    def loader_tag(self, place: str, attributes: str = "") -> str:
        return f'<script async {attributes} src="{self.tracking}/{place}"></script>'

    @property
    def snippet_tag(self) -> str:
        """Return what a shop pastes: the queue, and the file."""
        return (
            "<script>window.firsthand = window.firsthand || function () {"
            " (firsthand.q = firsthand.q || []).push(arguments) }</script>"
            f'<script async src="{self.tracking}/fh.js"></script>'
        )

    @property
    def rules(self) -> Rules:
        return Rules(
            base=self.tracking,
            suffix=self.suffix,
            gate=self.gate,
            verdict=verdict.NAME,
            cookies=self.cookies,
            events=("acme:chosen", "focus", "visibilitychange"),
            vendors={
                "acme": self._rules("acme", r"\d+", "id", self.key),
                "bolt": self._rules("bolt", r"B-\d+", "id|tid", KeyRules()),
                **self.vendors,
            },
        )

    def _rules(self, name: str, account: str, param: str, key: KeyRules) -> VendorRules:
        end = rf"\.{name}\.example{self.suffix.replace('.', r'[.]')}"
        return VendorRules(
            hosts=rf"(?:px6?|cdn){end}",
            account=f"^(?:{account})$",
            param=f"[?&](?:{param})=([^&]+)",
            doors=(
                ("beacon", f"^px6?{end}/(?:tr/?|collect)$"),
                ("sink", f"^px{end}/sync$"),
                ("never", f"^px{end}/frame$"),
                ("code", f"^cdn{end}/(?:pixel|more)[.]js$"),
                ("code", f"^cdn{end}/config/([A-Za-z0-9-]+)$"),
            ),
            modes=self.modes.get(name, {}),
            key=key,
        )

    async def open(self, path: str = "/", consent: str = "") -> Page:
        """Load the shop; ``consent`` is the consent cookie that the visitor already has."""
        assert self.context
        if consent:
            await self.consent(consent)
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(f"http://shop.localhost:{self.port}{path}")
        return page

    async def remember(self, value: str) -> None:
        """Give the visitor the verdict cookie that a page before this one would have brought."""
        assert self.context
        about = verdict.digest({CONSENT: (value,)}, [CONSENT])
        await self.context.add_cookies(
            [
                {
                    "name": verdict.NAME,
                    "value": verdict.encode(
                        verdict.Remembered(
                            about,
                            frozenset(value.split("+")) - {"none"},
                            refused=value == "none",
                        )
                    ),
                    "domain": ".shop.localhost",
                    "path": "/",
                }
            ]
        )

    async def arrived(self, number: str) -> None:
        """Wait until the vendor has the beacon of this number (``n``)."""
        await self.until(
            lambda: any(each.query.get("n") == number for each in self.at("px.acme.example"))
        )

    async def consent(self, value: str) -> None:
        assert self.context
        await self.context.add_cookies(
            [{"name": CONSENT, "value": value, "domain": ".shop.localhost", "path": "/"}]
        )

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until requests have arrived. Fails after five seconds."""
        async with asyncio.timeout(5):
            while not holds():
                await asyncio.sleep(0.01)

    async def holds(self, page: Page, expression: str) -> None:
        """Wait until the page says so, on pages too that forbid ``eval``."""
        async with asyncio.timeout(5):
            while not await page.evaluate(expression):
                await asyncio.sleep(0.02)

    def at(self, host: str) -> list[Seen]:
        return [each for each in self.seen if each.host == host]

    def at_vendors(self) -> list[str]:
        return [each.host + each.path for each in self.seen if each.host.endswith(".example")]

    def moved(self, place: str) -> list[Seen]:
        """Return what arrived at the tracking host for a vendor's door."""
        return [each for each in self.at("trk") if each.path == f"/{place}"]

    def asked(self) -> list[Seen]:
        return [each for each in self.at("trk") if each.path == "/fh/consent"]

    def collected(self) -> list[list[dict[str, Any]]]:
        """Return the events of each request to the collecting door."""
        bodies = [each.body for each in self.at("trk") if each.path == "/fh/collect"]
        return [json.loads(body)["events"] for body in bodies]

    def told(self) -> list[dict[str, Any]]:
        """Return all events that the snippet told."""
        return [event for batch in self.collected() for event in batch]

    def copies(self) -> list[dict[str, object]]:
        return [json.loads(each.body) for each in self.at("trk") if each.path == "/fh/copy"]


def _host(request: web.Request) -> str:
    name = (request.host or "").partition(":")[0]
    return name.removesuffix(".vendors.localhost").removesuffix(".shop.localhost")


async def _answer(stage: Stage, request: web.Request) -> web.Response:
    host = _host(request)
    if request.method == "OPTIONS":
        return web.Response(status=204)
    body = (await request.read()).decode("utf-8", "replace")
    stage.seen.append(
        Seen(
            host,
            request.method,
            request.path,
            dict(request.query),
            body,
            {
                name: each.value
                for name, each in SimpleCookie(request.headers.get("Cookie")).items()
            },
        )
    )
    if host == "shop.localhost":
        return web.Response(text=stage.html, content_type="text/html", headers=stage.headers)
    if host == "trk":
        return _tracking(stage, request)
    await asyncio.sleep(stage.slow)
    return _script(stage, host + request.path) or _pixel(request, talks=stage.talks)


def _tracking(stage: Stage, request: web.Request) -> web.Response:
    place = request.path[1:]
    if place in {"fh.js", "fh_consent.js"}:
        known = stage.snippet
        text = fh_js(stage.rules, known) if place == "fh.js" else consent_js(known)
        return web.Response(body=text, content_type="text/javascript")
    if place == "fh/consent":
        return _consent(stage, request)
    if place == "fh/copy":
        return web.Response(status=204)
    if place not in stage.scripts:
        return _pixel(request)
    if "fh" in request.query:
        found = None if place in stage.lost else _script(stage, place)
        return found or web.Response(status=404)
    vendor = "acme" if ".acme." in place else "bolt"
    text = loader(stage.rules, ScriptFile(vendor, place, HASH))
    return web.Response(body=text, content_type="text/javascript")


def _consent(stage: Stage, request: web.Request) -> web.Response:
    """``choice`` holds the vendors that the visitor allows, joined by ``+``, or ``none``."""
    value = request.cookies.get(CONSENT, "")
    allow = {name: name in value.split("+") for name in stage.rules.vendors}
    about = verdict.digest({CONSENT: (value,)} if value else {}, [CONSENT])
    refused = value == "none"
    told = {"v": 1, "digest": about, "allow": allow, "explicit": True, "refused": refused}
    answer = json.dumps(told)
    if request.query.get("js"):
        return web.Response(text=f"__fh({answer})", content_type="text/javascript")
    response = web.Response(text=answer, content_type="application/json")
    response.set_cookie(
        verdict.NAME,
        verdict.encode(
            verdict.Remembered(
                about, frozenset(name for name, may in allow.items() if may), refused=refused
            )
        ),
        domain="shop.localhost",
    )
    return response


def _script(stage: Stage, place: str) -> web.Response | None:
    text = stage.scripts.get(place)
    return None if text is None else web.Response(text=text, content_type="text/javascript")


def _pixel(request: web.Request, *, talks: bool = False) -> web.Response:
    if talks or request.headers.get("Sec-Fetch-Dest") in {"image", "iframe"}:
        return web.Response(body=GIF, content_type="image/gif")
    return web.Response(status=204)


async def _allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Cache-Control"] = "no-store"
    if origin := request.headers.get("Origin"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Allow-Headers"] = "content-type"


def application(stage: Stage) -> web.Application:
    """Return the server of all hosts of a stage."""

    async def answer(request: web.Request) -> web.Response:
        return await _answer(stage, request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    app.on_response_prepare.append(_allow_origin)
    return app
