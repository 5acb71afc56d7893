"""The page that asks who is there: at its own address, and in place of any page that is closed."""

import re

from aiohttp import web

from firsthand.admin.answers import as_html, as_json, wants_json
from firsthand.admin.view import page

TARGET = re.compile(r"/(?![/\\])[A-Za-z0-9/_?&=%.,:~+-]{0,500}")
FIRST_PAGE = "/report"
SIGN_IN = "/sign-in"


def asking(
    request: web.Request, status: int, said: str = "", *, name: str = "", to: str = ""
) -> web.Response:
    """Return the page that asks who is there, with what was wrong with the last answer.

    ``to``: where it leads; default: this request's own address.
    """
    if wants_json(request):
        detail = said or "Send a token: Authorization: Bearer TOKEN."
        return as_json({"error": "Sign in", "detail": detail}, status)
    to = target(to or request.path_qs)
    return as_html(page("signin", said=said, name=name, to=to), status)


def target(text: str) -> str:
    """Return a place among the pages: where somebody wanted to go, or the first page."""
    return text if TARGET.fullmatch(text) and not text.startswith("/sign-") else FIRST_PAGE
