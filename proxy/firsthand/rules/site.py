"""A site and its vendor accounts, as the rules see them: frozen, built once at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from firsthand.mapping import Table
from firsthand.model import Kind, Mode
from firsthand.rules.consent.policy import Policy
from firsthand.rules.custody import ScriptPolicy
from firsthand.rules.doors import Doors
from firsthand.rules.idrows import Rows, rows_of
from firsthand.vendor import Limits, Vendor


class WhenBlocked(StrEnum):
    """What the server path does for a visitor whose browser blocks the vendor (mode ``both``)."""

    EXPLICIT = "explicit"  # send if marketing consent was given explicitly
    WITHHOLD = "withhold"  # never send


class WhenBot(StrEnum):
    """What the server path does for a client whose signs weigh enough (``Site.bot_score``)."""

    WITHHOLD = "withhold"
    SEND = "send"


class Location(StrEnum):
    """What an account is told of where a visitor is."""

    ADDRESS = "address"
    REGION = "region"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Account:
    """One pixel, property or conversion action at a vendor.

    mode ``shadow``: the page talks to the vendor, we get a copy; the server path is built and
    checked, nothing is counted at the vendor. ``both``: the same, and the server path is sent for
    real under the shared event key. ``server``: the pixel's beacons end here, go on as API calls.
    ``relay``: they end here too, and go on as requests of our own to the door that they were for,
    made anew of validated parameters (``rules/relay.py``).
    ``second``: in ``both``, the account that gets what the vendor cannot deduplicate.
    ``bots``: what is done with robots here, ``None`` for what the site does.
    """

    vendor: Vendor
    id: str
    mode: Mode
    settings: object
    second: str = ""
    forward_limited: bool = False
    bots: WhenBot | None = None
    location: Location = Location.ADDRESS

    @property
    def limits(self) -> Limits:
        """What the door takes that this account's events go to."""
        relay = self.vendor.relay
        return relay.limits if self.mode is Mode.RELAY and relay else self.vendor.limits

    def destination(self, name: str) -> str:
        """Return the account that the server path of an event goes to."""
        if self.mode is Mode.BOTH and self.second and not self.vendor.dedup.covers(name):
            return self.second
        return self.id


@dataclass(frozen=True, slots=True)
class Site:
    """One shop.

    ``hosts`` are the pages' host names, ``origins`` what their browsers send as ``Origin``;
    ``accounts`` is keyed by (vendor key, account id), ``tables`` (of the API) and ``relays`` (of
    the beacon doors) by vendor key; ``secret`` keys every hash, ``ingest_key`` opens the door of
    the shop's server (empty: there is none).
    ``page_contacts``: plain contact data is taken from pages, too. ``bot_score``: from which score
    on a client is treated as a robot. ``holdout``: which share of the visitors gets no server path
    in mode ``both`` (``rules/holdout.py``). ``place_headers``: in which a front tells a visitor's
    country and the part of it, empty where it does not.
    """

    name: str
    hosts: frozenset[str]
    origins: frozenset[str]
    tracking_host: str
    tracking_url: str
    cookie_domain: str
    accounts: Mapping[tuple[str, str], Account]
    vendors: Mapping[str, Vendor]
    doors: Doors
    tables: Mapping[str, Table]
    consent: Policy
    secret: bytes = field(repr=False)
    relays: Mapping[str, Table] = field(default_factory=dict)
    old_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    place_headers: tuple[str, str] = ("", "")
    ingest_key: bytes = field(default=b"", repr=False)
    page_contacts: bool = False
    base_path: str = ""
    vendor_suffix: str = ""  # of the sandbox: appended to every vendor host
    gate_scripts: bool = True
    when_blocked: WhenBlocked = WhenBlocked.EXPLICIT
    bots: WhenBot = WhenBot.WITHHOLD
    bot_score: int = 100
    holdout: float = 0.0
    scripts: ScriptPolicy = field(default_factory=ScriptPolicy)
    policy: str = ""  # version of all that decides on consent, for receipts
    any_account: bool = False  # the sample of ``explain``: whatever id the hit carries
    click_days: int = 90  # life of a click id, from the click
    rows: Rows = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = rows_of(
            self.vendors.values(),
            self.accounts,
            click_days=self.click_days,
            any_account=self.any_account,
        )
        object.__setattr__(self, "rows", rows)

    @staticmethod
    def tables_of(vendors: Mapping[str, Vendor]) -> dict[str, Table]:
        """Return the index of each vendor's table: built once, it is asked for on every hit."""
        return {key: Table(vendor.fields) for key, vendor in vendors.items()}

    @staticmethod
    def relays_of(vendors: Mapping[str, Vendor]) -> dict[str, Table]:
        """Return the index of each vendor's table of its beacon door, where it has one."""
        return {key: Table(each.relay.fields) for key, each in vendors.items() if each.relay}

    def kinds(self, vendor: str) -> Callable[[str], Kind]:
        """Return what tells the privacy class of a stored field: of the API or of a beacon door."""
        tables = [each[vendor] for each in (self.tables, self.relays) if vendor in each]

        def kind(path: str) -> Kind:
            return next((table.kind(path) for table in tables if table.row(path)), Kind.CUSTOM)

        return kind

    def account(self, vendor: str, account: str) -> Account | None:
        """Return the configured account that a beacon names."""
        found = self.accounts.get((vendor, account))
        if found is None and self.any_account:
            found = self.accounts.get((vendor, ""))
        return found
