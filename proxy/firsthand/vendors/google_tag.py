"""What Google's vendors share: the tag's doors, click ids, consent letters, items, own cookies.

Source: gtag.js of 2025-08, 2025-12 and 2026-01, run in Chromium in November 2026; Google's guide
        to consent mode, read 2026-11-20. Google publishes no meaning for the letters of ``gcd``;
        they are the table that analysts agree on.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from firsthand.convert import integer, number, short
from firsthand.mapping import Pair
from firsthand.model import Value
from firsthand.vendor import ClickId, Converter, Door, Script

MAX_ITEMS = 200

_TAG_HOST = ("www.googletagmanager.com",)

# gtag adds a container hash (``gtm``) and experiments (``tag_exp``) when it loads further code.
# They change with every release and not what the file does, so they are dropped: a public query
# that is passed on must have few forms.
_QUERY = {"id": "{account}", "l": r"[A-Za-z_$][A-Za-z0-9_$]{0,30}", "cx": "c"}
_SENTINELS = (b"google_tag_manager",)

SCRIPTS = (
    Script(_TAG_HOST, ("/gtag/js",), query=_QUERY, sentinels=_SENTINELS),
    Script(_TAG_HOST, ("/gtag/destination",), query=_QUERY, chained=True, sentinels=_SENTINELS),
)

NEVER = (
    # The service worker's frame is spoken to by postMessage under Google's own origin.
    Door(_TAG_HOST, ("/static/service_worker/*/sw_iframe.html", "/static/service_worker/*/sw.js")),
    # The preview of Tag Assistant, and the container's frame for pages without scripts.
    Door(_TAG_HOST, ("/debug/bootstrap", "/debug/badge", "/gtag/debug", "/ns.html")),
    # Interest groups of the browser: frames under Google's own origin.
    Door(("td.doubleclick.net",), ("/td/ga/rul", "/td/rul", "/td/rul/*")),
)

SINKS = (
    # These serve Google's third-party cookies, which never reach a first-party host.
    Door(("stats.g.doubleclick.net",), ("/g/collect", "/j/collect", "/r/collect")),
    Door(("www.google.*",), ("/ads/ga-audiences",)),
    # Diagnostics of the container.
    Door(_TAG_HOST, ("/a", "/td")),
)

_CLICK = r"[A-Za-z0-9_-]{10,256}"
CLICK_IDS = (
    ClickId("gclid", _CLICK),
    ClickId("gbraid", _CLICK),
    ClickId("wbraid", _CLICK),
    ClickId("dclid", _CLICK),
    ClickId("gclsrc", r"aw|aw\.ds|ds|3p\.ds|gf"),
    ClickId("gad_source", r"[0-9]{1,20}"),
    ClickId("gad_campaignid", r"[0-9]{1,20}"),
    ClickId("srsltid", r"[A-Za-z0-9_-]{1,256}"),
)

SIGNALS = (
    "gcs",
    "gcd",
    "gcu",
    "gcut",
    "npa",
    "dma",
    "dma_cps",
    "pscdl",
    "gdpr",
    "gdpr_consent",
    "addtl_consent",
    "us_privacy",
    "gpp",
    "gpp_sid",
    "tcfd",
)
"""Consent parameters on the beacons of all of Google's tags, by wire name."""

STORAGES = ("ad_storage", "analytics_storage", "ad_user_data", "ad_personalization")
"""What the letters of ``gcd`` speak about, in their order."""

_GCS = re.compile(r"G1([01-])([01-])")
_GCD = re.compile(r"[0-9]{2}((?:[A-Za-z][0-9]){4})[A-Za-z0-9]{0,64}")
_LETTERS = {
    **dict.fromkeys("nrtv", True),
    # Capitals occur, with unknown meaning: they count when they restrict, never as a yes.
    **dict.fromkeys("mpquMPQU", False),
}


def choices(signals: Mapping[str, str]) -> dict[str, bool]:
    """Return what the consent parameters of a beacon say: a no wins, what is not said is absent.

    ``gcd`` is on the wire without consent mode too: then it says nothing (all ``l``).
    """
    said = _by_gcd(signals.get("gcd", ""))
    for storage, granted in _by_gcs(signals.get("gcs", "")).items():
        said[storage] = granted and said.get(storage, True)
    if signals.get("npa") == "1":
        said["ad_personalization"] = False
    return said


def _by_gcd(text: str) -> dict[str, bool]:
    match = _GCD.fullmatch(text)
    letters = match.group(1)[::2] if match else ""
    return {
        storage: _LETTERS[letter]
        for storage, letter in zip(STORAGES, letters, strict=False)
        if letter in _LETTERS
    }


def _by_gcs(text: str) -> dict[str, bool]:
    match = _GCS.fullmatch(text)
    digits = match.groups() if match else ()
    return {
        storage: digit == "1"
        for storage, digit in zip(STORAGES, digits, strict=False)
        if digit != "-"
    }


def derived(wire: Mapping[str, str]) -> list[Pair]:
    """Return what single parameters hold several values of, under names the wire cannot have.

    ``@ad_user_data`` and its like: ``granted`` or ``denied``, where something is said.
    ``@em.<key>``: the hashed contact data of ``em`` (``tv.1~em.<hash>~pn.<hash>``), SHA-256 as
    base64url.
    """
    consent = _consent(wire.get("gcd", ""), wire.get("gcs", ""), wire.get("npa", ""))
    return [*consent, *_user_data(wire.get("em", ""))]


