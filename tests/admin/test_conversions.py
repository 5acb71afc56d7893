import pytest

from firsthand.admin.conversions import is_conversion, is_sale
from firsthand.vendors import VENDORS

NAMES = [
    # vendor, name, a sale, a conversion
    ("meta", "Purchase", True, True),
    ("meta", "Lead", False, True),
    ("meta", "AddToCart", False, False),
    ("meta", "QuizDone", False, False),
    ("ga4", "purchase", True, True),
    ("ga4", "page_view", False, False),
    ("google_ads", "conversion", True, True),  # a conversion action says no more than that
    ("google_ads", "page_view", False, False),
]


@pytest.mark.parametrize(("vendor", "name", "sale", "conversion"), NAMES)
def test_names(vendor: str, name: str, *, sale: bool, conversion: bool) -> None:
    known = VENDORS[vendor]
    assert (is_sale(known, name), is_conversion(known, name)) == (sale, conversion)


def test_a_vendor_that_is_not_configured_any_more_has_no_names_to_go_by() -> None:
    assert is_sale(None, "Purchase")
