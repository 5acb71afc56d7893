"""The words of ECAPI 1.0: event types and fields, each with the reader of its value.

Source: IAB Tech Lab, ``ecapi_1.0.md`` and its sample payload, 2026-03-27, read 2026-11-20. Where
the two spell a field differently, ``ALIASES`` lead from the sample's name to the text's. Whether
an enumeration is sent as number or word is not said: both are read.
"""

from collections.abc import Mapping

from firsthand.ecapi.readers import (
    Reader,
    address,
    currency,
    date,
    flag,
    number,
    one_of,
    public_ip,
    text,
    whole,
)

MAX_ITEMS = 200
MAX_LISTED = 20

_words = str.split

TYPES = frozenset(
    _words(
        "purchase page_view ad_impression add_to_wishlist add_to_cart viewed_cart viewed_item "
        "begin_checkout add_payment_info remove_from_cart refund generate_lead qualify_lead "
        "close_convert_lead disqualify_lead close_unconvert_lead sign_up search "
        "unlock_achievement install customize_product contact donate find_location schedule "
        "start_trial subscribe custom "
        "add_shipping_info share select_content select_item select_promotion view_item_list "
        "view_promotion view_search_results spend_virtual_currency earn_virtual_currency "
        "working_lead login join_group level_up post_score tutorial_begin tutorial_complete"
    )
)

SOURCES = _words(
    "email website app phone_call chat physical_store system_generated business_messaging other"
)

_short = text(200)


def _all(names: str, reader: Reader) -> dict[str, Reader]:
    return dict.fromkeys(_words(names), reader)


_AVAILABILITY = (
    "available soon",
    "for rent",
    "for sale",
    "off market",
    "recently sold",
    "sale pending",
)
_LISTING = (
    "for rent by agent",
    "for rent by owner",
    "for sale by agent",
    "for sale by owner",
    "foreclosed",
    "new construction",
    "new listing",
)
_BODY = "convertible coupe hatchback minivan truck suv sedan van wagon crossover other"
_FUEL = "diesel electric flex gasoline hybrid petrol plugin_hybrid other none"

EVENT: Mapping[str, Reader] = {"value": number, "currency_code": currency}
"""Fields of the event itself that are carried on; those that steer it stand in ``parse``."""

PROPERTIES: Mapping[str, Reader] = {
    **_all("page_url referrer", address),
    **_all("transaction_id", _short),
    **_all("shipping tax", number),
    **_all("shipping_tier virtual_currency_name virtual_item_name ad_source search_term", text()),
    **_all("ad_platform ad_format ad_unit_name creative_name creative_slot", text()),
    **_all("promotion_id promotion_name lead_source lead_status lead_reason", text()),
    **_all("login_method group_id character achievement_id", text()),
    **_all("character_level post_score", whole),
    **_all("arrival_date departure_date lease_start_date lease_end_date", date),
    **_all("destination_airport exterior_color make model vin", _short),
    "availability": one_of(_AVAILABILITY),
    "listing_type": one_of(_LISTING),
    "body_style": one_of(_words(_BODY)),
    "condition_of_vehicle": one_of(["new", "used"]),
    "drivetrain": one_of(_words("4x2 4x4 awd fwd rwd other none")),
    "fuel_type": one_of(_words(_FUEL)),
    "transmission": one_of(_words("automatic manual other none")),
}

LISTS: Mapping[str, Reader] = _all("coupon payment_type destination_ids", _short)

ITEM: Mapping[str, Reader] = {
    **_all("price discount quantity", number),
    **_all("cattax", whole),
    **_all("id name brand affiliation category item_coupon item_list_id", text()),
    **_all("item_list_name item_item_variant item_location_id", text()),
}

USER: Mapping[str, Reader] = {
    "utcoffset": whole,
    "gpp_string": text(2000),
    "mmt_only": flag,
    "age_range": one_of([str(step) for step in range(1, 14)]),
    **_all("click_id impression_id ifa", text(500)),
    **_all("event_ip_address landing_ip_address", public_ip),
    **_all("event_user_agent landing_user_agent", text()),
}
"""Fields of ``user_data`` with one value; contact data stands in ``person``."""

UNUSED = frozenset({"uids", "customer_segments", "timezone"})
"""Fields of ``user_data`` that no vendor's table has a place for."""

ALIASES: Mapping[str, Mapping[str, str]] = {
    "user_data": {
        "email_addresses": "email_address",
        "addresses": "address",
        "customer_segment": "customer_segments",
        "opt_out": "mmt_only",
    },
    "properties": {"method": "login_method", "level": "character_level", "score": "post_score"},
    "items": {
        "items_coupon": "item_coupon",
        "items_list_id": "item_list_id",
        "items_list_name": "item_list_name",
        "items_location_id": "item_location_id",
        "items_item_variant": "item_item_variant",
        "item_variant": "item_item_variant",
    },
}
