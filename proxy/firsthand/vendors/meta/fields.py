"""The table of the Meta Pixel's parameters and the fields of the Conversions API they go to.

Source: Meta's page on the parameters of the Conversions API (server events, customer information,
custom data, fbp and fbc), read 2026-02. The pixel's parameters are documented nowhere: seen in
its versions 2.9.170 to 2.9.248.
Units:  money is in whole currency units on both sides.
"""

from collections.abc import Iterable, Mapping

from firsthand.convert import (
    address,
    amount,
    birth_date,
    currency,
    email,
    gender_initial,
    hashed,
    integer,
    json_value,
    letters,
    matching,
    number,
    phone_digits,
    postcode,
    public_ip,
    solid,
    text,
)
from firsthand.ecapi.vocabulary import SOURCES
from firsthand.mapping import Pair, Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import Converter, Field

ACCOUNT = r"[0-9]{5,20}"
CLICK = r"[A-Za-z0-9_-]{1,500}"  # the pixel ignores longer ones
# The fifth part is the mark of Meta's own server library: 2 characters from a list, or 8.
_APPENDIX = r"(?:\.(?:AQ|Ag|Aw|BA|BQ|Bg|[A-Za-z0-9_-]{8}))?"
FBC = rf"fb\.[0-9]{{1,2}}\.[0-9]{{1,16}}\.{CLICK}{_APPENDIX}"
FBP = rf"fb\.[0-9]{{1,2}}\.[0-9]{{1,16}}\.[0-9]{{1,20}}{_APPENDIX}"


EVENT_NAMES: Mapping[str, str] = {
    "PageView": "page_view",
    "ViewContent": "viewed_item",
    "Search": "search",
    "AddToCart": "add_to_cart",
    "AddToWishlist": "add_to_wishlist",
    "InitiateCheckout": "begin_checkout",
    "AddPaymentInfo": "add_payment_info",
    "Purchase": "purchase",
    "Lead": "generate_lead",
    "CompleteRegistration": "sign_up",
    "Contact": "contact",
    "CustomizeProduct": "customize_product",
    "Donate": "donate",
    "FindLocation": "find_location",
    "Schedule": "schedule",
    "StartTrial": "start_trial",
    "SubmitApplication": "custom",  # the shared vocabulary has no word for it
    "Subscribe": "subscribe",
}


def _ids(value: str) -> Value | None:
    """Return product ids as texts; a plain text is one id, a broken list none."""
    if value[:1] not in {"[", "{"}:
        one = text(value)
        return [one] if one else None
    listed = json_value(value)
    found = [each for each in map(_id, listed) if each] if isinstance(listed, list) else []
    return list(found) or None


def _id(value: Value) -> str | None:
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return text(str(value)) if usable else None


_delivery = matching(r"in_store|curbside|home_delivery")
_ITEM: Mapping[str, Converter] = {
    "quantity": amount,
    "item_price": amount,
    "delivery_category": _delivery,
    "title": text,
    "description": text,
    "brand": text,
    "category": text,
}


def _contents(value: str) -> Value | None:
    """Return the items that have an id, with the members that Meta documents."""
    parsed = json_value(value) if value[:1] in {"[", "{"} else [value]
    items = [_item(each) for each in (parsed if isinstance(parsed, list) else [parsed])]
    return [item for item in items if item] or None


def _item(given: Value | None) -> dict[str, Value]:
    members = given if isinstance(given, dict) else {"id": given or ""}
    item: dict[str, Value] = {"id": _id(members.get("id", "")) or ""}
    for name, convert in _ITEM.items():
        value = convert(str(members[name])) if name in members else None
        if value is not None:
            item[name] = value
    return item if item["id"] else {}


def _free(value: str) -> Value | None:
    return json_value(value) or text(value)


def _limited(value: str) -> Value | None:
    """Any option at all counts as Limited Data Use, the only one there is."""
    return ["LDU"] if value.strip() else None


_yes: Converter = {"1": True}.get


def _code(pattern: str) -> Converter:
    check = matching(pattern)
    return lambda value: int(value) if check(value) else None


# How Meta wants contact data before hashing. The pixel does that itself; a hand-written image or
# form may carry plain values.
_PERSON = (
    ("em", email, MatchKey.EMAIL),
    ("ph", phone_digits, MatchKey.PHONE),
    ("fn", letters, MatchKey.NAME),
    ("ln", letters, MatchKey.NAME),
    ("ge", gender_initial, None),
    ("db", birth_date, None),
    ("ct", letters, MatchKey.ADDRESS),
    ("st", letters, MatchKey.ADDRESS),
    ("zp", postcode, MatchKey.ADDRESS),
    ("country", matching(r"[a-z]{2}"), MatchKey.ADDRESS),
    ("external_id", solid, MatchKey.EXTERNAL_ID),
)

OPTIONS = "data_processing_options"
STATE = "0|10[0-9]{2}"  # 1000 is California; later states follow
FBC_PATH = "user_data.fbc"
FBP_PATH = "user_data.fbp"

