"""What looks like a robot: by which sign, and what became of it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firsthand.model import Reason, Server
from firsthand.store.rollups import Count, Fact, What

SIGNS = (What.SAYS_SO, What.NAMELESS, What.BARE, What.RATE, What.INSTANT)
WORDS: Mapping[What, str] = {
    What.SAYS_SO: "names itself a crawler",
    What.NAMELESS: "has no user agent",
    What.BARE: "lacks headers that every browser sends",
    What.RATE: "more requests in a minute from one address than people send",
    What.INSTANT: "more requests in a second from one address than people can cause",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """How many events had a sign; one event can have several."""

    what: What
    words: str
    n: int


@dataclass(frozen=True, slots=True)
class Robots:
    """Events with any sign of a robot: kept off the server path, or treated like all others."""

    suspects: int
    withheld: int
    passed: int
    signs: tuple[Sign, ...]


def robots(facts: Iterable[Fact], counts: Iterable[Count]) -> Robots:
    """Return what an account's twins show. Robots without consent are among the refusals."""
    n: Counter[What] = Counter()
    for fact in facts:
        n[fact.what] += fact.n
    kept_off = sum(
        row.n for row in counts if row.server is Server.WITHHELD and row.reason is Reason.BOT
    )
    signs = tuple(Sign(what, WORDS[what], n[what]) for what in SIGNS if n[what])
    # Robots of before signs were kept have none.
    suspects = max(n[What.SUSPECT], kept_off)
    return Robots(suspects, kept_off, suspects - kept_off, signs)
