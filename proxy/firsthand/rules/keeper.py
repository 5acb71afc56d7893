"""The keeper: our own HttpOnly cookie, from which vendor cookies that a browser lost are restored.

``fh_keep`` on a tracking host, ``__Host-fh_keep`` below a path of the site (there no sibling host
can plant one). Its value is ``v1.<payload>.<mac>``: base64url of compact JSON, and an HMAC-SHA-256
over version, site and payload, cut to 128 bits. A keeper that does not verify is treated as absent.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import orjson

from firsthand.rules.site import Site

VERSION = "v1"
MAX_COOKIE = 1536
LIFE_S = 90 * 86_400
_ON_HOST, _IN_PATH = "fh_keep", "__Host-fh_keep"
NAMES = frozenset({_ON_HOST, _IN_PATH})
_MAC_BYTES = 16
_MOST_COPIES = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A vendor cookie's value and when we first saw it (Unix ms)."""

    value: str = field(repr=False)
    since: int


@dataclass(frozen=True, slots=True)
class Keeper:
    """What we keep of a browser: our id for it, and vendor ids by cookie name.

    ``day`` is the last day (days since 1970, UTC) on which all cookies were issued anew.
    """

    browser: str = field(repr=False)
    ids: Mapping[str, Kept]
    day: int


def new(digest: bytes, *, day: int) -> Keeper:
    """Return an empty keeper whose id follows from ``digest`` and cannot be guessed without it."""
    return Keeper(_text(sha256(b"browser\0" + digest).digest()[:16]), {}, day)


def name(site: Site) -> str:
    """Return the keeper's name in this site's layout."""
    return _IN_PATH if site.base_path else _ON_HOST


def encode(keeper: Keeper, site: Site) -> str:
    """Return the cookie's value; ids that were seen first are left out until it fits 1.5 KiB."""
    newest = sorted(keeper.ids.items(), key=lambda item: -item[1].since)
    room = MAX_COOKIE - len(name(site)) - 1
    while True:
        payload = _text(_dump(Keeper(keeper.browser, dict(newest), keeper.day)))
        value = f"{VERSION}.{payload}.{_text(_mac(site.secret, site, payload))}"
        if len(value) <= room or not newest:
            return value
        newest.pop()


def decode(values: Sequence[str], site: Site) -> Keeper | None:
    """Return the first of the copies that verifies, under the newest secret or an old one."""
    for value in values[:_MOST_COPIES]:
        version, _, rest = value.partition(".")
        payload, _, mac = rest.partition(".")
        if version == VERSION and len(value) <= MAX_COOKIE and _verifies(payload, mac, site):
            return _load(payload)
    return None


def subject(keeper: Keeper, site: Site) -> str:
    """Return the keyed hash that stands for this browser, in beacons and tombstones."""
    return _subject(keeper, site, site.secret)


def subjects(keeper: Keeper, site: Site) -> tuple[str, ...]:
    """Return ``subject`` under every secret: what was stored before a rotation is found too."""
    return tuple(_subject(keeper, site, secret) for secret in _secrets(site))


def _subject(keeper: Keeper, site: Site, secret: bytes) -> str:
    text = f"subject\0{site.name}\0{keeper.browser}"
    return hmac.digest(secret, text.encode(), "sha256")[:_MAC_BYTES].hex()


def _secrets(site: Site) -> Iterator[bytes]:
    yield site.secret
    yield from site.old_secrets


def _mac(secret: bytes, site: Site, payload: str) -> bytes:
    text = f"keeper\0{VERSION}\0{site.name}\0{payload}"
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256")[:_MAC_BYTES]


def _verifies(payload: str, mac: str, site: Site) -> bool:
    if not (payload.isascii() and mac.isascii()):
        return False
    return any(
        hmac.compare_digest(_text(_mac(secret, site, payload)), mac) for secret in _secrets(site)
    )


def _dump(keeper: Keeper) -> bytes:
    ids = {known: [kept.value, kept.since] for known, kept in keeper.ids.items()}
    return orjson.dumps({"b": keeper.browser, "d": keeper.day, "i": ids})


def _load(payload: str) -> Keeper | None:
    try:
        told = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ids = {known: Kept(str(value), int(since)) for known, (value, since) in told["i"].items()}
        return Keeper(str(told["b"]), ids, int(told["d"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # ours, by its mac, but of a form that this version does not write


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
