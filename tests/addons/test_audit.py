"""``scripts/audit`` at the demo shop: real mitmproxy, real Chromium, no click by anybody."""

import asyncio
import os
import sys
import tomllib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from firsthand.config.load import loads
from firsthand.config.site import site
from firsthand.rules.site import Site
from firsthand.sandbox.server import Sandbox, find_roles
from scripts.accepting import accept
from scripts.audit import chosen
from tests.journeys.conftest import chromium, free_port

__all__ = ["chromium"]

TOP = Path(__file__).parents[2]
AUDIT = TOP / "scripts" / "audit"
DECIDED = {"name", "secret", "accounts", "doors", "tables", "relays", "policy"}  # or they follow
in_chromium = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Audited:
    """What a run left behind, and what a hand would have written."""

    written: str
    by_hand: str
    said: str
    folder: Path


async def run(*command: object, **environment: str) -> tuple[int, str]:
    running = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    assert running.returncode is not None
    return running.returncode, said.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def audited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Audited]:
    folder = tmp_path_factory.mktemp("audit")
    config = folder / "shop.toml"
    async with Sandbox() as sandbox:
        address = f"{sandbox.shop_url}/plain/shop"
        done, said = await run(AUDIT, address, "--config", config, "--folder", folder / "seen")
        assert done == 0, said
        by_hand = (TOP / "conf" / "sandbox.toml").read_text().replace("8090", str(sandbox.port))
    yield Audited(config.read_text(), by_hand, said, folder)


def of(text: str) -> Site:
    return site(loads(text, "shop.toml"), secret=b"only for tests", file="shop.toml")


@in_chromium
async def test_it_differs_from_the_hand_written_one_in_nothing_that_matters(
    audited: Audited,
) -> None:
    """Left out: the reports' name of the site, and the modes, which are the owner's decision."""
    written, by_hand = of(audited.written), of(audited.by_hand)
    for each in fields(Site):
        if each.name not in DECIDED | {"consent"}:
            assert getattr(written, each.name) == getattr(by_hand, each.name), each.name
    # in the sandbox a single visitor is the crowd
    assert asdict(written.consent) == asdict(replace(by_hand.consent, page_crowd=10))
    assert written.accounts.keys() == by_hand.accounts.keys()
    for key, account in written.accounts.items():
        assert account.settings == by_hand.accounts[key].settings
    ours, theirs = tomllib.loads(audited.written), tomllib.loads(audited.by_hand)
    for key in ("meta", "ga4"):
        assert ours[key][0]["token"] == theirs[key][0]["token"]
    assert ours["listen"] == theirs["listen"]


@in_chromium
async def test_check_accepts_it(audited: Audited) -> None:
    check = (sys.executable, "-m", "firsthand", "check", "--config", audited.folder / "shop.toml")
    done, said = await run(
        *check, **{f"SANDBOX_{each.key.upper()}_TOKEN": "" for each in find_roles()}
    )
    assert done == 0, said


@in_chromium
async def test_it_says_what_it_saw_and_what_to_paste(audited: Audited) -> None:
    assert "accepted with a button that says so" in audited.said
    assert "onetrust: analytics granted, marketing granted" in audited.said
    assert "1234567890123456  PageView" in audited.said
    assert "http://trk.shop.localhost:8080/connect.facebook.net/en_US/fbevents.js" in audited.said
    assert "identifiers left" not in audited.said
    assert "# Meta. Seen: PageView, ViewContent." in audited.written


@in_chromium
async def test_what_was_seen_can_be_made_a_configuration_again(audited: Audited) -> None:
    again = audited.folder / "again.toml"
    init = (sys.executable, "-m", "firsthand", "init", "--config", again)
    done, said = await run(*init, "--from", audited.folder / "seen" / "audit.json")
    assert done == 0, said
    assert of(again.read_text()).accounts.keys() == of(audited.written).accounts.keys()
    drafted = (audited.folder / "seen" / "audit.toml").read_text()
    assert tomllib.loads(drafted) == tomllib.loads(audited.written)


async def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("mine")
    done, said = await run(AUDIT, "http://shop.localhost:1/", "--config", tmp_path / "shop.toml")
    assert done != 0
    assert "is there already" in said
    assert (tmp_path / "shop.toml").read_text() == "mine"


async def test_a_site_that_answers_no_page_gets_no_configuration(tmp_path: Path) -> None:
    config = tmp_path / "shop.toml"
    seen = ("--folder", tmp_path / "seen")
    address = f"http://shop.localhost:{free_port()}/"
    done, said = await run(AUDIT, address, "--config", config, *seen)
    assert done != 0
    assert "HTTP 502\nno page could be opened, so nothing was written" in said
    assert not config.exists()


@in_chromium
@pytest.mark.parametrize(
    ("page", "expected", "clicked"),
    [
        ('<div id=b><button id="onetrust-accept-btn-handler">OK</button></div>', "OneTrust", True),
        ("<button>Settings</button><button> Alle akzeptieren </button>", "says so", True),
        ("<button>Do not accept all cookies</button><button>Accept</button>", "not given", False),
        ('<button hidden>Accept all</button><a href="/">Accept all</a>', "not given", False),
        ("<iframe srcdoc=\"<button class='sp_choice_type_11'>x</button>\"></iframe>",
         "Sourcepoint", False),
    ],
)  # fmt: skip
async def test_consent_is_given_by_a_button_or_not_at_all(
    chromium: Browser, page: str, expected: str, *, clicked: bool
) -> None:
    opened = await chromium.new_page()
    script = "<script>onclick = (event) => { document.title += event.target.tagName }</script>"
    await opened.set_content(page + script)
    assert expected in str(await accept(opened, 400))
    assert (await opened.title() == "BUTTON") is clicked
    await opened.close()


def test_links_are_a_few_of_each_kind_of_the_same_site() -> None:
    here = "https://shop.example.com/"
    links = [
        "https://shop.example.com/#top",
        "https://shop.example.com/logout",
        "https://shop.example.com/terms.pdf",
        "https://elsewhere.example/a",
        "http://shop.example.com/insecure",
        "mailto:jane@example.com",
        "https://shop.example.com/p/1",
        "https://shop.example.com/p/2",
        "https://shop.example.com/about",
        "https://shop.example.com/basket",
    ]
    assert chosen(links, here, 3) == [
        "https://shop.example.com/p/1",
        "https://shop.example.com/about",
        "https://shop.example.com/p/2",
    ]
