import gzip
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from firsthand.explain import sample
from firsthand.model import Client, Hit, Origin, Reading
from firsthand.rules.consent.policy import Policy
from firsthand.rules.returns import Sighting
from firsthand.rules.standing import OTHER_PAGE, Stand
from tests.edge.conftest import GRANTED, META_TARGET, NOW, REFUSED, Public, running
from tests.rules.consent.sources.examples import all_examples

EXAMPLES = all_examples()


async def test_a_granted_beacon_is_stored_before_the_answer(edge: Public) -> None:
    answer = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert [beacon.name for beacon in edge.kept.beacons] == ["PageView"]
    assert edge.woken == [True]
    assert b"Cache-Control: private, no-store" in answer


@pytest.mark.parametrize("cookie", [REFUSED, "fh_consent=1.a1m0.1795400000.fh", "x=y"])
async def test_without_marketing_consent_nothing_is_kept_or_set(edge: Public, cookie: str) -> None:
    answer = await edge.get(META_TARGET, f"Cookie: {cookie}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert not edge.kept.beacons
    assert b"Set-Cookie" not in answer
    assert edge.kept.reasons() <= {"consent", "aggregate_only"}


SITE = replace(
    sample(),
    consent=Policy(groups={key: each.groups for key, each in EXAMPLES.items() if each.groups}),
)


async def test_the_cookies_of_every_platform_arrive_whole(tmp_path: Path) -> None:
    async with running(SITE, tmp_path) as edge:
        for key, each in EXAMPLES.items():
            for header, kept in ((each.granted, each.counts), (each.denied, False)):
                edge.kept.beacons.clear()
                cookies = f"theme=a b; {header}; lone; a[b]=1"
                answer = await edge.get(META_TARGET, f"Cookie: {cookies}")
                assert answer.startswith(b"HTTP/1.1 204 "), key
                assert bool(edge.kept.beacons) is kept, key


async def test_an_image_gets_an_image(edge: Public) -> None:
    answer = await edge.get(META_TARGET, "Sec-Fetch-Dest: image", "Sec-Fetch-Site: same-site")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: image/gif" in head
    assert body.startswith(b"GIF89a")


async def test_a_fault_of_ours_never_reaches_the_page_nor_keeps_a_thing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(hit: Hit) -> Iterator[Reading]:
        raise LookupError(f"CANARY {hit.query}")

    site = sample()
    meta = replace(site.vendors["meta"], read=broken)
    async with running(replace(site, vendors={**site.vendors, "meta": meta}), tmp_path) as edge:
        answer = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert b"Set-Cookie" not in answer
        assert b"CANARY" not in answer
        assert not edge.kept.beacons
        assert edge.kept.reasons() == {"fault_LookupError"}
        assert (await edge.get("/fh/consent")).startswith(b"HTTP/1.1 200 ")
    assert "fault LookupError at " in caplog.text
    assert "CANARY" not in caplog.text
    assert "1234567890123456" not in caplog.text


async def test_a_full_disk_never_reaches_the_page(edge: Public) -> None:
    edge.kept.broken = True
    answer = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert b"Set-Cookie" not in answer
    assert "not_stored" in edge.kept.reasons()


async def test_why_the_disk_refuses_is_told_once_a_second_with_a_count(
    edge: Public, caplog: pytest.LogCaptureFixture
) -> None:
    edge.kept.broken = True
    for _ in range(5):
        await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    told = [record.getMessage() for record in caplog.records if record.name.endswith("edge.app")]
    assert told == ["not stored: No space left on device (requests since last told: 1)"]
    assert [note.reason for note in edge.kept.notes].count("not_stored") == 5


USER = "/ct.pinterest.com/user/?tid=2612345678901&event=init"


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ("https://shop.example.com", b"Access-Control-Expose-Headers: Epik, Pin-Unauth\r\n"),
        ("https://evil.example", b""),
    ],
)
async def test_a_vendors_script_may_look_for_the_headers_that_it_knows(
    edge: Public, origin: str, line: bytes
) -> None:
    answer = await edge.get(USER, f"Cookie: {GRANTED}", f"Origin: {origin}")
    assert (b"Expose-Headers" in answer) is bool(line)
    assert line in answer


