"""Didomi: cookie ``didomi_token``, base64 of JSON.

``purposes`` has the ids that were ``enabled`` and ``disabled``; one that is in neither was not
answered. The ids are the site's own; those below are what Didomi calls the purposes of the IAB's
framework. A token without any purpose is written before the banner is answered.

``vendors`` has choices by vendor in the same form: who wants to ask for one names it,
``vendors/facebook`` or ``vendors/c:meta-AbC12345``, in ``groups.didomi.vendors`` or in place of a
purpose. ``didomi_dcs``, the compact successor, numbers the purposes by a table that only the site's
owner has: it is not read.

Source: Didomi's help center, "Didomi Cookies: storage" (names and meaning of the lists, example of
a token), its developer pages on purposes and on the Didomi Consent String, all read 2026-11-24.
"""

from firsthand.rules.consent.decoding import Json, base64_json, iso_ms
from firsthand.rules.consent.grouping import Answers, broken, grouped
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Fault, Say, Source, Statement, Values, each_copy

KEY = "didomi"
COOKIE = "didomi_token"
VERSION = 2
DEFAULT = Groups(
    analytics=("cookies", "measure_content_performance"),
    marketing=(
        "cookies",
        "create_ads_profile",
        "select_personalized_ads",
        "measure_ad_performance",
    ),
)


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the token says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    token = base64_json(text)
    if token is None:
        return broken(KEY)
    if token.get("version") != VERSION:
        return broken(KEY, Fault.VERSION)
    answers, updated = _answers(token), iso_ms(token.get("updated"))
    if answers is None or updated is None:
        return broken(KEY)
    return grouped(KEY, answers, groups, explicit=_acted(answers), decided_at=updated)


def _acted(answers: Answers) -> bool:
    """A token that names vendors alone may come before the banner is answered."""
    return any(not name.startswith("vendors/") for name in answers)


def _answers(token: Json) -> Answers | None:
    purposes, vendors = _lists(token, "purposes", ""), _lists(token, "vendors", "vendors/")
    return None if purposes is None or vendors is None else {**purposes, **vendors}


def _lists(token: Json, name: str, prefix: str) -> Answers | None:
    told = token.get(name, {})
    if not isinstance(told, dict):
        return None
    enabled, disabled = told.get("enabled", []), told.get("disabled", [])
    if not isinstance(enabled, list) or not isinstance(disabled, list):
        return None
    if not all(isinstance(each, str) for each in [*enabled, *disabled]):
        return None
    said = dict.fromkeys(enabled, Say.GRANTED) | dict.fromkeys(disabled, Say.DENIED)
    return {f"{prefix}{each}": answer for each, answer in said.items()}


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
