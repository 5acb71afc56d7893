"""An event that ends at arrival: what is counted and explained of it, and nothing else. Pure."""

from dataclasses import dataclass

from firsthand.model import Note, Origin, Reading, Reason, Verdict
from firsthand.rules.site import Account
from firsthand.rules.standing import Choice, choice
from firsthand.vendor import Vendor

FOR_CONSENT = frozenset({Reason.CONSENT, Reason.AGGREGATE_ONLY})


@dataclass(frozen=True, slots=True)
class Ended:
    """An event that ended at arrival, with the reason: what is counted and explained.

    ``choice`` is how its visitor stood, where it ended for want of their consent.
    """

    note: Note
    canonical: str
    choice: Choice | None = None


def end(  # noqa: PLR0913, PLR0917 - what was decided on, and all that it hung on
    vendor: Vendor,
    account: Account | None,
    reading: Reading,
    verdict: Verdict,
    reason: Reason,
    origin: Origin,
) -> Ended:
    """Count an event by bounded words: an unknown account or a custom name is public input."""
    told = (account.id or reading.account) if account else ""
    name = reading.name if reading.name in vendor.event_names else "(custom)"
    visited = reason in FOR_CONSENT and origin is not Origin.BACKEND
    stood = choice(verdict, reading) if visited else None
    return Ended(Note(vendor.key, told, name, reason), reading.canonical, stood)
