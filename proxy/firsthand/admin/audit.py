"""The page of the audit log."""

from aiohttp import web

from firsthand.admin.answers import as_html, as_json, wants_json
from firsthand.admin.guard import DESK
from firsthand.admin.view import page

LINES_ON_A_PAGE = 100
ID_DIGITS = 15


async def audit(request: web.Request) -> web.Response:
    """Answer the newest lines, or those of a smaller id than ``?before=``."""
    asked = request.query.get("before", "")
    is_id = asked.isascii() and asked.isdigit() and len(asked) <= ID_DIGITS
    before = int(asked) if is_id else 0
    log = request.app[DESK].audit
    lines = await log.lines(limit=LINES_ON_A_PAGE, before=before)
    if wants_json(request):
        return as_json({"lines": lines})
    older = lines[-1].id if len(lines) == LINES_ON_A_PAGE else 0
    return as_html(page("audit", lines=lines, older=older))
