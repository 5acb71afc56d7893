"""The table of the TikTok Pixel's JSON and the fields of the Events API they go to.

Source: the Events API's parameters as TikTok's own server tag (2024-05) and its SDK (2026-02) use
them; the pixel's JSON is documented nowhere: pixel.js 2.2.0, run in Chromium.
Units:  money is in whole currency units on both sides.
"""

import re
from collections.abc import Iterable, Mapping

from firsthand.convert import (
    address,
    amount,
    currency,
    email,
    hashed,
    hashed_as_given,
    integer,
    json_value,
    letters,
    matching,
    number,
    phone_plus,
    public_ip,
    sha256_of,
    solid,
    text,
)
from firsthand.mapping import Pair, Table
from firsthand.model import Fields, Kind, MatchKey, Value
from firsthand.vendor import Converter, Field

CLICK = r"[A-Za-z0-9._-]{1,512}"
BROWSER = r"[0-9A-Za-z_-]{20,40}(?:\.[a-z]{1,4}\.[0-9]{1,4})?"

EVENT_NAMES: Mapping[str, str] = {
    "Pageview": "page_view",
    "ViewContent": "viewed_item",
    "Search": "search",
    "AddToCart": "add_to_cart",
    "AddToWishlist": "add_to_wishlist",
    "InitiateCheckout": "begin_checkout",
    "AddPaymentInfo": "add_payment_info",
    "Purchase": "purchase",
    "CompletePayment": "purchase",  # the name until May 2025; TikTok counts both as one
    "Lead": "generate_lead",
    "SubmitForm": "generate_lead",  # likewise
    "CompleteRegistration": "sign_up",
    "Contact": "contact",
    "CustomizeProduct": "customize_product",
    "FindLocation": "find_location",
    "Schedule": "schedule",
    "StartTrial": "start_trial",
    "Subscribe": "subscribe",
    # The shared vocabulary has no word for these.
    **dict.fromkeys(("ApplicationApproval", "SubmitApplication", "Download"), "custom"),
    **dict.fromkeys(("ClickButton", "PlaceAnOrder"), "custom"),
}

# What a page sends in place of data, as text or hashed; TikTok throws it away.
_NOTHING = frozenset({"", "null", "undefined", "none", "na", "no", "(null)", "not set"})
_NOTHING_HASHED = frozenset(map(sha256_of, _NOTHING))
_US_POSTCODE = re.compile(r"([0-9]{5})-?[0-9]{4}")


def _telling(convert: Converter) -> Converter:
    """Return a converter that drops words and hashes which stand for nothing."""

    def converted(value: str) -> Value | None:
        if value.strip().lower() in _NOTHING:
            return None
        found = convert(value)
        return None if found in _NOTHING_HASHED else found

    return converted


def _postcode(plain: str) -> str:
    """Return a postcode without blanks and dashes, a US one without its last four digits."""
    bare = solid(plain)
    us = _US_POSTCODE.fullmatch(bare)
    return us[1] if us else bare.replace("-", "")


def _place(value: str) -> str | None:
    return letters(value.strip().lower())[:80] or None


def _country(value: str) -> str | None:
    return matching("[a-z]{2}")(value.strip().lower())


def _yes(value: str) -> bool | None:
    return True if value in {"true", "1"} else None


def _texts(value: str) -> Value | None:
    """Return ids as texts: of a list, or of a single value."""
    parsed = json_value(value)
    listed = parsed if isinstance(parsed, list) else [value] if parsed is None else []
    return [each for each in map(_id, listed) if each] or None


def _id(value: Value) -> str | None:
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return text(str(value)) if usable else None


ITEM: Mapping[str, Converter] = {
    "content_id": text,
    "content_type": text,
    "content_name": text,
    "content_category": text,
    "brand": text,
    "price": amount,
    "quantity": integer,
}


def _contents(value: str) -> Value | None:
    """Return the items with the members that TikTok documents; ids are texts."""
    parsed = json_value(value)
    items = [item(each) for each in (parsed if isinstance(parsed, list) else [parsed or 0])]
    return [each for each in items if each] or None


def item(given: Value) -> dict[str, Value]:
    """Return an item's usable members: none for what is no object."""
    found: dict[str, Value] = {}
    for name, convert in ITEM.items():
        told = _id(given[name]) if isinstance(given, dict) and name in given else None
        value = convert(told) if told else None
        if value is not None:
            found[name] = value
    return found


def _free(value: str) -> Value | None:
    return json_value(value) or text(value)


# What the pixel hashes is passed on; a hand-written beacon may carry plain values.
_HASHED = (
    ("email", ("email", "auto_email", "eb_email"), _telling(hashed(email)), MatchKey.EMAIL),
    (
        "phone",
        ("phone_number", "auto_phone_number", "eb_phone_number"),
        _telling(hashed(phone_plus)),
        MatchKey.PHONE,
    ),
    ("external_id", ("external_id",), _telling(hashed_as_given), MatchKey.EXTERNAL_ID),
)
LISTS = frozenset(f"user.{key}" for key, *_ in _HASHED)

TTCLID = "user.ttclid"
TTP = "user.ttp"

