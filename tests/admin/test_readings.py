import pytest

from firsthand.admin.readings import MINUTE_MS, Seen, readings
from firsthand.model import Client, Mode, Reason, Server
from firsthand.rules.alerts import On, Reading, Rule
from firsthand.store.rollups import Count
from tests.admin.sample import GA4, META, NOW, account, count, make_site

OF = ("meta", META)
ROWS = [
    count(70, Client.OK, Server.ACCEPTED),
    count(10, Client.FAILED, Server.ACCEPTED),
    count(15, Client.OK, Server.REFUSED, Reason.BAD_EVENT),
    count(5, Client.OK, Server.DEAD, Reason.FAULT),
]


def read(rule: Rule, seen: Seen) -> Reading:
    return readings([rule], make_site(account("meta", META, Mode.BOTH)), seen, now=NOW)[
        rule.name, *OF
    ]


# hand-computed: of 100 events 70 matched; 15 of 95 answers refuse; 5 of 30 unmatched have no cause
@pytest.mark.parametrize(
    ("on", "rows", "expected"),
    [
        (On.MATCH_RATE, ROWS, Reading(0.7, 100)),
        (On.REFUSED, ROWS, Reading(15 / 95, 95)),
        (On.UNEXPLAINED, ROWS, Reading(5 / 30, 30)),
        (On.MATCH_RATE, [], Reading(None, 0)),
        (On.MATCH_RATE, [count(9, Client.OK, Server.ACCEPTED)], Reading(None, 9)),
        (On.MATCH_RATE, [count(10, Client.OK, Server.ACCEPTED)], Reading(1.0, 10)),
        (On.REFUSED, [], Reading(None, 0)),
        (On.UNEXPLAINED, [count(99, Client.OK, Server.ACCEPTED)], Reading(None, 0)),
    ],
)
def test_a_share(on: On, rows: list[Count], expected: Reading) -> None:
    rule = Rule("rule", on, 0.5, hours=3, at_least=10)
    assert read(rule, Seen(counts={3: {OF: rows}})) == expected
    assert read(rule, Seen(counts={4: {OF: rows}})) == Reading(None, 0)


def test_minutes_since_the_last_accepted_event() -> None:
    rule = Rule("rule", On.NO_ACCEPTED, 60)
    assert read(rule, Seen(accepted_at={OF: NOW - 90 * MINUTE_MS})) == Reading(90.0)
    assert read(rule, Seen(accepted_at={OF: NOW + 5})) == Reading(0.0)
    assert read(rule, Seen()) == Reading(None)


def test_a_token_that_fails() -> None:
    rule = Rule("rule", On.TOKEN_FAILING, 0)
    assert read(rule, Seen(failing=frozenset({OF}))) == Reading(1)
    assert read(rule, Seen()) == Reading(0)


def test_scripts_are_read_by_vendor_and_a_rule_may_be_of_one() -> None:
    held = Rule("held", On.SCRIPT_HELD, 0)
    seen = Seen(held={"meta": 2})
    found = readings([held], make_site(), seen, now=NOW)
    assert {key: each.value for key, each in found.items() if each.value} == {
        ("held", "meta", ""): 2
    }
    only = Rule("only", On.TOKEN_FAILING, 0, vendor="ga4")
    assert set(readings([only], make_site(), seen, now=NOW)) == {("only", "ga4", GA4)}
