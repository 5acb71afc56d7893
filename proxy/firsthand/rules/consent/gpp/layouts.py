"""The US sections of GPP as tables of bits: which fields, how many answers of two bits in each.

Source: IAB Tech Lab, Global Privacy Platform, sections US-National and US-States (national v1 and
v2, 19 states v1; Maryland, Indiana, Kentucky and Rhode Island as of October 2025), read
2026-11-24. Their texts give Maryland and the three that came with it a section header; the IAB's
own encoder (``@iabgpp/cmpapi`` 3.2.0, read 2026-11-24) writes none, and so reads this table. The
national section grew without a new version at first: a long string of version 1 has the fields of
version 2 (strings in OneTrust's cookies seen in public code, and the same decoder, 2026-11-24).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from firsthand.rules.consent.bits import LONGEST

SALE, SHARING, TARGETED = "SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"
SHARED, PROCESSED = "SharingNotice", "ProcessingNotice"
SENSITIVE_NOTICE = "SensitiveDataProcessingOptOutNotice"
LIMIT_NOTICE = "SensitiveDataLimitUseNotice"
SENSITIVE, CHILD = "SensitiveDataProcessing", "KnownChildSensitiveDataConsents"
PERSONAL, ADDITIONAL = "PersonalDataConsents", "AdditionalDataProcessingConsent"
COVERED, OPTION, PROVIDER = (
    "MspaCoveredTransaction",
    "MspaOptOutOptionMode",
    "MspaServiceProviderMode",
)
MODE = "MspaMode"
NATIONAL = 7


@dataclass(frozen=True, slots=True)
class Layout:
    """One version of one section. After the version's six bits come ``fields`` in order, each with
    the count of its two-bit answers. ``tail`` says what may follow behind a dot: ``gpc``,
    ``sensitive`` or nothing. ``longest``: bits above which another layout of the version holds.
    """

    name: str
    version: int
    fields: tuple[tuple[str, int], ...]
    tail: str = "gpc"
    longest: int = LONGEST * 6


def _notice(opt_out: str) -> str:
    return f"{opt_out}Notice"


def _national(version: int, *, sensitive: int, child: int, longest: int = LONGEST * 6) -> Layout:
    opt_outs = (SALE, SHARING, TARGETED)
    notices = (SHARED, *map(_notice, opt_outs), SENSITIVE_NOTICE, LIMIT_NOTICE)
    answers = ((SENSITIVE, sensitive), (CHILD, child))
    last = (PERSONAL, COVERED, OPTION, PROVIDER)
    fields = (*_each(notices), *_each(opt_outs), *answers, *_each(last))
    return Layout("usnat", version, fields, longest=longest)


def _each(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((name, 1) for name in names)


def _state(  # noqa: PLR0913 - one keyword for each way in which states differ
    name: str,
    sensitive: int,
    child: int,
    *,
    first: str = PROCESSED,
    extra: tuple[str, ...] = (),
    additional: bool = True,
    tail: str = "gpc",
) -> Layout:
    notices = (first, _notice(SALE), _notice(TARGETED), *extra)
    last = (ADDITIONAL,) * additional + (COVERED, OPTION, PROVIDER)
    answers = ((SENSITIVE, sensitive), (CHILD, child))
    return Layout(
        name, 1, (*_each(notices), *_each((SALE, TARGETED)), *answers, *_each(last)), tail
    )


def _later(name: str, tail: str) -> Layout:
    """Return the shorter form of the sections that came in October 2025."""
    child = (CHILD,) * (tail == "sensitive")
    begin = (COVERED, MODE, PROCESSED, _notice(SALE), _notice(TARGETED), SALE, TARGETED)
    return Layout(name, 1, _each((*begin, *child, ADDITIONAL)), tail)


_CALIFORNIA = Layout(
    "usca",
    1,
    (
        *_each((_notice(SALE), _notice(SHARING), LIMIT_NOTICE, SALE, SHARING)),
        (SENSITIVE, 9),
        (CHILD, 2),
        *_each((PERSONAL, COVERED, OPTION, PROVIDER)),
    ),
)

# fmt: off
LAYOUTS: Mapping[int, tuple[Layout, ...]] = {
    NATIONAL: (
        _national(1, sensitive=12, child=2, longest=66),
        _national(1, sensitive=16, child=3),
        _national(2, sensitive=16, child=3),
    ),
    8: (_CALIFORNIA,),
    9: (_state("usva", 8, 1, first=SHARED, additional=False, tail=""),),
    10: (_state("usco", 7, 1, first=SHARED, additional=False),),
    11: (_state("usut", 8, 1, first=SHARED, extra=(SENSITIVE_NOTICE,), additional=False, tail=""),),
    12: (_state("usct", 8, 3, first=SHARED, additional=False),),
    13: (_state("usfl", 8, 3, tail=""),),
    14: (_state("usmt", 8, 3, first=SHARED),),
    15: (_state("usor", 11, 3),),
    16: (_state("ustx", 8, 1),),
    17: (_state("usde", 9, 5),),
    18: (_state("usia", 8, 1, extra=("SensitiveDataOptOutNotice",), additional=False),),
    19: (_state("usne", 8, 1),),
    20: (_state("usnh", 8, 3),),
    21: (_state("usnj", 10, 5),),
    22: (_state("ustn", 8, 1),),
    23: (_state("usmn", 8, 1),),
    24: (_later("usmd", "gpc"),),
    25: (_later("usin", "sensitive"),),
    26: (_later("usky", "sensitive"),),
    27: (_later("usri", "sensitive"),),
}
# fmt: on
