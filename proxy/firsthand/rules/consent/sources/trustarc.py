"""TrustArc: cookies ``notice_gdpr_prefs``, ``cmapi_cookie_privacy``, ``notice_preferences``.

All three list the levels that the visitor allows, each in its own way::

    notice_gdpr_prefs=0,1,2:<hash>     from zero; also 0|1|2: and 0::implied,eu
    cmapi_cookie_privacy=permit 1,2,3  from one; also permit_1|2|3 and permit 1 required
    notice_preferences=2:              the highest level, from zero

Level 0 is required, 1 functional and performance (analytics), 2 advertising (marketing); sites
may have more, so the levels, counted from zero, are configuration. What is not allowed by every
one of the cookies that came is refused.

``notice_behavior=expressed,eu`` says that nothing is allowed without an act; under ``implied``, and
where the cookie is missing, levels are set before any answer. There is no time in any of them.

Source: cookies seen in public code of sites, 2026-11-24; TrustArc publishes no format.
"""

import re
from collections.abc import Callable, Mapping

from firsthand.rules.consent.decoding import first
from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import (
    MAX_COPIES,
    MAX_VALUE,
    Fault,
    Say,
    Source,
    Statement,
    Values,
)

KEY = "trustarc"
BEHAVIOR = "notice_behavior"
DEFAULT = Groups(analytics=("1",), marketing=("2",))
EXPRESSED = "expressed"
_LEVELS = r"[0-9](?:[,|][0-9]){0,9}"
_PREFS = re.compile(rf"({_LEVELS})?:[A-Za-z0-9]{{0,64}}(?::[a-z]+,[a-z]{{2,12}})?")
_PERMIT = re.compile(rf"permit[ _]({_LEVELS})(?: required)?")
_HIGHEST = re.compile(r"([0-9]):[A-Za-z0-9]{0,64}")
_BEHAVIOR = re.compile(r"(expressed|implied|none),[a-z]{2,12}")


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say together."""
    given = [text for name in _LISTS for text in values.get(name, ())]
    if not given:
        return None
    fault = _excess([*given, *values.get(BEHAVIOR, ())])
    if fault:
        return broken(KEY, fault)
    lists = [
        first(text, levels) for name, levels in _LISTS.items() for text in values.get(name, ())
    ]
    behaviors = [first(text, _BEHAVIOR.fullmatch) for text in values.get(BEHAVIOR, ())]
    if None in lists or None in behaviors:
        return broken(KEY)
    allowed = frozenset.intersection(*(found for found in lists if found is not None))
    return grouped(
        KEY,
        dict.fromkeys(allowed, Say.GRANTED),
        policy.groups.get(KEY, DEFAULT),
        explicit=bool(behaviors) and all(b is not None and b[1] == EXPRESSED for b in behaviors),
        otherwise=Say.DENIED,
    )


def _excess(texts: list[str]) -> Fault | None:
    if len(texts) > MAX_COPIES:
        return Fault.COPIES
    return Fault.OVERSIZED if any(len(text) > MAX_VALUE for text in texts) else None


def _prefs(text: str) -> frozenset[str] | None:
    found = _PREFS.fullmatch(text)
    return frozenset((found[1] or "").replace("|", ",").split(",")) if found else None


def _permitted(text: str) -> frozenset[str] | None:
    found = _PERMIT.fullmatch(text)
    levels = found[1].replace("|", ",").split(",") if found else []
    return frozenset(str(int(level) - 1) for level in levels) if found else None


def _up_to(text: str) -> frozenset[str] | None:
    found = _HIGHEST.fullmatch(text)
    return frozenset(map(str, range(int(found[1]) + 1))) if found else None


_LISTS: Mapping[str, Callable[[str], frozenset[str] | None]] = {
    "notice_gdpr_prefs": _prefs,
    "cmapi_cookie_privacy": _permitted,
    "notice_preferences": _up_to,
}

SOURCE = Source(KEY, read, cookies=(*_LISTS, BEHAVIOR), groups=DEFAULT)