SCRIPT = "/connect.facebook.net/en_US/fbevents.js?v=2.9.1&x=//evil.example"


@pytest.mark.parametrize("proto", ["http", "HTTP", "https, http"])
async def test_behind_a_front_plain_http_gets_no_answer_of_worth(
    tmp_path: Path, proto: str
) -> None:
    plain = f"X-Forwarded-Proto: {proto}"
    async with running(sample(), tmp_path, behind_front=True) as edge:
        script = await edge.get(SCRIPT, plain)
        assert script.startswith(b"HTTP/1.1 308 ")
        assert b"\r\nLocation: https://trk.shop.example.com%s\r\n" % SCRIPT.encode() in script
        for answer in (
            script,
            await edge.get(META_TARGET, plain, f"Cookie: {GRANTED}"),
            await edge.get(META_TARGET, plain, f"Cookie: {GRANTED}", method="POST"),
            await edge.get("/fh/consent", plain, f"Cookie: {GRANTED}"),
            await edge.get(SCRIPT, plain, method="POST"),
        ):
            assert b"Set-Cookie" not in answer
            assert answer is script or answer.startswith(b"HTTP/1.1 403 ")
        assert not edge.kept.beacons
        assert edge.kept.reasons() == {"plain_http"}


async def test_below_a_path_of_the_site_the_snippet_names_that_path(tmp_path: Path) -> None:
    url = "https://shop.example.com/m"
    site = replace(sample(), base_path="/m", tracking_url=url)
    async with running(site, tmp_path) as edge:
        answer = await edge.get("/m/fh.js")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"base":"https://shop.example.com/m"' in answer
        assert (await edge.get("/fh.js")).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("proto", ["https", "http, https", "", "ws"])
async def test_behind_a_front_https_is_served(tmp_path: Path, proto: str) -> None:
    async with running(sample(), tmp_path, behind_front=True) as edge:
        headers = [f"X-Forwarded-Proto: {proto}", f"Cookie: {GRANTED}"]
        assert (await edge.get(META_TARGET, *headers)).startswith(b"HTTP/1.1 204 ")


async def test_nobody_but_a_front_can_say_plain(edge: Public, tmp_path: Path) -> None:
    plain = "X-Forwarded-Proto: http"
    assert (await edge.get(META_TARGET, plain)).startswith(b"HTTP/1.1 204 ")
    site = replace(sample(), tracking_url="http://trk.shop.localhost")
    async with running(site, tmp_path / "http", behind_front=True) as sandbox:
        assert (await sandbox.get(META_TARGET, plain)).startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.com", True),
        ("https://shop.example.com.evil.example", False),
        ("https://evilshop.example.com", False),
        ("http://shop.example.com", False),
        ("https://shop.example.com:8443", False),
        ("null", False),
    ],
)
async def test_only_the_sites_own_origin_may_read_answers(
    edge: Public, origin: str, *, allowed: bool
) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await edge.get("/fh/consent", f"Origin: {origin}", method=method)
        assert (f"Access-Control-Allow-Origin: {origin}".encode() in answer) is allowed
        assert b"Allow-Origin: *" not in answer


async def test_the_question_sets_the_readable_verdict(edge: Public) -> None:
    answer = await edge.get("/fh/consent", f"Cookie: {GRANTED}")
    body = orjson.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["allow"]["meta"] is True
    assert b"Set-Cookie: fh_verdict=1." in answer
    refused = await edge.get("/fh/consent", f"Cookie: {REFUSED}")
    assert orjson.loads(refused.partition(b"\r\n\r\n")[2])["allow"]["meta"] is False
    assert b"fh_keep=" not in refused


