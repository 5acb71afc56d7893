from dataclasses import replace

from firsthand.model import Origin
from firsthand.store.sqlite.twinkeys import (
    KEY_BYTES,
    OWNER_BYTES,
    own_key,
    owner_of,
    twin_key,
)
from tests.factories import make_beacon

KEY = b"k" * KEY_BYTES


def test_twin_keys_are_keyed_and_short() -> None:
    beacon = make_beacon()
    key = twin_key(b"secret", beacon)
    assert len(key) == KEY_BYTES
    assert key == twin_key(b"secret", replace(beacon, id="1", at=5, to="A-2"))
    assert key != twin_key(b"other", beacon)
    assert b"key-1" not in key


def test_parts_of_a_key_cannot_be_shifted() -> None:
    one, other = make_beacon(account="A", name="B1"), make_beacon(account="AB", name="1")
    assert twin_key(b"s", one) != twin_key(b"s", other)


def test_an_owner_is_told_by_browsers_alone_and_links_no_events() -> None:
    jane = make_beacon(subject="jane")
    owner = owner_of(b"s", KEY, jane)
    assert len(owner) == OWNER_BYTES
    assert owner == owner_of(b"s", KEY, replace(jane, origin=Origin.COPY, id="7"))
    assert owner != owner_of(b"s", KEY, replace(jane, subject="joe"))
    assert owner != owner_of(b"s", b"q" * KEY_BYTES, jane)
    assert owner != owner_of(b"t", KEY, jane)
    assert owner_of(b"s", KEY, make_beacon()) == b""
    assert owner_of(b"s", KEY, replace(jane, key_made=True)) == b""
    assert owner_of(b"s", KEY, replace(jane, origin=Origin.BACKEND)) == b""
    assert len(owner_of(b"s" * 200, KEY, jane)) == OWNER_BYTES


def test_own_keys_are_keys() -> None:
    one, other = own_key(KEY, b"1" * OWNER_BYTES), own_key(KEY, b"2" * OWNER_BYTES)
    assert len(one) == len(other) == KEY_BYTES
    assert len({KEY, one, other}) == 3
