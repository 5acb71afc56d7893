"""The contract of a vendor file: one ``Vendor`` record of data and a few functions.

Hosts and paths of doors are patterns: ``*`` stands for one or more characters other than ``/``
(in a path) or any (in a host), ``{account}`` for an account id. Everything else is literal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from firsthand.ecapi.event import Event
from firsthand.model import (
    Beacon,
    Call,
    Fields,
    Hit,
    Kind,
    MatchKey,
    Outcome,
    Purpose,
    Reading,
    Reply,
    Value,
)

Converter: TypeAlias = Callable[[str], Value | None]
"""Text from the wire -> value for the API; ``None`` drops the field with a note."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a vendor's table: what is not in the table is not forwarded.

    ``wire``  parameter name; a trailing ``*`` makes a prefix row whose rest replaces the ``*`` of
              ``path``; ``@ip``, ``@user_agent``, ``@referer`` stand for the request itself.
    ``path``  key in the API's event, at most one dot; empty: read, never sent.
    Of several rows with one path the first non-empty value wins.
    """

    wire: str
    path: str
    kind: Kind
    convert: Converter
    match: MatchKey | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Addresses of one kind at a vendor.

    ``says``     JSON that its script waits for as the answer.
    ``exposes``  headers that its script looks for in the answer: a browser complains on the console
                 where a script may not read them, even if they are not there.
    ``asks``     what the vendor itself would answer is worth having (mode ``relay``): of it the
                 script gets what ``Relay.answer`` takes, or ``says`` if the vendor is slow.
    ``relayed``  of a sink: in mode ``relay`` it goes on like a beacon. Elsewhere there is nothing
                 to do, as another beacon tells the same event.
    """

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    says: bytes = b""
    exposes: tuple[str, ...] = ()
    asks: bool = False
    relayed: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a vendor's script, made in strings and templates only.

    ``find`` is text as the script spells it, ``put`` what stands there instead; with an empty
    ``find``, ``put`` is a comment that becomes the last line. Neither may hold what ends a string.
    """

    find: str
    put: str
    reason: str


@dataclass(frozen=True, slots=True)
class Script:
    """Code that a page loads from a vendor, and the grammar of its query.

    ``query`` maps a parameter to a full-match pattern; ``{account}`` stands for a configured
    account, ``{site}`` for a host of the site. Other parameters are dropped; one that is listed
    and does not match makes the address unknown. ``chained`` code is loaded by other code of the
    vendor. ``sentinels`` must all occur in a good file. ``shown`` is the path that the vendor's
    published tag has, where ``paths`` have holes.
    It is served as the vendor serves it but for ``edits``.
    """

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    chained: bool = False
    sentinels: tuple[bytes, ...] = ()
    shown: str = ""
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class ClickId:
    """A parameter that an ad click adds to the landing address. ``pattern`` is a full match."""

    param: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Mint:
    """What a cookie's value is made from. ``labels``: labels of the cookie domain; ``draw`` is a
    number derived from the hit, below 2**31, where the vendor's format wants a random one."""

    click: str
    at: int
    labels: int
    draw: int


@dataclass(frozen=True, slots=True)
class IdCookie:
    """A cookie by which a vendor recognises a browser or a click.

    ``name`` may hold ``{account}`` (the account without its ``G-``/``AW-`` prefix).
    ``pattern``  full match of a well-formed value.
    ``field``    API path that gets the value when the beacon lacks it; ``to_field`` converts.
    ``click``    click-id parameter from which ``mint`` makes it; ``click_of`` takes it out again.
    ``mint``     makes a value where none is known: from a click, or from nothing (browser ids).
    ``days``     life; the vendor's own.
    ``restore``  re-issued from the keeper when the browser lost it.
    ``needed``   the vendor takes no event without it, and its own script alone makes it.
    ``stays``    of a value that changes with every event: the part that does not, while a session
                 lasts. The keeper learns it once; it is given back when lost, never issued anew,
                 and no event is told of a session that only the keeper remembers.
    """

    name: str
    pattern: str
    kind: Kind
    days: int
    field: str = ""
    to_field: Callable[[str], str] = str
    click: str = ""
    click_of: Callable[[str], str] | None = None
    mint: Callable[[Mint], str] | None = None
    restore: bool = True
    needed: bool = False
    stays: Callable[[str], str] | None = None


