"""Google Consent Mode as beacons carry it: ``gcs`` and ``gcd``.

Google publishes no grammar; this one is from the community's decoding (S. Ahava and M. Baersch on
Consent Mode v2, read 2026-11-20) and from recorded beacons.

``gcs``  ``G1`` + ad_storage + analytics_storage: ``1`` granted, ``0`` denied, ``-`` not set.
``gcd``  two digits, then four times a letter and a separator: ad_storage, analytics_storage,
         ad_user_data, ad_personalization; then a rest that nobody has explained. Separators are
         mostly digits, but letters occur (``13l3lPl2l1``), so the place decides, not the class.

A letter tells default and update at once. Lower-case rows, as read; a capital is read for its
refusal only, since nobody knows what else it means:

==================  ====  ======  =======
default / update    none  denied  granted
==================  ====  ======  =======
not set             l     m       n
denied              p     q       r
granted             t     u       v
==================  ====  ======  =======
"""

import re

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import (
    Fault,
    Say,
    Source,
    Statement,
    Values,
    strictest,
)

KEY = "consent_mode"
_GCS = re.compile(r"G1([01-])([01-])")
_GCD = re.compile(r"[0-9]{2}" + r"([A-Za-z])[0-9A-Za-z_-]" * 4 + r"[0-9A-Za-z_-]{0,24}")
_DIGITS = {"1": Say.GRANTED, "0": Say.DENIED, "-": Say.UNKNOWN}
_LETTERS = {
    "l": Say.UNKNOWN, "m": Say.DENIED, "n": Say.GRANTED,
    "p": Say.DENIED, "q": Say.DENIED, "r": Say.GRANTED,
    "t": Say.GRANTED, "u": Say.DENIED, "v": Say.GRANTED,
}  # fmt: skip
_CAPITALS = {
    letter.upper(): Say.DENIED if say is Say.DENIED else Say.UNKNOWN
    for letter, say in _LETTERS.items()
}
_SAYS = _LETTERS | _CAPITALS


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what both parameters say together; a value of neither form is an error."""
    told = [_gcs(text) for text in values.get("gcs", ()) if text]
    told += [_gcd(text) for text in values.get("gcd", ()) if text]
    if not told:
        return None
    pairs = [pair for pair in told if pair is not None]
    if len(pairs) < len(told):
        return Statement(KEY, error=Fault.MALFORMED)
    return Statement(
        KEY,
        analytics=_join([analytics for _, analytics in pairs]),
        marketing=_join([marketing for marketing, _ in pairs]),
    )


def _gcs(text: str) -> tuple[Say, Say] | None:
    found = _GCS.fullmatch(text)
    return (_DIGITS[found[1]], _DIGITS[found[2]]) if found else None


def _gcd(text: str) -> tuple[Say, Say] | None:
    found = _GCD.fullmatch(text)
    if found is None or any(letter not in _SAYS for letter in found.groups()):
        return None
    # ad_personalization, the fourth, is about audiences: it does not stop measurement
    ad_storage, analytics, user_data, _ = (_SAYS[letter] for letter in found.groups())
    return strictest([ad_storage, user_data]), analytics


def _join(says: list[Say]) -> Say:
    # gcs and gcd tell the same state; where one is silent the other speaks for both
    return strictest([say for say in says if say is not Say.UNKNOWN])


SOURCE = Source(KEY, read, signals=("gcs", "gcd"))
