"""Securiti: cookie ``__privaci_cookie_consents``, JSON, not percent-encoded.

``consents`` has a number for each category: ``1`` is accepted, everything else is not. The ids are
those of the site's own account, so which are analytics and which marketing is configuration, and
without it the cookie says nothing. ``implicit_consent`` false is an act; where it is missing nobody
knows. A browser's opt-out signal that Securiti saw (``gpcInBrowserOnConsent``) refuses marketing.

Source: cookies seen in public code of sites, 2026-11-24.
"""

from dataclasses import replace

from firsthand.rules.consent.decoding import json_object
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "securiti"
COOKIE = "__privaci_cookie_consents"
DEFAULT = Groups()
ACCEPTED = 1


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says of the configured categories."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    told = found.get("consents") if found else None
    if found is None or not isinstance(told, dict):
        return broken(KEY)
    if not all(type(value) is int for value in told.values()):
        return broken(KEY)
    answers = {
        name: Say.GRANTED if value == ACCEPTED else Say.DENIED for name, value in told.items()
    }
    said = grouped(KEY, answers, groups, explicit=found.get("implicit_consent") is False)
    signalled = found.get("gpcInBrowserOnConsent", False) is not False
    return replace(said, marketing=Say.DENIED) if signalled else said


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
