import json

import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    DAY_MS,
    DECIDED,
    DECIDED_ISO,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

NAME = "cc_cookie="
ENDS = DECIDED + 182 * DAY_MS


def plain(categories: object, **given: object) -> str:
    told = {
        "categories": categories,
        "revision": 0,
        "data": None,
        "consentTimestamp": "2026-10-02T10:00:00.000Z",
        "consentId": "11111111-2222-3333-4444-555555555555",
        "services": {"analytics": ["ga4"], "marketing": ["meta"], "necessary": []},
        "languageCode": "en",
        "lastConsentTimestamp": DECIDED_ISO,
        "expirationTime": ENDS,
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(*categories: str) -> str:
    return NAME + encoded(plain(["necessary", *categories]))


EXAMPLES = Examples(
    granted=cookie("analytics", "marketing"), denied=cookie(), analytics=cookie("analytics")
)
EVERY = ["necessary", "analytics", "marketing"]


# Its source code and documentation (orestbida/cookieconsent 3), read 2026-11-20.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (cookie("marketing"), (Say.DENIED, Say.GRANTED)),
        (NAME + plain(EVERY), BOTH),
        (NAME + encoded(encoded(plain(EVERY))), BOTH),
        (NAME + encoded(plain([])), NEITHER),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("orestbida", header)
    assert (says(said), said.explicit, said.error) == (expected, True, None)
    assert (said.decided_at, said.expires_at) == (DECIDED, ENDS)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        plain("marketing"),
        plain({"marketing": True}),
        plain([["marketing"]]),
        plain(None),
        plain(EVERY, lastConsentTimestamp="now"),
        plain(EVERY, lastConsentTimestamp=DECIDED),
        plain(EVERY, expirationTime="never"),
        plain(EVERY, expirationTime=None),
        plain(EVERY, expirationTime=True),
        plain(EVERY, services=["ga4"]),
        plain(EVERY, services={"marketing": "meta"}),
        plain(EVERY)[:-1],
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("orestbida", NAME + encoded(value)))
    assert ask("orestbida", NAME + OVERSIZED).error is Fault.OVERSIZED


def test_a_sites_own_names() -> None:
    own = Groups(analytics=("statistics",), marketing=("ads",))
    assert says(ask("orestbida", cookie("statistics", "ads"), own)) == BOTH
    assert says(ask("orestbida", EXAMPLES.granted, own)) == NEITHER


def test_a_service_in_place_of_its_category() -> None:
    own = Groups(analytics=("analytics",), marketing=("marketing/meta",))
    assert says(ask("orestbida", EXAMPLES.granted, own)) == BOTH
    assert says(ask("orestbida", EXAMPLES.analytics, own)) == ANALYTICS
    other = Groups(analytics=("analytics",), marketing=("marketing/tiktok",))
    assert says(ask("orestbida", EXAMPLES.granted, other)) == ANALYTICS


@pytest.mark.parametrize(("revision", "known"), [(2, True), (1, False), ("2", False)])
def test_a_consent_to_an_older_text_counts_as_none(revision: object, *, known: bool) -> None:
    newer = Groups(analytics=("analytics",), marketing=("marketing",), version=2)
    said = ask("orestbida", NAME + encoded(plain(EVERY, revision=revision)), newer)
    assert says(said) == (BOTH if known else NOTHING)


def test_vendors_one_by_one() -> None:
    asked = Groups(
        analytics=("analytics",),
        marketing=("marketing",),
        vendors={"meta": ("marketing/meta",), "tiktok": ("marketing/tiktok",)},
    )
    said = ask("orestbida", EXAMPLES.granted, asked)
    assert (says(said), said.without) == (BOTH, ("tiktok",))
    services = {"analytics": ["ga4"], "marketing": ["meta", "tiktok"]}
    both = NAME + encoded(plain(EVERY, services=services))
    assert ask("orestbida", both, asked).without == ()
    assert ask("orestbida", EXAMPLES.denied, asked).without == ("meta", "tiktok")
