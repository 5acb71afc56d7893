"""An event of OpenAI's pixel, made anew as the JSON that its script posts.

Source: published captures of SDK 0.1.32 and 0.1.41, not run by us.
Losses: the address of the visitor; contact data that the script found in forms and pages by itself;
        the script's telemetry.
"""

from firsthand.convert import integer, matching
from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Fields, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors.openai.fields import AUTO, FIELDS
from firsthand.vendors.relaying import AGENT, NO_ADDRESS, deep, document, ids_of, typed_rows

AROUND = frozenset({"obref", "oppref", "user"})
"""Members of the body that stand beside the list of its events."""

_TECHNICAL = "type custom_event_name id referrer_url data.type"
_ASKED = ("st", "sv", "t")
_OWN = (
    Field("timestamp_ms", "timestamp_ms", Kind.TECHNICAL, integer),
    *(Field(name, name, Kind.TECHNICAL, matching(r"[A-Za-z0-9._-]{1,40}")) for name in _ASKED),
)


def write(beacon: Beacon) -> Call:
    """Return the request, under the event's key: OpenAI counts one that is sent again once."""
    fields = {path: value for path, value in beacon.fields.items() if path != AGENT}
    asked: list[Pair] = [(name, str(fields.pop(name))) for name in _ASKED if name in fields]
    told = deep({**fields, "id": beacon.event_key})
    body: Fields = {name: told.pop(name) for name in sorted(AROUND) if name in told}
    pairs = [("pid", beacon.to), *asked, ("ec", "1")]
    return document(beacon, {**body, "events": [told]}, pairs)


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how OpenAI's beacons are passed on."""
    given = [row for row in FIELDS if not row.path.startswith(AUTO)]
    return Relay(
        fields=typed_rows(given, _TECHNICAL, page="source_url", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=(NO_ADDRESS,),
    )
