"""Complianz for WordPress: one cookie for each category, ``cmplz_<category>=allow|deny``.

``statistics`` is analytics, ``marketing`` marketing; ``statistics-anonymous`` allows counting
without identifiers and is no consent to more. ``cmplz_banner-status=dismissed`` says that the
banner was answered, but where the law lets a site track until refused
(``cmplz_consenttype=optout``) it may have been closed only: that is not explicit.
``cmplz_policy_id`` is the number of the text.

Source: cookies seen in public code of sites, 2026-11-24, as is the event.
"""

from firsthand.rules.consent.grouping import Answers, broken, grouped, of_text
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import (
    MAX_COPIES,
    Fault,
    Say,
    Source,
    Statement,
    Values,
    strictest,
)

KEY = "complianz"
PREFIX = "cmplz_"
STATUS, TYPE, TEXT = "cmplz_banner-status", "cmplz_consenttype", "cmplz_policy_id"
CATEGORIES = ("functional", "preferences", "statistics", "statistics-anonymous", "marketing")
DEFAULT = Groups(analytics=("statistics",), marketing=("marketing",))
_SAYS = {"allow": Say.GRANTED, "deny": Say.DENIED}
_STATES = frozenset({"dismissed", "show", ""})
_TYPES = frozenset({"optin", "optout"})
_MOST_DIGITS = 6


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say together."""
    answers = _answers(values)
    if answers == {}:
        return None
    if any(len(texts) > MAX_COPIES for texts in values.values()):
        return broken(KEY, Fault.COPIES)
    states, types = values.get(STATUS, ()), values.get(TYPE, ())
    if answers is None or not ({*states} <= _STATES and {*types} <= _TYPES):
        return broken(KEY)
    closed = bool(states) and {*states} == {"dismissed"}
    groups = policy.groups.get(KEY, DEFAULT)
    said = grouped(KEY, answers, groups, explicit=closed and "optout" not in types)
    return of_text(said, _text(values.get(TEXT, ())), groups)


def _answers(values: Values) -> Answers | None:
    """Return the strictest answer to each category, ``None`` where one is of no known form."""
    given = {name: values[PREFIX + name] for name in CATEGORIES if PREFIX + name in values}
    if not all(text in _SAYS for texts in given.values() for text in texts):
        return None
    return {name: strictest([_SAYS[text] for text in texts]) for name, texts in given.items()}


def _text(numbers: tuple[str, ...]) -> int | None:
    known = [number for number in numbers if number.isdecimal() and len(number) <= _MOST_DIGITS]
    return min(map(int, known)) if known and len(known) == len(numbers) else None


SOURCE = Source(
    KEY,
    read,
    cookies=(*(PREFIX + name for name in CATEGORIES), STATUS, TYPE, TEXT),
    groups=DEFAULT,
    numbered=True,
    events=("cmplz_status_change", "cmplz_fire_categories"),
)
