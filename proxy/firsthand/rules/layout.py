"""What Safari's rule makes of a site's set-up: of all pairs of addresses that a visitor may meet.

A visitor's browser meets one address of the page's host and one of the tracking host; which, is
not ours to choose. So a set-up is as good as its worst pair.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from firsthand.rules.domains import registrable
from firsthand.rules.webkit import Answer, Peer, Ruling, ruling, unmapped


class Verdict(StrEnum):
    """How a set-up stands in Safari, from the best to the worst."""

    PATH = "path"  # below a path of the page's own host
    NEAR = "near"  # every pair of addresses is in one network
    SAME_CNAME = "same_cname"  # both names lead to one domain
    FRAGILE = "fragile"  # escapes by a gap in WebKit that any release can close
    UNKNOWN = "unknown"  # the names could not be looked up
    UNSTABLE = "unstable"  # some pairs are in one network, others not
    FAMILY_MISMATCH = "family_mismatch"  # one of the hosts lacks IPv4 or IPv6 addresses
    FAR = "far"  # no pair is in one network
    OTHER_CNAME = "other_cname"  # the tracking host's name leads to somebody else's
    FOREIGN = "foreign"  # page and tracking host have no registrable domain in common


UNCAPPED = frozenset({Verdict.PATH, Verdict.NEAR, Verdict.SAME_CNAME, Verdict.FRAGILE})
CAPPED = frozenset({Verdict.FAR, Verdict.OTHER_CNAME})


@dataclass(frozen=True, slots=True)
class Host:
    """A host as DNS tells it: the names that its own leads to, in order, and its addresses."""

    name: str
    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def cname(self) -> str:
        """The registrable domain of the last name, empty without a chain."""
        return registrable(self.chain[-1]) if self.chain else ""

    @property
    def versions(self) -> frozenset[int]:
        """The IP versions it has addresses of."""
        return frozenset(unmapped(ip_address(each)).version for each in self.addresses)


@dataclass(frozen=True, slots=True)
class Pair:
    """An address of the page's host, one of the tracking host, and what decides about them."""

    page: str
    tracking: str
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Layout:
    """How one page host stands to the tracking host. ``pairs`` are all that DNS allows for."""

    verdict: Verdict
    pairs: tuple[Pair, ...] = ()

    @property
    def capped(self) -> tuple[Pair, ...]:
        """The pairs with which a cookie ends after seven days."""
        return tuple(pair for pair in self.pairs if pair.ruling.capped)


def layout(page: Host, tracking: Host, *, path: bool) -> Layout:
    """Return how ``page`` stands to ``tracking``; ``path``: we answer below a path of it."""
    if path and page.name == tracking.name:
        return Layout(Verdict.PATH)
    site = registrable(page.name)
    if site != registrable(tracking.name):
        return Layout(Verdict.FOREIGN)
    if not page.addresses or not tracking.addresses:
        return Layout(Verdict.UNKNOWN)
    pairs = tuple(_pairs(site, page, tracking))
    return Layout(_verdict(page, tracking, pairs), pairs)


def _pairs(site: str, page: Host, tracking: Host) -> Iterator[Pair]:
    for one in page.addresses:
        for other in tracking.addresses:
            told = Answer(
                site,
                Peer(page.cname, ip_address(one)),
                Peer(tracking.cname, ip_address(other)),
            )
            yield Pair(one, other, ruling(told))


def _verdict(page: Host, tracking: Host, pairs: tuple[Pair, ...]) -> Verdict:
    rulings = {pair.ruling for pair in pairs}
    for named, verdict in (
        (Ruling.SAME_SITE_CNAME, Verdict.FRAGILE),
        (Ruling.SAME_CNAME, Verdict.SAME_CNAME),
        (Ruling.OTHER_CNAME, Verdict.OTHER_CNAME),
    ):
        if named in rulings:
            return verdict
    # With both families on both hosts a browser uses the same one for both.
    met = {pair.ruling for pair in pairs if _one_family(pair)}
    if Ruling.NEAR not in met:
        return Verdict.FAR
    if page.versions != tracking.versions:
        return Verdict.FAMILY_MISMATCH
    return Verdict.UNSTABLE if Ruling.FAR in met else Verdict.NEAR


def _one_family(pair: Pair) -> bool:
    versions = {unmapped(ip_address(each)).version for each in (pair.page, pair.tracking)}
    return len(versions) == 1