async def test_a_copy_carries_how_the_original_ended(edge: Public) -> None:
    copy = {
        "url": f"https://{META_TARGET[1:]}",
        "method": "GET",
        "body": "",
        "outcome": "ok",
        "ms": 12.5,
        "attempt": 1,
    }
    answer = await edge.get(
        "/fh/copy", f"Cookie: {GRANTED}", method="POST", body=orjson.dumps(copy)
    )
    assert answer.startswith(b"HTTP/1.1 204 ")
    (beacon,) = edge.kept.beacons
    assert (beacon.origin, beacon.client, beacon.client_ms) == (Origin.COPY, Client.OK, 12)
    assert beacon.event_key == "pv-1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'{"url": 7}', 400),
        (b'{"url": "https://evil.example/tr/", "method": "GET"}', 404),
        (b'{"url": "http://[::1", "method": "GET"}', 400),
        (b'{"url": "file://www.facebook.com/tr/", "method": "GET"}', 404),
        (b'{"url": "https://connect.facebook.net/en_US/fbevents.js", "method": "GET"}', 404),
    ],
)
async def test_what_is_no_copy_is_refused(edge: Public, body: bytes, status: int) -> None:
    answer = await edge.get("/fh/copy", f"Cookie: {GRANTED}", method="POST", body=body)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert not edge.kept.beacons


async def test_cookies_that_we_do_not_know_are_dropped(edge: Public) -> None:
    await edge.get(META_TARGET, f"Cookie: PHPSESSID=CANARY-1; {GRANTED}; __Host-sess=CANARY-2")
    (beacon,) = edge.kept.beacons
    assert b"CANARY" not in orjson.dumps(beacon)


async def test_a_slow_body_is_cut_off(edge: Public) -> None:
    request = (
        b"POST /fh/copy HTTP/1.1\r\nHost: trk.shop.example.com\r\nContent-Length: 100\r\n\r\n{"
    )
    answer = await edge.raw(request, wait=15)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "body_time" in edge.kept.reasons()


MORE_BEACON = (
    "/www.facebook.com/tr/?id=1234567890123456&ev=PageView&ts=1795500000123"
    "&dl=https%3A%2F%2Fshop.example.com%2F"
)


def header_names(answer: bytes) -> set[str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {line.partition(":")[0] for line in lines}


async def test_no_sink_holds_a_session(edge: Public, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cookie = f"Cookie: PHPSESSID=CANARY-1; {GRANTED}; __Host-sess=CANARY-2; wp_CANARY-3=1"
    answers = [
        await edge.get(target, cookie, "Authorization: Bearer CANARY-4", "X-Token: CANARY-5")
        for target in (META_TARGET, "/fh/consent", "/fh/copy", "/nothing", "/")
    ]
    assert edge.kept.beacons
    kept = orjson.dumps([edge.kept.beacons, edge.kept.notes, edge.kept.withdrawn])
    assert b"CANARY" not in kept + b"".join(answers)
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Prefix: /evil",
        "X-Forwarded-For: 192.0.2.66",
        "Forwarded: for=192.0.2.66;host=evil.example;proto=http",
        "X-Real-IP: 192.0.2.66",
        "X-Original-URL: /fh/consent",
        "X-Rewrite-URL: /fh/consent",
        "X-HTTP-Method-Override: DELETE",
        "Via: 1.1 evil.example",
    ],
)
async def test_what_a_front_might_say_has_no_effect(edge: Public, header: str) -> None:
    for target in (META_TARGET, "/fh/consent", "/nothing"):
        plain = await edge.get(target, f"Cookie: {GRANTED}")
        told = await edge.get(target, f"Cookie: {GRANTED}", header)
        assert without_date(told) == without_date(plain)
    first, second = edge.kept.beacons
    assert first == second


def without_date(answer: bytes) -> list[bytes]:
    return [line for line in answer.split(b"\r\n") if not line.startswith(b"Date: ")]


