"""Axeptio: cookie ``axeptio_cookies``, JSON that is partly percent-encoded.

Names with ``$$`` tell about the choice, all others are the site's own vendors with ``true`` or
``false``: which of them are analytics and which marketing is configuration, and without it the
cookie says nothing. ``$$completed`` false is a banner left unanswered, ``$$date`` the time of the
answer, ``$$duration`` its days. A refusal in ``$$googleConsentMode`` holds for its purpose, a grant
there alone is none: cookies were seen in which it stands beside vendors that are all refused.

Source: Axeptio's documentation of its cookies, read 2026-11-20; cookies seen in public code of
sites, 2026-11-24.
"""

from dataclasses import replace

from firsthand.rules.consent.decoding import DAY_MS, Json, iso_ms, json_object, say
from firsthand.rules.consent.grouping import broken, grouped, silent
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "axeptio"
COOKIE = "axeptio_cookies"
DEFAULT = Groups()
MOST_DAYS = 400
_OF_MARKETING = ("ad_storage", "ad_user_data")


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says of the configured vendors."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if found is None or say(found.get("$$completed")) is None:
        return broken(KEY)
    if found["$$completed"] is False:
        return silent(KEY)
    decided, days = iso_ms(found.get("$$date")), found.get("$$duration", MOST_DAYS)
    vendors = {name: value for name, value in found.items() if not name.startswith("$$")}
    answers = {name: answer for name, value in vendors.items() if (answer := say(value))}
    if decided is None or type(days) is not int or len(answers) < len(vendors):
        return broken(KEY)
    ends = decided + max(0, min(days, MOST_DAYS)) * DAY_MS
    said = grouped(KEY, answers, groups, explicit=True, decided_at=decided, expires_at=ends)
    return _lowered(said, found.get("$$googleConsentMode"))


def _lowered(said: Statement, mode: object) -> Statement:
    """Take in what the cookie's Google consent state refuses."""
    told: Json = mode if isinstance(mode, dict) else {}
    if told.get("analytics_storage") == "denied":
        said = replace(said, analytics=Say.DENIED)
    if any(told.get(name) == "denied" for name in _OF_MARKETING):
        said = replace(said, marketing=Say.DENIED)
    return said


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
