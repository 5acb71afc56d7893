"""The Ads tag's requests, made anew. Source: gtag.js of 2026-01, run in Chromium."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.google_ads import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="google_ads",
        account="AW-123456789/label",
        to="AW-123456789/label",
        door="www.googleadservices.com/pagead/conversion/123456789/",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("(10.01*2*SKU1)(5*1*SKU2)", "(10.01*2*SKU1)(5*1*SKU2)"),
        ("(10.01*2*SKU1)(5*1*SK", "(10.01*2*SKU1)"),
        ("(1*2*A)" * 3000, "(1*2*A)" * 200),
        ("rubbish", None),
        ("(1*2*A\n)", None),
    ],
)
def test_items_are_whole(given: str, kept: str | None) -> None:
    assert told(("item", given)).get("item") == kept


def test_the_account_is_the_paths_and_the_label_the_beacons() -> None:
    call = sent(("label", "AbC-D_efG"), ("value", "20.02"), ("oid", "T-1"))
    url = "https://www.googleadservices.com/pagead/conversion/123456789/?"
    assert call.url == url + "label=AbC-D_efG&value=20.02&oid=T-1"
    assert call.method == "GET"


@pytest.mark.parametrize("name", ["userId", "uid", "data", "gac", "capi"])
def test_customer_ids_and_free_data_stay_here(name: str) -> None:
    assert told((name, "customer-42")) == {}
