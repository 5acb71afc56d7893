"""A beacon of gtag, made anew for ``/g/collect``: the faithful path, with sessions and attribution.

Source: the door is not documented. ``_uip``, by which a server tells the visitor's address, is set
        by Cloudflare's and Stape's public components (read 2026-11-24), where ``::`` redacts it.
Losses: ``sst.*``, ``ecid``, ``ur`` and ``richsstsse``, which only a server of Google's own reads.
        The door answers 204 to anything, and dates an event by its arrival.
"""

from firsthand.convert import public_ip, short
from firsthand.mapping import Pair
from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Field, IdCookie, Relay
from firsthand.vendors import google_tag
from firsthand.vendors.ga4.fields import FIELDS
from firsthand.vendors.relaying import google_contact, ids_of, pairs_of, posted, rows

ADDRESS = "_uip"
NO_ADDRESS = "::"

_TECHNICAL = (
    "v en gtm _p _s sct seg _fv _ss _nsi _ee _c _eu _rnd _z z tfd are frm tag_exp ptag_exp gdid _tu"
    " rcb gaf ae _gaz _glv gtm_up ec_mode lps ul sr dh dp uaa uab uafvl uam uamb uap uapv uaw"
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


def write(beacon: Beacon) -> Call:
    """Return the request: never without ``_uip``, or Google would place visitors where we are."""
    address = beacon.fields.get(ADDRESS, NO_ADDRESS)
    fixed = {"v": "2", "tid": beacon.to, ADDRESS: str(address)}
    pairs: list[Pair] = pairs_of(beacon.fields, **fixed)
    return posted(beacon, pairs)


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
