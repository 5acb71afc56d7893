"""What each browser's cookies last said about consent: a request to a vendor does not carry it."""

from dataclasses import dataclass, field

from addons.sighting import Asked
from firsthand.errors import BadHit
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources import SOURCES
from firsthand.rules.cookies import Cookies, Wanted
from firsthand.rules.domains import registrable

MOST = 1000


@dataclass(frozen=True, slots=True)
class Visit:
    """The consent cookies of a browser's latest request to a host."""

    at: int
    cookies: Cookies = field(repr=False)


def decided_at(cookies: Cookies, policy: Policy) -> float:
    """Return when the newest choice in consent cookies was made, in Unix ms.

    Infinity where one does not say when, or there is none: it proves nothing about earlier times.
    For cookies that the gate could read.
    """
    times = []
    for source in SOURCES:
        known = Wanted.of(source.cookies)
        mine = {
            name: values
            for name, values in cookies.items()
            if name in known.exact or name.startswith(known.prefixes)
        }
        said = source.read(mine, policy) if mine else None
        if said is not None:
            times.append(float("inf") if said.decided_at is None else said.decided_at)
    return max(times, default=float("inf"))


class Visits:
    """Browsers, told apart by their address, and the hosts they were at. Memory only, bounded.

    A choice made in the page is known from the next request to its site; not before.
    """

    def __init__(self, policy: Policy) -> None:
        self._wanted = Wanted.of(gate.consent_cookie_names(policy))
        self._seen: dict[tuple[str, str], Visit] = {}

    def note(self, client: str, asked: Asked) -> None:
        """Remember a request. A header too long to read counts as one that says nothing."""
        try:
            cookies = self._wanted.split(asked.headers.get("cookie", ""))
        except BadHit:
            cookies = {}
        key = (client, asked.host.lower())
        self._seen.pop(key, None)
        self._seen[key] = Visit(asked.at, cookies)
        if len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]

    def cookies(self, client: str, page: str) -> Cookies:
        """Return what holds on a page: the newest of what went to its host, and of what any host
        of its site was told. Nothing where the page is unknown.
        """
        own = registrable(page)
        told = [
            visit
            for (who, host), visit in self._seen.items()
            if who == client and (host == page or (visit.cookies and registrable(host) == own))
        ]
        return max(told, key=lambda visit: visit.at).cookies if told else {}
