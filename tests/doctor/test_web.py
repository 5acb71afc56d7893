from pathlib import Path

import pytest

from firsthand.doctor.names import Names
from firsthand.doctor.web import MAX_BODY, Failed, Fetched, opened
from tests.doctor.front import NAMES, Front, Issued, fronting, issue
from tests.doctor.nameserver import answering

ZONE = dict.fromkeys(NAMES, ("A 127.0.0.1",))


async def got(front: Front, path: str = "/") -> Fetched | Failed:
    async with answering(ZONE) as server, opened(Names(server)) as web:
        return await web.get(f"https://{NAMES[0]}:{front.port}{path}")


async def test_an_answer_has_its_cookies_and_is_bounded(trusted: Issued) -> None:
    front = Front(page="x" * (MAX_BODY + 1), headers={"Set-Cookie": "a=b; Path=/"})
    async with fronting(front, trusted):
        found = await got(front)
    assert isinstance(found, Fetched)
    assert (found.status, found.cookies, found.whole) == (200, ("a=b; Path=/",), False)
    assert len(found.body) == MAX_BODY


async def test_why_there_is_none_is_a_word_of_ours(tmp_path: Path) -> None:
    async with fronting(Front(), issue(tmp_path)) as front:
        assert await got(front) == Failed("its certificate is not accepted")
    assert await got(front) == Failed("nobody answers there")
    async with answering({}) as server, opened(Names(server)) as web:
        assert await web.get("https://none.example.com/") == Failed("its name has no address")


async def test_an_answer_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, trusted: Issued
) -> None:
    monkeypatch.setattr("firsthand.doctor.web.TOTAL_S", 0.0001)
    async with fronting(Front(), trusted) as front:
        assert await got(front) == Failed("no answer in time")
