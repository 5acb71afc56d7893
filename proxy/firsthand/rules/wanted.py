"""Site -> the cookies that may be looked at; every other cookie is dropped while splitting."""

from firsthand.rules import keeper
from firsthand.rules.consent import gate
from firsthand.rules.cookies import Wanted
from firsthand.rules.site import Site


def wanted(site: Site) -> Wanted:
    """Return the allow-list: the consent cookies, our keeper, the vendors' ids."""
    vendors = [row.name for vendor in site.vendors.values() for row in vendor.cookies]
    return Wanted.of([*gate.consent_cookie_names(site.consent), *keeper.NAMES, *vendors])
