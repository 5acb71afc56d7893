"""The contract of script custody: every version of the vendors' scripts, and who decided what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from firsthand.rules.custody import SERVED, ScriptPolicy, Standing
from firsthand.rules.scriptdiff import Finding, Profile

VERSIONS = 20
"""Kept of an account's own script, beside what is served and what a person approved."""
VARIANT_VERSIONS = 5
"""The same for a variant, of which visitors can make up many."""
POLICY = "policy"
"""Who decided, where no person did."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version at one address. Times in Unix ms.

    ``hash``      32 hex digits of ``digest``, the SHA-256 of what is served.
    ``source``    see ``edge.examining.source``.
    ``etag``, ``modified``  the vendor's validators as it sent them; empty where it sent none.
    ``served_at`` when it last became the one that is served; 0: never.
    ``against``   hash of the version that ``findings`` compare it with; empty: with all that were
                  served of its family, or with none.
    """

    hash: str
    digest: str
    size: int
    source: str
    etag: str
    modified: str
    first_seen: int
    last_seen: int
    standing: Standing
    decided_at: int
    decided_by: str
    served_at: int
    against: str
    findings: tuple[Finding, ...]
    profile: Profile


@dataclass(frozen=True, slots=True)
class ScriptEntry:
    """A script's address at the vendor and its versions, the one seen last first.

    ``family``   door and account: addresses that change with the vendor's releases share it.
    ``own``      the account's plain script; else a variant.
    ``live``     hash of the version that was last chosen to be served; a pin goes before it.
    ``trouble``  why the vendor's answer could not be taken, since ``trouble_since``; empty: it was.
    """

    address: str
    vendor: str
    family: str
    own: bool
    live: str
    checked_at: int
    trouble: str
    trouble_since: int
    versions: tuple[Version, ...]

    def version(self, digest: str) -> Version | None:
        """Return the version of that hash."""
        return next((each for each in self.versions if each.hash == digest), None)

    def served(self, policy: ScriptPolicy) -> str:
        """Return the hash of the version that is served, "" for none."""
        pin = policy.pin(self.vendor, self.address)
        if pin is None:
            return self.live
        return pin if self.version(pin) else ""

    def servable(self, policy: ScriptPolicy) -> frozenset[str]:
        """Return the hashes that pages in use may still ask for."""
        if policy.pin(self.vendor, self.address) is not None:
            return frozenset({self.served(policy)} - {""})
        return frozenset(each.hash for each in self.versions if each.standing in SERVED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a script belongs; see ``ScriptEntry``.

    ``fixed``  its address is one that the vendor's table spells out, so nobody made it up.
    """

    address: str
    vendor: str
    family: str
    own: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A good answer of a vendor, examined. ``br`` is the script, compressed."""

    place: Place
    hash: str
    digest: str
    source: str
    etag: str
    modified: str
    profile: Profile
    br: bytes


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, why and when (Unix ms)."""

    who: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """A decision. ``chain`` is a hash over this line and all before it."""

    id: int
    at: int
    who: str
    what: str
    vendor: str
    address: str
    hash: str
    reason: str
    chain: str


class Custody(Protocol):
    """Versions, bodies and decisions. Every method raises ``OSError`` when the disk fails."""

    async def revision(self) -> int:
        """Return a number that changes when another process changed something."""

    async def lives(self) -> Mapping[str, str]:
        """Return the hash that was last chosen to be served, by address."""

    async def entries(self) -> list[ScriptEntry]:
        """Return all there is, by vendor and address."""

    async def entry(self, address: str) -> ScriptEntry | None:
        """Return one address."""

    async def body(self, digest: str) -> bytes | None:
        """Return a version's compressed bytes."""

    async def examined(self, source: str) -> tuple[str, Profile] | None:
        """Return hash and profile that an earlier examination of the same bytes gave."""

    async def arrived(self, arrival: Arrival, *, at: int) -> ScriptEntry:
        """Keep what the vendor serves now, decide about it; return the address as it is then."""

    async def unchanged(self, address: str, digest: str, *, at: int) -> None:
        """Note that the vendor still serves a version."""

    async def failed(self, place: Place, why: str, *, at: int) -> None:
        """Note that the vendor's answer could not be taken, if the address is known or fixed."""

    async def forget(self, addresses: Sequence[str]) -> None:
        """Drop addresses, but for those where a person decided something."""

    async def tidy(self) -> None:
        """Drop variants beyond a bound, those that were looked at longest ago first."""

    async def approve(self, address: str, digest: str, by: By) -> str:
        """Serve a version from now on; return why not, "" when done."""

    async def roll_back(self, address: str, digest: str, by: By) -> str:
        """Serve an earlier version (``digest`` "": the one before) and reject the present one.

        Return why not, "" when done.
        """

    async def log(self) -> list[LogLine]:
        """Return every decision, the oldest first."""

    async def broken_line(self) -> int:
        """Return the id of the first line that was changed after it was written, 0 for none."""
