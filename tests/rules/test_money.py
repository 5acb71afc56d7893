import pytest

from firsthand.convert import minor_digits
from firsthand.model import Kind, Value
from firsthand.rules.money import MOST, OTHER, UNIT, decimal, order, worth
from firsthand.vendor import Money, Vendor
from firsthand.vendors import VENDORS

PLAIN = Money("value", "currency", "order")
MINOR = Money("value", "currency", minor=True)

WORTHS: list[tuple[Money, Value, Value, tuple[int, str]]] = [
    # where, value, currency, ten-thousandths and currency
    (PLAIN, 49.9, "EUR", (499_000, "EUR")),
    (PLAIN, "49.90", "EUR", (499_000, "EUR")),
    (PLAIN, 7, "", (70_000, "")),
    (PLAIN, 0.1 + 0.2, "EUR", (3_000, "EUR")),
    (PLAIN, -5, "EUR", (-50_000, "EUR")),
    (PLAIN, 1.5, "ZZZ", (15_000, OTHER)),
    (PLAIN, 0, "EUR", (0, "")),
    (PLAIN, "", "EUR", (0, "")),
    (PLAIN, "nan", "EUR", (0, "")),
    (PLAIN, "1e999999999", "EUR", (0, "")),
    (PLAIN, ["49.90"], "EUR", (0, "")),
    (PLAIN, 1_000_000_000, "EUR", (MOST, "EUR")),
    (PLAIN, 1_000_000_001, "EUR", (0, "")),
    (MINOR, 4990, "EUR", (499_000, "EUR")),
    (MINOR, 4990, "JPY", (4990 * UNIT, "JPY")),  # ISO 4217: no smaller unit
    (MINOR, 4990, "KWD", (49_900, "KWD")),  # three decimals
]


@pytest.mark.parametrize(("money", "value", "currency", "told"), WORTHS)
def test_worth(money: Money, value: Value, currency: Value, told: tuple[int, str]) -> None:
    assert worth({"value": value, "currency": currency}, money) == told


def test_a_vendor_without_such_fields_tells_nothing() -> None:
    assert worth({"": 5}, Money()) == (0, "")
    assert (order({"order": "7731"}, PLAIN), order({"": "7731"}, Money())) == ("7731", "")
    assert order({"order": 7731}, PLAIN) == ""


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1_299_000, "129.90"), (0, "0.00"), (-12_345, "-1.2345"), (10_001, "1.0001"), (5, "0.0005")],
)
def test_amounts_as_text(amount: int, text: str) -> None:
    assert decimal(amount) == text


def test_minor_digits() -> None:
    assert [minor_digits(code) for code in ("EUR", "JPY", "TND", "")] == [2, 0, 3, 2]


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
def test_every_vendor_says_where_its_money_stands(vendor: Vendor) -> None:
    kinds = {row.path: row.kind for row in vendor.fields}
    assert kinds[vendor.money.value] is Kind.COMMERCE
    assert kinds[vendor.money.currency] is Kind.COMMERCE
    assert not vendor.money.order or kinds[vendor.money.order] is Kind.ORDER_ID
