"""The demo shop's pages: a visit in, a page out. No sockets.

Every page exists twice. Under ``/`` the tags load through the tracking host; under ``/plain`` they
load from the vendors' own addresses, held back until the consent banner is answered, as a shop
without Firsthand would do it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firsthand.sandbox.role import Role
from firsthand.sandbox.shop.catalogue import (
    PRODUCTS,
    Basket,
    Line,
    Order,
    Orders,
    Product,
    described,
    money,
    read_basket,
)
from firsthand.sandbox.shop.platforms import PLATFORMS, played, remembered

HERE = Path(__file__).parent
PLAIN = "/plain"
SNIPPET = "shop_snippet"
BASKET = "shop_basket"
MAX_FIELD = 120
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript"}

CHECKOUT_FIELDS = (
    # name, label, type, autocomplete, example
    ("em", "Email", "email", "email", "jane.doe@example.com"),
    ("ph", "Phone, with country code", "tel", "tel", "+49 30 1234567"),
    ("fn", "First name", "text", "given-name", "Jane"),
    ("ln", "Last name", "text", "family-name", "Doe"),
    ("street", "Street and number", "text", "street-address", "Lindenweg 12"),
    ("zp", "Postal code", "text", "postal-code", "10115"),
    ("ct", "City", "text", "address-level2", "Berlin"),
    ("country", "Country code", "text", "country", "DE"),
)


@dataclass(frozen=True, slots=True)
class Links:
    """Where the shop's pages point to. ``vendor_suffix`` begins with a dot and ends in the port."""

    vendor_suffix: str
    tracking_url: str = ""
    report_url: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the shop."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, str]:
        """The query."""
        return dict(parse_qsl(self.query))

    @property
    def form(self) -> dict[str, str]:
        """The posted form, values trimmed and bounded."""
        pairs = parse_qsl(self.body.decode("utf-8", "replace"))
        return {name: value.strip()[:MAX_FIELD] for name, value in pairs}

    @property
    def basket(self) -> Basket:
        """What the visitor's basket cookie holds."""
        return read_basket(self.cookies.get(BASKET, ""))


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the shop. An empty cookie value ends the cookie."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the tags report: the shop's own word for it, and what it is about."""

    name: str
    data: Mapping[str, Any]
    key: str = ""


def _at(links: Links, *, plain: bool) -> Callable[[str], str]:
    """Return the function by which tags spell a vendor host: the whole swap is here."""

    def swap(host: str) -> str:
        if plain:
            return f"http://{host}{links.vendor_suffix}"
        return f"{links.tracking_url}/{host}"

    return swap


class Shop:
    """The shop: catalogue, orders of this run, and the vendors whose tags it carries."""

    def __init__(self, roles: Sequence[Role], orders: Orders | None = None) -> None:
        self._roles = roles
        self._orders = orders or Orders()
        self._views: dict[tuple[str, str], Callable[[_Scene], Page]] = {
            ("GET", "/shop"): self._shelf,
            ("GET", "/basket"): self._basket,
            ("POST", "/basket"): self._add,
            ("GET", "/checkout"): self._checkout,
            ("POST", "/checkout"): self._buy,
            ("GET", "/thanks"): self._thanks,
        }

    def answer(self, visit: Visit, links: Links) -> Page:
        """Return the page for a visit."""
        page = self._page(visit, links)
        wished = visit.params.get("fh")
        switch = {SNIPPET: "on" if wished == "on" else ""} if wished else {}
        return replace(page, cookies={**page.cookies, **remembered(visit.params), **switch})

    def _page(self, visit: Visit, links: Links) -> Page:
        plain = visit.path == PLAIN or visit.path.startswith(f"{PLAIN}/")
        path = visit.path.removeprefix(PLAIN) if plain else visit.path
        method = "GET" if visit.method == "HEAD" else visit.method
        if path.startswith("/static/"):
            return _static(path.removeprefix("/static/"))
        if path in {"", "/"}:
            return Page(
                200,
                _render("index.html", links=links, clicks=_clicks(), platforms=PLATFORMS),
                _HTML,
            )
        if not plain and not links.tracking_url:
            query = f"?{visit.query}" if visit.query else ""
            return _moved(f"{PLAIN}{path}{query}")
        scene = _Scene(visit, links, plain=plain, roles=self._roles)
        if method == "GET" and path.startswith("/product/"):
            return self._product(scene, path.removeprefix("/product/"))
        view = self._views.get((method, path))
        return view(scene) if view else _missing(scene)

    def _shelf(self, scene: "_Scene") -> Page:
        every = tuple(Line(product, 1) for product in PRODUCTS.values())
        seen = Happening("view_list", described(every))
        return scene.page("shelf.html", [seen], products=PRODUCTS.values())

    def _product(self, scene: "_Scene", sku: str) -> Page:
        product = PRODUCTS.get(sku)
        if product is None:
            return _missing(scene)
        seen = Happening("view_product", described((Line(product, 1),)))
        return scene.page("product.html", [seen], product=product)

    def _add(self, scene: "_Scene") -> Page:
        product = PRODUCTS.get(scene.visit.form.get("sku", ""))
        if product is None:
            return _missing(scene)
        basket = scene.visit.basket.plus(product)
        to = f"{scene.prefix}/basket?" + urlencode({"added": product.sku})
        return _moved(to, {BASKET: basket.text()})

    def _basket(self, scene: "_Scene") -> Page:
        added: Product | None = PRODUCTS.get(scene.visit.params.get("added", ""))
        happened = [Happening("add", described((Line(added, 1),)))] if added else []
        return scene.page("basket.html", happened, basket=scene.visit.basket, added=added)

    def _checkout(self, scene: "_Scene") -> Page:
        basket = scene.visit.basket
        if not basket.lines:
            return _moved(f"{scene.prefix}/basket")
        begun = Happening("begin_checkout", described(basket.lines))
        return _checkout_page(scene, [begun], {}, {})

    def _buy(self, scene: "_Scene") -> Page:
        basket, customer = scene.visit.basket, scene.visit.form
        if not basket.lines:
            return _moved(f"{scene.prefix}/basket")
        errors = {
            name: "Please fill this in." for name, *_ in CHECKOUT_FIELDS if not customer.get(name)
        }
        if "em" not in errors and "@" not in customer["em"]:
            errors["em"] = "This does not look like an email address."
        if errors:
            return _checkout_page(scene, [], customer, errors)
        order = self._orders.place(basket, customer)
        to = f"{scene.prefix}/thanks?" + urlencode({"order": order.id})
        return _moved(to, {BASKET: ""})

    def _thanks(self, scene: "_Scene") -> Page:
        order: Order | None = self._orders.find(scene.visit.params.get("order", ""))
        if order is None:
            return _missing(scene)
        bought = Happening("purchase", described(order.basket.lines), order.id)
        return scene.page("thanks.html", [bought], order=order, customer=order.customer)


