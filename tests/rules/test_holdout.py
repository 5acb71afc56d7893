from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules import keeper
from firsthand.rules.holdout import Arm, arm, drawn
from tests.factories import make_hit
from tests.samples import shop

SITE = replace(shop(), holdout=0.5)


def kept(digest: bytes) -> dict[str, tuple[str, ...]]:
    return {keeper.name(SITE): (keeper.encode(keeper.new(digest, day=1), SITE),)}


@given(st.text(max_size=40), st.floats(0, 1))
def test_a_visitor_is_drawn_the_same_way_always(browser: str, share: float) -> None:
    assert drawn(browser, share) is drawn(browser, share)
    assert drawn(browser, 0) is Arm.TREATED
    assert drawn(browser, 1) is Arm.HELD
    # Who is held at a share is held at every larger one.
    assert drawn(browser, share) is Arm.TREATED or drawn(browser, min(1, share * 1.5)) is Arm.HELD


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_of_many_about_the_share_is_held(share: float) -> None:
    held = sum(drawn(f"browser-{n}", share) is Arm.HELD for n in range(10_000))
    assert abs(held - 10_000 * share) < 250  # five standard deviations at most


def test_who_has_no_keeper_of_ours_is_not_drawn() -> None:
    assert arm(make_hit(), SITE) is Arm.NONE
    forged = {keeper.name(SITE): ("v1.e30.AAAAAAAAAAAAAAAAAAAAAA",)}
    assert arm(make_hit(cookies=forged), SITE) is Arm.NONE
    assert arm(make_hit(cookies=kept(b"a" * 16)), replace(SITE, holdout=0.0)) is Arm.NONE


def test_a_new_secret_draws_nobody_anew() -> None:
    after = replace(SITE, secret=b"n" * 32, old_secrets=(SITE.secret,))
    for digest in (bytes([n]) * 16 for n in range(20)):
        hit = make_hit(cookies=kept(digest))
        assert arm(hit, SITE) is not Arm.NONE
        assert arm(hit, SITE) is arm(hit, after)
