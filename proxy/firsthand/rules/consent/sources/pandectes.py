"""Pandectes for Shopify: cookie ``_pandectes_gdpr``, base64 of JSON.

``preferences`` adds up what was refused: 1 functional, 2 performance (analytics), 4 targeting
(marketing). ``status`` ``allow`` and ``mixed`` are acts with these refusals, ``deny`` refuses all;
empty, nothing was answered, and of any other word only the refusals hold. ``timestamp`` is the time
of the answer in seconds.

Source: cookies and readers of them seen in public code of sites, 2026-11-24; the bits observed.
"""

from firsthand.rules.consent.decoding import base64_json, unix_s
from firsthand.rules.consent.grouping import broken, silent
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "pandectes"
COOKIE = "_pandectes_gdpr"
PERFORMANCE, TARGETING, EVERY = 2, 4, 7
_ACTS = frozenset({"allow", "mixed", "deny"})


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    return each_copy(KEY, copies, _read_one) if copies else None


def _read_one(text: str) -> Statement:
    found = base64_json(text)
    status = found.get("status") if found else None
    if found is None or not isinstance(status, str):
        return broken(KEY)
    if not status:
        return silent(KEY)
    refused, decided = found.get("preferences"), unix_s(found.get("timestamp"))
    if type(refused) is not int or not 0 <= refused <= EVERY or decided is None:
        return broken(KEY)
    refused = EVERY if status == "deny" else refused
    said = Statement(
        KEY,
        analytics=Say.DENIED if refused & PERFORMANCE else Say.GRANTED,
        marketing=Say.DENIED if refused & TARGETING else Say.GRANTED,
        explicit=True,
        decided_at=decided,
        yields=True,
    )
    return said if status in _ACTS else said.without_grants("other_status")


SOURCE = Source(KEY, read, cookies=(COOKIE,))
