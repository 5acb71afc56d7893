"""Which of a vendor's event names stand for what a shop is after. Pure.

Where a vendor's events are named by its customer (conversion actions), there is no standard name to
go by: then every name without one counts.
"""

from firsthand.vendor import Vendor

SALE = "purchase"
OTHERS = frozenset({"generate_lead", "sign_up", "subscribe", "start_trial", "schedule"})
_ACTION = "custom"


def is_sale(vendor: Vendor | None, name: str) -> bool:
    """Say whether events of that name are purchases, so that what they are worth adds up."""
    return _standard(vendor, name) in {SALE, _ACTION}


def is_conversion(vendor: Vendor | None, name: str) -> bool:
    """Say whether events of that name are purchases or leads: what few visitors do twice."""
    return is_sale(vendor, name) or _standard(vendor, name) in OTHERS


def _standard(vendor: Vendor | None, name: str) -> str:
    if vendor is None:
        return _ACTION
    names = vendor.event_names
    return names.get(name, "" if SALE in names.values() else _ACTION)
