from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin.drawing import LEAST, Bar, flow
from firsthand.admin.figures import figures
from firsthand.model import Client, Mode, Reason, Server
from firsthand.store.rollups import Count
from tests.admin.sample import count

OK, FAILED, UNKNOWN, NONE = Client.OK, Client.FAILED, Client.UNKNOWN, Client.NONE


def draw(*rows: Count, mode: Mode = Mode.BOTH) -> tuple[tuple[Bar, ...], ...]:
    drawn = flow(figures(rows, mode))
    return drawn.browser, drawn.server, drawn.both


def test_both_paths_meet_in_the_middle() -> None:
    browser, server, both = draw(
        count(60, OK, Server.ACCEPTED),
        count(20, OK, Server.REFUSED, Reason.BAD_EVENT),
        count(10, FAILED, Server.ACCEPTED),
        count(10, UNKNOWN, Server.ACCEPTED),
    )
    assert browser == (
        Bar("ok", 0, 80, 80),
        Bar("unknown", 80, 10, 10),
        Bar("gone", 90, 10, 10),
    )
    assert server == (Bar("gone", 0, 20, 20), Bar("delivered", 20, 80, 80))
    assert both == (Bar("matched", 20, 60, 60),)


def test_shadow_is_never_drawn_as_delivered() -> None:
    browser, server, both = draw(
        count(50, OK, Server.RECORDED),
        count(25, FAILED, Server.RECORDED),
        count(25, UNKNOWN, Server.VALIDATED),
        mode=Mode.SHADOW,
    )
    assert [bar.look for bar in browser] == ["ok", "unknown", "gone"]
    assert server == (Bar("built", 0, 100, 100),)
    assert both == (Bar("would_match", 0, 50, 50),)


def test_mode_server_has_one_path() -> None:
    browser, server, both = draw(
        count(90, NONE, Server.ACCEPTED),
        count(10, NONE, Server.WITHHELD, Reason.CONSENT),
        mode=Mode.SERVER,
    )
    assert browser == both == ()
    assert server == (Bar("delivered", 0, 90, 90), Bar("gone", 90, 10, 10))


def test_nothing_to_draw() -> None:
    assert draw() == ((), (), ())
    assert draw(count(5, OK, Server.WITHHELD, Reason.AUTOMATIC)) == ((), (), ())


def test_a_single_event_among_many_can_be_seen() -> None:
    _, server, _ = draw(count(10**6, OK, Server.ACCEPTED), count(1, OK, Server.QUEUED))
    assert server[0].n == 1
    assert server[0].width > LEAST * 0.9


@given(
    st.lists(
        st.tuples(st.integers(1, 10**7), st.sampled_from(Client), st.sampled_from(Server)),
        max_size=30,
    ),
    st.sampled_from(Mode),
)
def test_bars_stand_side_by_side_within_the_drawing(
    rows: list[tuple[int, Client, Server]], mode: Mode
) -> None:
    for bars in draw(*(count(*row) for row in rows), mode=mode):
        for left, right in pairwise(bars):
            assert right.x >= left.x + left.width - 0.01
        assert all(bar.x >= 0 and bar.x + bar.width <= 100.02 for bar in bars)
