"""The scripts' versions as people read them: what is served, what waits, what is wrong. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firsthand.rules.custody import SERVED, Policy, Standing
from firsthand.rules.scriptdiff import Severity
from firsthand.rules.site import Site
from firsthand.store.custody import ScriptEntry, Version

SHORT = 12
"""Digits of a hash that are shown."""

POLICY: Mapping[str, str] = {
    Policy.AUTO: "New versions are served unless their comparison gives an alarm.",
    Policy.HOLD: "New versions wait until somebody approves them.",
    Policy.PIN: "Only the version that the configuration names is served.",
}
STANDING: Mapping[str, str] = {
    Standing.FIRST: "trusted on first use: there was nothing to compare it with",
    Standing.AUTO: "compared, no alarm",
    Standing.APPROVED: "approved by {who}",
    Standing.PINNED: "pinned in the configuration",
    Standing.HELD: "held",
    Standing.REJECTED: "rejected by {who}",
}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, and what can be done about it."""

    version: Version
    standing: str
    alarms: tuple[str, ...]
    notes: tuple[str, ...]
    is_served: bool
    can_approve: bool
    can_go_back: bool


@dataclass(frozen=True, slots=True)
class ScriptRow:
    """An address. ``waiting`` is the version that the vendor serves now, if it is held."""

    entry: ScriptEntry
    title: str
    policy: str
    served: VersionRow | None
    waiting: VersionRow | None
    versions: tuple[VersionRow, ...]

    @property
    def needs_somebody(self) -> bool:
        """Say whether a person should look."""
        return bool(self.waiting or self.entry.trouble or self.served is None)

    @property
    def state(self) -> str:
        """Return how it stands, in a sentence."""
        kept = "the last good copy is served" if self.served else "nothing is served"
        if self.entry.trouble:
            return f"The vendor's answer cannot be taken ({self.entry.trouble}); {kept}."
        if self.waiting:
            kept = "the version before is served" if self.served else "nothing is served"
            return f"A new version is held; {kept}."
        if self.served:
            return "The vendor's present version is served." if self._newest else "Served."
        return "Nothing is served."

    @property
    def _newest(self) -> bool:
        return bool(self.served and self.served.version.hash == self.entry.versions[0].hash)


def script_rows(entries: Iterable[ScriptEntry], site: Site) -> list[ScriptRow]:
    """Return a row for each address: those that need somebody first."""
    rows = [_row(entry, site) for entry in entries]
    rows.sort(key=lambda row: (not row.needs_somebody, row.title, row.entry.address))
    return rows


def _row(entry: ScriptEntry, site: Site) -> ScriptRow:
    served = entry.served(site.scripts)
    policy = site.scripts.of(entry.vendor)
    rows = tuple(_version(each, served, policy) for each in entry.versions)
    newest = rows[0] if rows else None
    held = newest is not None and not newest.is_served and newest.version.standing not in SERVED
    vendor = site.vendors.get(entry.vendor)
    return ScriptRow(
        entry=entry,
        title=vendor.title if vendor else entry.vendor,
        policy=policy,
        served=next((row for row in rows if row.is_served), None),
        waiting=newest if held else None,
        versions=rows,
    )


def _version(version: Version, served: str, policy: Policy) -> VersionRow:
    free = policy is not Policy.PIN and version.hash != served
    return VersionRow(
        version=version,
        standing=STANDING[version.standing].format(who=version.decided_by),
        alarms=_texts(version, Severity.ALARM),
        notes=_texts(version, Severity.NOTE),
        is_served=version.hash == served,
        can_approve=free and version.standing not in SERVED,
        can_go_back=free and version.standing in SERVED,
    )


def _texts(version: Version, severity: Severity) -> tuple[str, ...]:
    return tuple(each.text for each in version.findings if each.severity is severity)
