"""DNS of the pages and the tracking host, and what Safari makes of the two together."""

import asyncio
from collections.abc import Iterable, Iterator

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.names import Resolved, Trouble
from firsthand.doctor.patient import Patient
from firsthand.rules.layout import Layout, Verdict, layout

SHOWN_PAIRS = 4

_TROUBLES = {
    Trouble.NO_NAME: "does not exist",
    Trouble.NO_ADDRESS: "exists, and has neither an A nor an AAAA record",
    Trouble.NO_ANSWER: "its DNS servers fail to answer",
    Trouble.TIMEOUT: "no DNS server answers in time",
    Trouble.CHAIN: "its CNAME records lead in a circle, or on and on",
}
_SHORT = "Safari keeps the keeper and every cookie that Firsthand sets for 7 days from each visit"
_SAME = (
    "give the tracking host A and AAAA records in the networks of the page's host (/16 and /64),"
    " or answer below a path of the page's host (site.base_path)"
)
_GAP = (
    "Safari keeps cookies today because it does not look behind a CNAME within the site; any"
    " release of it can close that gap"
)
_VERDICTS: dict[Verdict, tuple[Result, str, str]] = {
    Verdict.PATH: (Result.OK, "Safari keeps cookies for as long as they ask", ""),
    Verdict.NEAR: (
        Result.OK,
        "Safari keeps cookies for as long as they ask, by the rule of today's WebKit",
        "",
    ),
    Verdict.SAME_CNAME: (
        Result.OK,
        "both names lead to one domain, so Safari keeps cookies for as long as they ask",
        "",
    ),
    Verdict.FRAGILE: (
        Result.WARN,
        _GAP,
        _SAME,
    ),
    Verdict.UNKNOWN: (Result.UNKNOWN, "what Safari does cannot be told", "see dns"),
    Verdict.UNSTABLE: (Result.WARN, f"{_SHORT}, for visitors who meet such a pair", _SAME),
    Verdict.FAMILY_MISMATCH: (
        Result.WARN,
        f"{_SHORT}, for visitors who reach one host by IPv4 and the other by IPv6",
        "publish A and AAAA records for both hosts, or for neither",
    ),
    Verdict.FAR: (Result.WARN, _SHORT, _SAME),
    Verdict.OTHER_CNAME: (
        Result.WARN,
        f"{_SHORT}, and Brave and lists of CNAME trackers may block the tracking host",
        _SAME.replace("give", "instead of the CNAME, give"),
    ),
    Verdict.FOREIGN: (
        Result.FAIL,
        "its cookies are third-party on that page: Safari, Firefox and Brave keep none",
        "use a tracking host below the page's own registrable domain",
    ),
}


async def look(patient: Patient) -> list[Finding]:
    """Return findings ``dns``, ``dangling`` and ``safari``."""
    tracking, pages = await resolved(patient)
    hosts = list({each.host.name: each for each in (tracking, *pages)}.values())
    found = [_dns(each) for each in hosts]
    found += [_dangling(each) for each in hosts if each.host.chain]
    found += [_safari(each, tracking, layout_of(patient, each, tracking)) for each in pages]
    return found


async def resolved(patient: Patient) -> tuple[Resolved, list[Resolved]]:
    """Return the tracking host and every page host."""
    names = [patient.tracking, *patient.pages]
    found = await asyncio.gather(*(patient.names.look_up(name) for name in names))
    return found[0], list(found[1:])


def layout_of(patient: Patient, page: Resolved, tracking: Resolved) -> Layout:
    """Return how a page host stands to the tracking host."""
    return layout(page.host, tracking.host, path=bool(patient.site.base_path))


def _dns(host: Resolved) -> Finding:
    name = host.host.name
    if name.endswith(".localhost"):
        return Finding("dns", name, Result.OK, "a name of this machine, in no DNS", code="local")
    if host.trouble:
        return Finding(
            "dns",
            name,
            Result.UNKNOWN if host.trouble is Trouble.TIMEOUT else Result.FAIL,
            f"{_way(host)}: {_TROUBLES[host.trouble]}",
            "no visitor reaches it",
            "correct its records; --resolver ADDRESS asks another DNS server",
            code=host.trouble.value,
        )
    told = f"{_way(host)}: {', '.join(host.host.addresses)}"
    if host.unanswered:
        kinds = " and ".join(host.unanswered)
        return Finding(
            "dns",
            name,
            Result.WARN,
            f"{told}; no usable answer for {kinds}",
            "some resolvers make visitors wait, or fail",
            f"have its DNS servers answer for {kinds}, if only that there is none",
            code="partial",
        )
    return Finding("dns", name, Result.OK, told)


def _way(host: Resolved) -> str:
    return " -> ".join((host.host.name, *host.host.chain))


def _dangling(host: Resolved) -> Finding:
    """A name that leads nowhere can be taken: who registers its end answers for the site."""
    name = host.host.name
    if host.trouble in {Trouble.NO_NAME, Trouble.NO_ADDRESS}:
        return Finding(
            "dangling",
            name,
            Result.FAIL,
            f"leads to {host.end}, which {_TROUBLES[host.trouble]}",
            "whoever gets hold of that name answers under yours: with the site's cookies, and with"
            " scripts that its pages trust",
            "delete the CNAME record, or have it lead to a name that you hold",
            code="takeover",
        )
    if host.trouble:
        return Finding(
            "dangling", name, Result.UNKNOWN, f"{host.end}: {_TROUBLES[host.trouble]}", code="dns"
        )
    return Finding("dangling", name, Result.OK, f"leads to {host.end}, which has addresses")


def _safari(page: Resolved, tracking: Resolved, stands: Layout) -> Finding:
    result, means, remedy = _VERDICTS[stands.verdict]
    return Finding(
        "safari",
        page.host.name,
        result,
        "; ".join(_told(page, tracking, stands)),
        means,
        remedy,
        code=stands.verdict.value,
    )


def _told(page: Resolved, tracking: Resolved, stands: Layout) -> Iterator[str]:
    if stands.verdict is Verdict.PATH:
        yield "Firsthand answers below a path of this host"
        return
    yield f"{page.host.name} beside {tracking.host.name}"
    if stands.verdict in {Verdict.OTHER_CNAME, Verdict.SAME_CNAME, Verdict.FRAGILE}:
        yield f"the CNAME ends at {tracking.end}"
        return
    if stands.verdict is Verdict.FAMILY_MISMATCH:
        yield from (_families(page), _families(tracking))
    capped = stands.capped
    if capped and stands.verdict is not Verdict.NEAR:
        yield f"{len(capped)} of {len(stands.pairs)} pairs of addresses are not in one network"
        yield from (f"{pair.page} and {pair.tracking}" for pair in capped[:SHOWN_PAIRS])


def _families(host: Resolved) -> str:
    names = {4: "A", 6: "AAAA"}
    kinds = " and ".join(names[version] for version in sorted(host.host.versions))
    return f"{host.host.name} has {kinds} records"


def verdicts(patient: Patient, pages: Iterable[Resolved], tracking: Resolved) -> list[Verdict]:
    """Return each page host's verdict."""
    return [layout_of(patient, page, tracking).verdict for page in pages]
