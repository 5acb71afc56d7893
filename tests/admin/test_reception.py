import logging
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firsthand.admin.passwords import Checker
from firsthand.admin.reception import FREE_ERRORS, LINES, NOBODY, STRANGERS, TELL_MS, Reception
from firsthand.admin.sessions import Session, User
from firsthand.store.audit import Act
from firsthand.store.contract import Durability
from firsthand.store.sqlite.audit import SqliteAudit, open_audit
from tests.admin.people import ADA, BEN, KEYS, PASSWORD
from tests.admin.sample import NOW

HOUR = 3_600_000
KNOWN = Session(ADA, "k" * 32, NOW + HOUR)


class Counting(Checker):
    """Says what argon2 would say, at no cost; keeps which hashes were asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def fits(self, password: str, hashed_: str) -> bool:
        self.asked.append(hashed_)
        return (password, hashed_) == (PASSWORD, ADA.hash)


@pytest.fixture
async def audit(tmp_path: Path) -> AsyncIterator[SqliteAudit]:
    async with open_audit(tmp_path, Durability.PROCESS) as opened:
        yield opened


async def enter(
    here: Reception,
    name: str,
    password: str = "wrong",
    *,
    known: Session | None = None,
    now: int = NOW,
) -> User | int | None:
    return await here.enter(KEYS, name, password, known=known, now=now)


async def test_real_passwords(audit: SqliteAudit) -> None:
    here = Reception(audit)
    assert await enter(here, "ada", PASSWORD) is ADA
    assert await enter(here, "ben", PASSWORD) is None
    assert await enter(here, "eve", PASSWORD) is None
    assert await enter(here, "ada", "") is None


async def test_somebody_unknown_costs_what_a_user_costs(audit: SqliteAudit) -> None:
    checker = Counting()
    here = Reception(audit, _checker=checker)
    for name in ("eve", "ada", ""):
        assert await enter(here, name) is None
    assert checker.asked == [ADA.hash] * 3
    assert [line.subject for line in await audit.lines(limit=9)] == [NOBODY, "ada", NOBODY]


@pytest.mark.parametrize("name", ["ada", "eve"])
async def test_a_name_waits_and_others_do_not(audit: SqliteAudit, name: str) -> None:
    here = Reception(audit, _checker=Counting())
    for _ in range(FREE_ERRORS):
        assert await enter(here, name) is None
    assert await enter(here, name, PASSWORD) == 1000, "the right one, too"
    assert await enter(here, "ben") is None
    assert await enter(here, name, PASSWORD, now=NOW + 1000) is (ADA if name == "ada" else None)


async def test_a_browser_that_was_let_in_waits_for_no_stranger(audit: SqliteAudit) -> None:
    here = Reception(audit, _checker=Counting())
    for n in range(STRANGERS + 5):
        await enter(here, "ada" if n % 2 else f"eve-{n}")
    assert await enter(here, "ada", PASSWORD) != ADA
    assert await enter(here, "ada", PASSWORD, known=KNOWN) is ADA
    for _ in range(FREE_ERRORS):
        assert await enter(here, "ada", known=KNOWN) is None
    assert await enter(here, "ada", PASSWORD, known=KNOWN) == 1000, "it guesses, too"
    another = Session(ADA, "j" * 32, NOW + HOUR)
    assert await enter(here, "ada", PASSWORD, known=another) is ADA


async def test_the_mark_of_one_user_is_none_for_another(audit: SqliteAudit) -> None:
    here = Reception(audit, _checker=Counting())
    bens = Session(BEN, "b" * 32, NOW + HOUR)
    for _ in range(FREE_ERRORS):
        await enter(here, "ada")
    assert await enter(here, "ada", PASSWORD, known=bens) == 1000


async def test_guessing_over_many_names_is_bounded(audit: SqliteAudit) -> None:
    checker = Counting()
    here = Reception(audit, _checker=checker)
    found = [await enter(here, f"eve-{n}") for n in range(1000)]
    assert found[:STRANGERS] == [None] * STRANGERS
    assert all(isinstance(wait, int) and wait > 0 for wait in found[STRANGERS:])
    assert len(checker.asked) == STRANGERS
    assert await enter(here, "ada", PASSWORD, now=NOW + 2000) is ADA, "nobody is locked out"


async def test_many_tries_are_few_lines_and_none_is_left_out(audit: SqliteAudit) -> None:
    here = Reception(audit, _checker=Counting())
    for n in range(500):
        await enter(here, f"eve-{n}", now=NOW + n * 2000)
    await here.tell(now=NOW + HOUR)
    lines = await audit.lines(limit=1000)
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line.what] += line.n
    assert counted[Act.SIGN_IN_FAILED] + counted[Act.SIGN_IN_PUT_OFF] == 500
    assert len(lines) <= LINES + 1000 * 1000 // 60_000 + 1 + 1000 * 1000 // TELL_MS + 2
    await here.tell(now=NOW + HOUR)
    assert len(await audit.lines(limit=1000)) == len(lines)


class Full(SqliteAudit):
    """A log on a full disk."""

    def __init__(self) -> None:
        pass

    async def note(self, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    async def end(self, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")


async def test_a_full_disk_locks_nobody_out_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    here = Reception(Full(), _checker=Counting())
    with caplog.at_level(logging.ERROR):
        assert await enter(here, "ada") is None
        assert await enter(here, "ada", PASSWORD) is ADA
        await here.end(KNOWN)
    assert KNOWN.id in here.ended
    assert "No space left" in caplog.text
    assert "sign-in failed" in caplog.text
    assert PASSWORD not in caplog.text
