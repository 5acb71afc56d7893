"""Google Ads: the tag's conversions -> the Data Manager API.

The table is in ``fields``, answers in ``answers``, the shop's own events in
``events``.

Source: Google's pages on the Data Manager API (``events.ingest``, limits, online conversions,
        formatting of user data), read 2026-11. The beacons are not documented: gtag.js of
        2026-01, run in Chromium in November 2026.
Units:  money in major units; the beacon's ``random`` in milliseconds; ``eventTimestamp`` RFC 3339.
Limits: 2,000 events a call, 300 calls a minute and 100,000 a day for a Google Cloud project.
Losses: remarketing (pages, carts) has no server API here; one action, one id: names do not count.

One conversion makes three to five requests. Google counts ``/pagead/conversion/``; the others are
mirrors.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import orjson

from firsthand.convert import (
    address,
    integer,
    short,
)
from firsthand.mapping import Pair, Taken, body_pairs, nest, query_pairs, request_pairs
from firsthand.model import (
    Beacon,
    Call,
    Fields,
    Hit,
    Purpose,
    Reading,
    Reason,
    Value,
)
from firsthand.vendor import (
    Auth,
    Dedup,
    Door,
    Limits,
    Money,
    Script,
    Vendor,
    Version,
)
from firsthand.vendors import google_tag
from firsthand.vendors.google_ads.answers import HOST, ask, judge, judge_ask, judge_probe
from firsthand.vendors.google_ads.cookies import COOKIES
from firsthand.vendors.google_ads.events import compose
from firsthand.vendors.google_ads.fields import (
    CLICKS,
    CONVERSION,
    FIELDS,
    IDENTIFIERS,
    SOURCE,
    TABLE,
    WEB,
    doubts,
    order_of,
    page_clicks,
)
from firsthand.vendors.google_ads.relay import relay

ACCOUNT = r"AW-[0-9]{6,12}(?:/[A-Za-z0-9_-]{1,64})?"
TAG = r"(?:AW-)?[0-9]{6,12}"
OLDEST_MS = 7 * 24 * 3600 * 1000
AHEAD_MS = 60 * 1000

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG_IN_PATH = re.compile(r"/(?:AW-)?([0-9]{6,12})(?:/|\Z)")
_TAG_IN_QUERY = re.compile(r"AW-([0-9]{6,12})")

_words = str.split

AUTOMATIC = frozenset({"form_data", "user_id_update", "user_data_update"})
"""What the tag makes up by itself: hashed contact data ahead of a conversion, ids that changed."""

_STANDARD = _words(
    "page_view purchase add_to_cart remove_from_cart add_to_wishlist begin_checkout refund search "
    "add_payment_info add_shipping_info view_item_list generate_lead sign_up login share"
)
EVENT_NAMES: Mapping[str, str] = {
    **dict(zip(_STANDARD, _STANDARD, strict=True)),
    "view_item": "viewed_item",
    "view_cart": "viewed_cart",
    CONVERSION: "custom",
}


def read(hit: Hit) -> Iterator[Reading]:
    """Yield the one event of a request; nothing where it names no tag."""
    pairs = query_pairs(hit.query) + body_pairs(hit)
    told = {name: value for name, value in reversed(pairs) if value}
    tag = _TAG_IN_PATH.search(hit.path) or _TAG_IN_QUERY.fullmatch(told.get("tid", ""))
    if tag is None:
        return
    label = _LABEL.fullmatch(told.get("label", ""))
    name = _name(hit.path, told, converts=label is not None)
    skip = _skip(hit.path, name, told, converts=label is not None)
    page = address(told.get("url") or told.get("dl", "")) or ""
    taken = Taken({}, (), 0) if skip else _taken(pairs, told, hit, page)
    order = order_of(told.get("oid", ""))
    bad_order = bool(told.get("oid")) and not order and not skip
    yield Reading(
        account=f"AW-{tag[1]}/{label[0]}" if label else f"AW-{tag[1]}",
        name=name,
        canonical=_canonical(name, told, order),
        event_key=order,
        page=page or address(hit.headers.get("referer", "")) or "",
        at=_event_time(told.get("random", ""), hit.at),
        fields=taken.fields,
        signals={key: told[key] for key in google_tag.SIGNALS if key in told},
        limited=told.get("rdp") == "1",
        unlisted=taken.unlisted,
        skip=skip,
        notes=taken.notes + (("oid: not usable",) if bad_order else ()),
        wire=pairs,
    )


def _name(path: str, told: Mapping[str, str], *, converts: bool) -> str:
    """Return the event's name; scripts before 2023 send none with a conversion or a page view."""
    if "/form-data/" in path:
        return "form_data"
    name = short(40)(told.get("en", "")) or (CONVERSION if converts else "page_view")
    return "page_view" if name == "gtag.config" else name


