"""The page of consent: verdicts over time, the race, what could not be read, the chain's end."""

from aiohttp import web

from firsthand.admin.answers import as_html, as_json, wants_json
from firsthand.admin.guard import DESK
from firsthand.admin.race import HEIGHT, Race, build
from firsthand.admin.rows import DEFAULT_SPAN, span
from firsthand.admin.view import page
from firsthand.store.rollups import Slice


async def consent(request: web.Request) -> web.Response:
    """Answer the span of time that ``?span=`` names."""
    desk = request.app[DESK]
    now = desk.clock()
    over = span(request.query.get("span", DEFAULT_SPAN), now=now)
    made = build(
        over,
        await desk.book.stands(since=over.since, until=over.until),
        await desk.book.early(since=over.since, until=over.until),
        await desk.ledger.notes(Slice(over.since, over.until, over.by_day)),
        await desk.book.head(),
    )
    if wants_json(request):
        return as_json(plain(made))
    return as_html(page("consent", race=made, now=now, height=HEIGHT, policy=desk.site.policy))


def plain(made: Race) -> dict[str, object]:
    """Return the page for a program."""
    return {
        "span": made.span,
        "total": made.total,
        "undecided": made.early,
        "moments": [
            {"at": one.at, **{stand.value: one.counts.get(stand, 0) for stand in made.stands}}
            for one in made.moments
        ],
        "too_early": made.places,
        "problems": made.problems,
        "head": str(made.head),
    }
