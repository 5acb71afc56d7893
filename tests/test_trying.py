"""``firsthand plan``, as it is typed: hits from a folder and from a running server's file."""

import json
from pathlib import Path

import orjson
import pytest

from firsthand.errors import ConfigError
from firsthand.rules.recent import recorded
from firsthand.serve.plan import plan
from firsthand.serve.recording import redaction
from firsthand.store.sqlite.recent import Caps, open_recent
from firsthand.trying import compare, shown
from tests.config.sample import PIXEL
from tests.samples import meta_hit
from tests.test_cli import CONFIG, PURCHASE, firsthand

CASES = Path(__file__).parent / "vendors" / "cases" / "meta"
SECRETS = {"SHOP_META_TOKEN": "t", "SHOP_GA4_SECRET": "t"}


def two(folder: Path, old: str = CONFIG, new: str = CONFIG) -> tuple[Path, Path]:
    for name, text in (("old", old), ("new", new)):
        (folder / f"{name}.toml").write_text(text)
    return folder / "old.toml", folder / "new.toml"


OTHER = CONFIG.replace('mode = "server"', 'mode = "shadow"', 1)


def test_no_change_ends_with_0_and_changes_with_1(tmp_path: Path) -> None:
    (tmp_path / "hits.jsonl").write_text(f"{PURCHASE}\n\nrubbish\n")
    hits = str(tmp_path / "hits.jsonl")
    old, new = map(str, two(tmp_path, new=OTHER))
    same = firsthand("plan", old, old, "--hits", hits, "--json")
    assert (same.returncode, same.stderr) == (0, b"")
    assert orjson.loads(same.stdout) == {"hits": 1, "changed": 0, "unread": 1, "changes": []}
    other = firsthand("plan", old, new, "--hits", hits, "--json")
    assert other.returncode == 1
    assert orjson.loads(other.stdout)["changes"] == [
        {
            "vendor": "meta",
            "account": PIXEL,
            "what": "outcome",
            "field": "",
            "old": "sent",
            "new": "recorded",
            "events": 1,
        }
    ]
    people = firsthand("plan", old, new, "--hits", hits)
    assert people.returncode == 1
    assert b"1 of 1 hits would end otherwise; 1 lines are no hits" in people.stdout
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("hits", "said"),
    [("nowhere", b"No such file"), ("", b"recording.keep_hours"), ("empty", b"--hits")],
)
def test_without_hits_it_says_what_to_do(tmp_path: Path, hits: str, said: bytes) -> None:
    (tmp_path / "empty").mkdir()
    old, new = map(str, two(tmp_path))
    more = ["--hits", str(tmp_path / hits)] if hits else []
    done = firsthand("plan", old, new, *more, COLUMNS="300")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_folder_of_cases_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for case in sorted(CASES.glob("*.json")):
        (folder / case.name).write_bytes(case.read_bytes())
    (folder / "broken.json").write_text("{")
    found = shown(compare(*two(tmp_path, new=OTHER), folder))
    assert found["hits"] == len(list(CASES.glob("*.json")))
    assert found["unread"] == 1


async def test_what_a_server_kept_is_tried(tmp_path: Path) -> None:
    old, new = two(tmp_path, CONFIG + "[recording]\nkeep_hours = 1\n", OTHER)
    here = plan(old)
    hit = meta_hit("Purchase", id=PIXEL, eid="order-99177")
    line = recorded(hit, here.site, redaction(here.site, b"k" * 32))
    assert line is not None
    async with open_recent(here.folder) as file:
        await file.add([orjson.dumps(line)] * 3, Caps(10**9, 9, 10**6), now=1)
    done = firsthand("plan", str(old), str(new), "--json")
    assert done.returncode == 1
    told = orjson.loads(done.stdout)
    assert (told["hits"], told["changed"]) == (3, 3)
    assert told["changes"][0]["events"] == 3
    assert "99177" not in json.dumps(told)


def test_a_bad_configuration_is_an_error(tmp_path: Path) -> None:
    old, new = two(tmp_path, new="[site]\n")
    with pytest.raises(ConfigError, match=r"new\.toml"):
        compare(old, new, CASES)