def _skip(path: str, name: str, told: Mapping[str, str], *, converts: bool) -> Reason:
    """Only ``/pagead/conversion/`` is counted by Google; what has no label converts nothing."""
    if name in AUTOMATIC:
        return Reason.AUTOMATIC
    if converts:
        return Reason.NONE if path.startswith("/pagead/conversion/") else Reason.MIRROR
    return Reason.MIRROR if told.get("en") == "gtag.config" else Reason.UNMAPPABLE


def _canonical(name: str, told: Mapping[str, str], order: str) -> str:
    sold = told.get("bttype") == "purchase" or bool(order and told.get("value"))
    return "purchase" if name == CONVERSION and sold else EVENT_NAMES.get(name, "custom")


def _taken(pairs: Sequence[Pair], told: Mapping[str, str], hit: Hit, page: str) -> Taken:
    derived = google_tag.derived(told) + page_clicks(page)
    taken = TABLE.take([*derived, *pairs, *request_pairs(hit)])
    if told.get("currency_code") and "currency" not in taken.fields:
        taken.fields.pop("conversionValue", None)  # it would count in the account's own currency
    if told.get("rdp") == "1":  # restricted data processing: no personalised advertising
        restricted = taken.fields | {"consent.adPersonalization": "CONSENT_DENIED"}
        taken = replace(taken, fields=restricted)
    return replace(taken, notes=taken.notes + doubts(taken.fields))


def _event_time(told: str, arrival: int) -> int:
    """Return the event's time in ms; arrival where the browser's clock tells nothing sensible."""
    stamp = integer(told)
    if stamp is None or not arrival - OLDEST_MS <= stamp <= arrival + AHEAD_MS:
        return arrival
    return stamp


@dataclass(frozen=True, slots=True)
class Settings:
    """Where one conversion (``account`` is ``AW-<id>/<label>``) goes to in Google Ads."""

    customer: str = field(
        default="",
        metadata={
            "doc": "Customer id of the Google Ads account that owns the conversion action.",
            "needed": "111-222-3333",
        },
    )
    action: str = field(
        default="",
        metadata={
            "doc": "Id of the conversion action of this label: ctId in the address of its page "
            "under Goals, Conversions.",
            "needed": "700000001",
        },
    )
    login_customer: str = field(
        default="",
        metadata={
            "doc": "Customer id of the manager account through which the key has access; empty: "
            "direct."
        },
    )
    quota_project: str = field(
        default="",
        metadata={
            "doc": "Google Cloud project that the calls count for; only for a user's key, a "
            "service account has its own."
        },
    )
    events: tuple[str, ...] = field(
        default=(),
        metadata={
            "doc": "Events told by fh.js or the shop's server that are this conversion: words of "
            "ECAPI (purchase, generate_lead), or the names of custom events. A refund never is."
        },
    )


MAX_IDENTIFIERS = 10
_ADDRESS = ("givenName", "familyName", "regionCode", "postalCode")


def write(beacons: Sequence[Beacon], settings: Settings, *, now: int) -> Call:
    """Return the call that brings events of one conversion action to Google. ``now`` is in ms."""
    first = beacons[0]
    label = first.to.partition("/")[2] or "tag"
    headers = {"content-type": "application/json"}
    if settings.quota_project:
        headers["x-goog-user-project"] = settings.quota_project
    body = {
        "destinations": [_destination(label, settings)],
        "encoding": "HEX",
        "events": [{"destinationReferences": [label], **_event(each, now)} for each in beacons],
    }
    return Call(
        vendor=first.vendor,
        account=first.to,
        method="POST",
        url=f"https://{HOST}/v1/events:ingest",
        headers=headers,
        body=orjson.dumps(body),
    )


def _destination(label: str, settings: Settings) -> dict[str, Value]:
    made: dict[str, Value] = {
        "reference": label,
        "operatingAccount": _customer_account(settings.customer),
        "productDestinationId": settings.action,
    }
    if settings.login_customer:
        made["loginAccount"] = _customer_account(settings.login_customer)
    return made


def _customer_account(customer: str) -> dict[str, Value]:
    """Consoles show customer ids with dashes, the API wants them without."""
    return {"accountType": "GOOGLE_ADS", "accountId": customer.replace("-", "")}


def _event(beacon: Beacon, now: int) -> dict[str, Value]:
    when = datetime.fromtimestamp(min(beacon.event_at, now) / 1000, UTC)
    head: Fields = {
        "transactionId": beacon.event_key[:512],
        "eventTimestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        SOURCE: WEB,
    }
    clicks = [name for name in CLICKS if f"adIdentifiers.{name}" in beacon.fields]
    spare = {f"adIdentifiers.{name}" for name in clicks[1:]}
    kept = {path: value for path, value in beacon.fields.items() if path not in spare}
    body = nest(kept)
    user = body.pop("userData", None)
    identifiers = _identifiers(user) if isinstance(user, dict) else []
    if identifiers:
        body["userData"] = {"userIdentifiers": identifiers}
    if clicks and clicks[0] != "gclid":
        body.pop("cartData", None)  # not taken with the click ids that stand for many clicks
    # Only who said yes expressly is claimed to have.
    granted = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    said = body.pop("consent", None)
    consent: Fields = dict(granted) if beacon.verdict.explicit else {}
    consent |= said if isinstance(said, dict) else {}
    return head | body | ({"consent": consent} if consent else {})


