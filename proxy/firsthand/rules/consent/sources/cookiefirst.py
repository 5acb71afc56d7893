"""CookieFirst: cookie ``cookiefirst-consent``, JSON, percent-encoded or not.

``performance`` is analytics, ``advertising`` marketing, each ``true`` or ``false``. ``timestamp``
is the time of the answer, in seconds or as ISO 8601. The cookie is written with an answer only.

Source: cookies seen in public code of sites, 2026-11-24.
"""

from firsthand.rules.consent.decoding import iso_ms, json_object, say, unix_s
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Source, Statement, Values, each_copy

KEY = "cookiefirst"
COOKIE = "cookiefirst-consent"
DEFAULT = Groups(analytics=("performance",), marketing=("advertising",))
_METADATA = frozenset({"timestamp", "type", "version"})


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if not found:
        return broken(KEY)
    told = {name: value for name, value in found.items() if name not in _METADATA}
    answers = {name: answer for name, value in told.items() if (answer := say(value))}
    stamp = found.get("timestamp")
    decided = unix_s(stamp) or iso_ms(stamp)
    if decided is None or len(answers) < len(told):
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=True, decided_at=decided)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
