"""Mode ``relay``: what of a beacon goes on to the door that it was for, as a request of our own.

The beacon ends with us like one in mode ``server``: decoded by its vendor's ``read``, through the
same gate, for the same reasons withheld. What differs is what is taken from it: not the API's
fields but the door's parameters, by a table of their own (``Vendor.relay``). So nothing reaches
the vendor that is not a row of that table: no header but the browser's user agent, no cookie, no
parameter that nobody listed. Marketing consent is needed as in mode ``server``, also by an
analytics vendor, because identifiers leave.

It is stored, queued and sent like any event, so that it survives a crash and a vendor that is down.
A door answers the same to anything; the event therefore ends as ``sent``, and never as accepted.

Events that the API does not know are relayed too: that is what this mode is for. Not relayed are a
vendor's own telemetry, the second request of one event (it serves cookies of the vendor's domain,
which never come here), what the page's browser sent itself, and what a shop tells of its own: that
is no beacon. Addresses that only serve third-party cookies or telemetry (``Vendor.sinks``) stay
sinks: a request without those cookies is worth nothing there. A sink that is ``relayed`` tells
another product of the vendor's of an event, and is passed on in this mode alone.

Where a script waits for the vendor's answer (``Door.asks``), the vendor is asked at once, with the
same table and gate, and the script gets what ``Relay.answer`` makes of the answer.
"""

import re
from collections.abc import Mapping

from firsthand.mapping import Pair, Table, request_pairs
from firsthand.model import Client, Fields, Hit, Mode, Origin, Reading, Reason
from firsthand.rules import clickids
from firsthand.rules.personal import telling
from firsthand.rules.site import Account
from firsthand.vendor import Vendor

_FREE_NAME = re.compile(r"[^\[\].*\x00-\x1f\x7f\ud800-\udfff]{1,100}")


def relays(account: Account | None) -> bool:
    """Say whether an account's beacons are passed on as requests of our own."""
    return account is not None and account.mode is Mode.RELAY


def skips(reading: Reading, account: Account | None) -> Reason:
    """Return why an event goes no way at all; a relay asks no API whether it knows the event."""
    if relays(account) and reading.skip is Reason.UNMAPPABLE:
        return Reason.NONE
    return reading.skip


def unfit(hit: Hit, account: Account | None) -> Reason:
    """Return why a relay has nothing to pass on: it was no beacon, or the browser has sent it."""
    if not relays(account):
        return Reason.NONE
    if hit.origin in {Origin.SNIPPET, Origin.BACKEND}:
        return Reason.NO_BEACON
    sent = hit.origin is Origin.COPY and hit.client is not Client.FAILED
    return Reason.MIRROR if sent else Reason.NONE


def fields(
    hit: Hit, reading: Reading, vendor: Vendor, table: Table, effective: Mapping[str, str]
) -> Fields:
    """Return the door's parameters: taken by ``table``, without what tells readable contact data,
    the visitor's ids filled in. Of addresses nothing is cleaned yet, and nothing is stripped."""
    pairs: list[Pair] = [*reading.wire, *request_pairs(hit)]
    taken = table.take(pairs).fields
    kept = {path: value for path, value in taken.items() if _named(path, table)}
    for path in telling(kept, table):
        del kept[path]
    _fill(reading.account, vendor, table, kept, effective)
    return kept


def _named(path: str, table: Table) -> bool:
    """Say whether a free key has a name that a door can be told; a row's own name is one."""
    row = table.row(path)
    if row is None:
        return False
    return not row.path.endswith("*") or bool(_FREE_NAME.fullmatch(path[len(row.path) - 1 :]))


def _fill(
    account: str, vendor: Vendor, table: Table, found: Fields, effective: Mapping[str, str]
) -> None:
    """Add the ids that the beacon lacks and the visitor's cookies have, as the door spells them."""
    places = vendor.relay.ids if vendor.relay else {}
    for cookie in vendor.cookies:
        path = places.get(cookie.field, "")
        row = table.row(path) if path and path not in found else None
        held = effective.get(clickids.cookie_name(cookie, account), "") if row else ""
        value = row.convert(cookie.to_field(held)) if row and held else None
        if value is not None:
            found[path] = value
