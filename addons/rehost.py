"""mitmproxy addon: tries a live site through Firsthand before anybody changes it.

``rehost_config`` names the configuration of a running ``firsthand serve``. In the site's pages the
tags' addresses are changed as ``firsthand snippet`` says, and so is a Content-Security-Policy;
requests to the tracking host go to that Firsthand, whether the name exists or not. A script that a
page loads from its vendor all the same (its tag is in a tag manager, or its address is put together
at run time) comes from Firsthand too. Beacons go where the page sends them: what the swap would
miss is missed here, and ``leaks`` says so.
"""

import logging
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader

from addons.loopback import here
from addons.swapping import Trial, trial
from firsthand.rules import addresses

POLICIES = ("content-security-policy", "content-security-policy-report-only")

log = logging.getLogger(__name__)


class Rehost:
    """Performs the swap on the fly."""

    def __init__(self) -> None:
        self._trial: Trial | None = None
        self._done: Counter[str] = Counter()

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("rehost_config", str, "", "Configuration of the Firsthand to try.")
        loader.add_option("rehost_to", str, "", "Its address, where it is not this machine's.")

    def configure(self, updated: set[str]) -> None:
        """Read the configuration. What cannot be read ends the start."""
        if not updated & {"rehost_config", "rehost_to"}:
            return
        self._trial = None
        path = ctx.options.rehost_config
        if not path:
            return
        try:
            self._trial = trial(Path(path).read_text("utf-8"), ctx.options.rehost_to)
        except (OSError, ValueError, KeyError, TypeError) as error:
            words = f"rehost_config: {path}: {type(error).__name__}: {error}; see firsthand check"
            raise exceptions.OptionsError(words) from error  # type: ignore[no-untyped-call]

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Send what is Firsthand's to Firsthand."""
        if self._trial is None:
            return
        request = flow.request
        path = request.path.partition("?")[0]
        if self._trial.serves(request.pretty_host, path):
            self._reroute(request)
        elif self._is_own(addresses.host(request.headers.get("referer", ""))):
            swapped = self._trial.swapped(request.pretty_host, path)
            if swapped:
                self._done[f"{request.pretty_host}{path}"] += 1
                request.path = swapped + request.path[len(path) :]
                request.host_header = self._trial.site.tracking_host
                self._reroute(request)

    def response(self, flow: http.HTTPFlow) -> None:
        """Change the site's pages."""
        if (
            self._trial is None
            or flow.response is None
            or not self._is_own(flow.request.pretty_host)
        ):
            return
        headers = flow.response.headers
        for name in POLICIES:
            if name in headers:
                headers.set_all(name, [self._trial.policy(each) for each in headers.get_all(name)])
        text = self._html(flow.response)
        if text is None:
            return
        changed, count = self._trial.page(text)
        if changed != text:
            flow.response.text = changed
            headers["cache-control"] = "no-store"  # what was tried is not to be found later
            self._done["addresses in pages"] += count

    def done(self) -> None:
        """Say what was changed, and what has to be changed elsewhere."""
        if self._trial is None:
            return
        log.info("rehost: %d addresses in pages changed", self._done.pop("addresses in pages", 0))
        for address, count in sorted(self._done.items()):
            words = (
                "rehost: %s, asked for %d times, is in no page's text: change it where it is made"
            )
            log.info(words, address, count)

    def _is_own(self, host: str) -> bool:
        return self._trial is not None and host in self._trial.site.hosts

    def _reroute(self, request: http.Request) -> None:
        """Change where a request goes, and leave its ``Host``; see ``loopback`` why in this way."""
        at = urlsplit(self._trial.listens) if self._trial else None
        if at is None or at.hostname is None or at.port is None:
            return
        request.data.host = "127.0.0.1" if here(at.hostname) else at.hostname
        request.data.port = at.port
        request.data.scheme = at.scheme.encode()

    def _html(self, response: http.Response) -> str | None:
        if not response.headers.get("content-type", "").startswith("text/html"):
            return None
        return response.get_text(strict=False)


addons = [Rehost()]
