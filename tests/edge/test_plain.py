"""The plain port: challenges and redirects, and nothing that a page's data could leave by."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firsthand.edge.plain import CHALLENGES, Challenges, Plain
from firsthand.explain import sample
from tests.edge.conftest import GRANTED, META_TARGET, Public, running

TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
SECRET = b"a key that must stay here"
HOST = "trk.shop.example.com"


@pytest.fixture
def webroot(tmp_path: Path) -> Path:
    folder = tmp_path / "tls" / "webroot"
    below = folder / CHALLENGES.strip("/")
    below.mkdir(parents=True)
    (below / TOKEN).write_bytes(b"token.thumbprint")
    (folder.parent / "privkey").write_bytes(SECRET)
    (folder / "privkey").write_bytes(SECRET)
    (below / "link").symlink_to(folder / "privkey")
    (below / "folder").mkdir()
    (below / "folder" / "privkey").write_bytes(SECRET)
    os.mkfifo(below / "pipe")
    (below / "large").write_bytes(b"x" * 5000)
    return folder


@pytest.fixture
async def plain(tmp_path: Path, webroot: Path) -> AsyncIterator[Public]:
    names = (HOST, "second.shop.example.com")
    async with running(
        sample(), tmp_path, wrap=lambda edge: Plain(edge, Challenges(webroot), names)
    ) as public:
        yield public


async def ask(plain: Public, target: str, host: str = HOST, method: str = "GET") -> bytes:
    return await plain.raw(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())


@pytest.mark.parametrize("host", [HOST, f"{HOST}:80", f"{HOST}:8080", "second.shop.example.com"])
async def test_a_challenge_is_answered(plain: Public, host: str) -> None:
    answer = await ask(plain, CHALLENGES + TOKEN, host)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\ntoken.thumbprint")
    assert b"nosniff" in answer


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nothing",
        ".",
        "..",
        "../privkey",
        "../../privkey",
        "..%2f..%2fprivkey",
        "%2e%2e/%2e%2e/privkey",
        "..\\..\\privkey",
        "folder/privkey",
        "folder",
        "link",
        "pipe",
        f"{TOKEN}/",
        f"{TOKEN}?x=1",
        f"{TOKEN}%00",
        f"{TOKEN};x",
        "/" + TOKEN,
        "a" * 129,
        "/etc/passwd",
    ],
)
async def test_nothing_else_of_the_disk_is(plain: Public, token: str) -> None:
    answer = await ask(plain, CHALLENGES + token)
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert SECRET not in answer
    assert b"token.thumbprint" not in answer
    assert plain.kept.reasons() == {"challenge"}


async def test_no_more_than_a_challenge_has_is_read(plain: Public) -> None:
    assert len(await ask(plain, CHALLENGES + "large")) < 1500


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
async def test_a_challenge_is_only_read(plain: Public, method: str) -> None:
    assert (await ask(plain, CHALLENGES + TOKEN, method=method)).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/favicon.ico",
        "/fh.js",
        "/robots.txt?a=b",
        "/connect.facebook.net/en_US/fbevents.js",
        "//evil.example/",
    ],
)
async def test_the_rest_is_sent_to_https_on_our_own_host(plain: Public, target: str) -> None:
    answer = await ask(plain, target, f"{HOST}:8080")
    if target.startswith("//"):
        assert answer.startswith(b"HTTP/1.1 404 ")
        return
    assert answer.startswith(b"HTTP/1.1 308 ")
    assert f"\r\nLocation: https://{HOST}{target}\r\n".encode() in answer
    assert b"Set-Cookie" not in answer


@pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example", "127.0.0.1", ""])
async def test_other_hosts_get_neither(plain: Public, host: str) -> None:
    for target in ("/", CHALLENGES + TOKEN):
        assert (await ask(plain, target, host)).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", META_TARGET),
        ("POST", META_TARGET),
        ("GET", "/fh/consent"),
        ("POST", "/fh/collect"),
        ("POST", "/fh/events"),
        ("POST", "/fh/copy"),
        ("OPTIONS", "/fh/collect"),
        ("POST", "/"),
    ],
)
async def test_what_carries_data_is_refused_and_leaves_nothing(
    plain: Public, method: str, target: str
) -> None:
    answer = await plain.get(
        target, f"Cookie: {GRANTED}", method=method, body=b"x=1" if method == "POST" else b""
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"Set-Cookie" not in answer
    assert b"Location" not in answer
    assert not plain.kept.beacons
    assert plain.kept.reasons() == {"plain_http"}


async def test_below_a_path_of_the_site_challenges_stay_where_they_are_looked_for(
    tmp_path: Path, webroot: Path
) -> None:
    site = replace(sample(), base_path="/m", tracking_url=f"https://{HOST}/m")
    async with running(
        site, tmp_path, wrap=lambda edge: Plain(edge, Challenges(webroot), (HOST,))
    ) as plain:
        assert b"token.thumbprint" in await ask(plain, CHALLENGES + TOKEN)
        answer = await ask(plain, "/m/fh.js")
        assert f"Location: https://{HOST}/m/fh.js".encode() in answer
        assert (await ask(plain, "/fh.js")).startswith(b"HTTP/1.1 404 ")
