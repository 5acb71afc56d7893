"""Places and the rules that hold there. Sources: those of ``rules/consent/regions.py``."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy, RuleSet, WhenUnknown
from firsthand.rules.consent.regions import DEFAULTS, rules_in
from firsthand.rules.place import place_of
from tests.factories import make_hit

OPTIN, OPTOUT, NOTICE = RuleSet
BY_PLACE = Policy(by_place=True, unknown=WhenUnknown.ALLOW)


@pytest.mark.parametrize(
    ("country", "part", "told"),
    [
        ("DE", "", "DE"),
        ("de", "be", "DE-BE"),
        (" US ", "CA", "US-CA"),
        ("US", "US-CA", "US-CA"),
        ("US", "USCA", "US-CA"),
        ("US-CA", "", "US-CA"),
        ("US-CA", "TX", "US-TX"),
        ("US", "California", "US"),
        ("US", "-", "US"),
        # what geo databases say when they do not know: no country
        ("", "CA", ""),
        ("XX", "", ""),
        ("T1", "", ""),
        ("ZZ", "", ""),
        ("EU", "", ""),
        ("AP", "", ""),
        ("A1", "", ""),
        ("Germany", "", ""),
        ("DE, US", "", ""),
        ("-", "", ""),
    ],
)
def test_a_place_is_told_or_it_is_not(country: str, part: str, told: str) -> None:
    assert place_of(country, part) == told


@pytest.mark.parametrize(
    ("place", "rules"),
    [
        ("DE", OPTIN),
        ("DE-BE", OPTIN),
        ("NO", OPTIN),
        ("RE", OPTIN),
        ("GB", OPTIN),
        ("GB-SCT", OPTIN),
        ("CH", OPTIN),
        ("BR", OPTIN),
        ("CA", OPTIN),  # may be Quebec
        ("CA-QC", OPTIN),
        ("CA-ON", NOTICE),
        ("US", OPTOUT),  # may be California
        ("US-CA", OPTOUT),
        ("US-RI", OPTOUT),
        ("US-NY", NOTICE),
        ("JP", NOTICE),
        ("AU-NSW", NOTICE),
        ("", OPTIN),
    ],
)
def test_the_rules_of_a_place(place: str, rules: RuleSet) -> None:
    assert rules_in(BY_PLACE, place) is rules


def test_where_places_do_not_matter_the_sites_rules_hold() -> None:
    for place in ("", "DE", "US-CA"):
        assert rules_in(Policy(rule_set=NOTICE), place) is NOTICE


def test_not_told_is_strict_whatever_the_sites_rules_are() -> None:
    assert rules_in(replace(BY_PLACE, rule_set=NOTICE), "") is OPTIN


def test_an_operator_knows_better() -> None:
    own = replace(BY_PLACE, regions={"BR": NOTICE, "US": NOTICE, "US-CA": OPTIN, "JP": OPTIN})
    told = {place: rules_in(own, place) for place in ("BR", "US", "US-TX", "US-CA", "JP", "DE")}
    assert told == {
        "BR": NOTICE,
        "US": NOTICE,
        "US-TX": NOTICE,
        "US-CA": OPTIN,
        "JP": OPTIN,
        "DE": OPTIN,
    }


def test_the_states_are_those_with_a_section_of_their_own() -> None:
    states = [place for place in DEFAULTS if place.startswith("US-")]
    assert len(states) == len(range(8, 28))


@pytest.mark.parametrize(
    ("place", "headers", "cookie", "expected"),
    [  # silence, an implied yes, a refusal; Sec-GPC (11 CCR 7025) wherever it comes from
        ("US-CA", {}, "", (True, True)),
        ("US-CA", {"sec-gpc": "1"}, "", (True, False)),
        ("US-CA", {}, "usprivacy=1YYN", (True, False)),
        ("US-CA", {}, "fh_consent=1.a0m0.1795400000.fh", (False, False)),
        ("DE", {}, "", (False, False)),
        ("DE", {}, "usprivacy=1YNN", (False, False)),
        ("DE", {}, "fh_consent=1.a1m1.1795400000.fh", (True, True)),
        ("", {}, "", (False, False)),
        ("JP", {}, "", (True, True)),
    ],
)
def test_one_site_two_laws(
    place: str, headers: dict[str, str], cookie: str, expected: tuple[bool, bool]
) -> None:
    hit = replace(make_hit(headers={**headers, "cookie": cookie}), place=place)
    found = gate.verdict(hit, BY_PLACE)
    assert (found.analytics, found.marketing) == expected


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_loosens_the_rules_of_a_known_place(country: str, part: str) -> None:
    found = place_of(country, part)
    assert found == "" or found[:2].isalpha()
    assert rules_in(BY_PLACE, place_of("DE", part)) is OPTIN
    if not found:
        assert rules_in(BY_PLACE, found) is OPTIN
