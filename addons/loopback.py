"""mitmproxy addon: names under ``.localhost`` are this machine, so the sandbox can be looked at.

Browsers hold to that by themselves, resolvers of operating systems often do not.
Source: RFC 6761, section 6.3, read 2026-11-24.
"""

from mitmproxy import http

LOOPBACK = "127.0.0.1"


def here(host: str) -> bool:
    """Say whether a name belongs to this machine by definition."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


class Loopback:
    """Sends requests for this machine's names to this machine."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Change where the request goes and leave its ``Host`` as it is.

        Changing the connection instead would keep mitmproxy from using it again, and of those to
        one address it opens five at most (seen in 11.0.2).
        """
        if here(flow.request.host):
            flow.request.data.host = LOOPBACK


addons = [Loopback()]
