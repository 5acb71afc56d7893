"""IAB TCF: the TC string in the cookies of consent platforms, and in ``gdpr_consent`` of beacons.

``euconsent-v2`` is what most platforms write (InMobi, Didomi, Sourcepoint and others),
``eupubconsent-v2`` OneTrust, ``__cmpconsent<x|u><id>`` Consentmanager. Where a page has several,
the most protective one holds. Source: the platforms' cookie lists, read 2026-11.
"""

from urllib.parse import unquote

from firsthand.rules.consent import tcf
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Source, Statement, Values, each_copy

KEY = "tcf"
COOKIES = ("euconsent-v2", "eupubconsent-v2", "__cmpconsent*")
SIGNAL = "gdpr_consent"


def read(values: Values, policy: Policy) -> Statement | None:
    """Return what the strings say; an empty value says nothing."""
    copies = [text for texts in values.values() for text in texts if text]
    if not copies:
        return None
    return each_copy(KEY, copies, lambda text: _read_one(text, policy))


def _read_one(text: str, policy: Policy) -> Statement:
    return tcf.statement(KEY, unquote(unquote(text)), policy)


SOURCE = Source(KEY, read, cookies=COOKIES, signals=(SIGNAL,))
