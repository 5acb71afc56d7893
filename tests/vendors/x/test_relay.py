"""The X Pixel's beacon, made anew. Source: uwt.js 2.3.34 and 2.3.35, run in Chromium."""

from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.x import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="x",
        account="o8abc",
        to="o8abc",
        door="t.co/1/i/adsct",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


HASH = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


def test_what_the_shop_told_is_one_parameter() -> None:
    found = told(
        ("event.value", "20.02"), ("event.conversion_id", "T-1"), ("txn_id", "tw-o8abc-o8b")
    )
    assert orjson.loads(found["event"]) == {"value": 20.02, "conversion_id": "T-1"}
    assert found["txn_id"] == "tw-o8abc-o8b"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("dv", "Europe/Berlin&en-US", None),
        ("events", '[["purchase",{"email":"jane@example.com"}]]', '[["purchase",{}]]'),
        ("events", "rubbish", None),
        ("twclid", "2-sample", "2-sample"),
        ("email_address", "jane@example.com", HASH),
        ("tw_document_href", "https://shop.example/", "https://shop.example/"),
    ],
)
def test_a_parameter_is_passed_on_if_it_is_a_good_one(
    name: str, value: str, kept: str | None
) -> None:
    assert told((name, value)).get(name) == kept


def test_the_door_for_forms_gets_a_form() -> None:
    assert RELAY is not None
    call = RELAY.write(make_beacon(vendor="x", door="t.co/1/i/adsctp", fields={"txn_id": "o8abc"}))
    assert (call.method, call.url) == ("POST", "https://t.co/1/i/adsctp")
    assert b"txn_id=o8abc" in call.body
