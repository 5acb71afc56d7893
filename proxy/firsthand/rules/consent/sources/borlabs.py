"""Borlabs Cookie for WordPress: cookie ``borlabs-cookie``, percent-encoded JSON.

``consents`` lists, by group, the services that were accepted: a group that is missing or empty is
refused. By default ``statistics`` is analytics and ``marketing`` marketing. A visitor may accept
some services of a group only: who wants to ask for one names it, ``marketing/meta-pixel``, in
``groups.borlabs.vendors`` or in place of its group. The cookie is written with an answer, so it is
an act; ``expires`` is its end and ``version`` the number of the text.

Source: Borlabs's knowledge base, read 2026-11-20; cookies and event seen in public code of sites,
2026-11-24.
"""

from firsthand.rules.consent.decoding import http_ms, json_object
from firsthand.rules.consent.grouping import Answers, broken, grouped, of_text
from firsthand.rules.consent.policy import Groups, Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values, each_copy

KEY = "borlabs"
COOKIE = "borlabs-cookie"
DEFAULT = Groups(analytics=("statistics",), marketing=("marketing",))


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the cookie says; of several copies the most protective."""
    copies = values.get(COOKIE, ())
    groups = policy.groups.get(KEY, DEFAULT)
    return each_copy(KEY, copies, lambda text: _read_one(text, groups)) if copies else None


def _read_one(text: str, groups: Groups) -> Statement:
    found = json_object(text)
    answers = _answers(found.get("consents")) if found else None
    ends = http_ms(found.get("expires")) if found else None
    if found is None or answers is None or ends is None:
        return broken(KEY)
    said = grouped(KEY, answers, groups, explicit=True, expires_at=ends, otherwise=Say.DENIED)
    version = found.get("version")
    told = int(version) if isinstance(version, str) and version.isdecimal() else version
    return of_text(said, told, groups)


def _answers(consents: object) -> Answers | None:
    """Return a yes for every group with a service in it, and for every ``group/service``."""
    if not isinstance(consents, dict):
        return None
    answers: dict[str, Say] = {}
    for group, services in consents.items():
        if not isinstance(services, list) or not all(isinstance(one, str) for one in services):
            return None
        names = [group, *(f"{group}/{one}" for one in services)] if services else []
        answers |= dict.fromkeys(names, Say.GRANTED)
    return answers


SOURCE = Source(
    KEY,
    read,
    cookies=(COOKIE,),
    groups=DEFAULT,
    numbered=True,
    events=("borlabs-cookie-consent-saved",),
)
