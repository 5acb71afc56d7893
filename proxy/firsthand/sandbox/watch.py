"""What each vendor received on both paths: a page for people, the same as JSON for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from firsthand.sandbox.role import Event
from firsthand.sandbox.shop.pages import Links, render
from firsthand.sandbox.stand_in import Seen, StandIn

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One event on one path, or a call that took none."""

    at: int
    name: str
    key: str
    account: str
    status: int
    detail: str

    @property
    def time(self) -> str:
        """Time of day, UTC."""
        return datetime.fromtimestamp(self.at / 1000, UTC).strftime("%H:%M:%S")


def entries(seen: Iterable[Seen]) -> list[Entry]:
    """Return what requests brought, newest first; a request without an event is an entry too."""
    found = [
        _entry(request, event) for request in seen for event in request.events or (_none(request),)
    ]
    return found[::-1][:SHOWN]


def _none(request: Seen) -> Event:
    answer = request.answer.decode("utf-8", "replace")[:2000]
    return Event("", "(no event taken)", "", {"path": request.ask.path, "answer": answer})


def _entry(request: Seen, event: Event) -> Entry:
    detail = orjson.dumps(
        {**event.around, **event.data}, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    )
    return Entry(
        request.ask.at, event.name, event.key, event.account, request.status, detail.decode()
    )


def board(stand_ins: Sequence[StandIn], links: Links) -> str:
    """Return the page."""
    columns = [
        {
            "title": stand_in.role.title,
            "beacons": entries(stand_in.beacons),
            "calls": entries(stand_in.calls),
            "probes": entries(stand_in.probes),
        }
        for stand_in in stand_ins
    ]
    return render("vendors.html", columns=columns, links=links)


def board_json(stand_ins: Sequence[StandIn]) -> bytes:
    """Return the same, whole, by vendor."""
    return orjson.dumps({stand_in.role.key: _told(stand_in) for stand_in in stand_ins})


def _told(stand_in: StandIn) -> dict[str, Any]:
    return {
        "title": stand_in.role.title,
        "beacons": [_request(seen) for seen in stand_in.beacons],
        "calls": [_request(seen) for seen in stand_in.calls],
        "probes": [_request(seen) for seen in stand_in.probes],
        "scripts": [_request(seen) for seen in stand_in.scripts],
        "others": [_request(seen) for seen in stand_in.others],
        "events": [_event(event) for event in stand_in.events],
    }


def _request(seen: Seen) -> dict[str, Any]:
    ask = seen.ask
    return {
        "at": ask.at,
        "method": ask.method,
        "host": ask.host,
        "path": ask.path,
        "params": ask.params,
        "cookies": ask.cookies,
        "status": seen.status,
        "answer": seen.answer[:2000].decode("utf-8", "replace"),
        "events": [_event(event) for event in seen.events],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "account": event.account,
        "name": event.name,
        "key": event.key,
        "data": event.data,
        "around": event.around,
    }
