"""The script's JSON, made anew. Source: published captures of SDK 0.1.32 and 0.1.41."""

import orjson
import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.openai import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="openai",
        account="PXdemo0123456789abcdef",
        to="PXdemo0123456789abcdef",
        door="bzr.openai.com/v1/sdk/events",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


HASH = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


def told(*pairs: tuple[str, str]) -> dict[str, object]:
    found = orjson.loads(sent(*pairs).body)
    assert isinstance(found, dict)
    return found


def test_one_event_a_request_under_its_key() -> None:
    call = sent(("type", "order_created"), ("data.amount", "1499"), ("st", "oaiq-web"), ("ec", "7"))
    url = "https://bzr.openai.com/v1/sdk/events?pid=PXdemo0123456789abcdef&st=oaiq-web&ec=1"
    assert call.url == url
    assert orjson.loads(call.body) == {
        "events": [{"type": "order_created", "data": {"amount": 1499}, "id": "key-1"}]
    }


@pytest.mark.parametrize("group", ["fm", "js", "ht"])
def test_what_the_script_found_by_itself_stays_here(group: str) -> None:
    assert "user" not in told((f"user.{group}.em", "a" * 64))


def test_what_the_site_gave_is_hashed_or_plain_as_openai_wants_it() -> None:
    found = told(("user.in.em", "Jane@Example.com"), ("user.in.co", "de"), ("obref", "rubbish"))
    assert found["user"] == {"in": {"em": HASH, "co": "DE"}}
    assert "obref" not in found
