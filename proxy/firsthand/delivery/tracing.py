"""What is kept of a call and its answer: enough to see what happened, no one's identifiers.

Values are hidden by what the vendor's table says of the field that they came from, and besides
wherever they look like a hash, an e-mail address or the query of a page.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson

from firsthand.delivery import relay
from firsthand.delivery.auth import MASK
from firsthand.mapping import MAX_JSON, Table, query_pairs
from firsthand.model import IDENTIFYING, Accepted, Beacon, Call, Outcome, Recorded, Reply, Sent
from firsthand.rules import firewall
from firsthand.rules.site import Account
from firsthand.rules.trace import placeholder
from firsthand.store.contract import Leased, Settled
from firsthand.vendor import Auth, Vendor

AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)

SHOWN = 500
TRACED = 25
"""Traces of one call at most; events that were not simply taken come first."""

_TELLING = re.compile(r"[0-9a-fA-F]{32,}|[^\s\"'<>@]+@[^\s\"'<>@]+\.[a-zA-Z]{2,}")
_PAGE_QUERY = re.compile(r"(https?://[^\s\"'?#]+)[?#][^\s\"']*")
_WORD = re.compile(r"[\w.+/=@-]+")
_SHORT = 4


class Veil:
    """Hides the identifying values of some beacons of one vendor."""

    def __init__(self, table: Table, beacons: Iterable[Beacon]) -> None:
        self._values = {text for beacon in beacons for text in _identifying(table, beacon)}
        self._phrases = [one for one in self._values if not _WORD.fullmatch(one) and len(one) > 1]

    def text(self, text: str) -> str:
        """Return ``text`` without them, whole words each."""
        for phrase in self._phrases:
            text = text.replace(phrase, MASK)
        text = _PAGE_QUERY.sub(rf"\1?{MASK}", _TELLING.sub(MASK, text))
        return _WORD.sub(self._word, text)

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        if word in self._values or word.rstrip(".") in self._values:
            return MASK
        parts = re.split(r"[=/]", word)
        return MASK if any(part in self._values for part in parts if len(part) >= _SHORT) else word

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a JSON value without them."""
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if str(value) in self._values:
            return placeholder(value)
        return self.text(value) if isinstance(value, str) else value


def _identifying(table: Table, beacon: Beacon) -> Iterator[str]:
    if beacon.event_key:
        yield beacon.event_key
    for path, value in beacon.fields.items():
        if table.kind(path) in IDENTIFYING:
            yield from _leaves(value)


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)


def masked_call(call: Call, vendor: Vendor, veil: Veil) -> str:
    """Return a call as JSON: method, address, names of headers, body; marks where a token goes."""
    names, url = sorted(name.lower() for name in call.headers), call.url
    if vendor.auth is not Auth.QUERY:
        names.append(vendor.auth_param.lower() if vendor.auth is Auth.HEADER else "authorization")
    else:
        url += f"{'&' if '?' in url else '?'}{vendor.auth_param}={MASK}"
    try:
        body = veil.value(orjson.loads(call.body))
    except orjson.JSONDecodeError:
        body = f"{len(call.body)} bytes"
    shown = {"method": call.method, "url": _address(url, veil), "headers": names, "body": body}
    return orjson.dumps(shown).decode()


def masked_relay(call: Call, veil: Veil) -> str:
    """Return a relayed request as JSON, with its parameters decoded: so their values are hidden."""
    url, _, query = call.url.partition("?")
    told = dict(query_pairs(query, MAX_JSON))
    text = call.body.decode("utf-8", "replace")
    body = orjson.loads(text) if text[:1] == "{" else dict(query_pairs(text, MAX_JSON))
    shown = {
        "method": call.method,
        "url": url,
        "headers": sorted(call.headers),
        "query": veil.value(told),
        "body": veil.value(body),
    }
    return orjson.dumps(shown).decode()


def _stopped(call: Call, found: tuple[firewall.Finding, ...]) -> str:
    host = urlsplit(call.url).hostname or ""
    shown = {"method": call.method, "host": host, "blocked": [str(one) for one in found]}
    return orjson.dumps(shown).decode()


def _address(url: str, veil: Veil) -> str:
    path, _, query = url.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    shown = "&".join(f"{name}{mark}{veil.value(value)}" for name, mark, value in pairs)
    return f"{path}?{shown}" if query else path


def masked_reply(reply: Reply | None, veil: Veil) -> str:
    """Return an answer as JSON: status and the first 500 characters; empty if there was none."""
    if reply is None:
        return ""
    text = veil.text(reply.body[: 4 * SHOWN].decode("utf-8", "replace"))
    return orjson.dumps({"status": reply.status, "body": text[:SHOWN]}).decode()


class Tracer:
    """Makes what the queue is told of the events of one account, each with its own call."""

    def __init__(self, account: Account, *, now: Callable[[], int]) -> None:
        self._account = account
        relayed = account.vendor.relay
        self._table = Table(account.vendor.fields)
        self._doors = Table(relayed.fields if relayed else ())
        self._now = now

    def veil(self, beacons: Iterable[Beacon]) -> Veil:
        """Return what hides the values of ``beacons``: all that went with one call."""
        told = list(beacons)
        return Veil(self._doors if told and told[0].door else self._table, told)

    def settled(
        self, done: Sequence[tuple[Leased, Outcome]], *, reply: Reply | None, veil: Veil
    ) -> list[Settled]:
        """Return how ``done`` ended. ``veil`` hides the values of all whom ``reply`` is about."""
        answer = masked_reply(reply, veil)
        order = sorted(range(len(done)), key=lambda place: _plain(done[place][1]))
        traced = set(order[:TRACED])
        return [
            Settled(
                leased.row,
                quiet(outcome, veil),
                self._call(leased.beacon) if place in traced else "",
                answer if place in traced else "",
            )
            for place, (leased, outcome) in enumerate(done)
        ]

    def _call(self, beacon: Beacon) -> str:
        try:
            return self.masked(beacon)
        except Exception:  # noqa: BLE001 - the event is settled and counted; only its trace is lost
            return ""

    def masked(self, beacon: Beacon) -> str:
        """Return a beacon's own call as JSON, masked; of one that the firewall stops no value is
        shown at all. Raises what writing it raises."""
        account, veil = self._account, self.veil([beacon])
        call = relay.write(account, [beacon], now=self._now())
        stopped = firewall.findings(call)
        if stopped:
            return _stopped(call, stopped)
        return masked_relay(call, veil) if beacon.door else masked_call(call, account.vendor, veil)


def _plain(outcome: Outcome) -> bool:
    return isinstance(outcome, Accepted | Recorded | Sent)


def quiet(outcome: AnyOutcome, veil: Veil) -> AnyOutcome:
    """Return ``outcome`` with a message of at most 500 characters that names no one."""
    return (
        replace(outcome, message=veil.text(outcome.message)[:SHOWN]) if outcome.message else outcome
    )
