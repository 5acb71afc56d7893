"""A beacon of gtag, made anew for ``/g/collect``: the faithful path, with sessions and attribution.

Source: the door is not documented. ``_uip``, by which a server tells the visitor's address, is set
        by Cloudflare's and Stape's public components (read 2026-11-24), where ``::`` redacts it.
        ``/measurement/conversion`` likewise: its parameters are those of requests that sites with
        Google's own first-party mode show in public (``random cv tid fst fmt en gtm gcd dma``,
        read 2026-11-24).
Losses: ``sst.*``, ``ecid``, ``ur`` and ``richsstsse``, which only a server of Google's own reads.
        The door answers 204 to anything, and dates an event by its arrival.
"""

from firsthand.convert import public_ip, short
from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Door, Field, IdCookie, Relay
from firsthand.vendors import google_tag
from firsthand.vendors.ga4.fields import FIELDS
from firsthand.vendors.relaying import google_contact, ids_of, pairs_of, posted, rows

ADDRESS = "_uip"
NO_ADDRESS = "::"

CONVERSION = Door(
    ("www.google.com",), ("/measurement/conversion", "/measurement/conversion/"), relayed=True
)
"""What GA4 tells Google Ads of a key event, beside its own beacon of the event."""
TOLD_ADS = "told_google_ads"
"""The name under which such a request is counted, so that its event is not counted twice."""

_TECHNICAL = (
    "v en gtm _p _s sct seg _fv _ss _nsi _ee _c _eu _rnd _z z tfd are frm tag_exp ptag_exp gdid _tu"
    " rcb gaf ae _gaz _glv gtm_up ec_mode lps ul sr dh dp uaa uab uafvl uam uamb uap uapv uaw"
    " random cv fst fmt"
)
_CAMPAIGN = "cs cm cn cc ck ct ci ccf cmt"  # the page's own words, of promotions too
_ITEMS = tuple(
    Field(f"pr{place}", f"pr{place}", Kind.COMMERCE, google_tag.item_text)
    for place in range(1, google_tag.MAX_ITEMS + 1)
)
_OWN = (
    *_ITEMS,
    Field("em", "em", Kind.CONTACT, google_contact),
    Field("@ip", ADDRESS, Kind.NETWORK, public_ip),
    *(Field(name, name, Kind.CUSTOM, short(300)) for name in _CAMPAIGN.split()),
)


def is_conversion(host: str, path: str) -> bool:
    """Say whether a request is what GA4 tells Google Ads."""
    return host in CONVERSION.hosts and path in CONVERSION.paths


def write(beacon: Beacon) -> Call:
    """Return the request: never without ``_uip``, or Google would place visitors where we are; what
    is told to Google Ads has no place for it.
    """
    host, slash, path = beacon.door.partition("/")
    address = str(beacon.fields.get(ADDRESS, NO_ADDRESS))
    fixed = {"v": "2", "tid": beacon.to, ADDRESS: address}
    if is_conversion(host, slash + path):
        fixed = {"tid": beacon.to}
    pairs: list[Pair] = pairs_of(beacon.fields, **fixed)
    told = [pair for pair in pairs if pair[0] != ADDRESS or ADDRESS in fixed]
    return posted(beacon, told)


def relay(cookies: tuple[IdCookie, ...]) -> Relay:
    """Return how GA4's beacons are passed on."""
    signals = " ".join(google_tag.SIGNALS)
    known = [row for row in FIELDS if row.wire != "pr*"]
    return Relay(
        fields=rows(known, f"{_TECHNICAL} {signals}", page="dl", own=_OWN),
        write=write,
        ids=ids_of(FIELDS, cookies),
        losses=("Google documents neither this door nor _uip, and may change them unannounced",),
    )
