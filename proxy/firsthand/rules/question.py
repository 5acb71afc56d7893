"""``/fh/consent``: what may this page load? Asked by the loader before any vendor code."""

from dataclasses import dataclass

import orjson

from firsthand.model import Hit, Reason, Verdict
from firsthand.rules import clickids, issuing, verdict
from firsthand.rules.consent import gate
from firsthand.rules.decide import Decision, digest_of
from firsthand.rules.returns import shown
from firsthand.rules.site import Site
from firsthand.rules.withdrawal import withdraw

VERDICT_LIFE_S = 86_400
HERE_LIFE_S = 3_600
"""Where silence means another thing in another country, the visitor is soon asked about again."""

LONGEST_LANDING = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What the loader is told, and the cookies that go with it."""

    body: bytes
    decision: Decision


def answer(hit: Hit, site: Site) -> Answer:
    """Return the verdict per vendor; after a yes the landing's click ids become cookies at once."""
    said = gate.verdict(hit, site.consent)
    allow = {key: gate.may_load(said, vendor) for key, vendor in site.vendors.items()}
    digest = verdict.digest(hit.cookies, gate.consent_cookie_names(site.consent))
    body = orjson.dumps(
        {
            "v": 1,
            "digest": digest,
            "allow": allow,
            "explicit": said.explicit,
            "refused": said.refused,
        }
    )
    lines, withdrawn = withdraw(hit, site, said)
    plan = _visitor(hit, site, said) if said.marketing else None
    lines = (*lines, *(plan.lines if plan else ()))
    told = verdict.Remembered(
        digest, frozenset(key for key, may in allow.items() if may), refused=said.refused
    )
    travels = site.consent.by_place and not said.explicit
    longest = HERE_LIFE_S if travels else VERDICT_LIFE_S
    life_s = issuing.Moment(hit.at, said.until).bounded(longest)
    remembered = verdict.cookie(site, told, max_age_s=life_s)
    decision = Decision(
        said,
        cookies=(*lines, remembered),
        withdrawn=withdrawn,
        odd=tuple(plan.rejected) if plan else (),
        shown=shown(plan.came, hit) if plan else None,
    )
    return Answer(body, decision)


def _visitor(hit: Hit, site: Site, said: Verdict) -> clickids.Plan | None:
    """Return what becomes of the visitor's ids; ``None`` where no vendor is allowed."""
    allowed = tuple(
        vendor for vendor in site.vendors.values() if gate.allows(said, vendor) is Reason.NONE
    )
    if not allowed:
        return None
    return clickids.plan(
        site,
        allowed,
        page=_landing(hit, site),
        cookies=hit.cookies,
        carried={},
        now=hit.at,
        digest=digest_of(hit, site),
        until=said.until,
        referer=hit.headers.get("referer", ""),
        target=f"{site.base_path}/{hit.host}{hit.path}",
    )


def _landing(hit: Hit, site: Site) -> str:
    """Return the landing address: the query the loader kept, on the page's own origin."""
    origin = hit.headers.get("origin", "")
    if origin not in site.origins or not hit.body:
        return ""
    try:
        asked = orjson.loads(hit.body)
    except orjson.JSONDecodeError:
        return ""
    landing = asked.get("landing") if isinstance(asked, dict) else None
    if not isinstance(landing, str) or len(landing) > LONGEST_LANDING:
        return ""
    return f"{origin}/?{landing.removeprefix('?')}"
