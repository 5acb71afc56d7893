"""Cookie Information: cookie ``CookieInformationConsent``, percent-encoded JSON.

``consents_approved`` and ``consents_denied`` list categories: ``cookie_cat_statistic`` is
analytics, ``cookie_cat_marketing`` marketing; one in neither was not asked about. ``timestamp`` is
the time of the answer. The cookie is written with an answer only.

Source: cookies seen in public code of sites, 2026-11-24.
"""

from firsthand.rules.consent.decoding import Json, iso_ms, json_object
from firsthand.rules.consent.grouping import Answers, broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookie_information"
COOKIE = "CookieInformationConsent"
DEFAULT = Groups(analytics=("cookie_cat_statistic",), marketing=("cookie_cat_marketing",))


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    answers = _answers(found) if found else None
    decided = iso_ms(found.get("timestamp")) if found else None
    if answers is None or decided is None:
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=True, decided_at=decided)


def _answers(found: Json) -> Answers | None:
    approved, denied = found.get("consents_approved"), found.get("consents_denied", [])
    if not isinstance(approved, list) or not isinstance(denied, list):
        return None
    if not all(isinstance(name, str) for name in [*approved, *denied]):
        return None
    return dict.fromkeys(approved, Say.GRANTED) | dict.fromkeys(denied, Say.DENIED)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
