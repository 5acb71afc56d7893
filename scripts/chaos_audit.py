"""The account of a world after it was broken: what was answered, taken, and what the ledger says.

``lost``   answered, and neither taken by the vendor nor waiting nor among the dead letters.
``twice``  taken by a vendor twice although the first time was neither torn nor in flight at a kill.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson

from firsthand.rules.receipts import event_hash, genesis
from firsthand.sandbox import meta, tiktok
from firsthand.store.sqlite.codec import decode
from firsthand.store.sqlite.links import unsealed
from firsthand.vendors import VENDORS
from scripts.chaos_load import Key, Load
from scripts.chaos_world import Got, World

PORTS_REST_S = 5.0
"""Within this time nobody else gets a dead process' ports; what it sent is read by then."""
RECORDS = """
SELECT seq, at, event, kind, body, hash FROM records JOIN whats ON whats.id = what ORDER BY seq"""
ACCEPTED = frozenset({"accepted", "warned"})
ACCOUNTS = {"meta": meta.PIXEL, "tiktok": tiktok.PIXEL}


@dataclass(frozen=True, slots=True)
class Books:
    """What the stopped server left: event keys that wait and that were given up, twins by state.

    ``wrong``: where its own counts do not add up.
    """

    waiting: set[Key]
    dead: dict[Key, str]
    twins: Counter[tuple[str, str]]
    wrong: list[str]


