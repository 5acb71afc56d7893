"""What an account's figures say, in a sentence that claims no more than they do. Pure."""

from firsthand.admin.figures import Figures
from firsthand.admin.report import AccountReport
from firsthand.admin.words import number
from firsthand.model import Mode
from firsthand.rules.site import Site


def summary(account: AccountReport) -> str:
    """Return the account's figures in one or two sentences."""
    spread = account.figures
    if spread.total == 0:
        return "No event in this span of time."
    if not account.has_browser_path and spread.union == 0:
        return _relay(spread) if account.mode is Mode.RELAY else _server(spread)
    parts = [_live(spread)] if spread.match is not None else []
    parts += [_shadow(spread)] if spread.would is not None else []
    parts += [_unseen(spread)] if spread.unseen else []
    return " ".join(parts) or "Events came in, and no path is known to have delivered one."


def _server(spread: Figures) -> str:
    return f"The vendor took {number(spread.alone)} of {_events(spread.total - spread.apart)}."


def _relay(spread: Figures) -> str:
    sent = f"{number(spread.relayed)} of {_events(spread.total - spread.apart)}"
    return f"Sent on {sent}; the vendor's door does not say which of them it counted."


def _live(spread: Figures) -> str:
    both = f"Both paths delivered {number(spread.matched)} of {_events(spread.union)}"
    if spread.matched == spread.union:
        return f"{both}."
    return (
        f"{both}; {number(spread.server_only)} came through by the server alone,"
        f" {number(spread.client_only)} by the browser alone."
    )


def _shadow(spread: Figures) -> str:
    return (
        f"Shadow, so nothing was sent: {number(spread.would_match)} of"
        f" {_events(spread.would_union)} would match, and the server path would have added"
        f" {number(spread.would_server_only)} that the browser lost."
    )


def _unseen(spread: Figures) -> str:
    return f"Of {number(spread.unseen)} more, the browser could not tell how its request ended."


def _events(n: int) -> str:
    return f"{number(n)} {'event' if n == 1 else 'events'}"


def swaps(site: Site) -> list[tuple[str, str]]:
    """Return pairs of addresses: how a page names a vendor's host now, and how through us.

    None for the sandbox, whose shop names them through us already.
    """
    if site.vendor_suffix:
        return []
    front = site.tracking_url.rstrip("/")
    vendors = {account.vendor.key: account.vendor for account in site.accounts.values()}
    hosts = [script.hosts[0] for vendor in vendors.values() for script in vendor.scripts]
    return [(f"https://{host}/", f"{front}/{host}/") for host in dict.fromkeys(hosts)]
