"""The UET tag's beacon, made anew. Source: bat.js of 2024-10 to 2026-03, run in Chromium."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.microsoft import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="microsoft",
        account="97065788",
        to="97065788",
        door="bat.bing.com/action/0",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


HASH = "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d"


def test_contact_data_stands_in_one_parameter_and_is_hashed() -> None:
    found = dict(parse_qsl(told(("pid.em", HASH), ("pid.ph", "+1 555 010 9999"))["pid"]))
    assert found["em"] == HASH
    assert len(found["ph"]) == 64


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("msclkid", "0123456789abcdef0123456789abcdef-1", True),
        ("msclkid", "abc", False),
        ("uid", "member-77", True),
        ("uid", "jane@example.com", False),
        ("ea", "purchase", True),
        ("ea", "jane@example.com", False),
        ("pid", "em=jane@example.com", False),
        ("nwd", "1", False),
        ("new_field", "x", False),
    ],
)
def test_a_parameter_is_passed_on_as_it_came_or_not(name: str, value: str, *, kept: bool) -> None:
    assert told((name, value)).get(name) == (value if kept else None)
