import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
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

AUDIENCE = ["cookies", "measure_content_performance"]
ADS = ["create_ads_profile", "select_personalized_ads", "measure_ad_performance"]


def token(enabled: list[str], disabled: list[str], **more: object) -> str:
    told = {
        "user_id": "01900000-1111-2222-3333-444444444444",
        "created": DECIDED_ISO,
        "updated": DECIDED_ISO,
        "vendors": {"enabled": ["google"], "disabled": ["facebook"]},
        "purposes": {"enabled": enabled, "disabled": disabled},
        "version": 2,
    } | more
    return json.dumps(told, separators=(",", ":"))


def cookie(text: str) -> str:
    return "didomi_token=" + b64encode(text.encode()).decode()


EXAMPLES = Examples(
    granted=cookie(token(AUDIENCE + ADS, [])),
    denied=cookie(token([], AUDIENCE + ADS)),
    analytics=cookie(token(AUDIENCE, ADS)),
)
ALL = token(AUDIENCE + ADS, [])


# The names that Didomi gives to the framework's purposes: its developer pages, read 2026-11-24.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (EXAMPLES.granted.rstrip("="), BOTH, True),
        ("didomi_token=" + urlsafe_b64encode(ALL.encode()).decode(), BOTH, True),
        (cookie(token([], [])), NOTHING, False),
        (cookie(token([], [], purposes={})), NOTHING, False),
        (cookie(token(AUDIENCE, [])), (Say.GRANTED, Say.UNKNOWN), True),
        (cookie(token(AUDIENCE + ADS, ["cookies"])), NEITHER, True),
        (cookie(token(["analytics"], ["ads"])), NOTHING, True),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("didomi", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_percent_encoded_once_or_twice_it_says_the_same() -> None:
    value = EXAMPLES.granted.removeprefix("didomi_token=")
    for wrapped in (encoded(value), encoded(encoded(value))):
        assert says(ask("didomi", f"didomi_token={wrapped}")) == BOTH


def test_the_time_is_that_of_the_last_answer() -> None:
    assert ask("didomi", EXAMPLES.granted).decided_at == DECIDED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MALFORMED),
        ("[]", Fault.MALFORMED),
        ("{", Fault.MALFORMED),
        (ALL + "x", Fault.MALFORMED),
        (token(AUDIENCE, [], updated="yesterday"), Fault.MALFORMED),
        (token(AUDIENCE, [], updated=None), Fault.MALFORMED),
        (token(AUDIENCE, [], purposes=["cookies"]), Fault.MALFORMED),
        (token(AUDIENCE, [], purposes={"enabled": "cookies"}), Fault.MALFORMED),
        (token(AUDIENCE, [], purposes={"enabled": [["cookies"]]}), Fault.MALFORMED),
        (ALL.replace('"purposes"', '"purposes":{},"purposes"'), Fault.MALFORMED),
        (token(AUDIENCE, [], version=3), Fault.VERSION),
        (token(AUDIENCE, [], version=None), Fault.VERSION),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, fault: Fault) -> None:
    assert is_broken(ask("didomi", cookie(text)), fault)


@pytest.mark.parametrize("value", ["", "e30", "!!!!", ALL, "eyJ", "\u00e9\u00e9\u00e9\u00e9"])
def test_what_is_no_token_is_an_error(value: str) -> None:
    assert ask("didomi", f"didomi_token={value}").error
    assert ask("didomi", f"didomi_token={OVERSIZED}").error is Fault.OVERSIZED


def test_a_sites_own_purposes() -> None:
    own = Groups(analytics=("analytics",), marketing=("ads", "social"))
    assert says(ask("didomi", cookie(token(["analytics", "ads", "social"], [])), own)) == BOTH
    assert says(ask("didomi", cookie(token(["analytics", "ads"], ["social"])), own)) == ANALYTICS


@pytest.mark.parametrize(
    ("vendors", "without"),
    [
        ({"enabled": ["facebook", "c:tiktok-AbC12"]}, ()),
        ({"enabled": ["facebook"], "disabled": ["c:tiktok-AbC12"]}, ("tiktok",)),
        ({"disabled": ["facebook", "c:tiktok-AbC12"]}, ("meta", "tiktok")),
        ({"enabled": ["facebook", "c:tiktok-AbC12"], "disabled": ["facebook"]}, ("meta",)),
        ({"enabled": ["facebook"]}, ("tiktok",)),
        ({}, ("meta", "tiktok")),
    ],
)
def test_vendors_one_by_one(vendors: dict[str, list[str]], without: tuple[str, ...]) -> None:
    asked = Groups(
        analytics=("cookies",),
        marketing=("cookies",),
        vendors={"meta": ("vendors/facebook",), "tiktok": ("vendors/c:tiktok-AbC12",)},
    )
    said = ask("didomi", cookie(token(["cookies"], [], vendors=vendors)), asked)
    assert (says(said), said.without) == (BOTH, without)
    assert ask("didomi", cookie(token(["cookies"], [], vendors=vendors))).without == ()


def test_vendors_of_another_shape_are_an_error() -> None:
    for vendors in (["facebook"], {"enabled": "facebook"}, {"enabled": [1]}, None):
        assert is_broken(ask("didomi", cookie(token(AUDIENCE, [], vendors=vendors))))


def test_vendors_without_a_purpose_are_no_answer() -> None:
    said = ask("didomi", cookie(token([], [])))
    assert (says(said), said.explicit) == (NOTHING, False)
