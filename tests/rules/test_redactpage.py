import pytest

from firsthand.rules.redactpage import Pages, encoded
from firsthand.rules.standins import StandIns
from firsthand.vendors import VENDORS

AT = 1_795_514_400_000
PAGES = Pages(
    StandIns(b"a key that no file holds, of 32 b"),
    lambda host: host == "shop.example.com",
    VENDORS["meta"].click_ids,
    AT,
)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://shop.example.com/shoes/red_ones", "https://shop.example.com/shoes/red_ones"),
        ("https://shop.example.com:8443/", "https://shop.example.com:8443/"),
        ("https://shop.example.com", "https://shop.example.com"),
        ("https://shop.example.com/a#jane", "https://shop.example.com/a"),
        ("https://janes-own.example/about", "https://elsewhere.example/about"),
    ],
)
def test_pages(address: str, kept: str) -> None:
    assert PAGES.page(address) == kept


@pytest.mark.parametrize(
    ("address", "gone"),
    [
        ("https://shop.example.com/order/A-20417-77", "20417"),
        ("https://shop.example.com/u/jane%40mail.example/", "jane"),
        ("https://shop.example.com/?who=jane", "who=jane"),
        ("https://shop.example.com/?jane%40mail.example=1", "jane"),
        ("https://shop.example.com/?fbclid=IwAR0abcdefghijklmnop", "abcdefg"),
        ("Order of Jane", "Jane"),
        ("https://jane:secret@shop.example.com/a", "jane"),
    ],
)
def test_who_it_is_goes(address: str, gone: str) -> None:
    assert gone not in PAGES.page(address)


def test_a_click_id_stays_one() -> None:
    made = PAGES.page("https://shop.example.com/?fbclid=IwAR0abcdefghijklmnop&size=40")
    name, _, value = made.partition("?")[2].partition("&")[0].partition("=")
    assert name == "fbclid"
    assert len(value) == len("IwAR0abcdefghijklmnop")


def test_a_doors_path_keeps_words_and_told_accounts() -> None:
    assert PAGES.path("/v1/px/a2_q7w8e9r0", frozenset({"a2_q7w8e9r0"})) == "/v1/px/a2_q7w8e9r0"
    assert "4711" not in PAGES.path("/px/471108154711", frozenset())


def test_encoding_has_no_plus() -> None:
    assert encoded([("a b", "c+d&e")]) == "a%20b=c%2Bd%26e"
