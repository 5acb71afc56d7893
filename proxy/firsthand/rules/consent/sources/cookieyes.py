"""CookieYes: cookie ``cookieyes-consent``.

``name:value`` in a list with commas, raw or percent-encoded: the categories say ``yes`` or ``no``.
By default ``analytics`` is analytics and ``advertisement`` marketing; ``performance`` and a site's
own categories count where the configuration names them. ``action:yes`` is an act; empty, the banner
was not answered. ``consent:no`` refuses everything. There is no time in it.

Source: cookies seen on sites, and CookieYes's page on its cookies, read 2026-11-24; the event from
public code of sites, seen 2026-11-24.
"""

import re
from collections.abc import Mapping

from firsthand.rules.consent.decoding import first
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookieyes"
COOKIE = "cookieyes-consent"
DEFAULT = Groups(analytics=("analytics",), marketing=("advertisement",))
NEEDED = frozenset({"consent", "action", "necessary"})
_PAIR = r"[A-Za-z][A-Za-z0-9_-]{0,39}:[A-Za-z0-9+/=_-]{0,64}"
_FORM = re.compile(rf"{_PAIR}(?:,{_PAIR}){{2,39}}")
_SAYS = {"yes": Say.GRANTED, "no": Say.DENIED}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    fields = first(text, _fields)
    if fields is None or not fields.keys() >= NEEDED:
        return broken(KEY)
    wanted = {*groups.analytics, *groups.marketing, *groups.social} & fields.keys()
    if any(fields[name] not in _SAYS for name in wanted):
        return broken(KEY)
    answers = {name: _SAYS[fields[name]] for name in wanted}
    if fields["consent"] == "no":
        answers = dict.fromkeys(answers, Say.DENIED)
    return grouped(KEY, answers, groups, explicit=fields["action"] == "yes")


def _fields(text: str) -> Mapping[str, str] | None:
    if not _FORM.fullmatch(text):
        return None
    pairs = [entry.partition(":") for entry in text.split(",")]
    fields = {name: value for name, _, value in pairs}
    return fields if len(fields) == len(pairs) else None


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT, events=("cookieyes_consent_update",))
