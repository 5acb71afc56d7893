"""Cookie-Script: cookie ``CookieScriptConsent``, JSON, percent-encoded or not.

``action`` is ``accept`` or ``reject``, both acts; whatever else it is, nothing was answered.
``categories`` is a list written as JSON in a text: ``performance`` is analytics, ``targeting``
marketing, one that is not in it is refused. ``consenttime``, where it is, is the time in seconds.

Source: cookies seen in public code of sites, 2026-11-24.
"""

import json

from firsthand.rules.consent.decoding import json_object, unix_s
from firsthand.rules.consent.grouping import Answers, broken, grouped, silent
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookiescript"
COOKIE = "CookieScriptConsent"
DEFAULT = Groups(analytics=("performance",), marketing=("targeting",))
_ACTS = frozenset({"accept", "reject"})


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    action = found.get("action") if found else None
    if found is None or not isinstance(action, str):
        return broken(KEY)
    if action not in _ACTS:
        return silent(KEY)
    stamp = found.get("consenttime")
    decided = unix_s(stamp)
    answers = _answers(found.get("categories", "[]")) if action == "accept" else {}
    if answers is None or (stamp is not None and decided is None):
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=True, decided_at=decided, otherwise=Say.DENIED)


def _answers(categories: object) -> Answers | None:
    try:
        names = json.loads(categories) if isinstance(categories, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return dict.fromkeys(names, Say.GRANTED)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