@dataclass(frozen=True, slots=True)
class _Scene:
    """A visit with what its page needs around it."""

    visit: Visit
    links: Links
    plain: bool
    roles: Sequence[Role]

    @property
    def prefix(self) -> str:
        return PLAIN if self.plain else ""

    @property
    def snippet(self) -> bool:
        """Say whether the page tells its events by ``fh.js`` too: ``?fh=on``, until ``?fh=off``."""
        wished = self.visit.params.get("fh") or self.visit.cookies.get(SNIPPET)
        return wished == "on" and not self.plain

    def page(
        self, template: str, happened: Sequence[Happening], *, status: int = 200, **values: object
    ) -> Page:
        """Render a page with its tags. ``values`` may name the customer, for the tags."""
        around = {
            "prefix": self.prefix,
            "plain": self.plain,
            "links": self.links,
            "roles": self.roles,
            "snippet": self.snippet,
            "platform": played(self.visit.params, self.visit.cookies),
            "platforms": PLATFORMS,
            "at": _at(self.links, plain=self.plain),
            "happened": happened,
            "count": self.visit.basket.count,
            "path": self.visit.path.removeprefix(PLAIN),
            "customer": {},
        }
        return Page(status, _render(template, **{**around, **values}), _HTML)


def _checkout_page(
    scene: _Scene,
    happened: Sequence[Happening],
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> Page:
    status = 422 if errors else 200
    basket = scene.visit.basket
    about = {"fields": CHECKOUT_FIELDS, "values": values, "errors": errors, "basket": basket}
    return scene.page("checkout.html", happened, status=status, **about)


def _missing(scene: _Scene) -> Page:
    return scene.page("missing.html", [], status=404)


def _moved(to: str, cookies: Mapping[str, str] | None = None) -> Page:
    return Page(303, b"", {"location": to}, cookies or {})


def _clicks() -> dict[str, str]:
    """Return fresh click ids, as an ad platform adds them to a landing address."""
    return {"fbclid": "IwZXh0bgNhZW0C" + token_urlsafe(24), "gclid": "Cj0KCQ" + token_urlsafe(36)}


_HTML = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}


@cache
def _environment() -> Environment:
    folders = FileSystemLoader(HERE / "templates")
    environment = Environment(loader=folders, autoescape=True, undefined=StrictUndefined)
    environment.filters["money"] = money
    return environment


def _render(template: str, **values: object) -> bytes:
    return _environment().get_template(template).render(values).encode()


def render(template: str, **values: object) -> str:
    """Return a page of the sandbox that is not part of the shop."""
    return _environment().get_template(template).render(values)


@cache
def _static(name: str) -> Page:
    files = {path.name: path for path in (HERE / "static").iterdir()}
    found = files.get(name)
    if found is None or found.suffix not in STATIC_TYPES:
        return Page(404)
    kind = f"{STATIC_TYPES[found.suffix]}; charset=utf-8"
    return Page(200, found.read_bytes(), {"content-type": kind, "cache-control": "no-cache"})
