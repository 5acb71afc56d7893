"""How long browsers' Cookie headers are: as the running server measured them.

Front servers refuse a request whose header passes about 8 KiB (nginx: 400; others 431), the shop's
own pages included.
"""

import asyncio

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.page import fetch
from firsthand.doctor.patient import Patient
from firsthand.doctor.web import Fetched
from firsthand.rules.lifetimes import Writer, cookies
from firsthand.store.meter import COOKIE_BYTES, read_meters

HEAVY = 6144
_SERIOUS = 0.01
_REMEDY = (
    "take cookies off the pages that nobody reads; give those of the shop itself no Domain, so that"
    " they stay with their host"
)


async def look(patient: Patient) -> list[Finding]:
    """Return one finding ``cookies``."""
    weighed = read_meters(patient.folder).weighed if patient.folder.exists() else ()
    if sum(weighed):
        return [measured(patient.tracking, weighed)]
    return [await _estimated(patient)]


def measured(host: str, weighed: tuple[int, ...]) -> Finding:
    """Return the finding of counted headers, by bucket of ``COOKIE_BYTES``."""
    total = sum(weighed)
    heavy = sum(weighed[COOKIE_BYTES.index(HEAVY) + 1 :])
    half = _bound(weighed, 0.5)
    most = _bound(weighed, 0.99)
    found = (
        f"of {total} requests half carry up to {half} of cookies, 99% up to {most};"
        f" {heavy} more than {HEAVY // 1024} KiB"
    )
    if not heavy:
        return Finding("cookies", host, Result.OK, found, code="measured")
    return Finding(
        "cookies",
        host,
        Result.FAIL if heavy > total * _SERIOUS else Result.WARN,
        found,
        "near 8 KiB front servers refuse a visitor's every request, the shop's pages too",
        _REMEDY,
        code="heavy",
    )


def _bound(weighed: tuple[int, ...], share: float) -> str:
    wanted = share * sum(weighed)
    so_far = 0
    for n, bound in zip(weighed, COOKIE_BYTES, strict=False):
        so_far += n
        if so_far >= wanted:
            return f"{bound} bytes"
    return f"more than {COOKIE_BYTES[-1]} bytes"


async def _estimated(patient: Patient) -> Finding:
    got = await asyncio.gather(*(fetch(patient, origin) for origin in patient.origins))
    pages = [
        sum(len(line.partition(";")[0]) + 2 for line in each.cookies)
        for each in got
        if isinstance(each, Fetched)
    ]
    ours = sum(1 for each in cookies(patient.site) if each.writer is Writer.SERVER)
    told = (
        f"a start page itself sets {max(pages)} bytes; " if pages else ""
    ) + f"Firsthand adds {ours} cookies at most, the keeper up to 1.5 KiB"
    return Finding(
        "cookies",
        patient.tracking,
        Result.UNKNOWN,
        f"nothing is measured yet; {told}",
        "near 8 KiB front servers refuse a visitor's every request",
        "look again when the server has had visitors",
        code="unmeasured",
    )
