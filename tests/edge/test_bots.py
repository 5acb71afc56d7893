"""Sources: the robots' own documentation pages for their names, read 2026-11-20."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.edge.bots import SAYS_SO, score
from tests.factories import AGENT


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
    assert score(agent) == SAYS_SO


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
    assert score(agent) == 0


@given(st.text(max_size=700) | st.text(st.characters(categories=["Cs", "Cc"])))
def test_any_text_has_a_score_and_always_the_same(agent: str) -> None:
    assert score(agent) in {0, SAYS_SO}
    assert score(agent) == score(agent)
