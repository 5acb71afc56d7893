"""How a visitor stood to consent when an event ended for want of it, and on which page. Pure.

The race: a page's tags may fire before the consent platform has asked, or told, the visitor. Such
an event is lost, whatever the visitor says a second later; counted by page, it can be mended.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

from firsthand.model import Reading, Verdict
from firsthand.rules.addresses import host, is_personal
from firsthand.rules.consent.statement import Fault

NONE, SEVERAL = "none", "several"
OTHER_PAGE = "(other)"
MASK = ":id"
MOST_SOURCES = 2
MOST_SEGMENTS = 6
MAX_SEGMENT = 60
MAX_ADDRESS = 1024
_FAULTS = frozenset(fault.value for fault in Fault)
# Long hexadecimal, five digits in a row, something like base64.
_ID = re.compile(
    r"[0-9a-f-]{16,}|.*[0-9]{5,}.*|(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_=+-]{20,}", re.IGNORECASE
)


class Stand(StrEnum):
    """How the visitor of an event stood to consent."""

    GRANTED = "granted"  # by an act of theirs
    IMPLIED = "implied"  # granted, and nobody acted
    ANALYTICS = "analytics"  # granted for analytics alone, and the vendor needs more
    REFUSED = "refused"
    UNDECIDED = "undecided"  # the event came before the visitor decided
    UNREADABLE = "unreadable"  # a source could not be read: nothing is granted


@dataclass(frozen=True, slots=True)
class Choice:
    """An event that ended for want of consent, counted without it: bounded words.

    ``source`` names who said anything. ``page`` is the path of the page without query, ids masked,
    of those who had not decided: in memory only, until a crowd has been there (``edge/crowd.py``).
    """

    stand: Stand
    source: str
    page: str = ""


def stand(verdict: Verdict) -> Stand:
    """Return how the visitor stood."""
    if verdict.marketing:
        return Stand.GRANTED if verdict.explicit else Stand.IMPLIED
    if any(problem.rpartition(":")[2] in _FAULTS for problem in verdict.problems):
        return Stand.UNREADABLE
    if verdict.analytics:
        return Stand.ANALYTICS
    return Stand.REFUSED if verdict.decided else Stand.UNDECIDED


def source(verdict: Verdict) -> str:
    """Return who said anything: the sources' keys, ``none`` or ``several``."""
    keys = sorted({line.partition(":")[0] for line in verdict.sources})
    if len(keys) > MOST_SOURCES:
        return SEVERAL
    return "+".join(keys) or NONE


def choice(verdict: Verdict, reading: Reading) -> Choice:
    """Return what is counted of an event that ended for want of consent."""
    # One vendor's refusal beside a granted purpose is a refusal all the same.
    stood = Stand.REFUSED if verdict.marketing else stand(verdict)
    page = page_path(reading.page) if stood is Stand.UNDECIDED else ""
    return Choice(stood, source(verdict), page)


@lru_cache(1024)
def page_path(address: str) -> str:
    """Return the path of a page's address without query and fragment, what may be an id masked.

    ``(other)`` for what is no address, or too long to be a page that anybody would look up.
    """
    if len(address) > MAX_ADDRESS or not host(address):
        return OTHER_PAGE
    path = address.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
    segments = path.split("/")
    if len(segments) > MOST_SEGMENTS:
        return OTHER_PAGE
    return "/" + "/".join(map(_masked, segments))


def _masked(segment: str) -> str:
    plain = unquote(segment)
    is_id = "@" in plain or _ID.fullmatch(plain) or is_personal(plain)
    return MASK if is_id or len(plain) > MAX_SEGMENT or not plain.isprintable() else segment
