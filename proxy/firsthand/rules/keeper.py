"""The keeper: our own HttpOnly cookie, from which vendor cookies that a browser lost are restored.

``fh_keep`` on a tracking host, ``__Host-fh_keep`` below a path of the site (there no sibling host
can plant one). Its value is ``v1.<payload>.<mac>``: base64url of compact JSON, deflated with a
dictionary of what all such cookies have in common, and an HMAC-SHA-256 over version, site and
payload, cut to 128 bits. A keeper that does not verify is treated as absent. It is unpacked only
once it has been verified.
"""

import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import orjson

from firsthand.rules.site import Site

VERSION = "v1"
MAX_COOKIE = 1536
LIFE_S = 90 * 86_400
_ON_HOST, _IN_PATH = "fh_keep", "__Host-fh_keep"
NAMES = frozenset({_ON_HOST, _IN_PATH})
_MAC_BYTES = 16
_MAC_TEXT = 22
_MOST_COPIES = 10
_MOST_PLAIN = 16_384
_LIFE_DAYS = LIFE_S // 86_400
_DAY_MS = 86_400_000
_COMMON = (
    b'"%7B%22pixelVersion%22%3A%222.3.35%22%2C%22timestamp%22%3A17%2C%22twclid%22%3A%22%22%2C%22so'
    b'urce%22%3A1%7D","_twclid":["_twpid":["tw.17"_uetmsclkid":["_uet"_uetvid":["_rdt_uuid":["17"'
    b'_rdt_cid":["_scclid":["_scid":["ttclid":["E.C.P._ttp":[".tt.1"_pin_unauth":["_derived_epik":'
    b'["_epik":["dj0yJnU9"__oppref":["gAAAAA"__obref":["li_giant":["li_fat_id":["_gcl_gb":["_gcl_a'
    b'g":["2.1.k$i"_gcl_gs":["2.1.k1$i17"_gcl_au":["1.1."_gcl_aw":["GCL.17"_ga_":["GS2.1.s17$o1$g1'
    b'$t17$j$l0$h0"_ga":["GA1.1.17"_fbp":["fb.1.17"_fbc":["fb.1.17.IwAR,17"]}}'
    b'{"b":"","d":20,"i":{"'
)
"""What deflating begins with. Part of the version: another text reads no older keeper."""


class Fault(StrEnum):
    """Why a keeper was ignored."""

    OVERSIZED = "oversized"
    VERSION = "version"
    TRUNCATED = "truncated"
    FORGED = "forged"
    UNREADABLE = "unreadable"  # ours, by its mac, but of a form that this version does not write
    EXPIRED = "expired"  # a browser would have deleted it long ago
    COPIES = "copies"  # several of one name: somebody else sets one


class Kept(NamedTuple):
    """A vendor cookie's value and when we first saw it (Unix ms): of a click id, the click."""

    value: str
    since: int

    def __repr__(self) -> str:
        return f"Kept(since={self.since})"


@dataclass(frozen=True, slots=True)
class Keeper:
    """What we keep of a browser: our id for it, and vendor ids by cookie name.

    ``day`` is the last day (days since 1970, UTC) on which all cookies were issued anew. ``full``:
    some ids had no room. ``shown``: the browser has sent the keeper of that day back since, so it
    took it.
    """

    browser: str = field(repr=False)
    ids: Mapping[str, Kept]
    day: int
    full: bool = False
    shown: bool = False


def new(digest: bytes, *, day: int) -> Keeper:
    """Return an empty keeper whose id follows from ``digest`` and cannot be guessed without it."""
    return Keeper(_text(sha256(b"browser\0" + digest).digest()[:16]), {}, day)


def name(site: Site) -> str:
    """Return the keeper's name in this site's layout."""
    return _IN_PATH if site.base_path else _ON_HOST


