"""Signing in and out of the pages: a name and a password become a cookie for half a day."""

from math import ceil

from aiohttp import web

from firsthand.admin import cookies
from firsthand.admin.answers import as_html, refusal
from firsthand.admin.asking import SIGN_IN, asking, target
from firsthand.admin.guard import DESK, SIGN_OUT, WHO, from_here
from firsthand.admin.passwords import LONGEST
from firsthand.admin.view import page
from firsthand.store.audit import Act

LONGEST_NAME = 64


def add_sign_in(app: web.Application) -> None:
    """Add the routes of this module, and what it remembers from run to run."""
    app.router.add_get(SIGN_IN, ask)
    app.router.add_post(SIGN_IN, sign_in)
    app.router.add_get(SIGN_OUT, leave)
    app.router.add_post(SIGN_OUT, sign_out)
    app.on_startup.append(_remember)
    app.on_cleanup.append(_tell)


async def _remember(app: web.Application) -> None:
    desk = app[DESK]
    desk.reception.ended.update(await desk.audit.ended())


async def _tell(app: web.Application) -> None:
    desk = app[DESK]
    await desk.reception.tell(now=desk.clock())


async def ask(request: web.Request) -> web.Response:
    """Answer the page that asks who is there."""
    if not request.app[DESK].keys.users:
        raise web.HTTPNotFound
    return asking(request, 200)


async def sign_in(request: web.Request) -> web.Response:
    """Let in who knows the password, with a new cookie; the session before it ends."""
    desk, now = request.app[DESK], request.app[DESK].clock()
    if not desk.keys.users:
        raise web.HTTPNotFound
    if not from_here(request):
        return refusal(request, 403, "Not done", "Open this page yourself, and sign in there.")
    said = await request.post()
    name, password, to = (str(said.get(part, "")) for part in ("name", "password", "to"))
    name, password = name.strip()[: LONGEST_NAME + 1], password[: LONGEST + 1]
    mark = cookies.known(request, desk.sessions, now=now)
    found = await desk.reception.enter(desk.keys, name, password, known=mark, now=now)
    if isinstance(found, int):
        return _later(request, found)
    if found is None:
        return asking(request, 401, "Name and password do not fit.", name=name, to=to)
    await _end(request, now)
    await desk.reception.note(found.name, Act.SIGN_IN, now=now)
    answer = web.Response(status=303, headers={"Location": target(to)})
    cookies.put(answer, request, desk.sessions, found, now=now)
    return answer


def _later(request: web.Request, wait: int) -> web.Response:
    detail = "Wait a minute before you try again. A browser that was signed in here waits for none."
    answer = refusal(request, 429, "Too many tries", detail)
    answer.headers["Retry-After"] = str(ceil(wait / 1000))
    return answer


async def _end(request: web.Request, now: int) -> None:
    desk = request.app[DESK]
    old = cookies.session(request, desk.sessions, now=now)
    if old is not None:
        await desk.reception.end(old)


async def leave(request: web.Request) -> web.Response:
    """Answer the page with which one signs out."""
    form = request.app[DESK].form(request)
    return as_html(page("signout", who=request[WHO].name, form=form))


async def sign_out(request: web.Request) -> web.Response:
    """End the session, here and for whoever has its cookie."""
    desk, now = request.app[DESK], request.app[DESK].clock()
    await _end(request, now)
    await desk.reception.note(request[WHO].name, Act.SIGN_OUT, now=now)
    answer = refusal(request, 200, "Signed out", "This browser opens nothing here any more.")
    cookies.drop(answer)
    return answer
