import json
from dataclasses import replace

import pytest

from firsthand.delivery.tracing import (
    TRACED,
    Tracer,
    Veil,
    masked_call,
    masked_reply,
    quiet,
)
from firsthand.mapping import Table
from firsthand.model import Accepted, Mode, Outcome, Reason, Refused, Reply, Sent, Warned
from firsthand.rules.site import Account
from firsthand.store.contract import Leased
from firsthand.vendor import Auth
from firsthand.vendors import VENDORS
from tests.delivery.acme import ACME, Settings, make_account, make_beacon, make_limits, write
from tests.factories import make_beacon as make_relayed

BEACON = make_beacon(number=7)
VEIL = Veil(Table(ACME.fields), [BEACON])
CALL = write([BEACON], Settings(), now=1)
HASH = "ab" * 32


def test_a_call_shows_its_shape_and_no_one() -> None:
    shown = json.loads(masked_call(CALL, ACME, VEIL))
    assert shown == {
        "method": "POST",
        "url": "https://api.acme.test/v1/A-1?at=1",
        "headers": ["content-type", "authorization"],
        "body": {
            "events": [
                {
                    "name": "purchase",
                    "key": "<7 characters>",
                    "user": {
                        "email": "<64 characters>",
                        "click": "<14 characters>",
                        "agent": "<22 characters>",
                    },
                    "value": 12.5,
                    "page": "https://shop.test/thanks?***",
                }
            ]
        },
    }


def test_a_call_shows_where_the_token_goes() -> None:
    vendor = replace(ACME, auth=Auth.QUERY, auth_param="api_secret")
    shown = json.loads(masked_call(CALL, vendor, VEIL))
    assert shown["url"].endswith("?at=1&api_secret=***")
    headed = replace(ACME, auth=Auth.HEADER, auth_param="Access-Token")
    shown = json.loads(masked_call(CALL, headed, VEIL))
    assert "access-token" in shown["headers"]
    assert shown["url"].endswith("?at=1")
    bare = replace(CALL, url="https://api.acme.test/v1?c=click.7.abcdef", body=b"\x00")
    shown = json.loads(masked_call(bare, vendor, VEIL))
    assert shown["url"] == "https://api.acme.test/v1?c=<14 characters>&api_secret=***"
    assert shown["body"] == "1 bytes"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("all is well", "all is well"),
        ("bad value click.7.abcdef.", "bad value ***"),
        ('{"fbc":"click.7.abcdef"}', '{"fbc":"***"}'),
        ("agent Browser/1.0 (Odd; x64) is odd", "agent *** is odd"),
        ("order=order-7", "***"),
        (f"hash {HASH} unknown", "hash *** unknown"),
        ("mail to other@example.org", "mail to ***"),
        ("page https://shop.test/a?b=c is odd", "page https://shop.test/a?*** is odd"),
    ],
)
def test_text(text: str, shown: str) -> None:
    assert VEIL.text(text) == shown


def test_values_are_hidden_wherever_they_stand() -> None:
    beacon = replace(BEACON, event_key="", fields={"user.email": ["one", {"k": "two"}, 3, True]})
    veil = Veil(Table(ACME.fields), [beacon])
    shown = veil.value({"a": ["one", "two", 3, 4], "b": {"c": "one"}})
    assert shown == {
        "a": ["<3 characters>", "<3 characters>", "<number>", 4],
        "b": {"c": "<3 characters>"},
    }


def test_a_field_without_a_row_counts_as_identifying() -> None:
    veil = Veil(Table(ACME.fields), [replace(BEACON, fields={"free.text": "anything"})])
    assert veil.value("anything") == "<8 characters>"


def test_a_reply_is_cut_and_hidden() -> None:
    body = b'{"bad":"click.7.abcdef"}' + b"x " * 1_000
    shown = json.loads(masked_reply(Reply(400, {}, body, 1), VEIL))
    assert shown["status"] == 400
    assert shown["body"].startswith('{"bad":"***"}x x')
    assert len(shown["body"]) == 500
    assert masked_reply(None, VEIL) == ""
    assert json.loads(masked_reply(Reply(200, {}, b"\xff\x00", 1), VEIL))["status"] == 200


@pytest.mark.parametrize(
    "outcome", [Warned("bad click.7.abcdef"), Refused(Reason.BAD_EVENT, "x" * 999)]
)
def test_messages_are_cut_and_hidden(outcome: Outcome) -> None:
    message = quiet(outcome, VEIL).message
    assert "click" not in message
    assert len(message) <= 500


def settle(outcomes: list[Outcome], vendor: object = ACME) -> list[tuple[bool, bool]]:
    tracer = Tracer(replace(make_account(), vendor=vendor), now=lambda: 1)
    done = [(Leased(i, make_beacon(number=i), 0), one) for i, one in enumerate(outcomes)]
    veil = tracer.veil(leased.beacon for leased, _ in done)
    settled = tracer.settled(done, reply=Reply(200, {}, b"ok", 1), veil=veil)
    assert [one.row for one in settled] == list(range(len(outcomes)))
    return [(bool(one.call), bool(one.reply)) for one in settled]


def test_each_event_is_traced_with_its_own_part_of_the_call() -> None:
    tracer = Tracer(make_account(), now=lambda: 1)
    done = [(Leased(i, make_beacon(f"event{i}", i), 0), Accepted()) for i in range(2)]
    veil = tracer.veil(leased.beacon for leased, _ in done)
    settled = tracer.settled(done, reply=None, veil=veil)
    for number, one in enumerate(settled):
        (event,) = json.loads(one.call)["body"]["events"]
        assert event["name"] == f"event{number}"


def test_a_call_has_few_traces_and_those_of_complaints_first() -> None:
    outcomes: list[Outcome] = [Accepted()] * 100 + [Refused(Reason.BAD_EVENT)]
    traced = settle(outcomes)
    assert traced[-1] == (True, True)
    assert sum(call for call, _ in traced) == TRACED


def test_an_event_that_cannot_be_written_is_settled_without_its_call() -> None:
    def crash(*_args: object, **_more: object) -> object:
        raise KeyError("jane@example.com")

    assert settle([Accepted()], replace(make_limits(), write=crash)) == [(False, True)]


META = VENDORS["meta"]
RELAYED = {
    "ev": "Purchase",
    "dl": "https://shop.test/thanks?fbclid=IwAR1-click&o=1",
    "fbp": "fb.1.1795400000000.1098115397",
    "ud.em": HASH,
    "cd.value": "12.50",
    "cd.note": "two words",
    "@user_agent": "Mozilla/5.0 X",
}


@pytest.mark.parametrize("size", [1, 3_000])
def test_a_relayed_request_shows_its_shape_and_no_one(size: int) -> None:
    fields = RELAYED | {"cd.long": "x" * size}
    beacon = make_relayed(vendor="meta", door="www.facebook.com/tr/", fields=fields)
    account = Account(META, "A-1", Mode.RELAY, META.settings())
    tracer = Tracer(account, now=lambda: 1)
    [settled] = tracer.settled(
        [(Leased(1, beacon, 0), Sent())], reply=None, veil=tracer.veil([beacon])
    )
    shown = json.loads(settled.call)
    told = {**shown["query"], **shown["body"]}
    assert told["ev"] == "Purchase"
    assert told["cd[value]"] == "12.50"
    assert told["dl"] == "https://shop.test/thanks?***"
    assert told["fbp"] == "<29 characters>"
    for secret in ("click", HASH, "1098115397", "two words", "Mozilla", beacon.event_key):
        assert secret not in settled.call
    assert shown["url"] == "https://www.facebook.com/tr/"
