"""All that flows: ``Hit -> Reading -> Beacon -> Call -> Reply -> Outcome``.

Times are integers in Unix milliseconds unless a name says otherwise. What may identify a visitor
is left out of every ``repr``, so that no log and no error text can hold it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"]
Fields: TypeAlias = dict[str, Value]


class Purpose(StrEnum):
    """What a visitor can agree to."""

    ANALYTICS = "analytics"
    MARKETING = "marketing"


class Kind(StrEnum):
    """Privacy class of a field: what consent acts on."""

    TECHNICAL = "technical"  # says nothing about the visitor
    CONSENT = "consent"  # the visitor's own choice, as a vendor's API spells it
    COMMERCE = "commerce"  # value, currency, items
    PAGE = "page"  # addresses and titles
    ORDER_ID = "order_id"  # transaction and event ids
    AD_ID = "ad_id"  # click ids
    BROWSER_ID = "browser_id"  # client ids, sessions
    CONTACT = "contact"  # hashed contact data, customer ids
    NETWORK = "network"  # IP address, user agent
    CUSTOM = "custom"  # free keys: may hold anything


IDENTIFYING = frozenset(
    {Kind.ORDER_ID, Kind.AD_ID, Kind.BROWSER_ID, Kind.CONTACT, Kind.NETWORK, Kind.CUSTOM}
)
"""Kinds whose values are never shown in a trace, a log or the ledger."""


class MatchKey(IntFlag):
    """What a vendor can recognise a person by; the ledger keeps which were present, no values."""

    EMAIL = 1
    PHONE = 2
    NAME = 4
    ADDRESS = 8
    EXTERNAL_ID = 16
    CLICK_ID = 32
    BROWSER_ID = 64
    IP = 128
    USER_AGENT = 256


class Origin(StrEnum):
    """Which way an event reached us."""

    PIXEL = "pixel"  # the beacon itself ended here
    COPY = "copy"  # the beacon went to the vendor, the page posted a copy
    SNIPPET = "snippet"  # fh.js
    BACKEND = "backend"  # the shop's server


class Client(StrEnum):
    """How the browser's own request to the vendor ended."""

    NONE = ""  # there was none (modes ``server`` and ``relay``)
    FIRED = "fired"  # announced, result not yet known
    OK = "ok"
    FAILED = "failed"  # blocked, or the network failed
    UNKNOWN = "unknown"  # left with the page, or not observable


class Server(StrEnum):
    """Where an event stands on the server path."""

    RECEIVED = "received"
    WITHHELD = "withheld"
    QUEUED = "queued"
    RECORDED = "recorded"  # shadow: built, not sent
    VALIDATED = "validated"  # shadow: the vendor's test door took it
    SENT = "sent"  # answered, final result not known yet
    ACCEPTED = "accepted"
    WARNED = "warned"
    REFUSED = "refused"
    EXPIRED = "expired"
    DEAD = "dead"


class Mode(StrEnum):
    """What an account's two paths do; docs in ``rules/site.py``."""

    SHADOW = "shadow"
    BOTH = "both"
    SERVER = "server"
    RELAY = "relay"


class Reason(StrEnum):
    """Why an event stands where it stands. Closed: the report groups by it."""

    NONE = ""
    CONSENT = "consent"  # withheld at arrival: the purpose this vendor needs is not granted
    AGGREGATE_ONLY = "aggregate_only"  # analytics without marketing: no identifiers may leave
    BLOCKED = "blocked"  # the visitor's browser blocks the vendor, consent was not explicit
    MIRROR = "mirror"  # the same event on a second request
    DUPLICATE = "duplicate"  # the same event key again
    AUTOMATIC = "automatic"  # the vendor's own telemetry, not an event of the site
    UNMAPPABLE = "unmappable"  # the server API has no such event
    NO_BEACON = "no_beacon"  # told by the shop itself: a relay passes on beacons only
    NO_KEY = "no_key"  # went to the vendor without a key: sent again, it would count twice
    LIMITED_DATA = "limited_data"  # limited-data flag set, and the site does not forward those
    PREFETCH = "prefetch"
    FOREIGN_PAGE = "foreign_page"
    UNKNOWN_ACCOUNT = "unknown_account"
    TOO_OLD = "too_old"
    BOT = "bot"
    HOLDOUT = "holdout"  # drawn into the share that the server path leaves out
    FAULT = "fault"  # our own code failed on this event: it fails closed
    WITHDRAWN = "withdrawn"  # withheld later
    ERASED = "erased"  # a person asked for it, `firsthand consent erase`
    # delivery
    SHADOW = "shadow"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN_REPLY = "broken_reply"
    RATE_LIMIT = "rate_limit"
    VENDOR_DOWN = "vendor_down"  # 5xx, transient
    READABLE = "readable"  # contact data or a card number stood readable in the call: blocked
    AUTH = "auth"  # token missing, invalid or without the right
    SETUP = "setup"  # account or version wrong
    BAD_EVENT = "bad_event"  # the vendor refused this event
    BAD_IDENTIFIER = "bad_identifier"  # one identifier is refused, the event may do without
    VENDOR_WARNING = "vendor_warning"
    UNCONFIRMED = "unconfirmed"  # taken, the final word comes later
    RELAYED = "relayed"  # a beacon door answered: it says the same to anything


