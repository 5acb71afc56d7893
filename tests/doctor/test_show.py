import io
from typing import Literal

import orjson
from rich.console import Console

from firsthand.doctor.finding import Finding, Result
from firsthand.doctor.run import Diagnosis
from firsthand.doctor.show import as_json, show
from firsthand.rules.layout import Verdict
from firsthand.rules.lifetimes import promises
from tests.samples import shop

MADE = Diagnosis(
    "shop",
    Verdict.OTHER_CNAME,
    (
        Finding("dns", "shop.example.com", Result.OK, "has an address"),
        Finding("clock", "this [red]machine", Result.WARN, "90 s\x1b[31m off", "bad", "set it"),
    ),
    tuple(promises(shop(), Verdict.OTHER_CNAME)),
)


def shown(*, colour: bool) -> str:
    out = io.StringIO()
    system: Literal["standard"] | None = "standard" if colour else None
    show(MADE, Console(file=out, width=160, force_terminal=colour, color_system=system))
    return out.getvalue()


def test_people_get_each_finding_with_its_remedy() -> None:
    text = shown(colour=False)
    assert "\x1b" not in text
    for words in ("this [red]machine", "set it", "has an address", "shop: 1 warning, 1 ok"):
        assert words in text
    assert "the keeper (fh_keep) is out of scripts' reach" in text


def test_colour_is_for_terminals_and_what_was_found_has_none_of_its_own() -> None:
    text = shown(colour=True)
    assert "\x1b[33mwarning" in text
    assert "90 s\x1b[31m" not in text


def test_programs_get_the_shape_that_is_documented() -> None:
    told = orjson.loads(orjson.dumps(as_json(MADE)))
    assert {key: told[key] for key in ("shape", "site", "result", "safari")} == {
        "shape": 1,
        "site": "shop",
        "result": "warn",
        "safari": "other_cname",
    }
    assert told["findings"][0] == {
        "check": "dns",
        "about": "shop.example.com",
        "result": "ok",
        "code": "",
        "found": "has an address",
        "means": "",
        "remedy": "",
    }
    keeper = told["promises"][0]
    assert set(keeper) == {
        *("cookie", "written_by", "asks_days", "browser", "least_days", "most_days"),
        *("from_click", "why", "source", "read"),
    }
    assert (keeper["cookie"], keeper["browser"], keeper["most_days"]) == ("fh_keep", "Safari", 7)
