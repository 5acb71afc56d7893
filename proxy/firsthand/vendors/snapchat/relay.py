"""An event of the Snap Pixel, made anew as the JSON that the pixel posts to ``/p``.

Source: the door is documented nowhere: seen in versions 3.33 and 3.53, which tell the visitor's
        address in ``c_ip`` where the site gives it to them.
Losses: ``si`` (the pixel's scrambled first-party id) and what it says about its own work; its
        telemetry and its copy over IPv6 stay here.
"""

from firsthand.convert import integer, matching, public_ip, short
from firsthand.model import Beacon, Call, Fields, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors.relaying import AGENT, document, ids_of, typed_rows, yes_or_no
from firsthand.vendors.snapchat.fields import FIELDS

CONTEXT = {
    "pl": "url",
    "s_r_id": "sr",
    "s_r_ids": "srs",
    "u_c1": "c1",
    "u_sclid": "ls",
    "u_scsid": "ss",
    "trackId": "r",
    **{name: name for name in ("bg", "bt", "df", "huah", "pv", "rd", "rf", "sa", "sh", "sps")},
    **{name: name for name in ("sw", "ts", "ua", "v", "d_a", "d_bvs", "d_md", "d_m", "d_ot")},
    "d_os": "d_os",
}
"""What the pixel says once for all events of a request: the flat form's name -> its name there."""

_BESIDE = ("u_c1", "u_sclid", "u_scsid")  # said with each event too
_TECHNICAL = "ev bt trackId v rf d_a d_ot d_os u_sclid u_scsid cdid du"
_OWN = (
    Field("@ip", "c_ip", Kind.NETWORK, public_ip),
    Field("ua", "ua", Kind.NETWORK, short(500)),
    Field("d_bvs", "d_bvs", Kind.NETWORK, matching(r"\[[^@]{1,600}\]")),
    Field("s_r_ids", "s_r_ids", Kind.AD_ID, integer),
    Field("d_lat", "d_lat", Kind.CONSENT, yes_or_no),
    *(
        Field(name, name, Kind.TECHNICAL, integer)
        for name in ["ts", "del", "pv", "rd", "sa", "sps", "sh", "sw"]
    ),
    *(Field(name, name, Kind.TECHNICAL, yes_or_no) for name in ["bg", "df", "huah", "d_m"]),
)


def write(beacon: Beacon) -> Call:
    """Return the request, under the event's key: Snap counts one that is sent again once."""
    told = {path: value for path, value in beacon.fields.items() if path != AGENT}
    late = told.pop("del", 0)
    context: Fields = {CONTEXT[path]: told[path] for path in told if path in CONTEXT}
    event: Fields = {"pid": beacon.to, "cdid": beacon.event_key}
    event |= {
        path: value
        for path, value in told.items()
        if path not in event and (path not in CONTEXT or path in _BESIDE)
    }
    return document(beacon, {"ctx": context, "req": [{"t": event, "del": late}]})


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how Snapchat's beacons are passed on."""
    return Relay(
        fields=typed_rows(FIELDS, _TECHNICAL, page="pl", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=("the vendor sees this server's address beside the visitor's",),
    )
