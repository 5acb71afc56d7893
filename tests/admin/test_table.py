import pytest

from firsthand.admin.report import AccountReport, build
from firsthand.admin.rows import Rows, span
from firsthand.admin.table import client_columns, compared_columns, server_columns
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Count
from tests.admin.sample import META, NOW, account, count, make_site

OK, NONE = Client.OK, Client.NONE


def meta(mode: Mode, *counts: Count) -> AccountReport:
    site = make_site(account("meta", META, mode))
    return build(Rows(counts=counts), site, span("24h", now=NOW)).accounts[0]


@pytest.mark.parametrize(
    ("mode", "counts", "client", "server", "compared"),
    [
        (
            Mode.BOTH,
            [count(1, OK, Server.ACCEPTED)],
            ["ok", "failed"],
            ["accepted", "refused"],
            ["matched", "client_only", "server_only"],
        ),
        (
            Mode.BOTH,
            [
                count(1, Client.UNKNOWN, Server.WARNED),
                count(1, OK, Server.WITHHELD, Reason.AUTOMATIC),
            ],
            ["ok", "failed", "unknown"],
            ["accepted", "warned", "withheld", "refused"],
            ["matched", "client_only", "server_only", "unseen", "apart"],
        ),
        (
            Mode.SHADOW,
            [count(1, OK, Server.VALIDATED)],
            ["ok", "failed"],
            ["validated", "recorded"],
            ["would_match", "client_only", "would_server_only"],
        ),
        (Mode.SERVER, [count(1, NONE, Server.ACCEPTED)], [], ["accepted", "refused"], []),
        (
            Mode.SERVER,  # until a moment ago the browser delivered, too
            [count(1, NONE, Server.ACCEPTED), count(1, OK, Server.ACCEPTED)],
            ["ok", "failed", "none"],
            ["accepted", "refused"],
            ["matched", "client_only", "server_only"],
        ),
    ],
)
def test_columns(
    mode: Mode, counts: list[Count], client: list[str], server: list[str], compared: list[str]
) -> None:
    of = meta(mode, *counts)
    assert client_columns(of) == client
    assert server_columns(of) == server
    assert compared_columns(of) == compared


def test_no_state_that_occurred_is_left_out() -> None:
    of = meta(Mode.BOTH, *(count(1, client, server) for client in Client for server in Server))
    assert len(client_columns(of)) == len(Client)
    assert len(server_columns(of)) == len(Server)
