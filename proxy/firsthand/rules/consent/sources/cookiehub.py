"""CookieHub: cookie ``cookiehub``, base64 of JSON.

``allAllowed`` grants every category; otherwise ``categories`` has an ``id`` and a ``value`` for
each, and one that is missing is refused. By default ``analytics`` is analytics and ``marketing``
marketing. ``answered`` true and ``implict`` (their spelling; ``implicit`` too) not true is an act.
``allowSale`` false refuses marketing. ``revision`` is the number of the text, ``timestamp`` the
time.

Source: cookies seen in public code of sites, 2026-11-24.
"""

from dataclasses import replace

from firsthand.rules.consent.decoding import Json, base64_json, iso_ms, say
from firsthand.rules.consent.grouping import Answers, broken, grouped, of_text
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "cookiehub"
COOKIE = "cookiehub"
DEFAULT = Groups(analytics=("analytics",), marketing=("marketing",))


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = base64_json(text)
    answers = _answers(found, groups) if found else None
    decided = iso_ms(found.get("timestamp")) if found else None
    if found is None or answers is None or decided is None:
        return broken(KEY)
    implied = any(found.get(name, False) is not False for name in ("implict", "implicit"))
    said = grouped(
        KEY,
        answers,
        groups,
        explicit=found.get("answered") is True and not implied,
        decided_at=decided,
        otherwise=Say.DENIED,
    )
    if found.get("allowSale") is False:
        said = replace(said, marketing=Say.DENIED)
    return of_text(said, found.get("revision"), groups)


def _answers(found: Json, groups: Groups) -> Answers | None:
    everything, categories = say(found.get("allAllowed", False)), found.get("categories")
    if everything is None or not isinstance(categories, list):
        return None
    if everything is Say.GRANTED:
        return dict.fromkeys((*groups.analytics, *groups.marketing, *groups.social), everything)
    answers: dict[str, Say] = {}
    for category in categories:
        name = category.get("id") if isinstance(category, dict) else None
        answer = say(category.get("value")) if isinstance(category, dict) else None
        if not isinstance(name, str) or answer is None or name in answers:
            return None
        answers[name] = answer
    return answers


SOURCE = Source(KEY, read, cookies=(COOKIE,), groups=DEFAULT, numbered=True)
