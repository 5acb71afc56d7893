"""What the demo shop sells, baskets and orders. Prices are integers in cents."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

CURRENCY = "EUR"
MAX_QUANTITY = 9
MAX_ORDERS = 1000


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on the shelf. ``art`` names a drawing in ``templates/art``."""

    sku: str
    name: str
    category: str
    cents: int
    line: str
    text: str
    art: str


PRODUCTS = {
    product.sku: product
    for product in (
        Product(
            "MUG-01",
            "Harbour mug",
            "Kitchen",
            1490,
            "Stoneware, holds a proper amount of tea.",
            "Thrown in small batches and glazed inside and out. No two rims are quite the same.",
            "mug",
        ),
        Product(
            "BRD-02",
            "Oak bread board",
            "Kitchen",
            3250,
            "One piece of oak, oiled twice.",
            "Cut from a single plank, with a hole to hang it by. Wipe it, oil it, keep it.",
            "board",
        ),
        Product(
            "LMP-03",
            "Reading lamp",
            "Living",
            8900,
            "Steel shade, warm light, long cord.",
            "The shade tilts and stays where you leave it. Comes with a bulb and a long cord.",
            "lamp",
        ),
        Product(
            "THR-04",
            "Wool throw",
            "Living",
            7400,
            "Undyed wool, 130 by 180 cm.",
            "Woven from undyed wool in the colours that the sheep had. Gets softer every winter.",
            "throw",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Line:
    """One product in a basket."""

    product: Product
    quantity: int

    @property
    def cents(self) -> int:
        """What the line costs."""
        return self.product.cents * self.quantity


@dataclass(frozen=True, slots=True)
class Basket:
    """What a visitor means to buy. In the cookie: ``MUG-01*2.LMP-03*1``."""

    lines: tuple[Line, ...] = ()

    @property
    def cents(self) -> int:
        """What it costs."""
        return sum(line.cents for line in self.lines)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(line.quantity for line in self.lines)

    def text(self) -> str:
        """Return the basket as its cookie holds it."""
        return ".".join(f"{line.product.sku}*{line.quantity}" for line in self.lines)

    def plus(self, product: Product) -> "Basket":
        """Return the basket with one more of ``product``."""
        counts = {line.product.sku: line.quantity for line in self.lines}
        counts[product.sku] = min(counts.get(product.sku, 0) + 1, MAX_QUANTITY)
        return Basket(tuple(Line(PRODUCTS[sku], count) for sku, count in counts.items()))


def read_basket(text: str) -> Basket:
    """Return the basket that a cookie holds; what is not understood is left out."""
    return Basket(tuple(_lines(text[:200])))


def _lines(text: str) -> Iterator[Line]:
    for part in dict.fromkeys(text.split(".")):
        sku, _, count = part.partition("*")
        if sku in PRODUCTS and count.isascii() and count.isdigit() and int(count) >= 1:
            yield Line(PRODUCTS[sku], min(int(count), MAX_QUANTITY))


@dataclass(frozen=True, slots=True)
class Order:
    """A basket that was bought, and by whom (made-up people: this is a demo)."""

    id: str
    basket: Basket
    customer: Mapping[str, str]


class Orders:
    """The orders of this run, the newest thousand."""

    def __init__(self, new_id: Callable[[], str] | None = None) -> None:
        self._new_id = new_id or (lambda: f"ORD-{token_hex(4).upper()}")
        self._orders: OrderedDict[str, Order] = OrderedDict()

    def place(self, basket: Basket, customer: Mapping[str, str]) -> Order:
        """Keep an order and give it its number."""
        order = Order(self._new_id(), basket, customer)
        self._orders[order.id] = order
        while len(self._orders) > MAX_ORDERS:
            self._orders.popitem(last=False)
        return order

    def find(self, order_id: str) -> Order | None:
        """Return an order of this run."""
        return self._orders.get(order_id)


def money(cents: int) -> str:
    """Return a price for people."""
    return f"€{cents / 100:,.2f}"


def units(cents: int) -> float:
    """Return a price in whole currency units, as the vendors want it."""
    return round(cents / 100, 2)


def described(lines: tuple[Line, ...]) -> dict[str, Any]:
    """Return value, currency and items as a tag writes them down."""
    return {
        "value": units(sum(line.cents for line in lines)),
        "currency": CURRENCY,
        "items": [
            {
                "id": line.product.sku,
                "name": line.product.name,
                "category": line.product.category,
                "price": units(line.product.cents),
                "quantity": line.quantity,
            }
            for line in lines
        ],
    }
