import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    answer,
    ask,
    is_broken,
    says,
)


def cookies(statistics: str, marketing: str, status: str = "dismissed") -> str:
    return (
        f"cmplz_consented_services=; cmplz_policy_id=28; cmplz_marketing={marketing}; "
        f"cmplz_statistics={statistics}; cmplz_preferences=deny; cmplz_functional=allow; "
        f"cmplz_banner-status={status}"
    )


EXAMPLES = Examples(
    granted=cookies("allow", "allow"),
    denied=cookies("deny", "deny"),
    analytics=cookies("allow", "deny"),
)


# Cookies seen in public code of sites, 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (cookies("allow", "allow", "show"), BOTH, False),
        ("cmplz_statistics=allow; cmplz_marketing=allow", BOTH, False),
        (EXAMPLES.granted + "; cmplz_consenttype=optin", BOTH, True),
        (EXAMPLES.granted + "; cmplz_consenttype=optout", BOTH, False),
        ("cmplz_banner-status=dismissed; cmplz_statistics-anonymous=allow", NOTHING, True),
        (EXAMPLES.granted + "; cmplz_marketing=deny", ANALYTICS, True),
        (EXAMPLES.granted + "; cmplz_banner-status=show", BOTH, False),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("complianz", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


@pytest.mark.parametrize(
    "header",
    [
        "cmplz_marketing=",
        "cmplz_marketing=true",
        "cmplz_marketing=Allow",
        "cmplz_marketing=%61llow",
        f"cmplz_marketing={OVERSIZED}",
        EXAMPLES.granted + "; cmplz_functional=1",
        EXAMPLES.granted + "; cmplz_banner-status=closed",
        EXAMPLES.granted + "; cmplz_consenttype=other",
    ],
)
def test_what_cannot_be_read_is_an_error(header: str) -> None:
    assert is_broken(ask("complianz", header))
    many = "; ".join(["cmplz_marketing=allow"] * 17)
    assert is_broken(ask("complianz", many), Fault.COPIES)


def test_the_banner_alone_says_nothing() -> None:
    assert answer("complianz", "cmplz_banner-status=dismissed; cmplz_policy_id=28") is None


@pytest.mark.parametrize(
    ("more", "known"), [("", True), ("; cmplz_policy_id=27", False), ("; cmplz_policy_id=x", False)]
)
def test_a_consent_to_an_older_text_counts_as_none(more: str, *, known: bool) -> None:
    newer = Groups(analytics=("statistics",), marketing=("marketing",), version=28)
    assert says(ask("complianz", EXAMPLES.granted + more, newer)) == (BOTH if known else NOTHING)
