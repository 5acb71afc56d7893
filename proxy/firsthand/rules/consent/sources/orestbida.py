"""CookieConsent by Orest Bida: cookie ``cc_cookie``, percent-encoded JSON.

``categories`` lists what was accepted; what is not in it is refused. The names are the site's own:
``analytics`` and ``marketing`` are the usual ones. ``services`` lists services by category: who
wants to ask for one names it, ``marketing/meta``, in ``groups.orestbida.vendors`` or in place of a
category. The cookie is written with an answer only.
``revision`` is the number of the text, ``lastConsentTimestamp`` the time of the answer,
``expirationTime`` its end in ms.

Source: its source code and documentation (orestbida/cookieconsent 3), read 2026-11-20; the events
from public code of sites, seen 2026-11-24.
"""

from typing import TypeGuard

from firsthand.rules.consent.decoding import Json, iso_ms, json_object, unix_ms
from firsthand.rules.consent.grouping import Answers, broken, grouped, of_text
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "orestbida"
COOKIE = "cc_cookie"
DEFAULT = Groups(analytics=("analytics",), marketing=("marketing",))


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    if found is None:
        return broken(KEY)
    answers = _answers(found)
    decided = iso_ms(found.get("lastConsentTimestamp", found.get("consentTimestamp")))
    ends = unix_ms(found.get("expirationTime"))
    if answers is None or decided is None or ends is None:
        return broken(KEY)
    said = grouped(
        KEY,
        answers,
        groups,
        explicit=True,
        decided_at=decided,
        expires_at=ends,
        otherwise=Say.DENIED,
    )
    return of_text(said, found.get("revision"), groups)


def _answers(found: Json) -> Answers | None:
    """Return a yes for every category, and for every ``category/service`` of those."""
    categories, services = found.get("categories"), found.get("services", {})
    if not isinstance(services, dict) or not _is_names(categories):
        return None
    if not all(_is_names(names) for names in services.values()):
        return None
    within = [f"{group}/{name}" for group in categories for name in services.get(group, [])]
    return dict.fromkeys([*categories, *within], Say.GRANTED)


def _is_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


SOURCE = Source(
    KEY,
    read,
    cookies=(COOKIE,),
    groups=DEFAULT,
    numbered=True,
    events=("cc:onConsent", "cc:onChange"),
)
