"""Hit + Site -> Decision: the whole front half, without a socket, a clock or a disk.

Everything fails closed: what is not expressly allowed becomes a count and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TypeAlias

from firsthand.mapping import Table
from firsthand.model import (
    Beacon,
    Client,
    Fields,
    Hit,
    Mode,
    Origin,
    Reading,
    Reason,
    Verdict,
    Withdrawal,
)
from firsthand.rules import addresses, clickids, money, relay
from firsthand.rules.aggregate import Row, Sum, row_of
from firsthand.rules.consent import gate
from firsthand.rules.ended import Ended, end
from firsthand.rules.holdout import Arm, arm
from firsthand.rules.personal import clean, named_after, telling
from firsthand.rules.place import coarsen
from firsthand.rules.receipts import dropped
from firsthand.rules.returns import Shown
from firsthand.rules.site import Account, Site, WhenBlocked, WhenBot
from firsthand.rules.trace import shape
from firsthand.rules.visitor import Ids, seen
from firsthand.rules.withdrawal import withdraw
from firsthand.vendor import Vendor

HEADERS = frozenset(
    {
        "accept",
        "content-type",
        "dnt",
        "origin",
        "referer",
        "sec-fetch-dest",
        "sec-fetch-site",
        "sec-gpc",
        "sec-purpose",
        "user-agent",
    }
)
"""Request headers that may enter a Hit; all others are dropped where they arrive."""

LEAVES_NO_EVENT = frozenset(Reason) - {
    Reason.NONE,
    Reason.BLOCKED,
    Reason.BOT,
    Reason.HOLDOUT,
}
"""Reasons at arrival that end in a count; these leave an event with a client path to show."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a hit.

    ``withdrawn``  whose waiting events must not be sent to which vendor.
    ``odd``        what was ignored on the way, to be counted; bounded words.
    ``notes``      which values could not be used, for ``explain``.
    ``shown``      the keeper that came with the hit, where it is worth counting.
    ``rows``       what events of analytics alone add to the aggregates.
    """

    verdict: Verdict
    beacons: tuple[Beacon, ...] = ()
    ended: tuple[Ended, ...] = ()
    cookies: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    odd: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shown: Shown | None = None
    rows: tuple[tuple[Row, Sum], ...] = ()


Told: TypeAlias = tuple[Vendor, Reading]


@dataclass(frozen=True, slots=True)
class _Read:
    """A reading with what was decided about it."""

    vendor: Vendor
    reading: Reading
    account: Account | None
    verdict: Verdict
    reason: Reason
    telling: tuple[str, ...] = ()  # fields with readable contact data
    arm: Arm = Arm.NONE


def decide(hit: Hit, site: Site, vendor: Vendor) -> Decision:
    """Return what becomes of a hit on one of ``vendor``'s beacon doors, or of a copy of one."""
    verdict = gate.verdict(hit, site.consent)
    return settle(hit, site, verdict, [(vendor, reading) for reading in vendor.read(hit)])


def settle(  # noqa: PLR0913 - one argument for each thing that the decision hangs on
    hit: Hit,
    site: Site,
    verdict: Verdict,
    told: Sequence[Told],
    *,
    landing: str = "",
    known: Mapping[str, str] | None = None,
) -> Decision:
    """Return what becomes of what one hit told.

    ``landing``  address whose click ids hold, where it is not the page's own.
    ``known``    the visitor's ids by cookie name where no browser asks: then no cookie is set.
    """
    drawn = arm(hit, site)
    reads = [_judge(hit, site, vendor, verdict, reading, drawn) for vendor, reading in told]
    ended = tuple(_end(read, hit) for read in reads if read.reason in LEAVES_NO_EVENT)
    kept = [read for read in reads if read.reason not in LEAVES_NO_EVENT]
    notes = tuple(note for read in reads for note in read.reading.notes)
    odd = _odd(verdict, reads)
    rows = tuple(
        row_of(hit, read.vendor, read.reading)
        for read in reads
        if read.reason is Reason.AGGREGATE_ONLY
    )
    gone, withdrawn = withdraw(hit, site, verdict)
    if not kept:
        return Decision(verdict, (), ended, gone, withdrawn, odd, notes, rows=rows)
    digest = digest_of(hit, site)
    about = [(read.vendor, read.reading) for read in kept]
    ids = Ids(known) if known is not None else seen(hit, site, verdict, about, digest, landing)
    here = _Context(hit, site, ids.subject, digest)
    beacons = tuple(_beacon(here, read, ids.effective, index) for index, read in enumerate(kept))
    lines = (*gone, *ids.lines)
    odd = (*odd, *ids.rejected)
    return Decision(verdict, beacons, ended, lines, withdrawn, odd, notes, ids.shown, rows)


