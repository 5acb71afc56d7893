"""The key that opens the shop's server's door: where it comes from, and what stops the start."""

from pathlib import Path

import pytest

from firsthand.config.load import parse
from firsthand.config.site import site
from firsthand.errors import ConfigError
from firsthand.rules.site import Site
from tests.config.sample import FILE, sample, variables

LONG = "0123456789abcdef0123456789abcdef"


def build(**ingest: object) -> Site:
    return site(parse(sample(ingest=ingest), FILE), secret=b"x" * 32, file=FILE)


def test_without_a_key_the_door_is_shut() -> None:
    assert build().ingest_key == b""
    assert build().page_contacts is False
    assert build(page_contacts=True).page_contacts is True


def test_the_key_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    with variables(SHOP_INGEST_KEY=f"{LONG}\n"):
        assert build(key={"env": "SHOP_INGEST_KEY"}).ingest_key == LONG.encode()
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(LONG)
    assert build(key={"file": str(file)}).ingest_key == LONG.encode()


@pytest.mark.parametrize(
    ("value", "words"), [("", "is named but empty"), ("short", "ingest.key: is shorter than 24")]
)
def test_a_key_that_opens_to_anybody_stops_the_start(value: str, words: str) -> None:
    with variables(SHOP_INGEST_KEY=value), pytest.raises(ConfigError, match=words) as refused:
        build(key={"env": "SHOP_INGEST_KEY"})
    assert "short " not in str(refused.value)


def test_a_key_in_the_file_itself_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError) as refused:
        build(key="CANARY")
    assert "CANARY" not in str(refused.value)
