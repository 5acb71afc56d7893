"""Hit -> Response: which door it knocked at and what the browser hears. ``explain`` and the edge
share it; what must be stored before the answer leaves is in ``Response.decision``."""

from dataclasses import dataclass, replace

from firsthand.errors import BadHit
from firsthand.model import Hit
from firsthand.rules import backend, copies, landing
from firsthand.rules import question as consent
from firsthand.rules.asking import Question, question
from firsthand.rules.collect import collect
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Found, Use
from firsthand.rules.relay import relays
from firsthand.rules.site import Site

OWN = "fh"
EVENTS = "/events"
LANDING = "/landing"
JSON = "application/json"
SCRIPT = "text/javascript; charset=utf-8"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@dataclass(frozen=True, slots=True)
class Response:
    """What the browser hears. ``counted`` is a reason to count when there is no decision;
    ``asked`` what to ask the vendor first, whose answer then stands in place of ``body``."""

    status: int
    decision: Decision | None = None
    body: bytes = b""
    content_type: str = ""
    counted: str = ""
    asked: Question | None = None


def respond(hit: Hit, site: Site) -> Response:
    """Return the answer to a hit on any door but the scripts'. Raises ``BadHit`` for the rest."""
    if hit.host == OWN:
        return _own(hit, site)
    found = site.doors.find(hit.host, hit.path)
    if found is None or found.use in {Use.SCRIPT, Use.NEVER}:
        raise BadHit(404, "unknown_path")
    if found.use is Use.SINK and not _passed_on(found, site):
        return replace(_said(found, Response(204)), counted=f"sink_{found.vendor}")
    vendor = site.vendors[found.vendor]
    response = _said(found, _pixel(hit, decide(hit, site, vendor)))
    return replace(response, asked=question(hit, site, vendor)) if found.asks else response


def _passed_on(found: Found, site: Site) -> bool:
    """Say whether some account's requests at a sink go on all the same."""
    own = (each for (vendor, _), each in site.accounts.items() if vendor == found.vendor)
    return found.relayed and any(map(relays, own))


def _own(hit: Hit, site: Site) -> Response:
    if hit.path == "/copy" and hit.method == "POST":
        inner = copies.original(hit, site)
        found = site.doors.find(inner.host, inner.path)
        if found is None:
            raise BadHit(404, "copy_door")
        return Response(204, decide(inner, site, site.vendors[found.vendor]))
    if hit.path == LANDING and site.base_path:
        return Response(204, landing.answer(hit, site))
    if hit.path == "/consent":
        return _consent(hit, consent.answer(hit, site))
    if hit.path == "/collect" and hit.method == "POST":
        return Response(204, collect(hit, site))
    if hit.path == EVENTS and hit.method == "POST":
        return _answered(backend.take(hit, site))
    raise BadHit(404, "unknown_path")


def _answered(answer: backend.Answer) -> Response:
    counted = "" if answer.status == 200 else f"events_{answer.status}"  # noqa: PLR2004 - OK
    return Response(answer.status, answer.decision, answer.body, JSON, counted)


def is_batch(hit: Hit) -> bool:
    """Say whether a hit comes from the shop's server, perhaps with hundreds of events."""
    return hit.host == OWN and hit.path == EVENTS


def unkept(hit: Hit, *, fault: bool) -> Response:
    """Return the answer where nothing was kept: because of a ``fault`` of ours, or of the disk.

    A page must not see that a part of us broke; a server is to send its events again.
    """
    if not is_batch(hit):
        return Response(202)
    return _answered(backend.refusal(500 if fault else 503, "not_stored"))


def _consent(hit: Hit, answer: consent.Answer) -> Response:
    """A page whose policy lets us serve scripts but not answer fetches asks by a script element.

    Other sites get no such script: whom a visitor said yes to is nobody else's affair.
    """
    if hit.query != "js=1":
        return Response(200, answer.decision, answer.body, JSON)
    if hit.headers.get("sec-fetch-site") not in {None, "same-origin", "same-site"}:
        raise BadHit(403, "foreign_question")
    return Response(200, answer.decision, b"__fh(%s)" % answer.body, SCRIPT)


def _said(found: Found, response: Response) -> Response:
    """Answer with the door's own words where it has some."""
    if not found.says:
        return response
    return replace(response, status=200, body=found.says, content_type=JSON)


def _pixel(hit: Hit, decision: Decision) -> Response:
    """Images and hidden frames get an image, an empty answer is an error to them; scripts get none
    of the vendor's code, but one that loads."""
    wanted = hit.headers.get("sec-fetch-dest")
    if wanted in {"image", "iframe"}:
        return Response(200, decision, GIF, "image/gif")
    if wanted == "script":
        return Response(200, decision, content_type=SCRIPT)
    return Response(204, decision)
