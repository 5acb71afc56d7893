"""Do Not Track: ``DNT: 1`` refuses marketing where the site's policy honours it.

Source: W3C Tracking Preference Expression, working group note of 2019-01-17, read 2026-11-20.
"""

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Say, Source, Statement, Values

KEY = "dnt"
HEADER = "dnt"


def read(values: Values, policy: Policy) -> Statement | None:
    """Return the refusal where it is honoured."""
    if not policy.honour_dnt or not any(text.startswith("1") for text in values.get(HEADER, ())):
        return None
    return Statement(KEY, marketing=Say.DENIED, explicit=True)


SOURCE = Source(KEY, read, headers=(HEADER,))
