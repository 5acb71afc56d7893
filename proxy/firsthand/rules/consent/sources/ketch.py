"""Ketch: cookie ``_ketch_consent_v1_``, base64 of JSON.

Each purpose has a ``status``, ``granted`` or ``denied``; ``analytics`` is analytics,
``behavioral_advertising`` marketing, unless the site calls them otherwise. The cookie holds what
follows from the visitor's region before any answer, and nothing in it tells an act from that: it
never counts as explicit. There is no time in it.

Source: cookies seen in public code of sites, 2026-11-24.
"""

from firsthand.rules.consent.decoding import base64_json
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "ketch"
COOKIE = "_ketch_consent_v1_"
DEFAULT = Groups(analytics=("analytics",), marketing=("behavioral_advertising",))
_SAYS = {"granted": Say.GRANTED, "denied": Say.DENIED}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = base64_json(text)
    if found is None:
        return broken(KEY)
    states = {
        name: str(purpose.get("status")) if isinstance(purpose, dict) else ""
        for name, purpose in found.items()
    }
    if any(state not in _SAYS for state in states.values()):
        return broken(KEY)
    answers = {name: _SAYS[state] for name, state in states.items()}
    return grouped(KEY, answers, groups, explicit=False)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
