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

OWN = Groups(analytics=("google_analytics",), marketing=("facebook_pixel",))
NAME = "axeptio_cookies="


def plain(*, analytics: object, marketing: object, **given: object) -> str:
    told = {
        "$$token": "zq6e5xgx1upplr1uswx1u",
        "$$date": DECIDED_ISO,
        "$$cookiesVersion": {"name": "shop-en", "identifier": "66548c60786af5884d63e274"},
        "google_analytics": analytics,
        "facebook_pixel": marketing,
        "$$completed": True,
    } | given
    return json.dumps(told, separators=(",", ":"))


def cookie(*, analytics: bool, marketing: bool, **given: object) -> str:
    """Write the cookie as Axeptio's script does: quotes and commas encoded, the rest raw."""
    text = plain(analytics=analytics, marketing=marketing, **given)
    return NAME + text.replace('"', "%22").replace(",", "%2C")


EXAMPLES = Examples(
    granted=cookie(analytics=True, marketing=True),
    denied=cookie(analytics=False, marketing=False),
    analytics=cookie(analytics=True, marketing=False),
    groups=OWN,
)


def mode(**signals: str) -> dict[str, object]:
    told = dict.fromkeys(("analytics_storage", "ad_storage", "ad_user_data"), "granted")
    return {"$$googleConsentMode": {"version": 2, **told, **signals}}


# Axeptio's documentation of its cookies, read 2026-11-20; cookies seen in public code of sites.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (EXAMPLES.granted, BOTH),
        (EXAMPLES.denied, NEITHER),
        (EXAMPLES.analytics, ANALYTICS),
        (NAME + plain(analytics=True, marketing=True), BOTH),
        (NAME + encoded(plain(analytics=True, marketing=True)), BOTH),
        (NAME + encoded(encoded(plain(analytics=True, marketing=True))), BOTH),
        (cookie(analytics=False, marketing=False, **mode()), NEITHER),
        (cookie(analytics=True, marketing=True, **mode()), BOTH),
        (cookie(analytics=True, marketing=True, **mode(ad_user_data="denied")), ANALYTICS),
        (
            cookie(analytics=True, marketing=True, **mode(analytics_storage="denied")),
            (Say.DENIED, Say.GRANTED),
        ),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say]) -> None:
    said = ask("axeptio", header, OWN)
    assert (says(said), said.explicit, said.error) == (expected, True, None)
    assert said.decided_at == DECIDED


def test_an_unanswered_banner_says_nothing() -> None:
    waiting = {"$$completed": False}
    said = ask("axeptio", cookie(analytics=True, marketing=True, **waiting), OWN)
    assert (says(said), said.explicit, said.error) == (NOTHING, False, None)


def test_without_a_map_it_grants_nothing() -> None:
    assert says(ask("axeptio", cookie(analytics=True, marketing=True, **mode()))) == NOTHING


def test_the_cookie_tells_for_how_long_it_holds() -> None:
    said = ask("axeptio", cookie(analytics=True, marketing=True, **{"$$duration": 180}), OWN)
    assert said.expires_at == DECIDED + 180 * DAY_MS


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "true",
        plain(analytics=True, marketing=True)[:-1],
        plain(analytics=True, marketing="true"),
        plain(analytics=True, marketing=1),
        plain(analytics=True, marketing=True, **{"$$completed": "true"}),
        plain(analytics=True, marketing=True, **{"$$completed": None}),
        plain(analytics=True, marketing=True, **{"$$date": "2 November"}),
        plain(analytics=True, marketing=True, **{"$$duration": "180"}),
        plain(analytics=True, marketing=True, **{"$$duration": True}),
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("axeptio", NAME + encoded(value), OWN))
    assert ask("axeptio", NAME + OVERSIZED, OWN).error is Fault.OVERSIZED
