"""The gate: what may be loaded, set and sent for this visitor. Closed by default.

Reading is cached by the raw consent strings, ageing is not: a page with ten cookies costs a few
microseconds once its strings were seen. An exception in a source is an error statement of that
source, which keeps everything from being granted; one anywhere else closes the gate as a whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from firsthand.model import Fields, Hit, Kind, Purpose, Reason, Verdict
from firsthand.rules.consent.combine import combine, problems, refused, words
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.consent.statement import Fault, Say, Source, Statement, Values
from firsthand.vendor import Vendor

Heard: TypeAlias = tuple[Statement, ...]
Key: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]

_BY_COOKIE = tuple(source for source in SOURCES if source.cookies)
_BY_HEADER = tuple(source for source in SOURCES if source.headers)
_BY_SIGNAL = tuple(source for source in SOURCES if source.signals)
_COOKIES = tuple(dict.fromkeys(name for source in _BY_COOKIE for name in source.cookies))
_EXACT = frozenset(name for name in _COOKIES if not name.endswith("*"))
_PREFIXES = tuple(name[:-1] for name in _COOKIES if name.endswith("*"))
_CACHED = 4096
_MAX_CACHED_TEXT = 8192
ALL_KINDS = frozenset(Kind)

SIGNALS = frozenset(name for source in _BY_SIGNAL for name in source.signals)
"""Parameters of beacons that consent is read from."""

CLOSED = Verdict(analytics=False, marketing=False, explicit=False, problems=("gate:fault",))
"""What holds where the gate itself fails."""

HEADERS = tuple(dict.fromkeys(name for source in _BY_HEADER for name in source.headers))
"""Request headers that consent is read from, lower case: a ``Hit`` must carry them."""


def consent_cookie_names(_policy: Policy) -> tuple[str, ...]:
    """Return the cookies that consent is read from; a trailing ``*`` stands for any ending."""
    return _COOKIES


def is_consent_cookie(name: str) -> bool:
    """Say whether consent is read from a cookie of this name."""
    return name in _EXACT or (bool(_PREFIXES) and name.startswith(_PREFIXES))


def consent_events() -> tuple[str, ...]:
    """Return the events of a page after which its consent cookies may have changed."""
    return tuple(dict.fromkeys(name for source in _BY_COOKIE for name in source.events))


def verdict(hit: Hit, policy: Policy) -> Verdict:
    """Return what this visitor allows at ``hit.at``, by cookies and headers. Never raises."""
    try:
        return _verdict(hit, policy)
    except Exception:  # noqa: BLE001 - closes the gate, and is counted as a problem of its own
        return CLOSED


def _verdict(hit: Hit, policy: Policy) -> Verdict:
    cookies = hit.cookies
    key = tuple(
        (name, cookies[name])
        for name in cookies
        if name in _EXACT or (_PREFIXES and name.startswith(_PREFIXES))
    )
    headers = tuple((name, (hit.headers[name],)) for name in HEADERS if name in hit.headers)
    return combine(_listen(key + headers, policy), policy, now=hit.at, region=hit.place)


def _listen(key: Key, policy: Policy) -> Heard:
    return (_heard if _is_short(key) else _hear)(key, policy)


def _is_short(key: Key) -> bool:
    """Keep long values out of the caches: they would fill the memory."""
    return sum(len(text) for _, texts in key for text in texts) <= _MAX_CACHED_TEXT


def _hear(key: Key, policy: Policy) -> Heard:
    values = dict(key)
    said = [_ask(source, values, source.cookies, policy) for source in _BY_COOKIE]
    said += [_ask(source, values, source.headers, policy) for source in _BY_HEADER]
    return tuple(one for one in said if one is not None)


_heard = lru_cache(_CACHED)(_hear)


def _ask(
    source: Source, values: Values, names: tuple[str, ...], policy: Policy
) -> Statement | None:
    prefixes = tuple(name[:-1] for name in names if name.endswith("*"))
    mine = {
        name: texts
        for name, texts in values.items()
        if name in names or (prefixes and name.startswith(prefixes))
    }
    if not mine:
        return None
    try:
        return source.read(mine, policy)
    except Exception:  # noqa: BLE001 - closes the gate, and is counted as a problem of the source
        return Statement(source.key, error=Fault.FAULT)


def restrict(found: Verdict, signals: Mapping[str, str], policy: Policy) -> Verdict:
    """Return ``found``, lowered by a beacon's own consent parameters. They never raise it: whoever
    writes a beacon can write them. Never raises.
    """
    try:
        return _restrict(found, signals, policy)
    except Exception:  # noqa: BLE001 - closes the gate, and is counted as a problem of its own
        return replace(CLOSED, sources=found.sources, problems=found.problems + CLOSED.problems)


def _restrict(found: Verdict, signals: Mapping[str, str], policy: Policy) -> Verdict:
    key = tuple((name, (signals[name],)) for name in signals if name in SIGNALS)
    heard = _whisper(key, policy) if key else ()
    if not heard:
        return found
    errors = any(said.error for said in heard)
    no_analytics = errors or any(said.analytics is Say.DENIED for said in heard)
    no_marketing = errors or any(said.marketing is Say.DENIED for said in heard)
    analytics = found.analytics and not no_analytics
    marketing = found.marketing and not no_marketing
    return replace(
        found,
        analytics=analytics,
        marketing=marketing,
        explicit=found.explicit and (analytics or marketing),
        sources=found.sources + tuple(map(words, heard)),
        without=refused(found.without, heard),
        problems=found.problems + problems(heard),
    )


def _whisper(key: Key, policy: Policy) -> Heard:
    return (_signalled if _is_short(key) else _signal)(key, policy)


def _signal(key: Key, policy: Policy) -> Heard:
    said = [_ask(source, dict(key), source.signals, policy) for source in _BY_SIGNAL]
    return tuple(one for one in said if one is not None)


_signalled = lru_cache(_CACHED)(_signal)


def allows(found: Verdict, vendor: Vendor) -> Reason:
    """Return why this vendor's events end here, ``Reason.NONE`` if they may go on.

    An analytics vendor's API takes identifiers, so it needs marketing consent beside analytics.
    """
    if not may_load(found, vendor):
        return Reason.CONSENT
    return Reason.NONE if found.marketing else Reason.AGGREGATE_ONLY


def may_load(found: Verdict, vendor: Vendor) -> bool:
    """Say whether the vendor's code may run in this visitor's page."""
    granted = found.marketing if vendor.purpose is Purpose.MARKETING else found.analytics
    return granted and vendor.key not in found.without


def kinds(found: Verdict, vendor: Vendor) -> frozenset[Kind]:
    """Return the privacy classes that may leave towards a vendor: all or, as yet, none."""
    return ALL_KINDS if allows(found, vendor) is Reason.NONE else frozenset()


def strip(fields: Fields, kind_of: Callable[[str], Kind], allowed_kinds: frozenset[Kind]) -> Fields:
    """Return the fields whose privacy class is allowed."""
    return {path: value for path, value in fields.items() if kind_of(path) in allowed_kinds}
