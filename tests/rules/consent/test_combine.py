from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import Verdict
from firsthand.rules.consent.combine import combine, problems, words
from firsthand.rules.consent.policy import Policy, RuleSet, WhenUnknown
from firsthand.rules.consent.statement import Fault, Say, Statement
from tests.factories import NOW

DAY = 86_400_000
OPTIN, OPTOUT, NOTICE = (Policy(rule_set=rules) for rules in RuleSet)
ALLOWING = Policy(rule_set=RuleSet.OPTOUT, unknown=WhenUnknown.ALLOW)
AUTHORITY = Policy(authority="main")
POLICIES = [OPTIN, OPTOUT, NOTICE, ALLOWING, AUTHORITY]

YES = Statement("main", Say.GRANTED, Say.GRANTED, explicit=True, yields=True)
NO = Statement("main", Say.DENIED, Say.DENIED, explicit=True, yields=True)
IMPLIED = replace(YES, explicit=False)
ANALYTICS = replace(YES, marketing=Say.DENIED)
SILENT = Statement("other", yields=True)
BROKEN = Statement("other", error=Fault.MALFORMED, yields=True)
OTHER_NO = replace(NO, source="other")
OTHER_YES = replace(YES, source="other")
GPC = Statement("gpc", marketing=Say.DENIED, explicit=True)

statements = st.builds(
    Statement,
    st.sampled_from(["main", "other", "third"]),
    st.sampled_from(Say),
    st.sampled_from(Say),
    explicit=st.booleans(),
    decided_at=st.none() | st.sampled_from([NOW, NOW - 200 * DAY, NOW + 2 * DAY]),
    expires_at=st.none() | st.sampled_from([NOW - 1, NOW + DAY]),
    social=st.sampled_from(Say),
    error=st.none() | st.sampled_from(Fault),
    yields=st.booleans(),
)
policies = st.sampled_from(POLICIES)


def decided(said: list[Statement], policy: Policy) -> tuple[bool, bool, bool]:
    verdict = combine(said, policy, now=NOW)
    return verdict.analytics, verdict.marketing, verdict.explicit


# The rule sets: GDPR and ePrivacy for opt-in, 11 CCR 7025 for opt-out, read 2026-11-20.
@pytest.mark.parametrize(
    ("said", "policy", "expected"),
    [
        ([], OPTIN, (False, False, False)),
        ([], OPTOUT, (False, False, False)),
        ([], NOTICE, (False, False, False)),
        ([], ALLOWING, (True, True, False)),
        ([SILENT], ALLOWING, (True, True, False)),
        ([YES], OPTIN, (True, True, True)),
        ([YES], OPTOUT, (True, True, True)),
        ([NO], OPTIN, (False, False, False)),
        ([NO], ALLOWING, (False, False, False)),
        ([ANALYTICS], OPTIN, (True, False, True)),
        ([IMPLIED], OPTIN, (False, False, False)),
        ([IMPLIED], OPTOUT, (True, True, False)),
        ([IMPLIED], NOTICE, (True, True, False)),
        ([YES, OTHER_NO], OPTIN, (False, False, False)),
        ([YES, SILENT], OPTIN, (True, True, True)),
        ([YES, BROKEN], OPTIN, (False, False, False)),
        ([IMPLIED, BROKEN], OPTOUT, (False, False, False)),
        ([BROKEN], ALLOWING, (False, False, False)),
        ([YES, GPC], OPTIN, (True, False, True)),
        ([YES, GPC], OPTOUT, (True, False, True)),
        ([GPC], ALLOWING, (True, False, False)),
        ([replace(IMPLIED, analytics=Say.UNKNOWN), ANALYTICS], OPTOUT, (True, False, True)),
        ([IMPLIED, replace(OTHER_YES, marketing=Say.UNKNOWN)], OPTOUT, (True, True, False)),
    ],
)
def test_the_rule_sets(
    said: list[Statement], policy: Policy, expected: tuple[bool, bool, bool]
) -> None:
    assert decided(said, policy) == expected
    assert decided(said[::-1], policy) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([YES, OTHER_NO], True),
        ([YES, BROKEN], True),
        ([NO, OTHER_YES], False),
        ([OTHER_YES], False),
        ([replace(YES, marketing=Say.UNKNOWN, analytics=Say.UNKNOWN), OTHER_YES], False),
        ([YES, GPC], False),
        ([YES, replace(OTHER_NO, yields=False)], False),
    ],
)
def test_the_authority_silences_other_cookies_and_nothing_else(
    said: list[Statement], *, expected: bool
) -> None:
    assert combine(said, AUTHORITY, now=NOW).marketing is expected


def test_while_the_authority_is_silent_others_still_refuse() -> None:
    policy = Policy(rule_set=RuleSet.OPTOUT, unknown=WhenUnknown.ALLOW, authority="main")
    assert combine([OTHER_NO], policy, now=NOW).marketing is False
    assert combine([OTHER_YES], policy, now=NOW).explicit is False


