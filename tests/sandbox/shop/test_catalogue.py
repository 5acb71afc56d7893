import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.sandbox.shop.catalogue import (
    PRODUCTS,
    Basket,
    Line,
    Orders,
    described,
    money,
    read_basket,
    units,
)

MUG, LAMP = PRODUCTS["MUG-01"], PRODUCTS["LMP-03"]


def test_a_basket_survives_its_cookie() -> None:
    basket = Basket().plus(MUG).plus(LAMP).plus(MUG)
    assert basket.text() == "MUG-01*2.LMP-03*1"
    assert read_basket(basket.text()) == basket
    assert (basket.count, basket.cents) == (3, 2 * 1490 + 8900)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("MUG-01", ()),
        ("MUG-01*0", ()),
        ("MUG-01*-1", ()),
        ("MUG-01*²", ()),
        ("NOPE*1.MUG-01*2", (Line(MUG, 2),)),
        ("MUG-01*99", (Line(MUG, 9),)),
    ],
)
def test_a_strange_cookie_holds_what_is_understood(text: str, lines: tuple[Line, ...]) -> None:
    assert read_basket(text).lines == lines


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_no_cookie_raises(text: str) -> None:
    assert read_basket(text).count >= 0


def test_nobody_buys_more_than_nine_of_a_thing() -> None:
    basket = Basket()
    for _ in range(12):
        basket = basket.plus(MUG)
    assert basket.count == 9


def test_orders_are_found_by_number_and_the_oldest_go() -> None:
    numbers = iter(range(2000))
    orders = Orders(lambda: f"ORD-{next(numbers)}")
    for _ in range(1001):
        orders.place(Basket(), {})
    assert orders.find("ORD-0") is None
    newest = orders.find("ORD-1000")
    assert newest is not None
    assert newest.id == "ORD-1000"


def test_prices() -> None:
    assert money(123450) == "€1,234.50"
    assert units(3250) == 32.5
    assert described((Line(MUG, 2), Line(LAMP, 1)))["value"] == 118.8
