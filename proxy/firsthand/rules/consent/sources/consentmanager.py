"""Consentmanager: cookies ``__cmpcpc<scope><id>`` with purposes, ``__cmpcvc<scope><id>`` with
vendors.

``__1_2_51__`` lists the purposes that were accepted, ``____`` is none of them. The numbers are
those of the site's own account, so which are analytics and which marketing is configuration, and
without it the cookie says nothing. In the list of vendors a final ``U`` marks that the visitor
chose; other lists come from defaults, and are not explicit. There is no time in either. What the
IAB's string in ``__cmpconsent<scope><id>`` says is read with all others of its kind.

Source: consentmanager's help page "Cookies set by the CMP", read 2026-11-24; forms from cookies
seen in public code of sites, 2026-11-24.
"""

import re

from firsthand.rules.consent.grouping import broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import MAX_COPIES, Fault, Say, Source, Statement, Values

KEY = "consentmanager"
PURPOSES, VENDORS = "__cmpcpc", "__cmpcvc"
DEFAULT = Groups()
_LIST = re.compile(r"__(?:[0-9]{1,6}(?:_[0-9]{1,6}){0,199})?__")
_CHOICES = re.compile(r"__(?:[sc][0-9]{1,7}(?:_[sc][0-9]{1,7}){0,999}_?)?(U?)__")


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say together: a purpose must stand in every list."""
    lists = [text for name in values if name.startswith(PURPOSES) for text in values[name]]
    vendors = [text for name in values if name.startswith(VENDORS) for text in values[name]]
    if not lists:
        return None
    if len(lists) + len(vendors) > MAX_COPIES:
        return broken(KEY, Fault.COPIES)
    choices = [_CHOICES.fullmatch(text) for text in vendors]
    if not all(choices) or not all(_LIST.fullmatch(text) for text in lists):
        return broken(KEY)
    accepted = frozenset.intersection(*(frozenset(text.strip("_").split("_")) for text in lists))
    return grouped(
        KEY,
        dict.fromkeys(accepted, Say.GRANTED),
        policy.groups.get(KEY, DEFAULT),
        explicit=bool(choices) and all(found is not None and found[1] for found in choices),
        otherwise=Say.DENIED,
    )


SOURCE = Source(KEY, read, cookies=(f"{PURPOSES}*", f"{VENDORS}*"), groups=DEFAULT)