# CNIL: keep a choice for about six months (read 2026-11-20).
@pytest.mark.parametrize(
    ("age_ms", "granted", "problem"),
    [
        (0, True, ()),
        (180 * DAY - 1, True, ()),
        (180 * DAY, False, ("main:expired",)),
        (-DAY, True, ()),
        (-DAY - 1, False, ("main:future",)),
    ],
)
def test_a_yes_ages(age_ms: int, *, granted: bool, problem: tuple[str, ...]) -> None:
    verdict = combine([replace(YES, decided_at=NOW - age_ms)], OPTIN, now=NOW)
    assert verdict.analytics is verdict.marketing is granted
    assert verdict.problems[: len(problem) or None] == problem


@pytest.mark.parametrize(("left_ms", "granted"), [(1, True), (0, False), (-DAY, False)])
def test_a_yes_ends_when_its_source_says(left_ms: int, *, granted: bool) -> None:
    said = replace(YES, expires_at=NOW + left_ms)
    verdict = combine([said], OPTIN, now=NOW)
    assert verdict.analytics is verdict.marketing is granted
    assert verdict.problems == (() if granted else ("main:expired",))


def test_a_no_does_not_age() -> None:
    old = replace(NO, decided_at=NOW - 900 * DAY, expires_at=NOW - 500 * DAY)
    assert decided([old, OTHER_YES], OPTIN) == (False, False, False)


def test_refused_social_media_refuse_the_social_vendors_only() -> None:
    verdict = combine([replace(YES, social=Say.DENIED)], OPTIN, now=NOW)
    assert verdict.marketing
    assert "meta" in verdict.without
    assert "ga4" not in verdict.without
    assert combine([replace(YES, social=Say.UNKNOWN)], OPTIN, now=NOW).without == ()


def test_a_vendor_that_one_source_refuses_is_refused() -> None:
    said = [replace(YES, without=("meta", "x")), replace(OTHER_YES, without=("x", "ga4"))]
    verdict = combine(said, OPTIN, now=NOW)
    assert verdict.analytics is verdict.marketing is True
    assert verdict.without == ("meta", "x", "ga4")
    assert verdict.sources[0] == "main: analytics granted, marketing granted, without meta x"
    assert combine(said, AUTHORITY, now=NOW).without == ("meta", "x")


def test_everybody_who_spoke_is_listed_losers_too() -> None:
    verdict = combine([YES, OTHER_NO, replace(GPC, notes=("x",))], AUTHORITY, now=NOW)
    assert verdict.sources == (
        "main: analytics granted, marketing granted",
        "other: analytics denied, marketing denied",
        "gpc: analytics unknown, marketing denied; x",
    )
    assert verdict.problems == ("gpc:x",)


def test_words_and_problems() -> None:
    said = replace(IMPLIED, social=Say.DENIED, error=Fault.VERSION, notes=("a", "b"))
    assert words(said) == (
        "main: analytics granted, marketing granted, social denied, implied; version; a; b"
    )
    assert problems([said, YES]) == ("main:version", "main:a", "main:b")


def _no_more(after: Verdict, before: Verdict) -> bool:
    return after.analytics <= before.analytics and after.marketing <= before.marketing


@given(st.lists(statements, max_size=4), statements, policies)
def test_what_does_not_grant_explicitly_never_raises(
    said: list[Statement], more: Statement, policy: Policy
) -> None:
    if policy.authority:
        more = replace(more, source="third")  # the authority itself may silence others
    if policy.rule_set is not RuleSet.OPTIN:
        more = more.without_grants("")
    more = replace(more, explicit=False)
    assert _no_more(combine([*said, more], policy, now=NOW), combine(said, policy, now=NOW))


@given(st.lists(statements, max_size=4), statements, policies)
def test_no_statement_lifts_a_refusal_or_an_error(
    said: list[Statement], more: Statement, policy: Policy
) -> None:
    firm = [replace(one, yields=False) for one in said]
    verdict = combine([*firm, more], policy, now=NOW)
    for one in firm:
        assert not (verdict.analytics and (one.error or one.analytics is Say.DENIED))
        assert not (verdict.marketing and (one.error or one.marketing is Say.DENIED))


@given(st.lists(statements, max_size=4), policies)
def test_gpc_always_lowers(said: list[Statement], policy: Policy) -> None:
    verdict = combine([*said, GPC], policy, now=NOW)
    assert not verdict.marketing
    assert _no_more(verdict, combine(said, policy, now=NOW))


@given(st.lists(statements, max_size=4), policies)
def test_explicit_means_that_somebody_acted(said: list[Statement], policy: Policy) -> None:
    verdict = combine(said, policy, now=NOW)
    acts = [one for one in said if one.explicit]
    if verdict.explicit:
        assert verdict.analytics or verdict.marketing
        assert not verdict.marketing or any(one.marketing is Say.GRANTED for one in acts)
    if policy.rule_set is RuleSet.OPTIN:
        assert verdict.explicit is (verdict.analytics or verdict.marketing)
