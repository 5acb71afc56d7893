from firsthand.admin.causes import Cause
from firsthand.admin.worth import Amount, Sums, missed, sums
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Worth
from tests.factories import NOW

OK, FAILED = Client.OK, Client.FAILED
MATCHED = (OK, Server.ACCEPTED, Reason.NONE)
LOST = (FAILED, Server.ACCEPTED, Reason.NONE)
REFUSED = (OK, Server.REFUSED, Reason.BAD_EVENT)
BLOCKED = (FAILED, Server.WITHHELD, Reason.BLOCKED)


def row(
    state: tuple[Client, Server, Reason], client: int, server: int, currency: str = "EUR"
) -> Worth:
    return Worth(NOW, "meta", "1", "Purchase", state, currency, 1, client * 100, server * 100)


def test_sums_of_both_paths_by_currency() -> None:
    # By hand: browser 1000 + 20 = 1020, server 1005 + 300 = 1305.
    told = sums(
        [
            row(MATCHED, 100_000, 100_500),
            row(LOST, 30_000, 30_000),
            row(REFUSED, 2_000, 2_000),
            row(BLOCKED, 7_700, 7_700),
            row(LOST, 0, 9_900, "USD"),
        ],
        Mode.BOTH,
    )
    assert told == (
        Sums(
            currency="EUR",
            browser="1020.00",
            server="1305.00",
            built="0.00",
            both="1000.00",
            both_server="1005.00",
            browser_only="20.00",
            server_only="300.00",
            would_server_only="0.00",
        ),
        Sums("USD", "0.00", "99.00", "0.00", "0.00", "0.00", "0.00", "99.00", "0.00"),
    )


def test_shadow_delivers_no_money() -> None:
    (told,) = sums(
        [
            row((OK, Server.RECORDED, Reason.SHADOW), 5_000, 5_000),
            row((FAILED, Server.VALIDATED, Reason.SHADOW), 1_000, 1_000),
        ],
        Mode.SHADOW,
    )
    assert (told.server, told.built, told.both, told.would_server_only) == (
        *("0.00", "60.00", "50.00"),
        "10.00",
    )


def test_money_that_did_not_match_has_its_cause() -> None:
    assert missed(
        [row(MATCHED, 1, 1), row(LOST, 0, 500), row(BLOCKED, 300, 300), row(REFUSED, 900, 950)],
        Mode.BOTH,
    ) == {
        Cause.BEACON_BLOCKED: (Amount("EUR", "8.00"),),
        Cause.VENDOR_REFUSED: (Amount("EUR", "9.00"),),
    }
    assert sums([], Mode.BOTH) == ()
