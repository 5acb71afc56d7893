import asyncio

import pytest

from firsthand.edge.examining import Examined, Examiner, profile, source
from firsthand.edge.upstream import Unusable
from firsthand.vendor import Edit

TOLD = {"addresses": [], "before": [], "bare": [], "names": [], "failed": []}
EDIT = Edit("a.example", "b.example", "because")


async def test_a_script_is_read_in_a_process_of_its_own() -> None:
    body = b"document.cookie='x';fetch('https://a.example/')"
    read = await Examiner().examine(body, ())
    assert isinstance(read, Examined)
    assert read.body == body
    assert read.profile.size == len(body)
    assert (read.profile.hosts, read.profile.names) == ({"a.example"}, {"cookie"})


async def test_edits_are_applied_before_it_is_read() -> None:
    read = await Examiner().examine(b"x='https://a.example/'", [EDIT, Edit("no", "yes", "why")])
    assert isinstance(read, Examined)
    assert read.body == b"x='https://b.example/'"
    assert (read.profile.hosts, read.profile.failed) == ({"b.example"}, ("no",))


async def test_an_edit_that_breaks_a_script_is_told_as_such() -> None:
    read = await Examiner().examine(b"x='a.example'", [Edit("a.example", "'", "wrong")])
    assert isinstance(read, Unusable)
    assert read.reason.startswith("does not parse (line 1")


async def test_what_takes_too_long_is_given_up() -> None:
    read = await Examiner(deadline_s=0.0).examine(b"x()", ())
    assert read == Unusable("could not be examined (TimeoutError)")


async def test_others_go_on_while_a_large_script_is_read() -> None:
    turns = 0
    large = b"f('a',function(b){return b.c});" * 30_000

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as tasks:
        turning = tasks.create_task(turn())
        assert isinstance(await Examiner().examine(large, ()), Examined)
        turning.cancel()
    assert turns > 100


@pytest.mark.parametrize(
    ("told", "hosts", "maybe"),
    [
        ({"addresses": ["a.internal"]}, {"a.internal"}, set()),
        ({"bare": ["a.example.com"]}, {"a.example.com"}, set()),
        ({"bare": ["item.id"]}, set(), {"item.id"}),
        ({"before": ["item.id"]}, {"item.id"}, set()),
        ({"bare": ["fbevents.js", "a.unknowntld"]}, set(), set()),
        ({"bare": ["com"]}, set(), set()),
    ],
)
def test_what_counts_as_a_host(
    told: dict[str, list[str]], hosts: set[str], maybe: set[str]
) -> None:
    made = profile({**TOLD, **told}, 1)
    assert (made.hosts, made.maybe) == (hosts, maybe)


def test_the_source_is_bytes_and_edits() -> None:
    same = source(b"a", [EDIT])
    assert same == source(b"a", [Edit(EDIT.find, EDIT.put, "in other words")])
    assert len({same, source(b"a", []), source(b"b", [EDIT]), source(b"a", [EDIT, EDIT])}) == 4
