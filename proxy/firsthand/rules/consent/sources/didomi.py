"""Didomi: cookie ``didomi_token``, base64 of JSON.

``purposes`` has the ids that were ``enabled`` and ``disabled``; one that is in neither was not
answered. The ids are the site's own; those below are what Didomi calls the purposes of the IAB's
framework. A token without any purpose is written before the banner is answered.

``didomi_dcs``, the compact successor, numbers the purposes by a table that only the site's owner
has: it is not read. ``vendors`` has choices by vendor, which are not read either.

Source: Didomi's developer pages on purposes and on the Didomi Consent String, read 2026-11-24; the
token's form from cookies seen on sites.
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
    return grouped(KEY, answers, groups, explicit=bool(answers), decided_at=updated)


def _answers(token: Json) -> Answers | None:
    purposes = token.get("purposes", {})
    if not isinstance(purposes, dict):
        return None
    enabled, disabled = purposes.get("enabled", []), purposes.get("disabled", [])
    if not isinstance(enabled, list) or not isinstance(disabled, list):
        return None
    if not all(isinstance(name, str) for name in [*enabled, *disabled]):
        return None
    return dict.fromkeys(enabled, Say.GRANTED) | dict.fromkeys(disabled, Say.DENIED)


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT)
