import json
from collections.abc import Mapping, Sequence

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
    ask,
    encoded,
    is_broken,
    says,
)

ENDS = 1_811_239_200_000  # 2027-05-25T10:00:00Z
NAME = "borlabs-cookie="
EVERY = {"essential": ["borlabs-cookie"], "statistics": ["ga4"], "marketing": ["meta-pixel"]}


def plain(consents: object, **given: object) -> str:
    told = {
        "consents": consents,
        "domainPath": "shop.example.com/",
        "expires": "Tue, 25 May 2027 10:00:00 GMT",
        "uid": "anonymous",
        "v3": True,
        "version": 1,
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(**more: Sequence[str]) -> str:
    consents: Mapping[str, Sequence[str]] = {"essential": ["borlabs-cookie"], **more}
    return NAME + encoded(plain(consents))


EXAMPLES = Examples(
    granted=cookie(statistics=["ga4"], marketing=["meta-pixel"]),
    denied=cookie(statistics=[], marketing=[]),
    analytics=cookie(statistics=["ga4"], marketing=[]),
)


# Borlabs's knowledge base, read 2026-11-20; cookies seen in public code of sites.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (cookie(), NEITHER),
        (NAME + encoded(EXAMPLES.granted.removeprefix(NAME)), BOTH),
        (NAME + encoded(plain(EVERY, version="1")), BOTH),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("borlabs", header)
    assert (says(said), said.explicit, said.error) == (expected, True, None)
    assert said.expires_at == ENDS


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        plain(["marketing"]),
        plain({"marketing": True}),
        plain({"marketing": "meta-pixel"}),
        plain({"marketing": [1]}),
        plain(EVERY, expires="2027-05-25"),
        plain(EVERY, expires=None),
        plain(EVERY, expires="Tue, 99 May 2027 10:00:00 GMT"),
        plain(EVERY)[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("borlabs", NAME + encoded(value)))
    assert ask("borlabs", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_a_service_in_place_of_its_group() -> None:
    own = Groups(analytics=("statistics",), marketing=("marketing/meta-pixel", "marketing/tiktok"))
    both = cookie(statistics=["ga4"], marketing=["meta-pixel", "tiktok"])
    assert says(ask("borlabs", both, own)) == BOTH
    assert says(ask("borlabs", EXAMPLES.granted, own)) == ANALYTICS


@pytest.mark.parametrize(
    ("version", "known"), [(2, True), ("2", True), (1, False), ("1", False), (None, False)]
)
def test_a_consent_to_an_older_text_counts_as_none(version: object, *, known: bool) -> None:
    newer = Groups(analytics=("statistics",), marketing=("marketing",), version=2)
    said = ask("borlabs", NAME + encoded(plain(EVERY, version=version)), newer)
    assert says(said) == (BOTH if known else NOTHING)
    refused = ask("borlabs", NAME + encoded(plain({}, version=version)), newer)
    assert says(refused) == (Say.DENIED, Say.DENIED)


def test_vendors_one_by_one() -> None:
    asked = Groups(
        analytics=("statistics",),
        marketing=("marketing",),
        vendors={"meta": ("marketing/meta-pixel",), "tiktok": ("marketing/tiktok",)},
    )
    said = ask("borlabs", EXAMPLES.granted, asked)
    assert (says(said), said.without) == (BOTH, ("tiktok",))
    both = cookie(statistics=["ga4"], marketing=["meta-pixel", "tiktok"])
    assert ask("borlabs", both, asked).without == ()
    assert ask("borlabs", EXAMPLES.denied, asked).without == ("meta", "tiktok")
