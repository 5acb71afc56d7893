"""This machine's clock beside the ``Date`` of a host that keeps its own."""

import asyncio
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.doctor.web import Failed
from firsthand.serve.plan import now

WARN_S = 60
FAIL_S = 300
MOST_DOORS = 2


async def look(patient: Patient) -> list[Finding]:
    """Return one finding ``clock``, by the first of several hosts that tells the time."""
    asked = list(_hosts(patient))
    told = await asyncio.gather(*(_ahead(patient, url) for _, url in asked))
    for (name, _), ahead in zip(asked, told, strict=True):
        if ahead is not None:
            return [judged(name, ahead)]
    return [
        Finding(
            "clock",
            "this machine",
            Result.UNKNOWN,
            "no host that was asked tells the time",
            "whether events bear the right time is not known",
            "see that this machine reaches the network, and keeps time by NTP",
        )
    ]


def judged(host: str, ahead_s: float) -> Finding:
    """Return the finding for a clock ``ahead_s`` seconds ahead of ``host``'s."""
    apart = abs(round(ahead_s))
    side = "ahead of" if ahead_s > 0 else "behind"
    found = f"{apart} s {side} {host}" if apart > 1 else f"agrees with {host}"
    if apart <= WARN_S:
        return Finding("clock", "this machine", Result.OK, found)
    fails = apart > FAIL_S
    means = (
        "vendors refuse events from the future, and consent looks older or younger than it is"
        if fails
        else "times of events are off; vendors refuse those from the future"
    )
    return Finding(
        "clock",
        "this machine",
        Result.FAIL if fails else Result.WARN,
        found,
        means,
        "have this machine keep time by NTP (timedatectl set-ntp true)",
        code="skew",
    )


def _hosts(patient: Patient) -> Iterator[tuple[str, str]]:
    """Yield whom to ask: vendors first, for the other two may run on this machine."""
    if not patient.site.vendor_suffix:
        hosts = dict.fromkeys(
            host for vendor in patient.site.vendors.values() for host in vendor.api_hosts
        )
        yield from ((host, f"https://{host}/") for host in list(hosts)[:MOST_DOORS])
    yield from ((origin.partition("://")[2], f"{origin}/") for origin in patient.origins)
    yield patient.site.tracking_host, f"{patient.site.tracking_url}/"


async def _ahead(patient: Patient, url: str) -> float | None:
    """Return by how many seconds our clock is ahead, by a request that tells nothing of us."""
    got = await patient.web.get(url, method="HEAD")
    if isinstance(got, Failed):
        return None
    try:
        theirs = parsedate_to_datetime(got.headers.get("date", "")).timestamp()
    except ValueError:
        return None
    return now() / 1000 - theirs
