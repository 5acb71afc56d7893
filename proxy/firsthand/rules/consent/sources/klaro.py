"""Klaro: cookie ``klaro``, percent-encoded JSON of ``true`` or ``false`` by service.

A site names its services itself: which of them are analytics and which marketing is configuration,
and without it the cookie says nothing. It is written when the visitor saves a choice, so it is an
act; a service that is not in it was not asked about. There is no time in it.

Source: Klaro's source code (kiprotect/klaro, consent manager and stores), read 2026-11-20.
"""

from firsthand.rules.consent.decoding import json_object, say
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Source, Statement, Values, each_copy

KEY = "klaro"
COOKIE = "klaro"
DEFAULT = Groups()


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says of the configured services."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if not found:
        return broken(KEY)
    answers = {name: answer for name, value in found.items() if (answer := say(value))}
    if len(answers) < len(found):
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=True)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
