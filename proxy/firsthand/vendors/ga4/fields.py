"""The table of gtag's parameters and the fields of the Measurement Protocol they go to; the names
of events.

Source: Measurement Protocol reference, "Sending events" and limits, read 2026-11-20; the beacon is
        not documented: gtag.js of 2025-08 and 2025-12, run in Chromium.
Units:  money in major units; ``_et`` in milliseconds.
"""

import re
from collections.abc import Iterator

from firsthand.convert import (
    address,
    base64url_sha256,
    currency,
    integer,
    json_value,
    matching,
    number,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Table
from firsthand.model import Kind, MatchKey, Value
from firsthand.vendor import OWN_KEY, Converter, Field
from firsthand.vendors import google_tag

MAX_TEXT = 100

NAME = re.compile(r"(?!firebase_|ga_|google_)[A-Za-z][A-Za-z0-9_]{0,39}")
_param = short(MAX_TEXT)
_client = matching(r"[A-Za-z0-9._=+/-]{1,128}")
_yes: Converter = {"1": 1, "true": 1}.get
_true: Converter = {"1": "true", "true": "true"}.get


def _hashes(value: str) -> list[Value] | None:
    """Return a hash as the API wants it: as hex, in a list."""
    found = base64url_sha256(value)
    return None if found is None else [found]


def _free(names: str, kind: Kind, convert: Converter) -> Iterator[Field]:
    """Yield rows of known parameters; the pixel sends texts as ``ep.``, numbers as ``epn.``."""
    for name in names.split():
        yield Field(f"ep.{name}", f"params.{name}", kind, convert)
        yield Field(f"epn.{name}", f"params.{name}", kind, convert)


def _read_only(kind: Kind, names: str) -> Iterator[Field]:
    """Yield rows of what is understood but has no counterpart in the API."""
    return (Field(name, "", kind, text) for name in names.split())


# fmt: off
FIELDS = (
    #     beacon                 Measurement Protocol           privacy           converter
    Field("cid",                 "client_id", Kind.BROWSER_ID, _client, MatchKey.BROWSER_ID),
    Field("uid",                 "user_id", Kind.CONTACT, short(256), MatchKey.EXTERNAL_ID),
    Field("@em.em", "user_data.sha256_email_address", Kind.CONTACT, _hashes, MatchKey.EMAIL),
    Field("@em.pn", "user_data.sha256_phone_number", Kind.CONTACT, _hashes, MatchKey.PHONE),
    Field("@address", "user_data.address", Kind.CONTACT, json_value, MatchKey.ADDRESS),
    Field("@ip",                 "ip_override", Kind.NETWORK, public_ip, MatchKey.IP),
    Field("@country",            "user_location.country_id", Kind.NETWORK, text),
    Field("@region",             "user_location.region_id", Kind.NETWORK, text),
    Field("@user_agent",         "user_agent", Kind.NETWORK, text, MatchKey.USER_AGENT),
    Field("@ad_user_data",       "consent.ad_user_data",        Kind.CONSENT,     str.upper),
    Field("@ad_personalization", "consent.ad_personalization",  Kind.CONSENT,     str.upper),
    Field("sid",                 "params.session_id", Kind.BROWSER_ID, matching("[0-9]{1,20}")),
    Field("_et",                 "params.engagement_time_msec", Kind.TECHNICAL,   integer),
    Field("cu",                  "params.currency",             Kind.COMMERCE,    currency),
    Field("pr*",                 "params.items",                Kind.COMMERCE,    google_tag.item),
    Field("pi",                  "params.promotion_id",         Kind.COMMERCE,    _param),
    Field("pn",                  "params.promotion_name",       Kind.COMMERCE,    _param),
    Field("dl",                  "params.page_location",        Kind.PAGE,        address),
    Field("dr",                  "params.page_referrer",        Kind.PAGE,        address),
    Field("dt",                  "params.page_title",           Kind.PAGE,        short(300)),
    Field("ir",                  "params.ignore_referrer",      Kind.TECHNICAL,   _true),
    Field("tt",                  "params.traffic_type",         Kind.TECHNICAL,   _param),
    Field("_dbg",                "params.debug_mode",           Kind.TECHNICAL,   _yes),
    *_free("debug_mode", Kind.TECHNICAL, _yes),
    *_free("engagement_time_msec", Kind.TECHNICAL, integer),
    *_free("currency", Kind.COMMERCE, currency),
    *_free("value tax shipping", Kind.COMMERCE, number),
    *_free("coupon affiliation payment_type shipping_tier customer_type", Kind.COMMERCE, _param),
    *_free("item_list_id item_list_name", Kind.COMMERCE, _param),
    *_free("transaction_id event_id", Kind.ORDER_ID, _param),
    *_free("page_location page_referrer link_url", Kind.PAGE, address),
    *_free("page_title", Kind.PAGE, short(300)),
    # Ours to set: a free key must not stand in for them.
    *_read_only(Kind.CUSTOM, "ep.session_id epn.session_id ep.items epn.items"),
    *_read_only(Kind.CUSTOM, "ep.timestamp_micros epn.timestamp_micros"),
    Field("ep.*",                "params.*",                    Kind.CUSTOM,      _param),
    Field("epn.*",               "params.*",                    Kind.CUSTOM,      number),
    Field("up.*",                "user_properties.*",           Kind.CUSTOM,      short(36)),
    Field("upn.*",               "user_properties.*",           Kind.CUSTOM,      number),
    *_read_only(Kind.ORDER_ID, OWN_KEY),
    *_read_only(Kind.CONTACT, "em"),
    *_read_only(Kind.CONSENT, " ".join((*google_tag.SIGNALS, "@ad_storage @analytics_storage"))),
    *_read_only(Kind.TECHNICAL, "v tid en gtm _p _s sct seg _fv _ss _nsi _ee _c _eu _rnd _z z tfd"),
    *_read_only(Kind.TECHNICAL, "are frm tag_exp ptag_exp gdid _tu rcb gaf ae _gaz _fplc _glv"),
    *_read_only(Kind.TECHNICAL, "gtm_up ec_mode emd lps ur ecid ecsid ul sr dh dp uaa uab uafvl"),
    *_read_only(Kind.TECHNICAL, "uam uamb uap uapv uaw cs cm cn cc ck ct ci ccf cmt scrsrc _uip"),
    *_read_only(Kind.TECHNICAL, "richsstsse sst.* random cv fst fmt"),
)
# fmt: on
TABLE = Table(FIELDS)

_words = str.split
_STANDARD = _words(
    "page_view purchase refund add_to_cart remove_from_cart add_to_wishlist begin_checkout "
    "add_payment_info add_shipping_info view_item_list select_item view_promotion select_promotion "
    "select_content search view_search_results share login sign_up join_group generate_lead "
    "qualify_lead disqualify_lead working_lead close_convert_lead close_unconvert_lead level_up "
    "post_score tutorial_begin tutorial_complete unlock_achievement earn_virtual_currency "
    "spend_virtual_currency"
)
_AUTOMATIC = _words(
    "session_start first_visit user_engagement scroll click file_download form_start form_submit "
    "video_start video_progress video_complete"
)
EVENT_NAMES = {
    **dict(zip(_STANDARD, _STANDARD, strict=True)),
    **dict.fromkeys(_AUTOMATIC, "custom"),
    "view_item": "viewed_item",
    "view_cart": "viewed_cart",
}

_RESERVED = re.compile(
    "ad_(activeview|click|exposure|impression|query|reward)|adunit_exposure|error|os_update"
    "|screen_view|app_(clear_data|exception|install|remove|store_refund|update|upgrade)"
    "|in_app_purchase|dynamic_link_(app_open|app_update|first_open)|first_(open|visit)"
    "|notification_(dismiss|foreground|open|receive|send)|session_start|user_engagement"
)
"""Event names that the Measurement Protocol refuses, or takes from apps only."""


def mappable(name: str) -> bool:
    """Say whether the Measurement Protocol takes an event of that name."""
    return bool(NAME.fullmatch(name)) and not _RESERVED.fullmatch(name)
