"""Which states the tables of an account show: what always matters, and whatever occurred. Pure."""

from firsthand.admin.causes import Place
from firsthand.admin.report import AccountReport
from firsthand.model import Client, Mode, Server

_ALWAYS_CLIENT = (Client.OK, Client.FAILED)
_ALWAYS_SERVER = {
    Mode.SHADOW: (Server.RECORDED,),
    Mode.BOTH: (Server.ACCEPTED, Server.REFUSED),
    Mode.SERVER: (Server.ACCEPTED, Server.REFUSED),
    Mode.RELAY: (Server.SENT, Server.REFUSED),
    None: (),
}
_CLIENT_ORDER = ("ok", "failed", "unknown", "fired", "none")
_SERVER_ORDER = (
    Server.ACCEPTED,
    Server.WARNED,
    Server.VALIDATED,
    Server.RECORDED,
    Server.SENT,
    Server.QUEUED,
    Server.RECEIVED,
    Server.WITHHELD,
    Server.REFUSED,
    Server.EXPIRED,
    Server.DEAD,
)
_PLACE_ORDER = (
    Place.MATCHED,
    Place.WOULD_MATCH,
    Place.CLIENT_ONLY,
    Place.SERVER_ONLY,
    Place.WOULD_SERVER_ONLY,
    Place.UNSEEN,
    Place.RELAYED,
    Place.NEITHER,
    Place.APART,
)


def client_columns(account: AccountReport) -> list[str]:
    """Return the browser path's states to show; none where no browser path is meant to be."""
    spread = account.figures
    if not account.has_browser_path and spread.client["none"] == spread.total:
        return []
    return [s for s in _CLIENT_ORDER if spread.client[s] or s in _ALWAYS_CLIENT]


def server_columns(account: AccountReport) -> list[str]:
    """Return the server path's states to show."""
    always = _ALWAYS_SERVER[account.mode]
    return [s for s in _SERVER_ORDER if account.figures.server[s] or s in always]


def compared_columns(account: AccountReport) -> list[str]:
    """Return the places to show; none where there is nothing to compare."""
    if not client_columns(account):
        return []
    spread = account.figures
    always: tuple[Place, ...] = (Place.CLIENT_ONLY,)
    if spread.match is not None or account.mode is Mode.BOTH:
        always += (Place.MATCHED, Place.SERVER_ONLY)
    if spread.would is not None or account.mode is Mode.SHADOW:
        always += (Place.WOULD_MATCH, Place.WOULD_SERVER_ONLY)
    return [place for place in _PLACE_ORDER if place in always or getattr(spread, place)]
