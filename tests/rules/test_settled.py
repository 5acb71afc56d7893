"""The short way must end where the long one does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.rules import clickids, keeper
from firsthand.rules.clickids import Plan, plan
from firsthand.rules.holding import Seen
from firsthand.rules.keeper import Keeper, Kept
from firsthand.rules.settled import settled
from tests.rules.browsers import BROWSER, SEEN_AT
from tests.samples import everybody

SITE = everybody()
DAY = 86_400_000
CLICKED = {
    "_fbc": f"fb.1.{SEEN_AT - DAY}.IwAR0",
    "_gcl_aw": f"GCL.{SEEN_AT // 1000 - 86_400}.Cj0KCQiA_sample",
    "ttclid": "E.C.P.sample",
    "li_fat_id": "11111111-2222-4333-8444-555555555555",
}
ALL = CLICKED | BROWSER
OTHERS = {
    "_fbc": f"fb.1.{SEEN_AT}.other",
    "_fbp": f"fb.1.{SEEN_AT}.1",
    "ttclid": "E.C.P.other",
    "_ga_ABC1234567": "GS2.1.s1795500000$o3$g1$t1795500001$j55$l0$h0",
    "_gcl_aw": "forged",
}


def see(cookies: dict[str, tuple[str, ...]], kept: dict[str, Kept], now: int) -> Seen:
    return Seen(cookies, {}, {}, kept, "example.com", mints=True, now=now, digest=b"x" * 16)


def kept_all(since: int = SEEN_AT - DAY) -> dict[str, Kept]:
    return {n: Kept(v, since) for n, v in ALL.items() if SITE.rows.by_name[n].cookie.restore}


def ask(now: int = SEEN_AT, **changes: tuple[str, ...]) -> dict[str, str] | None:
    cookies = {name: (value,) for name, value in ALL.items()} | changes
    keeping = Keeper("b", kept_all(), now // DAY)
    return settled(SITE.rows, SITE.vendors, see(cookies, keeping.ids, now), keeping)


def test_a_browser_with_all_that_the_keeper_has_is_settled() -> None:
    assert ask() == {name: value for name, value in ALL.items() if name != "_uetsid"}
    later = BROWSER["_ga_ABC1234567"].replace("$t1795500001", "$t1795500099")
    assert ask(_ga_ABC1234567=(later,)) is not None


def test_anything_else_is_not() -> None:
    assert ask(_fbc=(OTHERS["_fbc"],)) is None
    assert ask(_fbc=(ALL["_fbc"], ALL["_fbc"])) is None
    assert ask(_ga_ABC1234567=(OTHERS["_ga_ABC1234567"],)) is None
    assert ask(now=SEEN_AT + 90 * DAY) is None


cookies = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(
            st.sampled_from([ALL[name], OTHERS.get(name, ALL[name])]), min_size=1, max_size=2
        ).map(tuple)
        for name in ALL
    },
)
kept = st.fixed_dictionaries(
    {},
    optional={
        name: st.builds(Kept, st.just(ALL[name]), st.integers(SEEN_AT - 91 * DAY, SEEN_AT))
        for name in kept_all()
    },
)
carried = st.fixed_dictionaries(
    {}, optional={name: st.just(value) for name, value in OTHERS.items()}
)
vendors = st.sets(st.sampled_from(sorted(SITE.vendors)))


@settings(max_examples=60, deadline=None)
@given(cookies, kept, carried, vendors)
def test_the_short_way_ends_where_the_long_one_does(
    cookies: dict[str, tuple[str, ...]],
    kept: dict[str, Kept],
    carried: dict[str, str],
    vendors: set[str],
) -> None:
    value = keeper.encode(Keeper("b", kept, SEEN_AT // DAY), SITE)
    jar = {**cookies, "fh_keep": (value,)}

    def decided() -> Plan:
        allowed = [SITE.vendors[key] for key in sorted(vendors)]
        page = "https://shop.example.com/"
        return plan(
            SITE, allowed, page=page, cookies=jar, carried=carried, now=SEEN_AT, digest=b"x" * 16
        )

    short = decided()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clickids, "settled", lambda *_: None)
        long = decided()
    assert short == long
