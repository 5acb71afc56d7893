"""IAB GPP: the string and its applicable sections, in cookies and in beacons.

Platforms write ``__gpp`` and ``__gpp_sid``; InMobi ``IABGPP_HDR_GppString`` and
``IABGPP_GppSID``; OneTrust ``OTGPPConsent``, alone. Beacons carry ``gpp`` and ``gpp_sid``. Ids of
applicable sections are joined by commas (``_`` in apps); ``-1`` or an empty list: GPP does not
apply. Without a list every section counts.

The section of the EU's TCF says what a TC string says, that of US Privacy what such a string says;
US sections refuse marketing or imply it. An applicable section that is missing or that we do not
read takes back what the others grant. Source: IAB Tech Lab, GPP's CMP API and sections, platforms'
cookie lists and cookies seen in public code, read 2026-11-24.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from firsthand.rules.consent import tcf, usprivacy
from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.gpp import us
from firsthand.rules.consent.gpp.container import split
from firsthand.rules.consent.gpp.layouts import LAYOUTS
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import (
    Fault,
    Source,
    Statement,
    Values,
    each_copy,
    merge,
    strictest,
)

KEY = "gpp"
SECTIONS_OF = {
    "__gpp": "__gpp_sid",
    "IABGPP_HDR_GppString": "IABGPP_GppSID",
    "OTGPPConsent": "",
    "gpp": "gpp_sid",
}
_BEACON = ("gpp", "gpp_sid")
_COOKIES = tuple(
    name for pair in SECTIONS_OF.items() for name in pair if name and name not in _BEACON
)
_TCF_EU, _US_PRIVACY = 2, 6
_READ = frozenset({_TCF_EU, _US_PRIVACY, *LAYOUTS})
_NONE = frozenset({"", "-1"})
_IDS = re.compile(r"-?[0-9]{1,3}(?:[,_]-?[0-9]{1,3}){0,31}")
_BAD = Statement(KEY, error=Fault.MALFORMED)


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what all strings say together, ``None`` where GPP does not apply."""
    said = [
        found
        for name, sections in SECTIONS_OF.items()
        if (found := _read(values.get(name, ()), values.get(sections, ()), policy)) is not None
    ]
    return merge(said) if said else None


def _read(texts: Sequence[str], told: Sequence[str], policy: Policy) -> Statement | None:
    strings = [text for text in texts if text]
    if not strings:
        return None
    applicable = _applicable(told)
    if applicable is None:
        return _BAD
    if told and not applicable:
        return None
    return each_copy(KEY, strings, lambda text: _read_one(text, applicable, policy))


def _applicable(told: Sequence[str]) -> frozenset[int] | None:
    """Return the ids that any copy names, ``None`` where a copy is broken."""
    found: set[str] = set()
    for text in told:
        plain = unquote(unquote(text)).strip()
        if plain and not _IDS.fullmatch(plain):
            return None
        found.update(plain.replace("_", ",").split(","))
    return frozenset(map(int, found - _NONE))


def _read_one(text: str, applicable: frozenset[int], policy: Policy) -> Statement:
    try:
        sections = split(unquote(unquote(text)))
        wanted = applicable or frozenset(sections)
        said = [_section(each, sections[each], policy) for each in wanted & _READ & set(sections)]
    except Unreadable as unreadable:
        return Statement(KEY, error=unreadable.fault)
    whole = _together([each for each in said if each is not None])
    return whole if wanted <= _READ & set(sections) else whole.without_grants("unread_section")


def _section(section: int, text: str, policy: Policy) -> Statement | None:
    if section == _TCF_EU:
        return tcf.statement(KEY, text, policy)
    if section == _US_PRIVACY:
        return usprivacy.statement(KEY, text)
    return Statement(KEY, marketing=us.marketing(section, us.decode(section, text)))


def _together(said: Sequence[Statement]) -> Statement:
    """Join the sections: of analytics only the EU's speaks, of marketing all do."""
    times = [each.decided_at for each in said if each.decided_at is not None]
    return Statement(
        KEY,
        analytics=strictest([each.analytics for each in said if each.explicit]),
        marketing=strictest([each.marketing for each in said]),
        explicit=any(each.explicit for each in said),
        decided_at=min(times, default=None),
        error=next((each.error for each in said if each.error), None),
        notes=tuple(note for each in said for note in each.notes),
        without=tuple(dict.fromkeys(key for each in said for key in each.without)),
    )


SOURCE = Source(KEY, read, cookies=_COOKIES, signals=_BEACON)