@lru_cache(1024)
def _consent(gcd: str, gcs: str, npa: str) -> tuple[Pair, ...]:
    """Cached: a site's visitors send a handful of different ones."""
    said = choices({"gcd": gcd, "gcs": gcs, "npa": npa})
    return tuple((f"@{name}", "granted" if yes else "denied") for name, yes in said.items())


def _user_data(text: str) -> list[Pair]:
    """In place of data stands ``ec.e3`` where the tag failed: a key that no table has."""
    head, *parts = text.split("~", 24)
    if head != "tv.1":
        return []
    pairs = (part.partition(".") for part in parts)
    return [(f"@em.{key}", value) for key, _, value in pairs if value]


_text = short(100)
_OWN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ITEM_WIRE = re.compile(r"pr([1-9][0-9]{0,2})")

# fmt: off
ITEM: Mapping[str, tuple[str, Converter]] = {
    "id": ("item_id", _text),          "nm": ("item_name", _text),
    "br": ("item_brand", _text),       "va": ("item_variant", _text),
    "ca": ("item_category", _text),    "c2": ("item_category2", _text),
    "c3": ("item_category3", _text),   "c4": ("item_category4", _text),
    "c5": ("item_category5", _text),   "cp": ("coupon", _text),
    "af": ("affiliation", _text),      "lo": ("location_id", _text),
    "li": ("item_list_id", _text),     "ln": ("item_list_name", _text),
    "pi": ("promotion_id", _text),     "pn": ("promotion_name", _text),
    "cn": ("creative_name", _text),    "cs": ("creative_slot", _text),
    "pr": ("price", number),            "qt": ("quantity", number),
    "ds": ("discount", number),         "lp": ("index", integer),
}
# fmt: on
"""Key in an item -> name in the API, converter."""


def item(value: str) -> dict[str, Value] | None:
    """Return one item: fields joined by ``~``, each a key of two letters and the value.

    A ``~`` in a value is doubled. ``k0``/``v0`` pairs hold the name and value of own parameters.
    """
    found: dict[str, Value] = {}
    names: dict[str, str] = {}
    for part in value.replace("~~", "\0").split("~"):
        key, rest = part[:2], part[2:].replace("\0", "~")
        if key[:1] == "k" and key[1:].isdigit():
            names[key[1:]] = rest
            continue
        own = names.get(key[1:], "") if key[:1] == "v" else ""
        name, convert = ITEM.get(key) or (own if _OWN_NAME.fullmatch(own) else "", _text)
        converted = convert(rest) if name else None
        if converted is not None:
            found[name] = converted
    return found or None


def item_text(value: str) -> str | None:
    """Return one item as it is on the wire, with its known fields and own parameters only."""
    found: list[str] = []
    owned = ""
    for part in value.replace("~~", "\0").split("~"):
        key, rest = part[:2], part[2:].replace("\0", "~")
        number_of = key[1:] if key[1:].isdigit() else ""
        name, convert = ITEM.get(key, ("", _text))
        if key[:1] == "k" and number_of:
            owned = number_of if _OWN_NAME.fullmatch(rest) else ""
        usable = name or (owned and key in {f"k{owned}", f"v{owned}"})
        if usable and convert(rest) is not None:
            found.append(key + (_text(rest) or "").replace("~", "~~"))
    return "~".join(found) or None


def items(wire: list[Pair]) -> tuple[list[Value], list[Pair]]:
    """Return the items of ``pr1`` to ``pr200`` in their order, and the other parameters."""
    found: dict[int, Value] = {}
    rest = [pair for pair in wire if not pair[0].startswith("pr")]
    for key, value in wire if len(rest) < len(wire) else ():
        match = _ITEM_WIRE.fullmatch(key)
        if match and int(match[1]) <= MAX_ITEMS and int(match[1]) not in found:
            decoded = item(value)
            if decoded:
                found[int(match[1])] = decoded
    return [found[place] for place in sorted(found)], rest


_LEVEL = r"[0-9]{1,2}(?:-[0-9]{1,2})?"
_PART = r"[\w.%*=-]{0,256}"
CLIENT = rf"GA1\.{_LEVEL}\.[0-9]{{1,10}}\.[0-9]{{1,10}}"
"""A well-formed ``_ga``."""

SESSION = (
    rf"GS1\.{_LEVEL}\.[0-9]{{1,20}}(?:\.[\w-]{{0,64}}){{2,10}}"
    rf"|GS2\.{_LEVEL}\.[a-z]{_PART}(?:\$[a-z]{_PART}){{0,20}}"
)
"""A well-formed ``_ga_<id>``: GS1 until May 2025, GS2 since, whose fields come in any order."""

_START = re.compile(r"s[0-9]{1,20}")


def client_of(cookie: str) -> str:
    """Return the client id of a ``_ga`` cookie: its last two numbers."""
    return ".".join(cookie.split(".")[-2:])


def session_of(cookie: str) -> str:
    """Return the session's start (Unix seconds) of ``_ga_<id>``, or "" where it has none."""
    version, _, rest = cookie.partition(".")
    fields = rest.partition(".")[2]
    if version == "GS1":
        return fields.partition(".")[0]
    return next((part[1:] for part in fields.split("$") if _START.fullmatch(part)), "")