def encode(keeper: Keeper, site: Site, *, room: int = MAX_COOKIE) -> str:
    """Return the cookie's value; name and value together take at most ``room`` bytes.

    What does not fit is left out: first what no server call carries, then what was seen first.
    """
    ids = sorted(keeper.ids.items(), key=lambda item: (_is_told(item[0], site), item[1].since))
    most = min(room, MAX_COOKIE) - len(name(site)) - 1
    whole = replace(keeper, full=False)
    while True:
        payload = _text(_pack(whole))
        value = f"{VERSION}.{payload}.{_text(_mac(site.secret, site.name, payload))}"
        if len(value) <= most or not ids:
            return value
        ids = ids[1 + (len(value) - most) // _LARGEST :]
        whole = replace(keeper, ids=dict(ids), full=True)


_LARGEST = 700  # no id takes more: so many can be left out at once, and never one too many


def _is_told(cookie: str, site: Site) -> bool:
    row = site.rows.find(cookie)
    return row is not None and bool(row.cookie.field)


def decode(values: Sequence[str], site: Site) -> Keeper | None:
    """Return the newest of the copies that verify, under the newest secret or an old one."""
    return _newest(values, site, [])


def read(values: Sequence[str], site: Site, *, now: int) -> tuple[Keeper | None, list[Fault]]:
    """Return the keeper that holds at ``now`` (Unix ms), and why copies were ignored."""
    faults: list[Fault] = []
    found = _newest(values, site, faults)
    if len(values) > 1:
        faults.append(Fault.COPIES)
    if found is not None and now // _DAY_MS - found.day > _LIFE_DAYS:
        return None, [*faults, Fault.EXPIRED]
    return found, faults


def _newest(values: Sequence[str], site: Site, faults: list[Fault]) -> Keeper | None:
    best: Keeper | None = None
    for value in values[:_MOST_COPIES]:
        found = _verified(value, site.name, site.secret, site.old_secrets)
        if isinstance(found, Fault):
            faults.append(found)
        elif best is None or found.day > best.day:
            best = found
    return best


@lru_cache(4096)
def _verified(value: str, site: str, secret: bytes, old: tuple[bytes, ...]) -> Keeper | Fault:
    """Return what one copy says. Remembered: all beacons of a page carry the same."""
    version, _, rest = value.partition(".")
    payload, _, mac = rest.partition(".")
    if len(value) > MAX_COOKIE:
        return Fault.OVERSIZED
    if version != VERSION:
        return Fault.VERSION
    if len(mac) < _MAC_TEXT:
        return Fault.TRUNCATED
    if not _verifies(payload, mac, site, (secret, *old)):
        return Fault.FORGED
    return _load(payload) or Fault.UNREADABLE


def forget() -> None:
    """Forget the keepers that were verified before: as a server does that has just started."""
    _verified.cache_clear()


def subject(keeper: Keeper, site: Site) -> str:
    """Return the keyed hash that stands for this browser, in beacons and tombstones."""
    return _subject(keeper, site, site.secret)


def subjects(keeper: Keeper, site: Site) -> tuple[str, ...]:
    """Return ``subject`` under every secret: what was stored before a rotation is found too."""
    return tuple(_subject(keeper, site, secret) for secret in (site.secret, *site.old_secrets))


def _subject(keeper: Keeper, site: Site, secret: bytes) -> str:
    text = f"subject\0{site.name}\0{keeper.browser}"
    return hmac.digest(secret, text.encode(), "sha256")[:_MAC_BYTES].hex()


def _mac(secret: bytes, site: str, payload: str) -> bytes:
    text = f"keeper\0{VERSION}\0{site}\0{payload}"
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256")[:_MAC_BYTES]


def _verifies(payload: str, mac: str, site: str, secrets: tuple[bytes, ...]) -> bool:
    if not (payload.isascii() and mac.isascii()):
        return False
    return any(hmac.compare_digest(_text(_mac(secret, site, payload)), mac) for secret in secrets)


def _pack(keeper: Keeper) -> bytes:
    ids = {known: [kept.value, kept.since] for known, kept in keeper.ids.items()}
    told = {"b": keeper.browser, "d": keeper.day, "i": ids}
    if keeper.full:
        told["f"] = 1
    if keeper.shown:
        told["s"] = 1
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zdict=_COMMON)
    return packer.compress(orjson.dumps(told)) + packer.flush()


def _load(payload: str) -> Keeper | None:
    try:
        packed = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS, _COMMON)
        told = orjson.loads(unpacker.decompress(packed, _MOST_PLAIN))
        ids = {known: Kept._make(each) for known, each in told["i"].items()}
        return Keeper(str(told["b"]), ids, int(told["d"]), "f" in told, "s" in told)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
