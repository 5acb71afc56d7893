from dataclasses import replace

from firsthand.rules.custody import Policy, ScriptPolicy, Standing
from firsthand.store.custody import ScriptEntry, Version
from tests.custody import PLAIN


def version(digest: str, standing: Standing) -> Version:
    return Version(
        hash=digest * 32, digest=digest * 64, size=1, source="", etag="", modified="",
        first_seen=1, last_seen=1, standing=standing, decided_at=1, decided_by="policy",
        served_at=1, against="", findings=(), profile=PLAIN,
    )  # fmt: skip


ENTRY = ScriptEntry(
    address="a.example/x.js",
    vendor="meta",
    family="",
    own=True,
    live="a" * 32,
    checked_at=1,
    trouble="",
    trouble_since=0,
    versions=tuple(
        version(letter, standing) for letter, standing in zip("abcdef", (*Standing,), strict=False)
    ),
)


def pinned(digest: str) -> ScriptPolicy:
    return ScriptPolicy(Policy.PIN, pins={ENTRY.address: digest})


def test_what_is_served_is_the_live_one_or_the_pinned_one() -> None:
    assert ENTRY.served(ScriptPolicy()) == "a" * 32
    assert ENTRY.served(pinned("e" * 64)) == "e" * 32
    assert ENTRY.served(pinned("9" * 64)) == ENTRY.served(ScriptPolicy(Policy.PIN)) == ""
    assert replace(ENTRY, live="").served(ScriptPolicy()) == ""


def test_what_pages_may_still_ask_for_was_served_and_not_rejected() -> None:
    standings = {"a", "b", "c", "d"}
    assert ENTRY.servable(ScriptPolicy()) == {letter * 32 for letter in standings}
    assert ENTRY.servable(pinned("e" * 64)) == {"e" * 32}
    assert ENTRY.servable(pinned("9" * 64)) == frozenset()
    assert ENTRY.version("0" * 32) is None
