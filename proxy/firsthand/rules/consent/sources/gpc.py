"""Global Privacy Control: ``Sec-GPC: 1`` refuses marketing, under every rule set.

Source: W3C Global Privacy Control, working draft of 2025-12-17, read 2026-11-20: ``1`` is the only
value; no header says nothing, and neither does any other value.
"""

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values

KEY = "gpc"
HEADER = "sec-gpc"


def read(values: Values, _policy: Policy) -> Statement | None:
    """Return the refusal, or a note where the header has a value that nobody defined."""
    sent = values.get(HEADER, ())
    if not sent:
        return None
    if any(part.strip() == "1" for text in sent for part in text.split(",")):
        return Statement(KEY, marketing=Say.DENIED, explicit=True)
    return Statement(KEY, notes=("other_value",))


SOURCE = Source(KEY, read, headers=(HEADER,))
