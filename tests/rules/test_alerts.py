from dataclasses import replace

import pytest

from firsthand.rules.alerts import Alert, Key, On, Reading, Rule, firing

KEY: Key = ("rule", "meta", "1")
MATCH = Rule("rule", On.MATCH_RATE, 0.8, 0.05)
REFUSED = Rule("rule", On.REFUSED, 0.1, 0.02)
QUIET = Rule("rule", On.NO_ACCEPTED, 60)
HELD = Rule("rule", On.SCRIPT_HELD, 0)

# rule, readings one after the other, whether it fires after each
COURSES = [
    (MATCH, [0.8, 0.79, 0.8, 0.84, 0.85], [False, True, True, True, False]),
    (MATCH, [None, 0.5, None, 0.9, None], [False, True, True, False, False]),
    (replace(MATCH, limit=1.0), [0.99, 1.0], [True, False]),
    (REFUSED, [0.1, 0.11, 0.1, 0.09, 0.08], [False, True, True, True, False]),
    (replace(REFUSED, limit=0.0), [0.0, 0.01, 0.0], [False, True, False]),
    (replace(REFUSED, on=On.UNEXPLAINED), [0.2, 0.0], [True, False]),
    (QUIET, [60.0, 60.1, 61.0, 0.0], [False, True, True, False]),
    (HELD, [0, 1, 2, 0], [False, True, True, False]),
    (replace(HELD, on=On.TOKEN_FAILING), [1, 0, 1], [True, False, True]),
]


@pytest.mark.parametrize(("rule", "values", "expected"), COURSES)
def test_a_course(rule: Rule, values: list[float | None], expected: list[bool]) -> None:
    fires: dict[Key, Alert] = {}
    seen = []
    for minute, value in enumerate(values):
        fires = firing([rule], {KEY: Reading(value, 9)}, fires, now=minute)
        seen.append(KEY in fires)
    assert seen == expected


def test_it_keeps_since_and_tells_the_figures_of_now() -> None:
    first = firing([MATCH], {KEY: Reading(0.5, 100)}, {}, now=7)
    second = firing([MATCH], {KEY: Reading(0.6, 200)}, first, now=9)
    assert second == {KEY: Alert("rule", On.MATCH_RATE, "meta", "1", 7, 0.8, 0.6, 200)}


def test_what_is_not_configured_any_more_does_not_fire() -> None:
    fires = firing([MATCH], {KEY: Reading(0.5, 100)}, {}, now=7)
    assert firing([], {KEY: Reading(0.5, 100)}, fires, now=8) == {}
    assert firing([MATCH], {}, fires, now=8) == {}
