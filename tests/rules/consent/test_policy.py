from dataclasses import fields
from typing import Any

import pytest

from firsthand.rules.consent.policy import Groups, Policy, RuleSet, WhenUnknown


def test_the_defaults_are_the_strictest() -> None:
    policy = Policy()
    assert policy.rule_set is RuleSet.OPTIN
    assert policy.unknown is WhenUnknown.DENY
    assert policy.authority == ""


@pytest.mark.parametrize("days", [0, -1, 396])
def test_no_consent_lives_longer_than_thirteen_months(days: int) -> None:
    with pytest.raises(ValueError, match="max_age_days"):
        Policy(max_age_days=days)


def test_the_bounds_are_allowed() -> None:
    assert {Policy(max_age_days=days).max_age_days for days in (1, 395)} == {1, 395}


@pytest.mark.parametrize("given", [{"tcf_ids": {"x": -1}}, {"ac_ids": {"x": 65_536}}])
def test_ids_are_ids(given: dict[str, dict[str, int]]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        Policy(**given)


def test_policies_are_told_apart_by_identity_because_results_are_cached_for_each() -> None:
    assert Policy() != Policy()
    assert len({Policy(), Policy()}) == 2


@pytest.mark.parametrize("shape", [Policy, Groups])
def test_every_field_says_what_it_is(shape: type) -> None:
    assert all(field.metadata["doc"].endswith(".") for field in fields(shape))


@pytest.mark.parametrize(
    "given",
    [
        {"regions": {"Germany": RuleSet.NOTICE}},
        {"regions": {"us-ca": RuleSet.NOTICE}},
    ],
)
def test_places_have_names_that_can_occur(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        Policy(**given)
