import gzip
from hashlib import sha256

import brotli
import pytest

from firsthand.edge.shelf import ADDRESSES, VERSIONS, File, Shelf, packed, unpacked

ADDRESS = "connect.facebook.net/en_US/fbevents.js"
OTHER = "connect.facebook.net/de_DE/fbevents.js"


def file(text: str) -> File:
    return packed(text.encode())


def test_a_file_is_packed_once_in_every_encoding() -> None:
    body = b"fbq('init');" * 100
    made = packed(body)
    assert made == packed(body), "the same bytes give the same tags on every worker"
    assert brotli.decompress(made.br) == gzip.decompress(made.gzip) == made.plain == body
    assert made.hash == sha256(body).hexdigest()[:32]
    assert len(made.br) < len(body)
    assert packed(b"").plain == b""


@pytest.mark.parametrize("broken", [b"", b"x", packed(b"other").br, packed(b"good").br[:-1]])
def test_only_the_bytes_of_its_hash_are_unpacked(broken: bytes) -> None:
    good = packed(b"good")
    assert unpacked(good.br, good.hash) == good
    assert unpacked(broken, good.hash) is None


def test_a_file_can_be_there_without_being_live() -> None:
    shelf = Shelf()
    old, new = file("old"), file("new")
    shelf.put(ADDRESS, old, door="door", live=False)
    assert shelf.live(ADDRESS) is None
    shelf.put(ADDRESS, new, door="door")
    shelf.put(ADDRESS, old, door="door", live=False)
    assert (shelf.live(ADDRESS), shelf.version(ADDRESS, old.hash)) == (new, old)
    for index in range(VERSIONS):
        shelf.put(ADDRESS, file(f"{index}"), door="door", live=False)
    assert shelf.live(ADDRESS) == new, "what is served was pushed out"


def test_what_is_withdrawn_is_gone_at_once() -> None:
    shelf = Shelf()
    old, new = file("old"), file("new")
    for each in (old, new):
        shelf.put(ADDRESS, each, door="door")
    shelf.withdraw(ADDRESS, frozenset({old.hash}))
    assert (shelf.live(ADDRESS), shelf.version(ADDRESS, old.hash)) == (None, old)
    shelf.withdraw(OTHER, frozenset())


def test_the_newest_copy_is_live_and_older_ones_are_kept() -> None:
    shelf = Shelf()
    assert shelf.live(ADDRESS) is None
    files = [file(f"version {index}") for index in range(VERSIONS + 1)]
    for each in files:
        shelf.put(ADDRESS, each, door="door")
    assert shelf.live(ADDRESS) == files[-1]
    assert shelf.version(ADDRESS, files[0].hash) is None, "the oldest had to go"
    for each in files[1:]:
        assert shelf.version(ADDRESS, each.hash) == each
    assert shelf.version(OTHER, files[-1].hash) is None


def test_a_copy_that_comes_back_is_live_again() -> None:
    shelf = Shelf()
    old, new = file("old"), file("new")
    for each in (old, new, old):
        shelf.put(ADDRESS, each, door="door")
    assert shelf.live(ADDRESS) == old
    assert shelf.version(ADDRESS, new.hash) == new


def test_the_number_of_addresses_is_bounded() -> None:
    shelf = Shelf()
    gone: list[str] = []
    for index in range(ADDRESSES + 10):
        gone += shelf.put(f"a.example/{index}.js", file("x"), door="a.example/*.js")
        shelf.live("a.example/0.js")
    assert shelf.live("a.example/0.js") is not None, "what is asked for stays"
    assert gone == [f"a.example/{index}.js" for index in range(1, 11)]
    assert not any(shelf.live(address) for address in gone)
    kept = [shelf.live(f"a.example/{n}.js") for n in range(ADDRESSES + 10)]
    assert sum(each is not None for each in kept) == ADDRESSES


def test_variants_of_one_door_push_out_no_others() -> None:
    shelf = Shelf()
    shelf.put("own.example/own.js", file("x"), door="own.example/*.js", own=True)
    for index in range(5):
        shelf.put(f"b.example/{index}.js", file("x"), door="b.example/*.js")
    for index in range(3 * ADDRESSES):
        shelf.put(f"a.example/{index}.js", file("x"), door="a.example/*.js")
        shelf.put(f"own.example/{index}.js", file("x"), door="own.example/*.js")
    for address in ("own.example/own.js", *(f"b.example/{index}.js" for index in range(5))):
        assert shelf.live(address) is not None, address


def test_as_many_doors_as_addresses_are_bounded_too() -> None:
    shelf = Shelf()
    gone = [
        address
        for index in range(ADDRESSES + 3)
        for address in shelf.put(f"{index}.example/x.js", file("x"), door=f"{index}.example/x.js")
    ]
    assert gone == ["0.example/x.js", "1.example/x.js", "2.example/x.js"]
