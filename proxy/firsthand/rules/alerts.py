"""Alert rules, and which of them fire. Pure: readings and what fired before in, what fires now out.

A rule that fires clears only once its reading is better than the limit by the rule's ``slack``, so
that a figure which wavers about the limit does not tell the same twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Key = tuple[str, str, str]
"""Rule's name, vendor key, account ("": all of the vendor's)."""

DIGITS = 9
"""Of a limit that slack was added to: 0.8 and 0.05 are 0.85."""


class On(StrEnum):
    """What a rule looks at."""

    MATCH_RATE = "match_rate"  # share that matched, or would, of what one path delivered
    NO_ACCEPTED = "no_accepted"  # minutes since an account's last event was accepted
    REFUSED = "refused"  # share that the vendor refused, of what it answered
    UNEXPLAINED = "unexplained"  # share without a known cause, of what did not match
    SCRIPT_HELD = "script_held"  # versions of the vendor's scripts that wait for a person
    TOKEN_FAILING = "token_failing"  # lanes held for want of a working one  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``vendor`` "" means every vendor.

    It fires above ``limit``, ``MATCH_RATE`` below it. ``hours`` is how far back shares look, whole
    hours of the ledger; of fewer than ``at_least`` events they say nothing.
    """

    name: str
    on: On
    limit: float
    slack: float = 0.0
    hours: int = 1
    at_least: int = 1
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure and of how many events it is; ``None``: too few to say, nothing changes then."""

    value: float | None
    of: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fires for an account since ``since``, Unix ms, with its figures of now."""

    rule: str
    on: On
    vendor: str
    account: str
    since: int
    limit: float
    value: float
    of: int

    @property
    def key(self) -> Key:
        """Return what tells it from the others."""
        return self.rule, self.vendor, self.account


def firing(
    rules: Iterable[Rule],
    readings: Mapping[Key, Reading],
    before: Mapping[Key, Alert],
    *,
    now: int,
) -> dict[Key, Alert]:
    """Return what fires now. What no reading is of, a rule or account that is gone, does not."""
    known = {rule.name: rule for rule in rules}
    found = {
        key: _alert(known[key[0]], key, reading, before.get(key), now)
        for key, reading in readings.items()
        if key[0] in known
    }
    return {key: alert for key, alert in found.items() if alert is not None}


def _alert(rule: Rule, key: Key, reading: Reading, old: Alert | None, now: int) -> Alert | None:
    if reading.value is None:
        return old
    if not _is_bad(rule, reading.value, fires=old is not None):
        return None
    since = now if old is None else old.since
    return Alert(rule.name, rule.on, key[1], key[2], since, rule.limit, reading.value, reading.of)


def _is_bad(rule: Rule, value: float, *, fires: bool) -> bool:
    slack = rule.slack if fires else 0.0
    if rule.on is On.MATCH_RATE:
        return value < round(min(rule.limit + slack, 1.0), DIGITS)
    return value > round(max(rule.limit - slack, 0.0), DIGITS)
