"""Google's own consent platform (Funding Choices, Privacy & messaging): cookie ``FCCDCF``.

A JSON list, percent-encoded or not. Its fourth member is ``null`` or a list that begins with the TC
string and the Additional Consent string (either may be ``null``); an id follows. The other members
hold no answer of the TCF. Google documents none of this. Source: cookies seen in public code, read
2026-11-24.
"""

from dataclasses import replace
from urllib.parse import unquote

import orjson

from firsthand.rules.consent import acstring, tcf
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Fault, Source, Statement, Values, each_copy

KEY = "google_cmp"
COOKIE = "FCCDCF"
_PLACE = 3
_BAD = Statement(KEY, error=Fault.MALFORMED, yields=True)


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the strings in the container say; ``None`` while it holds none."""
    copies = values.get(COOKIE, ())
    if not copies:
        return None
    said = each_copy(KEY, copies, lambda text: _read_one(text, policy))
    return None if said == _SILENT else said


_SILENT = Statement(KEY, yields=True)


def _read_one(text: str, policy: Policy) -> Statement:
    try:
        held = orjson.loads(unquote(unquote(text)))
    except orjson.JSONDecodeError:
        return _BAD
    if not isinstance(held, list):
        return _BAD
    strings = held[_PLACE] if len(held) > _PLACE else None
    if strings is None:
        return _SILENT
    if not isinstance(strings, list):
        return _BAD
    return _strings([*strings, None, None][:2], policy)


def _strings(pair: list[object], policy: Policy) -> Statement:
    string, providers = pair
    if string is None:
        return _SILENT
    if not isinstance(string, str) or not isinstance(providers, str | None):
        return _BAD
    said = tcf.statement(KEY, string, policy)
    if not providers:
        return said
    listed = acstring.statement(KEY, providers, policy)
    return replace(said, error=said.error or listed.error, without=(*said.without, *listed.without))


SOURCE = Source(KEY, read, cookies=(COOKIE,))