def _identifiers(user: Mapping[str, Value]) -> list[Value]:
    """Return what Google recognises a person by; an address counts as a whole only."""
    told = ((name, user[name]) for name in ("emailAddress", "phoneNumber") if name in user)
    found: list[Value] = [
        {name: each}
        for name, given in told
        for each in (given if isinstance(given, list) else [given])
    ]
    if all(name in user for name in _ADDRESS):
        address = {name: user[name] for name in _ADDRESS}
        return [*found[: MAX_IDENTIFIERS - 1], {"address": address}]
    return found[:MAX_IDENTIFIERS]


def batch_key(beacon: Beacon) -> str:
    """Return conversion action, whether the event says whose it is, and where it happened: Google
    refuses a whole call for one event of nobody, or of a source that the action does not take."""
    known = "known" if beacon.fields.keys() & IDENTIFIERS else "nobody"
    return f"{beacon.to} {known} {beacon.fields.get(SOURCE, WEB)}"


def probe(call: Call) -> Call:
    """Return the call that Google checks and forgets."""
    return replace(call, body=orjson.dumps(orjson.loads(call.body) | {"validateOnly": True}))


def tags(account: str) -> tuple[str, ...]:
    """Return the ids by which scripts (``AW-1``) and beacons (``1``) name an account's tag."""
    tag = account.partition("/")[0]
    return tag, tag.removeprefix("AW-")


_SERVICES = ("www.googleadservices.com",)
_SEARCH = ("www.google.com",)

VENDOR = Vendor(
    key="google_ads",
    title="Google Ads",
    purpose=Purpose.MARKETING,
    tcf_id=755,  # Google Advertising Products; Global Vendor List v3 no. 45, March 2024
    account_pattern=ACCOUNT,
    account_example="AW-123456789/AbC-D_efG-h12_34-567",
    beacons=(
        Door(_SERVICES, ("/pagead/conversion/{account}/", "/ccm/conversion/{account}/")),
        Door(("googleads.g.doubleclick.net",), ("/pagead/viewthroughconversion/{account}/",)),
        Door(_SEARCH, ("/rmkt/collect/{account}/", "/ccm/collect", "/ccm/form-data/{account}")),
        Door(("google.com", *_SEARCH), ("/pagead/form-data/{account}",)),
        Door(("pagead2.googlesyndication.com",), ("/ccm/collect",)),
        Door(("ad.doubleclick.net",), ("/ccm/s/collect",)),
    ),
    scripts=(
        *google_tag.SCRIPTS,
        # Tags from before gtag: they convert through the same door.
        Script(
            _SERVICES,
            ("/pagead/conversion_async.js", "/pagead/conversion.js"),
            sentinels=(b"google_conversion",),
        ),
    ),
    never=google_tag.NEVER,
    sinks=(
        *google_tag.SINKS,
        # The same conversion and the same visit again, for cookies on Google's own domains.
        Door(
            ("www.google.*",),
            ("/pagead/1p-conversion/{account}/", "/pagead/1p-user-list/{account}/"),
        ),
        Door(_SERVICES, ("/pagead/set_partitioned_cookie",)),
        Door((*_SEARCH, *_SERVICES), ("/pagead/landing",)),
    ),
    fields=FIELDS,
    click_ids=google_tag.CLICK_IDS,
    cookies=COOKIES,
    event_names=EVENT_NAMES,
    settings=Settings,
    auth=Auth.GOOGLE,
    token_help="The JSON key of a service account (Google Cloud, IAM, Keys; Data Manager API "  # noqa: S106 - where it is
    "enabled) whose e-mail address is a user of the Google Ads account.",
    # A Cloud project has 100,000 calls a day: one a second. The size of a call is not documented.
    limits=Limits(
        max_batch=2000,
        max_bytes=4_000_000,
        max_age=timedelta(days=63),
        calls_per_second=1.0,
    ),
    # How long Google merges both paths is not documented; as long as a click converts, at least.
    dedup=Dedup("transaction id, per conversion action", timedelta(days=90), from_page=True),
    money=Money("conversionValue", "currency"),
    versions=(Version("v1", None),),
    read=read,
    write=write,
    judge=judge,
    batch_key=batch_key,
    api_hosts=(HOST, "oauth2.googleapis.com"),
    automatic=AUTOMATIC,
    account_params=("tid",),
    probe=probe,
    judge_probe=judge_probe,
    ask=ask,
    judge_ask=judge_ask,
    compose=compose,
    tags=tags,
    tag_pattern=TAG,
    relay=relay(),
)
