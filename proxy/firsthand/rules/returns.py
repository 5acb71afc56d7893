"""Do visitors come back with their keeper? What is counted of a keeper that a browser shows.

The method. A keeper is issued anew on each day of use. Shown again on that day, it was taken by the
browser, and counts once as held. Shown first on a later day, it counts once as back, by the days
since. Of the keepers held on a day the share that is ever shown N days later or more is how many
visitors that kept theirs came back after so long. A browser that ends cookies after seven days
shows none at eight and later, whatever its visitors do; others show what is usual on this site.

What is counted is day of issue, family of browser and bucket: nothing tells whose, and nothing is
added to the keeper but a mark that it was shown.

What it cannot tell. A visit with a single request is in neither count. Somebody who comes daily is
in each day's count, once. Who comes back without a keeper cannot be told from somebody new, so a
low share is also that of a site where few return: compare the families. A user agent may lie;
Brave says it is Chromium, and an iPad may say it is a Mac. With several workers, requests of one
moment can be counted by two of them, in both counts alike.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field

from firsthand.model import Hit
from firsthand.rules.keeper import LIFE_S, Keeper

BUCKETS = (1, 7, 8, 30)
"""Lower bounds, in days: a keeper that is back on day 20 counts in the bucket of 8."""

DAY_MS = 86_400_000
_LONGEST = LIFE_S // 86_400

_FAMILIES = (
    ("ios", re.compile(r"iPhone|iPad|iPod")),  # every browser there is WebKit
    ("firefox", re.compile(r"Firefox/")),
    ("chromium", re.compile(r"Chrom(e|ium)/")),
    ("safari", re.compile(r"Version/[0-9.]+ (?:Mobile/\S+ )?Safari/")),
)
FAMILIES = (*(name for name, _ in _FAMILIES), "other")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A keeper that some browser of ``family`` showed; nothing tells whose.

    ``day``    when it was issued, in days since 1970 (UTC).
    ``after``  how many days later it was shown: the lower bound of a bucket; 0: on the same day.
    """

    day: int
    family: str
    after: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What to count. ``once`` is the same for all requests that bring one keeper at one time; it
    stays in memory."""

    sighting: Sighting
    once: Hashable = field(repr=False)


def is_held(came: Keeper | None, today: int) -> bool:
    """Say whether a browser has shown the keeper of ``today``, so that it took it."""
    return came is not None and came.day == today


def shown(came: Keeper | None, hit: Hit) -> Shown | None:
    """Return what to count of the keeper that ``came`` with a hit, ``None`` where there is nothing.

    It was issued by us, as its mac says, to whom consent allowed it.
    """
    if came is None:
        return None
    after = _after(came, hit.at // DAY_MS)
    if after is None:
        return None
    sighting = Sighting(came.day, family(hit.headers.get("user-agent", "")), after)
    return Shown(sighting, (came.browser, came.day, after))


def _after(came: Keeper, today: int) -> int | None:
    age = today - came.day
    if age == 0:
        return None if came.shown else 0
    if not came.shown or not 0 < age <= _LONGEST:
        return None
    return max(bound for bound in BUCKETS if bound <= age)


def family(agent: str) -> str:
    """Return the family of browsers that a user agent names."""
    found = (name for name, pattern in _FAMILIES if pattern.search(agent[:1024]))
    return next(found, "other")
