"""What a script is able to do, and what a new version can do that the approved one cannot.

Pure. A comparison is a net with known holes: what a script builds from pieces at run time, or
fetches, is not in its text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from firsthand.rules.domains import registrable
from firsthand.rules.sensitive import ABILITIES, NAMES

FORM = 1
"""Of what is read from a script: to be raised with what ``edge/scriptreader.py`` finds."""
MANY = 40
LONGEST = 120
DOUBLE, TENTH = 2.0, 0.1


class Severity(StrEnum):
    """How much a finding matters."""

    ALARM = "alarm"  # a person should look before it is served
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, in words that follow "the new version ..."."""

    severity: Severity
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What was read from a version.

    ``size``    bytes.
    ``hosts``   named in strings and templates, lower case.
    ``maybe``   whole texts that may be hosts or names of members: "item.id".
    ``names``   keys of ``sensitive.NAMES`` that it uses.
    ``failed``  listed edits whose text was not found.
    """

    size: int
    hosts: frozenset[str]
    names: frozenset[str]
    maybe: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()


def united(profiles: Iterable[Profile]) -> Profile | None:
    """Return what any of the profiles is able to do, without a size; ``None`` for none."""
    kept = list(profiles)
    if not kept:
        return None
    return Profile(
        0,
        frozenset[str]().union(*(each.hosts for each in kept)),
        frozenset[str]().union(*(each.names for each in kept)),
        frozenset[str]().union(*(each.maybe for each in kept)),
    )


def compare(
    old: Profile | None, new: Profile, *, vendor: frozenset[str], site: frozenset[str]
) -> tuple[Finding, ...]:
    """Return what is to be known of ``new``, alarms first.

    ``vendor`` and ``site`` are the registrable domains of the vendor's and the shop's own hosts.
    Without an ``old`` one only edits can be judged.
    """
    found = [_edit(text) for text in new.failed]
    if old is not None:
        found += [*_hosts(old, new, vendor, site), *_abilities(old, new), *_size(old, new)]
    found.sort(key=lambda each: (each.severity is not Severity.ALARM, each.kind, each.text))
    return tuple(found[:MANY])


def has_alarm(findings: Iterable[Finding]) -> bool:
    """Say whether a person should look."""
    return any(each.severity is Severity.ALARM for each in findings)


def _edit(text: str) -> Finding:
    return Finding(Severity.ALARM, "edit", f"lacks the text of a listed edit: {text[:LONGEST]}")


def _hosts(
    old: Profile, new: Profile, vendor: frozenset[str], site: frozenset[str]
) -> Iterator[Finding]:
    for host in sorted(new.hosts - old.hosts):
        domain, shown = registrable(host), host[:LONGEST]
        if domain in vendor:
            yield Finding(Severity.NOTE, "host", f"names another host of the vendor: {shown}")
        elif domain in site:
            yield Finding(Severity.NOTE, "host", f"names a host of the site: {shown}")
        else:
            yield Finding(Severity.ALARM, "host", f"names a host that is not the vendor's: {shown}")
    for text in sorted(new.maybe - old.maybe - old.hosts):
        yield Finding(Severity.NOTE, "text", f"holds a text that may be a host: {text[:LONGEST]}")
    for host in sorted(old.hosts - new.hosts if old.size else ()):
        yield Finding(Severity.NOTE, "host", f"no longer names {host[:LONGEST]}")


def _abilities(old: Profile, new: Profile) -> Iterator[Finding]:
    before = {NAMES[name][0] for name in old.names if name in NAMES}
    gained: dict[str, list[str]] = {}
    for name in sorted(new.names - old.names):
        if name in NAMES:
            gained.setdefault(NAMES[name][0], []).append(name)
    for key, names in gained.items():
        ability, listed = ABILITIES[key], ", ".join(names)
        if key in before:
            yield Finding(Severity.NOTE, "api", f"{ability.words} in a further way ({listed})")
        else:
            severity = Severity.ALARM if ability.grave else Severity.NOTE
            yield Finding(severity, "api", f"{ability.words} ({listed})")


def _size(old: Profile, new: Profile) -> Iterator[Finding]:
    if not old.size or new.size == old.size:
        return
    times = new.size / old.size
    text = f"has {new.size:,} bytes instead of {old.size:,}"
    if times >= DOUBLE or times <= 1 / DOUBLE:
        yield Finding(Severity.ALARM, "size", text)
    elif abs(times - 1) >= TENTH:
        yield Finding(Severity.NOTE, "size", text)
