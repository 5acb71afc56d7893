"""The table of the Insight Tag's parameters and the fields of LinkedIn's Conversions API they go
to; what pixel and events of the shop's own read alike: rule, key, the page's click id.

Source: LinkedIn's pages on the Conversions API and its schema, read 2026-11. What the tag puts on
the wire is documented nowhere: seen in its scripts of 2025.
Units:  a value is a number on the wire, a text in the API, in major units on both sides.
"""

import re
from collections.abc import Mapping

from firsthand.convert import (
    address,
    amount,
    currency,
    email,
    hashed,
    integer,
    matching,
    public_ip,
    short,
    text,
)
from firsthand.mapping import Table, query_pairs
from firsthand.model import Kind, MatchKey, Value
from firsthand.vendor import Field

CLICK = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
CLICK_PATH = "userIds.LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"
IP_PATH = "userIds.PLAINTEXT_IP_ADDRESS"
AMOUNT, CURRENCY = "conversionValue.amount", "conversionValue.currencyCode"
RULE = re.compile(r"[0-9]{1,15}")
MAX_KEY = 64

_CLICK = re.compile(CLICK)


def _money(value: str) -> str | None:
    return None if amount(value) is None else value.strip()


def _ipv4(value: str) -> str | None:
    """Return a public IPv4 address: LinkedIn takes no other."""
    found = public_ip(value)
    return found if found and ":" not in found else None


# Paths are named after the API's ``idType``: ``write`` makes the list that it wants of them.
# fmt: off
FIELDS = (
    #     tag              API path               privacy          converter
    Field("pid",           "",                    Kind.TECHNICAL,  text),
    Field("conversionId",  "",                    Kind.TECHNICAL,  integer),
    Field("eventId",       "",                    Kind.ORDER_ID,   text),
    Field("time",          "",                    Kind.TECHNICAL,  integer),
    Field("url",           "",                    Kind.PAGE,       address),
    Field("@referer",      "",                    Kind.PAGE,       address),
    *(Field(wire,          "userIds.SHA256_EMAIL", Kind.CONTACT,   hashed(email),
            MatchKey.EMAIL) for wire in ("hem", "em")),
    Field("li_fat_id",     CLICK_PATH,            Kind.AD_ID,      matching(CLICK),
          MatchKey.CLICK_ID),
    Field("@ip",           IP_PATH,               Kind.NETWORK,    _ipv4,
          MatchKey.IP),
    Field("@user_agent",   "",                    Kind.NETWORK,    text),
    Field("val",           AMOUNT,                Kind.COMMERCE,   _money),
    # Told by the shop alone: the tag names no currency.
    Field("@currency",     CURRENCY,              Kind.COMMERCE,   currency),
    # Known, of no use to the API.
    *(Field(wire,          "",                    Kind.TECHNICAL,  text)
      for wire in ["v", "fmt", "tm", "medium", "liSync", "cookiesTest"]),
    *(Field(wire,          "",                    Kind.BROWSER_ID, text)
      for wire in ["li_adsId", "li_giant", "e_ipv6"]),
)
# fmt: on

TABLE = Table(FIELDS)


def key_of(told: str) -> str:
    """Return an event key as LinkedIn takes it, cut at 64 characters."""
    return short(MAX_KEY)(told) or ""


def page_click(page: str) -> str:
    """Return the click id of a page's address: newer than any cookie's."""
    query = page.partition("?")[2].partition("#")[0] if "li_fat_id=" in page else ""
    click = dict(reversed(query_pairs(query))).get("li_fat_id", "")
    return click if _CLICK.fullmatch(click) else ""


def doubts(fields: Mapping[str, Value]) -> tuple[str, ...]:
    """Say in advance what LinkedIn will refuse; LinkedIn still has the last word."""
    if any(path.startswith("userIds.") for path in fields):
        return ()
    return ("nobody to match yet: LinkedIn takes this event only with a cookie's click id",)
