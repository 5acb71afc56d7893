"""Osano: cookie ``osano_consentmanager``.

Osano encrypts the cookie: nobody but its own script can read it, and the choice reaches us through
Firsthand's own cookie, written in the page. Set-ups that imitate Osano write plain JSON with
``ACCEPT`` or ``DENY`` by category. Nothing in it tells an act from a default, so it never counts as
explicit. ``OPT_OUT`` accepted refuses marketing.

Source: Osano's documentation of its JavaScript API (categories), read 2026-11-20; forms from
cookies seen on sites.
"""

import re

from firsthand.rules.consent.decoding import Json, first, json_object
from firsthand.rules.consent.grouping import broken, grouped, silent
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "osano"
COOKIE = "osano_consentmanager"
DEFAULT = Groups(analytics=("ANALYTICS",), marketing=("MARKETING",))
_ENCRYPTED = re.compile(r"[A-Za-z0-9+/_.-]{24,}={0,2}")
_SAYS = {"ACCEPT": Say.GRANTED, "DENY": Say.DENIED}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says where it is readable; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if found is not None:
        return _plain(found, groups)
    encrypted = first(text, _ENCRYPTED.fullmatch)
    return silent(KEY, "encrypted") if encrypted else broken(KEY)


def _plain(found: Json, groups: Groups) -> Statement:
    if not found or any(value not in _SAYS for value in map(str, found.values())):
        return broken(KEY)
    answers = {name: _SAYS[str(value)] for name, value in found.items()}
    if answers.get("OPT_OUT") is Say.GRANTED:
        answers |= dict.fromkeys(groups.marketing, Say.DENIED)
    return grouped(KEY, answers, groups, explicit=False)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
