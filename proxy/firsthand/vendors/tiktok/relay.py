"""A beacon of the TikTok Pixel, made anew as JSON for ``/api/v2/pixel``.

Source: the door is documented nowhere: pixel.js 2.2.0, run in Chromium in 2026-11.
Losses: the address of the visitor; what the pixel says about its own work (``_inspection``, labels)
        and its automatic events. An external id that came readable is hashed.
"""

from firsthand.convert import integer, matching, short
from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors.relaying import (
    NO_ADDRESS,
    deep,
    document,
    ids_of,
    typed_rows,
    yes_or_no,
)
from firsthand.vendors.tiktok.fields import FIELDS

_word = matching(r"[A-Za-z0-9_.:()-]{1,120}")
_IDS = "context.session_id context.pageview_id properties.event_id properties.eventID"
_TECHNICAL = f"event properties.content_id properties.description {_IDS}"
_OWN = (
    Field("timestamp", "timestamp", Kind.TECHNICAL, matching(r"[0-9T:.Z+-]{20,35}")),
    Field("message_id", "message_id", Kind.TECHNICAL, _word),
    Field("is_onsite", "is_onsite", Kind.TECHNICAL, yes_or_no),
    Field("context.userAgent", "context.userAgent", Kind.NETWORK, short(500)),
    Field("context.index", "context.index", Kind.TECHNICAL, integer),
    Field("context.ad.jsb_status", "context.ad.jsb_status", Kind.TECHNICAL, integer),
    *(
        Field(f"context.{name}", f"context.{name}", Kind.TECHNICAL, _word)
        for name in (
            *("ad.sdk_env", "device.platform", "library.name", "library.version"),
            *("page.load_progress", "pixel.runtime", "variation_id"),
        )
    ),
)


def write(beacon: Beacon) -> Call:
    """Return the request, under the event's key: TikTok counts one that is sent again once."""
    fixed = {"event_id": beacon.event_key, "context.pixel.code": beacon.to}
    return document(beacon, deep({**beacon.fields, **fixed}))


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how TikTok's beacons are passed on."""
    return Relay(
        fields=typed_rows(FIELDS, _TECHNICAL, page="context.page.url", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