def _odd(verdict: Verdict, reads: Sequence[_Read]) -> tuple[str, ...]:
    """Return what was ignored, in words that no visitor can choose."""
    if not verdict.problems and not any(read.reading.unlisted or read.telling for read in reads):
        return ()
    unlisted = [f"unlisted_{read.vendor.key}" for read in reads if read.reading.unlisted]
    told = [f"readable_contact_{read.vendor.key}" for read in reads if read.telling]
    return (*(f"consent_{problem}" for problem in verdict.problems), *unlisted, *told)


def digest_of(hit: Hit, site: Site) -> bytes:
    """Return 16 bytes that stand for this hit at its time of arrival, keyed by the secret."""
    mac = blake2b(key=site.secret[:64], digest_size=16)
    for part in (hit.host, hit.path, hit.query, hit.ip, str(hit.at)):
        mac.update(part.encode("utf-8", "replace"))
        mac.update(b"\0")
    mac.update(hit.body)
    return mac.digest()


def identity(site: Site, account: str, digest: bytes, index: int) -> str:
    """Return the id of an event: 32 hex digits, the same whenever the same hit is decided again."""
    mac = blake2b(digest, key=site.secret[:64], digest_size=16)
    mac.update(f"{account}\0{index}".encode("utf-8", "replace"))
    return mac.hexdigest()


def _judge(  # noqa: PLR0913, PLR0917 - one argument for each thing that the decision hangs on
    hit: Hit, site: Site, vendor: Vendor, verdict: Verdict, reading: Reading, drawn: Arm
) -> _Read:
    """Decide on one reading; the first reason that applies is the one that is counted."""
    account = site.account(vendor.key, reading.account)
    own = gate.restrict(verdict, reading.signals, site.consent)
    reason = (
        relay.skips(reading, account)
        or _no_account(account)
        or named_after(reading.name, vendor)
        or relay.unfit(hit, account)
        or _not_a_visit(hit, site, reading)
        or _too_old(hit, vendor, reading)
        or gate.allows(own, vendor)
        or _limited(reading, account)
        or _unpaired(hit, reading, account)
        or _untagged(hit, site, vendor)
        or _blocked(hit, site, own)
        or _bot(hit, site, account)
        or _held(drawn, account)
    )
    told = () if reason else telling(reading.fields, site.tables[vendor.key])
    takes_part = _takes_part(account) and reason in {Reason.NONE, Reason.HOLDOUT}
    return _Read(vendor, reading, account, own, reason, told, drawn if takes_part else Arm.NONE)


def _end(read: _Read, hit: Hit) -> Ended:
    return end(read.vendor, read.account, read.reading, read.verdict, read.reason, hit.origin)


def _no_account(account: Account | None) -> Reason:
    return Reason.UNKNOWN_ACCOUNT if account is None else Reason.NONE


def _not_a_visit(hit: Hit, site: Site, reading: Reading) -> Reason:
    if hit.origin is Origin.BACKEND:
        return Reason.NONE
    if hit.headers.get("sec-purpose"):
        return Reason.PREFETCH
    if site.any_account:
        return Reason.NONE
    if hit.headers.get("sec-fetch-site") in {"cross-site", "none"}:
        return Reason.FOREIGN_PAGE
    if reading.page and addresses.host(reading.page) not in site.hosts:
        return Reason.FOREIGN_PAGE
    return Reason.NONE


def _too_old(hit: Hit, vendor: Vendor, reading: Reading) -> Reason:
    """Only a shop's server tells of the past; a pixel's own times are bounded where it is read."""
    if hit.origin is not Origin.BACKEND:
        return Reason.NONE
    age = timedelta(milliseconds=hit.at - reading.at)
    return Reason.TOO_OLD if age > vendor.limits.max_age else Reason.NONE


def _limited(reading: Reading, account: Account | None) -> Reason:
    if reading.limited and account is not None and not account.forward_limited:
        return Reason.LIMITED_DATA
    return Reason.NONE


def _unpaired(hit: Hit, reading: Reading, account: Account | None) -> Reason:
    """The key that we would make stands on our path alone, so the vendor would count both."""
    if account is None or account.mode is not Mode.BOTH or hit.client is Client.FAILED:
        return Reason.NONE
    keyless = account.vendor.dedup.from_page and not reading.event_key
    return Reason.NO_KEY if keyless and hit.origin is Origin.COPY else Reason.NONE