@pytest.mark.parametrize(
    "target",
    [
        "/?url=http://127.0.0.1/",
        "/fh?host=evil.example",
        "/proxy?url=http://169.254.169.254/latest",
        "/http://127.0.0.1/",
        "/http:/127.0.0.1/tr/",
        "/127.0.0.1/tr/",
        "/localhost/tr/",
        "/WWW.FACEBOOK.COM/tr/",
        "/www.facebook.com:443/tr/",
        "/www.facebook.com./tr/",
        "/user@www.facebook.com/tr/",
        "/www.facebook.com/login",
        # a cache in front must not take an answer with cookies for a file
        "/www.facebook.com/tr/x.js",
        "/www.facebook.com/tr/;.css",
        "/www.facebook.com/tr;.css",
        "/www.facebook.com/tr%2f..%2fa.js",
        "/www.facebook.com/tr/%0a.js",
        "/www.google-analytics.com/g/collect/x.js",
        "/www.google-analytics.com/g/collect;.css",
        "/fh/consent/x.js",
        "/fh/consent;.css",
        "/fh/consent.js",
        "/fh/copy/a.css",
        "/fh/consent%2f..%2fa.js",
    ],
)
async def test_an_address_outside_the_tables_is_404(edge: Public, target: str) -> None:
    for method in ("GET", "HEAD"):
        answer = await edge.get(target, f"Cookie: {GRANTED}", method=method)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404 ")
        assert b"Cache-Control: no-store" in head
        assert b"Set-Cookie" not in head
        assert body == b""
    assert not edge.kept.beacons
    assert "unknown_path" in edge.kept.reasons()


@pytest.mark.parametrize(
    "address",
    ["url=http://127.0.0.1/", "host=evil.example", "redirect=//evil.example", "callback=CANARY"],
)
async def test_parameters_that_name_an_address_are_ignored(edge: Public, address: str) -> None:
    answer = await edge.get(f"{META_TARGET}&{address}", f"Cookie: {GRANTED}")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"Location" not in answer
    assert b"CANARY" not in answer


CRLF = "%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0aevil"


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (f"{META_TARGET}&eid={CRLF}", []),
        (f"{META_TARGET}&cd[{CRLF}]={CRLF}", []),
        (f"{META_TARGET}&id={CRLF}&ev={CRLF}", []),
        (f"{META_TARGET}{CRLF}", []),
        (f"/www.facebook.com/tr/{CRLF}", []),
        (f"{MORE_BEACON}%3Ffbclid%3D{CRLF}", []),
        (f"{MORE_BEACON}%3Ffbclid%3D%250d%250aSet-Cookie%3Aevil%3D1", []),
        (f"{META_TARGET}&fbp=fb.1.1795000000000.1{CRLF}", []),
        (META_TARGET, [f"Cookie: {GRANTED}; _fbp=fb.1.1795000000000.1{CRLF}; fh_keep={CRLF}"]),
        (META_TARGET, [f"Cookie: {GRANTED}; _fbp=fb.1.1795000000000.1%0aevil"]),
        (META_TARGET, [f"User-Agent: {CRLF}", f"Referer: https://shop.example.com/{CRLF}"]),
        (META_TARGET, [f"Origin: https://shop.example.com{CRLF}"]),
        ("/fh/consent", [f"Cookie: {GRANTED}; fh_consent={CRLF}; fh_keep={CRLF}"]),
    ],
)
async def test_no_input_becomes_a_header(edge: Public, target: str, headers: list[str]) -> None:
    cookie = [] if any(line.startswith("Cookie") for line in headers) else [f"Cookie: {GRANTED}"]
    answer = await edge.get(target, *cookie, *headers)
    known = {"Date", "Cache-Control", "Vary", "Set-Cookie", "Content-Length", "Content-Type"}
    assert header_names(answer) <= known | {"X-Content-Type-Options", "Connection"}
    cookies = [line for line in answer.split(b"\r\n") if line.startswith(b"Set-Cookie: ")]
    assert all(b"evil" not in line for line in cookies)
    assert answer.count(b"\r\n\r\n") == 1
    for beacon in edge.kept.beacons:
        site = sample()
        account = site.account("meta", beacon.account)
        assert account is not None
        call = account.vendor.write([beacon], account.settings, now=NOW)
        assert not {"\r", "\n"} & set(f"{call.url}{call.headers}")
        assert b"\r" not in call.body
        assert b"\n" not in call.body
    assert not [reason for reason in edge.kept.reasons() if reason.startswith("fault_")]


