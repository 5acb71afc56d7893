"""The table of the Google Ads tag's parameters and the fields of the Data Manager API they go to;
what pixel and events of the shop's own read alike: the order, the page's click ids.

Source: Google's pages on the Data Manager API (events, formatting of user data), read 2026-11.
        The beacon's parameters are not documented: gtag.js of 2026-01, run in Chromium.
Units:  money in major units on both sides; a quantity is a text in the API.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import unquote

from firsthand.convert import (
    amount,
    base64url_sha256,
    currency,
    google_email,
    hashed,
    integer,
    json_value,
    matching,
    number,
    phone_plus,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Pair, Table, query_pairs
from firsthand.model import Kind, MatchKey, Value
from firsthand.vendor import Converter, Field
from firsthand.vendors import google_tag

CONVERSION = "conversion"
"""Name of every event that has a label: what it was, the conversion action knows."""

CLICKS = ("gclid", "gbraid", "wbraid")
"""Click ids, the one that is sent first: Google takes one of them for an event."""

IDENTIFIERS = frozenset(
    {f"adIdentifiers.{name}" for name in CLICKS} | {"userData.emailAddress", "userData.phoneNumber"}
)

SOURCE = "eventSource"
WEB = "WEB"
MAX_ITEMS = 200

CLICK = r"[A-Za-z0-9_-]{1,256}"
_CLICK_ON_WIRE = re.compile(rf"(?:GCL\.[0-9]{{10}}\.|2\.1\.k)?({CLICK})(?:[.$].{{0,300}})?")
_ITEM = re.compile(r"\(([^()*]{0,40})\*([^()*]{0,20})\*([^()*]{1,300})(?:\*[^()]{0,100})?\)")


def _click(value: str) -> str | None:
    found = _CLICK_ON_WIRE.fullmatch(value)
    return found[1] if found else None


def _contact(normal: Converter) -> Converter:
    """Return a converter for contact data that the tag hashed (base64url), or that is plain."""
    plain = hashed(lambda value: str(normal(value) or ""))
    return lambda value: base64url_sha256(value.strip()) or plain(value)


def _items(value: str) -> Value | None:
    """Return the items of ``(price*quantity*id)(...)``; one that is cut off is left out."""
    items: list[Value] = []
    for price, quantity, name in islice(_ITEM.findall(value), MAX_ITEMS):
        number_of, cost, item_id = integer(quantity), amount(unquote(price)), text(unquote(name))
        if item_id is None:
            continue
        item: dict[str, Value] = {"merchantProductId": item_id, "itemId": item_id}
        if number_of is not None and number_of > 0:
            item["quantity"] = str(number_of)  # an int64 is a text in Google's JSON
        if cost is not None:
            item["unitPrice"] = cost
        items.append(item)
    return items or None


def _upper(pattern: str) -> Converter:
    check = matching(pattern)
    return lambda value: check(value.strip().upper())


_customer: Converter = {"true": "NEW", "1": "NEW", "false": "RETURNING", "0": "RETURNING"}.get
_said: Converter = {"granted": "CONSENT_GRANTED", "denied": "CONSENT_DENIED"}.get
_source: Converter = {
    "website": WEB,
    "app": "APP",
    "physical_store": "IN_STORE",
    "phone_call": "PHONE",
    "chat": "MESSAGE",
    "business_messaging": "MESSAGE",
    "email": "OTHER",
    "system_generated": "OTHER",
    "other": "OTHER",
}.get
_device = matching(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_postcode = matching(r"[A-Za-z0-9](?:[A-Za-z0-9 -]{0,10}[A-Za-z0-9])?")


def _read_only(kind: Kind, names: str) -> Iterator[Field]:
    """Yield rows of what is understood but has no counterpart in the API."""
    return (Field(name, "", kind, text) for name in names.split())


# fmt: off
FIELDS = (
    #     beacon                 Data Manager API            privacy          converter
    Field("value",               "conversionValue",          Kind.COMMERCE,   amount),
    Field("currency_code",       "currency",                 Kind.COMMERCE,   currency),
    *(Field(f"{wire}{name}",     f"adIdentifiers.{api}",     Kind.AD_ID,      _click,
            MatchKey.CLICK_ID)
      for api, short_name in (("gclid", "gclaw"), ("gbraid", "gclag"), ("wbraid", "gclgb"))
      for wire, name in (("@page.", api), ("", api), ("", short_name))),
    Field("@em.em",              "userData.emailAddress",    Kind.CONTACT,
          _contact(google_email), MatchKey.EMAIL),
    Field("@em.pn",              "userData.phoneNumber",     Kind.CONTACT,    _contact(phone_plus),
          MatchKey.PHONE),
    Field("@em.fn0",             "userData.givenName",       Kind.CONTACT,    _contact(text),
          MatchKey.NAME),
    Field("@em.ln0",             "userData.familyName",      Kind.CONTACT,    _contact(text),
          MatchKey.NAME),
    Field("@em.co0",             "userData.regionCode",      Kind.CONTACT,    _upper("[A-Z]{2}"),
          MatchKey.ADDRESS),
    Field("@em.pc0",             "userData.postalCode",      Kind.CONTACT,    _postcode,
          MatchKey.ADDRESS),
    Field("@user_agent",         "eventDeviceInfo.userAgent", Kind.NETWORK,   text,
          MatchKey.USER_AGENT),
    Field("@ip",                 "eventDeviceInfo.ipAddress", Kind.NETWORK,   public_ip,
          MatchKey.IP),
    Field("mid",                 "cartData.merchantId",      Kind.COMMERCE,
          matching("[0-9]{1,19}")),
    Field("fcntr",               "cartData.merchantFeedLabel", Kind.COMMERCE, short(20)),
    Field("flng",                "cartData.merchantFeedLanguageCode", Kind.COMMERCE,
          matching("[A-Za-z]{2,3}")),
    Field("dscnt",               "cartData.transactionDiscount", Kind.COMMERCE, number),
    Field("item",                "cartData.items",           Kind.COMMERCE,   _items),
    Field("vdnc",                "userProperties.customerType", Kind.COMMERCE, _customer),
    # Told by the shop alone; the tag has no word for them.
    Field("@source",             SOURCE,                     Kind.TECHNICAL,  _source),
    Field("@landing",            "adIdentifiers.landingPageDeviceInfo", Kind.NETWORK, json_value),
    Field("@device",             "adIdentifiers.mobileDeviceId", Kind.AD_ID,  _device),
    Field("@coupons",            "cartData.couponCodes",     Kind.COMMERCE,   json_value),
    Field("@ad_user_data",       "consent.adUserData",       Kind.CONSENT,    _said),
    Field("@ad_personalization", "consent.adPersonalization", Kind.CONSENT,   _said),
    *_read_only(Kind.CONSENT, " ".join((*google_tag.SIGNALS, "@ad_storage @analytics_storage"))),
    *_read_only(Kind.CONSENT, "rdp tfcd tfua ep.ads_data_redaction"),
    *_read_only(Kind.ORDER_ID, "oid ecsid eid"),
    *_read_only(Kind.PAGE, "url ref top tiba dl dr dt @referer"),
    *_read_only(Kind.CONTACT, "em userId uid @em.sa0 @em.ct0 @em.rg0"),
    *_read_only(Kind.BROWSER_ID, "auid"),
    *_read_only(Kind.AD_ID, "gac gacgb gclgs gclst gclsrc gad_source gad_source_src gclaw_src"),
    *_read_only(Kind.COMMERCE, "bttype vdltv shf delc delopc oedeld"),
    *_read_only(Kind.NETWORK, "uaa uab uafvl uamb uam uap uapv uaw"),
    *_read_only(Kind.CUSTOM, "data"),
    *_read_only(Kind.TECHNICAL, "random fst cv num fmt rfmt bg hl guid async resp sendb ig hn en"),
    *_read_only(Kind.TECHNICAL, "label frm u_w u_h u_aw u_ah u_cd u_his u_tz u_java u_nplug"),
    *_read_only(Kind.TECHNICAL, "mcov gbcov gcl_ctr capi fledge ct_cookie_present ec_mode gap.hsw"),
    *_read_only(Kind.TECHNICAL, "_ht _tu gtm gtm_ee tag_exp tid rnd navt apve apvf scrsrc lps"),
    *_read_only(Kind.TECHNICAL, "tft tfd ae rcb gcp sscte u_nmime apvc"),
)
# fmt: on
TABLE = Table(FIELDS)

_NO_ORDER = re.compile(r"(?i:null|undefined|none|nan|true|false|test)|0|1|123|1234|12345|-|\{.*")


def order_of(told: str) -> str:
    """Return an order id; what templates leave behind when they have none is not one."""
    found = short(512)(told) or ""
    return "" if _NO_ORDER.fullmatch(found) else found


def page_clicks(page: str) -> list[Pair]:
    """Return the click ids of a page's address: newer than any cookie's.

    A ``gclid`` of Search Ads 360 (``gclsrc`` ``ds``, ``3p.ds``) or of flights is not Google Ads'.
    """
    query = page.partition("#")[0].partition("?")[2]
    told = {name.lower(): value for name, value in query_pairs(query)}
    if told.get("gclsrc", "") not in {"", "aw", "aw.ds"}:
        told.pop("gclid", None)
    return [(f"@page.{name}", told[name]) for name in CLICKS if name in told]


def doubts(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """Say in advance what Google will refuse; Google still has the last word."""
    if fields.keys() & IDENTIFIERS:
        return ()
    return ("no match key yet: Google takes this event only with a cookie's click id",)
