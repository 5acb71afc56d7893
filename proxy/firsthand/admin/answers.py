"""Answers of the private listener: HTML for people, JSON for programs, refusals for both."""

import orjson
from aiohttp import web

from firsthand.admin.view import page

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer, errors included."""


async def add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    """Put ``HEADERS`` on ``answer``, and keep it out of caches unless it says otherwise."""
    answer.headers.update(HEADERS)
    answer.headers.setdefault("Cache-Control", "no-store")


def wants_json(request: web.Request) -> bool:
    """Say whether the client asks for JSON; browsers name HTML first and never get it."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def as_json(data: object, status: int = 200) -> web.Response:
    """Return ``data`` as JSON."""
    return web.Response(
        status=status,
        body=orjson.dumps(data),
        content_type="application/json",
        headers={"Vary": "Accept"},
    )


def as_html(text: str, status: int = 200) -> web.Response:
    """Return a page."""
    return web.Response(
        status=status, text=text, content_type="text/html", headers={"Vary": "Accept"}
    )


def refusal(
    request: web.Request, status: int, title: str, detail: str, *, ask: bool = False
) -> web.Response:
    """Return an error in words; ``ask``: with a field for the token."""
    if wants_json(request):
        return as_json({"error": title, "detail": detail}, status)
    return as_html(page("refused", title=title, detail=detail, ask=ask), status)
