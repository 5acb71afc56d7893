import asyncio
import threading

import pytest
from argon2 import PasswordHasher, Type

from firsthand.admin.passwords import (
    AT_ONCE,
    LEAST_KIB,
    LEAST_PASSES,
    LONGEST,
    SHORTEST,
    Checker,
    hashed,
    unfit,
)
from tests.admin.people import cheap

WORDS = "a Passw\u00f6rd of words"


async def test_a_new_hash_is_fit_and_knows_its_password() -> None:
    made = hashed(WORDS)
    assert made.startswith("$argon2id$")
    assert unfit(made) == ""
    checker = Checker()
    assert await checker.fits(WORDS, made)
    assert await checker.fits(WORDS.replace("\u00f6", "o\u0308"), made), "typed on another keyboard"
    for wrong in (WORDS.lower(), "", WORDS + " ", "\ud800"):
        assert not await checker.fits(wrong, made)


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
def test_a_password_has_a_length(length: int) -> None:
    with pytest.raises(ValueError, match=str(SHORTEST)):
        hashed("x" * length)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (cheap("x"), ""),
        ("", "no argon2id"),
        ("three words", "no argon2id"),
        ("$argon2id$", "no argon2id"),
        ("$2b$12$" + "a" * 53, "no argon2id"),
        (PasswordHasher(LEAST_PASSES, LEAST_KIB, 1, type=Type.I).hash("x"), "no argon2id"),
        (PasswordHasher(LEAST_PASSES, 8, 1).hash("x"), "too cheaply"),
        (PasswordHasher(1, LEAST_KIB, 1).hash("x"), "too cheaply"),
        (cheap("x").replace(f"m={LEAST_KIB}", "m=9999999"), "costs"),
        (cheap("x").replace(f"t={LEAST_PASSES}", "t=99"), "costs"),
    ],
    # a hash has a salt: by it the tests would have other names each time
    ids=["fit", "empty", "words", "torn", "bcrypt", "argon2i", "kib", "passes", "dear", "long"],
)
def test_what_is_no_hash_to_check_with(text: str, why: str) -> None:
    assert why in unfit(text)
    assert bool(why) is bool(unfit(text))


async def test_few_are_checked_at_once_and_the_loop_goes_on() -> None:
    free = threading.Event()
    running: list[str] = []
    most: list[int] = []

    def slow(password: str, hashed_: str) -> bool:
        del hashed_
        running.append(password)
        most.append(len(running))
        free.wait(10)
        running.remove(password)
        return True

    checker = Checker(slow)
    async with asyncio.TaskGroup() as tasks:
        made = [tasks.create_task(checker.fits(str(n), "")) for n in range(6)]
        while len(running) < AT_ONCE:
            await asyncio.sleep(0)
        free.set()
    assert all(each.result() for each in made)
    assert max(most) == AT_ONCE
