"""A report in one file that others can check: inputs, version, method, figures, and a signature.

The file is a JSON object: ``format``, ``signed``, ``key`` and ``signature``. ``signed`` is a
text, itself JSON, that holds the rows of the roll-ups and the accounts' modes, from which every
figure follows, and the figures. ``signature`` is Ed25519 (RFC 8032), base64, over that text in
UTF-8; ``key`` is the public key, raw, base64. Who checks it against a key that its maker gave them
knows that nothing was changed since; the key in the file alone proves only that it is whole. No
identifier is in it: no ids of events, which name traces, either.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError

from firsthand import __version__
from firsthand.admin.report import Configured, Key, Shop, build
from firsthand.admin.rows import Rows, Span
from firsthand.model import Mode
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS

FORMAT = "firsthand-report/1"
LONGEST = 256 * 1024 * 1024
MOST_DIFFERENCES = 20
METHOD = (
    "counts: twins by hour or day of arrival and joint state; each event counts once.",
    "matched: the browser's request got through and the vendor's API took the event.",
    "match: matched / (matched + browser only + server only); would is the same in shadow.",
    "interval: Wilson 1927, 95 %, without continuity correction.",
    "percentiles: upper bounds of the histogram's buckets, from arrival to acceptance.",
    "worth: in ten-thousandths of a currency's unit; currencies are not added up.",
    "quality: an estimate of Firsthand from coverage; the vendor's own score differs.",
    "lift: Newcombe 1998, method 10, of conversions that reached the vendor in either arm.",
    "the code of this version is the exact definition: admin/report.py",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An account as it was configured when the report was made."""

    vendor: str
    account: str
    mode: Mode
    second: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """The shop, for whoever has nothing but the file."""

    name: str
    accounts: Mapping[Key, Kept]
    vendors: Mapping[str, Vendor]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wrong``: why the file does not hold, nothing if it does. ``key``: fingerprint of its key.

    ``known``: the key is the one that the caller gave.
    """

    wrong: tuple[str, ...]
    key: str = ""
    known: bool = False
    version: str = ""
    site: str = ""
    since: int = 0
    until: int = 0
    figures: int = 0


def signed(rows: Rows, shop: Shop, over: Span, secret: bytes, *, now: int) -> bytes:
    """Return the file. ``secret``: 32 bytes, the private key."""
    rows = replace(rows, facts=[replace(fact, example="") for fact in rows.facts])
    accounts = [_kept(key, account) for key, account in shop.accounts.items()]
    body = {
        "version": __version__,
        "made_at": now,
        "method": METHOD,
        "site": shop.name,
        "span": over,
        "accounts": accounts,
        "inputs": rows,
        "figures": build(rows, _setup(shop.name, accounts), over),
    }
    key = Ed25519PrivateKey.from_private_bytes(secret)
    text = orjson.dumps(body)
    file = {
        "format": FORMAT,
        "signed": text.decode(),
        "key": b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": b64encode(key.sign(text)).decode(),
    }
    return orjson.dumps(file)


def public_key(secret: bytes) -> str:
    """Return the public key of ``secret`` as the file has it, for its maker to publish."""
    key = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    return b64encode(key.public_bytes_raw()).decode()


def verify(data: bytes, key: str = "") -> Verdict:
    """Return whether a file is whole, and every figure in it follows from its inputs.

    ``key``: the public key that it must be signed with, base64; "": whichever is in it.
    """
    try:
        file = orjson.loads(data)
        text, own = file["signed"].encode(), str(file["key"])
        form, raw = file["format"], b64decode(own, validate=True)
        public = Ed25519PublicKey.from_public_bytes(raw)
        signature = b64decode(file["signature"], validate=True)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Verdict(("it is no signed report of Firsthand",))
    if form != FORMAT:
        return Verdict((f"its format is not {FORMAT}, the one this version knows",))
    wrong = []
    if key and key != own:
        wrong.append("it is signed with another key than the one given")
    try:
        public.verify(signature, text)
    except InvalidSignature:
        wrong.append("the signature does not fit: it was changed after it was signed")
    return _recomputed(text, wrong, sha256(raw).hexdigest()[:16], known=bool(key) and key == own)


def _recomputed(text: bytes, wrong: list[str], key: str, *, known: bool) -> Verdict:
    try:
        body = orjson.loads(text)
        rows = TypeAdapter(Rows).validate_json(orjson.dumps(body["inputs"]))
        over = TypeAdapter(Span).validate_json(orjson.dumps(body["span"]))
        accounts = TypeAdapter(list[Kept]).validate_json(orjson.dumps(body["accounts"]))
        version, site, told = str(body["version"]), str(body["site"]), body["figures"]
        made = build(rows, _setup(site, accounts), over)
    except (ValidationError, TypeError, KeyError, ValueError):
        return Verdict((*wrong, "its inputs cannot be read"), key, known)
    again = orjson.loads(orjson.dumps(made))
    differences = list(_differences(told, again, ""))
    if differences and version != __version__:
        wrong.append(f"version {version} made it, and this is {__version__}: use that one")
    wrong += [f"does not follow from the inputs: {path}" for path in differences[:MOST_DIFFERENCES]]
    if len(differences) > MOST_DIFFERENCES:
        wrong.append(f"and {len(differences) - MOST_DIFFERENCES} more")
    figures = sum(1 for _ in _leaves(again))
    return Verdict(tuple(wrong), key, known, version, site, over.since, over.until, figures)


def _kept(key: Key, account: Configured) -> Kept:
    return Kept(*key, account.mode, account.second)


def _setup(name: str, accounts: list[Kept]) -> Setup:
    return Setup(name, {(each.vendor, each.account): each for each in accounts}, VENDORS)


def _differences(told: Any, made: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(told, dict) and isinstance(made, dict):
        for name in sorted(told.keys() | made.keys()):
            yield from _differences(told.get(name), made.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(told, list) and isinstance(made, list) and len(told) == len(made):
        for number, (one, other) in enumerate(zip(told, made, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif type(told) is not type(made) or told != made:
        yield path


def _leaves(value: Any) -> Iterator[object]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    elif isinstance(value, int | float):
        yield value
