"""A door whose answer the page's script waits for -> the question that we put to the vendor.

Pinterest's tag reads its account's switches there and sends nothing before. In mode ``relay`` the
vendor is asked, at once, by a request of our own: the visitor's beacon through the same gate and
table as any relayed one. The script never gets the vendor's bytes, nor a header or a cookie of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from firsthand.model import Call, Hit, Reason
from firsthand.rules.consent import gate
from firsthand.rules.decide import settle
from firsthand.rules.site import Site
from firsthand.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask a vendor, and what makes of its answer what the script gets, if anything."""

    call: Call
    answer: Callable[[bytes], bytes | None]


def question(hit: Hit, site: Site, vendor: Vendor) -> Question | None:
    """Return the question; ``None`` where the account is in another mode or consent is missing.

    The event itself comes once more, by the vendor's other door: here it is only asked about.
    """
    told = [
        (vendor, replace(reading, skip=Reason.NONE))
        for reading in vendor.read(hit)
        if reading.skip is Reason.MIRROR
    ]
    decision = settle(hit, site, gate.verdict(hit, site.consent), told)
    beacon = next((each for each in decision.beacons if each.door), None)
    if beacon is None or vendor.relay is None:
        return None
    return Question(vendor.relay.write(beacon), vendor.relay.answer)
