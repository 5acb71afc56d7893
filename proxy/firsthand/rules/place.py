"""Where a visitor is, roughly: told by a trusted front. It decides which law's pattern holds, and
stands in place of the address if an account asks.

Nothing is looked up and nothing is guessed: without the front's word the vendor gets neither.

Source: Cloudflare, "HTTP headers" (``CF-IPCountry``: ISO 3166-1 alpha-2, ``XX`` unknown, ``T1``
Tor) and "Managed transforms" (``cf-region-code``); read 2026-11-24.
"""

import re

from phonenumbers import SUPPORTED_REGIONS

from firsthand.mapping import Table
from firsthand.model import Fields
from firsthand.rules.site import Account, Location

_COUNTRY = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")
_PART = re.compile(r"[A-Z0-9]{1,3}")


def place_of(country: str, part: str = "") -> str:
    """Return ``DE-HH`` (ISO 3166-2), ``DE`` without a usable part, "" where no country is told.

    ``part`` is a code with or without its country (``CA``, ``US-CA``, ``USCA``).
    """
    found = _COUNTRY.fullmatch(country.strip().upper())
    if found is None or found[1] not in SUPPORTED_REGIONS:
        return ""
    own = part.strip().upper().removeprefix(found[1]).lstrip("-") or found[2] or ""
    return f"{found[1]}-{own}" if _PART.fullmatch(own) else found[1]


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
