from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from firsthand import letters
from firsthand.errors import ConfigError
from firsthand.serve.plan import now
from firsthand.serve.replaying import Preview, Replayed, preview
from firsthand.store.contract import Wanted
from tests.serve.buried import buried
from tests.serve.test_plan import written
from tests.serve.test_replaying import META, letter

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("facebook", "", ""), "--vendor: one of"),
        (("", "bad", ""), "--reason: one of"),
        (("", "", "yesterday"), "--since: a span like 24h"),
        (("", "", "h"), "--since"),
        (("", "", "-1h"), "--since"),
        (("", "", "9999999h"), "--since"),
    ],
)
def test_words_that_mean_nothing_are_told(told: tuple[str, str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        letters.wanted(*told)


def test_a_span_is_counted_from_now() -> None:
    assert letters.wanted("meta", "bad_event", "") == Wanted(vendor="meta", reason="bad_event")
    begun = now()
    assert begun - 48 * HOUR <= letters.wanted("", "", "2d").since <= now() - 48 * HOUR


async def seen(tmp_path: Path) -> Preview:
    path = written(tmp_path, META)
    async with buried(path, [letter(0, name="Sh\x1b[31mop[bold]")]):
        return await preview(path, Wanted(), limit=9)


async def test_a_list_tells_why_and_what_next(tmp_path: Path) -> None:
    found = await seen(tmp_path)
    out = StringIO()
    letters.show(found.shown, Console(file=out, width=200))
    said = out.getvalue()
    assert "no such event" in said
    assert "counted once" in said
    assert "[bold]" in said
    assert "\x1b" not in said


async def test_a_dry_run_prints_the_calls(tmp_path: Path) -> None:
    found = await seen(tmp_path)
    out = StringIO()
    letters.show_preview(found, Console(file=out, width=200))
    said = out.getvalue()
    assert "graph.facebook.com" in said
    assert "Nothing was sent." in said
    assert "canary" not in said


def test_a_replay_tells_what_went_and_what_stayed() -> None:
    out = StringIO()
    letters.show_replayed(Replayed(2, 1, {"too old": 3}), Console(file=out, width=200))
    assert out.getvalue().splitlines() == [
        "2 back in their lanes; a running server sends them now.",
        "1 stay: consent was withdrawn since.",
        "3 stay: too old",
    ]


def test_no_letters_are_said_to_be_none() -> None:
    out = StringIO()
    letters.show([], Console(file=out))
    assert out.getvalue() == "No dead letters.\n"


def test_which_letters_were_meant_in_words() -> None:
    assert letters.told(Wanted(), twice=False) == "all"
    some = Wanted(vendor="meta", reason="auth", since=1_795_500_000_000)
    assert letters.told(some, twice=True) == "meta, auth, since 2026-11-24 06:00:00.000, even twice"
