"""The cookies of sign-in on requests and answers.

Where the browser came by https they carry the ``__Host-`` prefix, so that no other name of the
domain can set one. A front server may end TLS: what it was is told by the Origin of the form.
"""

from aiohttp import web

from firsthand.admin.access import COOKIE
from firsthand.admin.sessions import Session, Sessions, Use, User

SESSIONS = (Use.SECURE_SESSION, Use.SESSION)
MARKS = (Use.SECURE_KNOWN, Use.KNOWN)


def session(request: web.Request, sessions: Sessions, *, now: int) -> Session | None:
    """Return the session whose cookie a request carries."""
    return _first(request, sessions, SESSIONS, now)


def known(request: web.Request, sessions: Sessions, *, now: int) -> Session | None:
    """Return the mark of an earlier sign-in that a request carries."""
    return _first(request, sessions, MARKS, now)


def _first(
    request: web.Request, sessions: Sessions, uses: tuple[Use, Use], now: int
) -> Session | None:
    found = (sessions.read(use, request.cookies.get(use, ""), now=now) for use in uses)
    return next((each for each in found if each is not None), None)


def put(
    answer: web.Response, request: web.Request, sessions: Sessions, user: User, *, now: int
) -> None:
    """Give the browser a new session of ``user``, and the mark that it was let in."""
    secure = request.secure or request.headers.get("Origin", "").startswith("https://")
    for uses in (SESSIONS, MARKS):
        use = uses[0] if secure else uses[1]
        answer.set_cookie(
            use,
            sessions.begin(use, user, now=now),
            path="/",
            max_age=use.life_ms // 1000,
            secure=secure,
            httponly=True,
            samesite="Strict",
        )


def drop(answer: web.Response) -> None:
    """Take the session out of the browser; the mark stays."""
    for name in (COOKIE, *SESSIONS):
        secure = name is Use.SECURE_SESSION
        answer.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")
