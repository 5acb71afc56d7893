"""tarteaucitron.js: cookie ``tarteaucitron``, ``!gtag=true!facebookpixel=false!hotjar=wait``.

A site chooses its services: which of them are analytics and which marketing is configuration, and
without it the cookie says nothing. ``wait`` is a service that was not answered; one that is not
in the list was not asked about. There is no time in it.

Source: cookies seen in public code of sites, 2026-11-24; tarteaucitron.js publishes no format.
"""

import re

from firsthand.rules.consent.decoding import first
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "tarteaucitron"
COOKIE = "tarteaucitron"
DEFAULT = Groups()
_FORM = re.compile(r"(?:![A-Za-z0-9_-]{1,64}=[A-Za-z0-9_-]{1,128}){1,200}!?")
_SAYS = {"true": Say.GRANTED, "false": Say.DENIED, "wait": Say.UNKNOWN}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says of the configured services."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = first(text, _FORM.fullmatch)
    if found is None:
        return broken(KEY)
    pairs = [entry.partition("=") for entry in found[0].strip("!").split("!")]
    fields = {name: value for name, _, value in pairs}
    wanted = {*groups.analytics, *groups.marketing, *groups.social} & fields.keys()
    if len(fields) < len(pairs) or any(fields[name] not in _SAYS for name in wanted):
        return broken(KEY)
    answers = {name: _SAYS[fields[name]] for name in wanted}
    explicit = any(value in {"true", "false"} for value in fields.values())
    return grouped(KEY, answers, groups, explicit=explicit)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
