import string
import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules import keeper
from firsthand.rules.keeper import Keeper, Kept
from tests.samples import everybody, shop

SITE = shop()
DIGEST = b"0123456789abcdef"
OLD = replace(SITE, secret=b"old" * 8)
ROTATED = replace(SITE, old_secrets=(OLD.secret,))
PATH = replace(SITE, base_path="/m")
OTHER = replace(SITE, name="another shop")

values = st.text(string.ascii_letters + string.digits + "._$-", min_size=1, max_size=80)
ids = st.dictionaries(
    st.sampled_from(["_fbc", "_fbp", "_ga", "_gcl_aw", "_ttp"]),
    st.builds(Kept, values, st.integers(0, 2**42)),
)
keepers = st.builds(Keeper, values, ids, st.integers(0, 40_000), shown=st.booleans())


@given(keepers)
def test_what_was_kept_comes_back(kept: Keeper) -> None:
    value = keeper.encode(kept, SITE)
    assert value.startswith("v1.")
    assert len("fh_keep=") + len(value) <= keeper.MAX_COOKIE
    assert keeper.decode((value,), SITE) == kept


@given(keepers, st.data())
def test_a_forged_keeper_is_none(kept: Keeper, data: st.DataObject) -> None:
    value = keeper.encode(kept, SITE)
    where = data.draw(st.integers(0, len(value) - 1))
    sign = data.draw(st.sampled_from("A.z-é\0"))
    forged = value[:where] + sign + value[where + 1 :]
    found = keeper.decode((forged, value[:where]), SITE)
    # the last sign of a base64 group has bits that stand for nothing
    assert found is None or forged == value


@given(st.text(max_size=100), st.text(max_size=40))
def test_no_value_raises(payload: str, mac: str) -> None:
    assert keeper.decode((payload, f"v1.{payload}.{mac}"), SITE) is None


def test_the_first_copy_that_verifies_holds() -> None:
    mine = Keeper("mine", {}, 1)
    other = keeper.encode(Keeper("other", {}, 1), OTHER)
    tossed = ("", "v1.x.y", other, keeper.encode(mine, SITE), "v2")
    assert keeper.decode(tossed, SITE) == mine
    assert keeper.decode((), SITE) is None
    assert keeper.decode(tossed[:3], SITE) is None


def test_many_planted_copies_cost_little() -> None:
    good = keeper.encode(Keeper("mine", {}, 1), SITE)
    assert keeper.decode(("v1.x.y",) * 10 + (good,), SITE) is None


def test_an_old_secret_still_reads_and_never_writes() -> None:
    kept = Keeper("mine", {"_fbp": Kept("fb.1.1.1", 1)}, 1)
    before = keeper.encode(kept, OLD)
    assert keeper.decode((before,), ROTATED) == kept
    assert keeper.decode((before,), SITE) is None
    assert keeper.encode(kept, ROTATED) == keeper.encode(kept, SITE)


def random(n: int) -> str:
    """Return text that does not deflate."""
    return urlsafe_b64encode(shake_256(bytes([n])).digest(150)).decode()


@pytest.mark.parametrize("room", [keeper.MAX_COOKIE, 9999, 700])
def test_the_oldest_ids_leave_first(room: int) -> None:
    many = {f"_id{n}": Kept(random(n), 1000 + n) for n in range(12)}
    value = keeper.encode(Keeper("mine", many, 1), PATH, room=room)
    assert len("__Host-fh_keep=") + len(value) <= min(room, keeper.MAX_COOKIE)
    found = keeper.decode((value,), PATH)
    assert found is not None
    assert (found.browser, found.full) == ("mine", True)
    kept = sorted(int(name[3:]) for name in found.ids)
    assert kept == list(range(12 - len(kept), 12))
    assert len(kept) >= min(room, keeper.MAX_COOKIE) // 500


def test_what_no_server_call_carries_leaves_before_all_that_one_does() -> None:
    """``_gcl_au`` has no field in Google's API (``vendors/google_ads/cookies.py``)."""
    many = {"_gcl_au": Kept(random(0), 9999), "_fbc": Kept(random(1), 1)}
    value = keeper.encode(Keeper("mine", many, 1), everybody(), room=400)
    found = keeper.decode((value,), everybody())
    assert found is not None
    assert set(found.ids) == {"_fbc"}


