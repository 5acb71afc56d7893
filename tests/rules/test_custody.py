"""What is decided about a version, as a table over policy, past and comparison."""

from dataclasses import replace

import pytest

from firsthand.rules.custody import SERVED, Case, Policy, ScriptPolicy, Standing, decide

AUTO, HOLD = Case(Policy.AUTO, "a", known=True), Case(Policy.HOLD, "a", known=True)
PIN = Case(Policy.PIN, "a", pin="a", known=True)
HELD = (Standing.HELD, False)


@pytest.mark.parametrize(
    ("case", "decided"),
    [
        (replace(AUTO, known=False), (Standing.FIRST, True)),
        (replace(HOLD, known=False), (Standing.FIRST, True)),
        (replace(AUTO, known=False, broken=True, alarm=True), HELD),
        (AUTO, (Standing.AUTO, True)),
        (replace(AUTO, alarm=True), HELD),
        (HOLD, HELD),
        (replace(HOLD, past=Standing.HELD), HELD),
        (replace(AUTO, past=Standing.HELD), (Standing.AUTO, True)),
        (replace(AUTO, past=Standing.HELD, alarm=True), HELD),
        (replace(AUTO, past=Standing.REJECTED), (Standing.REJECTED, False)),
        (replace(AUTO, past=Standing.AUTO, alarm=True), (Standing.AUTO, True)),
        (replace(HOLD, past=Standing.APPROVED), (Standing.APPROVED, True)),
        (replace(AUTO, past=Standing.AUTO, chosen=True), (Standing.AUTO, False)),
        (replace(HOLD, elsewhere=frozenset({Standing.APPROVED})), (Standing.AUTO, True)),
        (replace(AUTO, elsewhere=frozenset({Standing.REJECTED})), HELD),
        (replace(AUTO, elsewhere=frozenset({Standing.REJECTED, Standing.AUTO})), HELD),
        (replace(AUTO, elsewhere=frozenset({Standing.HELD})), (Standing.AUTO, True)),
        (PIN, (Standing.PINNED, True)),
        (replace(PIN, alarm=True, past=Standing.REJECTED), (Standing.PINNED, True)),
        (replace(PIN, pin="b"), HELD),
        (replace(PIN, pin=""), HELD),
        (replace(PIN, pin="b", known=False), HELD),
        (replace(PIN, pin="b", past=Standing.APPROVED), (Standing.APPROVED, False)),
    ],
)
def test_decisions(case: Case, decided: tuple[Standing, bool]) -> None:
    assert decide(case) == decided


def test_nothing_goes_live_that_is_not_of_a_served_standing() -> None:
    for policy in Policy:
        for past in (None, *Standing):
            for alarm in (True, False):
                pin = "b" if policy is Policy.PIN else None
                standing, moves = decide(Case(policy, "a", pin, past, known=True, alarm=alarm))
                assert not moves or standing in SERVED


def test_policies_of_vendors() -> None:
    policy = ScriptPolicy(Policy.HOLD, {"meta": Policy.PIN}, {"a.example/x.js": "ab" * 32})
    assert policy.of("ga4") is Policy.HOLD
    assert policy.pin("ga4", "a.example/x.js") is None
    assert policy.pin("meta", "a.example/x.js") == "ab" * 16
    assert policy.pin("meta", "a.example/y.js") == ""
