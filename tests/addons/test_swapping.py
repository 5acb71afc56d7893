"""Pages and policies before and after the swap."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.swapping import Trial, trial

CONFIG = """
[site]
hosts = ["shop.example.com"]
tracking_host = "trk.shop.example.com"
[[meta]]
account = "1234567890123456"
mode = "server"
[[ga4]]
account = "G-ABC1234567"
mode = "server"
[[tiktok]]
account = "CABC123DEF456GHI789J"
mode = "server"
"""
US = "https://trk.shop.example.com"
META = "connect.facebook.net/en_US/fbevents.js"
SITE = trial(CONFIG)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f'<script src="https://{META}">', f'<script src="{US}/{META}">'),
        (f"<script src='//{META}'>", f"<script src='{US}/{META}'>"),
        (f"n,'script','http://{META}');", f"n,'script','{US}/{META}');"),
        (f"s.src = `https://{META}?v=1`", f"s.src = `{US}/{META}?v=1`"),
        (
            r'{"src":"https:\/\/connect.facebook.net\/en_US\/fbevents.js"}',
            r'{"src":"https:\/\/trk.shop.example.com\/connect.facebook.net\/en_US\/fbevents.js"}',
        ),
        (
            '<script src="https://www.googletagmanager.com/gtag/js?id=G-ABC1234567">',
            f'<script src="{US}/www.googletagmanager.com/gtag/js?id=G-ABC1234567">',
        ),
    ],
)
def test_addresses_that_change(page: str, expected: str) -> None:
    assert SITE.page(page) == (expected, 1)


@pytest.mark.parametrize(
    "page",
    [
        "https://connect.facebook.net/en_US/fbevents.json",
        "https://connect.facebook.net/signals/config/1234567890123456",  # loaded by other code
        "https://connect.facebook.netx/en_US/fbevents.js",
        "https://x.connect.facebook.net/en_US/fbevents.js",
        f"{US}/{META}",
        "https://www.facebook.com/tr/?id=1&ev=PageView",  # a beacon: the shim's affair
        "https://bat.bing.com/bat.js",  # nobody configured it
        "https://www.googletagmanager.com/gtm.js?id=GTM-ABC",
        "",
    ],
)
def test_addresses_that_stay(page: str) -> None:
    assert SITE.page(page) == (page, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("img-src *", "img-src *"),
        (
            "default-src 'self'",
            "default-src 'self'; script-src 'self' US; connect-src 'self' US; frame-src 'self' US",
        ),
        (
            "script-src 'nonce-abc'; connect-src 'none'",
            "script-src 'nonce-abc' US; connect-src US",
        ),
        ("connect-src US", "connect-src US"),
        (
            "child-src 'self'; form-action 'self'",
            "child-src 'self'; form-action 'self' US; frame-src 'self' US",
        ),
        (
            "script-src-elem 'self'; trusted-types gtm",
            "script-src-elem 'self' US; trusted-types gtm firsthand",
        ),
        (
            "trusted-types 'none', connect-src 'self'",
            "trusted-types firsthand, connect-src 'self' US",
        ),
        ("trusted-types *", "trusted-types *"),
        ("Connect-Src a; connect-src b", "connect-src a US"),  # of two the first counts
        ("", ""),
    ],
)
def test_policies(before: str, after: str) -> None:
    assert SITE.policy(before.replace("US", US)) == after.replace("US", US)


@given(st.text(max_size=80))
def test_what_a_policy_refuses_otherwise_it_still_refuses(text: str) -> None:
    """Nothing but our host is added, and what was added is not added again."""
    once = SITE.policy(text)
    assert SITE.policy(once) == once
    assert set(once.lower().replace(";", " ").replace(",", " ").split()) <= {
        *text.lower().replace(";", " ").replace(",", " ").split(),
        *(US, "firsthand", "script-src", "connect-src", "frame-src"),
    }


def test_a_policy_in_a_page() -> None:
    page = """<META http-equiv=Content-Security-Policy content="connect-src &#39;self&#39;">
        <meta http-equiv="Content-Security-Policy-Report-Only" content="connect-src 'self'">
        <meta name="description" content="connect-src 'self'">"""
    changed, _ = SITE.page(page)
    assert changed.count(US) == 1
    assert f'content="connect-src &#x27;self&#x27; {US}"' in changed


def test_shadow_lets_copied_beacons_through_by_fetch() -> None:
    shadow = trial(CONFIG.replace('"server"', '"shadow"'))
    assert "https://www.facebook.com" in shadow.policy("connect-src 'self'")


def layout(change: Callable[[str], str]) -> Trial:
    return trial(change(CONFIG))


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("connect.facebook.net", "/en_US/fbevents.js", f"/{META}"),
        ("connect.facebook.net", "/signals/config/1234567890123456", ""),
        ("www.facebook.com", "/tr/", ""),
        ("bat.bing.com", "/bat.js", ""),
    ],
)
def test_scripts_of_tags_come_from_firsthand(host: str, path: str, expected: str) -> None:
    assert SITE.swapped(host, path) == expected


def test_what_is_firsthands() -> None:
    assert SITE.serves("trk.shop.example.com", "/fh/copy")
    assert not SITE.serves("shop.example.com", "/fh/copy")
    path = layout(
        lambda text: text.replace('"trk.shop.example.com"', '"shop.example.com"\nbase_path = "/m"')
    )
    assert path.serves("shop.example.com", "/m/fh/copy")
    assert not path.serves("shop.example.com", "/madame")
    assert path.page(f"https://{META}")[0] == f"https://shop.example.com/m/{META}"
    assert path.swapped("connect.facebook.net", "/en_US/fbevents.js") == f"/m/{META}"


@pytest.mark.parametrize(
    ("more", "to", "expected"),
    [
        ("", "", "http://127.0.0.1:8080"),
        ('[listen]\nhost = "0.0.0.0"\nport = 9000', "", "http://127.0.0.1:9000"),
        ("", "https://203.0.113.9:8443", "https://203.0.113.9:8443"),
    ],
)
def test_where_it_listens(more: str, to: str, expected: str) -> None:
    assert trial(CONFIG + more, to).listens == expected


@pytest.mark.parametrize("text", ["", "[site]", "rubbish", CONFIG.replace('"server"', '"loud"')])
def test_what_is_no_configuration(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        trial(text)
