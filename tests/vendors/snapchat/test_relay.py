"""The Snap Pixel's JSON, made anew. Source: seen in versions 3.33 and 3.53."""

import orjson
import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.snapchat import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="snapchat",
        account="11111111-2222-4333-8444-555555555555",
        to="11111111-2222-4333-8444-555555555555",
        door="tr.snapchat.com/p",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """Return what is said for all events, and of the one event."""
    found = orjson.loads(sent(*pairs).body)
    [item] = found["req"]
    return found["ctx"], item["t"]


def test_context_and_event_stand_apart() -> None:
    uuid = "57de7fee-d118-4f41-b029-7d96497568be"
    context, event = told(("ev", "PURCHASE"), ("e_pr", "142.52"), ("u_c1", uuid), ("sh", "800"))
    assert context == {"c1": uuid, "sh": 800}
    assert event == {
        "pid": "11111111-2222-4333-8444-555555555555",
        "cdid": "key-1",
        "ev": "PURCHASE",
        "e_pr": 142.52,
        "u_c1": uuid,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("si", "YqlX3n_u0RhLQZQpfZZJdWi-E2iHFnR46AGQz0C23w1c"),
        ("u_hed", "a" * 64),
        ("u_age", "a" * 64),
        ("a", "[67,76]"),
        ("lc", "5ad87763-9b2e-43f7-9531-0a3a981dd3d7"),
        ("c_ip", "198.51.100.7"),
    ],
)
def test_what_the_pixel_scrambles_or_guesses_stays_here(name: str, value: str) -> None:
    assert value not in sent((name, value)).body.decode()


def test_the_visitors_address_is_the_connections() -> None:
    assert told(("@ip", "203.0.113.9"))[1]["c_ip"] == "203.0.113.9"
    assert "c_ip" not in told(("@ip", "10.0.0.1"))[1]
