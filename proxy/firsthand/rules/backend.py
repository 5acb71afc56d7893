"""``/fh/events``: events that the shop's server posts -> a decision, and an answer for each event.

The sender proves itself by the ingest key, so what it says of the visitor is believed: address,
agent, ids, consent. Of its own connection nothing is taken. Without a word on consent the policy's
rule for silence holds.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeAlias

import orjson

from firsthand.ecapi.event import WEBSITE, Consent, Event
from firsthand.ecapi.parse import parse
from firsthand.ecapi.readers import Code, Fault
from firsthand.errors import BadHit
from firsthand.mapping import query_pairs
from firsthand.model import Hit, Origin, Verdict
from firsthand.rules import clickids, events
from firsthand.rules.consent.combine import combine
from firsthand.rules.consent.statement import Say, Statement
from firsthand.rules.decide import Decision, digest_of, settle
from firsthand.rules.site import Site

MOST_EVENTS = 500
MOST_BYTES = 1_048_576
OLDEST_MS = 90 * 86_400_000
HEADERS = frozenset({"authorization", "x-signature"})
"""Request headers that prove who sends; on no other door they enter a Hit."""

_TYPES = ("application/json",)
_MOST_FAULTS = 20
_WORDS = {
    Code.REQUIRED: "is required",
    Code.TYPE: "has a type that the field cannot have",
    Code.ENUM: "is none of the words that the field can have",
    Code.VALUE: "has a value that the field cannot have",
    Code.TOO_OLD: "is too long ago",
    Code.AHEAD: "lies in the future",
    Code.TOO_LONG: "is too long",
    Code.UNKNOWN: "is not known, and left out",
    Code.PLAIN: "should be a SHA-256; taken as plain text",
    Code.REUSED: "is the id of another event type, too; vendors that go by the id alone see one",
    Code.UNUSED: "is not used",
    Code.MISSING_VALUE: "is missing; some vendors refuse a purchase without it",
    Code.UNKEYED: "is missing; the event cannot be recognised when it comes again",
}
_NO_ONE = Verdict(analytics=False, marketing=False, explicit=False)

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop's server hears. Nothing is stored where there is no decision."""

    status: int
    body: bytes = field(repr=False)
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """One event's answer, and what is to be stored for it."""

    answer: Json
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a batch's events share: their hit, which type each id was used for, what each way to
    have agreed amounts to.
    """

    hit: Hit
    site: Site
    types_of: dict[str, str] = field(default_factory=dict)
    verdicts: dict[Consent, Verdict] = field(default_factory=dict)

    def verdict(self, consent: Consent) -> Verdict:
        """Return what the shop's word on a visitor's consent allows."""
        found = self.verdicts.get(consent)
        if found is None:
            found = combine([_statement(consent)], self.site.consent, now=self.hit.at)
            self.verdicts[consent] = found
        return found


def take(hit: Hit, site: Site) -> Answer:
    """Return what becomes of a batch. Raises ``BadHit`` where the site has no such door."""
    if not site.ingest_key:
        raise BadHit(404, "no_ingest_key")
    digest = digest_of(hit, site)
    if not proven(hit, site.ingest_key):
        return refusal(401, "unauthorized", digest)
    try:
        given = events.unpack(hit, types=_TYPES, most=MOST_EVENTS)
    except BadHit as refused:
        return refusal(refused.status, refused.reason, digest)
    batch = _Batch(_nobodys(hit, digest), site)
    told = [_one(index, each, batch) for index, each in enumerate(given)]
    answers = [each.answer for each in told]
    body = {
        "request_id": digest.hex(),
        "received": len(answers),
        "accepted": sum(answer["status"] == "accepted" for answer in answers),
        "events": answers,
    }
    dry = ("validate_only", "true") in query_pairs(hit.query)
    return Answer(200, orjson.dumps(body), None if dry else _joined(told))


def refusal(status: int, code: str, digest: bytes = b"") -> Answer:
    """Return the answer to a batch of which nothing is taken."""
    body = {"request_id": digest.hex(), "error": {"code": code, "message": _REFUSALS[code]}}
    return Answer(status, orjson.dumps(body))


_REFUSALS = {
    "unauthorized": "the ingest key or the signature is missing or wrong",
    "content_type": "send application/json",
    "bad_json": "the body is not JSON in UTF-8, or neither an event nor a list of events",
    "too_many_events": f"send at most {MOST_EVENTS} events at once",
    "not_stored": "nothing was taken; send the same events again, with the same ids",
}


def proven(hit: Hit, key: bytes) -> bool:
    """Say whether the sender has the key: as a bearer token, or by a signature of the body.

    Both are checked where both are given. Takes the same time for every wrong key.
    """
    kind, _, token = hit.headers.get("authorization", "").partition(" ")
    signature = hit.headers.get("x-signature", "")
    signed = f"sha256={hmac.new(key, hit.body, 'sha256').hexdigest()}"
    checks = []
    if token:
        checks.append(_same(token.strip(), key) and kind.lower() == "bearer")
    if signature:
        checks.append(_same(signature.strip().lower(), signed.encode()))
    return bool(checks) and all(checks)


def _same(given: str, known: bytes) -> bool:
    """Digests are compared: of the texts themselves, the time would tell the length."""
    mine = sha256(given.encode("utf-8", "replace")).digest()
    return hmac.compare_digest(mine, sha256(known).digest())


def _one(index: int, raw: Any, batch: _Batch) -> _Told:  # noqa: ANN401 - JSON
    """Return what becomes of one event."""
    parsed = parse(raw)
    errors = list(parsed.errors)
    event = parsed.event
    if event is not None:
        errors += _misplaced(event, batch.hit, batch.site)
    if event is None or errors:
        return _Told({"index": index, "status": "rejected", "errors": _shown(errors)})
    told = _complete(event)
    warnings = [*parsed.warnings, *_doubts(told, batch.types_of)]
    decision = _decide(index, told, batch)
    return _Told(_answer(index, told, decision, warnings), decision)


def _misplaced(event: Event, hit: Hit, site: Site) -> list[Fault]:
    """Return what is wrong with an event at this door: time and data set."""
    faults = []
    if not event.data_set and not site.any_account:
        faults.append(Fault("data_set_id", Code.REQUIRED))
    elif not events.is_ours(event, site):
        faults.append(Fault("data_set_id", Code.VALUE))
    if event.at > hit.at + events.AHEAD_MS:
        faults.append(Fault("timestamp", Code.AHEAD))
    elif 0 < event.at < hit.at - OLDEST_MS:
        faults.append(Fault("timestamp", Code.TOO_OLD))
    return faults


def _complete(event: Event) -> Event:
    source = WEBSITE if "page_url" in event.told else "system_generated"
    return replace(event, source=event.source or source)


def _doubts(event: Event, types_of: dict[str, str]) -> list[Fault]:
    found = []
    kind = f"{event.type}:{event.custom}"
    if not event.id:
        found.append(Fault("id", Code.UNKEYED))
    elif types_of.setdefault(event.id, kind) != kind:
        found.append(Fault("id", Code.REUSED))
    if event.type == "purchase" and "value" not in event.told:
        found.append(Fault("value", Code.MISSING_VALUE))
    if "click_id" in event.told and event.clicks:
        found.append(Fault("user_data.click_id", Code.UNUSED))
    return found


def _nobodys(hit: Hit, digest: bytes) -> Hit:
    """Return the hit without anything of the sender, its digest in place of the body."""
    return replace(
        hit,
        query="",
        body=digest,
        headers={"content-type": "application/json"},
        cookies={},
        ip="",
        place="",
        bot=0,
        bot_signs=0,
        origin=Origin.BACKEND,
    )


def _decide(index: int, event: Event, batch: _Batch) -> Decision:
    """Decide on one event, as a hit of its own."""
    hit, site = batch.hit, batch.site
    alone = replace(hit, body=hit.body + index.to_bytes(4, "big"))
    clicks = events.clicks(event, site)
    known = {}
    if event.ids or clicks:
        vendors, now = site.vendors.values(), min(event.at, hit.at)
        known = clickids.told(site, vendors, ids=event.ids, clicks=clicks, now=now)
    verdict = batch.verdict(event.consent)
    return settle(alone, site, verdict, list(events.readings(event, site)), known=known)


def _statement(consent: Consent) -> Statement:
    """Return the shop's word as a source among others: a yes of the visitor that it keeps."""
    return Statement(
        "backend",
        analytics=Say(consent.analytics or Say.UNKNOWN),
        marketing=Say(consent.marketing or Say.UNKNOWN),
        explicit=True,
        decided_at=consent.decided_at,
    )


