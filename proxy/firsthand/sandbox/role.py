"""The contract of a vendor's part: what its hosts answer, as data and pure functions.

All times are Unix milliseconds. A part never awaits and reads no clock: ``server`` does both.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from firsthand.mapping import multipart_pairs

PIXELS = Path(__file__).parent / "pixels"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class Way(StrEnum):
    """What a request to a vendor is."""

    SCRIPT = "script"
    BEACON = "beacon"
    CALL = "call"  # the server API
    PROBE = "probe"  # a door of the server API where nothing is counted
    OTHER = "other"  # telemetry, preflights, addresses that the vendor does not have


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, whole. ``host`` is the vendor's own name. ``cookies`` are names, no values.

    ``scheme`` and ``suffix`` say how this sandbox spells vendor addresses: ``http`` and
    ``.vendors.localhost:8090``.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    at: int
    scheme: str
    suffix: str

    @property
    def params(self) -> dict[str, str]:
        """The query; of a repeated name the first value. A plus sign stays a plus sign."""
        return first_of(parse_qsl(self.query.replace("+", "%2B"), keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body as a form, multipart or not; of a repeated name the first value."""
        content_type = self.headers.get("content-type", "")
        if content_type.startswith("multipart/form-data"):
            return first_of(multipart_pairs(self.body, content_type))
        return first_of(parse_qsl(self.text, keep_blank_values=True))

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def first_of(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return ``pairs`` as a dictionary in which the first of equal names counts."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a vendor understood it.

    ``key`` is what the vendor deduplicates by, empty where there is none. ``data`` holds the
    beacon's parameters, or the event of the API call; ``around`` what the call said once for all.
    """

    account: str
    name: str
    key: str
    data: Mapping[str, Any]
    around: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor says, and the events it took from the request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """Addresses of one kind. ``path`` is a full match; its groups are the vendor's business.

    ``when`` says of which requests to them: of a query, where that makes another door of it.
    """

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    way: Way
    answer: Callable[[Ask], Answer]
    when: Callable[[Ask], bool] = lambda _: True

    def fits(self, host: str, path: str) -> bool:
        """Say whether this door answers ``path`` on ``host``."""
        return host in self.hosts and self.path.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Role:
    """A vendor's part. ``rate_limit`` is its answer to somebody who asks too often.

    ``account`` is the one that the demo shop uses, ``token`` what its API takes and nothing else
    would; ``category`` the consent group of its tag. ``second`` is the account for what the vendor
    cannot deduplicate, ``settings`` what the account's section of the configuration needs besides.
    """

    key: str
    title: str
    account: str
    token: str
    category: str
    doors: tuple[Door, ...]
    rate_limit: Answer
    second: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def script(ask: Ask, name: str, **values: str) -> Answer:
    """Return a file of ``pixels/`` with its ``{{names}}`` filled in, as a script.

    ``{{sha256}}`` becomes a function of that name, for scripts that hash contact data.
    """
    text = _pixel(name)
    filled = {"scheme": ask.scheme, "suffix": ask.suffix, "sha256": _pixel("sha256.js"), **values}
    for key, value in filled.items():
        text = text.replace("{{" + key + "}}", value)
    headers = {
        "content-type": "application/javascript; charset=utf-8",
        "cache-control": "public, max-age=1200",
    }
    return Answer(200, text.encode(), headers)


@cache
def _pixel(name: str) -> str:
    return (PIXELS / name).read_text("utf-8")


def cross_origin(ask: Ask) -> dict[str, str]:
    """Return the headers by which a page of any origin may read an answer, with credentials."""
    origin = ask.headers.get("origin")
    if not origin:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "Origin",
    }
