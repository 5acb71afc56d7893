from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.sources.onetrust import SOURCE
from firsthand.rules.consent.statement import Fault, Say, Statement
from tests.rules.consent.sources.examples import Examples

GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED
CLOSED = "2026-11-02T10:00:00.000Z"
CLOSED_MS = 1_793_613_600_000


def cookie(groups: str = "C0001:1,C0002:1,C0003:0,C0004:0", **fields: str) -> str:
    """Write the cookie as OneTrust's script does (version 202610, its field order)."""
    told = {
        "isGpcEnabled": "0",
        "datestamp": "Tue+Nov+24+2026+09%3A00%3A00+GMT%2B0100",
        "version": "202610.1.0",
        "browserGpcFlag": "0",
        "isIABGlobal": "false",
        "hosts": "",
        "consentId": "11111111-2222-3333-4444-555555555555",
        "interactionCount": "1",
        "isAnonUser": "1",
        "landingPath": "NotLandingPage",
        "groups": quote(groups, safe=""),
        "intType": "3",
        "geolocation": "DE%3BBE",
        "AwaitingReconsent": "false",
    } | fields
    return "&".join(f"{name}={value}" for name, value in told.items() if value != "-")


EXAMPLES = Examples(
    granted=f"OptanonAlertBoxClosed={CLOSED}; OptanonConsent="
    + cookie("C0001:1,C0002:1,C0003:1,C0004:1"),
    denied="OptanonConsent=" + cookie("C0001:1,C0002:0,C0003:0,C0004:0"),
    analytics="OptanonConsent=" + cookie(),
)


def read(*copies: str, closed: tuple[str, ...] = (), policy: Policy | None = None) -> Statement:
    said = SOURCE.read(
        {"OptanonConsent": copies, "OptanonAlertBoxClosed": closed}, policy or Policy()
    )
    assert said is not None
    return said


def says(said: Statement) -> tuple[Say, Say]:
    return said.analytics, said.marketing


# OneTrust's cookie documentation (read 2026-11-20); group lists as seen on sites.
@pytest.mark.parametrize(
    ("groups", "expected", "social"),
    [
        ("C0001:1,C0002:1,C0003:0,C0004:0", (GRANTED, DENIED), UNKNOWN),
        ("C0001:1,C0002:1,C0003:1,C0004:1,C0005:1", (GRANTED, GRANTED), GRANTED),
        ("C0004:1,C0002:0,C0005:0,C0001:1", (DENIED, GRANTED), DENIED),
        ("C0001:1,C0002:0,C0003:0,C0004:0", (DENIED, DENIED), UNKNOWN),
        ("C0001:1", (UNKNOWN, UNKNOWN), UNKNOWN),
        ("1:1,2:1,3:1,4:1", (UNKNOWN, UNKNOWN), UNKNOWN),
        ("C0001:1,C0002:1,V2STACK42:1,BG36:1,gad:1", (GRANTED, UNKNOWN), UNKNOWN),
        ("C0002:1,C0002:0,C0004:0,C0004:1", (DENIED, DENIED), UNKNOWN),
        ("", (UNKNOWN, UNKNOWN), UNKNOWN),
    ],
)
def test_groups(groups: str, expected: tuple[Say, Say], social: Say) -> None:
    said = read(cookie(groups))
    assert (says(said), said.social, said.error) == (expected, social, None)
    assert said.explicit


def test_the_time_is_that_of_the_answer() -> None:
    said = read(cookie(), closed=(CLOSED,))
    assert said == Statement(
        "onetrust", GRANTED, DENIED, explicit=True, decided_at=CLOSED_MS, yields=True
    )
    assert read(cookie(), closed=(quote(CLOSED, safe=""),)).decided_at == CLOSED_MS
    assert read(cookie(), closed=("2026-11-02T10:00:00Z", CLOSED)).decided_at == CLOSED_MS
    older = "2025-11-02T10:00:00.000Z"
    assert read(cookie(), closed=(CLOSED, older)).decided_at == CLOSED_MS - 365 * 86_400_000
    assert read(cookie()).decided_at is None


ALL = "C0001:1,C0002:1,C0003:1,C0004:1"


@pytest.mark.parametrize(
    ("fields", "closed", "explicit"),
    [
        ({"interactionCount": "0", "AwaitingReconsent": "-"}, (), False),
        ({"interactionCount": "0"}, (), False),
        ({"interactionCount": "-"}, (), False),
        ({"interactionCount": "-"}, (CLOSED,), True),
        ({"interactionCount": "0"}, (CLOSED,), True),
        ({"interactionCount": "12"}, (), True),
    ],
)
def test_only_an_answer_is_explicit(
    fields: dict[str, str], closed: tuple[str, ...], *, explicit: bool
) -> None:
    said = read(cookie(ALL, **fields), closed=closed)
    assert (said.explicit, says(said), said.error) == (explicit, (GRANTED, GRANTED), None)


