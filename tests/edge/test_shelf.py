import gzip
import os
from hashlib import sha256
from pathlib import Path

import brotli
import pytest

from firsthand.edge.shelf import ADDRESSES, OWN, VERSIONS, File, Shelf, packed

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


def test_the_newest_copy_is_live_and_older_ones_are_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.live(ADDRESS) is None
    files = [file(f"version {index}") for index in range(VERSIONS + 1)]
    for each in files:
        shelf.put(ADDRESS, each, door="door")
    assert shelf.live(ADDRESS) == files[-1]
    assert shelf.version(ADDRESS, files[0].hash) is None, "the oldest had to go"
    for each in files[1:]:
        assert shelf.version(ADDRESS, each.hash) == each
    assert shelf.version(OTHER, files[-1].hash) is None


def test_a_copy_that_comes_back_is_live_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new = file("old"), file("new")
    for each in (old, new, old):
        shelf.put(ADDRESS, each, door="door")
    assert shelf.live(ADDRESS) == old
    assert shelf.version(ADDRESS, new.hash) == new


def test_the_number_of_addresses_is_bounded(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    gone: list[str] = []
    for index in range(ADDRESSES + 10):
        gone += shelf.put(f"a.example/{index}.js", file("x"), door="a.example/*.js")
        shelf.live("a.example/0.js")
    assert shelf.live("a.example/0.js") is not None, "what is asked for stays"
    assert gone == [f"a.example/{index}.js" for index in range(1, 11)]
    assert not any(shelf.live(address) for address in gone)
    kept = [shelf.live(f"a.example/{n}.js") for n in range(ADDRESSES + 10)]
    assert sum(each is not None for each in kept) == ADDRESSES


def test_variants_of_one_door_push_out_no_others(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("own.example/own.js", file("x"), door="own.example/*.js", own=True)
    for index in range(5):
        shelf.put(f"b.example/{index}.js", file("x"), door="b.example/*.js")
    for index in range(3 * ADDRESSES):
        shelf.put(f"a.example/{index}.js", file("x"), door="a.example/*.js")
        shelf.put(f"own.example/{index}.js", file("x"), door="own.example/*.js")
    for address in ("own.example/own.js", *(f"b.example/{index}.js" for index in range(5))):
        assert shelf.live(address) is not None, address


def test_as_many_doors_as_addresses_are_bounded_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    gone = [
        address
        for index in range(ADDRESSES + 3)
        for address in shelf.put(f"{index}.example/x.js", file("x"), door=f"{index}.example/x.js")
    ]
    assert gone == ["0.example/x.js", "1.example/x.js", "2.example/x.js"]


def test_a_dropped_copy_is_gone_from_disk(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.save(ADDRESS, file("x"))
    for _ in range(2):
        shelf.drop(ADDRESS)
    assert not list(tmp_path.iterdir())


def test_what_runs_before_left_too_much_of_is_tidied(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    body = file("x")
    for index in range(ADDRESSES + OWN + 3):
        shelf.save(f"a.example/{index}.js", body)
        for path in tmp_path.glob("*.js*"):
            if path.stat().st_mtime > 1_000_000:
                os.utime(path, (index, index))
    again = Shelf(tmp_path)
    assert [again.load(f"a.example/{index}.js") for index in range(3)] == [None] * 3
    assert again.load("a.example/3.js") == body
    assert len(list(tmp_path.iterdir())) == 2 * (ADDRESSES + OWN)


def test_a_copy_survives_a_restart(tmp_path: Path) -> None:
    kept = file("good")
    Shelf(tmp_path / "scripts").save(ADDRESS, kept)
    again = Shelf(tmp_path / "scripts")
    assert again.live(ADDRESS) is None
    assert again.load(ADDRESS) == kept
    assert again.load(OTHER) is None


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("js", b"good but torn"),
        ("js", b""),
        ("js", None),
        ("json", b"{"),
        ("json", b"[]"),
        ("json", b"{}"),
        ("json", b"\xff"),
        ("json", b'{"address":"evil.example/x.js","hash":"0"}'),
        ("json", None),
    ],
)
def test_a_copy_that_is_not_whole_is_none(
    tmp_path: Path, suffix: str, content: bytes | None
) -> None:
    shelf = Shelf(tmp_path)
    shelf.save(ADDRESS, file("good"))
    (path,) = tmp_path.glob(f"*.{suffix}")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert shelf.load(ADDRESS) is None


def test_a_copy_of_another_address_is_not_taken(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.save(ADDRESS, file("one"))
    shelf.save(OTHER, file("two"))
    (first, second) = sorted(tmp_path.glob("*.json"))
    second.write_bytes(first.read_bytes())
    second.with_suffix(".js").write_bytes(first.with_suffix(".js").read_bytes())
    assert [shelf.load(ADDRESS), shelf.load(OTHER)].count(None) == 1


def test_addresses_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "scripts"
    shelf = Shelf(folder)
    shelf.save("a.example/../../../etc/x.js?v=../..", file("x"))
    assert {path.parent for path in tmp_path.rglob("*.js")} == {folder}
    assert not list(folder.glob("*.[0-9]*")), "no draft is left"


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "scripts")
    (tmp_path / "scripts").rmdir()
    with pytest.raises(FileNotFoundError):
        shelf.save(ADDRESS, file("x"))
