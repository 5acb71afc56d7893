"""Comparisons as a table: what of a change is an alarm, what a note, and what nothing."""

from dataclasses import replace

import pytest

from firsthand.rules.scriptdiff import MANY, Profile, Severity, compare, has_alarm, united

OLD = Profile(
    10_000, frozenset({"www.facebook.com"}), frozenset({"cookie", "innerHTML"}), frozenset({"a.id"})
)
VENDOR, SITE = frozenset({"facebook.com"}), frozenset({"example.com"})
ALARM, NOTE = Severity.ALARM, Severity.NOTE


def told(new: Profile, old: Profile | None = OLD) -> list[tuple[Severity, str]]:
    found = compare(old, new, vendor=VENDOR, site=SITE)
    return [(each.severity, each.text) for each in found]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, []),
        (replace(OLD, size=10_900), []),
        (replace(OLD, size=9_100), []),
        (replace(OLD, size=11_000), [(NOTE, "has 11,000 bytes instead of 10,000")]),
        (replace(OLD, size=8_900), [(NOTE, "has 8,900 bytes instead of 10,000")]),
        (replace(OLD, size=20_000), [(ALARM, "has 20,000 bytes instead of 10,000")]),
        (replace(OLD, size=5_000), [(ALARM, "has 5,000 bytes instead of 10,000")]),
        (
            replace(OLD, hosts=OLD.hosts | {"cards.example"}),
            [(ALARM, "names a host that is not the vendor's: cards.example")],
        ),
        (
            replace(OLD, hosts=OLD.hosts | {"facebook.com.cards.example"}),
            [(ALARM, "names a host that is not the vendor's: facebook.com.cards.example")],
        ),
        (
            replace(OLD, hosts=OLD.hosts | {"192.0.2.1"}),
            [(ALARM, "names a host that is not the vendor's: 192.0.2.1")],
        ),
        (
            replace(OLD, hosts=OLD.hosts | {"graph.facebook.com"}),
            [(NOTE, "names another host of the vendor: graph.facebook.com")],
        ),
        (
            replace(OLD, hosts=OLD.hosts | {"shop.example.com"}),
            [(NOTE, "names a host of the site: shop.example.com")],
        ),
        (
            replace(OLD, maybe=OLD.maybe | {"b.id"}),
            [(NOTE, "holds a text that may be a host: b.id")],
        ),
        (replace(OLD, hosts=frozenset()), [(NOTE, "no longer names www.facebook.com")]),
        (
            replace(OLD, names=OLD.names | {"keydown", "keyup"}),
            [(ALARM, "watches the keyboard (keydown, keyup)")],
        ),
        (
            replace(OLD, names=OLD.names | {"cookieStore"}),
            [(NOTE, "reads or writes cookies in a further way (cookieStore)")],
        ),
        (
            replace(OLD, names=OLD.names | {"postMessage"}),
            [(NOTE, "talks to other windows (postMessage)")],
        ),
        (replace(OLD, names=frozenset()), []),
        (replace(OLD, names=OLD.names | {"a name of another release"}), []),
        (
            replace(OLD, failed=("tr.",)),
            [(ALARM, "lacks the text of a listed edit: tr.")],
        ),
    ],
)
def test_changes(new: Profile, expected: list[tuple[Severity, str]]) -> None:
    assert told(new) == expected


def test_alarms_come_first_and_there_are_not_too_many() -> None:
    hosts = frozenset(f"h{number}.example" for number in range(100)) | {"a.facebook.com"}
    found = told(replace(OLD, size=11_000, hosts=hosts, names=OLD.names | {"eval"}))
    assert len(found) == MANY
    assert found[0] == (ALARM, "runs text as code (eval)")
    long = compare(
        OLD, replace(OLD, hosts=frozenset({"x" * 5000 + ".example"})), vendor=VENDOR, site=SITE
    )
    assert all(len(each.text) < 200 for each in long)


def test_without_an_old_one_only_edits_are_judged() -> None:
    new = Profile(1, frozenset({"cards.example"}), frozenset({"eval"}))
    assert told(new, None) == []
    assert has_alarm(compare(None, replace(new, failed=("x",)), vendor=VENDOR, site=SITE))
    assert not has_alarm(())


def test_a_family_is_compared_by_what_all_of_it_can_do() -> None:
    assert united([]) is None
    other = Profile(500_000, frozenset({"a.facebook.com"}), frozenset({"keydown"}))
    both = united([OLD, other])
    assert both is not None
    assert told(OLD, both) == told(other, both) == []
    assert told(replace(other, names=frozenset({"eval"})), both) == [
        (ALARM, "runs text as code (eval)")
    ]
