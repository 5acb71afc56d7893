"""Keyed hashes by which beacons of one event, and its visitor, are known again. Pure."""

import hmac
from hashlib import blake2b

from firsthand.model import Beacon, Origin

KEY_BYTES = 16
OWNER_BYTES = 8


def twin_key(secret: bytes, beacon: Beacon) -> bytes:
    """Return the keyed hash by which beacons of one event are known: 16 bytes.

    An event without a key is nobody's twin; its own id stands in.
    """
    key = beacon.event_key or f"\n{beacon.id}"
    return key_of(secret, beacon.site, beacon.vendor, beacon.account, beacon.name, key)


def key_of(secret: bytes, *parts: str) -> bytes:
    """Return ``twin_key`` of site, vendor, account, event name and event key."""
    return hmac.digest(secret, "\0".join(parts).encode(), "sha256")[:KEY_BYTES]


def order_key(secret: bytes, beacon: Beacon) -> bytes | None:
    """Return the keyed hash by which an order is known under another event key; ``None``: no order.

    It is told apart by site, vendor, account and name, as the event key is.
    """
    if not beacon.order:
        return None
    parts = ("order", beacon.site, beacon.vendor, beacon.account, beacon.name, beacon.order)
    return hmac.digest(secret, "\0".join(parts).encode(), "sha256")[:KEY_BYTES]


def owner_of(secret: bytes, key: bytes, beacon: Beacon) -> bytes:
    """Return a keyed hash of twin key and visitor, empty where no browser speaks for a visitor.

    A key that we made nobody else can have.
    """
    if not beacon.subject or beacon.key_made or beacon.origin is Origin.BACKEND:
        return b""
    return owner_key(secret, key, beacon.subject)


def owner_key(secret: bytes, key: bytes, subject: str) -> bytes:
    """Return the keyed hash of a twin key and a visitor."""
    return blake2b(key + subject.encode(), key=secret[:64], digest_size=OWNER_BYTES).digest()


def own_key(key: bytes, owner: bytes) -> bytes:
    """Return the key of an event whose key another visitor's event has."""
    return key[: KEY_BYTES - OWNER_BYTES] + owner
