from pathlib import Path

from firsthand.store.contract import Durability
from firsthand.store.sqlite.database import LEDGER, opened
from firsthand.store.sqlite.series import (
    LANES,
    MAX_ACCOUNTS,
    MAX_NAMES,
    OTHER,
    SERIES,
    Bounds,
    Key,
    Numbered,
)


def key(name: str, *, account: str = "A-1") -> Key:
    return "shop", "acme", account, "to", name


def test_names_past_the_bound_share_one_series() -> None:
    bounds = Bounds([])
    kept = {bounds.within(key(f"name {n}")) for n in range(3 * MAX_NAMES)}
    assert len(kept) == MAX_NAMES + 1
    assert key(OTHER) in kept
    assert bounds.within(key("name 0")) == key("name 0")
    assert bounds.within(key("new", account="A-2")) == key("new", account="A-2")


def test_accounts_past_the_bound_share_one_series() -> None:
    bounds = Bounds([])
    kept = {bounds.within(key("x", account=f"{n}")) for n in range(2 * MAX_ACCOUNTS)}
    assert len(kept) == MAX_ACCOUNTS + 1


def test_names_known_from_before_count() -> None:
    known = [key(f"name {n}") for n in range(MAX_NAMES)]
    bounds = Bounds(known)
    assert bounds.within(known[7]) == known[7]
    assert bounds.within(key("new")) == key(OTHER)


def test_names_that_may_be_addresses_or_are_long_are_not_kept() -> None:
    bounds = Bounds([])
    assert bounds.within(key("jane@example.com")) == key(OTHER)
    assert bounds.within(key("x" * 101)) == key(OTHER)


async def test_numbers_stay_and_can_be_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path / "a.db", LEDGER, Durability.PROCESS) as db:
        numbered = Numbered(SERIES)
        await db.execute("BEGIN")
        first = dict(await numbered.learn(db, [key("a"), key("b"), key("a")]))
        assert sorted(first) == [key("a"), key("b")]
        await db.execute("ROLLBACK")
        numbered.forget()
        assert await numbered.load(db) == {}
        again = await numbered.learn(db, [key("b")])
        more = await numbered.learn(db, [key("b"), key("c")])
        assert more[key("b")] == again[key("b")] != more[key("c")]
        assert await Numbered(SERIES).load(db) == more
        lanes = await Numbered(LANES).learn(db, [("acme", "A-1")])
        assert list(lanes) == [("acme", "A-1")]
