from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.sessions import SESSION_MS, Keys, Role, Sessions, Use
from tests.admin.people import ADA, BEN, KEYS, OTHER_SECRET, READ_TOKEN, WRITE_TOKEN, cheap
from tests.admin.sample import NOW

HERE = Sessions(KEYS)


@pytest.mark.parametrize(
    ("method", "read"), [("GET", True), ("HEAD", True), ("POST", False), ("DELETE", False)]
)
def test_who_may_read_changes_nothing(method: str, *, read: bool) -> None:
    assert Role.READ.may(method) is read
    assert Role.WRITE.may(method)


@pytest.mark.parametrize("use", Use)
def test_a_cookie_names_its_user_until_it_expires(use: Use) -> None:
    cookie = HERE.begin(use, ADA, now=NOW)
    found = HERE.read(use, cookie, now=NOW + use.life_ms - 1)
    assert found is not None
    assert (found.user, found.expires) == (ADA, NOW + use.life_ms)
    assert HERE.read(use, cookie, now=NOW + use.life_ms) is None
    for other in Use:
        assert (HERE.read(other, cookie, now=NOW) is None) is (other is not use)


def test_every_cookie_is_a_session_of_its_own() -> None:
    first, second = (HERE.read(Use.SESSION, begun(), now=NOW) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.id != second.id


def begun() -> str:
    return HERE.begin(Use.SESSION, ADA, now=NOW)


@pytest.mark.parametrize(
    "keys",
    [
        OTHER_SECRET,
        replace(KEYS, users=(BEN,)),
        replace(KEYS, users=()),
        replace(KEYS, users=(replace(ADA, role=Role.READ), BEN)),
        replace(KEYS, users=(replace(ADA, hash=cheap("a new password")), BEN)),
        replace(KEYS, users=(replace(ADA, name="eve"), BEN)),
    ],
    ids=["secret", "removed", "nobody", "role", "password", "renamed"],
)
def test_what_no_longer_holds_ends_a_session(keys: Keys) -> None:
    assert Sessions(keys).read(Use.SESSION, begun(), now=NOW) is None


def test_a_forged_cookie_is_none() -> None:
    expires, drawn, tag, sign = begun().split(".")
    bens = HERE.begin(Use.SESSION, BEN, now=NOW).split(".")
    for forged in (
        f"{int(expires) + 1}.{drawn}.{tag}.{sign}",
        f"{expires}.{'0' * 32}.{tag}.{sign}",
        f"{expires}.{drawn}.{bens[2]}.{sign}",
        f"{expires}.{drawn}.{tag}.{bens[3]}",
        f"{expires}.{drawn}.{tag}.",
        f"{expires}.{drawn}.{tag}",
        f"{expires}.{drawn}.{tag}.{sign}0",
        "...",
        "",
    ):
        assert HERE.read(Use.SESSION, forged, now=NOW) is None


@given(st.text(max_size=200))
def test_no_text_passes_for_a_cookie_or_a_form(text: str) -> None:
    assert HERE.read(Use.SESSION, text, now=NOW) is None
    assert not HERE.knows(text, "a", now=NOW)
    assert KEYS.program(text) is None


def test_a_form_is_for_one_session_and_ages() -> None:
    form = HERE.form("a", now=NOW)
    assert HERE.knows(form, "a", now=NOW + SESSION_MS - 1)
    assert not HERE.knows(form, "a", now=NOW + SESSION_MS)
    assert not HERE.knows(form, "b", now=NOW)
    assert not Sessions(OTHER_SECRET).knows(form, "a", now=NOW)


def test_a_program_is_known_by_its_token() -> None:
    assert [KEYS.program(token).name for token in (READ_TOKEN, WRITE_TOKEN)] == [  # type: ignore[union-attr]
        "prometheus",
        "deploy",
    ]
    assert KEYS.program(KEYS.programs[0].hash) is None, "the hash is no token"


def test_no_secret_is_printed() -> None:
    printed = repr(KEYS)
    for hidden in (ADA.hash, KEYS.programs[0].hash, repr(KEYS.secret)):
        assert hidden not in printed
