from dataclasses import replace
from pathlib import Path
from typing import Any, Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firsthand.rules.consent.sources
from firsthand.model import Fields, Hit, Kind, Reason, Verdict
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Groups, Policy, RuleSet, WhenUnknown
from firsthand.rules.consent.sources import SOURCES, discover
from firsthand.rules.consent.statement import Fault, Say, Source, Statement
from tests.factories import NOW, make_hit
from tests.rules.consent.writer import tc, vendors
from tests.samples import shop

SITE = shop()
META, GA4 = (SITE.vendors[key] for key in ("meta", "ga4"))
POLICY = Policy()
ALLOWING = Policy(rule_set=RuleSet.OPTOUT, unknown=WhenUnknown.ALLOW)
SECONDS = NOW // 1000
YES, ANALYTICS, NO = (f"1.{answer}.{SECONDS}.fh" for answer in ("a1m1", "a1m0", "a0m0"))
BOTH = Verdict(analytics=True, marketing=True, explicit=True)
OPTANON = (
    "interactionCount=1&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A{ads}%2CC0005%3A{social}"
    "&AwaitingReconsent=false"
)


def ask(cookie: str = "", policy: Policy = POLICY, /, **headers: str) -> Verdict:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return gate.verdict(make_hit(headers=headers | {"cookie": cookie}), policy)


@pytest.mark.parametrize(
    ("cookie", "headers", "expected"),
    [
        ("", {}, (False, False)),
        (f"fh_consent={YES}", {}, (True, True)),
        (f"fh_consent={ANALYTICS}", {}, (True, False)),
        (f"fh_consent={NO}", {}, (False, False)),
        (f"fh_consent={YES}", {"sec_gpc": "1"}, (True, False)),
        (f"fh_consent={YES}", {"sec_gpc": "0"}, (True, True)),
        (f"fh_consent={YES}; fh_consent={NO}", {}, (False, False)),
        (f"fh_consent={NO}; fh_consent={YES}", {}, (False, False)),
        (f"fh_consent={YES}; fh_consent={YES}", {}, (True, True)),
        (f"fh_consent={YES}; OptanonConsent=garbage", {}, (False, False)),
        (f"fh_consent={YES}; OptanonConsent=" + OPTANON.format(ads=0, social=1), {}, (True, False)),
        (f"fh_consent={YES}; OptanonAlertBoxClosed=garbage", {}, (True, True)),
        (f"fh_consent={YES}{'x' * 9000}", {}, (False, False)),
        ("theme=dark; _ga=1", {}, (False, False)),
    ],
)
def test_cookies_and_headers(
    cookie: str, headers: dict[str, str], expected: tuple[bool, bool]
) -> None:
    verdict = ask(cookie, POLICY, **headers)
    assert (verdict.analytics, verdict.marketing) == expected
    assert verdict == ask(cookie, POLICY, **headers)


def test_nothing_said_is_what_the_policy_says() -> None:
    assert ask() == Verdict(analytics=False, marketing=False, explicit=False, silent=True)
    allowing = Verdict(analytics=True, marketing=True, explicit=False, silent=True)
    assert ask("", ALLOWING) == allowing
    assert not ask("", ALLOWING, sec_gpc="1").marketing


def test_dnt_where_it_is_honoured() -> None:
    assert ask(f"fh_consent={YES}", dnt="1").marketing
    assert not ask(f"fh_consent={YES}", Policy(honour_dnt=True), dnt="1").marketing


def test_a_cached_yes_ages_all_the_same() -> None:
    hit = make_hit(headers={"cookie": f"fh_consent={YES}"})
    assert gate.verdict(hit, POLICY).marketing
    assert not gate.verdict(replace(hit, at=NOW + 180 * 86_400_000), POLICY).marketing


def test_long_values_do_not_fill_the_cache() -> None:
    gate._heard.cache_clear()
    ask(f"fh_consent={YES}")
    ask(f"fh_consent={YES}{'x' * 9000}")
    assert gate._heard.cache_info().currsize == 1


