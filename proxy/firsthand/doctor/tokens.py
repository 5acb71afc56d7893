"""Each account's token, tried at its vendor's test door, where nothing is counted.

The event that is tried is made up: no visitor's, and never sent to a door that counts. A vendor
without a test door gets nothing: whether it takes the token shows with the first real event.

Source: Google, "Validate events" (Measurement Protocol): the validation server looks at events,
not at keys. Read 2026-11-24.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import orjson

from firsthand.config.load import accounts
from firsthand.delivery.auth import OAUTH1_WORDS, Token
from firsthand.delivery.exchange import Answer
from firsthand.delivery.sender import HttpSender, Timeouts
from firsthand.delivery.shadow import Shadow
from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import Patient
from firsthand.ecapi.parse import parse
from firsthand.model import Beacon, Hit, Mode, Origin, Reason, Recorded, Verdict
from firsthand.rules import events
from firsthand.rules.decide import settle
from firsthand.rules.site import Account
from firsthand.serve.plan import now, token_in
from firsthand.vendor import Auth

TIMEOUTS = Timeouts(total=12.0, connect=5.0, read=10.0)
_ALLOWED = Verdict(analytics=True, marketing=True, explicit=True)
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_KNOWN = {"_ga": "GA1.1.1000000001.1700000000"}
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class _Held:
    """One account that wants a token, and where that is found."""

    account: Account
    about: str
    token: Token = field(repr=False)


async def look(patient: Patient) -> list[Finding]:
    """Return a finding ``token`` for each account, and for each second account."""
    found = await asyncio.gather(*(_one(patient, held) for held in _held(patient)))
    return list(found)


def _held(patient: Patient) -> Iterator[_Held]:
    for key, section in accounts(patient.config):
        account = patient.site.accounts[key, section.account]
        yield _Held(account, f"{key} {account.id}", token_in(section.token))
        if account.second:
            yield _Held(account, f"{key} {account.second}", token_in(section.second_token))


async def _one(patient: Patient, held: _Held) -> Finding:
    vendor, mode = held.account.vendor, held.account.mode
    about = held.about
    if mode is Mode.RELAY:
        return Finding("token", about, Result.OK, "none is needed in mode relay", code="unneeded")
    secret = held.token.read()
    if secret is None:
        needs = mode is not Mode.SHADOW
        return Finding(
            "token",
            about,
            Result.FAIL if needs else Result.WARN,
            "there is none",
            "its lane waits: nothing is sent" if needs else "nothing is checked in mode shadow",
            f"{held.token.remedy()}. {vendor.token_help}",
            code="missing",
        )
    odd = misshapen(vendor.auth, secret.value)
    if odd:
        return Finding(
            "token",
            about,
            Result.FAIL,
            odd,
            "the vendor refuses every call",
            vendor.token_help,
            code="form",
        )
    if vendor.probe is None:
        return Finding(
            "token",
            about,
            Result.UNKNOWN,
            f"is there, and has a token's form; {vendor.title} has no door where nothing counts",
            "whether it is taken shows with the first event",
            "look at the report after the first event",
            code="no_door",
        )
    return await _tried(patient, held)


def misshapen(auth: Auth, token: str) -> str:
    """Say what is wrong with a token's form, without a character of it; empty where nothing is."""
    if auth is Auth.GOOGLE:
        return _no_key(token)
    words = token.split()
    wanted = {1, OAUTH1_WORDS} if auth is Auth.OAUTH1 else {1}
    if len(words) not in wanted:
        return f"it has {len(words)} words, where there should be {max(wanted)}"
    if min(map(len, words)) < _SHORTEST:
        return f"it is shorter than {_SHORTEST} characters"
    return ""


def _no_key(token: str) -> str:
    try:
        told = orjson.loads(token)
    except orjson.JSONDecodeError:
        return "it is not the JSON of a key of Google's"
    whole = isinstance(told, dict) and ({"private_key", "refresh_token"} & told.keys())
    return "" if whole else "its JSON has neither private_key nor refresh_token"


async def _tried(patient: Patient, held: _Held) -> Finding:
    beacons = made_up(patient, held.account)
    if not beacons:
        return _unknown(held, "no event can be made up for it")
    vendor = held.account.vendor
    call = vendor.write(beacons, held.account.settings, now=now())
    sender = HttpSender(vendor.api_hosts, suffix=patient.site.vendor_suffix, timeouts=TIMEOUTS)
    door = Shadow(vendor, held.token, sender, now=now)
    try:
        return judged(held, await door.go(call, beacons))
    finally:
        await door.close()


def made_up(patient: Patient, account: Account) -> tuple[Beacon, ...]:
    """Return an event that no visitor made, as the shop's server would tell it, for one account.

    Where the account is one conversion among others, the event is told to be that one.
    """
    site, at = patient.site, now()
    event = parse(_purchase(patient, account, at)).event
    if event is None:
        return ()
    hit = Hit(
        method="POST",
        host="fh",
        path="/events",
        query="",
        body=b"",
        headers={},
        cookies={},
        ip="",
        at=at,
        origin=Origin.BACKEND,
    )
    named = replace(event, names={account.vendor.key: account.id})
    told = [
        each
        for one in (event, named)
        for each in events.readings(one, site)
        if each[1].account == account.id
    ]
    return settle(hit, site, _ALLOWED, told[:1], known=_KNOWN).beacons


def _purchase(patient: Patient, account: Account, at: int) -> dict[str, Any]:
    return {
        "data_set_id": patient.site.name,
        "id": f"doctor-{at}",
        "timestamp": at // 1000,
        "event_type": "purchase",
        "source": "website",
        "value": 1,
        "currency_code": "EUR",
        "properties": {
            "transaction_id": f"doctor-{at}",
            "page_url": f"{patient.origins[0]}/",
        },
        "user_data": {"event_user_agent": "firsthand-doctor"},
        "ext": {
            "firsthand": {
                "plain": {"email": ["doctor@example.com"]},
                "destinations": [account.vendor.key],
            }
        },
    }


def judged(held: _Held, answer: Answer) -> Finding:
    """Return what a test door's answer says of the token."""
    outcome, reply = answer.outcomes[0], answer.reply
    message = getattr(outcome, "message", "")
    if (reply and reply.status in _REFUSED) or message.endswith(f": {Reason.AUTH}"):
        return Finding(
            "token",
            held.about,
            Result.FAIL,
            "its test door refuses it",
            "the vendor refuses every call",
            f"put a new one in its place. {held.account.vendor.token_help}",
            code="refused",
        )
    if reply is None or (isinstance(outcome, Recorded) and not outcome.validated):
        status = f"it answers {reply.status}" if reply else "no answer"
        return _unknown(held, f"its test door says neither yes nor no: {status}")
    if held.account.vendor.takes_anything:
        return _unknown(held, "its test door takes the event, and does not look at the token")
    if isinstance(outcome, Recorded):
        return Finding("token", held.about, Result.OK, "its test door takes it", code="taken")
    return Finding(
        "token",
        held.about,
        Result.OK,
        "its test door takes it; the made-up event is not good enough for it",
        code="taken",
    )


def _unknown(held: _Held, found: str) -> Finding:
    return Finding(
        "token",
        held.about,
        Result.UNKNOWN,
        found,
        "whether it is taken shows with the first event",
        "look at the report, and at the vendor's own page, after the first event",
        code="untold",
    )
