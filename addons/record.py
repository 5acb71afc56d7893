"""mitmproxy addon: saves beacons as case files, without what identifies anybody.

``record_out`` names a folder. In it each beacon becomes a file ``VENDOR/KIND_EVENT_1.json`` of the
form of ``tests/vendors/cases``, and a line of ``hits.jsonl``, which ``firsthand explain`` reads,
with what the visitor had said of consent. Ids, contact data, addresses and free texts are replaced
by stand-ins; one run's stand-ins belong together, and no key of theirs is kept. A body in a packed
form (LinkedIn's /wa/) cannot be redacted: such a beacon is left out.
"""

import logging
from pathlib import Path
from secrets import token_bytes
from typing import Any, TextIO

import orjson
from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader

from addons.casefile import case, redacted, redaction, stem
from addons.decode import SUFFIX_HELP, asked, opened, write
from addons.sighting import Way, any_site, sight
from addons.visits import Visits
from firsthand.model import Reason
from firsthand.rules.consent.policy import Policy
from firsthand.rules.doors import Use
from firsthand.rules.redact import line

MOST = 1000
KEY_BYTES = 32
TRACKING_HELP = "Address that the recorded hits begin with; default: that of explain's sample."
SAMPLE = "https://trk.shop.example.com"

log = logging.getLogger(__name__)


class Record:
    """Saves what goes to vendors' beacon doors, directly or through the tracking host."""

    def __init__(self) -> None:
        self._key = token_bytes(KEY_BYTES)
        self._visits = Visits(Policy())
        self._hits: TextIO | None = None
        self._saved = 0
        self._left_out = 0

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("record_out", str, "", "Folder for redacted cases.")
        loader.add_option("record_tracking", str, SAMPLE, TRACKING_HELP)
        loader.add_option("vendor_suffix", str, "", SUFFIX_HELP)

    def configure(self, updated: set[str]) -> None:
        """Make the folder. A path that cannot be written ends the start."""
        if "record_out" not in updated:
            return
        self._close()
        folder = ctx.options.record_out
        if not folder:
            return
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            words = f"record_out: {error.strerror}: {folder}"
            raise exceptions.OptionsError(words) from error  # type: ignore[no-untyped-call]
        self._hits = opened("record_out", str(Path(folder) / "hits.jsonl"))

    def request(self, flow: http.HTTPFlow) -> None:
        """Save a beacon before it goes on. Copies are not saved: what they repeat is."""
        if self._hits is None:
            return
        request = asked(flow.request)
        ip = str(flow.client_conn.peername[0])
        suffix = ctx.options.vendor_suffix
        seen = sight(request, any_site(suffix))
        if seen is None or seen.way is not Way.DIRECT:
            self._visits.note(ip, request)
        if seen is None or seen.way is Way.COPY or seen.use is not Use.BEACON:
            return
        faulty = any(event.skip is Reason.FAULT for event in seen.events)
        if faulty or self._saved >= MOST:
            return
        consent = self._visits.cookies(ip, seen.page)
        hit = redacted(seen, consent, ip, redaction(seen.page, self._key, suffix))
        tracking = ctx.options.record_tracking
        made = case(seen, hit, tracking)
        if not made["readings"] and any(event.name for event in seen.events):
            self._left_out += 1
            return
        save(Path(ctx.options.record_out) / seen.vendor.key, stem(seen, made), made)
        write(self._hits, line(hit, tracking))
        self._saved += 1
        if self._saved == MOST:
            log.warning("record: %d cases are saved; no more are", MOST)

    def done(self) -> None:
        """Close the file."""
        if self._hits is not None:
            log.info("record: %d beacons saved in %s", self._saved, ctx.options.record_out)
            if self._left_out:
                log.info("record: %d in a packed form, left out", self._left_out)
        self._close()

    def _close(self) -> None:
        if self._hits is not None:
            self._hits.close()
            self._hits = None


def save(folder: Path, name: str, made: dict[str, Any]) -> None:
    """Write a case under the first number that is free."""
    folder.mkdir(exist_ok=True)
    number = 1
    while (path := folder / f"{name}_{number}.json").exists():
        number += 1
    path.write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")


addons = [Record()]