def test_problems_are_told_without_a_value() -> None:
    verdict = ask("fh_consent=canary; OptanonConsent=canary", sec_gpc="canary")
    assert verdict.problems == (
        "firsthand_cookie:malformed", "onetrust:malformed", "gpc:other_value",
    )  # fmt: skip
    assert "canary" not in repr(verdict)


def test_a_source_that_fails_closes_the_gate() -> None:
    def fail(_values: object, _policy: object) -> None:
        raise RuntimeError

    source = Source("acme", fail, cookies=("acme_*",))
    said = gate._ask(source, {"acme_1": ("x",)}, source.cookies, POLICY)
    assert said == Statement("acme", error=Fault.FAULT)
    assert gate._ask(source, {"other": ("x",)}, source.cookies, POLICY) is None


class Explosive(str):
    """A value on which every question raises but the one by which caches find it."""

    __slots__ = ()

    def _fail(self, *_: object) -> Never:
        raise RuntimeError("canary")

    __len__ = __eq__ = __contains__ = __iter__ = __getitem__ = __lt__ = _fail
    startswith = split = partition = strip = encode = lower = replace = isascii = _fail

    def __hash__(self) -> int:
        return 7


class Faulty(dict[str, Groups]):
    """Groups that cannot be looked up: whatever a platform's cookie says, its source fails."""

    def get(self, *_: object) -> Never:
        raise RuntimeError("canary")


def _carrying(source: Source, text: str) -> Hit:
    """Return a hit with a whole yes, and ``text`` wherever ``source`` reads."""
    told: dict[str, tuple[str, ...]] = {name.replace("*", "1"): (text,) for name in source.cookies}
    hit = make_hit(headers=dict.fromkeys(source.headers, text))
    return replace(hit, cookies={**told, "fh_consent": (text if "fh_consent" in told else YES,)})


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_a_fault_anywhere_in_a_source_withholds(source: Source) -> None:
    hit = _carrying(source, Explosive("x"))
    assert ask(f"fh_consent={YES}").marketing
    if source.cookies or source.headers:
        found = gate.verdict(hit, POLICY)
        assert (found.analytics, found.marketing, found.explicit) == (False, False, False)
        assert found.problems
    signals = dict.fromkeys(source.signals, Explosive("x"))
    if signals:
        found = gate.restrict(BOTH, signals, POLICY)
        assert (found.analytics, found.marketing, found.explicit) == (False, False, False)
        assert found.problems
        assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "source", [each for each in SOURCES if each.groups is not None], ids=lambda each: each.key
)
def test_a_fault_of_a_platforms_source_closes_the_gate_and_is_named(source: Source) -> None:
    found = gate.verdict(_carrying(source, "1"), Policy(groups=Faulty()))
    assert not found.marketing
    assert not found.analytics
    assert found.problems


def test_a_fault_of_the_gate_itself_withholds() -> None:
    faulty: Any = None
    assert gate.verdict(make_hit(headers={"cookie": f"fh_consent={YES}"}), faulty) == gate.CLOSED
    found = gate.restrict(BOTH, faulty, POLICY)
    assert not found.analytics
    assert not found.marketing
    assert found.problems == gate.CLOSED.problems
    assert gate.allows(found, META) is Reason.CONSENT


def test_prefixed_names_reach_their_source() -> None:
    def read(values: object, _policy: object) -> Statement:
        assert values == {"acme_1": ("x",), "acme_2": ("y",)}
        return Statement("acme", Say.GRANTED)

    source = Source("acme", read, cookies=("acme_*",))
    values = {"acme_1": ("x",), "acme_2": ("y",), "b": ("z",)}
    assert gate._ask(source, values, source.cookies, POLICY) == Statement("acme", Say.GRANTED)


