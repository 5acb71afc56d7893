"""The pages as a browser gets them: which consent platform they load, what cookies they set."""

import asyncio
from urllib.parse import urljoin, urlsplit

from firsthand.doctor import platforms
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.doctor.web import Failed, Fetched
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.site import Site

MOST_HOPS = 3
_NO_CONSENT = "without a choice that it can read, Firsthand forwards nothing"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200


async def look(patient: Patient) -> list[Finding]:
    """Return a finding ``consent`` for each page host."""
    got = await asyncio.gather(*(fetch(patient, origin) for origin in patient.origins))
    return [
        judged(origin, each, patient.site)
        for origin, each in zip(patient.origins, got, strict=True)
    ]


async def fetch(patient: Patient, origin: str) -> Fetched | Failed:
    """Return the start page of ``origin``, after at most three redirects within the site."""
    url = f"{origin}/"
    for _ in range(MOST_HOPS + 1):
        got = await patient.web.get(url, headers={"Accept": "text/html"})
        if isinstance(got, Failed) or got.status not in _REDIRECTS:
            return got
        url = urljoin(url, got.headers.get("location", ""))
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in patient.site.origins:
            return Failed("it redirects to another site")
    return Failed("it redirects on and on")


def judged(origin: str, got: Fetched | Failed, site: Site) -> Finding:
    """Return what a page's consent platform comes to under the site's policy."""
    host = origin.partition("://")[2]
    if isinstance(got, Failed) or got.status != _OK:
        why = got.why if isinstance(got, Failed) else f"it answers {got.status}"
        return Finding(
            "consent",
            host,
            Result.UNKNOWN,
            f"the start page cannot be read: {why}",
            "which consent platform it loads is not known",
            "see that this machine reaches the page, or look there yourself",
            code="unread",
        )
    page = got.body.decode("utf-8", "replace")
    known, others = platforms.found(page)
    if known:
        return _known(host, known, site.consent)
    if others:
        heard = f"{site.tracking_host}{site.base_path}/fh.js" in page
        return _in_the_page(host, ", ".join(others), heard=heard)
    return _none(host, site.consent, managed=platforms.TAG_MANAGER in page)


def _known(host: str, known: list[str], policy: Policy) -> Finding:
    names = ", ".join(known)
    if policy.authority and policy.authority not in known:
        return Finding(
            "consent",
            host,
            Result.WARN,
            f"loads {names}; the configuration names {policy.authority}",
            "while the named one says nothing, others can only refuse: nothing is forwarded",
            f'set consent.authority = "{known[0]}", or leave it out',
            code="other_authority",
        )
    silent = [key for key in known if _needs_groups(key, policy)]
    if silent:
        return Finding(
            "consent",
            host,
            Result.WARN,
            f"loads {names}; what its groups stand for is not configured",
            _NO_CONSENT,
            f"name the groups in consent.groups.{silent[0]}",
            code="groups",
        )
    return Finding("consent", host, Result.OK, f"loads {names}", code="known")


def _needs_groups(key: str, policy: Policy) -> bool:
    source = next(each for each in SOURCES if each.key == key)
    groups = policy.groups.get(key, source.groups)
    return groups is not None and not (groups.analytics or groups.marketing)


def _in_the_page(host: str, names: str, *, heard: bool) -> Finding:
    if heard:
        return Finding(
            "consent", host, Result.OK, f"loads {names}, which fh.js hears", code="heard"
        )
    return Finding(
        "consent",
        host,
        Result.WARN,
        f"loads {names}, whose choice is in no cookie that a server can read, and not fh.js",
        _NO_CONSENT,
        "load fh.js on the page: it hears the choice (docs/fh.md)",
        code="unheard",
    )


def _none(host: str, policy: Policy, *, managed: bool) -> Finding:
    by = "; it loads Google Tag Manager, which may load one" if managed else ""
    named = f"; the configuration names {policy.authority}" if policy.authority else ""
    return Finding(
        "consent",
        host,
        Result.UNKNOWN,
        f"no consent platform that is known by its script{by}{named}",
        _NO_CONSENT,
        "open the page, choose, and look whether its consent cookie has the tracking host's"
        " domain; firsthand explain reads a request as it came",
        code="unrecognised",
    )
