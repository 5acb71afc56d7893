from dataclasses import replace

import pytest

from firsthand.model import Kind
from firsthand.rules.holding import Held, Seen, fault, fits, form, hold, left_s
from firsthand.rules.keeper import Kept
from firsthand.vendor import ClickId, IdCookie, Mint
from tests.factories import NOW

DAY = 86_400_000


def _mint(mint: Mint) -> str:
    return f"fb.{mint.labels - 1}.{mint.at}.{mint.click or mint.draw}"


# Forms as Meta documents them ("fbp and fbc parameters", read 2026-11-20).
FBC = IdCookie(
    name="_fbc",
    pattern=r"fb\.[0-9]\.[0-9]{13}\.[A-Za-z0-9_-]{1,500}",
    kind=Kind.AD_ID,
    days=90,
    click="fbclid",
    click_of=lambda value: value.split(".", 3)[3],
    mint=_mint,
)
FBP = replace(FBC, name="_fbp", kind=Kind.BROWSER_ID, click="", click_of=None)
GA = IdCookie(name="_ga", pattern=r"GA1\.[0-9]\.[0-9]+\.[0-9]{10}", kind=Kind.BROWSER_ID, days=730)
SESSION = replace(GA, name="_ga_ABC", pattern=r"GS2\.1\.[\w$]+", days=400, restore=False)

OLD = f"fb.1.{NOW - 10 * DAY}.oldClick"
NEW = f"fb.1.{NOW - DAY}.newClick"
SINCE = NOW - 10 * DAY


def see(**given: object) -> Seen:
    seen = Seen({}, {}, {}, {}, "example.com", mints=True, now=NOW, digest=b"0123456789abcdef")
    return replace(seen, **given)  # type: ignore[arg-type]


def value_of(held: Held | None) -> str:
    return held.kept.value if held else ""


