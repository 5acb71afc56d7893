"""Google's Additional Consent string: consent to ad technology providers outside the vendor list.

``1~<ids>`` or ``2~<ids>~dv.<ids>``, ids joined by dots: those consented to, and in version 2 those
that were only disclosed. It grants no purpose: it refuses the providers that it does not name.

Source: Google, "Additional Consent technical specification" v2, read 2026-11.
"""

import re

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Fault, Statement
from firsthand.vendors import VENDORS

_IDS = r"(?:[1-9][0-9]{0,5}(?:\.[1-9][0-9]{0,5})*)?"
_FORM = re.compile(rf"(?:1~({_IDS})|2~({_IDS})~dv\.{_IDS})", re.ASCII)
_OTHER_VERSION = re.compile(r"(?:0|[3-9]|[1-9][0-9])~", re.ASCII)


def decode(text: str) -> frozenset[int]:
    """Return the ids of the providers consented to. Raises ``Unreadable``."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise Unreadable(Fault.VERSION if _OTHER_VERSION.match(text) else Fault.MALFORMED)
    ids = found[1] or found[2] or ""
    return frozenset(map(int, ids.split("."))) if ids else frozenset()


def statement(source: str, text: str, policy: Policy) -> Statement:
    """Return which vendors the string refuses, as the statement of ``source``."""
    try:
        consented = decode(text)
    except Unreadable as unreadable:
        return Statement(source, error=unreadable.fault, yields=True)
    listed = {key: vendor.ac_id for key, vendor in VENDORS.items()} | {**policy.ac_ids}
    refused = (key for key, number in listed.items() if number and number not in consented)
    return Statement(source, without=tuple(refused), yields=True)
