"""IAB US Privacy: cookies ``usprivacy`` and ``us_privacy``, beacon parameter ``us_privacy``.

iubenda keeps the string as ``uspString`` of a JSON object in the same cookie. Source: IAB Tech Lab,
"CCPA Compliance Mechanism: US Privacy User Signal" (cookie), iubenda's cookies, read 2026-11.
"""

from urllib.parse import unquote

import orjson

from firsthand.rules.consent import usprivacy
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Source, Statement, Values, each_copy

KEY = "us_privacy"
COOKIES = ("usprivacy", "us_privacy")
_FIELD = "uspString"


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return what the strings say; ``None`` where the law is said not to apply."""
    told = [_string(text) for texts in values.values() for text in texts if text]
    copies = [text for text in told if text != usprivacy.SILENT]
    return each_copy(KEY, copies, _read_one) if copies else None


def _read_one(text: str) -> Statement:
    return usprivacy.statement(KEY, text) or Statement(KEY)


def _string(text: str) -> str:
    """Return the string itself, taken out of an object where it is in one."""
    plain = unquote(unquote(text))
    if not plain.startswith("{"):
        return plain
    try:
        found = orjson.loads(plain).get(_FIELD)
    except orjson.JSONDecodeError:
        return plain
    return found if isinstance(found, str) else plain


SOURCE = Source(KEY, read, cookies=COOKIES, signals=("us_privacy",))
