import json

import pytest

from firsthand.mapping import Table
from firsthand.rules.redactpage import Pages
from firsthand.rules.redactvalue import Values, is_id_like
from firsthand.rules.standins import StandIns
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import NOW, make_hit

DRAWN = StandIns(b"a key that no file holds, of 32 b")
META, TIKTOK = VENDORS["meta"], VENDORS["tiktok"]


def values(vendor: Vendor | None = META, *told: str) -> Values:
    pages = Pages(DRAWN, lambda host: host == "shop.example.com", (), NOW)
    table = Table(vendor.fields) if vendor else Table(())
    return Values(DRAWN, vendor, table, NOW, pages, frozenset(told))


@pytest.mark.parametrize(
    "query",
    [
        "id=1234567890123456&ev=Purchase",
        "cd%5Bvalue%5D=49.90&cd%5Bcurrency%5D=EUR",
        "cd%5Bcontents%5D=%5B%7B%22id%22%3A%22CUP%22%2C%22quantity%22%3A2%7D%5D",
        "ts=1795514340000&rl=&sw=1512",
        "gdpr=1&gcs=G111&unlisted=true",
    ],
)
def test_what_names_nobody_stays(query: str) -> None:
    assert values(META, "1234567890123456").query(query) == query


@pytest.mark.parametrize(
    ("query", "gone"),
    [
        ("eid=order-99177", "99177"),
        ("ud%5Bem%5D=jane%40mail.example", "jane"),
        ("cd%5Bnote%5D=for+Jane", "Jane"),
        ("cd%5Bjane%20doe%5D=1", "jane"),
        ("cd%5Bcontent_name%5D=jane%40mail.example", "jane"),
        ("anything=471108154711", "47110815"),
        ("blob=%7B%22deep%22%3A%7B%22er%22%3A%22Jane%20Doe%22%7D%7D", "Jane"),
        ("b64=eyJuYW1lIjoiSmFuZSBEb2UiLCJhIjoxfQ", "SmFuZSBEb2Ui"),
        ("pid=em%3Djane%26ph%3D0815471108", "jane"),
    ],
)
def test_who_it_is_goes(query: str, gone: str) -> None:
    assert gone not in values().query(query)


def test_a_json_body_is_walked_by_its_rows() -> None:
    body = {
        "event": "Purchase",
        "event_id": "order-99177",
        "context": {
            "user": {"email": "ab" * 32},
            "page": {"url": "https://shop.example.com/a?x=Jane"},
        },
        "properties": {
            "value": 49.9,
            "currency": "EUR",
            "contents": [{"price": 3, "content_id": "CUP"}],
        },
    }
    hit = make_hit(body=json.dumps(body), headers={"content-type": "application/json"})
    made = json.loads(values(TIKTOK).body(hit))
    assert made["event"] == "Purchase"
    assert made["properties"] == body["properties"]
    assert "ab" * 32 not in json.dumps(made)
    assert made["context"]["page"]["url"].startswith("https://shop.example.com/a?x=")
    assert "99177" not in made["event_id"]
    assert "Jane" not in json.dumps(made)


def test_several_parts_become_a_form() -> None:
    body = '--b\r\nContent-Disposition: form-data; name="ev"\r\n\r\nPurchase\r\n--b--\r\n'
    hit = make_hit(body=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert values().body(hit) == b"ev=Purchase"


def test_the_shops_own_events_keep_their_terms() -> None:
    event = {
        "id": "order-99177",
        "event_type": "purchase",
        "timestamp": 1795514398,
        "value": 49.9,
        "properties": {
            "transaction_id": "order-99177",
            "items": [{"price": 3.5, "name": "Jane's"}],
        },
        "user_data": {"email_address": ["jane@mail.example"], "zip": "10115"},
        "ext": {"firsthand": {"consent": {"marketing": "granted"}}},
    }
    made = values(None).json(event, "")
    assert (made["event_type"], made["timestamp"], made["value"]) == ("purchase", 1795514340, 49.9)
    assert made["ext"] == event["ext"]
    assert made["id"] == made["properties"]["transaction_id"]
    for gone in ("99177", "Jane", "jane", "10115"):
        assert gone not in json.dumps(made)


def test_the_name_of_an_event_and_its_account_are_told() -> None:
    assert values(META, "size finder").query("ev=Size%20Finder") == "ev=Size%20Finder"
    assert not is_id_like("Size Finder")
    assert is_id_like("471108154711")
