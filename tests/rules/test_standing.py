"""Who had decided, who had not, and what may be told of the page."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.model import Verdict
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy
from firsthand.rules.standing import Choice, Stand, choice, page_path, source, stand
from tests.factories import make_hit, make_reading
from tests.samples import ANALYTICS_ONLY, GRANTED, NOW, REFUSED

POLICY = Policy()
# Before any click OneTrust writes its groups with interactionCount=0, Cookiebot method 'implied'.
ONETRUST = "OptanonConsent=interactionCount={n}&groups=C0001%3A1%2CC0002%3A{a}%2CC0004%3A{m}"
ANSWERED = "&AwaitingReconsent=false"


def verdict(cookie: str, **headers: str) -> Verdict:
    hit = make_hit(headers={"Cookie": cookie, **headers} if cookie else headers, at=NOW)
    return gate.verdict(hit, POLICY)


@pytest.mark.parametrize(
    ("cookie", "stood", "said"),
    [
        ("", Stand.UNDECIDED, "none"),
        ("other=1", Stand.UNDECIDED, "none"),
        (GRANTED, Stand.GRANTED, "firsthand_cookie"),
        (ANALYTICS_ONLY, Stand.ANALYTICS, "firsthand_cookie"),
        (REFUSED, Stand.REFUSED, "firsthand_cookie"),
        ("fh_consent=rubbish", Stand.UNREADABLE, "firsthand_cookie"),
        (ONETRUST.format(n=0, a=0, m=0), Stand.UNDECIDED, "onetrust"),
        (ONETRUST.format(n=0, a=1, m=1), Stand.UNDECIDED, "onetrust"),
        (ONETRUST.format(n=1, a=0, m=0) + ANSWERED, Stand.REFUSED, "onetrust"),
        (ONETRUST.format(n=1, a=1, m=1) + ANSWERED, Stand.GRANTED, "onetrust"),
        (
            "fh_consent=1.a1m1.1700000000.fh",
            Stand.UNDECIDED,
            "firsthand_cookie",
        ),  # expired
    ],
)
def test_how_a_visitor_stood(cookie: str, stood: Stand, said: str) -> None:
    found = verdict(cookie)
    assert stand(found) is stood
    assert source(found) == said


def test_a_refusal_by_the_browser_is_a_decision() -> None:
    assert stand(verdict("", **{"Sec-GPC": "1"})) is Stand.REFUSED


def test_an_implied_yes_is_told_apart() -> None:
    found = Verdict(analytics=True, marketing=True, explicit=False)
    assert stand(found) is Stand.IMPLIED


def test_many_sources_are_several() -> None:
    found = Verdict(analytics=False, marketing=False, explicit=False)
    assert source(replace(found, sources=("tcf: x", "gpc: y", "tcf: z"))) == "gpc+tcf"
    assert source(replace(found, sources=("a: x", "b: x", "c: x"))) == "several"


def test_the_page_is_told_of_the_undecided_alone() -> None:
    reading = make_reading(page="https://shop.example.com/cart?gclid=x")
    assert choice(verdict(""), reading) == Choice(Stand.UNDECIDED, "none", "/cart")
    assert choice(verdict(REFUSED), reading) == Choice(Stand.REFUSED, "firsthand_cookie")


def test_a_vendor_refused_by_name_is_refused() -> None:
    found = Verdict(analytics=True, marketing=True, explicit=True, without=("meta",))
    assert choice(found, make_reading()).stand is Stand.REFUSED


# Identifiers in paths: hexadecimal of 16 digits, five digits in a row, e-mail, tokens (CNIL's
# conditions for analytics through a proxy, 2022-07-20: nothing that tells visitors apart).
@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://shop.example.com", "/"),
        ("https://shop.example.com/", "/"),
        ("https://shop.example.com/p/enamel-mug?utm_source=x#y", "/p/enamel-mug"),
        ("https://shop.example.com/p/mug-4711", "/p/mug-4711"),
        ("https://shop.example.com/orders/12345", "/orders/:id"),
        ("https://shop.example.com/orders/A12345-B", "/orders/:id"),
        ("https://shop.example.com/u/jane@example.com/x", "/u/:id/x"),
        ("https://shop.example.com/u/jane%40example.com", "/u/:id"),
        ("https://shop.example.com/s/3f0a9c1b2d4e5f60", "/s/:id"),
        ("https://shop.example.com/s/3F0A9C1B-2D4E-5F60-AAAA-BBBBCCCCDDDD", "/s/:id"),
        ("https://shop.example.com/t/eyJhbGciOi.eyJzdWIiOiIx.abc", "/t/:id"),
        ("https://shop.example.com/t/Zm9vYmFyYmF6cXV4MTIzNA==", "/t/:id"),
        ("https://shop.example.com/call/+49%20151%2012345678", "/call/:id"),
        (f"https://shop.example.com/{'long-' * 20}", "/:id"),
        ("https://shop.example.com/caf%C3%A9", "/caf%C3%A9"),
        ("https://shop.example.com/a%0Ab", "/:id"),
        ("https://shop.example.com/a/b/c/d/e/f/g/h", "(other)"),
        ("javascript:alert(1)", "(other)"),
        ("", "(other)"),
        ("https://shop.example.com/" + "a/" * 1000, "(other)"),
    ],
)
def test_pages_are_told_without_ids(address: str, path: str) -> None:
    assert page_path(address) == path


@given(st.text(max_size=40), st.integers(10_000, 10**12))
def test_no_number_of_five_digits_is_kept(text: str, number: int) -> None:
    assert str(number) not in page_path(f"https://shop.example.com/{text}{number}{text}/x")
