"""iubenda: cookies ``_iub_cs-<policy id>``, and ``_iub_cs-<policy id>-uspr`` for US visitors.

Percent-encoded JSON. ``purposes`` has ``true`` or ``false`` for each configured purpose: 1
necessary, 2 functionality, 3 experience, 4 measurement (analytics), 5 marketing. Where the site
asks one question, ``consent`` stands instead. Before an answer there is only ``id``. The US cookie
has ``s`` (sale), ``sh`` (sharing), ``adv`` (targeted advertising): any ``false`` refuses marketing.
Several policies make several cookies: the most protective holds.

Source: iubenda's help pages on purposes, read 2026-11-20; cookies seen in public code of sites,
2026-11-24.
"""

import re
from dataclasses import replace

from firsthand.rules.consent.decoding import Json, iso_ms, json_object, say
from firsthand.rules.consent.grouping import Answers, broken, grouped, silent
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "iubenda"
COOKIES = "_iub_cs-*"
DEFAULT = Groups(analytics=("4",), marketing=("5",))
_EU = re.compile(r"_iub_cs-[0-9]{5,10}")
_US = re.compile(r"_iub_cs-[0-9]{5,10}-uspr")


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookies say; of several policies and copies the most protective."""
    groups = policy.groups.get(KEY, DEFAULT)
    eu = [text for name, texts in values.items() if _EU.fullmatch(name) for text in texts]
    us = [text for name, texts in values.items() if _US.fullmatch(name) for text in texts]
    said = each_copy(KEY, eu, lambda text: _answer(text, groups)) if eu else None
    objection = each_copy(KEY, us, _objection) if us else None
    if said is None or objection is None:
        return said or objection
    if objection.error:
        return objection
    refused = objection.marketing is Say.DENIED
    return replace(said, marketing=Say.DENIED) if refused else said


def _answer(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if found is None or "id" not in found:
        return broken(KEY)
    if "purposes" not in found and "consent" not in found:
        return silent(KEY)
    answers, decided = _answers(found, groups), iso_ms(found.get("timestamp"))
    if answers is None or decided is None:
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=True, decided_at=decided)


def _answers(found: Json, groups: Groups) -> Answers | None:
    if "purposes" not in found:
        every = say(found["consent"])
        names = (*groups.analytics, *groups.marketing, *groups.social)
        return dict.fromkeys(names, every) if every else None
    purposes = found["purposes"]
    if not isinstance(purposes, dict):
        return None
    answers = {name: answer for name, value in purposes.items() if (answer := say(value))}
    return answers if len(answers) == len(purposes) else None


def _objection(text: str) -> Statement:
    found = json_object(text)
    answers = [say(found[name]) for name in ("s", "sh", "adv") if name in found] if found else []
    if not answers or None in answers:
        return broken(KEY)
    refused = Say.DENIED if Say.DENIED in answers else Say.UNKNOWN
    return Statement(KEY, marketing=refused, explicit=True, yields=True)


SOURCE = Source(KEY, read, cookies=(COOKIES,), groups=DEFAULT)