class Auth(StrEnum):
    """How credentials join a call; ``delivery/auth.py`` knows each."""

    BEARER = "bearer"  # Authorization: Bearer <token>
    QUERY = "query"  # Vendor.auth_param in the query
    HEADER = "header"  # the header that Vendor.auth_param names
    OAUTH1 = "oauth1"  # four words: an OAuth 1.0a signature; one: the header Vendor.auth_param
    GOOGLE = "google"  # a key of Google's (JSON), exchanged for a short-lived bearer token


@dataclass(frozen=True, slots=True)
class Limits:
    """What the vendor's API takes. ``keep`` is how long we try at most, never past ``max_age``."""

    max_batch: int
    max_bytes: int
    max_age: timedelta
    calls_per_second: float
    in_flight: int = 2


@dataclass(frozen=True, slots=True)
class Dedup:
    """How the vendor recognises one event on two paths.

    ``key`` in words; ``window`` after the first; ``events`` for which it works (``None``: all).
    ``assumed``: the vendor publishes no window, ours is a cautious guess.
    ``from_page``: some of its beacons are in a form into which the shim sets no key; a copy that
    came without one is not sent again.
    """

    key: str
    window: timedelta
    events: frozenset[str] | None = None
    from_page: bool = False
    assumed: bool = False

    def covers(self, name: str) -> bool:
        """Say whether the vendor will count ``name`` once when it arrives on both paths."""
        return self.events is None or name in self.events


@dataclass(frozen=True, slots=True)
class Money:
    """API paths of what an event is worth, empty where the vendor has no such field.

    ``value`` is in units of ``currency``, or in its smallest unit (``minor``); ``order`` is the
    order's number, by which one purchase is known under two event keys.
    """

    value: str = ""
    currency: str = ""
    order: str = ""
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """An API version and the last day on which it answers (``None``: not announced)."""

    name: str
    ends: date | None


OWN_KEY = "fh_key"
"""Parameter of ours for an event key, on beacons that end here and have no place for one."""


@dataclass(frozen=True, slots=True)
class Relay:
    """How a pixel's beacon is made anew for the vendor's own beacon door (mode ``relay``).

    ``fields``  a table of its own: wire name -> name in the request that we make, privacy class,
                converter to what stands there. What is not in it is not passed on; there is no
                other way from a beacon into a relayed request.
    ``write``   one beacon -> the request: to ``Beacon.door``, of its fields alone. One event a
                request, also where the pixel sends several at once.
    ``ids``     API path of an id that a cookie holds -> name here: filled in where it is missing.
    ``losses``  what the door gets less of than from a browser, for ``check``.
    ``limits``  a door dates a beacon by its arrival: what is a day late is not passed on any more.
    ``answer``  the vendor's answer at a door that ``asks`` -> what the page's script gets of it, as
                JSON made anew; ``None`` where it is not the known shape.
    """

    fields: tuple[Field, ...]
    write: Callable[[Beacon], Call]
    ids: Mapping[str, str]
    losses: tuple[str, ...] = ()
    limits: Limits = Limits(10, 65_536, timedelta(hours=24), calls_per_second=100.0, in_flight=8)
    answer: Callable[[bytes], bytes | None] = lambda _: None


