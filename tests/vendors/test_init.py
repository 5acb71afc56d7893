from types import ModuleType

import firsthand.vendors as package
from firsthand.vendors import VENDORS, discover, ga4, google_tag


def test_every_module_with_a_vendor_is_found_by_its_key() -> None:
    modules = [each for each in vars(package).values() if isinstance(each, ModuleType)]
    with_vendor = [each.VENDOR for each in modules if hasattr(each, "VENDOR")]
    assert {vendor.key: vendor for vendor in with_vendor} == dict(VENDORS)
    assert VENDORS["ga4"] is ga4.VENDOR


def test_shared_parts_are_no_vendors() -> None:
    assert not hasattr(google_tag, "VENDOR")


def test_order_is_that_of_the_keys_and_discovery_repeats() -> None:
    assert list(VENDORS) == sorted(VENDORS)
    assert dict(discover()) == dict(VENDORS)
