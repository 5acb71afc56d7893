"""Google's Additional Consent string in cookies, and in ``addtl_consent`` of beacons.

``addtl_consent`` is the specification's name, ``OTAdditionalConsentString`` OneTrust's,
``ac_euconsent-v2`` PubTech's. It lists providers and grants no purpose: those come from the TC
string beside it. Source: the platforms' cookie lists, read 2026-11.
"""

from urllib.parse import unquote

from firsthand.rules.consent import acstring
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Source, Statement, Values, each_copy

KEY = "additional_consent"
COOKIES = ("addtl_consent", "OTAdditionalConsentString", "ac_euconsent-v2")
SIGNAL = "addtl_consent"


def read(values: Values, policy: Policy) -> Statement | None:
    """Return which vendors the strings refuse; an empty value says nothing."""
    copies = [text for texts in values.values() for text in texts if text]
    if not copies:
        return None
    return each_copy(KEY, copies, lambda text: _read_one(text, policy))


def _read_one(text: str, policy: Policy) -> Statement:
    return acstring.statement(KEY, unquote(unquote(text)), policy)


SOURCE = Source(KEY, read, cookies=COOKIES, signals=(SIGNAL,))