@dataclass(slots=True)
class Account:
    """What one phase came to. All numbers are events, each counted for each vendor."""

    name: str
    asked: int = 0
    answered: int = 0
    taken: int = 0
    refused: int = 0
    waiting: int = 0
    again: int = 0
    lost: int = 0
    twice: int = 0
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing sent twice, and all adds up."""
        return not (self.lost or self.twice or self.wrong)


def audit(name: str, made: World, load: Load) -> Account:
    """Return the account of a world whose server has stopped."""
    books = read(made.data)
    taken = made.taken
    kept = taken | books.waiting | books.dead.keys()
    again, twice = repeated(made)
    found = Account(
        name,
        asked=len(load.asked),
        answered=len(load.answered),
        taken=len(taken),
        refused=len(books.dead),
        waiting=len(books.waiting),
        again=again,
        lost=len(load.answered - kept),
        twice=twice,
        kills=len(made.kills),
        wrong=books.wrong,
        notes=made.notes,
    )
    found.wrong += list(_doubts(load, taken, books))
    found.wrong += list(_receipts(made.data, load))
    return found


def _receipts(data: Path, load: Load) -> Iterator[str]:
    """Yield which answered events have no consent receipt, and where the chain is broken."""
    secret = (data / "secret").read_text("ascii").strip().encode()
    entered: set[tuple[str, bytes]] = set()
    with closing(sqlite3.connect(f"file:{data / 'receipts.db'}?mode=ro", uri=True)) as db:
        ((chain,),) = db.execute("SELECT name FROM identity").fetchall()
        prev = genesis(chain)
        for row in db.execute(RECORDS):
            bare, _, sealed = unsealed(row, prev)
            if sha256(bare).digest() != sealed:
                yield f"record {row[0]} of the consent receipts does not hold"
                return
            prev = sealed.hex()
            if row[2] is not None:
                entered.add((orjson.loads(row[4])["vendor"], bytes(row[2])))
    wanted = {(vendor, event_hash(secret, "chaos", key)) for vendor, key in load.answered}
    if wanted - entered:
        yield f"{len(wanted - entered)} answered events have no consent receipt"


def _doubts(load: Load, taken: set[Key], books: Books) -> Iterator[str]:
    """Yield where load, stand-ins and ledger contradict each other."""
    strangers = taken - load.asked
    if strangers:
        yield f"{len(strangers)} events were taken that nobody sent"
    bad = {key for key in books.dead if key not in load.spoilt}
    if bad:
        reasons = Counter(books.dead[key] for key in bad)
        yield f"{len(bad)} good events were given up: {dict(reasons)}"
    spared = (load.spoilt & load.answered) - books.dead.keys()
    if spared:
        yield f"{len(spared)} bad events are not among the dead letters"
    for vendor in ACCOUNTS:
        mine = len({key for key in taken if key[0] == vendor})
        told = sum(
            n for (of, state), n in books.twins.items() if of == vendor and state in ACCEPTED
        )
        if mine != told:
            yield f"{vendor} took {mine} events, the ledger says {told}"


def repeated(made: World) -> tuple[int, int]:
    """Return how many events came again for a reason, and how many without one."""
    excused = {id(call) for call in torn(made.calls)} | {id(call) for call in in_flight(made)}
    came: defaultdict[Key, list[Got]] = defaultdict(list)
    for call in made.calls:
        for key in call.keys:
            came[call.vendor, key].append(call)
    again = twice = 0
    for calls in came.values():
        without = sum(id(call) not in excused for call in calls)
        twice += without > 1
        again += len(calls) > 1 and without <= 1
    return again, twice


def torn(calls: Iterable[Got]) -> list[Got]:
    """Return the calls whose caller got no whole answer: it has to send again."""
    return [call for call in calls if not call.status]


def in_flight(made: World) -> Iterator[Got]:
    """Yield the calls that may have been in flight at a kill: the last ones of the dead process.

    A lane makes no other call before it has noted how the last one ended, so it has at most as
    many open as the vendor's limit says.
    """
    for kill in made.kills:
        for vendor in ACCOUNTS:
            mine = [
                one
                for one in made.calls
                if one.vendor == vendor
                and one.port in kill.ports
                and one.at < kill.at + PORTS_REST_S
            ]
            yield from mine[-VENDORS[vendor].limits.in_flight :]


def read(data: Path) -> Books:
    """Return what the ledger of a stopped server says."""
    with closing(sqlite3.connect(f"file:{data / 'ledger.db'}?mode=ro", uri=True)) as db:
        waits = {_key(body) for (body,) in db.execute("SELECT body FROM queue")}
        dead = {_key(body): why for body, why in db.execute("SELECT body, reason FROM dead")}
        rows = db.execute(
            "SELECT vendor, server, count(*) FROM twins JOIN series ON series.id = twins.series"
            " GROUP BY 1, 2"
        )
        twins = Counter({(vendor, state): n for vendor, state, n in rows})
        return Books(waits, dead, twins, list(_sums(db, twins)) + list(_left(data, db)))


def waiting(data: Path) -> int:
    """Return how many events wait in the lanes of a running server."""
    with closing(sqlite3.connect(f"file:{data / 'ledger.db'}?mode=ro", uri=True)) as db:
        ((n,),) = db.execute("SELECT coalesce(sum(waiting), 0) FROM lanes").fetchall()
    return int(n)


def _key(body: bytes) -> Key:
    beacon = decode(body)
    return beacon.vendor, beacon.event_key


def _sums(db: sqlite3.Connection, twins: Counter[tuple[str, str]]) -> Iterator[str]:
    """Yield where the ledger's roll-ups differ from its rows."""
    ((sound,),) = db.execute("PRAGMA integrity_check(1)").fetchall()
    if sound != "ok":
        yield f"the ledger's file is damaged: {sound}"
    for by_day in (0, 1):
        rows = db.execute(
            "SELECT vendor, server, sum(n) FROM counts JOIN series ON series.id = counts.series"
            " WHERE by_day = ? GROUP BY 1, 2 HAVING sum(n) != 0",
            (by_day,),
        )
        counted = Counter({(vendor, state): n for vendor, state, n in rows})
        if counted != twins:
            yield f"roll-ups say {dict(counted)}, the events {dict(twins)}"
    rows = db.execute(
        "SELECT vendor, waiting, (SELECT count(*) FROM queue WHERE lane = lanes.id),"
        " dead, (SELECT count(*) FROM dead WHERE lane = lanes.id) FROM lanes"
    )
    for vendor, waits, queued, dead, buried in rows:
        if (waits, dead) != (queued, buried):
            yield f"{vendor}: {waits} wait, {dead} are dead; there are {queued} and {buried}"


def _left(data: Path, ledger: sqlite3.Connection) -> Iterator[str]:
    """Yield outboxes from which not everything was carried into the ledger."""
    cursors = dict(ledger.execute("SELECT outbox, last FROM cursors"))
    for path in sorted(data.glob("outbox-*.db")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            names = db.execute("SELECT name FROM identity").fetchall()
            last = cursors.get(names[0][0], 0) if names else 0
            ((left,),) = db.execute("SELECT count(*) FROM outbox WHERE id > ?", (last,)).fetchall()
        if left:
            yield f"{path.name}: {left} commits were not moved"
