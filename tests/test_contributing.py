"""The vendor that CONTRIBUTING writes out is one: it keeps the contract, and one file is enough."""

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from firsthand.model import Accepted, Mode, Reason, Split, TryLater
from firsthand.rules.decide import Decision, decide
from firsthand.rules.doors import Doors
from firsthand.rules.site import Account, Site
from firsthand.vendor import Vendor
from firsthand.vendors import VENDORS
from tests.factories import make_reply
from tests.samples import GRANTED, NOW, REFUSED, hit, shop
from tests.vendors import test_contract as contract

TOP = Path(__file__).parents[1]
TOKEN = "acme-token-0123456789"
CLICK = "Click0123456789"
EMAIL = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"  # test@example.com
PURCHASE = (
    "px.acme.example/collect?id=A-1&e=buy&k=order-991&v=49.90&c=eur&em=Test%40Example.com"
    "&u=https%3A%2F%2Fshop.example.com%2Fthanks%3Facme_click%3DClick0123456789&zz=1"
)


def code() -> str:
    text = (TOP / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    [block] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    file = tmp_path_factory.mktemp("contributing") / "acme.py"
    file.write_text(code(), "utf-8")
    spec = importlib.util.spec_from_file_location("acme_of_contributing", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    vendor: Vendor = module.VENDOR
    return vendor


def promises() -> Iterator[Any]:
    for name, promise in vars(contract).items():
        if name.startswith("test_") and "vendor" in inspect.signature(promise).parameters:
            yield pytest.param(promise, id=name)


def ways(promise: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """Yield what a promise is parametrized with beside the vendor."""
    marks = [mark for mark in getattr(promise, "pytestmark", []) if mark.name == "parametrize"]
    others = {mark.args[0]: mark.args[1] for mark in marks if mark.args[0] != "vendor"}
    for values in product(*others.values()):
        yield dict(zip(others, values, strict=True))


@pytest.mark.parametrize("promise", list(promises()))
def test_it_keeps_what_every_vendor_keeps(promise: Callable[..., None], acme: Vendor) -> None:
    for given in ways(promise):
        promise(vendor=acme, **given)


def test_the_promises_are_the_contracts() -> None:
    assert len(list(promises())) >= 20


def test_its_beacons_are_its_own(acme: Vendor) -> None:
    others = {each for one in VENDORS.values() for each in contract.addresses(one.beacons)}
    assert others.isdisjoint(contract.addresses(acme.beacons))
    assert acme.key not in VENDORS


def on(acme: Vendor, cookie: str) -> Decision:
    """Decide on the purchase at a shop that has an account at Acme beside its others."""
    base = shop()
    vendors = {**base.vendors, acme.key: acme}
    account = Account(acme, "A-1", Mode.SERVER, acme.settings())
    site = replace(
        base,
        accounts={**base.accounts, (acme.key, "A-1"): account},
        vendors=vendors,
        doors=Doors(vendors.values()),
        tables=Site.tables_of(vendors),
    )
    found = hit(PURCHASE, cookie=cookie)
    door = site.doors.find(found.host, found.path)
    assert door is not None
    return decide(found, site, site.vendors[door.vendor])


def test_a_purchase_becomes_a_call_and_its_answers_outcomes(acme: Vendor) -> None:
    decision = on(acme, GRANTED)
    [beacon] = decision.beacons
    assert any(line.startswith(f"_acme={CLICK};") for line in decision.cookies)
    call = acme.write([beacon], acme.settings(), now=NOW)
    assert call.url == "https://api.acme.example/v1/A-1/events"
    [event] = json.loads(call.body)["events"]
    assert event == {
        "name": "buy",
        "id": "order-991",
        "time": NOW // 1000,
        "page": f"https://shop.example.com/thanks?acme_click={CLICK}",
        "value": 49.9,
        "currency": "EUR",
        "user": {
            "ip": "203.0.113.9",
            "agent": beacon.fields["user.agent"],
            "email": EMAIL,
            "click": CLICK,
        },
    }
    assert acme.judge(make_reply(200), [beacon]) == [Accepted()]
    assert acme.judge(make_reply(400), [beacon]) == [Split(Reason.BAD_EVENT, "refused")]
    [later] = acme.judge(make_reply(401), [beacon])
    assert isinstance(later, TryLater)
    assert later.reason is Reason.AUTH


def test_a_refusal_leaves_nothing(acme: Vendor) -> None:
    decision = on(acme, REFUSED)
    assert decision.beacons == ()
    assert decision.cookies == ()
    assert [ended.note.reason for ended in decision.ended] == [Reason.CONSENT]


@pytest.mark.parametrize("looks", [("check", "--no-cache"), ("format", "--check", "--no-cache")])
def test_it_looks_like_the_rest(looks: tuple[str, ...]) -> None:
    place = ("--stdin-filename", str(TOP / "proxy" / "firsthand" / "vendors" / "acme.py"), "-")
    run(TOP, "-m", "ruff", *looks, *place, told=code())


@pytest.fixture(scope="module")
def with_acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with one file more."""
    folder = tmp_path_factory.mktemp("twelfth")
    shutil.copytree(TOP / "proxy", folder / "proxy", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "proxy" / "firsthand" / "vendors" / "acme.py").write_text(code(), "utf-8")
    (folder / "site.toml").write_text(
        '[site]\nhosts = ["shop.example.com"]\ntracking_host = "trk.shop.example.com"\n'
        '[[acme]]\naccount = "A-1"\nmode = "both"\nsource = "shop"\n'
        'token = { env = "ACME_TOKEN" }\n'
    )
    return folder


def run(folder: Path, *arguments: str, told: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "proxy"), "ACME_TOKEN": TOKEN},
        input=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_one_new_file_is_enough_for_explain(with_acme: Path) -> None:
    line = {
        "url": f"https://trk.shop.example.com/{PURCHASE}",
        "headers": {"Cookie": GRANTED},
        "ip": "203.0.113.9",
        "at": "2026-11-24T06:00:01Z",
    }
    for more in ((), ("--config", "site.toml")):
        said = run(with_acme, "-m", "firsthand", "explain", "--json", *more, told=json.dumps(line))
        told = json.loads(said)
        assert [each["vendor"] for each in told["beacons"]] == ["acme"]
        assert [each["url"] for each in told["calls"]] == ["https://api.acme.example/v1/A-1/events"]


def test_one_new_file_is_enough_for_check_and_reference(with_acme: Path) -> None:
    said = run(with_acme, "-m", "firsthand", "check", "--config", "site.toml", "--json")
    assert "api.acme.example" in said
    assert TOKEN not in said
    reference = "from firsthand.config.reference import reference; print(reference())"
    assert "[[acme]]" in run(with_acme, "-c", reference)
