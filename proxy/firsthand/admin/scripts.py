"""The page of the vendors' scripts: what is served, what waits, and the two things one can do."""

from aiohttp import web

from firsthand.admin.answers import as_html, as_json, refusal, wants_json
from firsthand.admin.custody import POLICY, SHORT, ScriptRow, script_rows
from firsthand.admin.evidence import evidence
from firsthand.admin.guard import DESK, WHO
from firsthand.admin.view import page
from firsthand.store.audit import Act
from firsthand.store.custody import By

LONGEST_REASON = 500
DONE = {"approve": "That version is served now.", "roll-back": "The earlier version is served now."}


async def scripts(request: web.Request) -> web.Response:
    """Answer every script with its versions."""
    desk = request.app[DESK]
    rows = script_rows(await desk.custody.entries(), desk.site)
    if wants_json(request):
        return as_json({"scripts": [plain(row) for row in rows]})
    done = DONE.get(request.query.get("done", ""), "")
    form = desk.form(request)
    return as_html(page("scripts", rows=rows, policies=POLICY, done=done, form=form))


async def decide(request: web.Request) -> web.Response:
    """Approve a version, or go back to one; then show the page."""
    desk = request.app[DESK]
    said = await request.post()
    act, address, digest, reason = (
        str(said.get(name, "")) for name in ("act", "address", "hash", "reason")
    )
    by = By(request[WHO].name, reason.strip()[:LONGEST_REASON], desk.clock())
    if act == "approve":
        refused = await desk.custody.approve(address, digest, by)
    elif act == "roll-back":
        refused = await desk.custody.roll_back(address, digest, by)
    else:
        return refusal(request, 400, "Not done", "The form says neither approve nor roll back.")
    if refused:
        return refusal(request, 409, "Not done", f"{refused[0].upper()}{refused[1:]}.")
    did = Act.APPROVE if act == "approve" else Act.ROLL_BACK
    await desk.reception.note(by.who, did, f"{address} {digest[:SHORT]}", now=by.at)
    if wants_json(request):
        return as_json({"done": act})
    return web.Response(status=303, headers={"Location": f"/scripts?done={act}"})


async def export(request: web.Request) -> web.Response:
    """Answer the evidence as JSON, to be kept."""
    desk = request.app[DESK]
    rows = script_rows(await desk.custody.entries(), desk.site)
    log, broken = await desk.custody.log(), await desk.custody.broken_line()
    made = as_json(evidence(rows, log, desk.site, broken=broken, now=desk.clock()))
    made.headers["Content-Disposition"] = 'attachment; filename="scripts.json"'
    return made


def plain(row: ScriptRow) -> dict[str, object]:
    """Return a row as plain values."""
    return {
        "vendor": row.entry.vendor,
        "address": row.entry.address,
        "policy": row.policy,
        "state": row.state,
        "served": row.served.version.hash if row.served else "",
        "waiting": row.waiting.version.hash if row.waiting else "",
        "checked_at": row.entry.checked_at,
        "trouble": row.entry.trouble,
        "trouble_since": row.entry.trouble_since,
        "versions": [
            {
                "hash": each.version.hash,
                "sha256": each.version.digest,
                "bytes": each.version.size,
                "first_seen": each.version.first_seen,
                "last_seen": each.version.last_seen,
                "standing": each.version.standing,
                "decided_by": each.version.decided_by,
                "decided_at": each.version.decided_at,
                "compared_with": each.version.against,
                "alarms": each.alarms,
                "notes": each.notes,
            }
            for each in row.versions
        ],
    }
