"""One event as the shop told it: read, bounded, mapped to no vendor yet.

Source: IAB Tech Lab, Event and Conversion API 1.0, 2026-03-27, read 2026-11-20.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

WEBSITE = "website"
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Given:
    """One kind of contact data: what came readable, and what came as SHA-256. Memory only.

    A hash is of ECAPI's normal form: lower case, trimmed; a phone number's with ``+``.
    """

    plain: tuple[str, ...] = field(default=(), repr=False)
    hashed: tuple[str, ...] = field(default=(), repr=False)

    def values(self, *, portable: bool) -> tuple[str, ...]:
        """Return the plain values, else the hashes if the vendor hashes the same normal form."""
        return self.plain or (self.hashed if portable else ())


@dataclass(frozen=True, slots=True)
class Consent:
    """What the shop's server says of the visitor's choice: ``granted``, ``denied`` or "".

    ``decided_at`` is in Unix ms, ``None`` where it was not told.
    """

    analytics: str = ""
    marketing: str = ""
    decided_at: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Lives in memory only: contact data in it may be readable.

    ``type``     a word of the vocabulary; of ``custom``, ``custom`` is the own name.
    ``at``       Unix ms; 0 where the event has no usable time.
    ``told``     single fields by ECAPI's names (``value``, ``transaction_id``), checked, as text:
                 decimals in plain notation. Member names of ``properties`` and ``user_data`` stand
                 without their object's name; no two are alike.
    ``lists``    fields with several texts: ``coupon``, ``payment_type``.
    ``items``    the same for each item.
    ``person``   contact data: ``email phone external_id first_name last_name street city state
                 postal_code country gender birth_date``. A phone number is E.164, with ``+``.
    ``clicks``   click ids by the parameter of the vendor that made them; ``ids`` browser ids.
    ``signals``  consent strings by the name that consent sources know them by.
    ``keys``     the event's id by account or vendor key, where a pixel told it under another.
    ``names``    the vendor's own event name, by vendor key, where the shop overrides the table.
    ``destinations``       vendor keys or accounts that alone may get it; empty: all.
    ``attribution_only``   not for the optimisation of ads (``mmt_only``).
    """

    type: str
    id: str = field(default="", repr=False)
    at: int = 0
    custom: str = ""
    data_set: str = ""
    source: str = ""
    told: Mapping[str, str] = field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    items: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    person: Mapping[str, Given] = field(default_factory=dict, repr=False)
    clicks: Mapping[str, str] = field(default_factory=dict, repr=False)
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    signals: Mapping[str, str] = field(default_factory=dict, repr=False)
    consent: Consent = Consent()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    destinations: frozenset[str] = frozenset()
    attribution_only: bool = False
    test: bool = False
