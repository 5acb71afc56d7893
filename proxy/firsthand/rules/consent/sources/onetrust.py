"""OneTrust (also CookiePro, Optanon): cookies ``OptanonConsent`` and ``OptanonAlertBoxClosed``.

``OptanonConsent`` is a query string as cookie value; its field ``groups`` lists ``id:0|1``. By
default C0002 is performance (analytics), C0004 targeting (marketing), C0005 social media; tenants
rename and add groups, so the ids are configuration, and an id that is not listed is unknown.
``OptanonAlertBoxClosed`` is the ISO 8601 time at which the banner was answered.

Where no banner is shown the cookie comes before any click, with every group on: an answer is
explicit only if the banner was closed or ``interactionCount`` is at least 1. A cookie with an
explicit answer always has ``AwaitingReconsent``; without it the value was cut, and grants nothing.

Source: OneTrust's cookie documentation, read 2026-11-20, and its JavaScript events guide, read
2026-11-24; group forms from cookies seen on sites.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote, unquote_plus

from firsthand.rules.consent.decoding import first, iso_ms
from firsthand.rules.consent.grouping import Answers, broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import (
    Say,
    Source,
    Statement,
    Values,
    each_copy,
    strictest,
)

KEY = "onetrust"
CONSENT = "OptanonConsent"
CLOSED = "OptanonAlertBoxClosed"
DEFAULT = Groups(analytics=("C0002",), marketing=("C0004",), social=("C0005",))
_GROUPS = re.compile(r"[A-Za-z0-9_-]{1,64}:[01](?:,[A-Za-z0-9_-]{1,64}:[01]){0,199}")
_COUNT = re.compile(r"[0-9]{1,6}")
_BOOLEANS = frozenset({"true", "false"})
_READ = frozenset(
    {"groups", "interactionCount", "isGpcEnabled", "browserGpcFlag", "AwaitingReconsent"}
)
_SAYS = {"1": Say.GRANTED, "0": Say.DENIED}


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say; of several copies the most protective."""
    copies = values.get(CONSENT, ())
    if not copies:
        return None
    closed = [first(text, iso_ms) for text in values.get(CLOSED, ())]
    if None in closed:
        return broken(KEY)
    groups = policy.groups.get(KEY, DEFAULT)
    answered = min((at for at in closed if at is not None), default=None)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups, answered))


def _read_one(text: str, groups: Groups, answered: int | None) -> Statement:
    fields = _fields(text)
    answers = _answers(fields.get("groups")) if fields is not None else None
    if fields is None or answers is None:
        return broken(KEY)
    count = fields.get("interactionCount", "0")
    waiting = fields.get("AwaitingReconsent", "")
    explicit = answered is not None or count.strip("0") != ""
    whole = waiting in _BOOLEANS or not (waiting or explicit)
    if not whole or not _COUNT.fullmatch(count):
        return broken(KEY)
    said = grouped(KEY, answers, groups, explicit=explicit, decided_at=answered)
    return _lowered(said, fields)


def _fields(text: str) -> Mapping[str, str] | None:
    """Return the fields we read, decoded, or ``None`` where one comes twice."""
    wrapped = "=" not in text  # some stacks encode the whole value once more
    fields: dict[str, str] = {}
    for part in (unquote(text) if wrapped else text).split("&"):
        name, _, value = part.partition("=")
        if name not in _READ:
            continue
        if name in fields:
            return None
        value = unquote_plus(value)
        fields[name] = value if wrapped else unquote(value)
    return fields


def _answers(text: str | None) -> Answers | None:
    """Return the answer to each group, none for an empty list; ``None`` where it is broken."""
    if text == "":
        return {}
    if text is None or not _GROUPS.fullmatch(text):
        return None
    answers: dict[str, Say] = {}
    for entry in text.split(","):
        group, _, state = entry.rpartition(":")
        answers[group] = strictest([_SAYS[state], answers.get(group, Say.GRANTED)])
    return answers


def _lowered(said: Statement, fields: Mapping[str, str]) -> Statement:
    """Take back what the cookie's other fields forbid."""
    if fields.get("isGpcEnabled") == "1" == fields.get("browserGpcFlag"):
        said = replace(said, marketing=Say.DENIED)
    if fields.get("AwaitingReconsent") == "true":
        said = said.without_grants("reconsent")
    return said


SOURCE = Source(
    KEY,
    read,
    cookies=(CONSENT, CLOSED),
    groups=DEFAULT,
    events=("OneTrustGroupsUpdated", "OTConsentApplied"),
)
