import pytest

from firsthand.model import Kind
from firsthand.vendors.ga4.fields import EVENT_NAMES, TABLE, mappable


# Source: Measurement Protocol, reserved names, read 2026-11-20.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("purchase", True),
        ("quiz_done", True),
        ("Quiz_2", True),
        ("2_quiz", False),
        ("quiz done", False),
        ("firebase_x", False),
        ("google_x", False),
        ("first_visit", False),
        ("app_remove", False),
        ("x" * 40, True),
        ("x" * 41, False),
        ("", False),
    ],
)
def test_names_that_the_api_takes(name: str, *, expected: bool) -> None:
    assert mappable(name) is expected


def test_recommended_events_have_our_words() -> None:
    assert EVENT_NAMES["view_cart"] == "viewed_cart"
    assert EVENT_NAMES["refund"] == "refund"
    assert EVENT_NAMES["scroll"] == "custom"


def test_an_address_is_contact_data() -> None:
    assert TABLE.kind("user_data.address") is Kind.CONTACT
    taken = TABLE.take([("@address", '[{"city":"berlin"}]')])
    assert taken.fields == {"user_data.address": [{"city": "berlin"}]}
