"""mitmproxy addon: labels each request to a vendor with vendor, account, event and kinds of data.

The label is the flow's comment and one line on the terminal; with ``decode_out`` it is written as
JSON lines too. Requests to the vendor's own hosts count and those to a tracking host. No value of
an identifying kind is in a label.
"""

import logging
from pathlib import Path
from typing import Any, TextIO

import orjson
from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader

from addons.sighting import Asked, Sighting, any_site, sight

SUFFIX_HELP = "What the sandbox appends to vendor hosts: .vendors.localhost"

log = logging.getLogger(__name__)


def asked(request: http.Request) -> Asked:
    """Return the parts of a request that a label is made from. ``pretty_host`` is the ``Host``."""
    return Asked(
        method=request.method,
        host=request.pretty_host,
        target=request.path,
        headers={name.lower(): request.headers[name] for name in request.headers},
        body=request.get_content(strict=False) or b"",
        at=int(request.timestamp_start * 1000),
    )


def text(seen: Sighting) -> str:
    """Return a label of one line: ``meta 1234567890123456 Purchase direct: commerce, contact``."""
    events = ", ".join(
        dict.fromkeys(f"{event.account} {event.name}".strip() for event in seen.events)
    )
    words = " ".join(filter(None, (seen.vendor.key, events or seen.use, seen.way)))
    return f"{words}: {', '.join(sorted(seen.kinds))}"


def entries(seen: Sighting, flow: http.HTTPFlow) -> list[dict[str, Any]]:
    """Return what is written of a flow; status 0 where no answer came."""
    status = flow.response.status_code if flow.response else 0
    head = {"at": int(flow.request.timestamp_start * 1000), "flow": flow.id, "status": status}
    return [head | line for line in seen.lines()]


class Decode:
    """Labels flows when they end."""

    def __init__(self) -> None:
        self._out: TextIO | None = None

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("decode_out", str, "", "File that the labels are appended to.")
        loader.add_option("vendor_suffix", str, "", SUFFIX_HELP)

    def configure(self, updated: set[str]) -> None:
        """Open the file. A path that cannot be written ends the start."""
        if "decode_out" not in updated:
            return
        self.done()
        if ctx.options.decode_out:
            self._out = opened("decode_out", ctx.options.decode_out)

    def response(self, flow: http.HTTPFlow) -> None:
        """Label a flow that was answered."""
        self._label(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """Label a flow that was not: the request may have left all the same."""
        self._label(flow)

    def done(self) -> None:
        """Close the file."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _label(self, flow: http.HTTPFlow) -> None:
        seen = sight(asked(flow.request), any_site(ctx.options.vendor_suffix))
        if seen is None:
            return
        flow.comment = text(seen)
        log.info("%s", flow.comment)
        for entry in entries(seen, flow) if self._out else ():
            write(self._out, entry)


def opened(option: str, path: str) -> TextIO:
    """Return a file to append lines to, for the owner's eyes. Raises ``OptionsError``."""
    try:
        return Path(path).open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        words = f"{option}: {error.strerror}: {path}"
        raise exceptions.OptionsError(words) from error  # type: ignore[no-untyped-call]


def write(out: TextIO | None, entry: dict[str, Any]) -> None:
    """Append one JSON line."""
    if out is not None:
        out.write(orjson.dumps(entry).decode() + "\n")


addons = [Decode()]
