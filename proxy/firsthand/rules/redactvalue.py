"""Values of a hit, each by what its vendor's table says of it -> values that name nobody.

Used by ``rules/redact.py`` alone. A name is looked up as a row's wire name; a member of a JSON body
by its dotted path from the body's top, or from the list that it stands in.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from firsthand.ecapi.vocabulary import EVENT, ITEM, PROPERTIES
from firsthand.mapping import Pair, Table, body_pairs, multipart_pairs, query_pairs
from firsthand.model import Hit, Kind
from firsthand.rules import addresses
from firsthand.rules.choices import Choices, holds_id
from firsthand.rules.consent import gate
from firsthand.rules.consent.decoding import base64_json
from firsthand.rules.redactpage import Pages, encoded
from firsthand.rules.standins import AGENT, Fits, StandIns, coarse
from firsthand.vendor import Field, Vendor

Json: TypeAlias = Any  # what a JSON parser returns

SHOWN = frozenset({Kind.TECHNICAL, Kind.CONSENT, Kind.COMMERCE})
_LOOSE = frozenset({Kind.TECHNICAL, Kind.CONSENT})
"""Members of a JSON object in such a row may be anything, and are looked up by their own names."""

_IDS = frozenset({Kind.AD_ID, Kind.BROWSER_ID})
_PREFIXES = ("", "event.")
_HARMLESS = re.compile(r"-?[0-9]{0,4}(?:\.[0-9]{1,6})?|true|false|null|[A-Za-z]{1,2}|[A-Z]{3}")
_DECIMAL = re.compile(r"-?[0-9]{1,8}\.[0-9]{1,20}")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_SIGNAL = re.compile(r"[A-Za-z0-9~-]{1,24}")
_PAIRS = re.compile(r"[a-z]{1,20}=[^&=]*(?:&[a-z]{1,20}=[^&=]*)*")
_TAGGED = re.compile(r"[a-z]{2}[0-9]?\.[^~]+(?:~[a-z]{2}[0-9]?\.[^~]+)+")
_TAG = re.compile(r"[0-9]|[A-Z]{2}")
_PRODUCT = re.compile(r"[a-z][a-z0-9][^~]*(?:~[a-z][a-z0-9][^~]*)+")
_LONGEST = 200
_SHORTEST_BASE64 = 20
_DEPTH = 12

_OWN_SHOWN = frozenset(
    {"data_set_id", "event_type", "timestamp", "source", "custom_event", "type", "analytics"}
    | {"marketing", "destinations", "decided_at", "test", "mmt_only", "coupon", "payment_type"}
    | {*EVENT, *ITEM, *PROPERTIES}
) - {"transaction_id", "group_id", "vin", "search_term", "id", "name", "page_url", "referrer"}
"""Members of the shop's own events that name nobody."""


