import re

import pytest

from firsthand.config.admins import NAME_PATTERN, AdminSection


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("ada", True),
        ("ada@shop.example.com", True),
        ("a.b_c-1", True),
        ("", False),
        ("Ada", False),
        (".ada", False),
        ('a"b', False),
        ("a b", False),
        ("a\n", False),
        ("\u00e4da", False),
        ("x" * 64, True),
        ("x" * 65, False),
    ],
)
def test_names(name: str, *, fits: bool) -> None:
    assert bool(re.fullmatch(NAME_PATTERN, name)) is fits


def test_without_a_word_the_listener_is_this_machines_own() -> None:
    section = AdminSection()
    assert (section.host, section.users, section.tokens, section.kept_private) == (
        "127.0.0.1",
        (),
        (),
        False,
    )
