"""Stands before every handler of the private listener: Host first, then who asks."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import InitVar, dataclass, field
from math import ceil
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from firsthand.admin import access, cookies
from firsthand.admin.answers import refusal
from firsthand.admin.asking import SIGN_IN, asking
from firsthand.admin.metrics import Figures
from firsthand.admin.reception import Reception
from firsthand.admin.sessions import Keys, Role, Sessions, Who
from firsthand.rules.alerts import Alert
from firsthand.rules.site import Site
from firsthand.store.aggregates import Aggregates
from firsthand.store.audit import Act, Audit
from firsthand.store.contract import Ledger, Queue
from firsthand.store.custody import Custody
from firsthand.store.receipts import Book

log = logging.getLogger(__name__)

OPEN = ("/healthz", "/readyz", "/assets/")
"""Answered to everybody: to supervisors and for the sign-in page."""
SIGN_OUT = "/sign-out"
BY_TOKEN = Who("admin page", Role.WRITE)
"""Whoever has the listener's one token."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the server and whether it works. ``detail`` holds no secret: anyone may read it."""

    name: str
    ok: bool
    detail: str = ""


Figured: TypeAlias = Callable[[], Awaitable[Figures]]
"""Asks every part for its figures."""

Health: TypeAlias = Callable[[], Awaitable[tuple[Part, ...]]]
"""Asks every part how it is."""


@dataclass(slots=True)
class Desk:
    """The parts of the server that the pages show. ``clock`` tells Unix milliseconds.

    ``site``, ``hosts``, ``token``, ``keys`` follow the configuration; ``use`` changes them. The
    token opens nothing where ``keys`` names users.
    """

    ledger: Ledger
    queue: Queue
    custody: Custody
    book: Book
    audit: Audit
    site: Site
    hosts: frozenset[str]
    token: InitVar[str]
    keys: Keys
    health: Health
    figures: Figured
    clock: Callable[[], int]
    aggregates: Aggregates | None = None
    alerts: Callable[[], tuple[Alert, ...]] = tuple
    door: access.Door = field(init=False, repr=False)
    sessions: Sessions = field(init=False, repr=False)
    reception: Reception = field(init=False, repr=False)

    def __post_init__(self, token: str) -> None:
        self.door = access.Door.of(token)
        self.sessions = Sessions(self.keys)
        self.reception = Reception(self.audit)

    def use(self, site: Site, hosts: frozenset[str], token: str, keys: Keys) -> None:
        """Show ``site`` from now on, to who may come in. Raises ``ValueError`` for no token."""
        door = self.door if self.door.opens(token, peer="") else access.Door.of(token)
        self.site, self.hosts, self.door = site, hosts, door
        self.keys, self.sessions = keys, Sessions(keys)

    def form(self, request: web.Request) -> str:
        """Return what a form carries that this request's answer shows."""
        who = request[WHO]
        if who.session:
            return self.sessions.form(who.session, now=self.clock())
        return self.door.form(now=self.clock())

    def knows(self, request: web.Request, form: str) -> bool:
        """Say whether a form was made for whoever sends it now."""
        who = request[WHO]
        if who.session:
            return self.sessions.knows(form, who.session, now=self.clock())
        return self.door.knows(form, now=self.clock())


