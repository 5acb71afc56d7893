"""The verdict cookie and the digest that binds it; the page's digest has the same cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.verdict import Remembered, decode, digest, encode
from tests.rules.digests import DIGESTS, NAMES, cookies_of


@pytest.mark.parametrize(("header", "expected"), DIGESTS)
def test_digest(header: str, expected: str) -> None:
    assert digest(cookies_of(header), NAMES) == expected


@given(st.permutations(["c=1", "c=2", "p-a=3", "p-b=4", "other=5"]))
def test_the_order_of_cookies_is_free(pairs: list[str]) -> None:
    header = "; ".join(pairs)
    assert digest(cookies_of(header), NAMES) == digest(cookies_of("c=2; c=1; p-b=4; p-a=3"), NAMES)


@given(st.text(), st.text())
def test_any_change_of_a_consent_cookie_shows(one: str, other: str) -> None:
    same = digest({"c": (one,)}, NAMES) == digest({"c": (other,)}, NAMES)
    assert same is (one == other)


@given(
    st.integers(0, 2**32 - 1).map("{:x}".format),
    st.frozensets(st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)),
)
def test_what_is_encoded_can_be_decoded(about: str, allowed: frozenset[str]) -> None:
    told = Remembered(about, allowed)
    assert decode(encode(told)) == told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.811c9dc5.-", Remembered("811c9dc5", frozenset())),
        ("1.a.--", Remembered("a", frozenset(), refused=True)),
        ("1.a.---", None),
        ("1.a.meta", Remembered("a", frozenset({"meta"}))),
        ("1.a.ga4~meta", Remembered("a", frozenset({"ga4", "meta"}))),
        ("2.a.meta", None),
        ("1.a.", None),
        ("1.a.meta~", None),
        ("1..meta", None),
        ("1.a.META", None),
        ("1.a.meta\n", None),
        ("", None),
    ],
)
def test_decode(text: str, expected: Remembered | None) -> None:
    assert decode(text) == expected
