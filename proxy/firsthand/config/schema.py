"""Every key of the configuration file, with default, unit and meaning.

Sections are written out here or made from the settings types that other modules own, so that a
key is described once, where it is used.
"""

import dataclasses
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from firsthand.config.section import Host, Section, Source
from firsthand.model import Mode
from firsthand.rules.consent.combine import Policy as ConsentPolicy
from firsthand.rules.custody import Policy
from firsthand.rules.site import Location, WhenBlocked, WhenBot
from firsthand.store.contract import Durability
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS


class SiteSection(Section):
    """[site]: the shop."""

    name: str = Field("shop", pattern=r"^[a-z0-9_-]{1,32}$", description="short name, for reports")
    hosts: tuple[Host, ...] = Field(
        min_length=1, description="hosts of the pages; with a port where it is not the default"
    )
    tracking_host: Host = Field(description="host on which Firsthand answers")
    cookie_domain: str = Field("", description="Domain of cookies; default: registrable domain")
    base_path: str = Field(
        "",
        pattern=r"^(/[a-z0-9_-]+)*$",
        description='path below which Firsthand answers, "/m"; the host is then the site\'s own',
    )
    scheme: Literal["https", "http"] = Field(
        "https", description="http only for names under .localhost"
    )
    secret: Source = Field(
        Source(), description="keys every hash; default: made at first start, kept in store.path"
    )
    old_secrets: tuple[Source, ...] = Field((), description="earlier secrets, still accepted")
    gate_scripts: bool = Field(
        default=True, description="vendor code waits for consent; false: the site's tags decide"
    )
    when_blocked: WhenBlocked = Field(
        WhenBlocked.EXPLICIT,
        description="server path of visitors who block a vendor: explicit (only after an explicit"
        " yes) or withhold (never)",
    )
    bots: WhenBot = Field(
        WhenBot.WITHHOLD,
        description="server path of clients that look like bots (bot_score): withhold or send; they"
        " are counted either way",
    )
    bot_score: int = Field(
        100,
        ge=1,
        le=100,
        description="from which score on: 100 says so itself or has no user agent, 60 lacks headers"
        " that every browser sends, 40 each for too many requests in a minute and in a second;"
        " scores add up",
    )
    holdout: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="share of the visitors, drawn by chance, that gets no server path in mode both,"
        " so that the report can say what it adds; 0: none",
    )
    click_days: int = Field(
        90,
        ge=1,
        le=90,
        description="how long a click id is kept, from the click, days; never longer than the"
        " consent that carries it",
    )
    vendor_suffix: str = Field(
        "",
        pattern=r"^(\.([a-z0-9-]+\.)*localhost(:[0-9]{1,5})?)?$",
        description="sandbox only: appended to every vendor host; a name under .localhost",
    )
    vendor_scheme: Literal["http", "https"] = Field(
        "http", description="sandbox only: how vendors' APIs with that suffix are called"
    )


def _digest(text: str) -> str:
    """Return ``text`` if it is a SHA-256 in hexadecimal. Raises ``ValueError``."""
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(
            "is no SHA-256: write its 64 hexadecimal digits, as firsthand scripts list --json does"
        )
    return text


Digest = Annotated[str, AfterValidator(_digest)]


class ScriptsSection(Section):
    """[scripts]: which versions of the vendors' scripts pages get."""

    policy: Policy = Field(
        Policy.AUTO,
        description="what becomes of a version that is new: auto (served, unless its comparison"
        " with the served one gives an alarm), hold (waits for firsthand scripts approve), pin"
        " (only what scripts.pins names is served)",
    )
    vendors: dict[str, Policy] = Field(
        {}, description='the policy of single vendors: { meta = "hold" }'
    )
    pins: dict[str, Digest] = Field(
        {},
        description="under pin: a script's address at the vendor -> the SHA-256 of the one version"
        ' that is served: { "connect.facebook.net/en_US/fbevents.js" = "64 hex digits" }',
    )
    purposes: dict[str, str] = Field(
        {}, description="why each vendor's scripts are on the pages, for the inventory's export"
    )


class IngestSection(Section):
    """[ingest]: events that the shop tells itself, from its pages and from its server."""

    key: Source = Field(
        Source(), description="opens /fh/events to the shop's server; default: that door is shut"
    )
    page_contacts: bool = Field(
        default=False,
        description="take readable contact data from pages too; otherwise hashes only",
    )


class StoreSection(Section):
    """[store]: the data folder."""

    path: str = Field("var", description="folder of the databases; relative to the file's folder")
    durability: Durability = Field(
        Durability.POWER,
        description="what an acknowledged beacon survives: a power cut, or a kill -9",
    )


