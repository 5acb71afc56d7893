"""What a US section says: whether the visitor refused what marketing is.

Refused by an opt-out of sale, sharing or targeted advertising; by Global Privacy Control; where
the business acts as a service provider only; where a notice was owed and not given, or "did not
opt out" is claimed although the notice is said not to apply; where consent is denied to sensitive
data or to unrelated purposes; and for known children: in the national section any below 13, those
older without consent; in the states' sections any.

Source: the sections (see ``layouts.py``); how to act on them: Prebid.js, rules for the MSPA (US
national and state controls), read 2026-11-24. Prebid lets unrelated purposes pass on a "no"; we
do not.
"""

from collections.abc import Mapping
from typing import TypeAlias

from firsthand.rules.consent.bits import Reader, Unreadable, unpack
from firsthand.rules.consent.gpp import layouts
from firsthand.rules.consent.gpp.layouts import LAYOUTS, NATIONAL, Layout
from firsthand.rules.consent.statement import Fault, Say

Answers: TypeAlias = Mapping[str, tuple[int, ...]]
"""Answers by field: 0 not applicable; a notice: 1 given, 2 not given; an opt-out: 1 opted out, 2
did not; a consent: 1 denied, 2 given; a mode: 1 yes, 2 no. ``Gpc`` is 1 where it was seen."""

GPC = "Gpc"
_OPT_OUTS = (layouts.SALE, layouts.SHARING, layouts.TARGETED)
_UNDEFINED = 3
_GPC_SEGMENT = 1
_SENSITIVE_TAIL = 8
_BELOW_13 = 1  # place in the national section


def decode(section: int, text: str) -> Answers:
    """Return the answers of a section that ``LAYOUTS`` knows. Raises ``Unreadable``."""
    core, dot, tail = text.partition(".")
    bits = Reader(unpack(core))
    layout = _layout(section, bits.number(6), len(bits.bits))
    found = {name: _answers(bits, count) for name, count in layout.fields}
    bits.close()
    return {**found, **_tail(layout, tail)} if dot else found


def _layout(section: int, version: int, length: int) -> Layout:
    for each in LAYOUTS[section]:
        if each.version == version and length <= each.longest:
            return each
    raise Unreadable(Fault.VERSION)


def _answers(bits: Reader, count: int) -> tuple[int, ...]:
    found = tuple(bits.number(2) for _ in range(count))
    if _UNDEFINED in found:
        raise Unreadable
    return found


def _tail(layout: Layout, text: str) -> Answers:
    bits = Reader(unpack(text))
    found: dict[str, tuple[int, ...]]
    if layout.tail == "gpc":
        if bits.number(2) != _GPC_SEGMENT:
            raise Unreadable
        found = {GPC: (int(bits.flag()),)}
    elif layout.tail == "sensitive":
        found = {layouts.SENSITIVE: _answers(bits, _SENSITIVE_TAIL)}
    else:
        raise Unreadable
    bits.close()
    return found


def marketing(section: int, told: Answers) -> Say:
    """Return what the answers of a section say: where no opt-out applies, they say nothing."""
    if refuses(section, told):
        return Say.DENIED
    return Say.GRANTED if any(told.get(name) == (2,) for name in _OPT_OUTS) else Say.UNKNOWN


def refuses(section: int, told: Answers) -> bool:
    """Say whether the answers of a section refuse marketing."""
    return (
        _opted_out(told)
        or told.get(GPC) == (1,)
        or _is_provider(told)
        or _unnoticed(told)
        or _unconsented(told)
        or _is_child(section, told.get(layouts.CHILD, ()))
    )


def _opted_out(told: Answers) -> bool:
    return any(told.get(name) == (1,) for name in _OPT_OUTS)


def _is_provider(told: Answers) -> bool:
    """Say so too where the agreement's coverage is left open, which no valid string does."""
    return (
        told.get(layouts.PROVIDER) == (1,)
        or told.get(layouts.MODE) == (2,)
        or told[layouts.COVERED] == (0,)
    )


def _unnoticed(told: Answers) -> bool:
    if any(name.endswith("Notice") and answer == (2,) for name, answer in told.items()):
        return True
    claims = (
        (layouts.SALE, f"{layouts.SALE}Notice"),
        (layouts.SHARING, f"{layouts.SHARING}Notice"),
        (layouts.SHARING, layouts.SHARED),
        (layouts.TARGETED, f"{layouts.TARGETED}Notice"),
    )
    return any(told.get(name) == (2,) and told.get(notice) == (0,) for name, notice in claims)


def _unconsented(told: Answers) -> bool:
    names = (layouts.SENSITIVE, layouts.PERSONAL, layouts.ADDITIONAL)
    return any(1 in told.get(name, ()) for name in names)


def _is_child(section: int, consents: tuple[int, ...]) -> bool:
    if section != NATIONAL:
        return any(consents)
    return 1 in consents or consents[_BELOW_13] != 0
