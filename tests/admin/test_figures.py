from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.causes import Place
from firsthand.admin.figures import at_most, figures, rate
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Count
from tests.admin.sample import count

OK, FAILED, UNKNOWN, NONE = Client.OK, Client.FAILED, Client.UNKNOWN, Client.NONE


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics
        # in Medicine 17 (1998), table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # By hand with z = 1.96: z^2 = 3.8416, 1 / (1 + 3.8416) = 0.2065.
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_interval(hits: int, of: int, low: float, high: float) -> None:
    found = rate(hits, of)
    assert found is not None
    assert found.share == hits / of
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_no_rate_of_nothing() -> None:
    assert rate(0, 0) is None


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_interval_holds_the_share(pair: tuple[int, int]) -> None:
    found = rate(*pair)
    assert found is not None
    assert 0 <= found.low <= found.share <= found.high <= 1


@pytest.mark.parametrize(
    ("histogram", "share", "bound"),
    [
        ([], 0.5, None),
        ([(100, 0)], 0.5, None),
        ([(100, 1)], 0.5, 100),
        # Ten values: the fifth is the median, the tenth (9.5 rounded up) the 95th percentile.
        ([(100, 5), (200, 4), (500, 1)], 0.5, 100),
        ([(100, 4), (200, 5), (500, 1)], 0.5, 200),
        ([(100, 4), (200, 5), (500, 1)], 0.95, 500),
        ([(500, 1), (200, 19)], 0.95, 200),
        ([(100, 9), (-1, 1)], 0.5, 100),
        ([(100, 9), (-1, 1)], 0.95, None),
    ],
)
def test_percentile_is_the_bound_that_holds_it(
    histogram: list[tuple[int, int]], share: float, bound: int | None
) -> None:
    assert at_most(histogram, share) == bound


def test_figures_in_mode_both() -> None:
    spread = figures(
        [
            count(80, OK, Server.ACCEPTED),
            count(4, OK, Server.WARNED, Reason.VENDOR_WARNING),
            count(6, OK, Server.REFUSED, Reason.BAD_EVENT),
            count(7, FAILED, Server.ACCEPTED),
            count(3, NONE, Server.ACCEPTED),
            count(5, UNKNOWN, Server.ACCEPTED),
            count(2, Client.FIRED, Server.WARNED),
            count(1, UNKNOWN, Server.QUEUED),
            count(9, OK, Server.WITHHELD, Reason.AUTOMATIC),
        ],
        Mode.BOTH,
    )
    assert spread.total == 117
    assert spread.client == {"none": 3, "fired": 2, "ok": 99, "failed": 7, "unknown": 6}
    assert {state: n for state, n in spread.server.items() if n} == {
        "withheld": 9,
        "queued": 1,
        "accepted": 95,
        "warned": 6,
        "refused": 6,
    }
    assert (spread.matched, spread.client_only, spread.server_only) == (84, 6, 10)
    assert (spread.unseen, spread.neither, spread.apart) == (7, 1, 9)
    assert spread.union == 100
    assert spread.match == rate(84, 100)
    assert spread.would is None


def test_shadow_claims_no_delivery() -> None:
    spread = figures(
        [
            count(30, OK, Server.RECORDED, Reason.SHADOW),
            count(10, OK, Server.VALIDATED, Reason.SHADOW),
            count(5, FAILED, Server.RECORDED, Reason.SHADOW),
            count(5, OK, Server.WITHHELD, Reason.CONSENT),
            count(3, UNKNOWN, Server.RECORDED, Reason.SHADOW),
        ],
        Mode.SHADOW,
    )
    assert spread.matched == spread.server_only == spread.server["accepted"] == 0
    assert (spread.would_match, spread.would_server_only, spread.client_only) == (40, 5, 5)
    assert spread.unseen == 3
    assert spread.match is None
    assert spread.would_union == 50
    assert spread.would == rate(40, 50)


def test_shadow_in_which_nothing_could_be_built_would_match_nothing() -> None:
    spread = figures([count(5, OK, Server.WITHHELD, Reason.CONSENT)], Mode.SHADOW)
    assert spread.match is None
    assert spread.would == rate(0, 5)


def test_mode_server_has_no_match_rate_instead_of_nought() -> None:
    spread = figures(
        [count(8, NONE, Server.ACCEPTED), count(2, NONE, Server.WITHHELD, Reason.CONSENT)],
        Mode.SERVER,
    )
    assert (spread.alone, spread.neither, spread.server_only, spread.union) == (8, 2, 0, 0)
    assert spread.match is None
    assert spread.would is None


def test_a_span_in_which_shadow_ended_has_both_rates() -> None:
    spread = figures([count(6, OK, Server.RECORDED), count(4, OK, Server.ACCEPTED)], Mode.BOTH)
    assert spread.match == rate(4, 4)
    assert spread.would == rate(6, 6)


JOINT = st.builds(
    Count,
    at=st.just(0),
    vendor=st.just("meta"),
    account=st.just("1"),
    name=st.sampled_from(["a", "b"]),
    client=st.sampled_from(Client),
    server=st.sampled_from(Server),
    reason=st.sampled_from(Reason),
    n=st.integers(0, 10**6),
)


@given(st.lists(JOINT, max_size=40), st.sampled_from([*Mode, None]))
def test_states_and_places_add_up(rows: list[Count], mode: Mode | None) -> None:
    spread = figures(rows, mode)
    assert spread.total == sum(row.n for row in rows)
    assert sum(spread.client.values()) == spread.total
    assert sum(spread.server.values()) == spread.total
    assert sum(getattr(spread, place) for place in Place) == spread.total
    assert spread.union == spread.matched + spread.client_only + spread.server_only
    assert spread.matched <= spread.server["accepted"] + spread.server["warned"]


@given(st.lists(JOINT, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[Count], random: object) -> None:
    shuffled = sorted(rows, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert figures(shuffled, Mode.BOTH) == figures(rows, Mode.BOTH)


@pytest.mark.parametrize(("client", "server"), list(product(Client, Server)))
def test_nothing_undelivered_counts_as_matched(client: Client, server: Server) -> None:
    spread = figures([count(1, client, server)], Mode.BOTH)
    delivered = server in {Server.ACCEPTED, Server.WARNED}
    assert spread.matched == int(delivered and client is OK)