@pytest.mark.parametrize(
    ("cookies", "carried", "kept", "expected", "missing"),
    [
        ((), "", "", "", False),
        ((OLD,), "", "", OLD, False),
        ((OLD,), NEW, "", NEW, True),
        ((OLD,), "", NEW, NEW, True),
        ((NEW,), OLD, OLD, NEW, False),
        ((), NEW, OLD, NEW, True),
        ((), "", OLD, OLD, True),
        ((OLD, NEW), "", "", NEW, False),
        (("forged", OLD), "", "", OLD, False),
        (("forged",), "", NEW, NEW, True),
        (("forged",), "forged", "", "", False),
        ((f"fb.1.{NOW - 91 * DAY}.x",), "", "", "", False),
        ((), f"fb.1.{NOW - 91 * DAY}.x", f"fb.1.{NOW - 90 * DAY}.x", "", False),
    ],
)
def test_without_a_new_click(
    cookies: tuple[str, ...], carried: str, kept: str, expected: str, *, missing: bool
) -> None:
    known = {"_fbc": Kept(kept, int(kept.split(".")[2]))} if kept else {}
    rejected: list[str] = []
    seen = see(cookies={"_fbc": cookies}, carried={"_fbc": carried}, kept=known)
    held = hold("_fbc", FBC, seen, rejected)
    assert value_of(held) == expected
    assert (held is not None and held.missing) is missing
    why = ["malformed"] * ("forged" in cookies) + ["copies"] * (len(cookies) > 1)
    why += ["expired"] * any(
        "91" in str((NOW - int(one.split(".")[2])) // DAY) for one in cookies if one != "forged"
    )
    assert rejected == [f"cookie:_fbc:{each}" for each in why]


@pytest.mark.parametrize(
    ("cookies", "carried", "kept", "expected", "missing"),
    [
        ((), "", "", f"fb.1.{NOW}.newClick", True),
        ((OLD,), "", "", f"fb.1.{NOW}.newClick", True),
        ((OLD,), "", OLD, f"fb.1.{NOW}.newClick", True),
        ((NEW,), "", "", NEW, False),
        ((OLD,), "", NEW, NEW, True),
        ((OLD,), NEW, "", NEW, True),
        ((NEW, OLD), "", "", NEW, False),
        ((f"fb.1.{NOW}.otherClick", NEW), "", "", NEW, True),
    ],
)
def test_a_new_click_is_minted_and_the_same_one_keeps_its_time(
    cookies: tuple[str, ...], carried: str, kept: str, expected: str, *, missing: bool
) -> None:
    known = {"_fbc": Kept(kept, int(kept.split(".")[2]))} if kept else {}
    seen = see(
        cookies={"_fbc": cookies},
        carried={"_fbc": carried},
        kept=known,
        clicks={"fbclid": "newClick"},
    )
    held = hold("_fbc", FBC, seen, [])
    assert held is not None
    assert (held.kept.value, held.missing or held.copies) == (expected, missing or len(cookies) > 1)


def test_a_click_without_a_way_to_read_it_back_is_the_last_part() -> None:
    row = replace(FBC, click_of=None)
    seen = see(cookies={"_fbc": (NEW,)}, clicks={"fbclid": "newClick"})
    assert value_of(hold("_fbc", row, seen, [])) == NEW


def test_a_browser_id_is_minted_only_where_nobody_has_one() -> None:
    held = hold("_fbp", FBP, see(), [])
    assert held is not None
    assert held.missing
    assert held.kept.since == NOW
    draw = int(held.kept.value.rpartition(".")[2])
    assert 0 <= draw < 2**31
    assert held == hold("_fbp", FBP, see(), [])
    assert hold("_fbp", FBP, see(carried={"_fbp": "in another form"}), []) is None
    assert hold("_fbp", FBP, see(mints=False), []) is None
    assert hold("_fbp", replace(FBP, mint=None), see(), []) is None
    assert hold("_fbp", replace(FBP, mint=lambda _: "bad form"), see(), []) is None


@pytest.mark.parametrize(
    ("domain", "index"), [("example.com", 1), ("www.example.com", 2), ("example.co.uk", 2)]
)
def test_labels_follow_the_cookies_own_domain(domain: str, index: int) -> None:
    assert value_of(hold("_fbp", FBP, see(domain=domain), [])).startswith(f"fb.{index}.")


@pytest.mark.parametrize(
    ("row", "value", "since"),
    [
        (FBC, NEW, NOW - DAY),
        (FBC, f"fb.1.{NOW + DAY}.fromTheFuture", NOW),
        (replace(FBC, pattern=r"GCL\..+"), "GCL.1795500000.a-1795400000-b", 1_795_500_000_000),
        (GA, "GA1.1.1754650390.1746825440", 1_746_825_440_000),
        (FBP, f"fb.1.{NOW - DAY}.1234567890", NOW - DAY),
        (replace(GA, pattern=".+"), "no time", NOW),
    ],
)
def test_the_time_within_a_value(row: IdCookie, value: str, since: int) -> None:
    held = hold(row.name, row, see(cookies={row.name: (value,)}), [])
    assert held is not None
    assert held.kept.since == since


def test_a_known_value_keeps_the_time_we_first_saw_it() -> None:
    seen = see(cookies={"_fbc": (OLD,)}, kept={"_fbc": Kept(OLD, SINCE - 5)})
    held = hold("_fbc", FBC, seen, [])
    assert held == Held(Kept(OLD, SINCE - 5), missing=False)


def test_copies_that_differ_are_told_of() -> None:
    held = hold("_fbc", FBC, see(cookies={"_fbc": (OLD, NEW)}), [])
    assert held == Held(Kept(NEW, NOW - DAY), missing=False, copies=True)
    held = hold("_fbc", FBC, see(cookies={"_fbc": (OLD, OLD)}), [])
    assert held == Held(Kept(OLD, SINCE), missing=False)


def test_a_browsers_own_id_is_never_replaced_by_another() -> None:
    mine, kept = f"fb.1.{NOW - DAY}.1", Kept(f"fb.1.{NOW}.2", NOW)
    held = hold("_fbp", FBP, see(cookies={"_fbp": (mine,)}, kept={"_fbp": kept}), [])
    assert held == Held(Kept(mine, NOW - DAY), missing=False)


def test_what_only_the_keeper_knows_is_lost() -> None:
    held = hold("_fbc", FBC, see(kept={"_fbc": Kept(OLD, SINCE)}), [])
    assert held == Held(Kept(OLD, SINCE), missing=True, lost=True)


def test_a_site_may_let_clicks_count_for_less() -> None:
    rejected: list[str] = []
    seen = see(cookies={"_fbc": (OLD,)}, click_days=10)
    assert hold("_fbc", FBC, seen, rejected) is None
    assert rejected == ["cookie:_fbc:expired"]


@pytest.mark.parametrize(("value", "word"), [("x" * 1024, "malformed"), ("x" * 1025, "oversized")])
def test_what_is_wrong_in_a_word(value: str, word: str) -> None:
    assert fault(value) == word


def test_the_form_of_a_value_and_the_time_within() -> None:
    assert form(FBC, OLD) == (True, SINCE)
    assert form(FBC, "fb.1.x") == (False, None)
    assert form(replace(FBC, restore=False), OLD) == (True, None)


def test_a_session_is_read_and_never_restored() -> None:
    value = "GS2.1.s1754977080$o2"
    assert value_of(hold("_ga_ABC", SESSION, see(cookies={"_ga_ABC": (value,)}), [])) == value
    assert hold("_ga_ABC", SESSION, see(kept={"_ga_ABC": Kept(value, NOW)}), []) is None


@pytest.mark.parametrize(
    ("row", "age_days", "days"),
    [(FBC, 0, 90), (FBC, 30, 60), (replace(FBC, days=30), 10, 20), (FBP, 50, 90), (GA, 50, 400)],
)
def test_a_clicks_life_is_counted_from_the_click(row: IdCookie, age_days: int, days: int) -> None:
    assert left_s(row, Kept("x", NOW - age_days * DAY), NOW) == days * 86_400


def test_a_click_id_must_match_from_end_to_end() -> None:
    click = ClickId("fbclid", r"[A-Za-z0-9_-]{1,8}")
    assert fits(click, "IwAR0-_x")
    for bad in ("", "a;b", "a b", "a" * 9, "a\n", "ü", "a\0"):
        assert not fits(click, bad)
