"""Visits a site through mitmproxy with the addon ``audit``; prints what it saw, writes a config."""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Error, Page, async_playwright
from playwright.async_api import TimeoutError as TookTooLong

from firsthand import snippet
from firsthand.check import TRIAL_SECRET
from firsthand.config.load import load
from firsthand.config.site import site
from firsthand.draft import Outline
from firsthand.errors import ConfigError
from firsthand.init import USUAL, following, refuse_existing, seen, write
from firsthand.vendors import VENDORS
from scripts.accepting import Accepted, accept
from scripts.first_purchase import FLAGS

TOP = Path(__file__).parents[1]
LISTENING = re.compile(r"proxy listening at 127\.0\.0\.1:([0-9]+)")
SANDBOX_SUFFIX = ".vendors.localhost"
START_S = 60
QUIET_MS = 8000
LOAD_MS = 30_000
NOT_A_PAGE = re.compile(
    r"log-?out|sign-?out|unsubscribe|delete|remove|add[-_]to|wishlist"
    r"|\.(pdf|zip|jpe?g|png|gif|webp|svg|mp4|xml|ics|csv|docx?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Visited:
    """How a visit went: the pages' addresses, and what became of the banner."""

    pages: tuple[str, ...]
    consent: Accepted


@contextmanager
def inspecting(folder: Path, host: str) -> Iterator[str]:
    """Run scripts/inspect with the addon; yield the proxy's address. At the end all is written."""
    said = folder / "inspect.log"
    local = urlsplit(f"//{host}").hostname or ""
    suffix = SANDBOX_SUFFIX if local.endswith(".localhost") else ""
    options = {"audit_out": folder / "audit.json", "audit_site": host, "vendor_suffix": suffix}
    given = [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
    with said.open("w") as out:
        running = subprocess.Popen(
            [str(TOP / "scripts" / "inspect"), "--listen-port", "0", *given],
            env=os.environ | {"INSPECT_FOLDER": str(folder)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{_port(running, said)}"
    finally:
        running.terminate()
        running.wait(START_S)


def _port(running: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and running.poll() is None:
        found = LISTENING.search(said.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    sys.exit(f"scripts/inspect did not start; what it said is in {said}")


async def browse(through: str, address: str, links: int) -> Visited:
    """Visit a site in a browser of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        visited = await visit(browser, through, address, links)
        await browser.close()
        return visited


async def visit(browser: Browser, through: str, address: str, links: int) -> Visited:
    """Look at a page, accept the banner, look at it again and at pages that it links to."""
    # What goes to the site is checked by mitmproxy; what comes out of it bears its certificate.
    context = await browser.new_context(proxy={"server": through}, ignore_https_errors=True)
    page = await context.new_page()
    pages = [await _open(page, address)]
    if not pages[0]:
        return Visited((), Accepted(""))
    consent = await accept(page)
    await _rest(page)
    pages += [await _open(page, link) for link in chosen(await _links(page), page.url, links)]
    await page.goto("about:blank")  # some beacons leave with the page
    await _rest(page)
    await context.close()
    return Visited(tuple(filter(None, pages)), consent)


async def _open(page: Page, address: str) -> str:
    """Return the address of a page that was opened, "" where it could not be."""
    try:
        answer = await page.goto(address, wait_until="load", timeout=LOAD_MS)
        if answer is not None and answer.status >= HTTPStatus.BAD_REQUEST:
            print(f"{address}: HTTP {answer.status}", file=sys.stderr)
            return ""
    except TookTooLong:
        pass  # what came until then was seen
    except Error as error:
        print(f"{address}: {error.message.splitlines()[0]}", file=sys.stderr)
        return ""
    await _rest(page)
    return page.url


async def _rest(page: Page) -> None:
    """Wait until the page asks for nothing; a page that never rests is left after a while."""
    with suppress(TookTooLong):
        await page.wait_for_load_state("networkidle", timeout=QUIET_MS)


async def _links(page: Page) -> list[str]:
    script = "all => all.map(each => each.href)"
    found: list[str] = await page.eval_on_selector_all("a[href]", script)
    return found


def chosen(links: Iterable[str], here: str, most: int) -> list[str]:
    """Return a few pages of the same host: one of each folder first."""
    own = urlsplit(here)
    kinds: dict[str, str] = {}
    rest: list[str] = []
    for link in dict.fromkeys(each.partition("#")[0] for each in links):
        parts = urlsplit(link)
        if parts.scheme != own.scheme or parts.netloc != own.netloc or link == here:
            continue
        if NOT_A_PAGE.search(parts.path) or parts.path in {"", own.path}:
            continue
        if kinds.setdefault(parts.path.rpartition("/")[0], link) != link:
            rest.append(link)
    return [*kinds.values(), *rest][:most]


def summary(visited: Visited, told: dict[str, Any], leaks: Path) -> Iterator[str]:
    """Yield what was seen, for people."""
    yield f"pages    {len(visited.pages)} opened, {told['pages']} documents of the site"
    yield f"consent  {visited.consent}"
    yield f"         read: {'; '.join(told['consent']) or 'nothing that Firsthand knows'}"
    for container in told["containers"]:
        yield f"Google Tag Manager: {container}; see below for tags that it loads"
    early = _early(leaks)
    for key, known in told["vendors"].items():
        ways = ", ".join(f"{count} {way}" for way, count in known["ways"].items())
        yield f"{VENDORS[key].title}: {ways}; {', '.join(known['kinds'])}"
        for account, events in known["accounts"].items():
            names = ", ".join(f"{name} {count}" for name, count in events.items() if name)
            yield f"  {account}  {names or 'no event'}"
        if not known["accounts"]:
            yield "  no account of it was seen, so none is in the configuration"
        if early[key]:
            yield f"  identifiers left {early[key]} times without a consent that Firsthand reads"
    yield ""


def _early(leaks: Path) -> Counter[str]:
    lines = [json.loads(line) for line in leaks.read_text().splitlines()]
    return Counter(each["vendor"] for each in lines if each["finding"] == "identifiers")


def _folder(given: Path | None, host: str) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = given or TOP / "var" / "audit" / f"{host.replace(':', '_')}-{stamp}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def _address(text: str) -> str:
    whole = text if "://" in text else f"https://{text}"
    if urlsplit(whole).scheme not in {"http", "https"} or not urlsplit(whole).hostname:
        sys.exit(f"{text}: is no address of a page; write https://www.shop.example.com")
    return whole


def _finish(visited: Visited, outline: Outline, config: Path, folder: Path) -> None:
    told = json.loads((folder / "audit.json").read_text())
    print("\n".join(summary(visited, told, folder / "leaks.jsonl")))
    findings = write(outline, config, "scripts/audit")
    built = site(load(config), secret=TRIAL_SECRET, file=str(config))
    print("\n".join(snippet.lines(snippet.snippet(built))))
    print(f"\nwhat was seen is in {folder}")
    print("\n".join(following(outline, config, findings)))


def main() -> None:
    """Audit a site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="a page of the site")
    parser.add_argument("--config", type=Path, default=USUAL, help="the file to write")
    parser.add_argument("--tracking-host", default="", help="instead of trk. before the site's own")
    parser.add_argument("--links", type=int, default=5, help="how many links to follow")
    parser.add_argument("--folder", type=Path, help="a new folder for what was seen")
    options = parser.parse_args()
    address = _address(options.address)
    try:
        refuse_existing(options.config)
        folder = _folder(options.folder, urlsplit(address).netloc)
        with inspecting(folder, urlsplit(address).netloc) as through:
            visited = asyncio.run(browse(through, address, options.links))
        if not visited.pages:
            sys.exit("no page could be opened, so nothing was written")
        outline = seen(folder / "audit.json")
        if not outline.hosts:
            sys.exit(
                f"{address} answered no page, so nothing was written; see {folder}/inspect.log"
            )
        if options.tracking_host:
            outline = replace(outline, tracking_host=options.tracking_host)
        _finish(visited, outline, options.config, folder)
    except ConfigError as error:
        sys.exit(f"No configuration was written.\n{error}")


if __name__ == "__main__":
    main()
