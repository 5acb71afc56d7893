"""An estimate of the score that a vendor itself gives an account's match keys. Pure.

No vendor publishes how it computes its score; what they say of it is only what goes in. Meta: which
customer information parameters come from the server, their quality, and the per cent of events
that are matched (Marketing API reference, AdsPixelCAPIEMQ). Reddit: coverage, weight and quality of
each match key, from 0 to 10 (help page on its signal quality score). Pinterest: coverage of each
parameter (developer page on event quality scores). Snap: how effective the parameters are at
matching (developer page on signal readiness). All read 2026-11-24.

So this is a model of ours: each key, where an event has it, is taken to recognise the person with a
chance of its own (``CHANCES``, ours too: a mailbox more surely than a browser), independently of
the other keys. The score is ten times the share of events of which some key recognises the person,
scaled so that every key on every event makes 10. It ranks what to add; the vendor's own figure also
knows how many were really matched, and will differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from firsthand.admin.quality import KeyCoverage
from firsthand.model import MatchKey, Purpose
from firsthand.vendor import Vendor

CHANCES: Mapping[MatchKey, float] = {
    MatchKey.EMAIL: 0.60,
    MatchKey.PHONE: 0.50,
    MatchKey.NAME: 0.10,
    MatchKey.ADDRESS: 0.15,
    MatchKey.EXTERNAL_ID: 0.20,
    MatchKey.CLICK_ID: 0.55,
    MatchKey.BROWSER_ID: 0.40,
    MatchKey.IP: 0.20,
    MatchKey.USER_AGENT: 0.05,
}
MOST = 10.0
SCORES: Mapping[str, str] = {
    "meta": "event match quality",
    "pinterest": "event quality score",
    "reddit": "signal quality score",
    "snapchat": "signal readiness score",
}
"""What the vendors that show a score call it."""
METHOD = (
    "An estimate from coverage alone: each key recognises a person with a chance that Firsthand"
    " assumes, and all keys on all events make 10. The vendor's own score also depends on how many"
    " events it really matched, which only the vendor knows."
)


@dataclass(frozen=True, slots=True)
class Gain:
    """What the estimate would rise by if every event had a key that some lack."""

    key: str
    by: float


@dataclass(frozen=True, slots=True)
class Quality:
    """The estimate for each path, from 0 to 10, by ``method``. ``gains``: of the server path, the
    largest first, keys that the vendor's API has a field for. ``name`` is what the vendor calls its
    score, "" where it shows none.
    """

    name: str
    client: float
    server: float
    gains: tuple[Gain, ...]
    method: str = METHOD


def quality(keys: Iterable[KeyCoverage], vendor: Vendor | None) -> Quality | None:
    """Return the estimate; ``None`` where no key is known, and where a vendor seeks no person."""
    given = {each.key: each for each in keys}
    if vendor is None or vendor.purpose is not Purpose.MARKETING or not given:
        return None
    taken = taken_by(vendor)
    client = {key: each.client.share for key, each in given.items() if each.client}
    server = {key: each.server.share for key, each in given.items() if each.server}
    now = score(server, taken)
    gains = [
        Gain(_name(key), round(score({**server, _name(key): 1.0}, taken) - now, 2)) for key in taken
    ]
    return Quality(
        name=SCORES.get(vendor.key, ""),
        client=round(score(client, taken), 1),
        server=round(now, 1),
        gains=tuple(sorted((each for each in gains if each.by), key=lambda gain: -gain.by)),
    )


def taken_by(vendor: Vendor) -> list[MatchKey]:
    """Return the keys that a vendor's API has a field for."""
    rows = {row.match for row in vendor.fields if row.match is not None and row.path}
    return [key for key in MatchKey if key in rows]


def score(shares: Mapping[str, float], taken: Iterable[MatchKey]) -> float:
    """Return the estimate for shares of events by key name; of a key that is not named, none."""
    taken = list(taken)
    most = 1 - prod(1 - CHANCES[key] for key in taken)
    some = 1 - prod(1 - CHANCES[key] * shares.get(_name(key), 0.0) for key in taken)
    return MOST * some / most if most else 0.0


def _name(key: MatchKey) -> str:
    return (key.name or "").lower()
