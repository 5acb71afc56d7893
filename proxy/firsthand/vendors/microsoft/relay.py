"""A beacon of the UET tag, made anew for ``/action/0`` or, where it was a form, ``/actionp/0``.

Source: Microsoft's page "Full list of parameters" (UET), read 2026-11-24; bat.js of 2024-10 to
        2026-03, run in Chromium.
Losses: the address of the visitor and the cookie of bing.com.
"""

from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors.microsoft.fields import FIELDS
from firsthand.vendors.relaying import (
    NO_ADDRESS,
    bounded,
    form,
    ids_of,
    joined,
    pairs_of,
    request,
    rows,
)

_TECHNICAL = "evt Ver tm bo vids pi lg sw sh sc lt sv cdb rn tpp spa sid uach event_id"
# An event's action is the site's own word, as category and label are.
_OWN = (Field("ea", "ea", Kind.CUSTOM, bounded), Field("en", "en", Kind.CUSTOM, bounded))


def write(beacon: Beacon) -> Call:
    """Return the request; contact data stands in a parameter of its own."""
    told = pairs_of(beacon.fields, ti=beacon.to)
    pairs: list[Pair] = [pair for pair in told if pair[0][:4] != "pid."]
    person = [(name[4:], value) for name, value in told if name[:4] == "pid."]
    if person:
        pairs.append(("pid", joined(person)))
    return form(beacon, pairs) if "/actionp/" in beacon.door else request(beacon, pairs)


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how beacons of the UET tag are passed on."""
    return Relay(
        fields=rows(FIELDS, _TECHNICAL, page="p", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
