"""mitmproxy addon: flags what goes to a vendor past the tracking host, and ids without consent.

``direct``       the swap missed it: a script that came from the vendor, or a beacon of which no
                 copy followed. Modes ``shadow`` and ``both`` leave beacons with the vendor, and
                 post a copy of each.
``identifiers``  data that may identify a visitor went to a vendor whose purpose the visitor's
                 cookies did not grant. The strictest rules hold: what nobody granted is refused,
                 unless the next requests to the site tell of an earlier choice.

Findings are warnings on the terminal; with ``leaks_out`` JSON lines too. No value is in them.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

from mitmproxy import ctx, http
from mitmproxy.addonmanager import Loader

from addons.decode import SUFFIX_HELP, asked, opened, write
from addons.sighting import IDENTIFIERS, Sighting, Way, any_site, sight
from addons.visits import Visits, decided_at
from firsthand.model import Verdict
from firsthand.rules.consent import gate
from firsthand.rules.consent.policy import Policy
from firsthand.rules.cookies import Cookies
from firsthand.rules.doors import Use

LATER_MS = 30_000  # how long copies, and cookies that tell of a choice, are waited for
POLICY = Policy()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting with the flow it belongs to."""

    flow: str
    sighting: Sighting

    @property
    def at(self) -> int:
        """When the request began, in Unix ms."""
        return self.sighting.hit.at

    def entries(self, finding: str, sources: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """Yield what is written of a finding, a line for each event."""
        head = {"at": self.at, "flow": self.flow, "finding": finding, "consent": list(sources)}
        for line in self.sighting.lines():
            yield head | line


def address(seen: Sighting) -> tuple[str, str, str]:
    """Return what a beacon and its copy have in common."""
    return seen.hit.host, seen.hit.path, seen.hit.query


def refusal(seen: Sighting, cookies: Cookies) -> Verdict | None:
    """Return the verdict under which a request should not have been made, else ``None``."""
    verdict = gate.verdict(replace(seen.hit, cookies=cookies), POLICY)
    for signals in seen.signals or ({},):
        own = gate.restrict(verdict, signals, POLICY)
        if not gate.may_load(own, seen.vendor):
            return own
    return None


@dataclass(slots=True)
class Waiting:
    """Beacons that went to the vendor and of which no copy came yet, oldest first."""

    beacons: list[Seen] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)  # vendors of which copies came

    def copy(self, seen: Sighting) -> None:
        """Take out the beacon that this is a copy of."""
        self.copied.add(seen.vendor.key)
        for waiting in self.beacons:
            if address(waiting.sighting) == address(seen):
                self.beacons.remove(waiting)
                return

    def missed(self, before: float) -> Iterator[Seen]:
        """Yield, and forget, what went before a time and was not copied.

        A vendor's sinks have no copies: they are left alone where its beacons have some.
        """
        late = [each for each in self.beacons if each.at < before]
        self.beacons = self.beacons[len(late) :]
        for each in late:
            if each.sighting.use is Use.BEACON or each.sighting.vendor.key not in self.copied:
                yield each


@dataclass(frozen=True, slots=True)
class Suspect:
    """Identifiers that left, by all that was known, without consent."""

    client: str
    seen: Seen
    verdict: Verdict

    def cleared(self, visits: Visits) -> bool:
        """Say whether the site's cookies tell by now that consent had been given before."""
        cookies = visits.cookies(self.client, self.seen.sighting.page)
        if refusal(self.seen.sighting, cookies) is not None:
            return False
        return decided_at(cookies, POLICY) <= self.seen.at


class Leaks:
    """Watches requests; what may still turn out well is a finding only later, or at the end."""

    def __init__(self) -> None:
        self._out: TextIO | None = None
        self._visits = Visits(POLICY)
        self._waiting = Waiting()
        self._suspects: list[Suspect] = []
        self._found: Counter[str] = Counter()

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("leaks_out", str, "", "File that the findings are appended to.")
        loader.add_option("vendor_suffix", str, "", SUFFIX_HELP)

    def configure(self, updated: set[str]) -> None:
        """Open the file. A path that cannot be written ends the start."""
        if "leaks_out" not in updated:
            return
        self._close()
        if ctx.options.leaks_out:
            self._out = opened("leaks_out", ctx.options.leaks_out)

    def request(self, flow: http.HTTPFlow) -> None:
        """Look at a request before it goes on."""
        request = asked(flow.request)
        client = str(flow.client_conn.peername[0])
        sighting = sight(request, any_site(ctx.options.vendor_suffix))
        self._settle(request.at - LATER_MS)
        if sighting is None or sighting.way is not Way.DIRECT:
            self._visits.note(client, request)
            self._suspects = [each for each in self._suspects if not each.cleared(self._visits)]
        if sighting is None:
            return
        if sighting.way is Way.COPY:
            self._waiting.copy(sighting)
        elif sighting.way is Way.DIRECT:
            self._direct(Seen(flow.id, sighting), client)

    def done(self) -> None:
        """Report what still waits, and the sum."""
        self._settle(float("inf"))
        counts = ", ".join(f"{count} {finding}" for finding, count in sorted(self._found.items()))
        log.info("leaks: %s", counts or "none found")
        self._close()

    def _direct(self, seen: Seen, client: str) -> None:
        sighting = seen.sighting
        if sighting.use is Use.SCRIPT:
            self._report(seen, "direct")
        elif sighting.use is not Use.NEVER:
            self._waiting.beacons.append(seen)
        refused = refusal(sighting, self._visits.cookies(client, sighting.page))
        if refused is not None and sighting.kinds & IDENTIFIERS:
            self._suspects.append(Suspect(client, seen, refused))

    def _settle(self, before: float) -> None:
        for seen in self._waiting.missed(before):
            self._report(seen, "direct")
        late = [each for each in self._suspects if each.seen.at < before]
        self._suspects = self._suspects[len(late) :]
        for suspect in late:
            self._report(suspect.seen, "identifiers", suspect.verdict.sources)

    def _report(self, seen: Seen, finding: str, sources: tuple[str, ...] = ()) -> None:
        self._found[finding] += 1
        sighting = seen.sighting
        kinds = ", ".join(sorted(sighting.kinds & IDENTIFIERS))
        log.warning(
            "%s: %s %s from %s: %s",
            *(finding, sighting.vendor.key, sighting.use, sighting.page or "an unknown page"),
            kinds or "no identifiers",
        )
        for entry in seen.entries(finding, sources):
            write(self._out, entry)

    def _close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None


addons = [Leaks()]