@pytest.mark.parametrize(
    "click",
    [
        "x; Domain=evil.example; HttpOnly",
        "x;Max-Age=1",
        "x, _fbp=1",
        'x"',
        "x y",
        "x\\y",
        "é",
        "",
        "a" * 5000,
    ],
)
async def test_a_click_cannot_bend_a_cookie(edge: Public, click: str) -> None:
    held = "_fbc=fb.1.1795000000000.IwAR_good-click"
    page = quote(f"https://shop.example.com/?fbclid={quote(click)}", safe="")
    target = MORE_BEACON.replace("https%3A%2F%2Fshop.example.com%2F", page)
    answer = await edge.get(
        target,
        f"Cookie: {GRANTED}; {held}",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0 Safari",
    )
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"Set-Cookie: ")]
    assert lines
    for line in lines:
        assert line.count(b"Domain=") == line.count(b"Max-Age=") == line.count(b"Path=") == 1
        assert b"Domain=example.com;" in line
        if line.startswith(b"Set-Cookie: _fbc="):
            assert line.startswith(f"Set-Cookie: {held};".encode())
            assert b"HttpOnly" not in line
    assert [each.fields["user_data.fbc"] for each in edge.kept.beacons] == [held[5:]]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("\xe9", "\ufffd"), ("\xff\xfe", "\ufffd\ufffd"), ("\xc3\xa9", "é"), ("\xed\xa0\x80", None)],
)
async def test_bytes_that_are_no_text_do_not_lose_the_event(
    edge: Public, raw: str, shown: str | None
) -> None:
    answer = await edge.get(
        META_TARGET,
        f"Cookie: x={raw}; {GRANTED}; _fbp={raw}; fh_keep={raw}",
        f"User-Agent: UA{raw}",
        f"Referer: https://shop.example.com/{raw}",
    )
    assert answer.startswith(b"HTTP/1.1 204 ")
    (beacon,) = edge.kept.beacons
    if shown is not None:
        assert beacon.fields["user_data.client_user_agent"] == f"UA{shown}"
    orjson.dumps(beacon)
    assert not [reason for reason in edge.kept.reasons() if reason.startswith("fault_")]


