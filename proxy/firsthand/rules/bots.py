"""Signs of a robot, and how much they weigh together. Pure.

No sign tells clients apart: what is looked at is whether something is there, never what it says,
but for a crawler that names itself.
"""

from collections.abc import Mapping
from enum import IntFlag

MOST = 100


class BotSign(IntFlag):
    """Why a client looks like a robot."""

    SAYS_SO = 1  # its user agent names a crawler
    NAMELESS = 2  # it has no user agent
    BARE = 4  # headers are missing that every browser sends
    RATE = 8  # more in a minute from one address than people send
    INSTANT = 16  # more in a second from one address than people can cause


WEIGHTS: Mapping[BotSign, int] = {
    BotSign.SAYS_SO: MOST,
    BotSign.NAMELESS: MOST,
    BotSign.BARE: 60,
    BotSign.RATE: 40,
    BotSign.INSTANT: 40,
}


def score(signs: BotSign) -> int:
    """Return 0 (no sign) to 100 (says so itself, or several signs)."""
    return min(MOST, sum(weight for sign, weight in WEIGHTS.items() if signs & sign))
