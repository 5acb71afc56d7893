"""Events of a shop's own and the hits that bring them. A test names only what matters to it."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import strategies as st

from firsthand.ecapi import strict
from firsthand.ecapi.event import Event
from firsthand.ecapi.parse import Parsed, parse
from firsthand.model import Hit
from firsthand.rules.site import Site
from tests.samples import GRANTED, NOW, hit, shop

KEY = "the ingest key of these tests"
OPEN = replace(shop(), ingest_key=KEY.encode())
YES = {"consent": {"analytics": "granted", "marketing": "granted"}}

# SHA-256 of ada@example.com, +4915112345678, ada, lovelace, 10115, cust-4711: recomputed.
ADA = {
    "email": "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
    "phone": "536afd523e19dc83fccba822ef5e4ca646111314aaf0aa286667c5bea18dd70b",
    "first": "fdee430d40bd57deeac186cd9790033d0f06f909a8806e7ce6e717ab7c7d5029",
    "last": "fb1e7ec987523d2cb9e022cec1d6ae7c99dc46edfae4fe51254025fe4bea571f",
    "post": "ac7bb74de6884ffce919c15fef4193749d4588026c643973946713ac46da540d",
    "id": "cd565ae6c23197584f18009b31ea908b640c8cc8d74eb5347560faaa733dad0e",
}
DIGITS = "8efb96404be52f6109b9db0f687274a81e9e3cc23fabd6f0da5d38baa3d2facd"  # 4915112345678
PLAIN = {
    "email": ["Ada@example.com"],
    "phone": ["+49 151 12345678"],
    "external_id": "CUST-4711",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
HASHED = {
    "customer_identifier": ADA["id"],
    "email_address": [ADA["email"]],
    "phone_numbers": [ADA["phone"]],
    "address": [
        {
            "first_name": ADA["first"],
            "last_name": ADA["last"],
            "city": "berlin",
            "country_code": "de",
            "postal_code": ADA["post"],
            "address_type": 1,
        }
    ],
}


def raw(kind: str = "purchase", **changes: Any) -> dict[str, Any]:
    """Return an event as a shop writes it; ``None`` takes a field out."""
    event: dict[str, Any] = {
        "data_set_id": "shop",
        "id": "purchase-7731",
        "timestamp": NOW // 1000 - 10,
        "event_type": kind,
        "value": 47.97,
        "currency_code": "EUR",
        "user_data": {"event_ip_address": "203.0.113.7", "event_user_agent": "UA/1.0"},
        "properties": {
            "transaction_id": "7731",
            "page_url": "https://shop.example.com/thanks",
            "items": [
                {"id": "SKU1", "name": "Blue mug", "price": 19.99, "quantity": 2},
                {"id": "SKU9", "name": "Spoon", "price": 3.99, "quantity": 1},
            ],
        },
        "ext": {"firsthand": YES},
    }
    event.update(changes)
    return {name: value for name, value in event.items() if value is not None}


def event(kind: str = "purchase", **changes: Any) -> Event:
    """Return the event of ``raw``, parsed."""
    found = read(raw(kind, **changes)).event
    assert found is not None
    return found


def read(given: Any) -> Parsed:
    """Return what a JSON value is read as when it comes over the wire."""
    return parse(strict.loads(orjson.dumps(given)))


KNOWN = f"{GRANTED}; _ga=GA1.1.111.1780000000"


def page_hit(body: Any, *, cookie: str = KNOWN, headers: Mapping[str, str] | None = None) -> Hit:
    """Return what a page of the shop posts to ``/fh/collect``."""
    given = {"content-type": "text/plain;charset=UTF-8", "origin": "https://shop.example.com"}
    return hit("fh/collect", cookie=cookie, body=_text(body), headers={**given, **(headers or {})})


def server_hit(body: Any, *, query: str = "", headers: Mapping[str, str] | None = None) -> Hit:
    """Return what the shop's server posts to ``/fh/events``; no ``headers``: with its key."""
    given = {"authorization": f"Bearer {KEY}"} if headers is None else headers
    return hit(
        f"fh/events?{query}",
        cookie="",
        body=_text(body),
        headers={"content-type": "application/json", **given},
        ip="198.51.100.20",
    )


def signature(body: Any, key: str = KEY) -> str:
    return f"sha256={hmac.new(key.encode(), _text(body).encode(), 'sha256').hexdigest()}"


def _text(body: Any) -> str:
    return body if isinstance(body, str) else orjson.dumps(body).decode()


def site(**changes: Any) -> Site:
    return replace(OPEN, **changes)


CANARIES = {
    "id": "CANARY01",
    "custom_event": "CANARY02",
    "user_data": {
        **HASHED,
        "email_address": ["CANARY03@example.com"],
        "click_id": "CANARY04",
        "event_user_agent": "CANARY05",
        "event_ip_address": "198.51.100.77",
    },
    "properties": {
        "transaction_id": "CANARY06",
        "page_url": "https://shop.example.com/?fbclid=CANARY07",
        "items": [{"id": "CANARY08", "name": "CANARY09"}],
        "search_term": "CANARY10",
    },
    "ext": {
        "firsthand": {
            "click_ids": {"fbclid": "CANARY11"},
            "browser_ids": {"fbp": "fb.1.1795000000000.CANARY12"},
            "plain": {"email": "CANARY13@example.com", "city": "CANARY14"},
            "event_names": {"meta": "CANARY15"},
        }
    },
}

WORDS = (
    "data_set_id id timestamp event_type custom_event user_data value currency_code source "
    "properties ext items address email_address gpp_string gpp_sid firsthand plain consent "
    "click_ids destinations"
)
NAMES = st.sampled_from(str.split(WORDS))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


def written(value: Any) -> str:
    """Return anything as JSON text, however wide its numbers; a decimal may become NaN."""
    return json.dumps(value, default=float)
