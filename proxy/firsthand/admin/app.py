"""The private listener's application. One route changes something: a decision about a script.

``guard`` decides who may look; ``report`` and ``view`` make what is seen. Every page answers HTML,
or JSON to ``Accept: application/json``.
"""

from dataclasses import asdict, replace

from aiohttp import web

from firsthand.admin.answers import add_headers, as_html, as_json, wants_json
from firsthand.admin.assets import asset
from firsthand.admin.audit import audit
from firsthand.admin.consent import consent
from firsthand.admin.guard import DESK, Desk, guard
from firsthand.admin.metrics import CONTENT_TYPE, written
from firsthand.admin.overview import read_overview
from firsthand.admin.report import build
from firsthand.admin.rows import DEFAULT_SPAN, collect, span
from firsthand.admin.scripts import decide, export, scripts
from firsthand.admin.signin import add_sign_in
from firsthand.admin.spreadsheet import spreadsheet
from firsthand.admin.summary import swaps
from firsthand.admin.view import page
from firsthand.model import Server
from firsthand.rules.site import Site

EVENTS_ON_A_PAGE = 100
ROWS_ON_A_PAGE = 500
LARGEST_FORM = 65_536
MOMENT_DIGITS = 13  # Unix milliseconds until the year 2286


def app(desk: Desk) -> web.Application:
    """Return the application. ``desk.hosts``: its names, lower case, with or without port."""
    made = web.Application(middlewares=[guard], client_max_size=LARGEST_FORM)
    made[DESK] = desk
    made.on_response_prepare.append(add_headers)
    made.router.add_get("/", home)
    made.router.add_get("/overview", overview)
    made.router.add_get("/accounts/{vendor:[a-z0-9_]{1,32}}/{account}", account)
    made.router.add_get("/report", report)
    made.router.add_get("/report.{form:csv|json}", download)
    made.router.add_get("/events", events)
    made.router.add_get("/events/{id:[A-Za-z0-9_-]{1,80}}", trace)
    made.router.add_get("/consent", consent)
    made.router.add_get("/aggregates", aggregates)
    made.router.add_get("/delivery", delivery)
    made.router.add_get("/scripts", scripts)
    made.router.add_get("/scripts/export", export)
    made.router.add_post("/scripts", decide)
    made.router.add_get("/audit", audit)
    add_sign_in(made)
    made.router.add_get("/healthz", healthz)
    made.router.add_get("/readyz", readyz)
    made.router.add_get("/metrics", metrics)
    made.router.add_get("/assets/{name}", asset)
    return made


async def home(_: web.Request) -> web.Response:
    """Answer the way to the overview."""
    return web.Response(status=302, headers={"Location": "/overview"})


async def overview(request: web.Request) -> web.Response:
    """Answer one line an account on the span of ``?span=``: cheap enough to ask often."""
    desk = request.app[DESK]
    now = desk.clock()
    over = span(request.query.get("span", DEFAULT_SPAN), now=now)
    made = await read_overview(desk.ledger, desk.queue, desk.site, over)
    made = replace(made, alerts=desk.alerts())
    if wants_json(request):
        return as_json(made)
    shop = min(desk.site.origins, default="")
    return as_html(
        page(
            "overview",
            report=made,
            now=now,
            swaps=swaps(desk.site),
            shop=shop,
            titles=_titles(desk.site),
        )
    )


async def account(request: web.Request) -> web.Response:
    """Answer the report on one account; 404 for one that is neither configured nor in the span."""
    desk = request.app[DESK]
    now = desk.clock()
    over = span(request.query.get("span", DEFAULT_SPAN), now=now)
    key = (request.match_info["vendor"], request.match_info["account"])
    rows = await collect(desk.ledger, desk.queue, over, vendor=key[0], account=key[1])
    whole = build(rows, desk.site, over)
    made = next((each for each in whole.accounts if (each.vendor, each.account) == key), None)
    if made is None:
        raise web.HTTPNotFound
    if wants_json(request):
        return as_json({"site": whole.site, "span": over, "account": made})
    return as_html(page("vendor", account=made, report=whole, now=now))


