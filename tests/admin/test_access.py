import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.access import (
    COOKIE_MS,
    Door,
    bearer,
    is_allowed_host,
)
from tests.admin.sample import NOW

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "admin.example.com", "exact.example.com:99"})


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8081", True),
        ("LOCALHOST:8081", True),
        ("[::1]", True),
        ("[::1]:8081", True),
        ("exact.example.com:99", True),
        ("exact.example.com:98", False),
        ("", False),
        (":8081", False),
        ("evil.example", False),
        ("evil.example:8081", False),
        ("localhost.evil.example", False),
        ("localhost:80:80", False),
        ("localhost:", False),
        ("localhost:x", False),
        ("localhost:\u0661", False),
        ("localhost.", False),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_host(host: str, *, allowed: bool) -> None:
    assert is_allowed_host(host, NAMES) is allowed


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("abc", ""),
        ("", ""),
    ],
)
def test_bearer(header: str, token: str) -> None:
    assert bearer(header) == token


def test_a_door_needs_a_token() -> None:
    with pytest.raises(ValueError, match="token"):
        Door.of("")


def test_only_its_token_opens_a_door_and_it_does_not_keep_it() -> None:
    door = Door.of("secret")
    assert door.opens("secret", peer="a")
    assert not door.opens("Secret", peer="a")
    assert not door.opens("", peer="a")
    assert not door.opens("\udcff", peer="a")
    assert "secret" not in repr(door)


def test_a_cookie_holds_until_it_expires_and_only_at_its_door() -> None:
    door = Door.of("secret")
    cookie = door.cookie(now=NOW)
    assert "secret" not in cookie
    assert door.accepts(cookie, now=NOW + COOKIE_MS - 1)
    assert not door.accepts(cookie, now=NOW + COOKIE_MS)
    assert not Door.of("other").accepts(cookie, now=NOW)
    expires, _, sign = cookie.partition(".")
    assert not door.accepts(f"{int(expires) + 1}.{sign}", now=NOW)


@given(st.text(max_size=90))
def test_no_text_passes_for_a_cookie(text: str) -> None:
    assert not Door.of("secret").accepts(text, now=NOW)
