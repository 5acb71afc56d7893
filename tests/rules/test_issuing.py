from dataclasses import replace

import pytest

from firsthand.rules import issuing
from firsthand.rules.clickids import plan
from firsthand.rules.cookies import split
from firsthand.rules.issuing import Moment, expired, fitting, paths_of
from tests.rules.browsers import BROWSER, CLICKS, SEEN_AT
from tests.samples import everybody, shop

SITE = everybody()
DAY = 86_400_000
LANDING = "https://shop.example.com/?" + "&".join(f"{n}={v}" for n, v in CLICKS.items())


def visit(page: str, header: str, now: int, until: int | None = None) -> list[str]:
    return plan(
        SITE,
        SITE.vendors.values(),
        page=page,
        cookies=split(header),
        carried={},
        now=now,
        digest=b"0123456789abcdef",
        until=until,
    ).lines


def after(lines: list[str], jar: dict[str, str]) -> dict[str, str]:
    pairs = (line.partition(";")[0].partition("=") for line in lines)
    return jar | {name: value for name, _, value in pairs}


def header(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def test_a_page_with_eleven_vendors_has_two_kibibytes_of_cookies() -> None:
    """Every vendor's browser ids, a click of each, the keeper and the verdict: as they are sent."""
    assert len(SITE.vendors) == 11
    verdict = f"1.01234567.{'~'.join(sorted(SITE.vendors))}"
    jar = {**BROWSER, "fh_verdict": verdict}
    page = LANDING
    for hour in range(60):
        lines = visit(page, header(jar), SEEN_AT + hour * 3_600_000)
        jar = after(lines, jar)
        page = "https://shop.example.com/"
        assert len(header(jar)) <= issuing.MOST_IN_ALL
    assert {"_fbc", "_gcl_aw", "ttclid", "_scclid", "_epik", "_uetmsclkid"} <= jar.keys()
    assert {"li_fat_id", "_rdt_cid", "_twclid", "__oppref", "fh_keep"} <= jar.keys()


def test_the_usual_visitor_loses_nothing_by_it() -> None:
    """Every vendor's browser ids and two clicks: the keeper has room for all."""
    two = f"https://shop.example.com/?fbclid={CLICKS['fbclid']}&gclid={CLICKS['gclid']}"
    jar = dict(BROWSER)
    for _ in range(3):
        jar = after(visit(two, header(jar), SEEN_AT), jar)
    restored = after(visit("", f"fh_keep={jar['fh_keep']}", SEEN_AT + 8 * DAY), {})
    stay = {name for name in jar if name != "_uetsid"}
    assert restored.keys() == stay


def test_no_answer_is_longer_than_a_front_takes() -> None:
    jar: dict[str, str] = {}
    for _ in range(4):
        lines = visit(LANDING, header(jar), SEEN_AT)
        assert sum(len(line) + len("Set-Cookie: \r\n") for line in lines) <= issuing.MOST_BYTES
        jar = after(lines, jar)
    assert len(jar) == len(CLICKS) + 2  # _fbp and the keeper
    assert visit(LANDING, header(jar), SEEN_AT) == []


def test_what_has_no_room_waits_and_the_last_line_goes() -> None:
    assert fitting([], "") == []
    assert fitting(["a" * 3000, "b" * 3000], "") == ["a" * 3000]
    assert fitting(["a" * 3000, "b"], "k" * 1000) == ["k" * 1000]
    assert fitting(["a" * 300, "b"], "k" * 1000) == ["a" * 300, "b", "k" * 1000]


@pytest.mark.parametrize(
    ("until", "life", "bounded"),
    [(None, 100, 100), (50_000, 100, 50), (500_000, 100, 100), (-1, 100, 0)],
)
def test_no_cookie_outlives_the_consent(until: int | None, life: int, bounded: int) -> None:
    assert Moment(0, until).bounded(life) == bounded


def test_every_line_ends_with_the_consent() -> None:
    lines = visit(LANDING, header(dict(BROWSER)), SEEN_AT, until=SEEN_AT + 10 * DAY)
    assert {line.partition("Max-Age=")[2].partition(";")[0] for line in lines} == {"864000"}
    ended = visit(LANDING, header(dict(BROWSER)), SEEN_AT, until=SEEN_AT)
    assert {line.partition("Max-Age=")[2].partition(";")[0] for line in ended} == {"0"}


def test_copies_on_other_domains_make_way() -> None:
    site = shop()
    fbc = [f"fb.1.{SEEN_AT - n * DAY}.IwAR{n}" for n in (1, 2)]
    lines = plan(
        site,
        [site.vendors["meta"]],
        page="",
        cookies={"_fbc": tuple(fbc)},
        carried={},
        now=SEEN_AT,
        digest=b"0123456789abcdef",
    ).lines
    mine = [line for line in lines if line.startswith("_fbc=")]
    assert [line for line in mine if "Max-Age=0" not in line] == mine[-1:]
    assert mine[-1].startswith(f"_fbc={fbc[0]}; Domain=example.com; ")
    assert [line.split(";")[1].strip() for line in mine[:-1]] == [
        "Path=/",
        "Domain=trk.shop.example.com",
        "Domain=shop.example.com",
    ]


def test_ours_go_first_when_all_must_go() -> None:
    lines = expired(shop(), {"_fbp", "_fbc"})
    assert [line.partition(";")[0] for line in lines[:2]] == ["_fbc=", "_fbc="]
    assert "Domain=example.com" in lines[0]
    assert len(lines) == len(set(lines)) == 8
    in_path = replace(shop(), base_path="/m", tracking_host="shop.example.com")
    assert len(expired(in_path, {"_fbp"})) == 3


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        ("/", []),
        ("/fh/consent", ["/fh", "/fh/consent"]),
        ("/m/fh/consent?x=/y", ["/m", "/m/fh", "/m/fh/consent"]),
        ("/a/b/c/d/e/f", ["/a", "/a/b", "/a/b/c", "/a/b/c/d"]),
    ],
)
def test_the_paths_of_a_request(target: str, paths: list[str]) -> None:
    assert paths_of(target) == paths
