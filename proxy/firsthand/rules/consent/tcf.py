"""What a TC string allows: purposes first, then each vendor by its id on the Global Vendor List.

Only consent counts, never legitimate interest: identifiers are forwarded on nothing less.
Analytics needs purposes 1 (store and access) and 8 (measure content); the publisher's own segment
decides where it holds anything, since encoders append it empty as well. Marketing needs 1, 3, 4
(personalised ads) and 7 (measure ads). A vendor on the list needs its own consent bit, must have
been disclosed, and no restriction of the publisher may stand against one of its purposes; a
vendor that is not on the list follows the purposes alone.

A string that was readable but does not count any more grants nothing, and still refuses: a policy
before version 4 (invalid since 2023-09-30) or unknown to us, a scope wider than this site, no
disclosed vendors although made after TCF 2.3 had to be used (2026-02-28).

Source: IAB Tech Lab, TC string format and its changes of TCF 2.3; IAB Europe, TCF policies on
legitimate interest and on old policy versions; read 2026-11.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from firsthand.model import Purpose
from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.statement import Say, Statement
from firsthand.rules.consent.tcstring import Restriction, TCString, decode
from firsthand.vendors import VENDORS

NEEDS = {
    Purpose.ANALYTICS: frozenset({1, 8}),
    Purpose.MARKETING: frozenset({1, 3, 4, 7}),
}
OLDEST_POLICY, NEWEST_POLICY = 4, 5
DISCLOSURE_SINCE = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
_BY_CONSENT = 1


def statement(source: str, text: str, policy: Policy) -> Statement:
    """Return what a TC string says, as the statement of ``source``; an error if unreadable."""
    try:
        string = decode(text)
    except Unreadable as unreadable:
        return Statement(source, error=unreadable.fault, yields=True)
    said = Statement(
        source,
        analytics=_say(string, _analytics(string), Purpose.ANALYTICS),
        marketing=_say(string, string.purposes, Purpose.MARKETING),
        explicit=True,
        decided_at=string.last_updated,
        without=_without(string, policy),
        yields=True,
    )
    for reason in _void(string):
        said = said.without_grants(reason)
    return said


def _say(string: TCString, consented: frozenset[int], purpose: Purpose) -> Say:
    """Where purpose 1 was not asked for, nobody agreed to it."""
    asked = consented - {1} if string.purpose_one_treatment else consented
    return Say.GRANTED if NEEDS[purpose] <= asked else Say.DENIED


def _analytics(string: TCString) -> frozenset[int]:
    own = string.publisher
    if own is not None and (own.purposes or own.interests or own.own_count):
        return own.purposes
    return string.purposes


def _void(string: TCString) -> Iterator[str]:
    if string.policy_version < OLDEST_POLICY:
        yield "old_policy"
    if string.policy_version > NEWEST_POLICY:
        yield "unknown_policy"
    if not string.service_specific:
        yield "global_scope"
    if string.disclosed is None and string.created >= DISCLOSURE_SINCE:
        yield "none_disclosed"


def _without(string: TCString, policy: Policy) -> tuple[str, ...]:
    listed = {key: vendor.tcf_id for key, vendor in VENDORS.items()} | {**policy.tcf_ids}
    return tuple(
        key
        for key, number in listed.items()
        if number and not _agreed(string, number, VENDORS[key].purpose)
    )


def _agreed(string: TCString, number: int, purpose: Purpose) -> bool:
    return (
        number in string.vendors
        and (string.disclosed is None or number in string.disclosed)
        and not any(_forbids(each, number, purpose) for each in string.restrictions)
    )


def _forbids(restriction: Restriction, number: int, purpose: Purpose) -> bool:
    return (
        restriction.kind != _BY_CONSENT
        and restriction.purpose in NEEDS[purpose]
        and number in restriction.vendors
    )