# The order of the rows is the order of the keys in the call.
# fmt: off
FIELDS = (
    #     pixel                     API path                        privacy          converter
    Field("id",                     "",                             Kind.TECHNICAL,  text),
    Field("ev",                     "",                             Kind.TECHNICAL,  text),
    Field("ts",                     "",                             Kind.TECHNICAL,  number),
    Field("eid",                    "",                             Kind.ORDER_ID,   text),
    Field("eid[]",                  "",                             Kind.ORDER_ID,   text),
    Field("dl",                     "event_source_url",             Kind.PAGE,       address),
    Field("@referer",               "event_source_url",             Kind.PAGE,       address),
    Field("rl",                     "referrer_url",                 Kind.PAGE,       address),
    Field("@source",                "action_source",                Kind.TECHNICAL,
          matching("|".join(SOURCES))),
    Field("@opt_out",               "opt_out",                      Kind.CONSENT,    _yes),
    Field("dpo",                    OPTIONS,                        Kind.CONSENT,    _limited),
    Field("dpoco",                  f"{OPTIONS}_country",           Kind.CONSENT,    _code("[01]")),
    Field("dpost",                  f"{OPTIONS}_state",             Kind.CONSENT,    _code(STATE)),
    Field("@ip",                    "user_data.client_ip_address",  Kind.NETWORK,    public_ip,
          MatchKey.IP),
    Field("@user_agent",            "user_data.client_user_agent",  Kind.NETWORK,    text,
          MatchKey.USER_AGENT),
    *(Field(f"{group}[{key}]",      f"user_data.{key}",             Kind.CONTACT,    hashed(normal),
            match) for group in ("ud", "udff") for key, normal, match in _PERSON),
    Field("fbp",                    FBP_PATH,                       Kind.BROWSER_ID, matching(FBP),
          MatchKey.BROWSER_ID),
    Field("fbc",                    FBC_PATH,                       Kind.AD_ID,      matching(FBC),
          MatchKey.CLICK_ID),
    Field("cd[value]",              "custom_data.value",            Kind.COMMERCE,   amount),
    Field("cd[currency]",           "custom_data.currency",         Kind.COMMERCE,   currency),
    Field("cd[content_ids]",        "custom_data.content_ids",      Kind.COMMERCE,   _ids),
    Field("cd[content_type]",       "custom_data.content_type",     Kind.COMMERCE,   text),
    Field("cd[contents]",           "custom_data.contents",         Kind.COMMERCE,   _contents),
    Field("cd[content_name]",       "custom_data.content_name",     Kind.COMMERCE,   text),
    Field("cd[content_category]",   "custom_data.content_category", Kind.COMMERCE,   text),
    Field("cd[num_items]",          "custom_data.num_items",        Kind.COMMERCE,   integer),
    Field("cd[order_id]",           "custom_data.order_id",         Kind.ORDER_ID,   text),
    Field("cd[predicted_ltv]",      "custom_data.predicted_ltv",    Kind.COMMERCE,   number),
    Field("cd[net_revenue]",        "custom_data.net_revenue",      Kind.COMMERCE,   number),
    Field("cd[delivery_category]",  "custom_data.delivery_category", Kind.COMMERCE,  _delivery),
    Field("cd[status]",             "custom_data.status",           Kind.COMMERCE,   text),
    Field("cd[search_string]",      "custom_data.search_string",    Kind.CUSTOM,     text),
    Field("cd[_filteredParams]",    "",                             Kind.TECHNICAL,  text),
    Field("cd[*",                   "custom_data.*",                Kind.CUSTOM,     _free),
    # Known, of no use to the API. The ``aud`` family repeats ``ud`` in an older spelling.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "if sw sh v r a ec o it coo es tm ler de cs_est cs_cc cas cdl plt bfs"),
        (Kind.TECHNICAL, "exp dlc rlc iab apcm_eid aem aems noscript rqm hmd ped ie[* expv2[*"),
        (Kind.NETWORK, "chmd chpv chfv"),
        (Kind.AD_ID, "fbcs"),
        (Kind.PAGE, "pmd[* up_url rp_url"),
        (Kind.CONTACT, "aud[* audff[* cud[* cudff[* ncud[* ncudff[*"),
    ) for wire in wires.split()),
)
# fmt: on

TABLE = Table(FIELDS)
PERSON_ROWS = {row.wire: row for row in FIELDS if row.kind is Kind.CONTACT and row.path}


def person(pairs: Iterable[Pair]) -> Fields:
    """Return contact data as lists: what the page gave (``ud``), then what it read from forms."""
    lists: dict[str, list[Value]] = {}
    known = [(PERSON_ROWS[name], value) for name, value in pairs if name in PERSON_ROWS]
    for row, value in sorted(known, key=lambda each: each[0].wire.startswith("udff")):
        digest = row.convert(value)
        if digest is not None and digest not in lists.setdefault(row.path, []):
            lists[row.path].append(digest)
    return {path: values for path, values in lists.items() if values}