# The order of the rows is the order of the keys in the call.
# fmt: off
FIELDS = (
    #     pixel                         API path              privacy          converter
    Field("event",                      "",                   Kind.TECHNICAL,  text),
    Field("timestamp",                  "",                   Kind.TECHNICAL,  text),
    Field("context.pixel.code",         "",                   Kind.TECHNICAL,  text),
    Field("event_id",                   "",                   Kind.ORDER_ID,   text),
    Field("properties.event_id",        "",                   Kind.ORDER_ID,   text),
    Field("properties.eventID",         "",                   Kind.ORDER_ID,   text),
    Field("context.ad.callback",        TTCLID,               Kind.AD_ID,      matching(CLICK),
          MatchKey.CLICK_ID),
    Field("context.user.anonymous_id",  TTP,                  Kind.BROWSER_ID, matching(BROWSER),
          MatchKey.BROWSER_ID),
    Field("context.user.ttp",           TTP,                  Kind.BROWSER_ID, matching(BROWSER),
          MatchKey.BROWSER_ID),
    Field("@ip",                        "user.ip",            Kind.NETWORK,    public_ip,
          MatchKey.IP),
    Field("@user_agent",                "user.user_agent",    Kind.NETWORK,    text,
          MatchKey.USER_AGENT),
    *(Field(f"context.user.{name}",     f"user.{key}",        Kind.CONTACT,    convert, match)
      for key, names, convert, match in _HASHED for name in names),
    Field("context.user.first_name",    "user.first_name",    Kind.CONTACT,
          _telling(hashed(solid)), MatchKey.NAME),
    Field("context.user.last_name",     "user.last_name",     Kind.CONTACT,
          _telling(hashed(solid)), MatchKey.NAME),
    Field("context.user.zip_code",      "user.zip_code",      Kind.CONTACT,
          _telling(hashed(_postcode)), MatchKey.ADDRESS),
    Field("context.user.city",          "user.city",          Kind.CONTACT,    _telling(_place),
          MatchKey.ADDRESS),
    Field("context.user.state",         "user.state",         Kind.CONTACT,    _place,
          MatchKey.ADDRESS),
    Field("context.user.country",       "user.country",       Kind.CONTACT,    _country,
          MatchKey.ADDRESS),
    Field("context.page.url",           "page.url",           Kind.PAGE,       address),
    Field("@referer",                   "page.url",           Kind.PAGE,       address),
    Field("context.page.referrer",      "page.referrer",      Kind.PAGE,       address),
    Field("properties.contents",        "properties.contents", Kind.COMMERCE,  _contents),
    Field("properties.content_ids",     "properties.content_ids", Kind.COMMERCE, _texts),
    Field("properties.content_id",      "",                   Kind.COMMERCE,   text),
    *(Field(f"properties.{name}",       f"properties.{name}", kind,            convert)
      for kind, convert, names in (
        (Kind.COMMERCE, text, "content_type content_name content_category description"),
        (Kind.COMMERCE, amount, "value price"),
        (Kind.COMMERCE, currency, "currency"),
        (Kind.COMMERCE, integer, "quantity num_items"),
        (Kind.COMMERCE, number, "predicted_ltv"),
        (Kind.COMMERCE, text, "shop_id status delivery_category"),
        (Kind.ORDER_ID, text, "order_id"),
        (Kind.CUSTOM, text, "query search_string"),
    ) for name in names.split()),
    Field("properties.*",               "properties.*",       Kind.CUSTOM,     _free),
    Field("limited_data_use",           "limited_data_use",   Kind.CONSENT,    _yes),
    # Known, of no use to the API.
    *(Field(wire, "", kind, text) for kind, wires in (
        (Kind.TECHNICAL, "message_id is_onsite partner action _inspection properties.pixel_code"),
        (Kind.TECHNICAL, "signal_diagnostic_labels tt_test_id context.variation_id context.index"),
        (Kind.TECHNICAL, "properties.auto_trigger_type properties.trigger_event"),
        (Kind.TECHNICAL, "context.page.* context.pixel.* context.library.* context.device.*"),
        (Kind.NETWORK, "context.userAgent"),
        (Kind.AD_ID, "context.ad.*"),
        (Kind.BROWSER_ID, "context.session_id context.pageview_id"),
        (Kind.CUSTOM, "auto_collected_properties"),
    ) for wire in wires.split()),
)
# fmt: on

TABLE = Table(FIELDS)
PERSON_ROWS = {row.wire: row for row in FIELDS if row.path in LISTS}
_PLACES = {wire: place for place, wire in enumerate(PERSON_ROWS)}


def person(pairs: Iterable[Pair]) -> Fields:
    """Return contact data as lists: what the site gave, then what the pixel found in the page."""
    lists: dict[str, list[Value]] = {}
    known = [(name, value) for name, value in pairs if name in PERSON_ROWS]
    for name, value in sorted(known, key=lambda each: _PLACES[each[0]]):
        row = PERSON_ROWS[name]
        found = row.convert(value) if value else None
        if found is not None and found not in lists.setdefault(row.path, []):
            lists[row.path].append(found)
    return {path: values for path, values in lists.items() if values}


def drop_unpaired(fields: Fields) -> tuple[str, ...]:
    """Take out a value without a currency, or a currency without a value; return notes on it."""
    pair = {"properties.value", "properties.currency"}
    if len(pair & fields.keys()) != 1:
        return ()
    for path in pair:
        fields.pop(path, None)
    return ("value and currency: TikTok wants both or none",)
