"""Consent receipts: one record for each event that was decided on and at least partly granted.

A record is a JSON object with ``seq``, ``time`` (UTC, whole seconds), ``kind``, ``what``, ``prev``
and ``hash``; one of an event has ``event`` besides. ``hash`` is the SHA-256 (hex) of the canonical
JSON of the record without ``hash``: UTF-8, keys sorted, no blanks. ``prev`` is the hash of the
record before it, so that a record cannot be changed, taken out or put in without all later hashes
changing. Kinds:

event      ``what`` is the basis of one decision: policy, who said what, what vendor and account may
           get, which fields were taken out. An event that comes again (a copy, an image fallback)
           is decided on again, and has a record for each decision.
refused    ``what`` counts the refusals of one hour by vendor, event name and reason.
policy     ``what`` is the configuration of consent that a policy version stands for.
pruned     retention took the records up to ``what.through`` away.
erased     a person was erased; ``what`` counts rows.

No record holds an identifier. ``event`` is a keyed hash of site and event key, the same at every
vendor: who has the event key and the site's secret finds the record, nobody else reads anything in
it, and no two events of one visitor share it. Sources are told by what they were decoded to, and
``digest`` (SHA-256, 16 hex digits) is over that line, not over the raw cookie: a TC string with its
times is as good as unique, so that any digest of it, keyed or not, would tie the visits of one
person together for as long as it is the same; the decoded line has few forms. Whoever shows their
cookie is answered by ``firsthand explain``, which decodes it to the same line. Analytics alone is
not enough for any server path: such an event is not kept singly anywhere, and so it is counted
among the refusals, as ``aggregate_only``, instead of being the one thing about it that is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, TypeAlias

import orjson

from firsthand.mapping import Table
from firsthand.model import Beacon, Fields, Note, Reason
from firsthand.vendors import VENDORS

Record: TypeAlias = dict[str, Any]

EVENT, REFUSED, POLICY, PRUNED, ERASED = "event", "refused", "policy", "pruned", "erased"
EVENT_BYTES = 16
DIGEST_DIGITS = 16
CUSTOM = "(custom)"
REFUSALS = frozenset({Reason.CONSENT, Reason.AGGREGATE_ONLY, Reason.LIMITED_DATA, Reason.FAULT})
"""Reasons of arrival that are refusals: by the visitor, by the page for them, or by the gate."""


def canonical(value: object) -> bytes:
    """Return a value of JSON in its one form."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(text: bytes) -> str:
    """Return the first 16 hex digits of a SHA-256."""
    return sha256(text).hexdigest()[:DIGEST_DIGITS]


def genesis(chain: str) -> str:
    """Return what the first record of a chain of this name has as ``prev``."""
    return sha256(f"firsthand consent receipts {chain}".encode()).hexdigest()


def seal(record: Record) -> str:
    """Return the hash of a record that has none yet."""
    return sha256(canonical(record)).hexdigest()


def event_hash(secret: bytes, site: str, event_key: str) -> bytes:
    """Return what stands for an event in its receipts: 16 bytes."""
    text = f"receipt\0{site}\0{event_key}".encode("utf-8", "replace")
    return blake2b(text, key=secret[:64], digest_size=EVENT_BYTES).digest()


@lru_cache(64)
def moment(second: int) -> str:
    """Return a time (Unix seconds) as records have it."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_granted(beacon: Beacon) -> bool:
    """Say whether at least one purpose was granted."""
    return beacon.verdict.analytics or beacon.verdict.marketing


def name_of(vendor: str, name: str) -> str:
    """Return an event's name where the vendor spells it: others are public input."""
    known = VENDORS.get(vendor)
    return name if known is not None and name in known.event_names else CUSTOM


def basis(beacon: Beacon) -> Record:
    """Return on what the decision on a beacon rests, and what it was."""
    found = beacon.verdict
    return {
        "site": beacon.site,
        "policy": beacon.policy,
        "vendor": beacon.vendor,
        "account": beacon.account,
        "name": name_of(beacon.vendor, beacon.name),
        "origin": beacon.origin,
        "analytics": found.analytics,
        "marketing": found.marketing,
        "explicit": found.explicit,
        "without": sorted(found.without),
        "sources": [
            {"says": line, "digest": digest(line.encode("utf-8", "replace"))}
            for line in found.sources
        ],
        "sent_to": "" if beacon.withheld else beacon.to,
        "withheld": beacon.withheld,
        "fields_withheld": ["all"] if beacon.withheld else list(beacon.dropped),
    }


def dropped(
    table: Table, before: Sequence[str], told: Sequence[str], fields: Fields
) -> tuple[str, ...]:
    """Return the names of what was taken out; free keys, which pages make up, as their class.

    ``before`` are the paths there were, ``told`` those that held readable contact data.
    """
    if len(before) == len(fields) and not told:
        return ()
    gone = [path for path in (*before, *told) if path not in fields]
    return tuple(sorted({path if table.spells(path) else table.kind(path) for path in gone}))


def refusals(notes: Iterable[tuple[Note, int]]) -> Iterable[tuple[str, str, str, int]]:
    """Yield vendor, event name, reason and how often, of those notes that are refusals."""
    for note, n in notes:
        if note.vendor and note.reason in REFUSALS:
            yield note.vendor, name_of(note.vendor, note.name), note.reason, n


def record(seq: int, second: int, kind: str, what: object, prev: str) -> Record:
    """Return a record without its hash."""
    return {"kind": kind, "prev": prev, "seq": seq, "time": moment(second), "what": what}


def whole(unsealed: Mapping[str, Any], hash_: str) -> bytes:
    """Return a record's line."""
    return canonical({**unsealed, "hash": hash_})
