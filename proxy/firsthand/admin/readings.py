"""Roll-ups and the state of lanes and scripts -> what each alert rule reads. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from firsthand.admin.causes import DELIVERED, GAP, WOULD, Cause, cause
from firsthand.admin.figures import figures, where
from firsthand.model import Mode, Server
from firsthand.rules.alerts import Key, On, Reading, Rule
from firsthand.rules.site import Site
from firsthand.store.rollups import Count

MINUTE_MS = 60_000
_UNKNOWN = Cause.UNEXPLAINED

Account = tuple[str, str]
"""Vendor key and account, as the browser's beacon names it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules look at.

    ``counts``: by hours back, then by account; ``accepted_at``: Unix ms of the last accepted event
    (in shadow the last built, in relay the last sent) or of the first look; ``held``: versions that
    wait, by vendor; ``failing``: accounts with a lane that waits for a working token.
    """

    counts: Mapping[int, Mapping[Account, Sequence[Count]]] = field(default_factory=dict)
    accepted_at: Mapping[Account, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    failing: frozenset[Account] = frozenset()


def readings(rules: Iterable[Rule], site: Site, seen: Seen, *, now: int) -> dict[Key, Reading]:
    """Return a reading for each rule and configured account (or vendor, for its scripts)."""
    return {key: reading for rule in rules for key, reading in _of(rule, site, seen, now)}


def _of(rule: Rule, site: Site, seen: Seen, now: int) -> Iterator[tuple[Key, Reading]]:
    if rule.on is On.SCRIPT_HELD:
        for vendor in site.vendors:
            if rule.vendor in {"", vendor}:
                yield (rule.name, vendor, ""), Reading(seen.held.get(vendor, 0))
        return
    for account, configured in site.accounts.items():
        if rule.vendor in {"", account[0]}:
            yield (rule.name, *account), _read(rule, account, configured.mode, seen, now)


def _read(rule: Rule, account: Account, mode: Mode, seen: Seen, now: int) -> Reading:
    if rule.on is On.TOKEN_FAILING:
        return Reading(int(account in seen.failing))
    if rule.on is On.NO_ACCEPTED:
        last = seen.accepted_at.get(account)
        return Reading(None if last is None else max(0, now - last) / MINUTE_MS)
    rows = seen.counts.get(rule.hours, {}).get(account, ())
    hits, of = _share(rule.on, rows, mode)
    return Reading(hits / of if of and of >= rule.at_least else None, of)


def _share(on: On, rows: Sequence[Count], mode: Mode) -> tuple[int, int]:
    if on is On.MATCH_RATE:
        spread = figures(rows, mode)
        rate = spread.match or spread.would
        return (rate.hits, rate.of) if rate else (0, 0)
    if on is On.REFUSED:
        refused = sum(row.n for row in rows if row.server is Server.REFUSED)
        return refused, refused + sum(row.n for row in rows if row.server in DELIVERED | WOULD)
    gap = [row for row in rows if where(row, mode) in GAP]
    unknown = (row.n for row in gap if cause(row.client, row.server, row.reason) is _UNKNOWN)
    return sum(unknown), sum(row.n for row in gap)
