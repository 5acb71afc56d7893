"""Cookiebot: cookie ``CookieConsent``.

An object literal of JavaScript, not JSON: names without quotes, strings in single ones, partly or
wholly percent-encoded; some stacks write it again as JSON. ``statistics`` is analytics,
``marketing`` marketing, ``utc`` the time of the answer in ms, ``ver`` the number of the text.

``method:'explicit'`` is an act. ``implied`` is written by itself where the law asks for no banner,
and so is a cookie without ``method``: Cookiebot itself takes old consents of unknown method for
implied. The bare value ``-1`` says that the region needs no consent, ``0`` that nothing was
accepted. Scripts of other makers use the same name for a bare ``true`` or ``allow``: such a value
says nothing.

Source: Cookiebot's developer page (cookiebot.com/en/developer), read 2026-11-24; the cookie's form
from cookies seen on sites.
"""

import re
from collections.abc import Mapping

from firsthand.rules.consent.decoding import first, unix_ms
from firsthand.rules.consent.grouping import broken, grouped, of_text, silent
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookiebot"
COOKIE = "CookieConsent"
DEFAULT = Groups(analytics=("statistics",), marketing=("marketing",))
CATEGORIES = frozenset({"necessary", "preferences", "statistics", "marketing"})
NEEDED = frozenset({"stamp", "statistics", "marketing"})
_TEXT = r"[A-Za-z0-9+/=_.: -]{0,200}"
_VALUE = rf"""true|false|-?[0-9]{{1,15}}|'{_TEXT}'|"{_TEXT}\""""
_PAIR = rf"""(?:[a-z]{{1,20}}|'[a-z]{{1,20}}'|"[a-z]{{1,20}}"):(?:{_VALUE})"""
_FORM = re.compile(rf"\{{{_PAIR}(?:,{_PAIR}){{2,24}}\}}")
_SAYS = {"true": Say.GRANTED, "false": Say.DENIED}
_EVERYWHERE = {"-1": Say.GRANTED, "0": Say.DENIED}
_FOREIGN = frozenset({"true", "false", "yes", "no", "allow", "deny", "accepted", "dismiss", "1"})


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    if text in _FOREIGN:
        return silent(KEY, "foreign")
    if text in _EVERYWHERE:
        bare = _EVERYWHERE[text]
        return Statement(KEY, analytics=bare, marketing=bare, yields=True)
    fields = first(text, _fields)
    if fields is None or not fields.keys() >= NEEDED:
        return broken(KEY)
    if any(fields[name] not in _SAYS for name in CATEGORIES & fields.keys()):
        return broken(KEY)
    utc = fields.get("utc", "")
    decided = unix_ms(int(utc)) if utc.isdecimal() else None
    if utc and decided is None:
        return broken(KEY)
    said = grouped(
        KEY,
        {name: _SAYS[value] for name, value in fields.items() if value in _SAYS},
        groups,
        explicit=fields.get("method") == "explicit" and fields["stamp"] not in {"-1", "0"},
        decided_at=decided,
    )
    version = fields.get("ver", "")
    return of_text(said, int(version) if version.isdecimal() else None, groups)


def _fields(text: str) -> Mapping[str, str] | None:
    if not _FORM.fullmatch(text):
        return None
    bare = text[1:-1].replace("'", "").replace('"', "")
    pairs = [entry.partition(":")[::2] for entry in bare.split(",")]
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


SOURCE = Source(
    KEY,
    read,
    cookies=(COOKIE,),
    groups=DEFAULT,
    numbered=True,
    events=("CookiebotOnAccept", "CookiebotOnDecline"),
)
