"""A beacon of the Insight Tag, made anew for ``/collect``: page views too, which have no API.

Source: the door is documented nowhere; what it is sent was seen in its scripts of 2025.
Losses: LinkedIn's own cookies, by which it knows its members: what is left to match by is the click
        id and the hash of an address. Website actions (``/wa/``), packed telemetry, stay here.
"""

from firsthand.model import Beacon, Call
from firsthand.vendor import IdCookie, Relay
from firsthand.vendors.linkedin.fields import FIELDS, RULE
from firsthand.vendors.relaying import NO_ADDRESS, ids_of, pairs_of, request, rows

_TECHNICAL = "v fmt tm time conversionId url li_adsId"


def write(beacon: Beacon) -> Call:
    """Return the request: for one tag, where the beacon named several; a conversion has a key."""
    fixed = {"pid": beacon.to}
    if RULE.fullmatch(beacon.name):
        fixed["eventId"] = beacon.event_key
    return request(beacon, pairs_of(beacon.fields, **fixed))


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how beacons of the Insight Tag are passed on."""
    return Relay(
        fields=rows(FIELDS, _TECHNICAL, page="url"),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS, "without LinkedIn's own cookies page views are hardly matched"),
    )
