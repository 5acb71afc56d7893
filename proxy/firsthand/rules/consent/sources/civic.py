"""Civic Cookie Control: cookie ``CookieControl``, JSON, by default not percent-encoded.

``optionalCookies`` has ``accepted`` or ``revoked`` for each of the site's own categories, named
without separators; one that is missing was not asked about. ``interactedWith`` true is an act.
``consentDate`` is the time of the answer in ms, ``consentExpiry`` its days.

Source: Civic's Cookie Control documentation, read 2026-11-20.
"""

from firsthand.rules.consent.decoding import DAY_MS, json_object, unix_ms
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "civic"
COOKIE = "CookieControl"
DEFAULT = Groups(analytics=("analytics",), marketing=("marketing",))
MOST_DAYS = 400
_SAYS = {"accepted": Say.GRANTED, "revoked": Say.DENIED}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    told = found.get("optionalCookies") if found else None
    if found is None or not isinstance(told, dict):
        return broken(KEY)
    answers = {name: _SAYS[str(value)] for name, value in told.items() if str(value) in _SAYS}
    decided, days = unix_ms(found.get("consentDate")), found.get("consentExpiry", MOST_DAYS)
    if decided is None or type(days) is not int or len(answers) < len(told):
        return broken(KEY)
    return grouped(
        KEY,
        answers,
        groups,
        explicit=found.get("interactedWith") is True,
        decided_at=decided,
        expires_at=decided + max(0, min(days, MOST_DAYS)) * DAY_MS,
    )


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
