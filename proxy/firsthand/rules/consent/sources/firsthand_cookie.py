"""Firsthand's own consent cookie, written by ``fh.js`` from a platform's API or by the shop.

``fh_consent=1.a1m0.<unix seconds>.<owner>``: ``a`` analytics, ``m`` marketing, each ``1`` yes,
``0`` no or ``-`` not answered; ``owner`` names who wrote it. Nobody writes it before an answer.
"""

import re

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import (
    Fault,
    Say,
    Source,
    Statement,
    Values,
    each_copy,
)

KEY = "firsthand_cookie"
COOKIE = "fh_consent"
_FORM = re.compile(r"1\.a([01-])m([01-])\.([0-9]{9,11})\.[A-Za-z0-9_-]{1,16}")
_OTHER_VERSION = re.compile(r"(?!1\.)[0-9]{1,3}\.")
_SAYS = {"1": Say.GRANTED, "0": Say.DENIED, "-": Say.UNKNOWN}


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    return each_copy(KEY, copies, _read_one) if copies else None


def _read_one(text: str) -> Statement:
    found = _FORM.fullmatch(text)
    if found is None:
        fault = Fault.VERSION if _OTHER_VERSION.match(text) else Fault.MALFORMED
        return Statement(KEY, error=fault, yields=True)
    return Statement(
        KEY,
        analytics=_SAYS[found[1]],
        marketing=_SAYS[found[2]],
        explicit=True,
        decided_at=int(found[3]) * 1000,
        yields=True,
    )


SOURCE = Source(KEY, read, cookies=(COOKIE,))
