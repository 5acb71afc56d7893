"""The Insight Tag's beacon, made anew. Source: seen in its scripts of 2025."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.linkedin import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="linkedin",
        account="7475281",
        to="7475281",
        door="px.ads.linkedin.com/collect",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
        name="60417731",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


HASH = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("pid", "7475281,912", "7475281"),
        ("conversionId", "60417731", "60417731"),
        ("hem", "jane@example.com", HASH),
        ("li_fat_id", "rubbish", None),
        ("li_giant", "x", None),
        ("e_ipv6", "2001:db8::1", None),
        ("cookiesTest", "true", None),
    ],
)
def test_a_parameter_is_passed_on_if_it_is_a_good_one(
    name: str, value: str, kept: str | None
) -> None:
    assert told((name, value)).get(name) == kept


def test_a_conversion_has_a_key_and_a_page_view_none() -> None:
    assert told(("conversionId", "60417731"))["eventId"] == "key-1"
    assert RELAY is not None
    page = make_beacon(vendor="linkedin", name="page_view", door="px.ads.linkedin.com/collect")
    assert "eventId" not in RELAY.write(page).url
