import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules import keeper
from firsthand.rules.keeper import Keeper, Kept
from tests.samples import shop

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
keepers = st.builds(Keeper, values, ids, st.integers(0, 40_000))


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


def test_the_oldest_ids_leave_first() -> None:
    many = {f"_id{n}": Kept("x" * 200, 1000 + n) for n in range(12)}
    value = keeper.encode(Keeper("mine", many, 1), PATH)
    assert len("__Host-fh_keep=") + len(value) <= keeper.MAX_COOKIE
    found = keeper.decode((value,), PATH)
    assert found is not None
    assert found.browser == "mine"
    kept = sorted(int(name[3:]) for name in found.ids)
    assert kept == list(range(12 - len(kept), 12))
    assert len(kept) >= 3


def test_a_payload_of_another_form_is_none() -> None:
    for text in (b"[]", b'{"b":"x","d":1}', b'{"b":"x","d":1,"i":{"a":1}}', b"\xff"):
        payload = keeper._text(text)
        mac = keeper._text(keeper._mac(SITE.secret, SITE, payload))
        assert keeper.decode((f"v1.{payload}.{mac}",), SITE) is None


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