class DeliverySection(Section):
    """[delivery]: the lanes to the vendors."""

    linger_ms: int = Field(1000, ge=0, le=60_000, description="how long a batch waits to fill, ms")
    keep_hours: int = Field(72, ge=1, le=168, description="how long a call is tried, hours")
    timeout_s: float = Field(10.0, gt=0, le=60, description="of one call, seconds")
    check_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="share of the calls to a vendor that takes anything (GA4) which are checked at "
        "its test door, where nothing is counted; the first always is; 0: none",
    )


class RetentionSection(Section):
    """[retention]: how long what is stored is kept; the running server deletes the rest.

    Waiting events end a day after delivery.keep_hours, configured account or not.
    """

    dead_days: int = Field(
        30, ge=1, le=400, description="events that no vendor took, with their fields; days"
    )
    unreadable_days: int = Field(
        30, ge=1, le=400, description="stored lines that this version cannot read; days"
    )
    withdrawal_days: int = Field(
        8, ge=8, le=400, description="who withdrew from which vendor (keyed hashes); days"
    )
    event_days: int = Field(
        90, ge=9, le=400, description="the list of events, without personal data; days"
    )
    hourly_days: int = Field(400, ge=1, le=4000, description="counts by the hour; days")
    daily_months: int = Field(25, ge=1, le=120, description="counts by the day; months of 31 days")
    refusal_months: int = Field(
        13, ge=1, le=60, description="counts of what was refused or came too early; months"
    )
    receipt_months: int = Field(
        0, ge=0, le=60, description="consent receipts; months; 0: 13, and 24 under optout"
    )
    aggregate_months: int = Field(
        25, ge=1, le=25, description="rows of [aggregates]; months of 31 days"
    )
    audit_days: int = Field(400, ge=30, le=4000, description="the audit log; days")


class AggregatesSection(Section):
    """[aggregates]: numbers of visitors who agree to analytics alone; no identifier is in them."""

    enabled: bool = Field(default=True, description="count them by page, country, device, campaign")
    k: int = Field(
        10,
        ge=2,
        le=1000,
        description="events that must share a row within an hour, by worker, before it is written",
    )


class RecordingSection(Section):
    """[recording]: hits that `firsthand plan` tries a change on, with stand-ins for whatever may
    identify a visitor, and only where the visitor agreed to what they tell. Off by default.
    """

    keep_hours: int = Field(
        0, ge=0, le=72, description="how long a sample of hits is kept, hours; 0: none is taken"
    )
    most_hits: int = Field(2000, ge=1, le=100_000, description="how many at most, the newest")
    most_mb: int = Field(16, ge=1, le=1024, description="how large they may be together, MB")


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"  # for a person at a terminal, or the journal
    JSON = "json"  # an object a line, for a program


class LogSection(Section):
    """[log]: what the server says on standard error. No identifiers, no tokens."""

    format: LogFormat = Field(
        LogFormat.TEXT, description="text: a line for people; json: an object a line, for programs"
    )


class AccountSection(Section):
    """An account at a vendor; the vendor's own settings join it."""

    account: str = Field(description="id of the pixel, property or conversion action")
    mode: Mode = Field(
        Mode.SHADOW,
        description="shadow: watch and compare; both: send on both paths; server: end the pixel's"
        " path here; relay: the same, and send its beacons on, made anew",
    )
    second: str = Field(
        "", description="in mode both: account for events that the vendor cannot deduplicate"
    )
    token: Source = Field(Source(), description="the API credential")
    second_token: Source = Field(Source(), description="the credential of the second account")
    forward_limited: bool = Field(
        default=False, description="send events with a limited-data flag, under that flag"
    )
    bots: WhenBot | Literal[""] = Field(
        "", description="withhold or send; default: what site.bots says"
    )
    location: Location = Field(
        Location.ADDRESS,
        description="what the API is told of where a visitor is: address; or instead of it region"
        " or country, where the vendor takes them",
    )


def from_dataclass(name: str, shape: type[Any], base: type[Section] = Section) -> type[Section]:
    """Return a section with the fields of a settings type (defaults, ``doc`` metadata)."""
    fields: dict[str, Any] = {}
    for each in dataclasses.fields(shape):
        default: Any = each.default
        if each.default_factory is not dataclasses.MISSING:
            default = each.default_factory()
        fields[each.name] = (
            each.type,
            Field(
                ... if default is dataclasses.MISSING else default,
                description=each.metadata.get("doc", ""),
            ),
        )
    return create_model(name, __base__=base, __doc__=shape.__doc__, **fields)


CONSENT_SECTION = from_dataclass("ConsentSection", ConsentPolicy)


def vendor_section(vendor: Vendor) -> type[Section]:
    """Return the section of one account at ``vendor``."""
    section = from_dataclass(f"{vendor.key}_account", vendor.settings, AccountSection)
    section.__doc__ = f"[[{vendor.key}]]: an account at {vendor.title}."
    return section


VENDOR_SECTIONS: Mapping[str, type[Section]] = {
    key: vendor_section(vendor) for key, vendor in VENDORS.items()
}
