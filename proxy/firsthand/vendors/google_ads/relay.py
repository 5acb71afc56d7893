"""A request of the Google Ads tag, made anew for the door it was for.

Source: the doors are not documented: gtag.js of 2026-01, run in Chromium in November 2026.
Losses: Google's own cookies, by which it knows a browser: conversions are matched by the click id
        and hashed contact data, and remarketing lists gain little. The answer, which may be code or
        ask for further addresses, is not passed on.
"""

import re

from firsthand.model import Beacon, Call, Kind
from firsthand.vendor import Field, Relay
from firsthand.vendors import google_tag
from firsthand.vendors.google_ads.fields import FIELDS
from firsthand.vendors.relaying import (
    NO_ADDRESS,
    google_contact,
    pairs_of,
    request,
    rows,
)

_TECHNICAL = (
    "random fst cv num fmt bg hl guid async en label tid gtm gtm_ee tag_exp frm u_w u_h u_aw u_ah"
    " u_cd u_his u_tz u_java u_nplug u_nmime rnd navt ec_mode _tu tft tfd ae lps scrsrc"
    " ct_cookie_present oid bttype vdltv shf delc delopc oedeld auid rdp tfcd tfua"
    " url ref top tiba dl dr dt"
    " uaa uab uafvl uamb uam uap uapv uaw gad_source gad_source_src gclaw_src gclsrc gclgs gclst"
)
_PART = r"[^()*\x00-\x1f]"
_ITEM = rf"\({_PART}{{0,40}}\*{_PART}{{0,20}}\*{_PART}{{1,300}}(?:\*{_PART}{{0,100}})?\)"
_ITEMS = re.compile(f"(?:{_ITEM}){{1,200}}")
MAX_ITEMS = 6_000  # characters


def _items(value: str) -> str | None:
    """Return whole items in the tag's spelling, as many as fit."""
    found = _ITEMS.match(value[:MAX_ITEMS])
    return found[0] if found else None


_OWN = (
    Field("em", "em", Kind.CONTACT, google_contact),
    Field("item", "item", Kind.COMMERCE, _items),
)


def write(beacon: Beacon) -> Call:
    """Return the request. The tag's id stands in the path or, as it came, in ``tid``."""
    return request(beacon, pairs_of(beacon.fields))


def relay() -> Relay:
    """Return how the requests of Google Ads are passed on."""
    signals = " ".join(google_tag.SIGNALS)
    return Relay(
        fields=rows(FIELDS, f"{_TECHNICAL} {signals}", page="url", own=_OWN),
        write=write,
        ids={},  # the tag reads the cookies itself, and spells them in ways of its own
        losses=(NO_ADDRESS, "remarketing lists gain little without Google's own cookies"),
    )
