"""Cookie Consent, Osano's open source banner: cookie ``cookieconsent_status``.

One answer for everything: ``allow`` and ``deny`` are acts, ``dismiss`` says only that the notice
was closed. There is no time in it.

Source: its source code (osano/cookieconsent 3.1), read 2026-11-20.
"""

from firsthand.rules.consent.grouping import broken
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookieconsent"
COOKIE = "cookieconsent_status"
_SAYS = {"allow": Say.GRANTED, "deny": Say.DENIED, "dismiss": Say.UNKNOWN}


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    return each_copy(KEY, copies, _read_one) if copies else None


def _read_one(text: str) -> Statement:
    answer = _SAYS.get(text)
    if answer is None:
        return broken(KEY)
    return Statement(KEY, answer, answer, explicit=answer is not Say.UNKNOWN, yields=True)


SOURCE = Source(KEY, read, cookies=(COOKIE,))
