"""The Pinterest tag's beacon, made anew. Source: its builds of 2024-10 and 2025-11."""

from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.pinterest import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="pinterest",
        account="2612345678901",
        to="2612345678901",
        door="ct.pinterest.com/v3/",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent(*pairs).url).query))


HASH = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


def test_objects_are_parameters_with_json() -> None:
    found = told(("event", "checkout"), ("ed[value]", "29.95"), ("ad[is_eu]", "true"), ("cb", "5"))
    assert found["tid"] == "2612345678901"
    assert orjson.loads(found["ed"]) == {"value": 29.95}
    assert orjson.loads(found["ad"]) == {"is_eu": True}
    assert found["cb"] == "5"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("pd[em]", "Jane@Example.com", {"em": HASH}),
        ("pd[em]", f'["{HASH}","jane@example.com"]', {"em": [HASH, HASH]}),
        ("pd[em]", "0" * 40, None),
        ("pd[epik]", "dj0yJnU9", {"epik": "dj0yJnU9"}),
        ("pd[pin_unauth]", "dWlkPU1h", {"pin_unauth": "dWlkPU1h"}),
        ("pd[new]", "x", None),
        ("pd", '{"em":"jane@example.com"}', None),
    ],
)
def test_what_is_told_of_a_person_is_hashed(
    name: str, value: str, kept: dict[str, object] | None
) -> None:
    found = told((name, value)).get("pd")
    assert (orjson.loads(found) if found else None) == kept


def test_an_item_loses_the_member_in_which_a_mail_address_stands() -> None:
    items = '[{"product_id":"A","product_name":"for jane@example.com"}]'
    found = orjson.loads(told(("ed[line_items]", items))["ed"])
    assert found == {"line_items": [{"product_id": "A"}]}
