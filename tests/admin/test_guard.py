from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, CookieJar

from firsthand.admin.access import COOKIE, COOKIE_MS, FREE_ERRORS, Door
from firsthand.admin.sessions import Keys
from firsthand.model import Mode
from firsthand.store.rollups import Count, Slice
from tests.admin.listener import AUTH, JSON, TOKEN, Listener, listening
from tests.admin.sample import META, MemoryLedger, account, make_site
from tests.custody import FBEVENTS, digest

OTHERS = (
    "/report.csv",
    "/report.json",
    "/accounts/meta/1",
    "/consent",
    "/delivery",
    "/scripts",
    "/metrics",
    "/nowhere",
)
CLOSED = ("/", "/overview", "/report", "/events", f"/events/{0:032x}", *OTHERS)


@pytest.mark.parametrize("path", [*CLOSED, "/healthz", "/readyz", "/assets/style.css"])
async def test_a_foreign_host_gets_nothing(
    listener: Listener, client: ClientSession, path: str
) -> None:
    headers = AUTH | {"Host": "rebound.example"}
    async with client.get(listener.address + path, headers=headers) as answer:
        assert answer.status == 421
        assert "shop.example.com" not in await answer.text()
    async with client.get(
        listener.address + path, headers=AUTH | {"Host": "Admin.Example.com:443"}
    ) as answer:
        assert answer.status in {200, 404}


