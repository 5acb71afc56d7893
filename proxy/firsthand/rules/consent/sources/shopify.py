"""Shopify's customer privacy: cookie ``_tracking_consent``, in three generations.

2.0 and 2.1 are percent-encoded JSON. ``con`` holds the visitor's own answers, ``"1"`` yes, ``"0"``
no, ``""`` none: under ``GDPR`` and ``CCPA`` in 2.0, under ``CMP`` with ``a`` analytics, ``m``
marketing and ``s`` sale of data in 2.1. ``purposes`` beside it is what follows together with the
region's default, and is not read.

3 is ``3.AMPS_DEBE_t_f_<id>``: a letter for analytics, marketing, preferences and sale, a capital
where it is allowed at present. In countries that ask first a capital can only come from an act;
elsewhere it is the default, and not explicit. A refused sale refuses marketing. No generation has a
time in it.

Source: Shopify's Customer Privacy API reference, read 2026-11-20; Mapp's documentation of the 2.0
form, read 2026-11-24; the later forms from cookies seen on shops.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from firsthand.rules.consent.decoding import first, json_object
from firsthand.rules.consent.grouping import broken
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import (
    Fault,
    Say,
    Source,
    Statement,
    Values,
    each_copy,
    strictest,
)

KEY = "shopify"
COOKIE = "_tracking_consent"
# fmt: off
ASKS_FIRST = frozenset({
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
_THIRD = re.compile(
    r"3\.([Aa])([Mm])[Pp]([Ss])_([A-Z]{2})[A-Z0-9]{0,4}_[tf]_[tf]_[A-Za-z0-9_-]{4,64}"
)
_OTHER_VERSION = re.compile(r"[0-9]{1,3}\.[A-Za-z]{4}_")
_SAYS = {"1": Say.GRANTED, "0": Say.DENIED, "": Say.UNKNOWN}


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    return each_copy(KEY, copies, _read_one) if copies else None


def _read_one(text: str) -> Statement:
    third = first(text, _THIRD.fullmatch)
    if third:
        return _letters(third)
    found = json_object(text)
    if found is None:
        return broken(KEY, Fault.VERSION if _OTHER_VERSION.match(text) else Fault.MALFORMED)
    answers = found.get("con")
    reading = {"2.0": _by_law, "2.1": _by_purpose}.get(str(found.get("v")))
    if reading is None:
        return broken(KEY, Fault.VERSION)
    return reading(answers) if isinstance(answers, dict) else broken(KEY)


def _letters(found: re.Match[str]) -> Statement:
    analytics, marketing, sale = (
        Say.GRANTED if found[place].isupper() else Say.DENIED for place in (1, 2, 3)
    )
    explicit = found[4] in ASKS_FIRST
    said = Statement(KEY, analytics, marketing, explicit=explicit, yields=True)
    return replace(said, marketing=Say.DENIED) if sale is Say.DENIED else said


def _by_law(answers: Mapping[str, object]) -> Statement:
    says = {law: _SAYS.get(value) for law, value in answers.items() if isinstance(value, str)}
    known = [answer for answer in says.values() if answer is not None]
    if len(known) < len(answers):
        return broken(KEY)
    gdpr = says.get("GDPR") or Say.UNKNOWN
    marketing = strictest([answer for answer in known if answer is not Say.UNKNOWN])
    explicit = marketing is not Say.UNKNOWN
    return Statement(KEY, gdpr, marketing, explicit=explicit, yields=True)


def _by_purpose(answers: Mapping[str, object]) -> Statement:
    told = answers.get("CMP", {})
    if not isinstance(told, dict):
        return broken(KEY)
    says = [_SAYS.get(value) for name in "ams" if isinstance(value := told.get(name, ""), str)]
    known = [answer for answer in says if answer is not None]
    if len(known) < len("ams"):
        return broken(KEY)
    analytics, marketing, sale = known
    explicit = {analytics, marketing} != {Say.UNKNOWN}
    marketing = Say.DENIED if sale is Say.DENIED else marketing
    return Statement(KEY, analytics, marketing, explicit=explicit, yields=True)


SOURCE = Source(KEY, read, cookies=(COOKIE,), events=("visitorConsentCollected",))
