"""Sources: the robots' own documentation pages for their names, read 2026-11-20."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.edge.bots import IN_A_MINUTE, IN_A_SECOND, WIDTH, Sketch, Watch, name_signs
from firsthand.rules.bots import BotSign
from tests.factories import AGENT, NOW


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "curl/8.5.0",
        "python-requests/2.32.3",
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " HeadlessChrome/143.0.0.0 Safari/537.36"
        ),
    ],
)
def test_what_says_so_itself_is_a_bot(agent: str) -> None:
    assert name_signs(agent) in {BotSign.SAYS_SO, BotSign.NAMELESS}
    assert (name_signs(agent) is BotSign.NAMELESS) is (agent == "")


@pytest.mark.parametrize(
    "agent",
    [
        AGENT,
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
        ),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
        (
            "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.0;]"
        ),
        "A".ljust(600) + "Googlebot",  # beyond what a name can be
    ],
)
def test_a_browser_is_none(agent: str) -> None:
    assert name_signs(agent) == 0


@given(st.text(max_size=700) | st.text(st.characters(categories=["Cs", "Cc"])))
def test_any_text_has_signs_and_always_the_same(agent: str) -> None:
    assert name_signs(agent) in {0, BotSign.SAYS_SO, BotSign.NAMELESS}
    assert name_signs(agent) == name_signs(agent)


BROWSER = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Language": "de"}
MINUTE, SECOND = 60_000, 1000


def watch() -> Watch:
    return Watch(lambda: b"key")


@pytest.mark.parametrize("name", ["Accept", "Accept-Language"])
def test_a_browser_sends_some_headers_always(name: str) -> None:
    assert watch().signs(BROWSER, "203.0.113.7", NOW) == 0
    less = {key: value for key, value in BROWSER.items() if key != name}
    assert watch().signs(less, "203.0.113.7", NOW) == BotSign.BARE


def test_more_than_people_send_in_a_second_or_in_a_minute() -> None:
    seen = watch()
    burst = [seen.signs(BROWSER, "203.0.113.7", NOW) for _ in range(IN_A_SECOND + 1)]
    assert burst[-2:] == [0, BotSign.INSTANT]
    assert seen.signs(BROWSER, "198.51.100.4", NOW) == 0
    spread = range(IN_A_MINUTE - IN_A_SECOND)
    steady = [seen.signs(BROWSER, "203.0.113.7", NOW + SECOND + n * 40) for n in spread]
    assert steady[-2:] == [0, BotSign.RATE]
    assert seen.signs(BROWSER, "203.0.113.7", NOW + MINUTE) == 0


def test_a_sketch_has_no_address_and_forgets_with_its_span() -> None:
    keys = iter([b"one", b"two"])
    seen = Watch(lambda: next(keys))
    picked = [seen._pick("203.0.113.7", NOW + at) for at in (0, 9, MINUTE)]
    assert picked[0] == picked[1] != picked[2]
    sketch = Sketch(MINUTE)
    assert [sketch.count(picked[0], NOW + n) for n in range(3)] == [1, 2, 3]
    assert sketch.count(picked[0] + WIDTH, NOW + 3) == 1  # shares one counter of two
    assert sketch.count(picked[0], NOW + MINUTE) == 1
    for kept in (seen, seen._minute, seen._second):
        assert "203" not in repr(vars(kept))
