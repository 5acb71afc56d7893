"""A beacon of the Reddit Pixel, made anew for ``/rp.gif``.

Source: the door is documented nowhere; what it is sent was seen in builds of 2024-10 to 2025-10.
Losses: the address of the visitor; ids of devices, and what the pixel found on the page by itself.
"""

from firsthand.model import Beacon, Call
from firsthand.vendor import IdCookie, Relay
from firsthand.vendors.reddit.fields import FIELDS
from firsthand.vendors.relaying import NO_ADDRESS, ids_of, pairs_of, request, rows

_TECHNICAL = (
    "ts v integration partner partner_version m.value m.conversionId m.transactionId"
    " opt_out dpm dpcc dprc sh sw"
)


def write(beacon: Beacon) -> Call:
    """Return the request."""
    return request(beacon, pairs_of(beacon.fields, id=beacon.to))


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how Reddit's beacons are passed on."""
    return Relay(
        fields=rows(FIELDS, _TECHNICAL, page="esurl"),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