Write: TypeAlias = Callable[..., Call]
Compose: TypeAlias = Callable[[Event, str, Any], Reading | None]
"""Event, account, its settings -> reading; ``None`` where the vendor gets no such event."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """All that Firsthand knows of one vendor.

    ``read(hit)``                          beacon -> readings; raises nothing on any input
    ``write(beacons, settings, now=ms)``   beacons of one ``batch_key`` -> one call, no credentials
    ``judge(reply, beacons)``              answer -> one outcome for each beacon, in order
    ``probe(call)``                        the same call to a door where nothing is counted, or
                                           ``None`` where the vendor has no such door
    ``judge_probe(reply, beacons)``        its answer: ``Recorded`` or ``Refused``
    ``ask(ticket, beacons, settings)``     the question what became of a call that was ``Pending``
    ``judge_ask(reply, beacons)``          its answer; ``Pending`` without a ticket: not known yet
    ``compose(event, account, settings)``  an event of the shop's own -> the reading that the pixel
                                           would have given; raises nothing on any event. Ids with
                                           a row in ``cookies`` are filled in by the rules
    ``takes_anything``                     its API answers yes to whatever comes: only ``probe``'s
                                           door ever says no
    ``relay``                              how its beacons are passed on as our own requests;
                                           ``None``: mode ``relay`` stops the start, and
                                           ``unrelayed`` says why
    ``money``                              where an event's worth stands in its fields
    ``place(place)``                       ``DE-HH`` or ``DE`` -> fields that its API takes instead
                                           of the address; ``None``: it takes none
    ``social``                             a social network: a refusal of social media concerns it
    ``tcf_id``, ``ac_id``                  its ids on the IAB's Global Vendor List and in Google's
                                           list of ad technology providers; 0 where it is on none
    ``tags(account)``                      ids by which scripts and beacon addresses name an account
                                           (itself where absent); ``tag_pattern`` is their form
    ``event_names``                        the vendor's standard names -> our canonical ones
    ``account_params``                     parameters by which a beacon names its account
    ``account_value``                      how such a value begins; its one group is the account
    ``key_param``, ``name_param``          parameters of the event key and of the event's name, in a
                                           JSON body members of an event: the shim sets the key
                                           where it is missing or empty, if the whole name matches
                                           ``name_pattern`` and is not in ``automatic``
    ``key_path``                           members that lead from the top of a JSON body to its
                                           events, through lists; the body is one where empty
    ``key_json``                           parameter whose JSON object has ``key_param`` as a member
    ``key_digits``                         hexadecimal digits of a key that the shim makes
    ``name_detail``                        parameter that names a custom event more closely
    ``own_key``                            its beacons have no place for a key: where they end here,
                                           ``fh.js`` adds one as ``fh_key``, which ``read`` takes
    """

    key: str
    title: str
    purpose: Purpose
    account_pattern: str
    account_example: str
    beacons: tuple[Door, ...]
    scripts: tuple[Script, ...]
    never: tuple[Door, ...]
    sinks: tuple[Door, ...]
    fields: tuple[Field, ...]
    click_ids: tuple[ClickId, ...]
    cookies: tuple[IdCookie, ...]
    event_names: Mapping[str, str]
    settings: type[Any]
    auth: Auth
    token_help: str
    limits: Limits
    dedup: Dedup
    versions: tuple[Version, ...]
    read: Callable[[Hit], Iterator[Reading]]
    write: Write
    judge: Callable[[Reply, Sequence[Beacon]], list[Outcome]]
    batch_key: Callable[[Beacon], str]
    api_hosts: tuple[str, ...]
    auth_param: str = ""
    key_param: str = ""
    key_path: tuple[str, ...] = ()
    key_json: str = ""
    key_digits: int = 32
    name_param: str = ""
    name_detail: str = ""
    own_key: bool = False
    name_pattern: str = ".+"
    automatic: frozenset[str] = frozenset()
    account_params: tuple[str, ...] = ()
    account_value: str = "([^&]+)"
    probe: Callable[[Call], Call | None] | None = None
    judge_probe: Callable[[Reply, Sequence[Beacon]], list[Outcome]] | None = None
    ask: Callable[[str, Sequence[Beacon], Any], Call] | None = None
    judge_ask: Callable[[Reply, Sequence[Beacon]], list[Outcome]] | None = None
    compose: Compose | None = None
    tags: Callable[[str], tuple[str, ...]] = lambda account: (account,)
    tag_pattern: str = ""
    social: bool = False
    takes_anything: bool = False
    tcf_id: int = 0
    ac_id: int = 0
    place: Callable[[str], Fields] | None = None
    relay: Relay | None = None
    unrelayed: str = ""
    money: Money = Money()


def relay_hosts(vendor: Vendor) -> tuple[str, ...]:
    """Return the hosts that relayed beacons go to: those of their doors, named in full."""
    doors = (*vendor.beacons, *(door for door in vendor.sinks if door.relayed))
    hosts = dict.fromkeys(host for door in doors for host in door.hosts if "*" not in host)
    return tuple(hosts) if vendor.relay else ()


def no_fields() -> Fields:
    """Return an empty set of fields."""
    return {}
