"""The IAB's US Privacy string: four characters, of California's first law.

Version ``1``; notice given; opted out of sale; covered by the Limited Service Provider Agreement:
``Y``, ``N`` or ``-`` where the law does not apply. ``1---`` says nothing. It never says more than
that nobody objected: what it grants is implied.

Source: IAB Tech Lab, "U.S. Privacy String" v1.0, deprecated for GPP, read 2026-11-24.
"""

import re

from firsthand.rules.consent.statement import Fault, Say, Statement

_FORM = re.compile(r"1([YN-])([YN-])[YN-]")
_OTHER_VERSION = re.compile(r"[02-9][YN-]{3}")
SILENT = "1---"


def statement(source: str, text: str) -> Statement | None:
    """Return what the string says, ``None`` where the law does not apply."""
    if text == SILENT:
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        fault = Fault.VERSION if _OTHER_VERSION.fullmatch(text) else Fault.MALFORMED
        return Statement(source, error=fault)
    return Statement(source, marketing=_marketing(found[1], found[2]))


def _marketing(notice: str, opted_out: str) -> Say:
    if notice == "N" or opted_out == "Y":
        return Say.DENIED
    return Say.GRANTED if (notice, opted_out) == ("Y", "N") else Say.UNKNOWN
