import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firsthand.admin.report import build
from firsthand.admin.rows import collect, span
from firsthand.admin.signed import MOST_DIFFERENCES, public_key, signed, verify
from tests.admin.sample import NOW, full_ledger, full_queue, make_site

SECRET = bytes(range(32))
OTHER = bytes(32)


async def made(name: str = "24h") -> bytes:
    over = span(name, now=NOW)
    rows = await collect(full_ledger(), full_queue(), over)
    return signed(rows, make_site(), over, SECRET, now=NOW)


def opened(data: bytes) -> tuple[dict[str, Any], Any]:
    file = orjson.loads(data)
    return file, orjson.loads(file["signed"])


def changed(file: dict[str, Any], body: Any) -> bytes:
    return orjson.dumps(file | {"signed": json.dumps(body)})


def resigned(file: dict[str, Any], body: Any) -> bytes:
    """Sign what was changed, as a maker would who cheats."""
    text = json.dumps(body)
    signature = Ed25519PrivateKey.from_private_bytes(SECRET).sign(text.encode())
    return orjson.dumps(file | {"signed": text, "signature": b64encode(signature).decode()})


@pytest.mark.parametrize("name", ["24h", "7d"])
async def test_what_was_exported_holds(name: str) -> None:
    verdict = verify(await made(name), public_key(SECRET))
    assert verdict.wrong == ()
    assert verdict.known
    assert verdict.site == "shop.example.com"
    assert verdict.until == NOW + 1
    assert verdict.figures > 500
    unknown = verify(await made(name))
    assert (unknown.wrong, unknown.known, unknown.key) == ((), False, verdict.key)


async def test_the_figures_are_the_reports() -> None:
    over = span("24h", now=NOW)
    rows = await collect(full_ledger(), full_queue(), over)
    told = opened(await made())[1]["figures"]
    whole = orjson.loads(orjson.dumps(build(rows, make_site(), over)))
    for one, other in zip(told["accounts"], whole["accounts"], strict=True):
        assert one["figures"] == other["figures"]
        assert one["money"] == other["money"]


async def test_no_id_of_an_event_goes_along() -> None:
    _, body = opened(await made())
    assert all(fact["example"] == "" for fact in body["inputs"]["facts"])
    examples = [each["dedup"]["once"]["example"] for each in body["figures"]["accounts"]]
    assert examples == ["", ""]


def more_matched(body: Any) -> None:
    body["figures"]["accounts"][0]["figures"]["matched"] += 1


def better_rate(body: Any) -> None:
    body["figures"]["accounts"][0]["figures"]["match"]["share"] = 0.99


def more_money(body: Any) -> None:
    body["figures"]["accounts"][0]["money"][0]["server"] = "9999.00"


def fewer_inputs(body: Any) -> None:
    del body["inputs"]["counts"][0]


def another_mode(body: Any) -> None:
    body["accounts"][1]["mode"] = "both"


def an_account_left_out(body: Any) -> None:
    del body["figures"]["accounts"][1]


CHANGES = [
    (more_matched, "accounts[0].figures.matched"),
    (better_rate, "accounts[0].figures.match.share"),
    (more_money, "accounts[0].money[0].server"),
    (fewer_inputs, "accounts[0]"),
    (another_mode, "accounts[1]"),
    (an_account_left_out, "accounts"),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
async def test_a_change_is_found_by_signature_and_by_figures(
    change: Callable[[Any], None], told: str
) -> None:
    file, body = opened(await made())
    change(body)
    plain = verify(changed(file, body)).wrong
    assert plain[0].startswith("the signature does not fit")
    cheated = verify(resigned(file, body)).wrong
    assert any(f"does not follow from the inputs: {told}" in line for line in cheated)
    assert not any("signature" in line for line in cheated)
    assert len(cheated) <= MOST_DIFFERENCES + 1


async def test_another_version_is_named_where_figures_differ() -> None:
    file, body = opened(await made())
    body["version"] = "0.0.1"
    assert verify(resigned(file, body)).wrong == ()
    more_matched(body)
    assert verify(resigned(file, body)).wrong[0].startswith("version 0.0.1 made it")


async def test_another_key_is_found() -> None:
    verdict = verify(await made(), public_key(OTHER))
    assert verdict.wrong == ("it is signed with another key than the one given",)
    assert not verdict.known
    file = orjson.loads(await made())
    file["key"] = public_key(OTHER)
    assert "the signature does not fit" in verify(orjson.dumps(file)).wrong[0]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{}", b"[]", b"null", b"\xff", b'"x"', b"{" * 5000),
        b'{"format":"firsthand-report/1","signed":"","key":"AA==","signature":""}',
        b'{"format":"firsthand-report/1","signed":1,"key":7,"signature":"\xc3\xa4"}',
    ],
)
def test_what_is_no_report_is_told(data: bytes) -> None:
    assert verify(data).wrong == ("it is no signed report of Firsthand",)


@pytest.mark.parametrize("inputs", [None, 1, {"counts": 3}, {"counts": [{"at": "x"}]}])
async def test_inputs_that_cannot_be_read_are_told(inputs: object) -> None:
    file, body = opened(await made())
    body["inputs"] = inputs
    assert verify(resigned(file, body)).wrong == ("its inputs cannot be read",)
    file["format"] = "firsthand-report/9"
    assert "format" in verify(orjson.dumps(file)).wrong[0]
