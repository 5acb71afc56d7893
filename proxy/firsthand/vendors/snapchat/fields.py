"""The table of the Snap Pixel's parameters and the fields of the Conversions API they go to.

Source: Snap's pages on the parameters of the Conversions API v3 and the OpenAPI file of its
Business SDK, read 2026-11. The pixel's parameters are documented nowhere: seen in 3.33 and 3.53.
Units:  money is in whole currency units; the API has texts for an item's price and quantity.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from firsthand.convert import (
    address,
    amount,
    currency,
    email,
    gender_initial,
    hashed,
    integer,
    json_value,
    matching,
    phone_digits,
    public_ip,
    solid,
    text,
)
from firsthand.ecapi.vocabulary import SOURCES
from firsthand.mapping import Pair, Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import Converter, Field
from firsthand.vendors.snapchat.cookies import CLICK_PATH, COOKIE1_PATH, UUID

MAX_ITEMS = 200

_STANDARD = (
    "PAGE_VIEW page_view|VIEW_CONTENT viewed_item|LIST_VIEW view_item_list|SEARCH search"
    "|ADD_CART add_to_cart|REMOVE_FROM_CART remove_from_cart|VIEW_CART viewed_cart"
    "|ADD_TO_WISHLIST add_to_wishlist|START_CHECKOUT begin_checkout|ADD_BILLING add_payment_info"
    "|PURCHASE purchase|SIGN_UP sign_up|LOGIN login|SUBSCRIBE subscribe|START_TRIAL start_trial"
    "|RESERVE schedule|SHARE share|ACHIEVEMENT_UNLOCKED unlock_achievement|LEVEL_COMPLETE level_up"
    "|COMPLETE_TUTORIAL tutorial_complete|SPENT_CREDITS spend_virtual_currency"
    "|AD_VIEW ad_impression|APP_INSTALL install"
)
EVENT_NAMES: Mapping[str, str] = {
    **dict(each.split(" ") for each in _STANDARD.split("|")),
    # The shared vocabulary has no word for these.
    **dict.fromkeys(["AD_CLICK", "APP_OPEN", "INVITE", "RATE", "SAVE"], "custom"),
    **{f"CUSTOM_EVENT_{number}": "custom" for number in range(1, 6)},
}

# The pixel's scrubber leaves these marks where it found an address, a phone or a security number.
_MARK = re.compile(r"(?:\$|%24)(?:\[|%5B)[EPS][0-9a-f]{64}(?:\]|%5D)(?:\$|%24)", re.IGNORECASE)


def _words(value: str) -> str | None:
    return text(_MARK.sub("", value))


def page(value: str) -> str | None:
    """Return an address without the parameters that held personal data."""
    if not _MARK.search(value):
        return address(value)
    head, mark, query = value.partition("#")[0].partition("?")
    kept = "&".join(part for part in query.split("&") if not _MARK.search(part))
    return address(_MARK.sub("", head) + (mark + kept if kept else ""))


def _person(normal: Callable[[str], str | None]) -> Converter:
    """Hash contact data; ``FFF`` stands before a hash of what the pixel itself found wrong."""
    return hashed(lambda plain: None if plain[:3] == "fff" else normal(plain))


def _limited(_: str) -> Value:
    return ["LDU"]


_WHERE: Mapping[str, str] = {word: "OFFLINE" for word in SOURCES if word != "app"}
_source: Converter = {**_WHERE, "website": "WEB"}.get
_yes: Converter = {"1": True}.get


def _ids(value: str) -> Value | None:
    """Return product ids as texts: from a JSON list, or from a text with commas."""
    listed = json_value(value) if value[:1] == "[" else list(value.split(","))
    told = listed if isinstance(listed, list) else []
    ids = [_words(str(each)) for each in told if isinstance(each, str | int | float)]
    found: list[Value] = [each for each in ids if each]
    return found[:MAX_ITEMS] or None


def _joined(value: str) -> Value | None:
    """Return a text; of a JSON list its members with commas between them."""
    listed = _ids(value) if value[:1] == "[" else None
    return ",".join(map(str, listed)) if isinstance(listed, list) else _words(value)


_ITEM: Mapping[str, Converter] = {
    "id": _words,
    "quantity": amount,
    "item_price": amount,
    "brand": _words,
    "delivery_category": _words,
}


def _contents(value: str) -> Value | None:
    """Return the items that have an id, with the members that Snap documents, all as texts."""
    parsed = json_value(value)
    given = parsed if isinstance(parsed, list) else [parsed]
    items = [_item(each) for each in given[:MAX_ITEMS] if isinstance(each, dict)]
    return [item for item in items if "id" in item] or None


def _item(given: Mapping[str, Value]) -> dict[str, Value]:
    made = {name: convert(str(given[name])) for name, convert in _ITEM.items() if name in given}
    return {name: str(value) for name, value in made.items() if value is not None}


OPTIONS = "data_processing_options"
_PEOPLE = (
    ("em", "u_hem em", email, MatchKey.EMAIL),
    ("ph", "u_hpn ph", phone_digits, MatchKey.PHONE),
    ("fn", "u_fn fn", str, MatchKey.NAME),
    ("ln", "u_ln ln", str, MatchKey.NAME),
    ("ge", "u_gd ge", gender_initial, None),
    ("ct", "l_city ct", solid, MatchKey.ADDRESS),
    ("st", "l_gr st", solid, MatchKey.ADDRESS),
    ("zp", "l_gpc zp", solid, MatchKey.ADDRESS),
    ("country", "l_gc country", matching(r"[a-z]{2}"), MatchKey.ADDRESS),
    ("external_id", "@external_id", str, MatchKey.EXTERNAL_ID),
)

# The order of the rows is the order of the keys in the call. The names are those of the flat form;
# the reader brings a batch's context to them. What only a shop tells has no name of the pixel's.
# fmt: off
FIELDS = (
    #     pixel                 API path                        privacy           converter
    Field("pl",                 "event_source_url",             Kind.PAGE,        page),
    Field("@referer",           "event_source_url",             Kind.PAGE,        page),
    Field("@source",            "action_source",                Kind.TECHNICAL,   _source),
    Field("@opt_out",           "opt_out",                      Kind.CONSENT,     _yes),
    Field("@limited",           OPTIONS,                        Kind.CONSENT,     _limited),
    *(Field(wire, f"user_data.{key}", Kind.CONTACT, _person(normal), match)
      for key, wires, normal, match in _PEOPLE for wire in wires.split()),
    Field("s_r_id",             CLICK_PATH, Kind.AD_ID, matching(UUID), MatchKey.CLICK_ID),
    Field("u_c1",               COOKIE1_PATH, Kind.BROWSER_ID, matching(UUID), MatchKey.BROWSER_ID),
    Field("@ip",                "user_data.client_ip_address", Kind.NETWORK, public_ip,
          MatchKey.IP),
    Field("@user_agent",        "user_data.client_user_agent", Kind.NETWORK, text,
          MatchKey.USER_AGENT),
    Field("e_pr",               "custom_data.value",            Kind.COMMERCE,    amount),
    Field("value",              "custom_data.value",            Kind.COMMERCE,    amount),
    Field("e_cur",              "custom_data.currency",         Kind.COMMERCE,    currency),
    Field("e_tid",              "custom_data.order_id",         Kind.ORDER_ID,    _words),
    Field("e_iids",             "custom_data.content_ids",      Kind.COMMERCE,    _ids),
    Field("content_ids",        "custom_data.content_ids",      Kind.COMMERCE,    _ids),
    Field("contents",           "custom_data.contents",         Kind.COMMERCE,    _contents),
    Field("e_ic",               "custom_data.content_category", Kind.COMMERCE,    _joined),
    Field("content_category",   "custom_data.content_category", Kind.COMMERCE,    _joined),
    Field("e_ni",               "custom_data.num_items",        Kind.COMMERCE,    integer),
    Field("num_items",          "custom_data.num_items",        Kind.COMMERCE,    integer),
    Field("e_bds",              "custom_data.brands",           Kind.COMMERCE,    _joined),
    Field("e_su",               "custom_data.status",           Kind.COMMERCE,    _words),
    Field("e_sm",               "custom_data.sign_up_method",   Kind.COMMERCE,    _words),
    Field("e_ss",               "custom_data.search_string",    Kind.CUSTOM,      _words),
    Field("e_desc",             "custom_fields.description",    Kind.CUSTOM,      _words),
    Field("e_cs",               "custom_fields.customer_status", Kind.CUSTOM,     _words),
    Field("e_lv",               "custom_fields.level",          Kind.CUSTOM,      _words),
    Field("e_dm",               "custom_fields.delivery_method", Kind.CUSTOM,     _words),
    Field("br_id",              "custom_fields.brand_id",       Kind.CUSTOM,      _words),
    # Known, of no use to the API. ``db`` is hashed like an age by the pixel: no date of birth.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "pid ev intg ts del trackId v bt if t tp virt ae rt et ist e_pia gat gau"),
        (Kind.TECHNICAL, "gac lc si bg df ic p pv rd sa sps mtp nat ti cbt m_wbt a sw sh m_*"),
        (Kind.NETWORK, "c_ip ua huah d_a d_bvs d_md d_m d_ot d_os"),
        (Kind.CONSENT, "du d_lat"),
        (Kind.PAGE, "rf"),
        (Kind.ORDER_ID, "cdid"),
        (Kind.AD_ID, "s_r_ids u_hmai"),
        (Kind.BROWSER_ID, "u_sclid u_scsid"),
        (Kind.CONTACT, "u_hed u_age u_puid u_pnid db"),
    ) for wire in wires.split()),
)
# fmt: on

TABLE = Table(FIELDS)
PERSON_ROWS = {row.wire: row for row in FIELDS if row.kind is Kind.CONTACT and row.path}


def person(pairs: Iterable[Pair]) -> Fields:
    """Return contact data as lists of hashes, in the order in which it came."""
    lists: dict[str, list[Value]] = {}
    for name, value in pairs:
        row = PERSON_ROWS.get(name)
        digest = row.convert(value) if row else None
        if row and digest is not None and digest not in lists.setdefault(row.path, []):
            lists[row.path].append(digest)
    return {path: values for path, values in lists.items() if values}


_ENOUGH = frozenset({"user_data.em", "user_data.ph"})
_TOGETHER = frozenset({"user_data.client_ip_address", "user_data.client_user_agent"})


def doubts(name: str, fields: Fields) -> tuple[str, ...]:
    """Say in advance what Snap will refuse; Snap still has the last word."""
    found = []
    if _ENOUGH.isdisjoint(fields) and not fields.keys() >= _TOGETHER:
        found.append("no match key: Snapchat wants an address, a phone, or IP and user agent")
    if name == "PURCHASE" and not {"custom_data.value", "custom_data.currency"} <= fields.keys():
        found.append("purchase without value and currency: Snapchat refuses it")
    return tuple(found)
