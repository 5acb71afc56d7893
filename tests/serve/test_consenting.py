"""A command reads the book of a configuration's data folder, under old secrets too."""

from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.errors import ConfigError
from firsthand.rules.receipts import event_hash
from firsthand.serve.consenting import book, desk, hashes, head, prove
from tests.serve.buried import buried
from tests.serve.test_plan import written
from tests.store.backends import event


async def test_an_event_is_proved_by_its_key(tmp_path: Path) -> None:
    config = written(tmp_path)
    async with buried(config, [event(0)]):
        found = await prove(config, "key-0")
        (receipt,) = found["receipts"]
        assert receipt["holds"]
        assert receipt["what"]["vendor"] == "acme"
        assert found["head"] == str(await head(config))
        assert [one["server_path"] for one in found["ledger"]] == ["refused"]
        nothing = await prove(config, "key-1")
        assert (nothing["receipts"], nothing["ledger"]) == ([], [])


async def test_without_a_book_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        async with book(written(tmp_path)):
            pass


async def test_old_secrets_find_what_was_entered_under_them(tmp_path: Path) -> None:
    config = written(tmp_path)
    async with buried(config, []):
        site = replace(desk(config).site, old_secrets=(b"old",))
    assert hashes(site, "x")[1] == event_hash(b"old", site.name, "x")