async def report(request: web.Request) -> web.Response:
    """Answer the report on the span of time that ``?span=`` names."""
    desk = request.app[DESK]
    now = desk.clock()
    over = span(request.query.get("span", DEFAULT_SPAN), now=now)
    made = build(await collect(desk.ledger, desk.queue, over), desk.site, over)
    if wants_json(request):
        return as_json(made)
    shop = min(desk.site.origins, default="")
    return as_html(page("report", report=made, now=now, swaps=swaps(desk.site), shop=shop))


async def aggregates(request: web.Request) -> web.Response:
    """Answer what is counted of visitors who agreed to analytics alone, the newest hours first."""
    kept = request.app[DESK].aggregates
    rows = await kept.newest(limit=ROWS_ON_A_PAGE) if kept else ()
    if wants_json(request):
        return as_json({"rows": [asdict(each.row) | asdict(each.sum) for each in rows]})
    return as_html(page("aggregates", rows=rows))


async def download(request: web.Request) -> web.Response:
    """Answer the report on the span of ``?span=`` as a file: CSV or JSON."""
    desk = request.app[DESK]
    over = span(request.query.get("span", DEFAULT_SPAN), now=desk.clock())
    made = build(await collect(desk.ledger, desk.queue, over), desk.site, over)
    form = request.match_info["form"]
    answer = web.Response(text=spreadsheet(made), content_type="text/csv", charset="utf-8")
    answer = as_json(made) if form == "json" else answer
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{over.name}.{form}"'
    return answer


async def events(request: web.Request) -> web.Response:
    """Answer the newest events: those of ``?vendor=`` and ``?state=``, older than ``?before=``."""
    desk = request.app[DESK]
    vendors = {account.vendor.key: account.vendor.title for account in desk.site.accounts.values()}
    vendor = request.query.get("vendor", "")
    state = request.query.get("state", "")
    found = await desk.ledger.events(
        limit=EVENTS_ON_A_PAGE,
        vendor=vendor if vendor in vendors else "",
        server=state if state in list(Server) else "",
        before=_moment(request.query.get("before", "")),
    )
    if wants_json(request):
        return as_json({"events": found})
    older = found[-1].at if len(found) == EVENTS_ON_A_PAGE else 0
    return as_html(
        page("events", events=found, vendors=vendors, vendor=vendor, state=state, older=older)
    )


def _moment(text: str) -> int:
    is_moment = text.isascii() and text.isdigit() and len(text) <= MOMENT_DIGITS
    return int(text) if is_moment else 0


async def trace(request: web.Request) -> web.Response:
    """Answer one event's way; 404 when its trace is not kept any more."""
    desk = request.app[DESK]
    found = await desk.ledger.trace(request.match_info["id"])
    if found is None:
        raise web.HTTPNotFound
    if wants_json(request):
        return as_json(found)
    return as_html(page("trace", trace=found, titles=_titles(desk.site)))


async def delivery(request: web.Request) -> web.Response:
    """Answer every lane's state."""
    desk = request.app[DESK]
    lanes = await desk.queue.backlog()
    if wants_json(request):
        return as_json({"lanes": lanes})
    told = [part for part in await desk.health() if part.detail]
    titles = _titles(desk.site)
    return as_html(page("delivery", lanes=lanes, told=told, titles=titles, now=desk.clock()))


def _titles(site: Site) -> dict[str, str]:
    return {key: vendor.title for key, vendor in site.vendors.items()}


async def healthz(_: web.Request) -> web.Response:
    """Answer 200: the process runs and its event loop turns."""
    return as_json({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """Answer 200 when every part works, else 503; which part does not is in the body."""
    parts = await request.app[DESK].health()
    ok = all(part.ok for part in parts)
    return as_json({"ok": ok, "parts": parts}, 200 if ok else 503)


async def metrics(request: web.Request) -> web.Response:
    """Answer the figures of the moment in Prometheus' text format, whatever the client accepts."""
    body = written(await request.app[DESK].figures())
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})
