import pytest

from firsthand.rules.consent.policy import Groups
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.sources.examples import (
    ANALYTICS,
    BOTH,
    DECIDED,
    GRANTED,
    NEITHER,
    NOTHING,
    OVERSIZED,
    Examples,
    ask,
    encoded,
    is_broken,
    says,
)

STAMP = "Zx1yQ2bV3nM4kL5jH6gF7dS8aP9oI0uY=="


def plain(*, analytics: bool, marketing: bool, method: str = "explicit", stamp: str = STAMP) -> str:
    words = {True: "true", False: "false"}
    asked = f",method:'{method}'" if method else ""
    return (
        f"{{stamp:'{stamp}',necessary:true,preferences:false,statistics:{words[analytics]},"
        f"marketing:{words[marketing]}{asked},ver:1,utc:{DECIDED},region:'de'}}"
    )


def cookie(*, analytics: bool, marketing: bool) -> str:
    """Write the cookie as Cookiebot's script does: quotes and commas encoded, the rest raw."""
    text = plain(analytics=analytics, marketing=marketing)
    return "CookieConsent=" + text.replace("'", "%27").replace(",", "%2C")


EXAMPLES = Examples(
    granted=cookie(analytics=True, marketing=True),
    denied=cookie(analytics=False, marketing=False),
    analytics=cookie(analytics=True, marketing=False),
)
ALL = plain(analytics=True, marketing=True)


# cookiebot.com/en/developer, read 2026-11-24; forms from cookies seen on sites.
@pytest.mark.parametrize(
    ("header", "expected", "explicit"),
    [
        (EXAMPLES.granted, BOTH, True),
        (EXAMPLES.denied, NEITHER, True),
        (EXAMPLES.analytics, ANALYTICS, True),
        (f"CookieConsent={ALL}", BOTH, True),
        (f"CookieConsent={encoded(ALL)}", BOTH, True),
        (f"CookieConsent={encoded(encoded(ALL))}", BOTH, True),
        (
            "CookieConsent=" + encoded(ALL.replace("'", '"')).replace("stamp", "%22stamp%22"),
            BOTH,
            True,
        ),
        (
            "CookieConsent="
            + encoded(plain(analytics=True, marketing=True, method="implied", stamp="-1")),
            BOTH,
            False,
        ),
        ("CookieConsent=" + plain(analytics=True, marketing=True, method=""), BOTH, False),
        ("CookieConsent=" + plain(analytics=True, marketing=True, stamp="0"), BOTH, False),
        ("CookieConsent=-1", BOTH, False),
        ("CookieConsent=0", NEITHER, False),
        (f"{EXAMPLES.granted}; {EXAMPLES.denied}", NEITHER, True),
        (f"{EXAMPLES.analytics}; {EXAMPLES.granted}", ANALYTICS, True),
    ],
)
def test_cookies(header: str, expected: tuple[Say, Say], *, explicit: bool) -> None:
    said = ask("cookiebot", header)
    assert (says(said), said.explicit, said.error) == (expected, explicit, None)


def test_the_time_is_that_of_the_answer() -> None:
    assert ask("cookiebot", EXAMPLES.granted).decided_at == DECIDED


@pytest.mark.parametrize("value", ["true", "allow", "1", "dismiss"])
def test_a_cookie_of_another_maker_says_nothing(value: str) -> None:
    said = ask("cookiebot", f"CookieConsent={value}")
    assert (says(said), said.error, said.notes) == (NOTHING, None, ("foreign",))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-2",
        "{}",
        "{stamp:'x'}",
        ALL[:-1],
        ALL[1:],
        ALL + "}",
        ALL.replace("marketing:true", "marketing:1"),
        ALL.replace("marketing:true", "marketing:True"),
        ALL.replace("marketing:true", "marketing:true,marketing:true"),
        ALL.replace("marketing:true", "'marketing\":true"),
        ALL.replace("marketing:true", "marketing: true"),
        ALL.replace("stamp", "Stamp"),
        ALL.replace(str(DECIDED), "1793613600"),
        ALL.replace("region:'de'", "region:'d'e'"),
        ALL.replace("region:'de'", "region:(function(){})()"),
        ALL.replace("'", "`"),
        encoded(encoded(encoded(ALL))),
        '{"stamp":"x","statistics":{"a":true},"marketing":true}',
    ],
)
def test_what_cannot_be_read_is_an_error(value: str) -> None:
    assert is_broken(ask("cookiebot", f"CookieConsent={value}"))
    assert ask("cookiebot", f"CookieConsent={OVERSIZED}").error is Fault.OVERSIZED


def test_renamed_groups_and_the_number_of_the_text() -> None:
    own = Groups(analytics=("preferences",), marketing=("marketing", "statistics"))
    assert says(ask("cookiebot", EXAMPLES.granted, own)) == (Say.DENIED, GRANTED)
    newer = Groups(analytics=("statistics",), marketing=("marketing",), version=2)
    said = ask("cookiebot", EXAMPLES.granted, newer)
    assert (says(said), said.notes) == (NOTHING, ("old_text",))