DESK = web.AppKey("DESK", Desk)
WHO = web.RequestKey("WHO", Who)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what may not come in; hand on the rest."""
    desk = request.app[DESK]
    if not access.is_allowed_host(request.host, desk.hosts):
        return web.Response(status=421, text="This server does not answer to that name.\n")
    if not (request.path == SIGN_IN or request.path.startswith(OPEN)):
        refused = await _check(request, desk) or await _check_form(request, desk)
        if refused is not None:
            return refused
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return refusal(request, 404, "Not found", "There is nothing at this address.")
    except OSError as error:
        log.error("admin page: %s", error)  # noqa: TRY400 - an operator's matter, not a bug's
        detail = "The ledger cannot be read; the log and /readyz say more."
        return refusal(request, 503, "Storage fails", detail)


async def _check(request: web.Request, desk: Desk) -> web.Response | None:
    """Return the answer that ends the request here, or ``None`` to go on."""
    now = desk.clock()
    token = access.bearer(request.headers.get("Authorization", ""))
    offered = "" if token or desk.keys.users else request.query.get("token", "")
    who = _bearer(request, desk, token or offered) if token or offered else _holder(request, desk)
    if who is None:
        return await _turned_away(request, desk, given=bool(token or offered))
    if not who.role.may(request.method) and request.path != SIGN_OUT:
        detail = f"{who.name} may look, and change nothing."
        return refusal(request, 403, "Not done", detail)
    if offered:
        await desk.reception.note(who.name, Act.SIGN_IN, now=now)
        return _signed_in(request, desk.door.cookie(now=now))
    request[WHO] = who
    return None


def _bearer(request: web.Request, desk: Desk, token: str) -> Who | None:
    """Return who has ``token``."""
    peer = request.remote or ""
    program = desk.keys.program(token)
    if program is not None:
        desk.door.waits.forget(peer)
        return Who(f"token {program.name}", program.role)
    return BY_TOKEN if not desk.keys.users and desk.door.opens(token, peer=peer) else None


def _holder(request: web.Request, desk: Desk) -> Who | None:
    """Return who has the cookie that a request carries."""
    now = desk.clock()
    if not desk.keys.users:
        cookie = request.cookies.get(access.COOKIE, "")
        return BY_TOKEN if desk.door.accepts(cookie, now=now) else None
    found = cookies.session(request, desk.sessions, now=now)
    if found is None or found.id in desk.reception.ended:
        return None
    return Who(found.user.name, found.user.role, found.id)


async def _check_form(request: web.Request, desk: Desk) -> web.Response | None:
    """Return the answer to a change that no page of ours asked for, ``None`` to go on.

    The cookie goes along with what any page on this machine sends, whatever its port; so a change
    needs the browser's word that it comes from here, and a form that only we can have made. A
    token in the header is something that no page can send.
    """
    if request.method in {"GET", "HEAD"} or access.bearer(request.headers.get("Authorization", "")):
        return None
    if from_here(request):
        form = str((await request.post()).get("form", ""))
        if desk.knows(request, form):
            return None
    detail = "This form is not one of these pages, or it is too old. Open the page again."
    return refusal(request, 403, "Not done", detail)


def from_here(request: web.Request) -> bool:
    """Say whether the browser says that a page of this very address sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    scheme, _, host = request.headers.get("Origin", "").partition("://")
    return scheme in {"http", "https"} and host.lower() == request.host.lower()


async def _turned_away(request: web.Request, desk: Desk, *, given: bool) -> web.Response:
    """Return why nothing is shown: nobody said who asks, or with a wrong token."""
    # Any page can send its visitors' browsers here: what it makes them send is nobody's guess.
    if _from_elsewhere(request):
        detail = "Another site led here. Open this address yourself to see it."
        return refusal(request, 403, "Not from another site", detail)
    if given:
        return await _wrong_token(request, desk)
    if desk.keys.users:
        return asking(request, 401)
    detail = "This page opens with the token that the server printed when it started."
    return refusal(request, 401, "Sign in", detail, ask=True)


async def _wrong_token(request: web.Request, desk: Desk) -> web.Response:
    now = desk.clock()
    wait = desk.door.waits.error(request.remote or "", now=now)
    if wait:
        await desk.reception.put_off(now=now)
        detail = "It is not this server's token. Wait a minute before you try another."
        answer = refusal(request, 429, "Too many wrong tokens", detail)
        answer.headers["Retry-After"] = str(ceil(wait / 1000))
        return answer
    await desk.reception.failed("a token", now=now)
    ask = not desk.keys.users
    return refusal(request, 401, "Wrong token", "It is not this server's token.", ask=ask)


def _signed_in(request: web.Request, cookie: str) -> web.Response:
    """Return the way to the same address without the token, which then stays in no history."""
    query = [(name, value) for name, value in request.query.items() if name != "token"]
    # One slash only: two would lead to a host of the caller's choice.
    target = "/" + str(request.rel_url.with_query(query)).lstrip("/\\")
    answer = web.Response(status=303, headers={"Location": target})
    if _from_elsewhere(request):
        # A browser that follows a link of another site sends the cookie along no redirect.
        answer = web.Response(text="Signed in.\n", headers={"Refresh": f"0; url={target}"})
    answer.set_cookie(
        access.COOKIE,
        cookie,
        path="/",
        max_age=access.COOKIE_MS // 1000,
        secure=request.secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


def _from_elsewhere(request: web.Request) -> bool:
    """Say whether a page of another site made the browser send this."""
    return request.headers.get("Sec-Fetch-Site") == "cross-site"