def _answer(index: int, event: Event, decision: Decision, warnings: list[Fault]) -> Json:
    """Return one event's answer. The id is given back only where the event was taken."""
    sent = any(not beacon.withheld for beacon in decision.beacons)
    answer: Json = {"index": index, "status": "accepted" if sent else "suppressed"}
    if sent and event.id:
        answer["id"] = event.id
    ends = [(ended.note.vendor, ended.note.reason) for ended in decision.ended]
    if not sent and not ends:
        ends = [("", "no_destination")]
    answer["warnings"] = [
        *_shown(warnings),
        *({"destination": vendor, "code": reason} for vendor, reason in ends),
        *({"code": "note", "message": note} for note in decision.notes),
    ]
    return answer


def _shown(faults: list[Fault]) -> list[Mapping[str, str]]:
    return [
        {"field": fault.field, "code": fault.code.value, "message": _WORDS[fault.code]}
        for fault in faults[:_MOST_FAULTS]
    ]


def _joined(told: list[_Told]) -> Decision:
    decisions = [each.decision for each in told if each.decision is not None]
    return Decision(
        decisions[0].verdict if decisions else _NO_ONE,
        tuple(beacon for each in decisions for beacon in each.beacons),
        tuple(ended for each in decisions for ended in each.ended),
        odd=tuple(odd for each in decisions for odd in each.odd),
        notes=tuple(note for each in decisions for note in each.notes),
    )
