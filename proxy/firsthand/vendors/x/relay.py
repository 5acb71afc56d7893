"""A beacon of the X Pixel, made anew for ``t.co``: page views too, which have no API.

Source: the door is documented nowhere: uwt.js 2.3.34 and 2.3.35, run in Chromium.
Losses: the address of the visitor; ``dv``, by which a browser could be recognised; the second host,
        whose copy serves cookies of X.
"""

import orjson

from firsthand.convert import amount, json_value, short
from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors.relaying import (
    NO_ADDRESS,
    form,
    ids_of,
    pairs_of,
    request,
    typed_rows,
)
from firsthand.vendors.x.fields import FIELDS

_TECHNICAL = (
    "txn_id bci eci p_id p_user_id type version integration tw_iframe_status clid_src tw_clid_src"
    " tw_pid_src tpx_cb event_id event.conversion_id event.status restricted_data_use"
    " us_privacy tw_document_href tw_document_referrer pt pl_id twpid"
)
_name = short(40)


def _events(value: str) -> str | None:
    """Return the older spelling of an event's name, ``[["purchase",{}]]``, with nothing in it."""
    listed = json_value(value)
    first = listed[0] if isinstance(listed, list) and listed else None
    named = first[0] if isinstance(first, list) and first else None
    name = _name(named) if isinstance(named, str) else None
    return orjson.dumps([[name, {}]]).decode() if name else None


_OWN = (
    Field("events", "events", Kind.CUSTOM, _events),
    Field("event.value", "event.value", Kind.COMMERCE, amount),
)


def write(beacon: Beacon) -> Call:
    """Return the request; what the shop told of a conversion stands in a parameter as JSON."""
    members = {
        path[6:]: value for path, value in beacon.fields.items() if path.startswith("event.")
    }
    rest = {path: v for path, v in beacon.fields.items() if not path.startswith("event.")}
    pairs = pairs_of(rest, event=orjson.dumps(members).decode())
    return (form if beacon.door.endswith("adsctp") else request)(beacon, pairs)


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how beacons of the X Pixel are passed on."""
    return Relay(
        fields=typed_rows(FIELDS, _TECHNICAL, page="tw_document_href", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