def test_nothing_is_left_out_that_has_room() -> None:
    some = {f"_id{n}": Kept("x" * n, n) for n in range(20)}
    value = keeper.encode(Keeper("mine", some, 1), SITE)
    found = keeper.decode((value,), SITE)
    assert found == Keeper("mine", some, 1)


VALUE = keeper.encode(Keeper("mine", {"_fbp": Kept("fb.1.1.1", 1)}, 20_000), SITE)
TODAY = 20_000 * 86_400_000


@pytest.mark.parametrize(
    ("values", "now", "good", "faults"),
    [
        ((), TODAY, False, []),
        ((VALUE,), TODAY, True, []),
        ((VALUE,), TODAY + 90 * 86_400_000, True, []),
        ((VALUE,), TODAY + 91 * 86_400_000, False, ["expired"]),
        ((VALUE[:-1],), TODAY, False, ["truncated"]),
        ((VALUE[:40],), TODAY, False, ["truncated"]),
        ((VALUE[:-1] + ("A" if VALUE[-1] != "A" else "Q"),), TODAY, False, ["forged"]),
        ((VALUE.replace("v1.", "v1.A"),), TODAY, False, ["forged"]),
        (("v0" + VALUE[2:],), TODAY, False, ["version"]),
        (("",), TODAY, False, ["version"]),
        (("v1." + "a" * 1536,), TODAY, False, ["oversized"]),
        ((VALUE, VALUE), TODAY, True, ["copies"]),
        (("x", VALUE), TODAY, True, ["version", "copies"]),
    ],
)
def test_why_a_keeper_is_ignored(
    values: tuple[str, ...], now: int, faults: list[str], *, good: bool
) -> None:
    found, said = keeper.read(values, SITE, now=now)
    assert (found is not None, [each.value for each in said]) == (good, faults)


def test_of_several_that_verify_the_newest_holds() -> None:
    older = keeper.encode(Keeper("mine", {}, 1), SITE)
    newer = keeper.encode(Keeper("mine", {}, 2), SITE)
    for copies in ((older, newer), (newer, older)):
        found = keeper.decode(copies, SITE)
        assert found is not None
        assert found.day == 2


def test_a_keeper_that_would_unpack_to_much_is_none() -> None:
    told = b'{"b":"x","d":1,"i":{"a":["' + b"x" * 100_000 + b'",1]}}'
    payload = keeper._text(packed(told))
    assert keeper.read((f"v1.{payload}.{mac_of(payload)}",), SITE, now=0) == (
        None,
        [keeper.Fault.UNREADABLE],
    )


def packed(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zdict=keeper._COMMON)
    return packer.compress(text) + packer.flush()


def mac_of(payload: str) -> str:
    return keeper._text(keeper._mac(SITE.secret, SITE.name, payload))


def test_a_payload_of_another_form_is_none() -> None:
    texts = (b"[]", b'{"b":"x","d":1}', b'{"b":"x","d":1,"i":{"a":1}}', b"\xff")
    for raw in (*texts, *map(packed, texts)):
        payload = keeper._text(raw)
        assert keeper.decode((f"v1.{payload}.{mac_of(payload)}",), SITE) is None


def test_names_follow_the_layout() -> None:
    assert keeper.name(SITE) == "fh_keep"
    assert keeper.name(PATH) == "__Host-fh_keep"
    assert {keeper.name(SITE), keeper.name(PATH)} == keeper.NAMES


def test_a_subject_is_keyed_and_stays() -> None:
    first, second = keeper.new(DIGEST, day=1), keeper.new(DIGEST[::-1], day=1)
    subject = keeper.subject(first, SITE)
    assert len(subject) == 32
    assert first.browser not in subject
    assert subject == keeper.subject(replace(first, day=9, ids={"a": Kept("b", 1)}), SITE)
    assert len({subject, keeper.subject(second, SITE), keeper.subject(first, OTHER)}) == 3
    assert keeper.subjects(first, ROTATED) == (subject, keeper.subject(first, OLD))


def test_a_new_id_follows_from_the_digest_and_hides_it() -> None:
    fresh = keeper.new(DIGEST, day=-1)
    assert fresh == keeper.new(DIGEST, day=-1)
    assert fresh.browser != keeper.new(b"x" * 16, day=-1).browser
    assert len(fresh.browser) == 22
    assert fresh.ids == {}


@pytest.mark.parametrize("shown", [repr(Keeper("canary", {"a": Kept("canary", 1)}, 1))])
def test_no_id_is_shown(shown: str) -> None:
    assert "canary" not in shown