def copy_of(**parts: object) -> bytes:
    return orjson.dumps(
        {"url": f"https://{META_TARGET[1:]}", "method": "GET", "outcome": "ok", **parts}
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"url": NaN}',
        b'{"url": "https://www.facebook.com/tr/", "ms": ' + b"9" * 5000 + b"}",
        b'{"url": "https://www.facebook.com/tr/", "ms": 1e999}',
        b'{"url": "x", "url": "https://www.facebook.com/tr/?id=1", "method": "GET"}',
        b'{"url": "https://www.facebook.com/tr/\\ud800", "method": "GET"}',
        b'{"url": "https://www.facebook.com/tr/\\u0000", "method": "GET"}',
        b'{"url": "\x00"}',
        b"\xef\xbb\xbf" + copy_of(),
        copy_of().decode().encode("utf-16"),
        copy_of().decode().encode("utf-32"),
        copy_of()[:-1] + b"\xff}",
        copy_of(outcome=["ok"]),
        copy_of(outcome="maybe"),
        copy_of(ms="long"),
        copy_of(ms=-1),
        copy_of(method=7),
        copy_of(method="\r\nX: y"),
        copy_of(body={"a": 1}),
        copy_of(body="ud[em]=\x00&=&&%%%"),
        copy_of(body="a" * 200_000),
        copy_of(content_type="multipart/form-data; boundary=" + "b" * 100),
        copy_of(url="https://" + "a" * 20_000),
        copy_of(url="//www.facebook.com/tr/"),
        copy_of(url="https://www.facebook.com@evil.example/tr/"),
        copy_of(url="https://www.facebook.com:99999999/tr/"),
        b"null",
        b"7",
        b'"text"',
        b"\x1f\x8b" + b"\x00" * 100,
    ],
)
async def test_broken_json_is_answered_and_the_worker_goes_on(edge: Public, body: bytes) -> None:
    answer = await edge.get("/fh/copy", f"Cookie: {GRANTED}", method="POST", body=body)
    assert int(answer.split(b" ")[1]) in {204, 400, 404}
    assert not [reason for reason in edge.kept.reasons() if reason.startswith("fault_")]
    for beacon in edge.kept.beacons:
        orjson.dumps(beacon)
    before = len(edge.kept.beacons)
    assert (await edge.get(META_TARGET, f"Cookie: {GRANTED}")).startswith(b"HTTP/1.1 204 ")
    assert len(edge.kept.beacons) == before + 1


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "x"])
async def test_a_packed_body_is_never_unpacked(edge: Public, encoding: str) -> None:
    bomb = gzip.compress(bytes(20_000_000), 9)
    assert len(bomb) < 20_000
    answer = await edge.get(
        "/fh/copy", f"Cookie: {GRANTED}", f"Content-Encoding: {encoding}", method="POST", body=bomb
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert edge.kept.reasons() == {"content_encoding"}


COOKIE_40K = f"Cookie: {'a=b; ' * 4000}", f"Cookie: {'c=d; ' * 4000}"


@pytest.mark.parametrize(
    ("status", "target", "method", "headers", "body"),
    [
        (200, "/fh/consent", "GET", (), b""),
        (200, META_TARGET, "GET", ("Sec-Fetch-Dest: image",), b""),
        (204, META_TARGET, "GET", (), b""),
        (204, META_TARGET, "OPTIONS", (), b""),
        (400, "/fh/copy", "POST", (), b"CANARY"),
        (403, "/connect.facebook.net/en_US/fbevents.js", "GET", ("Service-Worker: script",), b""),
        (404, "/CANARY", "GET", (), b""),
        (404, "/connect.facebook.net/signals/config/CANARY?v=%22", "GET", (), b""),
        (405, "/CANARY", "DELETE", (), b""),
        (413, "/fh/copy", "POST", (), b"CANARY" * 50_000),
        (421, "/CANARY", "GET", ("Host: CANARY.example",), b""),
        (431, "/CANARY", "GET", COOKIE_40K, b""),
    ],
)
async def test_an_answer_tells_nothing_of_us_and_repeats_nothing(
    edge: Public, status: int, target: str, method: str, headers: tuple[str, ...], body: bytes
) -> None:
    answer = await edge.get(target, *headers, "X-Canary: CANARY", method=method, body=body)
    if status == 421:  # two of them are no request at all
        answer = await edge.raw(b"GET /CANARY HTTP/1.1\r\nHost: CANARY.example\r\n\r\n")
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"CANARY" not in answer
    assert header_names(answer) <= {
        "Date",
        "Cache-Control",
        "Vary",
        "Set-Cookie",
        "Content-Length",
        "Content-Type",
        "Connection",
        "X-Content-Type-Options",
    }
    assert b"no-store" in head
    assert (rest == b"") is (status != 200)


async def test_an_event_that_comes_too_early_is_counted_and_its_page_is_not_told(
    edge: Public,
) -> None:
    await edge.get(META_TARGET, "Cookie: x=y")
    assert [(one.stand, one.source, one.page) for one in edge.kept.choices] == [
        (Stand.UNDECIDED, "none", OTHER_PAGE)
    ]
    await edge.get(META_TARGET, f"Cookie: {REFUSED}")
    assert edge.kept.choices[1].stand is Stand.REFUSED


async def test_a_keeper_is_counted_once_however_often_it_comes_at_a_time(edge: Public) -> None:
    first = await edge.get(META_TARGET, f"Cookie: {GRANTED}")
    assert edge.kept.sightings == []
    keeper = next(
        line.partition(b" ")[2].partition(b";")[0].decode()
        for line in first.split(b"\r\n")
        if line.startswith(b"Set-Cookie: fh_keep=")
    )
    for _ in range(3):
        await edge.get(META_TARGET, f"Cookie: {GRANTED}; {keeper}")
    assert edge.kept.sightings == [Sighting(NOW // 86_400_000, "other", 0)]
    await edge.get(META_TARGET, f"Cookie: {REFUSED}; {keeper}")
    assert len(edge.kept.sightings) == 1


async def test_what_came_as_cookies_is_weighed_whole(edge: Public) -> None:
    await edge.get(META_TARGET, f"Cookie: {GRANTED}; other={'x' * 7000}")
    assert edge.meter.told().weighed[6] == 1
