"""The Reddit Pixel's beacon, made anew. Source: seen in builds of 2024-10 to 2025-10."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.reddit import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="reddit",
        account="a2_abc123def456",
        to="a2_abc123def456",
        door="alb.reddit.com/rp.gif",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("event", "Purchase", "Purchase"),
        ("event", "Invented", None),
        ("m.valueDecimal", "14,90", "14,90"),
        ("m.valueDecimal", "lots", None),
        ("m.products", '[{"id":"A","owner":{"x":1}}]', '[{"id":"A"}]'),
        ("em", "0" * 64, None),
        ("aaid", "x", None),
        ("idfa", "x", None),
        ("auto_em", "a" * 64, None),
        ("id", "a2_other", "a2_abc123def456"),
    ],
)
def test_a_parameter_is_passed_on_if_it_is_a_good_one(
    name: str, value: str, kept: str | None
) -> None:
    assert told((name, value)).get(name) == kept