def _untagged(hit: Hit, site: Site, vendor: Vendor) -> Reason:
    """On a visitor's first page the vendor's own tag has still to make the cookie that its API
    needs: the event is left to the tag, which tells it under the same key.
    """
    if hit.origin is not Origin.SNIPPET or site.any_account:
        return Reason.NONE
    lacks = any(row.needed and row.name not in hit.cookies for row in vendor.cookies)
    return Reason.UNMAPPABLE if lacks else Reason.NONE


def _blocked(hit: Hit, site: Site, verdict: Verdict) -> Reason:
    """A visitor who blocks the vendor is served on the server path only by an explicit yes."""
    if hit.origin is not Origin.COPY or hit.client is not Client.FAILED:
        return Reason.NONE
    if verdict.explicit and site.when_blocked is WhenBlocked.EXPLICIT:
        return Reason.NONE
    return Reason.BLOCKED


def _bot(hit: Hit, site: Site, account: Account | None) -> Reason:
    """A robot is kept off the server path, unless the account takes them."""
    own = account.bots if account else None
    withhold = (own or site.bots) is WhenBot.WITHHOLD
    return Reason.BOT if withhold and hit.bot >= site.bot_score else Reason.NONE


def _held(arm: Arm, account: Account | None) -> Reason:
    """Only where the browser's own request goes on can a visitor do without the server path."""
    return Reason.HOLDOUT if arm is Arm.HELD and _takes_part(account) else Reason.NONE


def _takes_part(account: Account | None) -> bool:
    return account is not None and account.mode is Mode.BOTH


@dataclass(frozen=True, slots=True)
class _Context:
    """What all beacons of one hit share."""

    hit: Hit
    site: Site
    subject: str
    digest: bytes


def _beacon(here: _Context, read: _Read, effective: Mapping[str, str], index: int) -> Beacon:
    reading, hit, vendor = read.reading, here.hit, read.vendor
    account, relayed = reading.account, relay.relays(read.account)
    table = (here.site.relays if relayed else here.site.tables)[vendor.key]
    told = {} if read.reason else _told(here, read, table, effective)
    before, fields = tuple(told), _sendable(table, read, told)
    amount, currency = money.worth(reading.fields, vendor.money)
    event = identity(here.site, account, here.digest, index)
    return Beacon(
        id=event,
        site=here.site.name,
        vendor=vendor.key,
        account=account,
        to=_destination(read, account),
        name=reading.name,
        canonical=reading.canonical,
        event_key=reading.event_key or event,
        key_made=not reading.event_key,
        fields=fields,
        verdict=read.verdict,
        origin=hit.origin,
        client=hit.client,
        client_ms=hit.client_ms,
        client_keys=here.site.tables[vendor.key].keys(reading.fields).value,
        server_keys=table.keys(fields).value,
        subject=here.subject,
        at=hit.at,
        event_at=reading.at,
        bot=hit.bot,
        shape=shape(hit, reading),
        withheld=read.reason,
        door=f"{hit.host}{hit.path}" if relayed and not read.reason else "",
        bot_signs=hit.bot_signs,
        arm=read.arm,
        amount=amount,
        currency=currency,
        order=money.order(fields, vendor.money),
        policy=here.site.policy,
        dropped=dropped(table, before, read.telling, fields),
    )


def _told(here: _Context, read: _Read, table: Table, effective: Mapping[str, str]) -> Fields:
    """Return what an event tells, filled up, without readable contact data."""
    if relay.relays(read.account):
        return relay.fields(here.hit, read.reading, read.vendor, table, effective)
    fields = dict(read.reading.fields)
    for path in read.telling:
        del fields[path]
    _fill(read.vendor, read.reading.account, fields, effective)
    coarsen(fields, table, read.account, here.hit.place)
    return fields


def _sendable(table: Table, read: _Read, fields: Fields) -> Fields:
    """Return what may leave: stripped by consent, addresses cleaned."""
    clean(read.vendor, table, fields)
    allowed = gate.kinds(read.verdict, read.vendor)
    return fields if allowed is gate.ALL_KINDS else gate.strip(fields, table.kind, allowed)


def _destination(read: _Read, account: str) -> str:
    """The sample of ``explain`` has one account without an id: there the hit's own id stands."""
    if read.account is None or not read.account.id:
        return account
    return read.account.destination(read.reading.name)


def _fill(vendor: Vendor, account: str, fields: Fields, effective: Mapping[str, str]) -> None:
    """Add the ids that the beacon lacks and the visitor's cookies have."""
    for row in vendor.cookies:
        if row.field and row.field not in fields:
            value = effective.get(clickids.cookie_name(row, account))
            told = row.to_field(value) if value else ""
            if told:
                fields[row.field] = told
