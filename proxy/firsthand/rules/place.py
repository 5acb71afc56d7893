"""Where a visitor is, roughly: told by a trusted front, instead of the address if an account asks.

Nothing is looked up and nothing is guessed: without the front's word the vendor gets neither.

Source: Cloudflare, "HTTP headers" (``CF-IPCountry``: ISO 3166-1 alpha-2, ``XX`` unknown, ``T1``
Tor) and "Managed transforms" (``cf-region-code``); read 2026-11-24.
"""

import re

from firsthand.mapping import Table
from firsthand.model import Fields
from firsthand.rules.site import Account, Location

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{1,3}")
_NOWHERE = frozenset({"XX", "T1", "ZZ", "EU", "AP", "A1", "A2", "O1"})


def place_of(country: str, region: str) -> str:
    """Return ``DE-HH`` (ISO 3166-2), ``DE`` without a usable region, "" without a country."""
    country = country.strip().upper()
    if not _COUNTRY.fullmatch(country) or country in _NOWHERE:
        return ""
    region = region.strip().upper().removeprefix(f"{country}-")
    return f"{country}-{region}" if _REGION.fullmatch(region) else country


def coarsen(fields: Fields, table: Table, account: Account | None, place: str) -> None:
    """Put the place where the address was, for an account that is to get no more."""
    if account is None or account.location is Location.ADDRESS or account.vendor.place is None:
        return
    for row in table.rows:
        if row.wire == "@ip":
            fields.pop(row.path, None)
    rough = place if account.location is Location.REGION else place.partition("-")[0]
    if rough:
        fields.update(account.vendor.place(rough))