@pytest.mark.parametrize("path", CLOSED)
async def test_nothing_is_shown_without_the_token(
    listener: Listener, client: ClientSession, path: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{COOKIE}=1.2"}):
        listener.now += 100_000
        async with client.get(listener.address + path, headers=headers) as answer:
            assert answer.status == 401
            assert "shop.example.com" not in await answer.text()


async def test_the_token_in_the_address_becomes_a_cookie_once(
    listener: Listener, client: ClientSession
) -> None:
    entry = f"{listener.address}/events?vendor=meta&token={TOKEN}"
    async with client.get(entry, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/events?vendor=meta"
        cookie = answer.headers["Set-Cookie"]
        assert TOKEN not in cookie
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie
        assert answer.headers["Cache-Control"] == "no-store"
    async with client.get(f"{listener.address}/events") as answer:
        assert answer.status == 200
    listener.now += 12 * 3_600_000
    async with client.get(f"{listener.address}/events") as answer:
        assert answer.status == 401


async def test_signing_in_never_leads_to_another_host(
    listener: Listener, client: ClientSession
) -> None:
    for path in ("//evil.example/x", "/\\evil.example/x", "///evil.example"):
        address = f"{listener.address}{path}?token={TOKEN}"
        async with client.get(address, allow_redirects=False) as answer:
            target = answer.headers["Location"]
            assert target.startswith("/")
            assert target[1:2] not in {"/", "\\"}


async def test_guessing_is_slowed_down_but_neither_cookie_nor_token_is(
    listener: Listener, client: ClientSession
) -> None:
    async with client.get(f"{listener.address}/report?token={TOKEN}") as answer:
        assert answer.status == 200
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(FREE_ERRORS):
        async with client.get(f"{listener.address}/report", headers=wrong) as answer:
            assert answer.status == 401
    async with client.get(f"{listener.address}/report", headers=wrong) as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "1"
    async with client.get(f"{listener.address}/report") as answer:
        assert answer.status == 200
    async with client.get(f"{listener.address}/report", headers=AUTH) as answer:
        assert answer.status == 200, "everybody on this machine is one peer"
    async with client.get(f"{listener.address}/report", headers=wrong) as answer:
        assert answer.status == 401, "the right token ends the wait"


@pytest.mark.parametrize("path", ["/report", "/events", "/nowhere"])
async def test_what_another_site_makes_a_browser_send_is_not_counted(
    listener: Listener, client: ClientSession, path: str
) -> None:
    crossing = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    for _ in range(FREE_ERRORS + 5):
        for more in ({}, {"token": "wrong"}):
            async with client.get(listener.address + path, params=more, headers=crossing) as answer:
                assert answer.status == 403
                assert "shop.example.com" not in await answer.text()
    wrong = {"Authorization": "Bearer wrong"}
    async with client.get(f"{listener.address}/report", headers=wrong) as answer:
        assert answer.status == 401, "the site's requests were counted as guesses"


async def test_a_link_with_the_token_opens_from_anywhere(
    listener: Listener, client: ClientSession
) -> None:
    crossing = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    entry = f"{listener.address}/report?token={TOKEN}"
    async with client.get(entry, headers=crossing, allow_redirects=False) as answer:
        assert answer.status == 200
        assert answer.headers["Refresh"] == "0; url=/report"
        assert TOKEN not in f"{await answer.text()} {answer.headers}"


async def test_refusals_are_words_for_people_and_json_for_programs(
    listener: Listener, client: ClientSession
) -> None:
    async with client.get(f"{listener.address}/report") as answer:
        assert 'type="password"' in await answer.text()
    accept = {"Accept": "application/json"}
    async with client.get(f"{listener.address}/report", headers=accept) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"] == "Sign in"
    async with client.get(f"{listener.address}/nowhere", headers=JSON) as answer:
        assert answer.status == 404
        assert (await answer.json())["error"] == "Not found"


class BrokenLedger(MemoryLedger):
    async def counts(self, _: Slice) -> list[Count]:
        raise OSError(28, "No space left on device")


async def test_a_broken_disk_is_said_in_words(client: ClientSession) -> None:
    async with listening(BrokenLedger()) as broken:
        async with client.get(f"{broken.address}/report", headers=JSON) as answer:
            assert answer.status == 503
            assert (await answer.json())["error"] == "Storage fails"
        async with client.get(f"{broken.address}/events", headers=JSON) as answer:
            assert answer.status == 200


PAGE = {"Sec-Fetch-Site": "same-origin"}


async def form_of(listener: Listener) -> dict[str, str]:
    form = Door.of(TOKEN).form(now=listener.now)
    return {"form": form, "act": "approve", "address": FBEVENTS, "hash": digest("skimmer")}


async def served(listener: Listener) -> str:
    entry = await listener.custody.entry(FBEVENTS)
    assert entry is not None
    return entry.live


@pytest.mark.parametrize(
    ("headers", "changed", "status"),
    [
        (PAGE, {}, 303),
        ({"Origin": "SELF"}, {}, 303),
        ({}, {}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "SELF"}, {}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, {}, 403),
        ({"Sec-Fetch-Site": "none"}, {}, 403),
        ({"Origin": "http://127.0.0.1:1"}, {}, 403),
        ({"Origin": "null"}, {}, 403),
        (PAGE, {"form": ""}, 403),
        (PAGE, {"form": "1.2"}, 403),
        (PAGE, {"form": "\udcff.\u00e4"}, 403),
    ],
)
async def test_only_a_form_of_ours_sent_by_our_page_changes_anything(
    listener: Listener,
    client: ClientSession,
    headers: dict[str, str],
    changed: dict[str, str],
    status: int,
) -> None:
    async with client.get(f"{listener.address}/report?token={TOKEN}") as answer:
        assert answer.status == 200
    told = {name: value.replace("SELF", listener.address) for name, value in headers.items()}
    form = {name: value.encode("utf-8", "surrogatepass") for name, value in changed.items()}
    body = urlencode({**await form_of(listener), **form})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    address = f"{listener.address}/scripts"
    async with client.post(
        address, data=body, headers=told | kind, allow_redirects=False
    ) as answer:
        assert answer.status == status
    assert await served(listener) == digest("skimmer" if status == 303 else "one")


async def test_a_cookie_is_no_form_and_a_form_ages(
    listener: Listener, client: ClientSession
) -> None:
    form = await form_of(listener)
    async with client.get(f"{listener.address}/report?token={TOKEN}"):
        pass
    for wrong in (
        Door.of(TOKEN).cookie(now=listener.now),
        Door.of("x" * 40).form(now=listener.now),
    ):
        async with client.post(
            f"{listener.address}/scripts", data={**form, "form": wrong}, headers=PAGE
        ) as answer:
            assert answer.status == 403
    listener.now += COOKIE_MS
    async with client.get(f"{listener.address}/report?token={TOKEN}"):
        pass
    async with client.post(f"{listener.address}/scripts", data=form, headers=PAGE) as answer:
        assert answer.status == 403
    assert await served(listener) == digest("one")


async def test_a_program_decides_with_the_token_alone(
    listener: Listener, client: ClientSession
) -> None:
    form = await form_of(listener) | {"form": ""}
    async with client.post(f"{listener.address}/scripts", data=form) as answer:
        assert answer.status == 401
    assert await served(listener) == digest("one")
    async with client.post(f"{listener.address}/scripts", data=form, headers=JSON) as answer:
        assert (answer.status, await answer.json()) == (200, {"done": "approve"})
    assert await served(listener) == digest("skimmer")


async def test_a_new_token_shuts_out_the_old_one_and_its_cookies() -> None:
    async with listening() as here, ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        await client.get(f"{here.address}/report?token={TOKEN}")
        here.desk.use(make_site(), here.desk.hosts, TOKEN, Keys())
        async with client.get(f"{here.address}/report") as answer:
            assert answer.status == 200, "the same token: who is signed in stays so"
        here.desk.use(make_site(), here.desk.hosts, "another-" + TOKEN, Keys())
        for headers, status in (({}, 401), (AUTH, 401), (bearing(f"another-{TOKEN}"), 200)):
            async with client.get(f"{here.address}/report", headers=headers) as answer:
                assert answer.status == status


async def test_other_hosts_and_another_site_are_used_at_once(client: ClientSession) -> None:
    async with listening() as here:
        site = make_site(account("meta", META, Mode.BOTH))
        here.desk.use(site, frozenset({"private.example.com"}), TOKEN, Keys())
        async with client.get(f"{here.address}/report", headers=AUTH) as answer:
            assert answer.status == 421
        named = {**JSON, "Host": "private.example.com"}
        async with client.get(f"{here.address}/report", headers=named) as answer:
            vendors = {one["vendor"] for one in (await answer.json())["accounts"]}
        assert "meta" in vendors


async def test_a_desk_without_a_token_is_not_made() -> None:
    async with listening() as here:
        with pytest.raises(ValueError, match="token"):
            here.desk.use(make_site(), here.desk.hosts, "", Keys())


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
