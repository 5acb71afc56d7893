"""The Meta Pixel's beacon, made anew. Source: seen in versions 2.9.170 to 2.9.248."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.meta import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="meta",
        account="1234567890123456",
        to="1234567890123456",
        door="www.facebook.com/tr/",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


def test_the_event_has_a_key_also_where_the_page_gave_none() -> None:
    assert told(("ev", "Lead"))["eid"] == "key-1"
    assert told(("ev", "Lead"), ("eid", "own"))["eid"] == "key-1"


def test_the_account_is_the_configured_one() -> None:
    assert told(("id", "999"))["id"] == "1234567890123456"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("ud[em]", "Jane@Example.com ", True),
        ("udff[ph]", "+1 555 010 9999", True),
        ("ud[ge]", "x", False),
        ("cud[em]", "^***.^^^^", False),
        ("aud[em]", "x", False),
        ("chmd", "Pixel", False),
        ("ie[a]", "1", False),
    ],
)
def test_contact_data_is_hashed(name: str, value: str, *, kept: bool) -> None:
    found = told((name, value))
    assert (name in found) is kept
    assert all(len(found[each]) == 64 for each in found if each == name)


def test_a_long_event_is_a_form_as_the_pixels_own() -> None:
    call = sent(*((f"cd[k{n}]", "v" * 200) for n in range(20)))
    assert (call.method, call.url) == ("POST", "https://www.facebook.com/tr/")
    assert dict(parse_qsl(call.body.decode()))["cd[k7]"] == "v" * 200
