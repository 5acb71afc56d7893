"""Hit + Site -> Decision: the whole front half, without a socket, a clock or a disk.

Everything fails closed: what is not expressly allowed becomes a count and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from firsthand.mapping import Table
from firsthand.model import (
    Beacon,
    Client,
    Fields,
    Hit,
    Note,
    Origin,
    Reading,
    Reason,
    Verdict,
)
from firsthand.rules import addresses, clickids, keeper
from firsthand.rules.consent import gate
from firsthand.rules.site import Account, Site, WhenBlocked
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

LEAVES_NO_EVENT = frozenset(Reason) - {Reason.NONE, Reason.BLOCKED}
"""Reasons at arrival that end in a count; a blocked visitor's event has a client path to show."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An event that ended at arrival, with the reason: what is counted and explained."""

    note: Note
    canonical: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a hit.

    ``withdrawn``  subjects whose waiting events must not be sent.
    ``odd``        what was ignored on the way, to be counted; bounded words.
    ``notes``      which values could not be used, for ``explain``.
    """

    verdict: Verdict
    beacons: tuple[Beacon, ...] = ()
    ended: tuple[Ended, ...] = ()
    cookies: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A reading with what was decided about it."""

    reading: Reading
    account: Account | None
    verdict: Verdict
    reason: Reason


def decide(hit: Hit, site: Site, vendor: Vendor) -> Decision:
    """Return what becomes of a hit on one of ``vendor``'s beacon doors, or of a copy of one."""
    verdict = gate.verdict(hit, site.consent)
    reads = [_judge(hit, site, vendor, verdict, reading) for reading in vendor.read(hit)]
    ended = tuple(_end(vendor, read) for read in reads if read.reason in LEAVES_NO_EVENT)
    kept = [read for read in reads if read.reason not in LEAVES_NO_EVENT]
    notes = tuple(note for read in reads for note in read.reading.notes)
    odd = _odd(vendor, verdict, reads)
    gone, withdrawn = withdraw(hit, site, verdict)
    if not kept:
        return Decision(verdict, (), ended, gone, withdrawn, odd, notes)
    digest = digest_of(hit, site)
    plan = _cookies(hit, site, vendor, verdict, kept, digest)
    subject = keeper.subject(plan.keeper, site)
    beacons = tuple(
        _beacon(_Context(hit, site, vendor, subject, digest), read, plan.effective, index)
        for index, read in enumerate(kept)
    )
    lines = (*gone, *plan.lines)
    return Decision(verdict, beacons, ended, lines, withdrawn, (*odd, *plan.rejected), notes)


