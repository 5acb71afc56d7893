import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.admin import words
from firsthand.admin.causes import Cause, Place
from firsthand.admin.figures import CLIENT_STATES
from firsthand.model import MatchKey, Mode, Origin, Reason, Server
from tests.admin.sample import NOW


def test_everything_has_its_words() -> None:
    assert set(words.CLIENT) == set(CLIENT_STATES)
    assert set(words.SERVER) == set(words.SERVER_SHORT) == set(Server)
    assert set(words.MODE) == {*Mode, ""}
    assert set(words.CAUSE) == set(Cause)
    assert set(words.PLACE) == set(Place) - {Place.ALONE}  # where nothing is compared
    assert set(words.ORIGIN) == set(Origin)
    assert set(words.MATCH_KEY) == {(key.name or "").lower() for key in MatchKey}
    assert set(words.REASON) == set(Reason) - {Reason.NONE}


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.00001, "<0.1%"),
        (0.0004, "<0.1%"),
        (0.001, "0.1%"),
        (0.5, "50.0%"),
        (0.9034, "90.3%"),
        (0.99999, "99.9%"),
        (1.0, "100%"),
    ],
)
def test_percent_never_claims_all_or_nothing(share: float, text: str) -> None:
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (4200, "4.2 s"),
        (59_999, "60 s"),
        (90_000, "1.5 min"),
        (3_600_000, "1 h"),
        (36 * 3_600_000, "1.5 d"),
        (40 * 86_400_000, "40 d"),
    ],
)
def test_duration(ms: int, text: str) -> None:
    assert words.duration(ms) == text


def test_other_figures() -> None:
    assert words.number(1234567) == "1,234,567"
    assert words.bound(None) == "beyond measure"
    assert words.bound(500) == "500 ms"
    assert words.moment(NOW) == "24 Nov 10:00"
    assert words.exact(NOW + 7) == "2026-11-24 10:00:00.007"
    assert words.reason("consent") == "consent not given"
    assert words.reason("body_too_large") == "body too large"
    assert words.event_name("Purchase", 1) == "Purchase"
    assert words.event_name("", 1) == "(no name)"
    assert words.event_name("", 1200) == "1,200 rarer names"


@given(st.text())
def test_plain_text_moves_no_cursor_and_turns_no_line(text: str) -> None:
    assert words.plain(text).isprintable()
    assert len(words.plain(text)) == len(text)


def test_what_plain_text_loses() -> None:
    assert words.plain("a\x1b[2Jb\u202ec\nd") == "a\u00b7[2Jb\u00b7c\u00b7d"
    assert words.plain("Käufe 購入") == "Käufe 購入"
