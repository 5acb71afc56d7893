"""Cookies in which Google's tags keep the click of an ad.

Source: Google's page on the conversion linker (first-party cookies, 90 days from the click), read
        2026-11; the formats are not documented: gtag.js of 2026-01, run in Chromium.
"""

from firsthand.model import Kind
from firsthand.vendor import IdCookie, Mint
from firsthand.vendors.google_ads.fields import CLICK


def _clicked(kind: str, click: str, field: str | None = None) -> IdCookie:
    """Return a row of ``_gcl_<kind>``: ``GCL.<seconds>.<click id>``, at times with labels."""
    return IdCookie(
        f"_gcl_{kind}",
        rf"(?:GCL|1)\.[0-9]{{10}}\.{CLICK}(?:\.[\w-]{{1,100}}){{0,20}}",
        Kind.AD_ID,
        days=90,
        field=f"adIdentifiers.{click}" if field is None else field,
        to_field=_third,
        click=click,
        click_of=_third,
        mint=lambda mint: f"GCL.{mint.at // 1000}.{mint.click}",
    )


def _third(cookie: str) -> str:
    return [*cookie.split(".", 3), "", ""][2]


_MARKED = rf"2\.[0-9]\.k{CLICK}\$i[0-9]{{10}}(?:\$[a-z][\w.%-]{{0,200}}){{0,8}}"


def _marked_click(cookie: str) -> str:
    return cookie.partition(".k")[2].partition("$")[0]


def _mint_marked(mint: Mint) -> str:
    return f"2.1.k{mint.click}$i{mint.at // 1000}"


def _by_server(name: str, click: str) -> IdCookie:
    """Return a row of what a tagging server of the customer's sets: read, never written."""
    return IdCookie(
        name,
        _MARKED,
        Kind.AD_ID,
        days=90,
        field=f"adIdentifiers.{click}",
        to_field=_marked_click,
        restore=False,
    )


# Counted from the click, never from a later visit: Google takes no click that is older.
COOKIES = (
    _clicked("aw", "gclid"),
    _clicked("gb", "wbraid"),
    # A click of Campaign Manager: kept alive for its own tags, the API of Google Ads has no field.
    _clicked("dc", "dclid", field=""),
    IdCookie(
        "_gcl_ag",
        _MARKED,
        Kind.AD_ID,
        days=90,
        field="adIdentifiers.gbraid",
        to_field=_marked_click,
        click="gbraid",
        click_of=_marked_click,
        mint=_mint_marked,
    ),
    IdCookie(
        "_gcl_gs",
        _MARKED,
        Kind.AD_ID,
        days=90,
        click="gad_source",
        click_of=_marked_click,
        mint=_mint_marked,
    ),
    IdCookie(
        "_gcl_au", r"1\.[0-9]\.[0-9]{1,12}\.[0-9]{10}(?:\.[0-9]{1,20}){0,4}", Kind.BROWSER_ID, 90
    ),
    _by_server("FPGCLAW", "gclid"),
    _by_server("FPGCLGB", "wbraid"),
    _by_server("FPGCLAG", "gbraid"),
)