# Google Consent Mode, the community's decoding (read 2026-11-20).
@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({}, (True, True)),
        ({"npa": "1", "dma": "1"}, (True, True)),
        ({"gcs": "G111"}, (True, True)),
        ({"gcs": "G100", "gcd": "13p3p3p2p5l1"}, (False, False)),
        ({"gcs": "G101"}, (True, False)),
        ({"gcs": "G110"}, (False, True)),
        ({"gcd": "13l3l3l3l1l1"}, (True, True)),
        ({"gcd": "13r3r3r2u5l1"}, (True, True)),
        ({"gcd": "13r3r3u3r5l1"}, (True, False)),
        ({"gcs": "G111", "gcd": "garbage"}, (False, False)),
    ],
)
def test_a_beacons_own_parameters_only_restrict(
    signals: dict[str, str], expected: tuple[bool, bool]
) -> None:
    found = gate.restrict(BOTH, signals, POLICY)
    assert (found.analytics, found.marketing) == expected
    assert found.explicit is any(expected)
    nothing = Verdict(analytics=False, marketing=False, explicit=False, sources=("x: y",))
    kept = gate.restrict(nothing, signals, POLICY)
    assert {kept.analytics, kept.marketing, kept.explicit} == {False}
    assert kept.sources[:1] == ("x: y",)


def test_a_source_of_cookies_may_read_signals_too() -> None:
    def read(values: object, _policy: object) -> Statement:
        assert values == {"acme": ("x",)}
        return Statement("acme", Say.GRANTED)

    source = Source("acme", read, cookies=("acme_c",), signals=("acme",))
    values = {"acme_c": ("y",), "acme": ("x",)}
    assert gate._ask(source, values, source.signals, POLICY) == Statement("acme", Say.GRANTED)


def test_a_beacons_own_strings_refuse_single_vendors() -> None:
    before = replace(BOTH, without=("x",))
    found = gate.restrict(before, {"gdpr_consent": tc(), "addtl_consent": "1~7"}, POLICY)
    assert (found.analytics, found.marketing) == (True, True)
    assert set(found.without) == {"x", "linkedin", "microsoft", "tiktok", "meta"}
    assert gate.allows(found, GA4) is Reason.NONE
    assert gate.allows(found, META) is Reason.CONSENT


def test_a_beacons_own_strings_are_read_by_the_sites_policy() -> None:
    found = gate.restrict(BOTH, {"gdpr_consent": tc()}, Policy(tcf_ids={"meta": 7, "tiktok": 755}))
    assert set(found.without) == {"linkedin", "microsoft", "meta"}


def test_long_signals_do_not_fill_the_cache() -> None:
    gate._signalled.cache_clear()
    assert not gate.restrict(BOTH, {"gpp": "x" * 9000}, POLICY).marketing
    assert gate._signalled.cache_info().currsize == 0


def test_a_tc_string_grants_vendor_by_vendor() -> None:
    found = ask(f"euconsent-v2={tc()}")
    assert (found.analytics, found.marketing, found.explicit) == (True, True, True)
    assert found.without == ("linkedin", "microsoft", "tiktok")
    assert found.sources == (
        "tcf: analytics granted, marketing granted, without linkedin microsoft tiktok",
    )
    later = gate.verdict(
        make_hit(headers={"cookie": f"euconsent-v2={tc()}"}, at=NOW + 180 * 86_400_000), POLICY
    )
    assert (later.analytics, later.marketing, later.problems) == (False, False, ("tcf:expired",))


# 11 CCR 7025: allowed until refused (read 2026-11-20). A yes that only GPP or USP tells is implied.
@pytest.mark.parametrize(
    ("cookie", "marketing"),
    [
        ("__gpp=DBABL~CVQqAAAAAACA.Q; __gpp_sid=7", True),
        ("__gpp=DBABL~CVQVAAAAAACA.Y; __gpp_sid=7", False),
        ("__gpp=DBABL~CVQqAAAAAACA.Y; __gpp_sid=7", False),
        ("__gpp=rubbish; usprivacy=1YNN", False),
        ("usprivacy=1YNN", True),
        ("usprivacy=1YYN", False),
    ],
)
def test_us_strings_where_silence_is_no_refusal(cookie: str, *, marketing: bool) -> None:
    found = ask(cookie, Policy(rule_set=RuleSet.OPTOUT))
    assert (found.marketing, found.explicit) == (marketing, False)
    assert not ask(cookie).marketing


