"""Which consent platforms a page loads, told by the hosts and file names of their scripts.

Source: each platform's own installation page, read 2026-11-24; hosts only, no version.
"""

import re
from collections.abc import Mapping

MARKS: Mapping[str, tuple[str, ...]] = {
    "axeptio": ("static.axept.io",),
    "borlabs": ("/plugins/borlabs-cookie/",),
    "civic": ("cc.cdn.civiccomputing.com",),
    "commandersact": ("cdn.trustcommander.net",),
    "complianz": ("/plugins/complianz-gdpr",),
    "consentmanager": ("delivery.consentmanager.net", "cdn.consentmanager.net"),
    "cookie_information": ("policy.app.cookieinformation.com",),
    "cookiebot": ("consent.cookiebot.com", "consent.cookiebot.eu"),
    "cookiefirst": ("consent.cookiefirst.com",),
    "cookiehub": ("cookiehub.net", "cdn.cookiehub.eu", "dash.cookiehub.com"),
    "cookiescript": ("cdn.cookie-script.com", "cookie-script.com/s/"),
    "cookieyes": ("cdn-cookieyes.com", "/plugins/cookie-law-info/"),
    "didomi": ("sdk.privacy-center.org",),
    "google_cmp": ("fundingchoicesmessages.google.com",),
    "iubenda": ("cdn.iubenda.com", "cs.iubenda.com"),
    "ketch": ("global.ketchcdn.com", "cdn.ketchjs.com"),
    "klaro": ("cdn.kiprotect.com/klaro", "klaro.js"),
    "onetrust": ("cdn.cookielaw.org", "otSDKStub.js", "optanon.blob.core.windows.net"),
    "orestbida": ("orestbida/cookieconsent", "vanilla-cookieconsent"),
    "osano": ("cmp.osano.com",),
    "pandectes": ("pandectes",),
    "securiti": ("cdn-prod.securiti.ai",),
    "shopify": ("cdn.shopify.com/shopifycloud/consent-tracking-api",),
    "tarteaucitron": ("tarteaucitron",),
    "tcf": ("cmp.quantcast.com", "cmp.inmobi.com"),
    "trustarc": ("consent.trustarc.com", "consent.truste.com"),
}
"""Consent source (``rules/consent/sources``) -> texts in the addresses of its scripts."""

IN_THE_PAGE: Mapping[str, str] = {
    "app.usercentrics.eu": "Usercentrics",
    "web.cmp.usercentrics.eu": "Usercentrics",
    "app.termly.io": "Termly",
    "cdn.privacy-mgmt.com": "Sourcepoint",
}
"""Hosts of platforms whose choice is in no cookie that a server can read: ``fh.js`` hears them."""

TAG_MANAGER = "googletagmanager.com/gtm.js"

_ADDRESS = re.compile(
    r"""(?i)(?:\bsrc|\bhref)\s*=\s*["']?([^"'\s>]{4,2000})|["'](//?[^"'\s]{4,500}|https?://[^"'\s]{4,500})["']"""
)


def found(page: str) -> tuple[list[str], list[str]]:
    """Return the consent sources whose scripts ``page`` names, and names of platforms that
    a server cannot read. Only addresses are looked at, not the text that visitors see."""
    addresses = " ".join(one or other for one, other in _ADDRESS.findall(page))
    known = [key for key, marks in MARKS.items() if any(mark in addresses for mark in marks)]
    others = {name for host, name in IN_THE_PAGE.items() if host in addresses}
    return known, sorted(others)