@dataclass(frozen=True, slots=True)
class Hit:
    """One bounded request. Lives in memory only; never stored, never logged.

    ``host`` and ``path`` are the vendor's, as swapped into our path (``fh`` for our own doors).
    ``headers`` holds ``rules.decide.HEADERS``, ``cookies`` all raw values of each name we know.
    """

    method: str
    host: str
    path: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, tuple[str, ...]] = field(repr=False)
    ip: str = field(repr=False)
    at: int
    origin: Origin = Origin.PIXEL
    client: Client = Client.NONE
    client_ms: int = 0
    bot: int = 0  # 0 (no sign) to 100 (says so itself)
    bot_signs: int = 0  # bits of rules.bots.BotSign
    place: str = field(default="", repr=False)  # "DE-HH" or "DE", as a trusted front says


@dataclass(frozen=True, slots=True)
class Reading:
    """One event as its pixel told it, decoded by the vendor's table. Unstripped: memory only.

    ``fields`` is keyed by API path, at most one dot: ``user_data.em``. ``event_key`` is empty
    where the wire has none. ``signals`` holds consent parameters by wire name; ``limited`` says
    that the page asked for limited data use. ``unlisted`` counts parameters that no row knows.
    ``skip`` says why this event is not for the server API at all. ``wire`` holds the event's own
    parameters as they came: a relay takes from them what its table lists, and nothing else does.
    """

    account: str
    name: str
    canonical: str
    event_key: str = field(repr=False)
    page: str = field(repr=False)
    at: int
    fields: Fields = field(repr=False)
    signals: Mapping[str, str] = field(default_factory=dict)
    limited: bool = False
    unlisted: int = 0
    skip: Reason = Reason.NONE
    notes: tuple[str, ...] = ()
    wire: Sequence[tuple[str, str]] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What this visitor allows, as decided at arrival. ``sources`` lists who said so, in words.

    ``explicit``: what is granted was granted by an act of the visitor; ``refused``: they refused
    everything by one; ``decided``: they acted at all; ``silent``: nobody has said anything yet, or
    it was forgotten. ``until``: when the first yes to marketing ends (``None``: none was given).
    ``without`` holds keys of vendors that are refused although their purpose is granted;
    ``problems`` what is to be counted, as ``source:reason``.
    """

    analytics: bool
    marketing: bool
    explicit: bool
    sources: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    refused: bool = False
    decided: bool = False
    until: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Beacon:
    """One event of one account, stripped by consent, contact data hashed. This is what is stored.

    ``account`` is the browser's, ``to`` the account its server path goes to. ``subject`` is a
    keyed hash of our browser id. ``withheld`` is the reason why the server path ends here; then
    ``fields`` is empty. ``door`` is host and path of the vendor's beacon door to which a relayed
    beacon goes: ``fields`` are then the door's parameters, else the API's fields. ``policy`` is the
    version of the rules that decided, ``dropped`` names fields that they took out, for the receipt.
    ``amount`` is what the event is worth, in ten-thousandths of ``currency``'s unit
    (``rules/money.py``); ``order`` the order's number.
    """

    id: str
    site: str
    vendor: str
    account: str
    to: str
    name: str
    canonical: str
    event_key: str = field(repr=False)
    key_made: bool  # the wire had no key; this one is ours
    fields: Fields = field(repr=False)
    verdict: Verdict
    origin: Origin
    client: Client
    client_ms: int
    client_keys: int  # MatchKey bits of the beacon as the browser sent it
    server_keys: int  # MatchKey bits of what we can send
    subject: str = field(repr=False)
    at: int  # arrival
    event_at: int
    bot: int
    shape: str  # "POST form, 31 parameters, 4 unlisted"
    withheld: Reason = Reason.NONE
    door: str = ""
    bot_signs: int = 0
    arm: str = ""  # rules.holdout.Arm
    amount: int = 0
    currency: str = ""
    order: str = field(default="", repr=False)
    policy: str = ""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something counted that leaves no event behind. No personal data, bounded words."""

    vendor: str
    account: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A visitor refuses what one vendor got: nothing of ``subject`` that waits may go there."""

    subject: str = field(repr=False)
    vendor: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a vendor API, without credentials: ``delivery.auth`` joins them last."""

    vendor: str
    account: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer, bounded. ``headers`` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    ms: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor took the event."""

    reason: Reason = Reason.NONE
    message: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """The vendor took the event and complained."""

    message: str
    reason: Reason = Reason.VENDOR_WARNING


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor will never take this event: a dead letter."""

    reason: Reason
    message: str = ""


@dataclass(frozen=True, slots=True)
class TryLater:
    """The same call may succeed later; ``after_s`` is the vendor's wish. AUTH holds the lane."""

    reason: Reason
    message: str = ""
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """The event got too old for the vendor before it was taken."""

    reason: Reason
    message: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Not sent, because of consent."""

    reason: Reason
    message: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """One event spoils the batch: send its halves. Of a single event: refused."""

    reason: Reason
    message: str = ""


@dataclass(frozen=True, slots=True)
class Amend:
    """Send again at once, once, without these fields."""

    without: tuple[str, ...]
    reason: Reason = Reason.BAD_IDENTIFIER
    message: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """Taken for now; ask ``ticket`` again after ``after_s``."""

    ticket: str
    after_s: float
    reason: Reason = Reason.UNCONFIRMED
    message: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A beacon door answered. It says the same to anything: more than that is not known."""

    reason: Reason = Reason.RELAYED
    message: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Shadow: built and kept from the wire, or taken by a door where nothing is counted."""

    validated: bool
    reason: Reason = Reason.SHADOW
    message: str = ""


_Ended: TypeAlias = Accepted | Warned | Refused | Expired | Withheld | Sent | Recorded
Outcome: TypeAlias = _Ended | TryLater | Split | Amend | Pending
