"""Tokens tried at the vendors' stand-ins: what each test door says, and that nothing is counted."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.patient import examined
from firsthand.doctor.tokens import look, misshapen
from firsthand.sandbox.server import Sandbox, find_roles
from firsthand.vendor import Auth
from firsthand.vendors import VENDORS
from tests.doctor.setup import written

TOP = Path(__file__).parents[2]
WITH_DOOR = sorted(key for key, vendor in VENDORS.items() if vendor.probe)
WITHOUT = sorted(VENDORS.keys() - WITH_DOOR)
TOKENS = {f"SANDBOX_{role.key.upper()}_TOKEN": role.token for role in find_roles()}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as started:
        yield started


async def looked(folder: Path, sandbox: Sandbox) -> dict[str, Finding]:
    """Return the findings of every vendor's demo account, by vendor."""
    text = (TOP / "conf" / "sandbox-all.toml").read_text()
    path = folder / "site.toml"
    path.write_text(text.replace(".vendors.localhost:8090", sandbox.suffix))
    async with examined(path, "127.0.0.1:1") as patient:
        found = await look(patient)
    return {each.about.partition(" ")[0]: each for each in found}


def given(monkeypatch: pytest.MonkeyPatch, tokens: dict[str, str]) -> None:
    for name, token in tokens.items():
        monkeypatch.setenv(name, token)


async def test_good_tokens_are_taken_and_nothing_is_counted(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, TOKENS)
    found = await looked(tmp_path, sandbox)
    assert {key: found[key].code for key in WITHOUT} == dict.fromkeys(WITHOUT, "no_door")
    told = {key: found[key].code for key in WITH_DOOR}
    assert told == dict.fromkeys(WITH_DOOR, "taken") | {"ga4": "untold"}
    for key in VENDORS:
        assert not sandbox.vendor(key).calls, key
        assert not sandbox.vendor(key).beacons, key
        assert bool(sandbox.vendor(key).probes) is (key in WITH_DOOR)


async def test_wrong_tokens_are_refused_and_never_shown(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    google = orjson.loads(TOKENS["SANDBOX_GOOGLE_ADS_TOKEN"]) | {"refresh_token": "CANARY-1234"}
    wrong = dict.fromkeys(TOKENS, "CANARY-1234")
    wrong["SANDBOX_GOOGLE_ADS_TOKEN"] = orjson.dumps(google).decode()
    given(monkeypatch, wrong)
    found = await looked(tmp_path, sandbox)
    for key in set(WITH_DOOR) - {"ga4"}:
        assert (key, found[key].result, found[key].code) == (key, Result.FAIL, "refused")
    assert "CANARY" not in str(found)


async def test_no_token_is_told_with_the_place_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_META_TOKEN", raising=False)
    async with examined(written(tmp_path), "127.0.0.1:1") as patient:
        (found,) = await look(patient)
    assert (found.result, found.code) == (Result.FAIL, "missing")
    assert "SHOP_META_TOKEN" in found.remedy


async def test_mode_relay_needs_none(tmp_path: Path) -> None:
    more = '[[meta]]\naccount = "1234567890123456"\nmode = "relay"\n'
    async with examined(written(tmp_path, more=more), "127.0.0.1:1") as patient:
        (found,) = await look(patient)
    assert (found.result, found.code) == (Result.OK, "unneeded")


@pytest.mark.parametrize(
    ("auth", "token", "wrong"),
    [
        (Auth.BEARER, "EAAB1234567890", ""),
        (Auth.BEARER, "two words", "2 words"),
        (Auth.BEARER, "EAAB", "shorter than 8"),
        (Auth.OAUTH1, "key12345 secret12 user1234 word1234", ""),
        (Auth.OAUTH1, "key12345 secret12", "2 words"),
        (Auth.GOOGLE, "AIzaSy12345678", "not the JSON"),
        (Auth.GOOGLE, "{}", "neither"),
        (Auth.GOOGLE, '{"private_key": "x"}', ""),
        (Auth.GOOGLE, '{"refresh_token": "x"}', ""),
    ],
)
def test_a_token_of_the_wrong_form_is_told(auth: Auth, token: str, wrong: str) -> None:
    found = misshapen(auth, token)
    assert wrong in found
    assert bool(found) is bool(wrong)
