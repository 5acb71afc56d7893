"""Starts scripts/serve, makes a purchase in Chromium, waits until the report compares it."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

TOP = Path(__file__).parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_S = 60


def serve() -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Start scripts/serve; return it with the addresses that it prints."""
    server = subprocess.Popen(
        [str(TOP / "scripts" / "serve")], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    if server.stdout is None:
        sys.exit("scripts/serve has no output")
    places: dict[str, str] = {}
    for line in server.stdout:
        print(f"  {re.sub('token=.*', 'token=...', line.rstrip())}")
        found = re.fullmatch(r"([a-z ]+?)  +(http\S+)", line.strip())
        if found:
            places[found[1]] = found[2]
        if line.startswith("Stop with"):
            return server, places
    sys.exit("scripts/serve ended before it was ready")


def buy(page: Page, shop: str) -> str:
    """Come from an ad, accept the banner, buy a product; return the order's number."""
    page.goto(shop)
    page.get_by_role("link", name="From an ad on Facebook").click()
    page.get_by_role("button", name="Accept all").click()
    page.locator(".card a").first.click()
    page.locator("#add").click()
    page.locator("#to-checkout").click()
    page.locator("#buy").click()
    return page.locator("#order").inner_text()


def report(address: str) -> dict[str, object]:
    """Return the report as the admin page answers it to programs."""
    url, _, token = address.partition("?token=")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310 - our own loopback address
        found: dict[str, object] = json.load(answer)
    return found


def compared(found: dict[str, object]) -> list[str]:
    """Return the vendors at which a purchase was matched on both paths."""
    accounts = found["accounts"]
    if not isinstance(accounts, list):
        return []
    return sorted(
        account["vendor"]
        for account in accounts
        for event in account["events"]
        if event["name"].lower() == "purchase" and event["figures"]["matched"]
    )


def main() -> None:
    """Run it and print the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--started", type=float, default=time.time())  # noqa: TID251 - a stopwatch
    parser.add_argument("--picture", type=Path, help="where to save a picture of the report")
    options = parser.parse_args()
    server, places = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 740})
            print(f"  bought {buy(page, places['demo shop'])}")
            deadline = time.monotonic() + PATIENCE_S
            while len(compared(report(places["report"]))) < 2:  # noqa: PLR2004 - Meta and GA4
                if time.monotonic() > deadline:
                    sys.exit("the report compared no purchase within a minute")
                time.sleep(0.1)
            seconds = time.time() - options.started  # noqa: TID251 - a stopwatch
            print(f"First compared purchase after {seconds:.1f} s, at Meta and GA4")
            if options.picture:
                page.wait_for_timeout(2000)  # until the last event of the visit has settled
                page.goto(places["report"])
                page.screenshot(path=options.picture)
            browser.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    main()
