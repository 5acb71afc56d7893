"""``/fh/landing``: the request of a page, told by the front server before it answers the page.

Below a path of the site (``base_path``) one front serves both. It can ask here with the page's own
address in ``X-Original-URI`` (nginx's ``auth_request``) and pass the one cookie of the answer, the
keeper, on with the page: WebKit caps no cookie of a main document. The vendors' cookies follow with
the first beacon. Without consent nothing is set. Who is no trusted front tells nothing.

Source: nginx, ``ngx_http_auth_request_module``: the subrequest's answer reaches the page only as a
variable, so that it has one cookie; WebKit, main branch, network-process cookie transform. Both
read 2026-11-20.
"""

from firsthand.model import Hit, Reason
from firsthand.rules import clickids, keeper
from firsthand.rules.consent import gate
from firsthand.rules.decide import Decision, digest_of
from firsthand.rules.returns import shown
from firsthand.rules.site import Site

URI = "x-original-uri"
LONGEST = 8190


def answer(hit: Hit, site: Site) -> Decision:
    """Return the decision on a page's request: the keeper with its click ids, if allowed."""
    said = gate.verdict(hit, site.consent)
    allowed = [each for each in site.vendors.values() if gate.allows(said, each) is Reason.NONE]
    page = _page(hit, site)
    if not allowed or not page:
        return Decision(said)
    plan = clickids.plan(
        site,
        allowed,
        page=page,
        cookies=hit.cookies,
        carried={},
        now=hit.at,
        digest=digest_of(hit, site),
        until=said.until,
    )
    lines = tuple(line for line in plan.lines if line.startswith(f"{keeper.name(site)}="))
    seen = shown(plan.came, hit)
    return Decision(said, cookies=lines, odd=tuple(plan.rejected), shown=seen)


def _page(hit: Hit, site: Site) -> str:
    uri = hit.headers.get(URI, "")
    if not uri.startswith("/") or len(uri) > LONGEST:
        return ""
    return f"https://{site.tracking_host}{uri}"
