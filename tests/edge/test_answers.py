"""A vendor that is asked while a page waits: good, slow, broken, foreign. Real sockets."""

from dataclasses import replace

from aiohttp import ClientTimeout

from firsthand.edge.answers import LARGEST, Answers
from firsthand.model import Call
from firsthand.rules.asking import Question
from tests.edge.vendor_stand_in import Vendor, client, reply, torn, vendor

HOST = "ct.pinterest.com"
JSON = "application/json; charset=utf-8"
CALL = Call("pinterest", "1", "GET", f"https://{HOST}/user/?tid=1", {"user-agent": "UA"}, b"")


def question(call: Call = CALL) -> Question:
    return Question(call, lambda body: None if body[:1] != b"{" else b"made anew")


async def ask(
    here: Vendor, call: Call = CALL, *, seconds: float = 10.0
) -> tuple[bytes | None, list[str]]:
    counted: list[str] = []
    async with client() as session:
        answers = Answers(
            session, [HOST], here.suffix, counted.append, deadline=ClientTimeout(total=seconds)
        )
        return await answers.get(question(call)), counted


async def test_a_good_answer_is_made_anew() -> None:
    async with vendor() as here:
        here.answer = reply(b'{"a":true}', "Set-Cookie: a=1", "Pin-Unauth: x", kind=JSON)
        assert await ask(here) == (b"made anew", [])
        [head] = here.asked
        assert head.startswith("GET /user/?tid=1 HTTP/1.1")
        assert "cookie" not in head.lower()
        assert "User-Agent: UA" in head or "user-agent: UA" in head


async def test_what_is_not_the_known_shape_is_counted_and_not_passed_on() -> None:
    async with vendor() as here:
        for answer, reason in (
            (reply(b"[1]", kind=JSON), "shape"),
            (reply(b"{}", kind="text/html"), "type"),
            (reply(b"{}", status=503, kind=JSON), "status"),
            (reply(b"", "Location: https://evil.example/", status=302, kind=JSON), "status"),
            (reply(b"{" + b" " * LARGEST, kind=JSON), "size"),
            (torn(b"{}", "Content-Length: 99", kind=JSON), "failed"),
            (b"nonsense\r\n\r\n", "failed"),
        ):
            here.answer = answer
            assert await ask(here) == (None, [f"answer_pinterest_{reason}"])


async def test_a_vendor_that_does_not_answer_costs_the_deadline() -> None:
    async with vendor() as here:
        here.open.clear()
        assert await ask(here, seconds=0.2) == (None, ["answer_pinterest_failed"])


async def test_no_other_host_is_asked() -> None:
    async with vendor() as here:
        for url in ("https://evil.example/", f"http://{HOST}/", f"https://{HOST}@evil.example/"):
            foreign = Call("pinterest", "1", "GET", url, {}, b"")
            assert await ask(here, foreign) == (None, ["answer_pinterest_foreign"])
        assert not here.asked


async def test_what_stands_readable_is_not_asked() -> None:
    async with vendor() as here:
        call = replace(CALL, url=f"{CALL.url}&ed=jane.doe%40example.com")
        assert await ask(here, call) == (None, ["answer_pinterest_readable"])
        assert not here.asked