def withdraw(hit: Hit, site: Site, verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return lines that expire cookies of refused vendors, and the subjects to forget.

    Nothing is said to a browser that carries no keeper of ours.
    """
    carried = hit.cookies.get(keeper.name(site))
    if not carried or (verdict.marketing and not verdict.without):
        return (), ()
    refused = [
        vendor
        for key, vendor in site.vendors.items()
        if not verdict.marketing or key in verdict.without
    ]
    lines = tuple(clickids.withdraw(site, refused, hit.cookies))
    held = None if verdict.marketing else keeper.decode(carried, site)
    return lines, keeper.subjects(held, site) if held else ()


def _odd(vendor: Vendor, verdict: Verdict, reads: Sequence[_Read]) -> tuple[str, ...]:
    """Return what was ignored, in words that no visitor can choose."""
    if not verdict.problems and not any(read.reading.unlisted for read in reads):
        return ()
    unlisted = [f"unlisted_{vendor.key}" for read in reads if read.reading.unlisted]
    return (*(f"consent_{problem}" for problem in verdict.problems), *unlisted)


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


def _judge(hit: Hit, site: Site, vendor: Vendor, verdict: Verdict, reading: Reading) -> _Read:
    """Decide on one reading; the first reason that applies is the one that is counted."""
    account = site.account(vendor.key, reading.account)
    own = gate.restrict(verdict, reading.signals)
    reason = (
        reading.skip
        or _no_account(account)
        or _not_a_visit(hit, site, reading)
        or gate.allows(own, vendor)
        or _limited(reading, account)
        or _blocked(hit, site, own)
    )
    return _Read(reading, account, own, reason)


def _no_account(account: Account | None) -> Reason:
    return Reason.UNKNOWN_ACCOUNT if account is None else Reason.NONE


def _not_a_visit(hit: Hit, site: Site, reading: Reading) -> Reason:
    if hit.headers.get("sec-purpose"):
        return Reason.PREFETCH
    if site.any_account:
        return Reason.NONE
    if hit.headers.get("sec-fetch-site") in {"cross-site", "none"}:
        return Reason.FOREIGN_PAGE
    if reading.page and addresses.host(reading.page) not in site.hosts:
        return Reason.FOREIGN_PAGE
    return Reason.NONE


def _limited(reading: Reading, account: Account | None) -> Reason:
    if reading.limited and account is not None and not account.forward_limited:
        return Reason.LIMITED_DATA
    return Reason.NONE


def _blocked(hit: Hit, site: Site, verdict: Verdict) -> Reason:
    """A visitor who blocks the vendor is served on the server path only by an explicit yes."""
    if hit.origin is not Origin.COPY or hit.client is not Client.FAILED:
        return Reason.NONE
    if verdict.explicit and site.when_blocked is WhenBlocked.EXPLICIT:
        return Reason.NONE
    return Reason.BLOCKED


def _end(vendor: Vendor, read: _Read) -> Ended:
    """Count an event by bounded words: an unknown account or a custom name is public input."""
    account = (read.account.id or read.reading.account) if read.account else ""
    name = read.reading.name if read.reading.name in vendor.event_names else "(custom)"
    return Ended(Note(vendor.key, account, name, read.reason), read.reading.canonical)


def _cookies(  # noqa: PLR0913, PLR0917 - one argument for each thing that the decision hangs on
    hit: Hit,
    site: Site,
    vendor: Vendor,
    verdict: Verdict,
    kept: Sequence[_Read],
    digest: bytes,
) -> clickids.Plan:
    """Return the visitor's cookies as they will be after this answer, for all vendors allowed."""
    allowed = tuple(
        each for each in site.vendors.values() if gate.allows(verdict, each) is Reason.NONE
    )
    carried = {
        row.name: str(read.reading.fields[row.field])
        for read in kept
        for row in vendor.cookies
        if row.field in read.reading.fields
    }
    return clickids.plan(
        site,
        allowed,
        page=next((read.reading.page for read in kept if read.reading.page), ""),
        cookies=hit.cookies,
        carried=carried,
        now=hit.at,
        digest=digest,
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What all beacons of one hit share."""

    hit: Hit
    site: Site
    vendor: Vendor
    subject: str
    digest: bytes


def _beacon(here: _Context, read: _Read, effective: Mapping[str, str], index: int) -> Beacon:
    reading, hit, vendor = read.reading, here.hit, here.vendor
    account = reading.account
    table = here.site.tables[vendor.key]
    fields = _sendable(vendor, table, read, effective)
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
        client_keys=table.keys(reading.fields).value,
        server_keys=table.keys(fields).value,
        subject=here.subject,
        at=hit.at,
        event_at=reading.at,
        bot=hit.bot,
        shape=_shape(hit, reading),
        withheld=read.reason,
    )


def _sendable(vendor: Vendor, table: Table, read: _Read, effective: Mapping[str, str]) -> Fields:
    """Return what may leave: filled up, stripped by consent, addresses cleaned."""
    if read.reason:
        return {}
    fields = dict(read.reading.fields)
    _fill(vendor, read.reading.account, fields, effective)
    _clean(vendor, table, fields)
    allowed = gate.kinds(read.verdict, vendor)
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


def _clean(vendor: Vendor, table: Table, fields: Fields) -> None:
    """Take other vendors' click ids and personal parameters out of every address."""
    own = frozenset(click.param for click in vendor.click_ids)
    for path in table.pages:
        value = fields.get(path)
        if isinstance(value, str):
            fields[path] = addresses.clean(value, keep=own)


def _shape(hit: Hit, reading: Reading) -> str:
    """Describe a hit without a value of it."""
    transport = hit.headers.get("content-type", "").partition(";")[0].partition("/")[2][:30]
    words = [hit.method, hit.host + hit.path, transport, f"{len(reading.fields)} fields"]
    return " ".join(word for word in words if word)[:120]
