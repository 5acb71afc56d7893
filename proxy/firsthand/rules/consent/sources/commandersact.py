"""Commanders Act (TrustCommander): cookie ``TC_PRIVACY``, fields between ``@``.

``<status>@<versions>@<categories>@<blocked>@<updated>,<created>,<end>@<vendors>``, percent-encoded
or not; older ones have one time, or stop after the categories. With status ``0`` the visitor agreed
to the listed categories and to no other; with ``1`` they refused. ``ALL``, as old banners write,
grants nothing. The numbers are the site's own, so which are analytics and which marketing is
configuration, and without it the cookie says nothing. It is written with an answer only.

Source: Commanders Act's knowledge base, "Consent cookie", read 2026-11-24; forms from cookies seen
in public code of sites, 2026-11-24.
"""

import re

from firsthand.rules.consent.decoding import first, unix_ms
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "commandersact"
COOKIE = "TC_PRIVACY"
DEFAULT = Groups()
_NUMBERS = r"[0-9]{1,6}(?:,[0-9]{1,6}){0,199}"
_TIME = r"[0-9]{13}"
_FORM = re.compile(
    rf"([01])@[0-9]{{1,5}}(?:\|[0-9]{{1,6}}){{0,6}}@({_NUMBERS}|ALL|)@({_NUMBERS}|)"
    rf"(?:@({_TIME})(?:,{_TIME},({_TIME}))?@[A-Za-z0-9_-]{{0,4096}})?"
)
AGREED = "0"
EVERYTHING = "ALL"


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says of the configured categories."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = first(text, _FORM.fullmatch)
    if found is None:
        return broken(KEY)
    status, listed, _, updated, ends = found.groups()
    agreed = status == AGREED
    names = listed.split(",") if agreed and listed != EVERYTHING else []
    return grouped(
        KEY,
        dict.fromkeys(names, Say.GRANTED),
        groups,
        explicit=True,
        decided_at=unix_ms(int(updated)) if updated else None,
        expires_at=unix_ms(int(ends)) if ends else None,
        otherwise=Say.UNKNOWN if agreed and listed == EVERYTHING else Say.DENIED,
    )


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
