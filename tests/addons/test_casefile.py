"""A recorded case is a case as the tests have them, and holds nobody."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from addons.casefile import KINDS, case, kind, redacted, redaction, stem
from addons.sighting import Asked, Sighting, Way, any_site, sight
from firsthand.explain import explain, sample
from firsthand.model import IDENTIFYING, Kind
from firsthand.rules.cookies import Cookies, split
from firsthand.vendors import VENDORS
from tests.addons.test_sighting import leaves
from tests.factories import make_reading
from tests.samples import GRANTED
from tests.vendors.test_cases import hit_of, told

CASES = sorted((Path(__file__).parents[1] / "vendors" / "cases").glob("*/*.json"))
SITE = any_site()
TRACKING = "https://trk.shop.example.com"
LONG = 8  # a shorter value may stand in a case by chance
GENDER = sha256(b"f").hexdigest()  # a stand-in of one letter is often the same letter
KEPT = frozenset({Kind.NETWORK, Kind.ORDER_ID})  # tried on their own
every_case = pytest.mark.parametrize(
    "path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}"
)


def seen_of(path: Path) -> Sighting:
    given = json.loads(path.read_text("utf-8"))["hit"]
    body = given.get("body", "")
    asked = Asked(
        method=given["method"],
        host=urlsplit(given["url"]).netloc,
        target=given["url"].partition("trk.shop.example.com")[2],
        headers={name.lower(): text for name, text in given.get("headers", {}).items()},
        body=base64.b64decode(body) if given.get("body_encoding") == "base64" else body.encode(),
        at=1_795_514_400_000,
    )
    found = sight(asked, SITE)
    assert found is not None
    return found


def recorded(path: Path, consent: Cookies | None = None) -> dict[str, Any]:
    seen = seen_of(path)
    by = redaction("shop.example.com", b"a key of this test", "")
    return case(seen, redacted(seen, consent or {}, "203.0.113.9", by), TRACKING)


@every_case
def test_a_recorded_case_is_read_as_the_tests_read_theirs(path: Path) -> None:
    made = json.loads(json.dumps(recorded(path)))
    assert set(made) == {"kind", "about", "source", "hit", "readings"}
    readings = [told(each) for each in VENDORS[path.parent.name].read(hit_of(made["hit"]))]
    assert json.loads(json.dumps(readings)) == made["readings"]


@every_case
def test_events_stay_what_they_were(path: Path) -> None:
    before = list(VENDORS[path.parent.name].read(seen_of(path).hit))
    after = recorded(path)["readings"]
    packed = path.stem == "website_action_packed"  # its body cannot be redacted, and goes
    expected = [] if packed else [each.canonical for each in before]
    assert [each["canonical"] for each in after] == expected


@every_case
def test_nobody_is_in_it(path: Path) -> None:
    vendor, table = path.parent.name, SITE.tables[path.parent.name]
    text = json.dumps(recorded(path))
    readings = list(VENDORS[vendor].read(seen_of(path).hit))
    names = {each.name for each in readings}  # as the ledger has them
    secrets = [
        leaf
        for each in readings
        for name, value in each.fields.items()
        if table.kind(name) in IDENTIFYING - KEPT
        for leaf in leaves(value)
        if len(leaf) >= LONG and not leaf.isalpha() and leaf not in {GENDER, *names}
    ]
    assert not [secret for secret in secrets if secret in text]


def test_consent_is_for_explain_and_not_for_the_case() -> None:
    path = next(each for each in CASES if each.stem == "purchase_image")
    assert "fh_consent" not in json.dumps(recorded(path, split(GRANTED)))


def test_explain_reads_the_hit() -> None:
    path = next(each for each in CASES if each.stem == "purchase_image")
    decision = explain(json.dumps(recorded(path)["hit"]), sample())
    assert "error" not in decision


@pytest.mark.parametrize("canonical", [*KINDS, "search"])
def test_kinds(canonical: str) -> None:
    assert kind([make_reading(canonical=canonical)]) == KINDS.get(canonical, "other")
    assert kind([]) == "other"


def test_a_file_is_named_after_what_it_shows() -> None:
    path = next(each for each in CASES if each.stem == "purchase_image")
    seen = seen_of(path)
    assert seen.way is Way.PROXIED
    assert stem(seen, recorded(path)) == "purchase"
    odd = {"kind": "custom_event", "readings": [{"name": "jane@example.com"}]}
    assert stem(seen, odd) == "custom_event_custom"