def test_the_authority_does_not_silence_opt_outs() -> None:
    policy = Policy(rule_set=RuleSet.OPTOUT, authority="firsthand_cookie")
    for cookie in ("__gpp=DBABL~CVQVAAAAAACA.Y", "usprivacy=1YYN"):
        assert not ask(f"fh_consent={YES}; {cookie}", policy).marketing
    nobody = tc(purposes=(), vendors=vendors())
    assert ask(f"fh_consent={YES}; euconsent-v2={nobody}", policy).marketing


def test_a_restriction_says_who_made_it() -> None:
    found = gate.restrict(BOTH, {"gcs": "G1"}, POLICY)
    assert found.problems == ("consent_mode:malformed",)
    assert found.sources == ("consent_mode: analytics unknown, marketing unknown; malformed",)


@given(
    analytics=st.booleans(),
    marketing=st.booleans(),
    gcs=st.text(max_size=20),
    gcd=st.text(max_size=20),
)
def test_no_signal_raises_anything(*, analytics: bool, marketing: bool, gcs: str, gcd: str) -> None:
    before = Verdict(analytics=analytics, marketing=marketing, explicit=True)
    after = gate.restrict(before, {"gcs": gcs, "gcd": gcd}, POLICY)
    assert after.analytics <= analytics
    assert after.marketing <= marketing


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=4))
def test_no_text_is_a_yes(consent: str, optanon: str, gpc: str) -> None:
    hit = make_hit(headers={"sec-gpc": gpc})
    hit = replace(hit, cookies={"fh_consent": (consent,), "OptanonConsent": (optanon,)})
    assert not gate.verdict(hit, POLICY).marketing


@pytest.mark.parametrize(
    ("analytics", "marketing", "ga4", "meta"),
    [
        (False, False, Reason.CONSENT, Reason.CONSENT),
        (True, False, Reason.AGGREGATE_ONLY, Reason.CONSENT),
        (False, True, Reason.CONSENT, Reason.NONE),
        (True, True, Reason.NONE, Reason.NONE),
    ],
)
def test_what_each_vendor_needs(
    *, analytics: bool, marketing: bool, ga4: Reason, meta: Reason
) -> None:
    found = Verdict(analytics=analytics, marketing=marketing, explicit=True)
    assert (gate.allows(found, GA4), gate.allows(found, META)) == (ga4, meta)
    assert gate.may_load(found, GA4) is analytics
    assert gate.may_load(found, META) is marketing
    for vendor, reason in ((GA4, ga4), (META, meta)):
        all_or_none = frozenset(Kind) if reason is Reason.NONE else frozenset()
        assert gate.kinds(found, vendor) == all_or_none


def test_a_refused_social_vendor_is_out_though_marketing_is_in() -> None:
    found = ask("OptanonConsent=" + OPTANON.format(ads=1, social=0))
    assert found.marketing
    assert gate.allows(found, META) is Reason.CONSENT
    assert not gate.may_load(found, META)
    assert gate.allows(found, GA4) is Reason.NONE


def test_strip_keeps_the_allowed_kinds() -> None:
    kinds = {"a": Kind.COMMERCE, "b": Kind.CONTACT, "c": Kind.TECHNICAL}
    fields: Fields = {"a": 1, "b": "x", "c": True}
    kept = gate.strip(fields, kinds.__getitem__, frozenset({Kind.COMMERCE, Kind.TECHNICAL}))
    assert kept == {"a": 1, "c": True}
    assert gate.strip(fields, kinds.__getitem__, frozenset()) == {}


def test_all_names_that_consent_is_read_from() -> None:
    names = gate.consent_cookie_names(POLICY)
    assert {"fh_consent", "OptanonConsent", "OptanonAlertBoxClosed"} <= set(names)
    assert len(names) == len(set(names))
    assert {"sec-gpc", "dnt"} <= set(gate.HEADERS)


def test_the_sources_are_found_by_their_files() -> None:
    assert discover() == SOURCES
    [folder] = firsthand.rules.consent.sources.__path__
    files = sorted(path.stem for path in Path(folder).glob("[!_]*.py"))
    assert [source.key for source in SOURCES] == files
