"""The TikTok Pixel's JSON, made anew. Source: pixel.js 2.2.0, run in Chromium in 2026-11."""

import orjson
import pytest

from firsthand.mapping import Table
from firsthand.model import Call
from firsthand.vendors.tiktok import VENDOR
from tests.factories import make_beacon

RELAY = VENDOR.relay
assert RELAY is not None
TABLE = Table(RELAY.fields)


def sent(*pairs: tuple[str, str]) -> Call:
    """Return the request that is made of parameters."""
    assert RELAY is not None
    beacon = make_beacon(
        vendor="tiktok",
        account="CABC123DEF456GHI789J",
        to="CABC123DEF456GHI789J",
        door="analytics.tiktok.com/api/v2/pixel",
        fields=TABLE.take(pairs).fields,
        event_key="key-1",
    )
    return RELAY.write(beacon)


def told(*pairs: tuple[str, str]) -> dict[str, object]:
    found = orjson.loads(sent(*pairs).body)
    assert isinstance(found, dict)
    return found


def test_the_event_has_a_key_and_the_configured_pixel() -> None:
    found = told(("event", "Purchase"), ("context.pixel.code", "CXXX"), ("event_id", ""))
    assert found == {
        "event": "Purchase",
        "event_id": "key-1",
        "context": {"pixel": {"code": "CABC123DEF456GHI789J"}},
    }


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("is_onsite", "false", {"is_onsite": False}),
        ("timestamp", "2026-11-24T05:09:24.839Z", {"timestamp": "2026-11-24T05:09:24.839Z"}),
        ("timestamp", "yesterday", {}),
        ("properties.value", "49.9", {"properties": {"value": 49.9}}),
        ("properties.note", "red", {"properties": {"note": "red"}}),
        ("_inspection", "{}", {}),
        ("signal_diagnostic_labels", "{}", {}),
        ("auto_collected_properties", "{}", {}),
        ("limited_data_use", "true", {"limited_data_use": True}),
    ],
)
def test_a_member_is_passed_on_if_it_is_a_good_one(
    name: str, value: str, kept: dict[str, object]
) -> None:
    found = told((name, value))
    assert {key: found[key] for key in found if key not in {"event_id", "context"}} == kept


def test_an_external_id_is_hashed() -> None:
    found = told(("context.user.external_id", "cust-42"))
    assert "external_id" in str(found)
    assert "cust-42" not in str(found)


def test_sent_as_the_pixel_sends_it() -> None:
    call = sent(("event", "Purchase"))
    assert (call.method, call.url) == ("POST", "https://analytics.tiktok.com/api/v2/pixel")
    assert call.headers["content-type"] == "text/plain;charset=UTF-8"
