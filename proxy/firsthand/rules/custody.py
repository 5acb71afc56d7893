"""Which version of a vendor's script is served: pure rules over what is known of its versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HASH_DIGITS = 32


class Policy(StrEnum):
    """What becomes of a version that the vendor has not served before."""

    AUTO = "auto"  # served if the comparison with the approved one gives no alarm
    HOLD = "hold"  # waits for a person
    PIN = "pin"  # never served: only the hash that the configuration names is


class Standing(StrEnum):
    """What was decided about a version."""

    FIRST = "first"  # served untested: nothing of its kind was there to compare it with
    AUTO = "auto"  # served by the policy: compared, no alarm
    APPROVED = "approved"  # served by a person's decision
    PINNED = "pinned"  # served by its hash in the configuration
    HELD = "held"  # not served
    REJECTED = "rejected"  # not served any more: a person rolled back from it


SERVED = frozenset({Standing.FIRST, Standing.AUTO, Standing.APPROVED, Standing.PINNED})


@dataclass(frozen=True, slots=True)
class ScriptPolicy:
    """What ``[scripts]`` says. ``pins``: a script's address at the vendor -> SHA-256 (hex)."""

    default: Policy = Policy.AUTO
    vendors: Mapping[str, Policy] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)

    def of(self, vendor: str) -> Policy:
        """Return the policy of a vendor."""
        return self.vendors.get(vendor, self.default)

    def pin(self, vendor: str, address: str) -> str | None:
        """Return the one hash to be served, "" for none; ``None`` where nothing is pinned."""
        if self.of(vendor) is not Policy.PIN:
            return None
        return self.pins.get(address, "")[:HASH_DIGITS]


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision about a version depends on.

    ``pin``       see ``ScriptPolicy.pin``.
    ``past``      what was decided about it at this address; ``None``: it is new here.
    ``elsewhere`` what was decided about the same bytes at addresses of the same family: those of
                  one door and account, whose names change with each release of the vendor.
    ``known``     whether any version of the family has ever been served.
    ``chosen``    a person chose the version that is served now, after this one was first seen.
    ``alarm``     whether the comparison gave one.  ``broken``: a listed edit failed.
    """

    policy: Policy
    hash: str
    pin: str | None = None
    past: Standing | None = None
    elsewhere: frozenset[Standing] = frozenset()
    known: bool = False
    chosen: bool = False
    alarm: bool = False
    broken: bool = False


def decide(case: Case) -> tuple[Standing, bool]:
    """Return what is decided about a version that the vendor serves now, and whether it goes live.

    A person's decision is never overruled by a policy, but for a pin's.
    """
    if case.pin is not None:
        return _pinned(case)
    if case.past is Standing.REJECTED:
        return case.past, False
    if case.past in SERVED and case.past is not None:
        return case.past, not case.chosen
    if Standing.REJECTED in case.elsewhere:
        return Standing.HELD, False
    served = _new(case)
    return served or Standing.HELD, served is not None


def _pinned(case: Case) -> tuple[Standing, bool]:
    if case.hash == case.pin:
        return Standing.PINNED, True
    return case.past or Standing.HELD, False


def _new(case: Case) -> Standing | None:
    """Return why a version is served that never was, ``None`` if it is not."""
    if SERVED & case.elsewhere:
        return Standing.AUTO
    if not case.known:
        return None if case.broken else Standing.FIRST
    if case.policy is Policy.HOLD or case.alarm:
        return None
    return Standing.AUTO
