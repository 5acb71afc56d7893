"""Sightings of one site -> what its configuration says, and what a person wants to know of it.

Needs nothing of mitmproxy. No value that a visitor has is in it: accounts, names of events, kinds.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from addons.sighting import Asked, Sighting, Way, any_site, cookies
from firsthand.draft import Outline, Watched, tracking_host
from firsthand.model import Hit, Kind, Reason, Verdict
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy
from firsthand.rules.domains import registrable
from firsthand.vendors import VENDORS

POLICY = Policy()
MOST_EVENTS = 20
TAG_MANAGER = "www.googletagmanager.com"
_CONTAINER = re.compile(r"/gtm\.js\?(?:[^#]*&)?id=(GTM-[A-Z0-9]{4,12})(?=&|#|$)")
UNREAD = (
    "No consent was seen that Firsthand reads. Until some is, nothing is sent: name the platform's"
    " groups under groups, or let fh.js tell of your own banner."
)


@dataclass(slots=True)
class Known:
    """What was seen of one vendor."""

    ways: Counter[str] = field(default_factory=Counter)
    kinds: set[Kind] = field(default_factory=set)
    accounts: dict[str, Counter[str]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "ways": {str(way): count for way, count in self.ways.items()},
            "kinds": sorted(self.kinds),
            "accounts": {name: dict(events) for name, events in self.accounts.items()},
        }


class Survey:
    """One site. ``host`` is the pages' own; empty: that of the first page."""

    def __init__(self, host: str = "", suffix: str = "") -> None:
        self._own = registrable(_name(host)) if host else ""
        self._suffix = suffix.partition(":")[0]
        self._hosts: dict[str, int] = {}
        self._known: dict[str, Known] = {}
        self._tracking: tuple[str, str] = ("", "")  # host with port, base path
        self._verdict: Verdict | None = None
        self._containers: set[str] = set()
        self.vendor_port = ""

    def page(self, host: str) -> None:
        """Note that a document came from ``host``, as its address spells it."""
        self._own = self._own or registrable(_name(host))
        if self._is_own(host):
            self._hosts[host] = self._hosts.get(host, 0) + 1

    def visit(self, asked: Asked) -> None:
        """Note what a request to the site says of consent, and tag managers that its pages load."""
        if asked.host.removesuffix(self._suffix) == TAG_MANAGER:
            self._containers.update(_CONTAINER.findall(asked.target))
        if not self._is_own(asked.host):
            return
        known = cookies(asked, any_site(self._suffix))
        hit = Hit("GET", "", "/", "", b"", asked.headers, known, "", asked.at)
        found = gate.verdict(hit, POLICY)
        if found.sources:
            self._verdict = found

    def see(self, seen: Sighting, asked: Asked, where: str) -> None:
        """Note a request to a vendor's door; ``where`` is the host as its address spells it."""
        if seen.page and not self._is_own(seen.page):
            return
        known = self._known.setdefault(seen.vendor.key, Known())
        known.ways[seen.way] += 1
        known.kinds |= seen.kinds
        if seen.way is Way.DIRECT:
            self.vendor_port = where.partition(":")[2]
        else:
            self._tracking = (where, asked.target.partition(f"/{seen.hit.host}/")[0])
        for event in seen.events:
            if event.account:
                names = known.accounts.setdefault(event.account, Counter())
                if event.name and event.skip is Reason.NONE:
                    names[event.name] += 1

    def outline(self) -> Outline:
        """Return the configuration's outline."""
        host, base = self._place()
        suffix = f"{self._suffix}:{self.vendor_port}" if self._suffix else ""
        pages = tuple(each for each in self._hosts if each != host or base)
        return Outline(
            hosts=pages,
            tracking_host=host,
            accounts=tuple(self._accounts()),
            base_path=base,
            vendor_suffix=suffix.removesuffix(":"),
            notes=tuple(self._notes()),
        )

    def shown(self) -> dict[str, Any]:
        """Return all that was seen, as plain values."""
        verdict = self._verdict
        return {
            "outline": asdict(self.outline()),
            "pages": sum(self._hosts.values()),
            "consent": list(verdict.sources) if verdict else [],
            "granted": {
                "analytics": bool(verdict and verdict.analytics),
                "marketing": bool(verdict and verdict.marketing),
            },
            "containers": sorted(self._containers),
            "vendors": {key: known.shown() for key, known in sorted(self._known.items())},
        }

    def _is_own(self, host: str) -> bool:
        return bool(self._own) and registrable(_name(host)) == self._own

    def _place(self) -> tuple[str, str]:
        """Return tracking host and base path: those seen, else the usual name."""
        host, base = self._tracking
        first = next(iter(self._hosts), self._own)
        return (host, base) if host else (tracking_host(first), "")

    def _accounts(self) -> Iterator[Watched]:
        for key, known in sorted(self._known.items()):
            form = re.compile(VENDORS[key].account_pattern)
            whole = [each for each in known.accounts if form.fullmatch(each)]
            for account in sorted(whole):
                longer = any(each.startswith(f"{account}/") for each in whole)
                if not longer:  # Google Ads: a tag, and its conversions
                    names = sorted(name for name in known.accounts[account] if name)
                    yield Watched(key, account, events=tuple(names[:MOST_EVENTS]))

    def _notes(self) -> Iterator[str]:
        if self._verdict is None:
            yield UNREAD
            return
        yield f"Seen on the site: {'; '.join(self._verdict.sources)}."


def _name(host: str) -> str:
    return host.partition(":")[0].lower().rstrip(".")
