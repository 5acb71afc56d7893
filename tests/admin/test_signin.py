"""Sign-in over HTTP: who gets where, what ends a session, what guessing and forging come to."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar, web

from firsthand.admin.access import Door
from firsthand.admin.app import app
from firsthand.admin.reception import FREE_ERRORS
from firsthand.admin.sessions import SESSION_MS, Sessions, Use
from firsthand.store.audit import Act
from tests.admin.listener import TOKEN, Listener, listening
from tests.admin.people import (
    ADA,
    BEN,
    KEYS,
    OTHER_PASSWORD,
    OTHER_SECRET,
    PAGE,
    PASSWORD,
    READ_TOKEN,
    WRITE_TOKEN,
    sign_in,
)
from tests.admin.sample import META, make_site
from tests.admin.test_guard import bearing, served
from tests.custody import FBEVENTS, digest


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening(keys=KEYS) as running:
        yield running


def held(name: str, value: str) -> dict[str, str]:
    return {"Cookie": f"{name}={value}"}


def session_of(listener: Listener, name: str) -> dict[str, str]:
    user = {"ada": ADA, "ben": BEN}[name]
    return held(Use.SESSION, Sessions(KEYS).begin(Use.SESSION, user, now=listener.now))


async def status(
    client: ClientSession, listener: Listener, path: str, headers: dict[str, str], how: str = "GET"
) -> int:
    address = listener.address + path
    async with client.request(how, address, headers=headers, allow_redirects=False) as answer:
        return answer.status


OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/assets/style.css"), ("GET", "/sign-in")}
EXAMPLES = {"{id}": f"{4:032x}", "{name}": "style.css", "{form}": "csv"}
EXAMPLES |= {"{vendor}": "meta", "{account}": META}


def routes(listener: Listener) -> set[tuple[str, str]]:
    found = set()
    for route in app(listener.desk).router.routes():
        assert route.resource is not None
        path = route.resource.canonical
        for part, example in EXAMPLES.items():
            path = path.replace(part, example)
        found.add((route.method, path))
    return found - {("HEAD", path) for _, path in found}


async def test_every_route_for_everybody(listener: Listener, client: ClientSession) -> None:
    wrong = {**PAGE, **bearing("x" * 64)}
    for method, path in sorted(routes(listener) - {("POST", "/sign-in")}):
        is_open = (method, path) in OPEN
        for headers in ({}, wrong, held(Use.SESSION, "1.2.3.4")):
            listener.now += 100_000
            got = await status(client, listener, path, headers, method)
            assert got == (200 if is_open else 401), (method, path, headers)
        for name in ("ben", "ada"):
            headers = session_of(listener, name)
            got = await status(client, listener, path, headers, method)
            assert got in ({200, 302} if method == "GET" else {403}), (method, path, name)
        for token, allowed in ((READ_TOKEN, method == "GET"), (WRITE_TOKEN, True)):
            got = await status(client, listener, path, bearing(token), method)
            refused = got in {401, 403}
            assert refused is (not allowed and path != "/sign-out"), (method, path, token)


@pytest.mark.parametrize("how", ["bearer", "address", "cookie"])
async def test_the_one_token_opens_nothing_where_users_are_named(
    listener: Listener, client: ClientSession, how: str
) -> None:
    cookie = Door.of(TOKEN).cookie(now=listener.now)
    headers = {"bearer": bearing(TOKEN), "cookie": held("fh_admin", cookie)}.get(how, {})
    path = f"/report?token={TOKEN}" if how == "address" else "/report"
    assert await status(client, listener, path, headers) == 401


async def test_programs_come_in_beside_the_one_token(client: ClientSession) -> None:
    async with listening(keys=replace(KEYS, users=())) as here:
        assert await status(client, here, "/metrics", bearing(READ_TOKEN)) == 200
        assert await status(client, here, "/scripts", bearing(READ_TOKEN), "POST") == 403
        assert await status(client, here, "/scripts", bearing(WRITE_TOKEN), "POST") == 400
        assert await status(client, here, "/report", bearing(TOKEN)) == 200
        assert await status(client, here, "/sign-in", {}) == 404
        assert (await sign_in(client, here.address)).status == 404


async def test_a_closed_page_asks_and_leads_back(listener: Listener, client: ClientSession) -> None:
    async with client.get(f"{listener.address}/events?vendor=meta") as answer:
        text = await answer.text()
        assert answer.status == 401
    assert 'value="/events?vendor=meta"' in text
    assert "shop.example.com" not in text
    said = {"name": " ada ", "password": "wrong", "to": "/events?vendor=meta"}
    async with client.post(f"{listener.address}/sign-in", data=said, headers=PAGE) as answer:
        assert 'value="/events?vendor=meta"' in await answer.text(), "after an error, too"
    said["password"] = PASSWORD
    async with client.post(f"{listener.address}/sign-in", data=said, headers=PAGE) as answer:
        assert str(answer.url) == f"{listener.address}/events?vendor=meta"
        assert answer.status == 200


async def test_a_session_lives_for_half_a_day(listener: Listener, client: ClientSession) -> None:
    answer = await sign_in(client, listener.address)
    assert (answer.status, answer.headers["Location"]) == (303, "/report")
    assert PASSWORD not in str(answer.headers)
    assert await status(client, listener, "/report", {}) == 200
    listener.now += SESSION_MS
    assert await status(client, listener, "/report", {}) == 401


async def test_signing_in_anew_ends_the_session_before_it(
    listener: Listener, client: ClientSession
) -> None:
    first = session_in(await sign_in(client, listener.address))
    second = session_in(await sign_in(client, listener.address))
    async with ClientSession() as outside:
        assert await status(outside, listener, "/report", held(Use.SESSION, first)) == 401
        assert await status(outside, listener, "/report", held(Use.SESSION, second)) == 200


def session_in(answer: ClientResponse) -> str:
    return answer.cookies[Use.SESSION].value


async def test_signing_out_ends_it_for_every_copy_and_over_a_restart(
    listener: Listener, client: ClientSession
) -> None:
    copied = held(Use.SESSION, session_in(await sign_in(client, listener.address)))
    async with client.get(f"{listener.address}/sign-out") as answer:
        form = (await answer.text()).partition('name="form" value="')[2].partition('"')[0]
    async with client.post(
        f"{listener.address}/sign-out", data={"form": form}, headers=PAGE
    ) as answer:
        assert answer.status == 200
        assert "Signed out" in await answer.text()
    assert await status(client, listener, "/report", {}) == 401
    assert await status(client, listener, "/report", copied) == 401
    runner = web.AppRunner(app(replace(listener.desk, token=TOKEN)))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        again = replace(listener, address=f"http://127.0.0.1:{runner.addresses[0][1]}")
        assert await status(client, again, "/report", copied) == 401
        assert await status(client, again, "/report", session_of(listener, "ada")) == 200
    finally:
        await runner.cleanup()


async def test_a_new_configuration_ends_who_is_not_in_it(client: ClientSession) -> None:
    async with listening(keys=KEYS) as here:
        await sign_in(client, here.address)
        for keys, got in ((KEYS, 200), (replace(KEYS, users=(BEN,)), 401), (OTHER_SECRET, 401)):
            here.desk.use(make_site(), here.desk.hosts, TOKEN, keys)
            assert await status(client, here, "/report", {}) == got


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_no_other_site_signs_anybody_in(
    listener: Listener, client: ClientSession, headers: dict[str, str]
) -> None:
    said = {"name": "ada", "password": PASSWORD}
    async with client.post(f"{listener.address}/sign-in", data=said, headers=headers) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


async def test_only_a_form_of_this_very_session_decides(
    listener: Listener, client: ClientSession
) -> None:
    cookies = [
        Sessions(KEYS).begin(Use.SESSION, user, now=listener.now) for user in (ADA, ADA, BEN)
    ]
    read = [Sessions(KEYS).read(Use.SESSION, cookie, now=listener.now) for cookie in cookies]
    forms = [Sessions(KEYS).form(each.id, now=listener.now) for each in read if each]
    decided = {"act": "approve", "address": FBEVENTS, "hash": digest("skimmer")}
    doors = Door.of(TOKEN).form(now=listener.now)
    for cookie, form, fetched, got in (
        (cookies[0], forms[1], PAGE, 403),
        (cookies[0], doors, PAGE, 403),
        (cookies[0], "", PAGE, 403),
        (cookies[0], forms[0], {"Sec-Fetch-Site": "cross-site"}, 403),
        (cookies[0], forms[0], {}, 403),
        (cookies[2], forms[2], PAGE, 403),
        (cookies[0], forms[0], PAGE, 303),
    ):
        assert await served(listener) == digest("one")
        async with client.post(
            f"{listener.address}/scripts",
            data={**decided, "form": form},
            headers={**fetched, **held(Use.SESSION, cookie)},
            allow_redirects=False,
        ) as answer:
            assert answer.status == got
    assert await served(listener) == digest("skimmer")
    assert (await listener.custody.log())[-1].who == "ada"
    line = (await listener.audit.lines(limit=1))[0]
    assert (line.who, line.what) == ("ada", Act.APPROVE)
    assert line.subject == f"{FBEVENTS} {digest('skimmer')[:12]}"


async def test_no_word_tells_who_exists(listener: Listener, client: ClientSession) -> None:
    told = []
    for name in ("ada", "eve"):
        said = {"name": name, "password": "wrong"}
        async with client.post(f"{listener.address}/sign-in", data=said, headers=PAGE) as answer:
            told.append((answer.status, (await answer.text()).replace(name, "NAME")))
    assert told[0] == told[1]
    assert told[0][0] == 401


async def test_guessing_waits_and_locks_nobody_out(
    listener: Listener, client: ClientSession
) -> None:
    await sign_in(client, listener.address)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as stranger:
        for _ in range(FREE_ERRORS):
            assert (await sign_in(stranger, listener.address, password="wrong")).status == 401
        answer = await sign_in(stranger, listener.address)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert not answer.cookies
        ben = await sign_in(stranger, listener.address, "ben", OTHER_PASSWORD)
        assert ben.status == 303, "another name waits for none of it"
    assert await status(client, listener, "/report", {}) == 200
    assert (await sign_in(client, listener.address)).status == 303, "this browser was here before"
    assert await status(client, listener, "/report", bearing(READ_TOKEN)) == 200


async def test_what_is_noted_and_what_is_not(
    listener: Listener, client: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await sign_in(client, listener.address, "CANARY-NAME", "CANARY-PASSWORD")
        await sign_in(client, listener.address, "ada", "CANARY-PASSWORD")
        await status(client, listener, "/report", bearing("CANARY-TOKEN"))
        await sign_in(client, listener.address)
        await status(client, listener, "/sign-out", bearing(WRITE_TOKEN), "POST")
    lines = [
        (line.who, line.what, line.subject)
        for line in reversed(await listener.audit.lines(limit=9))
    ]
    assert lines == [
        ("", Act.SIGN_IN_FAILED, "no such user"),
        ("", Act.SIGN_IN_FAILED, "ada"),
        ("", Act.SIGN_IN_FAILED, "a token"),
        ("ada", Act.SIGN_IN, ""),
        ("token deploy", Act.SIGN_OUT, ""),
    ]
    assert "CANARY" not in caplog.text


async def test_the_one_tokens_sign_in_is_noted_too(client: ClientSession) -> None:
    async with listening() as here:
        assert await status(client, here, f"/report?token={TOKEN}", {}) == 303
        lines = await here.audit.lines(limit=9)
        assert [(line.who, line.what) for line in lines] == [("admin page", Act.SIGN_IN)]


async def test_a_flood_of_fields_is_cut(listener: Listener, client: ClientSession) -> None:
    answer = await sign_in(client, listener.address, "x" * 30_000, "y" * 30_000)
    assert answer.status == 401
    assert len(await answer.text()) < 5000
    assert (await sign_in(client, listener.address, "x" * 70_000)).status == 413
