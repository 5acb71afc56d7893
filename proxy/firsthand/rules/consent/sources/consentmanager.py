"""Consentmanager: cookies ``__cmpcpc<scope><id>`` with purposes, ``__cmpcvc<scope><id>`` with
vendors, or ``__cmpccc<scope><id>`` with both in its compressed form (``consent/customids.py``).

``__1_2_51__`` lists the purposes that were accepted, ``____`` is none of them. The numbers are
those of the site's own account, so which are analytics and which marketing is configuration, and
without it the cookie says nothing. In the list of vendors a final ``U`` marks that the visitor
chose, as a bit does in the compressed form; other lists come from defaults, and are not explicit.
Vendors, ``s`` the platform's and ``c`` the site's own, can be asked for one by one
(``groups.consentmanager.vendors``). What the IAB's string in ``__cmpconsent<scope><id>`` says is
read with all others of its kind.

Source: consentmanager's help pages "Cookies set by the CMP" and "Compressed Custom IDs Format",
read 2026-11-24; forms from cookies seen in public code of sites, 2026-11-24.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.customids import decode
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import MAX_COPIES, Fault, Say, Source, Statement, Values

KEY = "consentmanager"
PURPOSES, VENDORS, COMPRESSED = "__cmpcpc", "__cmpcvc", "__cmpccc"
DEFAULT = Groups()
_LIST = re.compile(r"__(?:[0-9]{1,6}(?:_[0-9]{1,6}){0,199})?__")
_CHOICES = re.compile(r"__(?:[sc][0-9]{1,7}(?:_[sc][0-9]{1,7}){0,999}_?)?(U?)__")


@dataclass(frozen=True, slots=True)
class _Told:
    """What one cookie lists; ``None``: of that kind nothing."""

    purposes: frozenset[str] | None = None
    vendors: frozenset[str] | None = None
    chosen: bool | None = None
    created: int | None = None


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say together: an id must stand in every list of its kind."""
    if sum(map(len, values.values())) > MAX_COPIES:
        return broken(KEY, Fault.COPIES)
    try:
        told = [_read_one(name, text) for name, texts in values.items() for text in texts]
    except Unreadable as unreadable:
        return broken(KEY, unreadable.fault)
    purposes = _in_all(each.purposes for each in told)
    if purposes is None:
        return None
    chosen = [each.chosen for each in told if each.chosen is not None]
    accepted = purposes | (_in_all(each.vendors for each in told) or frozenset())
    return grouped(
        KEY,
        dict.fromkeys(accepted, Say.GRANTED),
        policy.groups.get(KEY, DEFAULT),
        explicit=bool(chosen) and all(chosen),
        decided_at=min((each.created for each in told if each.created is not None), default=None),
        otherwise=Say.DENIED,
    )


def _in_all(lists: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found: Sequence[frozenset[str]] = [each for each in lists if each is not None]
    return frozenset.intersection(*found) if found else None


def _read_one(name: str, text: str) -> _Told:
    if name.startswith(COMPRESSED):
        choice = decode(text)
        return _Told(choice.purposes, choice.vendors, choice.chosen, choice.created)
    if name.startswith(PURPOSES):
        if not _LIST.fullmatch(text):
            raise Unreadable
        return _Told(purposes=frozenset(text.strip("_").split("_")))
    found = _CHOICES.fullmatch(text)
    if found is None:
        raise Unreadable
    vendors = frozenset(text.strip("_").split("_")) - {"U", ""}
    return _Told(vendors=vendors, chosen=bool(found[1]))


SOURCE = Source(
    KEY, read, cookies=(f"{PURPOSES}*", f"{VENDORS}*", f"{COMPRESSED}*"), groups=DEFAULT
)
