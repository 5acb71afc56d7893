"""Which visitors the server path leaves out by chance, so that what it adds can be measured. Pure.

The draw is a hash of the random id in the visitor's keeper: the same visitor is drawn the same way
for as long as the keeper lives, on every page and at every vendor, under a new secret too. Who has
no keeper yet is not drawn: two requests of a first page would each bring an id of its own, and only
one of them stays. Their events are in neither arm.
"""

from enum import StrEnum
from hashlib import sha256

from firsthand.model import Hit
from firsthand.rules import keeper
from firsthand.rules.site import Site


class Arm(StrEnum):
    """Which part of the holdout a visitor is in. ``NONE``: nobody who could be drawn."""

    NONE = ""
    TREATED = "treated"  # served on the server path
    HELD = "held"  # not served there


_WHOLE = 2**64


def arm(hit: Hit, site: Site) -> Arm:
    """Return the arm of the visitor behind ``hit``: for a share ``site.holdout`` it is ``HELD``."""
    if not site.holdout:
        return Arm.NONE
    known = keeper.decode(hit.cookies.get(keeper.name(site), ()), site)
    return drawn(known.browser, site.holdout) if known else Arm.NONE


def drawn(browser: str, share: float) -> Arm:
    """Return the arm of a browser id: of many, ``share`` are held."""
    digest = sha256(b"holdout\0" + browser.encode("utf-8", "replace")).digest()
    return Arm.HELD if int.from_bytes(digest[:8], "big") < share * _WHOLE else Arm.TREATED
