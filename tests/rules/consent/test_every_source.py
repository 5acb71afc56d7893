"""What holds for every consent source: their example cookies are bent in every way."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.model import Verdict
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Groups, Policy, RuleSet
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.consent.statement import Say, Source, Statement
from firsthand.rules.cookies import split
from tests.factories import NOW, make_hit
from tests.rules.consent.sources.examples import (
    DAY_MS,
    DECIDED,
    DENIED,
    GRANTED,
    OVERSIZED,
    Examples,
    all_examples,
    answer,
    ask,
    encoded,
    policy_of,
    says,
    source_of,
)

EXAMPLES = all_examples()
BY_COOKIE = [source for source in SOURCES if source.cookies]
REFUSING = [
    (key, header) for key, each in EXAMPLES.items() for header in (each.denied, each.analytics)
]
every = pytest.mark.parametrize(("key", "each"), EXAMPLES.items(), ids=EXAMPLES)
# Characters that carry no answer: an answer is a digit or a word of small letters.
JUNK = st.text("{}[]\":,.;=&%|~\\\\'\\0 \u00e9\u2028XQ+/-_", max_size=3)


def verdict(header: str, policy: Policy) -> Verdict:
    return gate.verdict(make_hit(headers={"cookie": header}), policy)


def policy(key: str, each: Examples, rules: RuleSet = RuleSet.OPTIN) -> Policy:
    return Policy(rule_set=rules, groups=policy_of(key, each.groups).groups)


def test_every_platform_has_examples() -> None:
    platforms = {source.key for source in SOURCES if source.groups is not None}
    assert platforms <= EXAMPLES.keys()


@every
def test_what_the_examples_come_to(key: str, each: Examples) -> None:
    granted = ask(key, each.granted, each.groups)
    assert (says(granted), granted.error) == ((GRANTED, GRANTED), None)
    assert granted.explicit is each.counts
    refused = ask(key, each.denied, each.groups)
    assert (refused.marketing, refused.analytics) == (DENIED, DENIED)
    assert ask(key, each.analytics, each.groups).marketing is DENIED


@every
def test_the_verdicts(key: str, each: Examples) -> None:
    own = policy(key, each)
    given = verdict(each.granted, own)
    assert (given.analytics, given.marketing, given.explicit) == (each.counts,) * 3
    for header in (each.denied, each.analytics):
        assert not verdict(header, own).marketing
        assert not verdict(header, policy(key, each, RuleSet.OPTOUT)).marketing
    assert not verdict(each.denied, own).analytics
    assert verdict(each.granted, policy(key, each, RuleSet.OPTOUT)).marketing


# What a cookie's own life ends is not sent any more; nobody can tell its age before.
AGELESS = {
    "complianz",
    "consentmanager",
    "cookieconsent",
    "cookieyes",
    "ketch",
    "klaro",
    "osano",
    "securiti",
    "shopify",
    "tarteaucitron",
    "trustarc",
}


@every
def test_a_yes_ends(key: str, each: Examples) -> None:
    own = policy(key, each, RuleSet.OPTOUT)
    later = gate.verdict(make_hit(headers={"cookie": each.granted}, at=NOW + 400 * DAY_MS), own)
    assert later.marketing is later.analytics is (key in AGELESS)
    early = gate.verdict(make_hit(headers={"cookie": each.granted}, at=DECIDED - 2 * DAY_MS), own)
    assert early.marketing is (ask(key, each.granted, each.groups).decided_at is None)
    refused = gate.verdict(make_hit(headers={"cookie": each.denied}, at=NOW + 400 * DAY_MS), own)
    assert not refused.marketing


@every
def test_a_numbered_text_can_be_too_old(key: str, each: Examples) -> None:
    source = source_of(key)
    groups = replace(each.groups or source.groups or Groups(), version=999_999)
    said = ask(key, each.granted, groups)
    assert (GRANTED not in says(said)) is source.numbered
    assert ask(key, each.denied, groups).marketing is DENIED


@every
def test_of_copies_that_differ_the_refusal_holds(key: str, each: Examples) -> None:
    for header in (f"{each.granted}; {each.denied}", f"{each.denied}; {each.granted}"):
        said = ask(key, header, each.groups)
        assert GRANTED not in says(said)
        assert not verdict(header, policy(key, each)).marketing


@every
def test_a_source_says_yields_and_tells_no_value(key: str, each: Examples) -> None:
    said = ask(key, each.granted, each.groups)
    assert (said.source, said.yields) == (key, True)
    odd = verdict(re.sub(r"=[^;]*", "=canary7", each.granted), policy(key, each))
    assert odd.problems
    assert "canary7" not in repr(odd)


def _values(header: str) -> Iterator[tuple[str, str]]:
    """Yield each value of a header with the header around it, ``@`` in its place."""
    for name, values in split(header).items():
        for value in values:
            yield value, header.replace(f"{name}={value}", f"{name}=@", 1)


@every
def test_encoded_once_more_it_says_no_more(key: str, each: Examples) -> None:
    for header in (each.denied, each.analytics):
        for value, around in _values(header):
            for wrapped in (encoded(value), encoded(encoded(encoded(value)))):
                _holds(key, header, around.replace("@", wrapped))


@every
def test_an_oversized_value_grants_nothing(key: str, each: Examples) -> None:
    whole = split(each.granted)
    own = policy_of(key, each.groups)
    for name, values in whole.items():
        rest = {other: kept for other, kept in whole.items() if other != name}
        if source_of(key).read(rest, own) != source_of(key).read(whole, own):
            said = source_of(key).read({**whole, name: (*values, OVERSIZED)}, own)
            assert said is not None
            assert said.error


@pytest.mark.parametrize(("key", "header"), REFUSING)
def test_no_cut_of_a_value_grants_more(key: str, header: str) -> None:
    for value, around in _values(header):
        for end in range(len(value)):
            _holds(key, header, around.replace("@", value[:end]))


@settings(max_examples=500)
@given(st.sampled_from(REFUSING), st.integers(0, 4000), st.integers(0, 3), JUNK)
def test_no_mutation_of_a_cookie_grants_more(
    case: tuple[str, str], where: int, cut: int, junk: str
) -> None:
    key, header = case
    start = where % len(header)
    _holds(key, header, header[:start] + junk + header[start + cut :])


@given(st.sampled_from(REFUSING), st.text(max_size=60))
def test_no_copy_beside_a_refusal_lifts_it(case: tuple[str, str], text: str) -> None:
    key, header = case
    for name in split(header):
        _holds(key, header, f"{header}; {name}={text}")


def _holds(key: str, before: str, after: str) -> None:
    """Assert that ``after`` neither raises nor grants what ``before`` did not."""
    groups = EXAMPLES[key].groups
    alone, bent = ask(key, before, groups), answer(key, after, groups)
    assert bent is None or bent.error or not _more(bent, alone), after


def _more(said: Statement, than: Statement) -> bool:
    pairs = [(said.analytics, than.analytics), (said.marketing, than.marketing)]
    granted = any(one is GRANTED and other is not GRANTED for one, other in pairs)
    return granted or (said.explicit > than.explicit and GRANTED in says(said))


TEXTS = st.text(max_size=60) | st.text('{}[]":,.0123%', max_size=60)


@pytest.mark.parametrize("source", BY_COOKIE, ids=lambda source: source.key)
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_no_text_raises_or_is_a_yes(source: Source, texts: list[str]) -> None:
    names = [name.replace("*", "12345678") for name in source.cookies]
    said = source.read(dict.fromkeys(names, tuple(texts)), Policy())
    if said is not None:
        assert not (said.explicit and GRANTED in says(said))
        assert Say.GRANTED not in says(said)


def test_names_are_fit_for_a_header_and_for_the_loader() -> None:
    for source in SOURCES:
        for name in (*source.cookies, *source.events):
            assert re.fullmatch(r"[A-Za-z0-9_:-]{3,40}\*?", name)