@dataclass(frozen=True, slots=True)
class Values:
    """Redacts the values of one hit.

    ``vendor`` is ``None`` on our own doors, ``at`` the time of arrival in ms; ``told`` are accounts
    and names of the hit's events in lower case, which the ledger would have as well.
    """

    stand_ins: StandIns
    vendor: Vendor | None
    table: Table
    at: int
    pages: Pages
    told: frozenset[str]

    def query(self, text: str) -> str:
        """Return a query: names that are words stay, values follow their rows."""
        return encoded(map(self._pair, query_pairs(text)))

    def body(self, hit: Hit) -> bytes:
        """Return a hit's body: JSON, a form (also where it had several parts), or lines."""
        if not hit.body:
            return b""
        kind = hit.headers.get("content-type", "").lower()
        if kind.startswith("multipart/form-data"):
            parts = multipart_pairs(hit.body, hit.headers["content-type"])
            return encoded(map(self._pair, parts)).encode()
        try:
            return orjson.dumps(self.json(orjson.loads(hit.body), ""))
        except orjson.JSONDecodeError:
            pass
        if kind.startswith("application/x-www-form-urlencoded"):
            return encoded(map(self._pair, body_pairs(hit))).encode()
        lines = hit.body.decode("utf-8", "replace").splitlines()
        return "\r\n".join(map(self.query, lines)).encode()

    def _pair(self, pair: Pair) -> Pair:
        name, value = pair
        return self._name(name), self._text(value, name, None)

    def _name(self, name: str) -> str:
        row = self._row(name)
        if row is None:
            return self.pages.name(name)
        free = len(row.wire) - 1 if row.wire.endswith("*") else len(name)
        return name[:free] + self.pages.name(name[free:])

    def json(self, value: Json, path: str, kind: Kind | None = None, depth: int = _DEPTH) -> Json:
        """Return a JSON value; ``kind`` is the class of what it stands in, if a row named that."""
        _, kind = self._of(path, kind)
        top, inner = ("", None) if kind in _LOOSE else (path, kind)
        match value:
            case str():
                return self._text(value, path, kind, depth)
            case dict() if depth:
                return {
                    self._name(name): self.json(each, _member(top, name), inner, depth - 1)
                    for name, each in value.items()
                }
            case list() if depth:
                within = path if kind else ""
                return [self.json(each, within, kind, depth - 1) for each in value]
            case bool() | None:
                return value
            case int() | float():
                return _number(self._text(str(value), path, kind))
            case _:
                return None

    def _text(self, text: str, path: str, kind: Kind | None, depth: int = _DEPTH) -> str:
        """Return what stands for one text; the first rule that knows it speaks."""
        row, kind = self._of(path, kind)
        if not text or self._is_told(path, text):
            return text
        if path in gate.SIGNALS or kind is Kind.CONSENT:
            short = _SIGNAL.fullmatch(text)
            return text if short else Choices(self.stand_ins, self.at).cookie(text)
        nested = self._nested(text, path, kind, depth)
        if nested is not None:
            return nested
        if kind is Kind.NETWORK:
            return self._connection(text, _alike(row, text))
        if _ADDRESS.match(text) or kind is Kind.PAGE:
            return self.pages.page(text)
        return self._parts(text, path, kind) or self._value(text, path, row, kind)

    def _parts(self, text: str, path: str, kind: Kind | None) -> str:
        """Return a text of several parts, each by its own rule; "" for any other."""
        if _PAIRS.fullmatch(text):  # parameters within a parameter
            pairs = query_pairs(text)
            return "&".join(f"{name}={self._text(v, f'{path}.{name}', kind)}" for name, v in pairs)
        if _TAGGED.fullmatch(text):  # Google's contact data: tv.1~em.<hash>~co0.DE
            return "~".join(map(self._tagged, text.split("~")))
        if kind is None and _PRODUCT.fullmatch(text):  # Google's items: idSKU~nmName~pr9.90
            parts = text.split("~")
            return "~".join(part[:2] + self._value(part[2:], "", None, None) for part in parts)
        return ""

    def _tagged(self, part: str) -> str:
        tag, _, value = part.partition(".")
        return f"{tag}.{value if _TAG.fullmatch(value) else self.stand_ins.text(value)}"

    def _value(self, text: str, path: str, row: Field | None, kind: Kind | None) -> str:
        fits = _alike(row, text)
        if kind in _IDS:
            return self.stand_ins.id(text, fits, at=self.at)
        nobodys = kind in SHOWN or self._is_own_shown(path)
        if (nobodys or kind is None) and (time := coarse(text, at=self.at)):
            return time
        shown = not is_id_like(text) if nobodys else kind is None and _HARMLESS.fullmatch(text)
        return text if shown else self.stand_ins.text(text, fits)

    def _connection(self, text: str, fits: Fits) -> str:
        if "/" in text:
            return AGENT
        return self.stand_ins.address(text) or self.stand_ins.text(text, fits)

    def _nested(self, text: str, path: str, kind: Kind | None, depth: int) -> str | None:
        """Return JSON within a text, plain or in base64."""
        if not depth:
            return None
        if text[:1] in {"{", "["}:
            try:
                told = orjson.loads(text)
            except orjson.JSONDecodeError:
                return None
            within = path if kind else ""
            return orjson.dumps(self.json(told, within, kind, depth - 1)).decode()
        told = base64_json(text) if len(text) >= _SHORTEST_BASE64 else None
        if told is None:
            return None
        made = orjson.dumps(self.json(told, "", kind, depth - 1))
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    def _of(self, path: str, within: Kind | None) -> tuple[Field | None, Kind | None]:
        """Return a path's row and class; no free key is one where its surroundings have a row."""
        row = self._row(path)
        if row is None or (within and row.wire.endswith("*")):
            return None, within
        return row, row.kind

    def _row(self, path: str) -> Field | None:
        rows = (self.table.wire(prefix + path) for prefix in _PREFIXES) if path else ()
        return next(filter(None, rows), None)

    def _is_told(self, path: str, text: str) -> bool:
        """Say whether this is an account's id or an event's name."""
        if text.lower() in self.told:
            return True
        vendor = self.vendor
        if vendor is None:
            return False
        if path in vendor.account_params:
            # of a few ids, or with an event's: tw-o8abc-o8def
            return any(part in self.told for part in re.split(r"[,-]", text.lower()))
        named = path.rpartition(".")[2] == vendor.name_param
        return named and (text in vendor.event_names or text in vendor.automatic)

    def _is_own_shown(self, path: str) -> bool:
        return self.vendor is None and path.rpartition(".")[2] in _OWN_SHOWN


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _number(text: str) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return 1


def _alike(row: Field | None, text: str) -> Fits:
    """Return what a stand-in must do: be usable by the row's converter where the text was."""
    if row is None:
        return lambda _: True
    usable = row.convert(text) is None
    return lambda made: (row.convert(made) is None) == usable


def is_id_like(text: str) -> bool:
    """Say whether an id or contact data stands in a text that ought to hold neither."""
    if _DECIMAL.fullmatch(text):
        return False
    return holds_id(text) or len(text) > _LONGEST or addresses.is_personal(text)
