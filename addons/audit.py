"""mitmproxy addon: watches a site and writes a configuration for it.

At the end ``audit_out`` holds what was seen, as JSON, and beside it, with the ending ``.toml``, a
configuration: hosts, accounts, where consent was read. ``firsthand check`` says what is missing for
it, ``firsthand snippet`` what to paste where. ``scripts/audit`` visits a site by itself.
"""

import logging
from pathlib import Path

import orjson
from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader

from addons.decode import SUFFIX_HELP, asked
from addons.sighting import any_site, sight
from addons.survey import Survey
from firsthand.draft import draft

WRITER = "an audit of the site"
DOCUMENTS = frozenset({"document", ""})  # "": the browser does not say; frames are "iframe"
PAGES = range(200, 300)

log = logging.getLogger(__name__)


def is_page(flow: http.HTTPFlow) -> bool:
    """Say whether an answer is a page, and not a frame in one or a detour."""
    if flow.response is None or flow.response.status_code not in PAGES:
        return False
    kind = flow.response.headers.get("content-type", "")
    return (
        kind.startswith("text/html") and flow.request.headers.get("sec-fetch-dest", "") in DOCUMENTS
    )


def where(request: http.Request) -> str:
    """Return the host as the address spells it, with a port that is not the scheme's."""
    return (request.host_header or request.pretty_host).lower()


class Audit:
    """Surveys one site."""

    def __init__(self) -> None:
        self._survey: Survey | None = None

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        loader.add_option("audit_out", str, "", "File for what an audit saw; .toml beside it.")
        loader.add_option("audit_site", str, "", "Host of the site; default: of the first page.")
        loader.add_option("vendor_suffix", str, "", SUFFIX_HELP)

    def configure(self, updated: set[str]) -> None:
        """Begin, if asked to. A configuration that is there already ends the start."""
        if "audit_out" not in updated:
            return
        self._survey = None
        if not ctx.options.audit_out:
            return
        written = config_path()
        if written.exists():
            words = f"audit_out: {written} is there already; move it away, or name another"
            raise exceptions.OptionsError(words)  # type: ignore[no-untyped-call]
        self._survey = Survey(ctx.options.audit_site, ctx.options.vendor_suffix)

    def request(self, flow: http.HTTPFlow) -> None:
        """Look at a request before it goes on: cookies tell of consent, doors of vendors."""
        if self._survey is None:
            return
        request = asked(flow.request)
        self._survey.visit(request)
        seen = sight(request, any_site(ctx.options.vendor_suffix))
        if seen is not None:
            self._survey.see(seen, request, where(flow.request))

    def response(self, flow: http.HTTPFlow) -> None:
        """Note the pages."""
        if self._survey is not None and is_page(flow):
            self._survey.page(where(flow.request))

    def done(self) -> None:
        """Write what was seen."""
        survey, self._survey = self._survey, None
        if survey is None:
            return
        Path(ctx.options.audit_out).write_bytes(
            orjson.dumps(survey.shown(), option=orjson.OPT_INDENT_2)
        )
        outline = survey.outline()
        if not outline.hosts:
            log.warning("audit: no page was seen, so no configuration is written")
            return
        config_path().write_text(draft(outline, WRITER), "utf-8")
        log.info("audit: %d accounts, written to %s", len(outline.accounts), config_path())


def config_path() -> Path:
    """Return where the configuration goes."""
    return Path(ctx.options.audit_out).with_suffix(".toml")


addons = [Audit()]
