"""The vendors: every module or package in here that has a ``VENDOR``.

There is no list to edit. A module without one (``google_tag``) is what several vendors share.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from firsthand.vendor import Vendor


def discover() -> Mapping[str, Vendor]:
    """Return the vendors by key, sorted. Raises ``ValueError`` where two have one key."""
    found: dict[str, Vendor] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        vendor = getattr(import_module(module.name), "VENDOR", None)
        if not isinstance(vendor, Vendor):
            continue
        if vendor.key in found:
            raise ValueError(f"two vendor modules have the key {vendor.key!r}")
        found[vendor.key] = vendor
    return MappingProxyType(dict(sorted(found.items())))


VENDORS: Mapping[str, Vendor] = discover()
