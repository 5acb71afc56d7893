"""What is known of a visitor on a hit: ids by cookie name, the cookie lines that follow, whose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firsthand.model import Hit, Reading, Reason, Verdict
from firsthand.rules import clickids, keeper
from firsthand.rules.consent import gate
from firsthand.rules.returns import Shown, shown
from firsthand.rules.site import Site
from firsthand.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Ids:
    """``effective`` values by cookie name; ``lines`` to set; what was ``rejected``; ``subject``,
    the keyed hash of our browser id; the keeper that was ``shown``, where it is worth counting."""

    effective: Mapping[str, str] = field(repr=False)
    lines: Sequence[str] = field(default=(), repr=False)
    rejected: Sequence[str] = ()
    subject: str = field(default="", repr=False)
    shown: Shown | None = None


def seen(  # noqa: PLR0913, PLR0917 - one argument for each thing that the ids hang on
    hit: Hit,
    site: Site,
    verdict: Verdict,
    told: Sequence[tuple[Vendor, Reading]],
    digest: bytes,
    landing: str,
) -> Ids:
    """Return the visitor's cookies as they will be after this answer, for all vendors allowed."""
    carried = {
        row.name: str(reading.fields[row.field])
        for vendor, reading in told
        for row in vendor.cookies
        if row.field in reading.fields
    }
    plan = clickids.plan(
        site,
        [each for each in site.vendors.values() if gate.allows(verdict, each) is Reason.NONE],
        page=landing or next((reading.page for _, reading in told if reading.page), ""),
        cookies=hit.cookies,
        carried=carried,
        now=hit.at,
        digest=digest,
        until=verdict.until,
        referer=hit.headers.get("referer", ""),
        target=f"{site.base_path}/{hit.host}{hit.path}",
    )
    subject = keeper.subject(plan.keeper, site)
    return Ids(plan.effective, plan.lines, plan.rejected, subject, shown(plan.came, hit))
