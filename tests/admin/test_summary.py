from dataclasses import replace

import pytest

from firsthand.admin.report import AccountReport, build
from firsthand.admin.rows import Rows, span
from firsthand.admin.summary import summary, swaps
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Count
from tests.admin.sample import META, NOW, account, count, make_site

OK, FAILED, NONE = Client.OK, Client.FAILED, Client.NONE
REFUSED = count(2, OK, Server.WITHHELD, Reason.CONSENT)


def meta(mode: Mode, *counts: Count) -> AccountReport:
    site = make_site(account("meta", META, mode))
    return build(Rows(counts=counts), site, span("24h", now=NOW)).accounts[0]


@pytest.mark.parametrize(
    ("mode", "counts", "words"),
    [
        (Mode.BOTH, (), "No event in this span of time."),
        (
            Mode.BOTH,
            (count(1, OK, Server.ACCEPTED),),
            "Both paths delivered 1 of 1 event.",
        ),
        (
            Mode.BOTH,
            (
                count(1200, OK, Server.ACCEPTED),
                count(3, FAILED, Server.WARNED),
                REFUSED,
                count(4, Client.UNKNOWN, Server.ACCEPTED),
            ),
            (
                "Both paths delivered 1,200 of 1,205 events; 3 came through by the server alone,"
                " 2 by the browser alone. Of 4 more, the browser could not tell how its request"
                " ended."
            ),
        ),
        (
            Mode.SHADOW,
            (count(5, OK, Server.RECORDED), count(1, FAILED, Server.RECORDED), REFUSED),
            (
                "Shadow, so nothing was sent: 5 of 8 events would match, and the server path would"
                " have added 1 that the browser lost."
            ),
        ),
        (
            Mode.SERVER,
            (
                count(9, NONE, Server.ACCEPTED),
                count(1, NONE, Server.QUEUED),
                count(5, NONE, Server.WITHHELD, Reason.AUTOMATIC),
            ),
            "The vendor took 9 of 10 events.",
        ),
        (
            Mode.BOTH,
            (count(1, NONE, Server.WITHHELD, Reason.CONSENT),),
            "Events came in, and no path is known to have delivered one.",
        ),
    ],
)
def test_summary(mode: Mode, counts: tuple[Count, ...], words: str) -> None:
    assert summary(meta(mode, *counts)) == words


@pytest.mark.parametrize("server", [Server.RECORDED, Server.VALIDATED])
def test_shadow_never_speaks_of_delivery(server: Server) -> None:
    said = summary(meta(Mode.SHADOW, count(5, OK, server), count(1, FAILED, server)))
    assert "delivered" not in said
    assert "came through" not in said


def test_the_sandbox_needs_no_swap() -> None:
    assert swaps(replace(make_site(), vendor_suffix=".vendors.localhost:8000")) == []


def test_swaps_name_each_host_of_the_vendors_in_use() -> None:
    assert swaps(make_site(account("meta", META, Mode.BOTH))) == [
        ("https://connect.facebook.net/", "https://trk.shop.example.com/connect.facebook.net/"),
    ]