def test_gpc_that_the_platform_saw_refuses_marketing() -> None:
    assert says(read(cookie(ALL, isGpcEnabled="1", browserGpcFlag="1"))) == (GRANTED, DENIED)
    assert says(read(cookie(ALL, isGpcEnabled="1"))) == (GRANTED, GRANTED)


def test_a_pending_question_takes_the_yes_back() -> None:
    said = read(cookie("C0002:1,C0004:0", AwaitingReconsent="true"))
    assert (says(said), said.notes) == ((UNKNOWN, DENIED), ("reconsent",))


def test_a_tenants_own_groups() -> None:
    own = Groups(analytics=("2", "BG36"), marketing=("4",), social=("5",))
    policy = Policy(groups={"onetrust": own})
    assert says(read(cookie("1:1,2:1,BG36:1,4:1"), policy=policy)) == (GRANTED, GRANTED)
    assert says(read(cookie("1:1,2:1,BG36:0,4:1"), policy=policy)) == (DENIED, GRANTED)
    assert says(read(cookie("1:1,2:1,4:1"), policy=policy)) == (UNKNOWN, GRANTED)
    assert read(cookie("4:1,5:0"), policy=policy).social is DENIED
    nothing = Policy(groups={"onetrust": Groups()})
    assert says(read(cookie(ALL), policy=nothing)) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    "value",
    [
        quote(cookie(), safe=""),
        cookie().replace("%", "%25"),
        cookie("").replace("groups=", "groups=C0001:1,C0002:1,C0003:0,C0004:0"),
    ],
)
def test_encoded_once_more_or_less_it_says_the_same(value: str) -> None:
    assert read(value) == read(cookie())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "garbage",
        "true",
        '{"groups":"C0002:1,C0004:1"}',
        cookie("C0002:1,C0004:"),
        cookie("C0002:1,C0004:1,"),
        cookie("C0002:1,C0004:2"),
        cookie("C0002:1 C0004:1"),
        cookie("C0002=1,C0004=1"),
        cookie("C0002:true"),
        cookie(ALL).replace("groups=", "hosts2="),
        cookie(ALL, AwaitingReconsent="-"),
        cookie(ALL, AwaitingReconsent="fals"),
        cookie(ALL, AwaitingReconsent=""),
        cookie(ALL, interactionCount="many"),
        cookie(ALL) + "&groups=C0004%3A1",
        cookie(ALL) + "&AwaitingReconsent=false",
        cookie(ALL).replace("groups", "Groups"),
        cookie(ALL).replace("C0002", "c0002\0"),
        quote(cookie().replace("%", "%25"), safe=""),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert read(value) == Statement("onetrust", error=Fault.MALFORMED, yields=True)


@pytest.mark.parametrize("closed", ["", "yes", "2026-11-02", "2026-13-02T10:00:00Z", "1793613600"])
def test_a_broken_time_is_an_error(closed: str) -> None:
    assert read(cookie(), closed=(CLOSED, closed)).error is Fault.MALFORMED


def test_of_several_copies_the_most_protective_holds() -> None:
    said = read(cookie(ALL), cookie("C0002:1,C0004:0"), closed=(CLOSED,))
    assert (says(said), said.notes) == ((GRANTED, DENIED), ("duplicate",))
    assert read(cookie(ALL), "garbage").error is Fault.MALFORMED
    assert not read(cookie(ALL), cookie(ALL, interactionCount="0")).explicit
    assert read("x" * 9000).error is Fault.OVERSIZED


def test_without_the_consent_cookie_nothing_is_said() -> None:
    assert SOURCE.read({"OptanonAlertBoxClosed": (CLOSED,)}, Policy()) is None


def _weight(say: Say) -> int:
    return [DENIED, UNKNOWN, GRANTED].index(say)


REFUSALS = [
    cookie(),
    cookie("C0001:1,C0002:1,C0004:1,C0005:0"),
    cookie(ALL, AwaitingReconsent="true"),
    cookie(ALL, isGpcEnabled="1", browserGpcFlag="1"),
]


@pytest.mark.parametrize("value", REFUSALS)
def test_no_cut_of_a_cookie_grants_more(value: str) -> None:
    whole = read(value)
    for end in range(len(value)):
        said = read(value[:end])
        assert said.error or (said.explicit and _not_more(said, whole)), value[:end]


def _not_more(said: Statement, whole: Statement) -> bool:
    granted = [(said.analytics, whole.analytics), (said.marketing, whole.marketing)]
    no_more = all(one is not GRANTED or other is GRANTED for one, other in granted)
    return no_more and (whole.social is not DENIED or said.social is DENIED)


@given(st.sampled_from(REFUSALS), st.text(max_size=200))
def test_a_copy_beside_a_refusal_lifts_nothing(refusal: str, other: str) -> None:
    alone, both = read(refusal), read(refusal, other)
    assert _not_more(both, alone)
    assert _weight(both.marketing) <= _weight(alone.marketing) or both.error


@given(st.text(max_size=200))
def test_no_text_raises_or_is_an_explicit_yes(text: str) -> None:
    said = read(text)
    assert GRANTED not in says(said)
