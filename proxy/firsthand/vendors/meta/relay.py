"""A beacon of the Meta Pixel, made anew for ``/tr``.

Source: the door is documented nowhere; what it is sent was seen in versions 2.9.170 to 2.9.248.
Losses: the address of the visitor: no way to tell it is documented. Meta's own server API gets it.
"""

from firsthand.model import Beacon, Call
from firsthand.vendor import IdCookie, Relay
from firsthand.vendors.meta.fields import FIELDS
from firsthand.vendors.relaying import NO_ADDRESS, bracketed, ids_of, image_or_form, pairs_of, rows

_TECHNICAL = "ev ts if sw sh v r a ec o it coo rqm"


def write(beacon: Beacon) -> Call:
    """Return the request, under the event's key: Meta counts one that is sent again once."""
    fixed = {"id": beacon.to, "eid": beacon.event_key}
    return image_or_form(beacon, bracketed(pairs_of(beacon.fields, **fixed)))


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how Meta's beacons are passed on."""
    return Relay(
        fields=rows(FIELDS, _TECHNICAL, page="dl"),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
