import pytest

from addons.sighting import Asked
from addons.visits import MOST, Visits, decided_at
from firsthand.rules.consent.policy import Policy

YES, NO = "fh_consent=yes", "fh_consent=no"


def visits(*told: tuple[str, str]) -> Visits:
    """Note requests of one browser: the host, and the Cookie header."""
    made = Visits(Policy())
    for at, (host, cookie) in enumerate(told):
        made.note("127.0.0.1", Asked("GET", host, "/", {"cookie": cookie}, b"", at))
    return made


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        ([], None),
        ([("shop.example.com", YES)], "yes"),
        ([("shop.example.com", YES), ("shop.example.com", NO)], "no"),
        ([("shop.example.com", ""), ("trk.example.com", YES)], "yes"),
        ([("shop.example.com", YES), ("img.example.com", "")], "yes"),
        ([("shop.example.com", YES), ("shop.example.com", "cart=1")], None),
        ([("other.example", YES)], None),
        ([("shop.example.com", YES), ("shop.example.com", "x" * 40_000)], None),
    ],
)
def test_what_holds(told: list[tuple[str, str]], holds: str | None) -> None:
    cookies = visits(*told).cookies("127.0.0.1", "shop.example.com")
    assert cookies == ({"fh_consent": (holds,)} if holds else {})


def test_another_browser_and_an_unknown_page_have_said_nothing() -> None:
    made = visits(("shop.example.com", YES))
    assert made.cookies("127.0.0.2", "shop.example.com") == {}
    assert made.cookies("127.0.0.1", "") == {}


def test_the_oldest_is_forgotten() -> None:
    many = [(f"s{number}.example", YES) for number in range(MOST)]
    made = visits(("shop.example.com", YES), *many)
    assert made.cookies("127.0.0.1", "shop.example.com") == {}
    assert made.cookies("127.0.0.1", "s0.example") != {}


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        ({"fh_consent": ("1.a1m1.1795400000.fh",)}, 1_795_400_000_000),
        ({"fh_consent": ("1.a1m1.1795400000.fh",), "OptanonConsent": ("x=1",)}, float("inf")),
        ({}, float("inf")),
    ],
)
def test_when_it_was_decided(cookies: dict[str, tuple[str, ...]], expected: float) -> None:
    assert decided_at(cookies, Policy()) == expected
