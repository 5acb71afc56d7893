import pytest

from firsthand.ecapi.event import Given
from tests.events import ADA, PLAIN, event


@pytest.mark.parametrize(
    ("given", "portable", "expected"),
    [
        (Given(("a",), ("h",)), True, ("a",)),
        (Given(("a",), ("h",)), False, ("a",)),
        (Given((), ("h",)), True, ("h",)),
        (Given((), ("h",)), False, ()),
        (Given(), True, ()),
    ],
)
def test_plain_wins_and_a_hash_stands_where_the_vendor_hashes_alike(
    given: Given, expected: tuple[str, ...], *, portable: bool
) -> None:
    assert given.values(portable=portable) == expected


def test_nothing_of_the_visitor_is_in_a_repr() -> None:
    shown = repr(
        event(
            ext={"firsthand": {"plain": PLAIN, "click_ids": {"fbclid": "CANARY"}}},
            user_data={"event_ip_address": "203.0.113.7", "email_address": [ADA["email"]]},
        )
    )
    for secret in ("Ada", "CUST", "12345678", "CANARY", "203.0.113.7", ADA["email"], "7731"):
        assert secret not in shown
